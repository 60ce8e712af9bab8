"""MovieLens 1M and 100K as three frames, in one schema."""

import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from dbrec.data.download import FILES, UnavailableError, find_folder
from dbrec.data.parsing import read_movies, read_ratings, read_users
from dbrec.data.textfiles import DataError, refuse_rows

__all__ = ["DataError", "MovieLens", "UnavailableError", "default_dataset", "load_movielens"]


@dataclass(frozen=True, repr=False, eq=False)
class MovieLens:
    """Hold a MovieLens data set: who rated what, who they are, what the movies are.

    Attributes:
        name: `"ml-1m"` or `"ml-100k"`.
        ratings: One row a rating, in the original order: user_id and item_id (int32), rating (int8, 1..5
            stars), timestamp (datetime64[s], UTC; missing where the file has 0).
        users: Indexed by user_id: gender (category: F, M), age_group (ordered category, from "Under 18" to
            "56+"), occupation (category), zip_code (string).
        movies: Indexed by item_id: title (string, without the year), year (Int16, may be missing), genres
            (a tuple of strings; empty where none is known).
    """

    name: str
    ratings: pd.DataFrame
    users: pd.DataFrame
    movies: pd.DataFrame

    def __repr__(self) -> str:
        sizes = f"{len(self.ratings):,} ratings, {len(self.users):,} users, {len(self.movies):,} movies"
        return f"MovieLens({self.name!r}: {sizes})"


def load_movielens(name: str = "ml-1m", data_dir: str | Path | None = None) -> MovieLens:
    """Load a MovieLens data set, and fetch it first where it isn't on this machine.

    Every rating's user and movie have a row in the other two frames.

    Args:
        name: `"ml-1m"` or `"ml-100k"`.
        data_dir: A folder that holds `ml-1m/ratings.dat` or `ml-100k/u.data` and their like; it is only
            read. None looks in `$DBREC_DATA_DIR`, then in the user's cache folder (`$DBREC_CACHE_DIR` where
            set), then downloads into that cache.

    Raises:
        DataError: The name isn't one of the two, `data_dir` doesn't hold the set, or a line of a file is
            damaged or visibly isn't Latin-1.
        UnavailableError: The set is nowhere and can't be fetched.
    """
    _check_name(name, "name")
    folder = find_folder(name, data_dir)
    ratings_file, users_file, movies_file = (folder / file for file in FILES[name])
    users, movies = read_users(users_file, name), read_movies(movies_file, name)
    ratings = read_ratings(ratings_file, name)
    for column, rows, file in (("user_id", users, users_file), ("item_id", movies, movies_file)):
        unknown = ~ratings[column].isin(rows.index).to_numpy()
        refuse_rows(ratings_file, unknown, f"the {column} must have a row in {file.name}")
    return MovieLens(name, ratings, users, movies)


def default_dataset() -> MovieLens:
    """Load the data set that the lessons use: ML-1M where it can be had, else ML-100K.

    `$DBREC_DATASET` chooses one of the two. Where ML-100K stands in for ML-1M, a printed line says why.

    Raises:
        DataError: `$DBREC_DATASET` is neither name, or a file of the set is damaged.
        UnavailableError: Neither set can be had.
    """
    if chosen := os.environ.get("DBREC_DATASET"):
        _check_name(chosen, "$DBREC_DATASET")
        return load_movielens(chosen)
    try:
        return load_movielens("ml-1m")
    except UnavailableError as error:
        large = error.answers
    try:
        dataset = load_movielens("ml-100k")
    except UnavailableError as error:
        both = {"ml-1m": large, "ml-100k": error.answers}
        answers = {f"{name}, {place}": said for name, found in both.items() for place, said in found.items()}
        raise UnavailableError("MovieLens 'ml-1m' or 'ml-100k'", answers) from None
    reasons = "; ".join(f"{place}: {answer}" for place, answer in large.items())
    print(f"Using MovieLens 100K, because MovieLens 1M can't be had ({reasons}).")
    return dataset


def _check_name(name: str, what: str) -> None:
    if not isinstance(name, str) or name not in FILES:
        raise DataError(f"{what} must be one of {', '.join(map(repr, FILES))}, not {name!r}")
