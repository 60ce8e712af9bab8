import datetime
import json
import uuid
from dataclasses import FrozenInstanceError
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbrec.features.columns import Categorical, MultiHot, Numeric, Words, fit_column
from dbrec.features.encoder import FeatureEncoder


def test_dtype_tells_the_kind_of_a_column():
    kinds = {
        Categorical: [
            pd.Series(["a", "b"]),
            pd.Series([True, False]),
            pd.Series(["x", None], dtype="category"),
        ],
        Numeric: [pd.Series([1, 2]), pd.Series([0.5, np.nan]), pd.Series([1, None], dtype="Int16")],
        MultiHot: [pd.Series([("a", "b"), ()]), pd.Series([["a"], None]), pd.Series([{"a"}, {"b"}])],
    }
    for kind, columns in kinds.items():
        assert [type(fit_column("x", values)) for values in columns] == [kind] * 3


def test_codes_count_from_one_and_zero_is_missing_or_unseen():
    column = fit_column("x", pd.Series(["b", "a", None, "b"]))
    assert column.categories == ("a", "b") and column.size == 3
    assert column.encode(pd.Series(["a", "b", None, "new"])).tolist() == [[1], [2], [0], [0]]


def test_booleans_are_two_categories():
    column = fit_column("x", pd.Series([True, False, True]))
    assert column.encode(pd.Series([False, True], dtype=object)).tolist() == [[1], [2]]


def test_an_ordered_categorical_keeps_its_order():
    ages = pd.Series(pd.Categorical(["old", "young"], categories=["young", "middle", "old"], ordered=True))
    assert fit_column("age", ages).categories == ("young", "old")


def test_few_different_numbers_get_a_bin_each():
    column = fit_column("x", pd.Series([10, 20, 30]))
    assert column.edges == (15.0, 25.0)
    assert column.encode(pd.Series([-99, 20, 99, None])).tolist() == [[1], [2], [3], [0]]


def test_many_numbers_get_bins_of_about_equal_size():
    numbers = pd.Series(np.random.default_rng(0).lognormal(size=16_000))
    counts = np.bincount(fit_column("x", numbers).encode(numbers)[:, 0])
    assert counts[0] == 0 and len(counts) == 17 and (abs(counts[1:] - 1000) <= 1).all()


@pytest.mark.parametrize("share", [0.25, 0.5, 0.9, 0.96])
@pytest.mark.parametrize("heavy", [0, 500, 10**6])
def test_a_number_that_a_quarter_of_the_rows_have_gets_a_bin_of_its_own(share, heavy):
    n_others = round(1000 * (1 - share))
    numbers = pd.Series([heavy] * (1000 - n_others) + list(range(1, n_others + 1)))
    column = fit_column("sold", numbers)
    codes = column.encode(numbers)[:, 0]
    with_heavy = set(numbers[codes == codes[0]])
    assert with_heavy == {heavy} and len(set(codes)) >= 2 and column.size <= 17


def test_of_forty_sales_among_a_thousand_bins_tell_sold_from_unsold():
    column = fit_column("sold", pd.Series([0] * 960 + list(range(1, 41))))
    assert column.edges == (0.0, 1.0)
    assert column.names == ["sold: below 0", "sold: from 0 to below 1", "sold: from 1"]
    assert column.encode(pd.Series([0, 1, 40])).tolist() == [[2], [3], [3]]


def test_a_number_that_fewer_than_a_quarter_have_may_share_its_bin():
    years = [1995] * 249 + [1990 - n for n in range(365)] + [1996 + n for n in range(386)]
    column = fit_column("year", pd.Series(years))
    edges = sorted(set(np.quantile(years, np.arange(1, 16) / 16)))
    assert list(column.edges) == edges and 1995 in edges and 1996 not in edges
    heavier = fit_column("year", pd.Series([*years, 1995, 1995, 1995]))  # 252 of 1003
    assert 1996 in heavier.edges


