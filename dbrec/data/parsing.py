"""Read the files of MovieLens 1M and 100K into frames, and refuse what is damaged in them."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from dbrec.data.textfiles import Line, read_lines, read_whole_numbers, refuse_rows

AGE_GROUPS = {
    "1": "Under 18",
    "18": "18-24",
    "25": "25-34",
    "35": "35-44",
    "45": "45-49",
    "50": "50-55",
    "56": "56+",
}
GENDERS = {"F": "F", "M": "M"}
GENRES = tuple(
    "Action|Adventure|Animation|Children's|Comedy|Crime|Documentary|Drama|Fantasy|Film-Noir"
    "|Horror|Musical|Mystery|Romance|Sci-Fi|Thriller|War|Western".split("|")
)
_CODED_OCCUPATIONS = (
    "other|academic/educator|artist|clerical/admin|college/grad student|customer service"
    "|doctor/health care|executive/managerial|farmer|homemaker|K-12 student|lawyer|programmer"
    "|retired|sales/marketing|scientist|self-employed|technician/engineer"
    "|tradesman/craftsman|unemployed|writer"
).split("|")
_NAMED_OCCUPATIONS = (
    "administrator|artist|doctor|educator|engineer|entertainment|executive|healthcare"
    "|homemaker|lawyer|librarian|marketing|none|other|programmer|retired|salesman|scientist"
    "|student|technician|writer"
).split("|")
OCCUPATIONS = {
    "ml-1m": {str(code): name for code, name in enumerate(_CODED_OCCUPATIONS)},
    "ml-100k": {name: name for name in _NAMED_OCCUPATIONS},
}
OLDEST_AGE = 120
LARGEST_ID = 2**31 - 1
RATING_RANGES = {
    "user_id": (1, LARGEST_ID),
    "item_id": (1, LARGEST_ID),
    "rating": (1, 5),
    "timestamp": (0, 2**32 - 1),  # seconds since 1970
}
# "(1995)", with nothing after it but a mark such as "(V)", for video.
YEAR = re.compile(r"(.*?)\s*\((\d{4})\)((?:\s*\([A-Z]+\))?)\s*")


def read_ratings(path: Path, name: str) -> pd.DataFrame:
    """Read a file of ratings, keeping its order of rows.

    Args:
        path: `ratings.dat` of ML-1M or `u.data` of ML-100K.
        name: `"ml-1m"` or `"ml-100k"`, which tells the layout.

    Returns:
        One row a rating: user_id (int32), item_id (int32), rating (int8, 1..5) and timestamp
        (datetime64[s] in UTC; 0 in the file is a missing one, NaT). Row i is line i + 1.

    Raises:
        DataError: A row is malformed, a number is out of its range, or a user rates an item
            twice; it names the file and the line.
    """
    numbers = read_whole_numbers(path, list(RATING_RANGES), "::" if name == "ml-1m" else "\t")
    for values, (column, (low, high)) in zip(numbers.T, RATING_RANGES.items(), strict=True):
        refuse_rows(path, (values < low) | (values > high), f"the {column} must be {low}..{high}")
    users, items, ratings, seconds = numbers.T
    twice = pd.Series(users * 2**31 + items).duplicated().to_numpy()
    refuse_rows(path, twice, "this user has rated this item on an earlier line; one rating each")
    times = seconds.astype("datetime64[s]")
    times[seconds == 0] = np.datetime64("NaT", "s")
    return pd.DataFrame(
        {
            "user_id": users.astype(np.int32),
            "item_id": items.astype(np.int32),
            "rating": ratings.astype(np.int8),
            "timestamp": times,
        }
    )


def read_users(path: Path, name: str) -> pd.DataFrame:
    """Read a file of users.

    Args:
        path: `users.dat` of ML-1M or `u.user` of ML-100K.
        name: `"ml-1m"` or `"ml-100k"`, which tells the layout.

    Returns:
        One row a user, indexed by user_id (int32): gender, age_group (ordered) and occupation
        (categories), zip_code (string). ML-100K's ages in years are cut into ML-1M's groups.

    Raises:
        DataError: A row is malformed, a code or name isn't one of the set's own, or a user_id
            comes twice; it names the file and the line.
    """
    rows = {}
    for line in read_lines(path):
        if name == "ml-1m":
            user, gender, age, job, zip_code = line.split("::", "UserID Gender Age Occupation Zip-code")
        else:
            user, age, gender, job, zip_code = line.split("|", "id age gender occupation zip")
            age = _age_code(line.whole_number(age, OLDEST_AGE, "age"))
        if not zip_code.strip():
            raise line.error("the zip code must not be empty")
        _add(rows, line, user)
        rows[int(user)] = (
            line.choose(gender, GENDERS, "gender"),
            line.choose(age, AGE_GROUPS, "age"),
            line.choose(job, OCCUPATIONS[name], "occupation"),
            zip_code,
        )
    return _indexed(rows, "user_id", ["gender", "age_group", "occupation", "zip_code"]).astype(
        {
            "gender": pd.CategoricalDtype(list(GENDERS)),
            "age_group": pd.CategoricalDtype(list(AGE_GROUPS.values()), ordered=True),
            "occupation": pd.CategoricalDtype(list(OCCUPATIONS[name].values())),
            "zip_code": "string",
        }
    )


def read_movies(path: Path, name: str) -> pd.DataFrame:
    """Read a file of movies.

    Args:
        path: `movies.dat` of ML-1M or `u.item` of ML-100K.
        name: `"ml-1m"` or `"ml-100k"`, which tells the layout.

    Returns:
        One row a movie, indexed by item_id (int32): title (string, without the year), year
        (Int16, missing where the title has none), genres (a tuple of strings, empty where the
        genre is unknown).

    Raises:
        DataError: A row is malformed, a genre isn't one of the 18, or an item_id comes twice; it
            names the file and the line.
    """
    rows = {}
    for line in read_lines(path):
        item, title, genres = _movie_fields(line, name)
        _add(rows, line, item)
        if not title.strip():
            raise line.error("the title must not be empty")
        rows[int(item)] = (*split_title(title), genres)
    movies = _indexed(rows, "item_id", ["title", "year", "genres"])
    return movies.astype({"title": "string", "year": "Int16"})


def split_title(title: str) -> tuple[str, int | None]:
    """Take the year out of a title.

    Args:
        title: As MovieLens has it, the year at the end in parentheses.

    Returns:
        The title without the year, and the year or None where there is none.

    >>> split_title("Alien³ (1992)")
    ('Alien³', 1992)
    >>> split_title("unknown")
    ('unknown', None)
    """
    match = YEAR.fullmatch(title)
    if match is None:
        return title.strip(), None
    return match[1] + match[3], int(match[2])


def _movie_fields(line: Line, name: str) -> tuple[str, str, tuple[str, ...]]:
    if name == "ml-1m":
        item, title, genres = line.split("::", "MovieID Title Genres")
        allowed = dict.fromkeys(GENRES, "")
        for genre in genres.split("|"):
            line.choose(genre, allowed, "genre")
        return item, title, tuple(genres.split("|"))
    columns = "id title release video URL unknown " + " ".join(GENRES)
    item, title, _, _, _, *flags = line.split("|", columns)
    for flag in flags:
        line.choose(flag, {"0": "", "1": ""}, "genre flag")
    return item, title, tuple(g for g, flag in zip(GENRES, flags[1:], strict=True) if flag == "1")


def _age_code(years: int) -> str:
    return max((code for code in AGE_GROUPS if int(code) <= years), key=int)


def _add(rows: Mapping, line: Line, key: str) -> None:
    if line.whole_number(key, LARGEST_ID, "id") in rows:
        raise line.error(f"the id {key} has a line already; each id is allowed once")


def _indexed(rows: Mapping[int, tuple], index: str, columns: list[str]) -> pd.DataFrame:
    ids = pd.Index(list(rows), dtype=np.int32, name=index)
    return pd.DataFrame(list(rows.values()), index=ids, columns=columns)
