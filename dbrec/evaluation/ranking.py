"""Measures of lists: are the items shown the right ones (NDCG), and how much of the catalogue are they."""

from numbers import Real

import numpy as np
import pandas as pd

from dbrec.checks import PAIR, id_frame, positions, whole_number


def ranking_metrics(recommended: pd.DataFrame, relevant: pd.DataFrame, k: int = 10) -> pd.DataFrame:
    """Compute precision, recall, NDCG, reciprocal rank and hit at k of each user's list.

    Args:
        recommended: Lists with columns ``user_id``, ``item_id`` and ``rank`` (whole numbers from 1). Ranks
            above `k` are ignored; a list may be shorter than `k`.
        relevant: The items that would have been right: columns ``user_id`` and ``item_id``.
        k: Length of the list, at least 1.

    Returns:
        A frame indexed by the users of `relevant`, each column in [0, 1]: ``precision`` = hits / k,
        ``recall`` = hits / number of relevant items, ``ndcg`` = DCG / best DCG within k, with a gain of
        1 / log2(rank + 1) a hit, ``mrr`` = 1 / rank of the first hit, and ``hit`` = 1 with a hit; without
        one, or a list, all are 0. A user without relevant items is left out.

    Raises:
        TypeError: If one isn't a frame, or ids aren't of one type, ints or text, in both.
        ValueError: If an argument isn't as said here, or a user's list holds a rank or an item twice.

    Source:
        Järvelin and Kekäläinen 2002, "Cumulated gain-based evaluation of IR techniques", with binary gain.
    """
    k = whole_number("k", k)
    shown, relevant = _shown(recommended, k), id_frame(relevant, "relevant").drop_duplicates()
    for column in PAIR if len(shown) else []:  # refuses ints in one frame and text in the other
        positions(pd.Index(relevant[column].unique()), shown[column], f"recommended[{column!r}]")
    hits = shown[pd.MultiIndex.from_frame(shown[PAIR]).isin(pd.MultiIndex.from_frame(relevant))]
    hits, total = hits.set_index("user_id")["rank"], relevant.groupby("user_id").size()
    n_hits = hits.groupby(level=0).size().reindex(total.index, fill_value=0)
    gains = (1 / np.log2(hits + 1)).groupby(level=0).sum()
    n_best = total.map(lambda n: min(n, k)).to_numpy(int)
    best = np.cumsum(1 / np.log2(np.arange(2, 2 + n_best.max(initial=0))))[n_best - 1]
    measures = {
        "precision": n_hits / k,
        "recall": n_hits / total,
        "ndcg": gains.reindex(total.index, fill_value=0) / best,
        "mrr": (1 / hits.groupby(level=0).min()).reindex(total.index, fill_value=0),
        "hit": (n_hits > 0).astype(float),
    }
    return pd.DataFrame(measures)


def coverage(recommended: pd.DataFrame, n_items: int, k: int = 10) -> float:
    """Compute the share of the catalogue that is shown to anybody, in [0, 1].

    Args:
        recommended: As in `ranking_metrics`.
        n_items: Number of items that could have been shown, at least 1.
        k: As in `ranking_metrics`.

    Raises:
        TypeError, ValueError: As `ranking_metrics`, or if the lists hold more items than there are.

    Example:
        >>> lists = pd.DataFrame({"user_id": [1, 1, 2, 2], "rank": [1, 2, 1, 2], "item_id": [7, 8, 7, 9]})
        >>> coverage(lists, n_items=10)
        0.3
    """
    n_items = whole_number("n_items", n_items)
    shown = _shown(recommended, whole_number("k", k))["item_id"].nunique()
    if shown > n_items:
        raise ValueError(f"the lists hold {shown} items and n_items is {n_items}: give the catalogue's size")
    return shown / n_items


def _shown(recommended: pd.DataFrame, k: int) -> pd.DataFrame:
    """Return the rows of lists that are within k, or say what is wrong with the lists."""
    lists = id_frame(recommended, "recommended", "rank")
    ranks = lists["rank"]  # what is no number may lack a hash, or, as a category, an order
    for rank in ranks.unique().tolist() if pd.api.types.is_numeric_dtype(ranks) else ranks:
        if not isinstance(rank, Real) or rank < 1 or not rank < 2**31 or rank % 1:
            raise ValueError(f"recommended['rank'] holds {rank!r}: give whole numbers from 1")
    lists = lists.astype({"rank": int})
    if lists.duplicated(["user_id", "rank"]).any():
        raise ValueError("a user's list holds a rank twice: number its items 1, 2, 3 ...")
    shown = lists[lists["rank"] <= k]
    if shown.duplicated(PAIR).any():
        raise ValueError("a user's list holds an item twice: recommend each item once")
    return shown