def test_flags_mark_the_categories_of_a_tuple():
    column = fit_column("genres", pd.Series([("Drama", "War"), ("Comedy",)]))
    rows = column.encode(pd.Series([("War",), (), None, ("Comedy", "New", "Drama")]))
    assert rows.tolist() == [[0, 0, 1], [0, 0, 0], [0, 0, 0], [1, 1, 0]]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (pd.Series([None, None]), "feature 'x' has no value in any row of an id with ratings: leave the"),
        (pd.Series([(), []]), "feature 'x' has no category in any row of an id with ratings: leave"),
        (pd.Series(pd.to_datetime(["2000-01-01"])), "feature 'x' has dtype datetime64.*give numbers, text"),
        (pd.Series(pd.to_timedelta([1, 2], unit="D")), r"such as Timedelta.*of time spans \.dt\.days"),
        (pd.Series([1.0, np.inf]), "such as inf: .*numbers must be finite"),
        (pd.Series([1, Decimal("-Infinity")], dtype=object), "such as 1 and Decimal.*must be finite"),
        (pd.Series([1, 10**400], dtype=object), "numbers must be finite"),
        (pd.Series([1 + 2j, 3]), "has dtype complex128"),
        (pd.Series(["a", 1], dtype=object), "such as 'a' and 1: .*Make a mixture text"),
        (pd.Series([True, 1], dtype=object), "such as True and 1: .*Make a mixture text"),
        (pd.Series([uuid.UUID(int=1)]), "such as UUID"),
        (pd.Series([("a",), "b"]), r"such as \('a',\) and 'b'"),
        (pd.Series([("a", 1)]), "such as 'a' and 1"),
        (pd.Series([[["a"]], [["b"]]]), r"such as \['b'\]"),
        (pd.Series([(pd.Timestamp(0),)]), "such as Timestamp"),
        (pd.Series(pd.Categorical(["a", 1])), "such as 'a' and 1"),
    ],
)
def test_columns_that_cannot_be_encoded_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        fit_column("x", values)


def encoder():
    features = pd.DataFrame(
        {"age": [10, 20, 30], "tags": [("a",), ("b", "a"), ()]}, index=pd.Index([7, 8, 99], name="user_id")
    )
    return FeatureEncoder.fit([8, 7, 8, 6], features)


def test_a_row_is_id_then_codes_then_flags():
    assert encoder().names == ["id", "age", "tags: a", "tags: b"]
    assert encoder()([7, 8]).tolist() == [[2, 1, 1, 0], [3, 2, 1, 1]]
    assert encoder().spec == [("id", "one-hot", 4), ("age", "one-hot", 3), ("tags", "multi-hot", 2)]


def test_status_tells_what_an_id_is_scored_from():
    ids = [7, 6, 99, 1]  # trained; trained without features; features alone; never met
    assert encoder().status(ids).tolist() == ["ratings", "ratings", "features", "population"]
    assert encoder()(ids)[:, 0].tolist() == [2, 1, 0, 0]
    assert not encoder()([1]).any()


def test_features_of_untrained_ids_make_no_categories():
    features = pd.DataFrame({"job": ["cook", "spy"]}, index=[1, 2])
    fitted = FeatureEncoder.fit([1], features)
    assert fitted.columns[0].categories == ("cook",) and fitted([2]).tolist() == [[0, 0]]


def test_newcomers_have_no_id_and_may_lack_features():
    assert encoder().encode_person({"age": 30}).tolist() == [[0, 2, 0, 0]]


def test_ids_with_two_rows_of_features_are_refused():
    with pytest.raises(ValueError, match="id 5 has more than one row of features: keep one row an id"):
        FeatureEncoder.fit([5], pd.DataFrame({"a": [1, 2]}, index=[5, 5]))


def test_features_of_other_ids_are_refused():
    with pytest.raises(ValueError, match=r"no id of the ratings \(such as 5\).*such as \['5'\]\): index"):
        FeatureEncoder.fit([5], pd.DataFrame({"a": [1]}, index=["5"]))


