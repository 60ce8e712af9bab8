import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from movielens_files import ML_1M, ML_100K, write_movielens

from dbrec.data import movielens as data
from dbrec.data.movielens import DataError, UnavailableError, default_dataset, load_movielens
from dbrec.data.parsing import AGE_GROUPS, split_title

REAL = Path(os.environ.get("DBREC_DATA_DIR") or "nowhere")


def refusal(folder: Path) -> str:
    """Give the message with which a damaged data set is refused."""
    with pytest.raises(DataError) as caught:
        load_movielens(folder.name, folder.parent)
    return str(caught.value)


def test_ratings_keep_their_order_and_a_timestamp_of_zero_is_missing(tmp_path):
    write_movielens(tmp_path)
    ratings = load_movielens("ml-1m", tmp_path).ratings
    assert ratings["user_id"].tolist() == [7, 7, 9]
    assert ratings["item_id"].tolist() == [30, 10, 30]
    assert ratings["rating"].tolist() == [5, 3, 1]
    assert ratings["timestamp"].tolist() == [
        pd.Timestamp("2000-12-31 22:12:40"),
        pd.NaT,
        pd.Timestamp("2000-12-31 22:35:09"),
    ]


def test_users_of_1m_get_the_names_behind_their_codes(tmp_path):
    write_movielens(tmp_path)
    users = load_movielens("ml-1m", tmp_path).users
    assert users.loc[7].tolist() == ["F", "Under 18", "K-12 student", "48067"]
    assert users.loc[9].tolist() == ["M", "56+", "other", "98107-2117"]


def test_titles_of_1m_lose_their_year_and_genres_become_tuples(tmp_path):
    write_movielens(tmp_path)
    movies = load_movielens("ml-1m", tmp_path).movies
    assert movies.loc[10].tolist() == ["Déjà Lu", 1987, ("Comedy", "Drama")]
    assert movies.loc[20].tolist() == ["Bread (L'Pain)", 1982, ("Western",)]
    assert movies.loc[30].tolist() == ["2001 Kites: A Tale", 1999, ("Children's",)]


def test_100k_reads_into_the_same_schema(tmp_path):
    write_movielens(tmp_path, "ml-100k")
    write_movielens(tmp_path, "ml-1m")
    small, large = (load_movielens(name, tmp_path) for name in ("ml-100k", "ml-1m"))
    for frame in ("ratings", "users", "movies"):
        ours, theirs = getattr(small, frame), getattr(large, frame)
        assert ours.index.name == theirs.index.name
        assert ours.index.dtype == theirs.index.dtype
        # The names of the occupations are each set's own; all else is one type.
        same = ours.dtypes.index.drop("occupation", errors="ignore")
        assert ours.dtypes[same].equals(theirs.dtypes[same])
    assert small.ratings["timestamp"].iloc[0] == pd.Timestamp("1997-12-04 15:55:49")
    assert small.users.loc[7].tolist() == ["F", "Under 18", "student", "T8H1N"]


def test_100k_has_movies_without_a_year_without_genres_and_for_video(tmp_path):
    write_movielens(tmp_path, "ml-100k")
    movies = load_movielens("ml-100k", tmp_path).movies
    assert movies.loc[10].tolist() == ["Déjà Lu", 1987, ("Comedy", "Drama")]
    assert movies.loc[30].tolist() == ["unknown", pd.NA, ()]
    assert movies.loc[40].tolist() == ["Kites (V)", 1995, ("Western",)]


@pytest.mark.parametrize(
    ("years", "group"),
    [
        ("1", "Under 18"),
        ("17", "Under 18"),
        ("18", "18-24"),
        ("24", "18-24"),
        ("25", "25-34"),
        ("35", "35-44"),
        ("49", "45-49"),
        ("50", "50-55"),
        ("55", "50-55"),
        ("56", "56+"),
        ("120", "56+"),
    ],
)
def test_ages_in_years_are_cut_into_the_groups_of_1m(tmp_path, years, group):
    write_movielens(tmp_path, "ml-100k", users=ML_100K["u.user"].replace("|17|", f"|{years}|"))
    assert load_movielens("ml-100k", tmp_path).users.loc[7, "age_group"] == group


def test_age_groups_are_in_order(tmp_path):
    write_movielens(tmp_path)
    groups = load_movielens("ml-1m", tmp_path).users["age_group"]
    assert groups.cat.categories.tolist() == list(AGE_GROUPS.values())
    assert groups.min() == "Under 18"


