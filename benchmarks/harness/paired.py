"""Measure how far one system lies above another on the same rows, with intervals over users and items."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

RESAMPLES, LEVEL = 500, 0.95


@dataclass(frozen=True, eq=False)
class Draw:
    """Hold what two systems brought on one draw of a task, ours first."""

    users: np.ndarray  # of the judged rows
    items: np.ndarray
    liked: np.ndarray
    scores: tuple[np.ndarray, np.ndarray]  # of the judged rows; empty where only lists are judged
    by_user: tuple[pd.DataFrame, pd.DataFrame]  # a row a user, a column a measure


class WeightedAuc:
    """Compute AUC within groups of rows that count by weights, a tie as a half."""

    def __init__(self, groups: np.ndarray, liked: np.ndarray, scores: np.ndarray):
        codes = np.unique(groups, return_inverse=True)[1]
        self.order = np.lexsort((scores, codes))
        codes, scores, self.liked = codes[self.order], scores[self.order], liked[self.order]
        is_new = np.append(True, (np.diff(codes) != 0) | (np.diff(scores) != 0))
        self.ties = np.flatnonzero(is_new)  # where rows of one group and score begin
        self.group_of_tie = codes[self.ties]

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        """Give an AUC a group, shape (n_groups,); missing where it has no rows of both kinds."""
        weights = weights[self.order]
        above, below = (np.add.reduceat(weights * kind, self.ties) for kind in (self.liked, ~self.liked))
        n_above, n_below = (np.bincount(self.group_of_tie, part) for part in (above, below))
        before = np.cumsum(below) - below - (np.cumsum(n_below) - n_below)[self.group_of_tie]
        wins = np.bincount(self.group_of_tie, above * (before + below / 2))
        pairs = n_above * n_below
        return np.divide(wins, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)


def intervals(draws: list[Draw], items_too: bool, seed: int = 0) -> pd.DataFrame:
    """Give for each measure by how much ours lies above the other, as the mean over draws, with an interval.

    A resample takes users with replacement, the same for both systems and all draws: their rows hang
    together. With `items_too` it takes items as well, and a row counts as often as both (the pigeonhole
    bootstrap of Owen 2007). That is for AUC; of lists only users are taken.

    Returns:
        A frame by measure, with the columns ``difference``, ``low`` and ``high``.
    """
    random = np.random.default_rng(seed)
    users, items = (
        np.unique(np.concatenate([getattr(draw, side) for draw in draws])) for side in ("users", "items")
    )
    statistics = _statistics(draws, users, items)
    of_items = np.ones(len(items))
    told = {name: statistic(np.ones(len(users)), of_items) for name, statistic in statistics.items()}
    drawn = {name: np.empty(RESAMPLES) for name in statistics}
    for resample in range(RESAMPLES):
        of_users = _times_taken(len(users), random)
        if items_too:
            of_items = _times_taken(len(items), random)
        for name, statistic in statistics.items():
            drawn[name][resample] = statistic(of_users, of_items)
    tail = (1 - LEVEL) / 2
    rows = {name: (told[name], *np.nanquantile(drawn[name], [tail, 1 - tail])) for name in statistics}
    return pd.DataFrame.from_dict(rows, "index", columns=["difference", "low", "high"])


def _times_taken(size: int, random: np.random.Generator) -> np.ndarray:
    """Draw so many with replacement; tell how often each came."""
    return np.bincount(random.integers(0, size, size), minlength=size)


def _statistics(draws: list[Draw], users: np.ndarray, items: np.ndarray) -> dict:
    """Name the measures, and for each what computes it from the weights of `users` and `items`, in order."""
    found = {}
    if all(len(scores) for scores in draws[0].scores):
        found = {name: _auc_difference(draws, name, users, items) for name in ("auc_pooled", "auc_per_user")}
    shared = [name for name in draws[0].by_user[0] if name in draws[0].by_user[1] and name != "auc_per_user"]
    return found | {name: _mean_difference(draws, name, users) for name in shared}


def _auc_difference(draws: list[Draw], name: str, users: np.ndarray, items: np.ndarray):
    parts = []
    for draw in draws:
        groups = np.zeros(len(draw.users), int) if name == "auc_pooled" else draw.users
        both = [WeightedAuc(groups, draw.liked, scores) for scores in draw.scores]
        of_row = np.searchsorted(users, draw.users), np.searchsorted(items, draw.items)
        of_group = None if name == "auc_pooled" else np.searchsorted(users, np.unique(draw.users))
        parts.append((both, of_row, of_group))

    def difference(of_users: np.ndarray, of_items: np.ndarray) -> float:
        found = []
        for (ours, other), (user, item), of_group in parts:
            weights = of_users[user] * of_items[item]
            own = ours(weights) - other(weights)
            known = ~np.isnan(own)
            of_own = np.ones(1) if of_group is None else of_users[of_group]
            found.append(np.average(own[known], weights=of_own[known]))
        return float(np.mean(found))

    return difference


def _mean_difference(draws: list[Draw], name: str, users: np.ndarray):
    own = [(draw.by_user[0][name] - draw.by_user[1][name]).dropna() for draw in draws]
    places = [np.searchsorted(users, part.index) for part in own]

    def difference(of_users: np.ndarray, of_items: np.ndarray) -> float:
        found = [np.average(part, weights=of_users[place]) for part, place in zip(own, places, strict=True)]
        return float(np.mean(found))

    return difference