@given(st.lists(st.one_of(st.none(), st.text(max_size=3)), min_size=1).filter(any))
def test_categories_survive_the_round_trip(values):
    column = Categorical.fit("x", pd.Series(values, dtype=object))
    codes = column.encode(pd.Series(values, dtype=object))[:, 0]
    assert [None if code == 0 else column.categories[code - 1] for code in codes] == values


FILMS = pd.DataFrame(
    {
        "title": [
            "Star Wars",
            "Star Trek",
            "The Trek",
            None,
            "Star",
            *[f"Name{n} alone{n}" for n in range(9)],
        ],
        "year": [1977, 1979, 1990, 1990] + [1990] * 10,
    },
    index=range(1, 15),
)


def test_free_text_gives_a_flag_to_each_word_of_two_texts_or_more():
    column = fit_column("title", FILMS["title"])
    assert isinstance(column, Words) and column.categories == ("star", "trek")
    assert column.encode(pd.Series(["STAR: trek", None, "new words"])).tolist() == [[1, 1], [0, 0], [0, 0]]


def test_text_that_repeats_or_is_short_or_of_single_words_is_no_free_text():
    for values in (["very good", "very bad"] * 9, ["very good", "very bad"], [f"name{n}" for n in range(20)]):
        assert isinstance(fit_column("x", pd.Series(values)), Categorical)


def test_words_stand_last_in_the_rows_and_are_not_for_the_towers():
    encoder = FeatureEncoder.fit(FILMS.index, FILMS)
    assert [column.name for column in encoder.columns] == ["year", "title"]
    assert encoder.names == ["id", "year"] and encoder.width == 2 and encoder([1, 2]).shape == (2, 2)
    assert [name for name, _, _ in encoder.spec] == ["id", "year"]
    assert encoder.rows[:4, 2:].tolist() == [[1, 0], [1, 1], [0, 1], [0, 0]]
    assert encoder.features([1]).toarray().tolist() == [[1, 0, 0, 1, 0]]


def test_words_alone_make_an_id_known_by_its_features():
    trained = FILMS.index.drop([4, 5])
    encoder = FeatureEncoder.fit(trained, FILMS[["title"]])
    assert encoder.status([1, 5, 4, 77]).tolist() == ["ratings", "features", "population", "population"]


def test_objects_that_are_numbers_are_numbers():
    for values in (
        [1, 2, 3],
        [1.0, None, np.float16(2), Decimal(3)],
        pd.array([1, 2, 3, None], dtype="Int8"),
    ):
        assert fit_column("x", pd.Series(values, dtype=getattr(values, "dtype", object))).edges == (1.5, 2.5)


def test_lists_may_be_arrays_or_sets_and_what_is_missing_in_them_is_left_out():
    values = pd.Series([np.array(["b", "a"]), {"a"}, ("b", None, np.nan), [], None])
    column = fit_column("x", values)
    assert column.categories == ("a", "b")
    assert column.encode(values).tolist() == [[1, 1], [1, 0], [0, 1], [0, 0], [0, 0]]


def test_categories_of_strange_types_are_their_text_and_others_plain():
    ages = pd.Series(pd.cut([5, 30, 50], [0, 18, 40, 99]))
    assert fit_column("age", ages).categories == ("(0, 18]", "(18, 40]", "(40, 99]")
    assert fit_column("age", ages).encode(ages[::-1]).tolist() == [[3], [2], [1]]
    levels = fit_column("x", pd.Series([np.int64(2), np.int64(1)], dtype="category")).categories
    assert levels == (1, 2) and {type(level) for level in levels} == {int}


def test_text_that_lists_several_brings_a_hint_and_names_of_films_do_not():
    genres = pd.Series(["Drama|War", "Drama", "War"])
    with pytest.warns(UserWarning, match=r"items\['genres'\] = items\['genres'\]\.str\.split\('\|'\)"):
        fit_column("genres", genres, "items")
    fit_column("title", pd.Series(["Either|Or", "Both"]))


BY_ID = pd.DataFrame({"age": [10, 20, 30]}, index=pd.Index([7, 8, 9], name="user_id"))


