"""The one door for ratings, counts and clicks: a frame comes in, is checked, and leaves as positions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from dbrec.checks import id_frame
from dbrec.data.splits import held_out_rows
from dbrec.reading import added_up, finite, importance_of, kind_of, numbered, refuse_twice

ROWS = "user_index", "item_index", "value", "liked", "weight", "importance"


def is_liked(ratings: np.ndarray, liked_from: float) -> np.ndarray:
    """Tell which ratings are liked ones, shape (n,).

    They are compared in as many digits as ratings have that came as float32: .7 is .7 there, too.

    Example:
        >>> is_liked(np.array([0.7, np.float32(0.7), 0.69]), 0.7)
        array([ True,  True, False])
    """
    return np.asarray(ratings, np.float32) >= np.float32(liked_from)


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
        weight: Of choices, the sum of each pair's weights or the number of its rows; None where `value` holds
            ratings.
        importance: How often each starts a triplet and how much it counts in choice, beside the others, whose
            mean is 1; None where all are alike.
    """

    user_ids: pd.Index
    item_ids: pd.Index
    user_index: np.ndarray
    item_index: np.ndarray
    value: np.ndarray
    liked: np.ndarray
    weight: np.ndarray | None = None
    importance: np.ndarray | None = None

    @classmethod
    def from_frame(
        cls, frame: pd.DataFrame, liked_from: float, name: str = "ratings", sample_weight=None
    ) -> "Interactions":
        """Check what a user brings and turn ids into positions, in the order of the rows.

        Args:
            frame: Columns ``user_id`` and ``item_id`` (ints or text) and one of these, or neither:
                ``rating``, numbers, a row a pair; ``weight``, numbers above 0 such as counts, hours or money.
                Without ratings each row is a liked one, and the rows of a pair are added up: their weights,
                or their number.
            liked_from: Lowest rating that counts as liked. Where all are, what wasn't rated is what they are
                compared with, as without ratings.
            name: What the caller calls the frame.
            sample_weight: How much each row counts beside the others, above 0, shape (n,), or None.

        Raises:
            TypeError: If it isn't a frame, or ids are neither ints nor text.
            ValueError: If a column or a value is missing or stands twice, a number isn't as said here, or no
                rating is a liked one.
        """
        kind = kind_of(frame, name)
        frame = id_frame(frame, name, *kind)
        if frame.empty:
            raise ValueError(f"{name} has no rows: give at least one")
        user_ids, user_index = numbered(frame["user_id"])
        item_ids, item_index = numbered(frame["item_id"])
        value = finite(frame, kind[0], name) if kind else np.ones(len(frame))
        keys = user_index.astype(np.int64) * len(item_ids) + item_index
        importance = None if sample_weight is None else importance_of(sample_weight, len(frame))
        if kind == ["rating"]:
            refuse_twice(keys, frame, name)
            liked = is_liked(value, liked_from)
            if not liked.any():
                raise ValueError(
                    f"none of {len(liked)} rows in {name} is liked (rating >= {liked_from}): choose "
                    f"liked_from up to the highest rating, {value.max()}, or leave the column out where "
                    "each row is a choice"
                )
            return cls(user_ids, item_ids, user_index, item_index, value, liked, None, importance)
        first, together = added_up(keys, value)
        users, items = user_index[first], item_index[first]
        liked = np.ones(len(first), bool)
        if importance is not None:
            importance = added_up(keys, importance)[1] / added_up(keys, np.ones(len(keys)))[1]
        return cls(user_ids, item_ids, users, items, share_below(together), liked, together, importance)

    @property
    def has_disliked(self) -> bool:
        """Whether some are rated below what is liked; else only choices are known, and what wasn't chosen."""
        return not self.liked.all()

    @property
    def given(self) -> np.ndarray:
        """The numbers as they were given: ratings, or weights; shape (n,)."""
        return self.value if self.weight is None else self.weight

    def __len__(self) -> int:
        return len(self.value)

    def of_user(self, user: int) -> slice:
        """Find the rows of the user at a position, where rows are sorted by user; none of -1."""
        return slice(*np.searchsorted(self.user_index, np.array([user, user + 1], np.int32)))

    def take(self, rows: np.ndarray) -> "Interactions":
        """Keep some rows, and only the ids that occur in them.

        Args:
            rows: Booleans, shape (n,).
        """
        kept = self.select(rows)
        users, user_index = np.unique(kept.user_index, return_inverse=True)
        items, item_index = np.unique(kept.item_index, return_inverse=True)
        return replace(
            kept,
            user_ids=self.user_ids[users],
            item_ids=self.item_ids[items],
            user_index=user_index.astype(np.int32),
            item_index=item_index.astype(np.int32),
        )

    def select(self, rows: np.ndarray) -> "Interactions":
        """Keep some rows, booleans of shape (n,), and all ids."""
        return self._with_rows(self.user_ids, self.item_ids, rows)

    def of_ids(self, user_ids: pd.Index, item_ids: pd.Index) -> "Interactions":
        """Sort rows by user and item, among ids that begin with those here, or with those that occur here."""
        order = np.lexsort((self.item_index, self.user_index))
        in_order = self._with_rows(user_ids, item_ids, order)
        return replace(in_order, value=in_order.value.astype(float))  # later ones may be larger, or fractions

    def _with_rows(self, user_ids: pd.Index, item_ids: pd.Index, rows: np.ndarray) -> "Interactions":
        weight, importance = (None if part is None else part[rows] for part in (self.weight, self.importance))
        pairs = self.user_index[rows], self.item_index[rows]
        return Interactions(
            user_ids, item_ids, *pairs, self.value[rows], self.liked[rows], weight, importance
        )

    def split(self, share: float, seed: int) -> tuple["Interactions", "Interactions"]:
        """Hold out a share of each user's rows, as `dbrec.data.splits.split_ratings` does."""
        held = held_out_rows(self.user_index, share, seed)
        return self.take(~held), self.take(held)

    def arrays(self) -> dict[str, np.ndarray]:
        """Give all of it as arrays of numbers and text, to be saved; `from_arrays` takes them back."""
        ids = {"user_ids": id_array(self.user_ids), "item_ids": id_array(self.item_ids)}
        rows = {name: getattr(self, name) for name in ROWS if getattr(self, name) is not None}
        return ids | rows

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Interactions":
        """Make what `arrays` gave."""
        ids = {name: id_index(arrays[name]) for name in ("user_ids", "item_ids")}
        return cls(**ids, **{name: arrays[name] for name in ROWS if name in arrays})


