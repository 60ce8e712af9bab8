"""Measures of lists: are the items shown the right ones (NDCG), and how much of the catalogue are they."""

from numbers import Real

import numpy as np
import pandas as pd

from dbrec.checks import positions, raw_ids, whole_number

PAIR = ["user_id", "item_id"]


def ranking_metrics(recommended: pd.DataFrame, relevant: pd.DataFrame, k: int = 10) -> pd.DataFrame:
    """Compute precision, recall, NDCG, reciprocal rank and hit at k of each user's list.

    Args:
        recommended: Lists as `HybridRecommender.recommend` gives them: columns ``user_id``, ``rank`` (whole
            numbers from 1) and ``item_id``. Ranks above `k` are ignored; a list may be shorter than `k`.
        relevant: The films that would have been right: columns ``user_id`` and ``item_id``.
        k: Length of the list, at least 1.

    Returns:
        A frame indexed by the users of `relevant`, each column in [0, 1]: ``precision`` = hits / k,
        ``recall`` = hits / number of relevant items, ``ndcg`` = DCG / best DCG within k, with a gain of
        1 / log2(rank + 1) a hit, ``mrr`` = 1 / rank of the first hit, or 0 without one, and ``hit`` = 1 with
        a hit, or 0. A user without a list counts 0; a user without relevant items is left out.

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
    total = relevant.groupby("user_id").size()
    n_hits = hits.groupby("user_id").size().reindex(total.index, fill_value=0)
    gains = (1 / np.log2(hits["rank"] + 1)).groupby(hits["user_id"]).sum()
    n_best = np.array([min(n, k) for n in total.tolist()], int)
    best = np.cumsum(1 / np.log2(np.arange(2, 2 + n_best.max(initial=0))))[n_best - 1]
    columns = {
        "precision": n_hits / k,
        "recall": n_hits / total,
        "ndcg": gains.reindex(total.index, fill_value=0) / best,
        "mrr": (1 / hits.groupby("user_id")["rank"].min()).reindex(total.index, fill_value=0),
        "hit": (n_hits > 0).astype(float),
    }
    return pd.DataFrame(columns)


def coverage(recommended: pd.DataFrame, n_items: int, k: int = 10) -> float:
    """Compute the share of the catalogue that is shown to anybody.

    Args:
        recommended: Lists, as `ranking_metrics` takes them.
        n_items: Number of items that could have been shown, at least 1.
        k: Length of the list, at least 1; ranks above it are ignored.

    Returns:
        A number in [0, 1].

    Raises:
        TypeError: As `ranking_metrics`.
        ValueError: As `ranking_metrics`, or if the lists hold more items than there are.

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


def id_frame(frame: pd.DataFrame, name: str, *others: str) -> pd.DataFrame:
    """Return ``user_id``, ``item_id`` and other columns of a frame, its ids as `raw_ids` gives them.

    Raises:
        TypeError: If it isn't a frame, or its ids are neither ints nor text.
        ValueError: If a column isn't there once, or an id is missing.
    """
    columns = [*PAIR, *others]
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"{name} is a {type(frame).__name__}: give a frame with the columns {columns}")
    texts = [label for label in frame if isinstance(label, str)]  # pd.NA can't be compared
    if any(texts.count(column) != 1 for column in columns):
        raise ValueError(f"{name} has the columns {list(frame)}: {columns} must be there, each once")
    ids = {column: raw_ids(frame[column], f"{name}[{column!r}]") for column in PAIR if len(frame)}
    return frame[columns].assign(**ids)


def _shown(recommended: pd.DataFrame, k: int) -> pd.DataFrame:
    """Return the rows of lists that are within k, or say what is wrong with the lists."""
    lists = id_frame(recommended, "recommended", "rank")
    for rank in lists["rank"].unique().tolist():
        if not isinstance(rank, Real) or not 1 <= rank < 2**31 or rank % 1:
            raise ValueError(f"recommended['rank'] holds {rank!r}: give whole numbers from 1")
    if lists.duplicated(["user_id", "rank"]).any():
        raise ValueError("a user's list holds a rank twice: number its items 1, 2, 3 ...")
    shown = lists[lists["rank"] <= k].astype({"rank": int})
    if shown.duplicated(PAIR).any():
        raise ValueError("a user's list holds an item twice: recommend each item once")
    return shown