@pytest.mark.parametrize(
    "frame",
    [
        BY_ID.reset_index(),
        BY_ID.assign(user_id=BY_ID.index),
        BY_ID.set_axis(pd.CategoricalIndex([7, 8, 9])),
        BY_ID.set_axis([7.0, 8.0, 9.0]),
    ],
)
def test_ids_may_stand_in_a_column_or_in_an_index_of_another_type(frame):
    encoder = FeatureEncoder.fit([8, 7], frame, "user")
    assert encoder.names == ["id", "age"] and encoder.all_ids.tolist() == [7, 8, 9]
    assert encoder.rows.tolist() == [[1, 1], [2, 2], [0, 2]]


@pytest.mark.parametrize(
    ("frame", "error", "message"),
    [
        (BY_ID["age"], TypeError, r"users is a Series: give a DataFrame by id, such as users\.to_frame\(\)"),
        ({"age": [1]}, TypeError, r"users is a dict: .*pd\.DataFrame\(users\)\.set_index\('user_id'\)"),
        (np.ones((3, 1)), TypeError, "users is a ndarray: give a DataFrame"),
        (BY_ID[:0], ValueError, "users has no rows: give a row an id, or None"),
        (pd.DataFrame([[1, 2]], [7], [1, "1"]), ValueError, "two columns named '1': give them names that"),
        (pd.DataFrame([[1, 2]], [7], ["a", "a"]), ValueError, "two columns named 'a'"),
        (BY_ID.assign(user_id=[8, 7, 9]), ValueError, "user_id as index and as a column, and they differ"),
        (BY_ID.set_axis([7, 8, np.nan]), ValueError, r"users\.index has a missing value at position 2"),
        (
            BY_ID.set_axis([7, "8", 9]),
            TypeError,
            r"users\.index must be .* ints or text, and these are mixed",
        ),
        (BY_ID.set_axis(pd.date_range("2000", periods=3)), TypeError, "these are datetime64"),
        (BY_ID.set_axis(["7", "8", "9"]), ValueError, r"no id of the ratings \(such as 7\)"),
        (BY_ID.assign(age=[1, 2, np.inf]), ValueError, "age is inf: give a finite number"),
    ],
)
def test_frames_that_are_not_features_by_id_are_refused(frame, error, message):
    with pytest.raises(error, match=message):
        FeatureEncoder.fit([7, 8], frame, "user")


@pytest.mark.parametrize(
    "frame",
    [
        BY_ID.rename_axis("item_id"),
        BY_ID.set_axis(pd.RangeIndex(3)).assign(item_id=[9, 8, 7]),
        BY_ID.rename_axis(None).assign(item_id=1),
        BY_ID.rename_axis("item_id").assign(item_id=[7, 8, 9]),
    ],
)
def test_features_with_the_ids_of_the_other_side_are_refused(frame):
    message = (
        r"^users has 'item_id' and no 'user_id': are users and items swapped\? Give them by name, users=..., "
        r"items=..., or name the index if it is right: users\.rename_axis\('user_id'\)$"
    )
    encoder = FeatureEncoder.fit([7, 8], BY_ID, "user")
    for take in (
        lambda: FeatureEncoder.fit([7, 8], frame, "user"),
        lambda: encoder.extended(frame, pd.Index([]), "user"),
    ):
        with pytest.raises(ValueError, match=message):
            take()
    swapped = frame.rename_axis({"item_id": "user_id"}.get(frame.index.name)).rename(
        columns={"item_id": "user_id"}
    )
    with pytest.raises(
        ValueError, match="^items has 'user_id' and no 'item_id': are users and items swapped"
    ):
        FeatureEncoder.fit([7, 8], swapped, "item")