class Levels(NamedTuple):
    """The different numbers of some interactions, ascending, and the share of them that is lower than each.

    Shapes (m,). It stays what it was in a fit, so that what comes later is measured by the same yardstick.
    """

    numbers: np.ndarray
    shares: np.ndarray

    @classmethod
    def of(cls, numbers: np.ndarray) -> "Levels":
        """Make it of numbers, shape (n,)."""
        levels, n_each = np.unique(numbers, return_counts=True)
        return cls(levels.astype(float), (np.cumsum(n_each) - n_each / 2) / n_each.sum())

    def __call__(self, numbers: np.ndarray) -> np.ndarray:
        """Give the share below each number, as `share_below` does; between levels one between theirs."""
        return np.interp(numbers, self.numbers, self.shares)


def share_below(values: np.ndarray) -> np.ndarray:
    """Give the share of lower ones among values, and half of equal ones, in (0, 1), shape (n,)."""
    return (rankdata(values) - 0.5) / len(values)


def id_array(ids: pd.Index) -> np.ndarray:
    """Give ids as an array of ints or of fixed-width text, which numpy reads without pickle."""
    return ids.to_numpy() if pd.api.types.is_numeric_dtype(ids) else ids.to_numpy().astype(str)


def id_index(ids: np.ndarray) -> pd.Index:
    """Give ids of `id_array` as an index."""
    return pd.Index(ids) if ids.dtype.kind == "i" else pd.Index(ids.astype(object), dtype="str")
