"""The one door for ratings: a frame comes in, is checked, and leaves as positions and numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from dbrec.checks import PAIR, id_frame
from dbrec.data.splits import held_out_rows
from dbrec.features.values import type_of

LARGEST_RATING = 1e9  # what float32 holds with its squares and sums


@dataclass(frozen=True, eq=False)
class Interactions:
    """Hold who rated what; nothing behind this door sees a raw id or a frame.

    Attributes:
        user_ids: Raw ids of the users that rated something, ascending, shape (n_users,).
        item_ids: Raw ids of the items that were rated, ascending, shape (n_items,).
        user_index: Position of each rating's user in `user_ids`, shape (n,), int32.
        item_index: Position of each rating's item in `item_ids`, shape (n,), int32.
        value: The ratings, shape (n,), finite.
        liked: Whether each is a liked one, shape (n,); some are, and some aren't.
    """

    user_ids: pd.Index
    item_ids: pd.Index
    user_index: np.ndarray
    item_index: np.ndarray
    value: np.ndarray
    liked: np.ndarray

    @classmethod
    def from_frame(cls, ratings: pd.DataFrame, liked_from: float, name: str = "ratings") -> "Interactions":
        """Check what a user brings and turn ids into positions, in the order of the rows.

        Args:
            ratings: Columns ``user_id``, ``item_id`` (ints or text) and ``rating`` (numbers), a row a pair.
            liked_from: Lowest rating that counts as liked.
            name: What the caller calls the frame.

        Raises:
            TypeError: If it isn't a frame, or ids are neither ints nor text.
            ValueError: If a column or a value is missing or stands twice, a rating isn't a finite number, or
                all ratings are liked or none is.
        """
        frame = id_frame(ratings, name, "rating")
        user_ids, user_index = _numbered(frame["user_id"])
        item_ids, item_index = _numbered(frame["item_id"])
        value = _finite(frame["rating"], name)
        keys = pd.Series(user_index.astype(np.int64) * max(len(item_ids), 1) + item_index)
        if (twice := keys.duplicated()).any():
            user, item = frame.loc[twice.to_numpy(), PAIR].to_numpy(object)[0]
            raise ValueError(
                f"{name} has user {user!r} with item {item!r} more than once: keep one row a pair"
            )
        liked = value >= liked_from
        if liked.all() or not liked.any():
            raise ValueError(
                f"of {len(liked)} rows in {name}, {liked.sum()} are liked (rating >= {liked_from}): both "
                "kinds are needed, so choose liked_from between the lowest and the highest rating"
            )
        return cls(user_ids, item_ids, user_index, item_index, value, liked)

    def __len__(self) -> int:
        return len(self.value)

    def take(self, rows: np.ndarray) -> "Interactions":
        """Keep some rows, and only the ids that occur in them.

        Args:
            rows: Booleans, shape (n,).
        """
        users, user_index = np.unique(self.user_index[rows], return_inverse=True)
        items, item_index = np.unique(self.item_index[rows], return_inverse=True)
        return replace(
            self,
            user_ids=self.user_ids[users],
            item_ids=self.item_ids[items],
            user_index=user_index.astype(np.int32),
            item_index=item_index.astype(np.int32),
            value=self.value[rows],
            liked=self.liked[rows],
        )

    def split(self, share: float, seed: int) -> tuple["Interactions", "Interactions"]:
        """Hold out a share of each user's rows, as `dbrec.data.splits.split_ratings` does."""
        held = held_out_rows(self.user_index, share, seed)
        return self.take(~held), self.take(held)

    def arrays(self) -> dict[str, np.ndarray]:
        """Give all of it as arrays of numbers and text, to be saved; `from_arrays` takes them back."""
        ids = {"user_ids": id_array(self.user_ids), "item_ids": id_array(self.item_ids)}
        rows = {name: getattr(self, name) for name in ("user_index", "item_index", "value", "liked")}
        return ids | rows

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Interactions":
        """Make what `arrays` gave."""
        ids = {name: id_index(arrays[name]) for name in ("user_ids", "item_ids")}
        rows = {name: arrays[name] for name in ("user_index", "item_index", "value", "liked")}
        return cls(**ids, **rows)


def id_array(ids: pd.Index) -> np.ndarray:
    """Give ids as an array of ints or of fixed-width text, which numpy reads without pickle."""
    return ids.to_numpy() if pd.api.types.is_numeric_dtype(ids) else ids.to_numpy().astype(str)


def id_index(ids: np.ndarray) -> pd.Index:
    """Give ids of `id_array` as an index."""
    return pd.Index(ids) if ids.dtype.kind == "i" else pd.Index(ids.astype(object), dtype="str")


def _numbered(column: pd.Series) -> tuple[pd.Index, np.ndarray]:
    """Number ids in ascending order."""
    index, ids = pd.factorize(pd.Index(column), sort=True)
    return pd.Index(ids), index.astype(np.int32)


def _finite(column: pd.Series, name: str) -> np.ndarray:
    """Give ratings as an array of finite numbers."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype if column.notna().all() else object)
    if column.dtype == object and column.dropna().map(type_of).isin(["numbers", "booleans"]).all():
        column = column.mask(column.isna(), np.nan).astype(float)
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_complex_dtype(column)
    if not numeric:
        raise ValueError(f"{name}['rating'] has dtype {column.dtype}: give numbers")
    plain = isinstance(column.dtype, np.dtype)
    value = column.to_numpy() if plain else column.to_numpy(float, na_value=np.nan)
    broken = ~(np.abs(value.astype(float)) <= LARGEST_RATING)
    if broken.any():
        row, wrong = column.index[broken].tolist()[0], column[broken].tolist()[0]
        raise ValueError(
            f"row {row!r} of {name} has the rating {wrong!r}: give finite numbers "
            f"of up to {LARGEST_RATING:g}, and leave rows without a rating out"
        )
    return value