@pytest.mark.parametrize(
    "frame",
    [
        BY_ID.assign(item_id=[1, 2, 3]),
        BY_ID.reset_index().assign(item_id=[1, 2, 3]),
        BY_ID.rename_axis("person").assign(item_id=[1, 2, 3]),
    ],
)
def test_a_feature_may_be_called_like_an_id_of_the_other_side_where_the_own_ids_are_clear(frame):
    encoder = FeatureEncoder.fit([7, 8], frame, "user")
    assert encoder.names == ["id", "age", "item_id"]
    assert FeatureEncoder.fit([7, 8], BY_ID.rename_axis("item_id")).names == ["id", "age"]  # of no side


@pytest.mark.parametrize("rows", [slice(None), slice(1, None), slice(None, None, -1)])
def test_numbered_rows_with_the_ids_in_a_column_are_refused(rows):
    frame = pd.DataFrame({"uid": [1, 2, 3, 4], "age": [10, 20, 30, 40]})[rows]
    with pytest.raises(
        ValueError, match=r"column 'uid' holds the ids: give users\.set_index\('uid'\), or name"
    ):
        FeatureEncoder.fit([1, 2, 3, 4], frame, "user")
    assert FeatureEncoder.fit([1, 2, 3, 4], frame.rename_axis("user_id"), "user").width == 3


def test_numbered_rows_without_such_a_column_are_the_ids():
    frame = pd.DataFrame({"age": [30, 20, 10], "tags": [("a",), ("b",), ()]})
    assert FeatureEncoder.fit([0, 1, 2], frame, "user").names == ["id", "age", "tags: a", "tags: b"]
    ranked = pd.DataFrame({"rank": [3, 2, 1]}, index=[1, 2, 3])
    assert FeatureEncoder.fit([1, 2, 3], ranked, "user")([1]).tolist() == [[1, 3]]


@pytest.mark.parametrize(
    ("ids", "error", "message"),
    [
        ([], ValueError, "there are no ids: give at least one"),
        ([1, None], ValueError, "user_ids has a missing value at position 1"),
        ([uuid.UUID(int=1)], TypeError, "user_ids must be .* ints or text"),
    ],
)
def test_ids_that_cannot_be_told_are_refused(ids, error, message):
    with pytest.raises(error, match=message):
        FeatureEncoder.fit(ids, side="user")


def test_names_of_columns_are_kept_as_text():
    encoder = FeatureEncoder.fit([7, 8], pd.DataFrame(np.eye(2), index=[7, 8]), "user")
    assert encoder.names == ["id", "0", "1"] and encoder([7, 8]).tolist() == [[1, 2, 1], [2, 1, 2]]
    assert encoder.encode_person({0: 1}).tolist() == encoder.encode_person({"0": 1}).tolist() == [[0, 2, 0]]


def test_trained_ids_come_first_and_each_part_is_sorted():
    encoder = FeatureEncoder.fit([8, 3], pd.DataFrame({"a": 1}, index=[9, 1, 8]))
    assert encoder.trained_ids.tolist() == [3, 8] and encoder.n_trained == 2
    assert encoder.all_ids.tolist() == [3, 8, 1, 9] and encoder.rows[:, 0].tolist() == [1, 2, 0, 0]


def test_ids_of_another_type_are_refused_where_rows_are_looked_up():
    for look_up in (encoder(), encoder().status, encoder().features):
        with pytest.raises(TypeError, match="give ids of the type used in fitting"):
            look_up(["7"])


PEOPLE = pd.DataFrame(
    {
        "age": [10, 20, 30],
        "job": ["cook", "spy", "cook"],
        "member": [True, False, True],
        "hobbies": [("golf",), ("chess", "golf"), ()],
        "band": pd.cut([5, 30, 50], [0, 18, 40, 99]),
        "level": pd.Categorical([1, 2, 3]),
    },
    index=[7, 8, 9],
)
PERSON = FeatureEncoder.fit([7, 8, 9], PEOPLE, "user")  # id, age, job, member, chess, golf, band, level


