"""The best items of rows of scores, and lists made of them."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from dbrec.checks import whole_number


class Places(NamedTuple):
    """The places of some lists: row, rank from 1, position of the item, and score; each of shape (n,)."""

    rows: np.ndarray
    ranks: np.ndarray
    items: np.ndarray
    scores: np.ndarray


def joined(parts: Iterator[pd.DataFrame]) -> pd.DataFrame:
    """Put frames of lists, at least one, below each other."""
    first, *others = parts
    return pd.concat([first, *others], ignore_index=True) if others else first


def top_places(scores: np.ndarray, k: int, items: np.ndarray | None = None) -> Places:
    """Find the k best items of each row of scores, but for those at minus infinity.

    Args:
        scores: Shape (n, number of items), by the items' positions.
        k: Length of a list, at least 1.
        items: Where only some items were scored, their positions, of the shape of `scores`.
    """
    k = min(whole_number("k", k), scores.shape[1])
    top = np.sort(np.argpartition(-scores, k - 1, axis=1)[:, :k], axis=1)
    order = np.argsort(-np.take_along_axis(scores, top, 1), axis=1, kind="stable")
    top = np.take_along_axis(top, order, 1)
    values = np.take_along_axis(scores, top, 1).ravel()
    top = top if items is None else np.take_along_axis(items, top, 1)
    rows, ranks = np.divmod(np.arange(values.size), k)
    listed = values > -np.inf
    return Places(rows[listed], ranks[listed] + 1, top.ravel()[listed], values[listed])