@pytest.mark.parametrize(
    ("title", "parts"),
    [
        ("Kites (1995) ", ("Kites", 1995)),
        ("1984 (1984)", ("1984", 1984)),
        ("Kites (1994) (1995)", ("Kites (1994)", 1995)),
        ("Kites (1995) and more", ("Kites (1995) and more", None)),
        ("Kites", ("Kites", None)),
    ],
)
def test_the_year_of_a_title_is_the_last_one_and_at_its_end(title, parts):
    assert split_title(title) == parts


def test_windows_line_ends_and_empty_last_lines_change_nothing(tmp_path):
    write_movielens(tmp_path / "plain")
    changed = {
        kind: text.replace("\n", "\r\n") + "\r\n"
        for kind, text in zip(("ratings", "users", "movies"), ML_1M.values(), strict=True)
    }
    write_movielens(tmp_path / "windows", **changed)
    plain, windows = (load_movielens("ml-1m", tmp_path / d) for d in ("plain", "windows"))
    for frame in ("ratings", "users", "movies"):
        pd.testing.assert_frame_equal(getattr(plain, frame), getattr(windows, frame))


def test_a_data_set_says_in_short_what_it_is(tmp_path):
    write_movielens(tmp_path)
    dataset = load_movielens("ml-1m", str(tmp_path))
    assert repr(dataset) == "MovieLens('ml-1m': 3 ratings, 2 users, 3 movies)"


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("7::10::3", "expected 'user_id::item_id::rating::timestamp'"),
        ("7::10::3::0::1", "expected 'user_id::item_id::rating::timestamp'"),
        ("7:x:10::3::0", "expected 'user_id::item_id::rating::timestamp'"),
        ("7::10::3.0::0", "in whole numbers"),
        ("7::10::three::0", "in whole numbers"),
        ("7::10::NA::0", "in whole numbers"),
        ('"7::10::3::0', "in whole numbers"),
        ("7\t10\t3\t0", "in whole numbers"),
        ("7::10::3::99999999999999999999", "in whole numbers"),
        ("", "in whole numbers"),
        ("7::10::0::0", "the rating must be 1..5"),
        ("7::10::6::0", "the rating must be 1..5"),
        ("7::10::3::-1", "the timestamp must be 0..4294967295"),
        ("0::10::3::0", "the user_id must be 1..2147483647"),
        ("7::4294967306::3::0", "the item_id must be 1..2147483647"),
        ("7::30::3::0", "this user has rated this item on an earlier line"),
        ("8::10::3::0", "the user_id must have a row in users.dat"),
        ("7::11::3::0", "the item_id must have a row in movies.dat"),
    ],
)
def test_a_wrong_rating_is_named_by_its_line_and_quoted(tmp_path, row, rule):
    folder = write_movielens(tmp_path, ratings=ML_1M["ratings.dat"].replace("7::10::3::0", row))
    message = refusal(folder)
    assert f"{folder / 'ratings.dat'}, line 2: " in message
    assert rule in message
    assert message.endswith(f"the line reads {row!r}")


@pytest.mark.parametrize("extra", ["::1", ""])
def test_a_wrong_layout_of_all_lines_is_named_at_the_first(tmp_path, extra):
    rows = "7::30::5::1" + extra if extra else "7::30::5"
    assert "line 1: expected" in refusal(write_movielens(tmp_path, ratings=f"{rows}\n{rows}\n"))


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("9::M::56::0", "expected 'UserID::Gender::Age::Occupation::Zip-code'"),
        ("9::X::56::0::98107", "the gender must be one of F, M, not 'X'"),
        ("9::M::57::0::98107", "the age must be one of 1, 18, 25, 35, 45, 50, 56, not '57'"),
        ("9::M::56::21::98107", "the occupation must be one of 0, 1, 2,"),
        ("9::M::56::0::", "the zip code must not be empty"),
        ("nine::M::56::0::98107", "the id must be a whole number 1..2147483647, not 'nine'"),
        ("7::M::56::0::98107", "the id 7 has a line already"),
        ("", "expected"),
    ],
)
def test_a_wrong_user_is_named_by_its_line_and_quoted(tmp_path, row, rule):
    folder = write_movielens(tmp_path, users=f"7::F::1::10::48067\n{row}\n5::M::1::1::1\n")
    message = refusal(folder)
    assert f"{folder / 'users.dat'}, line 2: {rule}" in message
    assert message.endswith(f"the line reads {row!r}")


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("20::Bread (1982)", "expected 'MovieID::Title::Genres'"),
        ("20::Bread (1982)::Cookery", "the genre must be one of Action, Adventure,"),
        ("20::Bread (1982)::", "the genre must be one of Action, Adventure,"),
        ("20:: ::Drama", "the title must not be empty"),
        ("20::(1982)::Drama", "the title must not be empty or only a year"),
        ("20:: (1982) ::Drama", "the title must not be empty or only a year"),
        ("20::(1982) (V)::Drama", "the title must not be empty or only a year"),
        ("20::(1981) (1982)::Drama", "the title must not be empty or only a year"),
        ("10::Bread (1982)::Drama", "the id 10 has a line already"),
    ],
)
def test_a_wrong_movie_is_named_by_its_line_and_quoted(tmp_path, row, rule):
    first, _, third = ML_1M["movies.dat"].splitlines()
    folder = write_movielens(tmp_path, movies=f"{first}\n{row}\n{third}\n")
    message = refusal(folder)
    assert f"{folder / 'movies.dat'}, line 2: {rule}" in message
    assert message.endswith(f"the line reads {row!r}")