@pytest.mark.parametrize(
    ("features", "row"),
    [
        (None, [0, 0, 0, 0, 0, 0, 0, 0]),
        ({"age": None, "job": np.nan, "hobbies": pd.NA, "band": pd.NaT}, [0, 0, 0, 0, 0, 0, 0, 0]),
        ({"age": Decimal(20), "member": np.False_}, [0, 2, 0, 1, 0, 0, 0, 0]),
        ({"hobbies": "golf", "level": 2}, [0, 0, 0, 0, 0, 1, 0, 2]),
        ({"hobbies": np.array(["chess", "golf"])}, [0, 0, 0, 0, 1, 1, 0, 0]),
        ({"hobbies": ["golf", None]}, [0, 0, 0, 0, 0, 1, 0, 0]),
        ({"band": pd.Interval(18, 40)}, [0, 0, 0, 0, 0, 0, 2, 0]),
        ({"band": "(18, 40]"}, [0, 0, 0, 0, 0, 0, 2, 0]),
        (PEOPLE.loc[8], [0, 2, 2, 1, 1, 1, 2, 2]),
    ],
)
def test_a_person_is_encoded_by_what_is_known_of_them(features, row):
    assert PERSON.encode_person(features).tolist() == [row]


def test_a_row_of_a_frame_with_its_ids_in_a_column_is_a_person_too():
    row = PEOPLE.rename_axis("user_id").reset_index().loc[1]
    assert row["user_id"] == 8 and PERSON.encode_person(row).tolist() == [[0, 2, 2, 1, 1, 1, 2, 2]]
    assert PERSON.encode_person({"user_id": None, "age": 20}).tolist() == [[0, 2, 0, 0, 0, 0, 0, 0]]
    with pytest.raises(KeyError, match=r"user features \['item_id'\] are unknown"):
        PERSON.encode_person({"item_id": 8, "user_id": 8})
    own = FeatureEncoder.fit(
        [7, 8], PEOPLE[["age"]].rename(columns={"age": "user_id"}).rename_axis("user_id")
    )
    assert own.encode_person({"user_id": 20}).tolist() == [[0, 2]]  # of no side, a feature as any other


@pytest.mark.parametrize(
    ("features", "error", "message"),
    [
        ({"age": "abc"}, ValueError, "age is 'abc': give a finite number, or None"),
        ({"age": np.inf}, ValueError, "age is inf: give a finite number, or None"),
        ({"age": True}, ValueError, "age is True: give a finite number"),
        ({"age": [20]}, ValueError, r"age is \[20\]: give a finite number"),
        ({"age": datetime.date(2000, 1, 1)}, ValueError, "age is datetime.date.*: give a finite number"),
        ({"job": "Spy"}, ValueError, r"job is 'Spy': give one of \['cook', 'spy'\], or None"),
        ({"job": ["spy"]}, ValueError, r"job is \['spy'\]: give one of"),
        ({"job": 1}, ValueError, "job is 1: give one of"),
        ({"member": 1}, ValueError, r"member is 1: give one of \[False, True\]"),
        (
            {"hobbies": ("Golf",)},
            ValueError,
            r"hobbies is \('Golf',\): give a tuple of some of \['chess', 'golf'\]",
        ),
        ({"hobbies": ("golf", "golff")}, ValueError, r"hobbies is \('golf', 'golff'\): give a tuple"),
        ({"hobbies": 3}, ValueError, "hobbies is 3: give a tuple of some of"),
        ({"hobbies": ("golf", True)}, ValueError, "hobbies is True: give a tuple of some of"),
        ({"band": pd.Interval(0, 1)}, ValueError, r"band is Interval\(0, 1.*: give one of \['\(0, 18\]'"),
        ({"level": "2"}, ValueError, r"level is '2': give one of \[1, 2, 3\]"),
        ({"height": 2}, KeyError, r"\['height'\] are unknown: .* fitted with \['age', 'job'"),
        ({"age": 1, 0: 2}, KeyError, r"\['0'\] are unknown"),
        (pd.Series([1, 2], ["age", "age"]), ValueError, "a name twice"),
        (["age"], TypeError, "features is a list: give a dict"),
        (PEOPLE[:1], TypeError, "features is a DataFrame: give a dict .* or a row of a frame"),
    ],
)
def test_what_is_not_understood_of_a_person_is_refused(features, error, message):
    with pytest.raises(error, match=message):
        PERSON.encode_person(features)


