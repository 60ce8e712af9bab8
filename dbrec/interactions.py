"""The one door for ratings, counts and clicks: a frame comes in, is checked, and leaves as positions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from dbrec.checks import PAIR, id_frame
from dbrec.data.splits import held_out_rows
from dbrec.features.values import type_of

LARGEST_RATING = 1e9  # what float32 holds with its squares and sums


@dataclass(frozen=True, eq=False)
class Interactions:
    """Hold who rated or chose what; nothing behind this door sees a raw id or a frame.

    Attributes:
        user_ids: Raw ids of the users that rated something, ascending, shape (n_users,).
        item_ids: Raw ids of the items that were rated, ascending, shape (n_items,).
        user_index: Position of each row's user in `user_ids`, shape (n,), int32.
        item_index: Position of each row's item in `item_ids`, shape (n,), int32.
        value: The ratings, or else the share of weights (or numbers of rows) that are lower, so that a
            huge one is no more than the largest; shape (n,), finite.
        liked: Whether each is a liked one, shape (n,); at least one is.
    """

    user_ids: pd.Index
    item_ids: pd.Index
    user_index: np.ndarray
    item_index: np.ndarray
    value: np.ndarray
    liked: np.ndarray

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, liked_from: float, name: str = "ratings") -> "Interactions":
        """Check what a user brings and turn ids into positions, in the order of the rows.

        Args:
            frame: Columns ``user_id`` and ``item_id`` (ints or text) and one of these, or neither:
                ``rating``, numbers, a row a pair; ``weight``, numbers above 0 such as counts, hours or money.
                Without ratings each row is a liked one, and the rows of a pair are added up: their weights,
                or their number.
            liked_from: Lowest rating that counts as liked. Where all are, what wasn't rated is what they are
                compared with, as without ratings.
            name: What the caller calls the frame.

        Raises:
            TypeError: If it isn't a frame, or ids are neither ints nor text.
            ValueError: If a column or a value is missing or stands twice, a number isn't as said here, or no
                rating is a liked one.
        """
        kind = _kind(frame, name)
        frame = id_frame(frame, name, *kind)
        if frame.empty:
            raise ValueError(f"{name} has no rows: give at least one")
        user_ids, user_index = _numbered(frame["user_id"])
        item_ids, item_index = _numbered(frame["item_id"])
        value = _finite(frame, kind[0], name) if kind else np.ones(len(frame))
        keys = user_index.astype(np.int64) * len(item_ids) + item_index
        if kind == ["rating"]:
            _refuse_twice(keys, frame, name)
            liked = value >= liked_from
            if not liked.any():
                raise ValueError(
                    f"none of {len(liked)} rows in {name} is liked (rating >= {liked_from}): choose "
                    f"liked_from up to the highest rating, {value.max()}, or leave the column out where "
                    "each row is a choice"
                )
            return cls(user_ids, item_ids, user_index, item_index, value, liked)
        first, together = _added_up(keys, value)
        users, items = user_index[first], item_index[first]
        return cls(user_ids, item_ids, users, items, share_below(together), np.ones(len(first), bool))

    @property
    def has_disliked(self) -> bool:
        """Whether some are rated below what is liked; else only choices are known, and what wasn't chosen."""
        return not self.liked.all()

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


def share_below(values: np.ndarray) -> np.ndarray:
    """Give the share of lower ones among values, and half of equal ones, in (0, 1), shape (n,)."""
    return (rankdata(values) - 0.5) / len(values)


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


def _kind(frame, name: str) -> list[str]:
    """Name the column of numbers, where there is one."""
    # a label may be NA, which can't be compared
    names = [label for label in getattr(frame, "columns", []) if isinstance(label, str)]
    given: list[str] = [column for column in ("rating", "weight") if column in names]
    for label in getattr(frame, "columns", []):
        like = str(label).strip("b' ").lower().removesuffix("s")
        if like in ("rating", "weight") and label not in given:
            raise ValueError(f"{name} has a column {label!r}: name it {like!r}, or leave it out")
    if len(given) > 1:
        raise ValueError(f"{name} has a rating and a weight: leave one of the two columns out")
    return given


def _refuse_twice(keys: np.ndarray, frame: pd.DataFrame, name: str) -> None:
    if (twice := pd.Series(keys).duplicated()).any():
        user, item = frame.loc[twice.to_numpy(), PAIR].to_numpy(object)[0]
        raise ValueError(f"{name} has user {user!r} with item {item!r} more than once: keep one row a pair")


def _added_up(keys: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the first row of each pair, in the order of the rows, and the sum of its values."""
    codes, _ = pd.factorize(keys)
    return np.flatnonzero(~pd.Series(codes).duplicated()), np.bincount(codes, value)


def _finite(frame: pd.DataFrame, kind: str, name: str) -> np.ndarray:
    """Give ratings, or weights, as an array of finite numbers."""
    column = frame[kind]
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype if column.notna().all() else object)
    if column.dtype == object and column.dropna().map(type_of).isin(["numbers", "booleans"]).all():
        column = column.mask(column.isna(), np.nan).astype(float)
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_complex_dtype(column)
    if not numeric:
        raise ValueError(f"{name}[{kind!r}] has dtype {column.dtype}: give numbers")
    plain = isinstance(column.dtype, np.dtype)
    value = column.to_numpy() if plain else column.to_numpy(float, na_value=np.nan)
    broken = ~(np.abs(value.astype(float)) <= LARGEST_RATING) | ((value <= 0) & (kind == "weight"))
    if broken.any():
        row, wrong = column.index[broken].tolist()[0], column[broken].tolist()[0]
        raise ValueError(
            f"row {row!r} of {name} has the {kind} {wrong!r}: give finite numbers "
            f"{'above 0 and ' if kind == 'weight' else ''}of up to {LARGEST_RATING:g}, "
            f"and leave rows without a {kind} out"
        )
    return value
