"""Make ratings of any number, shaped like MovieLens and with planted tastes, so that the best AUC is known.

They are made block by block of users and written as they come, so memory doesn't grow with their number.
"""

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from dbrec.checks import whole_number
from dbrec.data.files import folder_path, unfinished_folder
from dbrec.data.parsing import GENRES
from dbrec.data.planted import FEWEST_RATINGS, USER_FEATURES, PlantedWorld
from dbrec.data.textfiles import DataError
from dbrec.products import pair_scores

COLUMNS = {"user_index": np.int32, "item_index": np.int32, "rating": np.int8}
PLANTED = "planted.npz"
PLANTED_ARRAYS = "user_codes", "genres", "year", "user_vectors", "item_vectors"


def _mapped(name: str, doc: str) -> property:
    return property(lambda data: np.load(data.folder / f"{name}.npy", mmap_mode="r"), doc=doc)


@dataclass(frozen=True, eq=False)
class SyntheticData:
    """Ratings in a folder, and what was planted in them.

    An id is a position plus 1. The arrays of ratings are mapped anew each time they are asked for.

    Attributes:
        folder: The folder; `open_ratings` takes it.
        users, items: Features, indexed by ``user_id``: gender, age_group, occupation; by ``item_id``: genres
            (a tuple) and year.
        user_vectors, item_vectors: Planted ``[taste, bias, 1]`` and ``[taste, 1, bias]``, shape (n, 10).
    """

    folder: Path
    users: pd.DataFrame
    items: pd.DataFrame
    user_vectors: np.ndarray
    item_vectors: np.ndarray

    user_index = _mapped("user_index", "Position of each rating's user, shape (n,), int32, ascending.")
    item_index = _mapped("item_index", "Position of its item, shape (n,), int32, ascending within a user.")
    rating = _mapped("rating", "The ratings, shape (n,), int8, 1 to 5.")

    def __len__(self) -> int:
        return len(self.rating)

    def true_scores(self, user_index: np.ndarray, item_index: np.ndarray) -> np.ndarray:
        """Score pairs of positions, all of shape (n,), by what was planted: no model can do better."""
        return pair_scores(self.user_vectors, self.item_vectors, user_index, item_index)

    def to_frame(self) -> pd.DataFrame:
        """Read all ratings into a frame ``user_id``, ``item_id``, ``rating``, for sizes that memory holds."""
        user_id, item_id = self.user_index + np.int32(1), self.item_index + np.int32(1)
        return pd.DataFrame({"user_id": user_id, "item_id": item_id, "rating": np.array(self.rating)})


