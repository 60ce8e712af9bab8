"""Measures of lists: are the items shown the right ones (NDCG), and how much of the catalogue are they."""

import numpy as np
import pandas as pd


def ranking_metrics(recommended: pd.DataFrame, relevant: pd.DataFrame, k: int = 10) -> pd.DataFrame:
    """Compute precision, recall, NDCG, reciprocal rank and hit at k of each user's list.

    Args:
        recommended: Lists as `HybridRecommender.recommend` gives them: columns ``user_id``, ``rank`` (from
            1) and ``item_id``. Ranks above `k` are ignored; a list may be shorter than `k`.
        relevant: The films that would have been right: columns ``user_id`` and ``item_id``.
        k: Length of the list.

    Returns:
        A frame indexed by the users of `relevant`, each column in [0, 1]: ``precision`` = hits / k,
        ``recall`` = hits / number of relevant items, ``ndcg`` = DCG / best DCG within k, with a gain of
        1 / log2(rank + 1) a hit, ``mrr`` = 1 / rank of the first hit, or 0 without one, and ``hit`` = 1 with
        a hit, or 0. A user without a list counts 0; a user without relevant items is left out.

    Raises:
        ValueError: If `k` isn't at least 1, or a user's list holds an item twice.

    Source:
        Järvelin and Kekäläinen 2002, "Cumulated gain-based evaluation of IR techniques", with binary gain.
    """
    _check_length(k)
    keys = ["user_id", "item_id"]
    shown = recommended.loc[recommended["rank"] <= k, [*keys, "rank"]]
    if shown.duplicated(keys).any():
        raise ValueError("a user's list holds an item twice: recommend each item once")
    relevant = relevant[keys].drop_duplicates()
    hits = shown.merge(relevant, on=keys)
    total = relevant.groupby("user_id").size()
    n_hits = hits.groupby("user_id").size().reindex(total.index, fill_value=0)
    gains = (1 / np.log2(hits["rank"] + 1)).groupby(hits["user_id"]).sum()
    best = np.cumsum(1 / np.log2(np.arange(1, k + 1) + 1))[np.minimum(total, k) - 1]
    return pd.DataFrame(
        {
            "precision": n_hits / k,
            "recall": n_hits / total,
            "ndcg": gains.reindex(total.index, fill_value=0) / best,
            "mrr": (1 / hits.groupby("user_id")["rank"].min()).reindex(total.index, fill_value=0),
            "hit": (n_hits > 0).astype(float),
        }
    )


def coverage(recommended: pd.DataFrame, n_items: int, k: int = 10) -> float:
    """Compute the share of the catalogue that is shown to anybody.

    Args:
        recommended: Lists: columns ``user_id``, ``rank`` (from 1) and ``item_id``.
        n_items: Number of items that could have been shown.
        k: Length of the list; ranks above it are ignored.

    Returns:
        A number in [0, 1].

    Raises:
        ValueError: If `k` isn't at least 1, or the lists hold more items than there are.

    Example:
        >>> lists = pd.DataFrame({"user_id": [1, 1, 2, 2], "rank": [1, 2, 1, 2], "item_id": [7, 8, 7, 9]})
        >>> coverage(lists, n_items=10)
        0.3
    """
    _check_length(k)
    shown = recommended.loc[recommended["rank"] <= k, "item_id"].nunique()
    if shown > n_items:
        raise ValueError(f"the lists hold {shown} items and n_items is {n_items}: give the catalogue's size")
    return shown / n_items


def _check_length(k: int) -> None:
    if k < 1:
        raise ValueError(f"k is {k}: give the length of the list, at least 1")
