"""Read the files of MovieLens 1M and 100K into frames, and refuse what is damaged in them."""

import itertools
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from dbrec.data.textfiles import Line, read_lines, read_whole_numbers, refuse_rows

AGE_GROUPS = dict(
    zip("1 18 25 35 45 50 56".split(), "Under 18|18-24|25-34|35-44|45-49|50-55|56+".split("|"), strict=True)
)
GENDERS = "F", "M"
GENRES = tuple(
    "Action|Adventure|Animation|Children's|Comedy|Crime|Documentary|Drama|Fantasy|Film-Noir|Horror|Musical"
    "|Mystery|Romance|Sci-Fi|Thriller|War|Western".split("|")
)
_CODED_OCCUPATIONS = (
    "other|academic/educator|artist|clerical/admin|college/grad student|customer service|doctor/health care"
    "|executive/managerial|farmer|homemaker|K-12 student|lawyer|programmer|retired|sales/marketing|scientist"
    "|self-employed|technician/engineer|tradesman/craftsman|unemployed|writer"
).split("|")
_NAMED_OCCUPATIONS = (
    "administrator|artist|doctor|educator|engineer|entertainment|executive|healthcare|homemaker|lawyer"
    "|librarian|marketing|none|other|programmer|retired|salesman|scientist|student|technician|writer"
).split("|")
OCCUPATIONS = {
    "ml-1m": {str(code): name for code, name in enumerate(_CODED_OCCUPATIONS)},
    "ml-100k": {name: name for name in _NAMED_OCCUPATIONS},
}
OLDEST_AGE = 120
LARGEST_ID = 2**31 - 1
_IDS = 1, LARGEST_ID
RATING_RANGES = {"user_id": _IDS, "item_id": _IDS, "rating": (1, 5), "timestamp": (0, 2**32 - 1)}
# "(1995)", with nothing after it but a mark such as "(V)", for video.
YEAR = re.compile(r"(.*?)\s*\((\d{4})\)((?:\s*\([A-Z]+\))?)\s*")


def read_ratings(path: Path, name: str) -> pd.DataFrame:
    """Read `ratings.dat` of "ml-1m" or `u.data` of "ml-100k" as `MovieLens.ratings`; row i is line i + 1.

    Raises:
        DataError: A row is malformed, a number is out of its range, or a user rates an item twice.
    """
    ratings = read_whole_numbers(path, list(RATING_RANGES), "::" if name == "ml-1m" else "\t")
    for column, (low, high) in RATING_RANGES.items():
        wrong = ~ratings[column].between(low, high).to_numpy()
        refuse_rows(path, wrong, f"the {column} must be {low}..{high}")
    twice = ratings.duplicated(["user_id", "item_id"]).to_numpy()
    refuse_rows(path, twice, "this user has rated this item on an earlier line; one rating each")
    times = ratings["timestamp"].astype("datetime64[s]").where(ratings["timestamp"] > 0)
    return ratings.astype({"user_id": np.int32, "item_id": np.int32, "rating": np.int8}).assign(
        timestamp=times
    )


def read_users(path: Path, name: str) -> pd.DataFrame:
    """Read `users.dat` of "ml-1m" or `u.user` of "ml-100k" as `MovieLens.users`, ages cut into groups.

    Raises:
        DataError: A row is malformed, a code or name isn't one of the set's own, or a user_id comes twice.
    """
    rows: dict[int, tuple] = {}
    for line in read_lines(path):
        if name == "ml-1m":
            user, gender, age, job, zip_code = line.split("::", "UserID Gender Age Occupation Zip-code")
        else:
            user, age, gender, job, zip_code = line.split("|", "id age gender occupation zip")
            years = line.whole_number(age, OLDEST_AGE, "age")
            age = max((code for code in AGE_GROUPS if int(code) <= years), key=int)
        if not zip_code.strip():
            raise line.error("the zip code must not be empty")
        _refuse_twice(rows, line, user)
        line.choose(gender, GENDERS, "gender")
        age_group = AGE_GROUPS[line.choose(age, AGE_GROUPS, "age")]
        occupation = OCCUPATIONS[name][line.choose(job, OCCUPATIONS[name], "occupation")]
        rows[int(user)] = gender, age_group, occupation, zip_code
    types = {
        "gender": pd.CategoricalDtype(list(GENDERS)),
        "age_group": pd.CategoricalDtype(list(AGE_GROUPS.values()), ordered=True),
        "occupation": pd.CategoricalDtype(list(OCCUPATIONS[name].values())),
        "zip_code": "string",
    }
    return _frame(rows, "user_id", types)


def read_movies(path: Path, name: str) -> pd.DataFrame:
    """Read `movies.dat` of "ml-1m" or `u.item` of "ml-100k" as `MovieLens.movies`.

    Raises:
        DataError: A row is malformed, a title is empty or only a year, a genre unknown, or an item_id twice.
    """
    rows: dict[int, tuple] = {}
    for line in read_lines(path):
        item, title, genres = _movie_fields(line, name)
        _refuse_twice(rows, line, item)
        if not YEAR.sub(r"\1", title).strip():
            raise line.error("the title must not be empty or only a year")
        rows[int(item)] = (*split_title(title), genres)
    return _frame(rows, "item_id", {"title": "string", "year": "Int16", "genres": object})


def split_title(title: str) -> tuple[str, int | None]:
    """Take the year, which stands at the end in parentheses, out of a title; it is None where there is none.

    >>> split_title("Alien³ (1992)")
    ('Alien³', 1992)
    >>> split_title("unknown")
    ('unknown', None)
    """
    match = YEAR.fullmatch(title)
    return (match[1] + match[3], int(match[2])) if match else (title.strip(), None)


def _movie_fields(line: Line, name: str) -> tuple[str, str, tuple[str, ...]]:
    if name == "ml-1m":
        item, title, genres = line.split("::", "MovieID Title Genres")
        return item, title, tuple(line.choose(genre, GENRES, "genre") for genre in genres.split("|"))
    columns = "id title release video URL unknown " + " ".join(GENRES)
    item, title, _, _, _, *flags = line.split("|", columns)
    of_genre = [line.choose(flag, ("0", "1"), "genre flag") == "1" for flag in flags]
    return item, title, tuple(itertools.compress(GENRES, of_genre[1:]))


def _refuse_twice(rows: Mapping, line: Line, key: str) -> None:
    if line.whole_number(key, LARGEST_ID, "id") in rows:
        raise line.error(f"the id {key} has a line already; each id is allowed once")


def _frame(rows: Mapping[int, tuple], index: str, types: dict) -> pd.DataFrame:
    ids = pd.Index(list(rows), dtype=np.int32, name=index)
    return pd.DataFrame(list(rows.values()), index=ids, columns=list(types)).astype(types)