def make_ratings(folder, n_users: int, n_items: int, n_ratings: int, seed: int = 0) -> SyntheticData:
    """Make ratings with planted tastes and write them to a folder, which takes its name when it is whole.

    A user's taste and bias are an effect of gender, age group and occupation plus a draw of their own; an
    item's, of genres, year and, for the bias, popularity. The planted score is ``taste . taste' + bias +
    bias'``; score plus noise, cut at four thresholds, is the rating, and about 57 % are 4 or 5. Popularity
    falls as ``(rank + n_items / 20) ** -2`` (Zipf and Mandelbrot), users' numbers of ratings are lognormal
    above 10. Of the items that a user comes across, by popularity, they rate those that they like better.

    Args:
        folder: Folder to make; nothing may be there.
        n_users: Number of users, at least 1.
        n_items: Number of items, at least 20.
        n_ratings: Number of ratings: at least 10 a user, and at most half of the items.
        seed: Seed of all draws, at least 0: the same four numbers give the same ratings.

    Raises:
        ValueError: If a number isn't whole or is out of these bounds, or `folder` is no path.
        FileExistsError: If there is something at `folder`, or a file where it would lie.
    """
    n_users, n_items = whole_number("n_users", n_users), whole_number("n_items", n_items, 2 * FEWEST_RATINGS)
    n_ratings, seed = whole_number("n_ratings", n_ratings), whole_number("seed", seed, 0)
    low, high = n_users * FEWEST_RATINGS, n_users * (n_items // 2)
    if not low <= n_ratings <= high:
        raise ValueError(
            f"n_ratings is {n_ratings:,}: {n_users:,} users of {n_items:,} items give {low:,} "
            f"({FEWEST_RATINGS} each) to {high:,} (half of the items each)"
        )
    folder = folder_path("folder", folder)
    there = next(place for place in (folder, *folder.parents) if os.path.lexists(place))
    if there == folder:
        raise FileExistsError(f"{folder} is there already: open it by open_ratings, or choose another folder")
    if not there.is_dir():
        raise FileExistsError(f"{there} is no folder, so {folder} can't be made: choose another folder")
    world = PlantedWorld(n_users, n_items, n_ratings, seed)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with unfinished_folder(folder.parent, f".{folder.name}") as scratch:
        (new := scratch / folder.name).mkdir()
        np.savez(new / PLANTED, **{name: getattr(world, name) for name in PLANTED_ARRAYS})
        _write(new, world, n_ratings)
        new.rename(folder)
    return open_ratings(folder)


def open_ratings(folder) -> SyntheticData:
    """Open what `make_ratings` made.

    Raises:
        FileNotFoundError: If `folder` holds nothing of it.
        ValueError: If a file isn't what was made, or `folder` is no path.
    """
    folder = folder_path("folder", folder)
    if not all((folder / file).is_file() for file in (PLANTED, *(f"{name}.npy" for name in COLUMNS))):
        raise FileNotFoundError(f"{folder} holds no synthetic ratings: make them by make_ratings")
    try:
        return _opened(folder)
    except (MemoryError, PermissionError):
        raise
    except Exception as error:  # numpy, pandas and zipfile each raise their own
        raise DataError(
            f"damaged: {folder} isn't what make_ratings wrote ({error}): remove it and make it anew"
        ) from error


def _opened(folder: Path) -> SyntheticData:
    """Open what lies there, and compare how many there are of each."""
    with np.load(folder / PLANTED, allow_pickle=False) as planted:
        codes, genres, year, user_vectors, item_vectors = (planted[name] for name in PLANTED_ARRAYS)
    genre_names = [tuple(GENRES[genre] for genre in np.flatnonzero(flags)) for flags in genres]
    items = pd.DataFrame({"genres": genre_names, "year": year}, index=_ids(len(year), "item_id"))
    columns = zip(codes.T, USER_FEATURES.items(), strict=True)
    users = {name: pd.Categorical.from_codes(part, list(values)) for part, (name, values) in columns}
    users = pd.DataFrame(users, index=_ids(len(codes), "user_id"))
    data = SyntheticData(folder, users, items, user_vectors, item_vectors)
    for name, dtype in COLUMNS.items():
        column = getattr(data, name)
        if (column.dtype, column.shape) != (dtype, (len(data),)):
            raise ValueError(f"{name} is {column.dtype} of shape {column.shape}")
    if (len(user_vectors), len(item_vectors)) != (len(users), len(items)):
        raise ValueError("there isn't a vector for each user and item")
    return data


def _write(folder: Path, world: PlantedWorld, n_ratings: int) -> None:
    header = {"fortran_order": False, "shape": (n_ratings,)}
    with ExitStack() as files:
        opened = [files.enter_context(open(folder / f"{name}.npy", "wb")) for name in COLUMNS]
        for file, dtype in zip(opened, COLUMNS.values(), strict=True):
            np.lib.format.write_array_header_1_0(file, header | {"descr": np.dtype(dtype).str})
        for block in range(world.n_blocks):
            for file, values, dtype in zip(opened, world.ratings(block), COLUMNS.values(), strict=True):
                file.write(np.ascontiguousarray(values, dtype).data)


def _ids(n: int, name: str) -> pd.Index:
    return pd.Index(np.arange(1, n + 1, dtype=np.int32), name=name)