def test_words_of_a_person_are_text_and_new_ones_are_fine():
    encoder = FeatureEncoder.fit(FILMS.index, FILMS)
    assert encoder.encode_person({"title": "New Trek"}).tolist() == [[0, 0, 0, 1]]
    for value in (5, ("star",)):
        with pytest.raises(ValueError, match="title is .*: give text, or None where it is missing"):
            encoder.encode_person({"title": value})


def stored(change=lambda description, arrays: None):
    description, arrays = json.loads(json.dumps(PERSON.describe())), PERSON.arrays()
    arrays["rows"] = arrays["rows"].copy()
    change(description, arrays)
    return FeatureEncoder.restore(description, arrays)


def test_what_is_described_is_restored_whole():
    again = stored()
    assert again.columns == PERSON.columns and again.all_ids.equals(PERSON.all_ids)
    assert (again([7, 9, 1]) == PERSON([7, 9, 1])).all()
    text = FeatureEncoder.fit(["b", "a"], pd.DataFrame({"x": [1, 2]}, index=["c", "a"]))
    assert {array.dtype.kind for array in text.arrays().values()} == {"U", "i"}
    assert FeatureEncoder.restore(text.describe(), text.arrays()).all_ids.equals(text.all_ids)


@pytest.mark.parametrize(
    "change",
    [
        lambda description, arrays: description.pop("columns"),
        lambda description, arrays: description["columns"].pop(),
        lambda description, arrays: description["columns"].append(description["columns"][0]),
        lambda description, arrays: description["columns"][1].update(kind="__class__"),
        lambda description, arrays: description["columns"][1].update(name=3),
        lambda description, arrays: description["columns"][1].update(categories=["cook", "cook"]),
        lambda description, arrays: description["columns"][1].update(categories=["cook", 3]),
        lambda description, arrays: description["columns"][1].update(categories=["cook", ["spy"]]),
        lambda description, arrays: description["columns"][0].update(edges=[25.0, 15.0]),
        lambda description, arrays: description["columns"][0].update(edges=3),
        lambda description, arrays: arrays.pop("rows"),
        lambda description, arrays: arrays.update(rows=arrays["rows"][1:]),
        lambda description, arrays: arrays.update(rows=arrays["rows"][:, 1:]),
        lambda description, arrays: arrays.update(rows=arrays["rows"].astype(float)),
        lambda description, arrays: arrays["rows"].__setitem__((0, 2), 999),
        lambda description, arrays: arrays["rows"].__setitem__((0, 2), -1),
        lambda description, arrays: arrays["rows"].__setitem__((0, 0), 2),
        lambda description, arrays: arrays.update(all_ids=np.array([7, 8, 8])),
        lambda description, arrays: arrays.update(all_ids=np.array(["7", "8", "9"])),
        lambda description, arrays: arrays.update(trained_ids=np.array([8, 7, 9])),
    ],
)
def test_what_does_not_fit_together_is_not_restored(change):
    with pytest.raises(ValueError, match="damaged: .*restore"):
        stored(change)


@pytest.mark.parametrize("key", ["town", "id"])
def test_a_column_with_missing_values_of_pandas_is_no_row_of_ids(key):
    frame = pd.DataFrame({key: pd.array([pd.NA, "Ely"], "string")}, index=[10, 11])
    if key == "town":
        assert FeatureEncoder.fit([10, 11], frame).rows[:, 1].tolist() == [0, 1]
        return
    with pytest.raises(ValueError, match=r"features\['id'\] has a missing value at position 0"):
        FeatureEncoder.fit([10, 11], frame.rename_axis("other"))


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        ([f"word {n}" for n in range(12)], Words),
        ([f"word {n % 6}" for n in range(12)], Categorical),  # half of them different
        ([f"word {n}" if n % 2 else f"word{n}" for n in range(12)], Categorical),  # half of several words
        ([f"word {n}" for n in range(9)], Categorical),  # fewer than ten
    ],
)
def test_free_text_is_mostly_different_and_of_several_words(texts, kind):
    assert type(fit_column("title", pd.Series(texts))) is kind


