"""The door for what comes after a fit: a frame of interactions that came, changed or went."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from dbrec.checks import PAIR, id_frame
from dbrec.reading import added_up, finite, kind_of, numbered, refuse_twice


class Changes(NamedTuple):
    """Interactions that came, changed or went after a fit: raw ids, and numbers that are NaN where one went.

    Attributes:
        user_ids, item_ids: Of each pair, once, shape (n,).
        given: Ratings, weights or numbers of rows, shape (n,).
        replaces: Whether they take the place of known ones; numbers of rows don't.
        importance: As in `Interactions`, shape (n,); None for 1.
    """

    user_ids: pd.Index
    item_ids: pd.Index
    given: np.ndarray
    replaces: bool = True
    importance: np.ndarray | None = None

    def take(self, rows: np.ndarray) -> "Changes":
        """Keep some rows, booleans of shape (n,)."""
        importance = None if self.importance is None else self.importance[rows]
        pairs = self.user_ids[rows], self.item_ids[rows]
        return Changes(*pairs, self.given[rows], self.replaces, importance)

    @classmethod
    def none(cls) -> "Changes":
        """No change."""
        return cls(pd.Index([]), pd.Index([]), np.empty(0))

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, rated: bool, name: str = "interactions") -> "Changes":
        """Check a frame as `Interactions.from_frame` does; a missing rating or weight takes a pair back.

        Args:
            frame: Columns ``user_id``, ``item_id`` and ``rating`` where there are ratings; else ``weight`` or
                no other. It may have no rows.
            rated: Whether the fit had ratings.
            name: What the caller calls the frame.

        Raises:
            TypeError, ValueError: As there, or if the frame has a rating and the fit had none, or reversely.
        """
        if not isinstance(frame, pd.DataFrame):
            what = type(frame).__name__
            raise TypeError(f"{name} is a {what}: give a frame with the columns of the fit")
        kind = kind_of(frame, name)
        if rated != (kind == ["rating"]):
            wanted = "a column 'rating'" if rated else "a column 'weight', or neither"
            raise ValueError(
                f"{name} has {kind or 'neither rating nor weight'}: give {wanted}, as in the fit"
            )
        frame = id_frame(frame, name, *kind)
        if not len(frame):
            return cls.none()
        user_ids, users = numbered(frame["user_id"])
        item_ids, items = numbered(frame["item_id"])
        keys = users.astype(np.int64) * len(item_ids) + items
        if rated:
            refuse_twice(keys, frame, name)
        gone = frame[kind[0]].isna().to_numpy() if kind else np.zeros(len(frame), bool)
        given = np.full(len(frame), np.nan)
        given[~gone] = finite(frame[~gone], kind[0], name) if kind else 1.0
        first, together = added_up(keys, given)
        n_gone = added_up(keys, gone.astype(float))[1]
        if (mixed := np.isnan(together) & (n_gone < added_up(keys, np.ones(len(keys)))[1])).any():
            pair = frame[PAIR].to_numpy(object)[first[mixed]][0]
            raise ValueError(f"{name} has {pair} with a weight and with none: leave out one of the rows")
        pairs = user_ids[users[first]], item_ids[items[first]]
        return cls(*pairs, together, bool(kind))