@pytest.mark.parametrize(
    ("kind", "old", "new", "rule"),
    [
        ("ratings", "40\t2", "40\t9", "u.data, line 2: the rating must be 1..5"),
        ("ratings", "40\t2", "40::2", "u.data, line 2: expected 'user_id\\titem_id\\trating"),
        ("users", "|17|", "|0|", "u.user, line 1: the age must be a whole number 1..120, not '0'"),
        ("users", "student", "sailor", "u.user, line 1: the occupation must be one of admin"),
        ("movies", "Kites (1995)", "(1995)", "u.item, line 3: the title must not be empty or only a year"),
        ("movies", "||||1|", "||||2|", "u.item, line 2: the genre flag must be one of 0, 1"),
        ("movies", "||||1|", "|||1|", 'u.item, line 2: expected "id|title|release|video|URL|'),
    ],
)
def test_wrong_rows_of_100k_are_named_too(tmp_path, kind, old, new, rule):
    file = {"ratings": "u.data", "users": "u.user", "movies": "u.item"}[kind]
    changed = ML_100K[file].replace(old, new)
    assert rule in refusal(write_movielens(tmp_path, "ml-100k", **{kind: changed}))


@pytest.mark.parametrize(
    ("encoding", "rule"),
    [
        ("utf-8", "movies.dat, line 1: the encoding must be Latin-1, but this is UTF-8"),
        ("cp850", "movies.dat, line 1: the encoding must be Latin-1, which has no such letter"),
        ("mac-roman", "movies.dat, line 1: the encoding must be Latin-1, which has no such"),
        ("utf-16", "movies.dat, line 1: there is a zero byte, so this is UTF-16 or no text"),
    ],
)
def test_a_wrong_encoding_is_refused_where_it_shows(tmp_path, encoding, rule):
    folder = write_movielens(tmp_path)
    (folder / "movies.dat").write_bytes(ML_1M["movies.dat"].encode(encoding))
    assert rule in refusal(folder)


@pytest.mark.parametrize(
    "text", ["", "7::30::5::978300760\n7::10::3::97830"], ids=["empty", "in the middle of a line"]
)
def test_a_file_that_is_cut_off_is_refused(tmp_path, text):
    message = refusal(write_movielens(tmp_path, ratings=text))
    line = text.count("\n") + 1
    assert f"ratings.dat, line {line}: the last line has no line end" in message
    assert "unpack it again" in message


@pytest.mark.parametrize("kind", ["ratings", "users", "movies"])
@pytest.mark.parametrize(
    ("end", "line"), [("all", 1), ("one", 2), ("two", 1)], ids=["old Mac", "one astray", "two before a feed"]
)
def test_a_carriage_return_that_ends_no_line_is_named_by_its_line(tmp_path, kind, end, line):
    first, second, *others = ML_1M[f"{kind}.dat"].splitlines()
    text = {
        "all": "\r".join([first, second, *others]) + "\r",
        "one": "\n".join([first, f"{second[:4]}\r{second[4:]}", *others]) + "\n",
        "two": "\r\r\n".join([first, second, *others]) + "\r\n",
    }[end]
    message = refusal(write_movielens(tmp_path, **{kind: text}))
    assert (
        f"{kind}.dat, line {line}: a carriage return (CR) stands without a line feed (LF) after it" in message
    )
    assert message.endswith("; unpack the file again from its zip, or end its lines by LF or by CR LF")


def test_a_wrong_rating_is_named_by_its_line_after_a_return_too(tmp_path):
    text = ML_1M["ratings.dat"].replace("7::10::3::0", "7::10::9::0").replace("\n", "\r\n")
    message = refusal(write_movielens(tmp_path, ratings=text))
    assert "line 2: the rating must be 1..5" in message and message.endswith("reads '7::10::9::0'")


def test_an_unknown_name_is_refused_with_the_names_there_are():
    with pytest.raises(DataError, match="name must be one of 'ml-1m', 'ml-100k', not 'ml-20m'"):
        load_movielens("ml-20m")