def test_an_encoder_that_is_extended_knows_more_ids_and_more_of_those_it_had():
    frame = pd.DataFrame({"kind": ["a", "b", "a"], "tags": [("x",), (), ("x", "y")]}, index=[7, 3, 5])
    before = FeatureEncoder.fit([3, 7], frame)
    assert before.all_ids.tolist() == [3, 7, 5]
    told = pd.DataFrame({"kind": ["b", "b"]}, index=[5, 1])
    after = before.extended(told, pd.Index([9, 3, 9, 1]), "user")
    assert after.all_ids.tolist() == [3, 7, 5, 1, 9] and after.n_trained == 2
    assert before.all_ids.tolist() == [3, 7, 5]  # and stays what it was
    kinds = after([3, 7, 5, 1, 9])[:, 1]
    assert kinds[0] == kinds[2] == kinds[3] != kinds[1] and kinds[4] == 0  # b, a, b, b, and nothing known
    assert np.array_equal(after([3, 7]), before([3, 7]))
    assert np.array_equal(after([5])[:, 2:], before([5])[:, 2:])  # tags that aren't told anew stay


@pytest.mark.parametrize("tags", [["a|b", "a"], ["a", "c"], [("b",), "b, a"], [None, ""]])
def test_a_text_that_is_no_category_is_refused_where_tuples_were_learned(tags):
    encoder = FeatureEncoder.fit([7, 8], pd.DataFrame({"tags": [("a",), ("b", "a")]}, index=[7, 8]))
    told = pd.DataFrame({"tags": tags}, index=[8, 9])
    with pytest.raises(ValueError, match=r"tags is '.*': give a tuple of some of \['a', 'b'\], or None"):
        encoder.extended(told, pd.Index([]), "item")


def test_a_text_that_is_a_category_stands_for_a_tuple_of_it_and_tuples_may_hold_new_ones():
    encoder = FeatureEncoder.fit([7, 8], pd.DataFrame({"tags": [("a",), ("b", "a")]}, index=[7, 8]))
    told = pd.DataFrame({"tags": ["b", ("a", "new"), None]}, index=[7, 8, 9])
    after = encoder.extended(told, pd.Index([]), "item")
    assert after.rows.tolist() == [[1, 0, 1], [2, 1, 0], [0, 0, 0]]


def test_rows_are_whole_numbers_of_32_bits_whatever_a_column_gives():
    frame = pd.DataFrame({"tags": [("a",), ("b",)], "title": ["a b", "b a"]}, index=[7, 8])
    encoder = FeatureEncoder.fit([7, 8], frame)
    assert encoder.rows.dtype == encoder.encode_person({"tags": "a"}).dtype == np.int32
    assert encoder.extended(frame[::-1].set_axis([8, 9]), pd.Index([]), "item").rows.dtype == np.int32
    assert MultiHot("tags", ("a", "b")).encode(frame["tags"]).itemsize == 1  # of thousands of words many


def test_an_encoder_that_is_told_nothing_new_is_itself():
    frame = pd.DataFrame({"kind": ["a", "b"]}, index=[7, 3])
    encoder = FeatureEncoder.fit([3, 7], frame)
    for told in (None, frame, frame[:1]):
        assert encoder.extended(told, pd.Index([3, 7, 3]), "user") is encoder
    with pytest.raises(KeyError, match=r"user features \['size'\] are unknown: this recommender was fitted"):
        encoder.extended(pd.DataFrame({"size": [1]}, index=[7]), pd.Index([7]), "user")


def test_an_encoder_that_models_share_cannot_be_changed():
    encoder = FeatureEncoder.fit([1, 2], None, "user")
    with pytest.raises(FrozenInstanceError):
        encoder.rows = encoder.rows[:1]