@pytest.mark.parametrize("name", [None, 100, ["ml-1m"], b"ml-1m", ""])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(DataError, match="name must be one of 'ml-1m', 'ml-100k', not "):
        load_movielens(name)


@pytest.mark.parametrize("data_dir", [123, True, b"data", ["data"], "~nobody-of-this-name/data"])
def test_what_is_no_path_is_refused(data_dir):
    with pytest.raises(DataError, match="data_dir is .*: give the path of a folder, as text or pathlib.Path"):
        load_movielens("ml-1m", data_dir)


def test_a_folder_in_the_environment_that_is_nobodys_home_is_refused(monkeypatch):
    monkeypatch.setenv("DBREC_DATA_DIR", "~nobody-of-this-name/data")
    with pytest.raises(DataError, match=r"\$DBREC_DATA_DIR is '~nobody-of-this-name/data': give the path"):
        load_movielens("ml-1m")


def without(*missing):
    """Make a load_movielens for which some sets can't be had."""

    def load(name):
        if name in missing:
            raise UnavailableError(name, {"GroupLens": "404"})
        return name

    return load


def test_the_default_is_1m_where_it_can_be_had(monkeypatch, capsys):
    monkeypatch.delenv("DBREC_DATASET", raising=False)
    monkeypatch.setattr(data, "load_movielens", without())
    assert default_dataset() == "ml-1m"
    assert capsys.readouterr().out == ""


def test_the_default_is_else_100k_with_one_line_that_says_why(monkeypatch, capsys):
    monkeypatch.delenv("DBREC_DATASET", raising=False)
    monkeypatch.setattr(data, "load_movielens", without("ml-1m"))
    assert default_dataset() == "ml-100k"
    assert capsys.readouterr().out == (
        "Using MovieLens 100K, because MovieLens 1M can't be had (GroupLens: 404).\n"
    )


def test_where_neither_can_be_had_one_error_tells_of_both(monkeypatch):
    monkeypatch.delenv("DBREC_DATASET", raising=False)
    monkeypatch.setattr(data, "load_movielens", without("ml-1m", "ml-100k"))
    with pytest.raises(UnavailableError) as caught:
        default_dataset()
    lines = str(caught.value).splitlines()
    assert lines[:3] == [
        "MovieLens 'ml-1m' or 'ml-100k' can't be had:",
        "  ml-1m, GroupLens: 404",
        "  ml-100k, GroupLens: 404",
    ]
    assert "https://grouplens.org/datasets/movielens/" in lines[3]


def test_the_environment_chooses_the_default(monkeypatch):
    monkeypatch.setattr(data, "load_movielens", without("ml-1m"))
    monkeypatch.setenv("DBREC_DATASET", "ml-100k")
    assert default_dataset() == "ml-100k"
    monkeypatch.setenv("DBREC_DATASET", "ml-1m")
    with pytest.raises(UnavailableError):
        default_dataset()


def test_a_wrong_choice_in_the_environment_is_refused(monkeypatch):
    monkeypatch.setenv("DBREC_DATASET", "ml1m")
    with pytest.raises(DataError, match=r"\$DBREC_DATASET must be one of 'ml-1m', 'ml-100k'"):
        default_dataset()


@pytest.mark.skipif(not (REAL / "ml-1m").is_dir(), reason="$DBREC_DATA_DIR holds no ml-1m")
def test_movielens_1m_has_its_known_figures():
    dataset = load_movielens("ml-1m", REAL)
    assert repr(dataset) == "MovieLens('ml-1m': 1,000,209 ratings, 6,040 users, 3,883 movies)"
    counts = np.bincount(dataset.ratings["rating"])
    assert counts.tolist() == [0, 56_174, 107_557, 261_197, 348_971, 226_310]
    assert dataset.ratings["item_id"].nunique() == 3_706
    assert dataset.ratings["user_id"].value_counts().min() == 20
    assert dataset.movies["year"].notna().all()
    assert dataset.movies.loc[73, "title"] == "Misérables, Les"


@pytest.mark.skipif(not (REAL / "ml-100k").is_dir(), reason="$DBREC_DATA_DIR holds no ml-100k")
def test_movielens_100k_has_its_known_figures():
    dataset = load_movielens("ml-100k", REAL)
    assert repr(dataset) == "MovieLens('ml-100k': 100,000 ratings, 943 users, 1,682 movies)"
    counts = np.bincount(dataset.ratings["rating"])
    assert counts.tolist() == [0, 6_110, 11_370, 27_145, 34_174, 21_201]
    movies = dataset.movies
    assert movies.index[movies["year"].isna()].tolist() == [267]
    assert movies.index[movies["genres"].str.len() == 0].tolist() == [267, 1373]
    assert movies.loc[1412, "year"] == 1995
