"""Measures of some rows of a test with their intervals: rows of the table that `evaluate` makes."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dbrec.checks import PAIR, number, seed_number, whole_number
from dbrec.evaluation.auc import auc, bootstrap_auc
from dbrec.evaluation.calibration import calibration_error, row_losses
from dbrec.evaluation.ranking import ranking_metrics

COLUMNS = ["measure", "value", "low", "high", "n_rows", "n_users"]
NO_BOUNDS = np.nan, np.nan


@dataclass(frozen=True)
class Resampling:
    """Hold how intervals are made: users are resampled, and bounds are percentiles of the resamples.

    Attributes:
        n_resamples: Number of resamples, at least 1.
        level: Share of the resamples inside an interval, in (0, 1).
        seed: Seed of the resamples.

    Raises:
        ValueError: If one isn't as said here.
    """

    n_resamples: int
    level: float
    seed: int

    def __post_init__(self):
        whole_number("n_resamples", self.n_resamples)
        number("level", self.level, "(0, 1)")
        seed_number(self.seed)

    def interval(self, sums: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Find the bounds of means to which each user brings a sum, and the number of what was summed up.

        Args:
            sums: Shape (n_users, n_measures).
            counts: Shape (n_users,).

        Returns:
            Lower and upper bounds, shape (n_measures, 2).
        """
        random, means = np.random.default_rng(self.seed), np.empty((self.n_resamples, sums.shape[1]))
        for mean in means:
            users = random.integers(0, len(sums), len(sums))
            mean[:] = sums[users].sum(axis=0) / counts[users].sum()
        tail = (1 - self.level) / 2
        return np.quantile(means, [tail, 1 - tail], axis=0).T


def of_scores(rows: pd.DataFrame, resampling: Resampling) -> list[tuple]:
    """Compute AUC and AUC per user, as far as the rows tell them.

    Args:
        rows: Columns ``user_id``, ``liked`` and ``score``.
        resampling: How intervals are made.

    Returns:
        A tuple a measure, in the order of `COLUMNS`: none where all labels are the same; AUC alone, and
        without bounds, where no user has rows of both kinds.
    """
    users, liked, scores = (rows[name] for name in ("user_id", "liked", "score"))
    if liked.nunique() < 2:
        return []
    size, has_both = (len(rows), users.nunique()), liked.groupby(users).transform("nunique") == 2
    if not has_both.any():
        return [("auc", auc(liked, scores), *NO_BOUNDS, *size)]
    table = bootstrap_auc(users, liked, scores, resampling.n_resamples, resampling.level, resampling.seed)
    own_size = has_both.sum(), users[has_both].nunique()
    return [("auc", *table.loc["pooled"], *size), ("auc_per_user", *table.loc["per user"], *own_size)]


def of_lists(rows: pd.DataFrame, lists: pd.DataFrame, k: int, resampling: Resampling) -> list[tuple]:
    """Compute the means of `ranking_metrics` over the users who liked one of the rows; none without such.

    Args:
        rows: Columns ``user_id``, ``item_id`` and ``liked``.
        lists: As in `ranking_metrics`.
        k: As there.
        resampling: How intervals are made.
    """
    relevant = rows.loc[rows["liked"], PAIR]
    if relevant.empty:
        return []
    own = ranking_metrics(lists, relevant, k)
    return _means(own, np.ones(len(own)), resampling, (len(relevant), len(own)))


def of_probabilities(rows: pd.DataFrame, resampling: Resampling) -> list[tuple]:
    """Compute Brier score, log loss and, without bounds, calibration error.

    Args:
        rows: Columns ``user_id``, ``liked`` and ``probability``; at least one row.
        resampling: How intervals are made.
    """
    liked, probabilities = rows["liked"], rows["probability"]
    by_user = row_losses(liked, probabilities).groupby(rows["user_id"].to_numpy())
    counts = by_user.size().to_numpy()
    size = len(rows), len(counts)
    error = "calibration_error", calibration_error(liked, probabilities), *NO_BOUNDS, *size
    return [*_means(by_user.sum(), counts, resampling, size), error]


def _means(sums: pd.DataFrame, counts: np.ndarray, resampling: Resampling, size: tuple) -> list[tuple]:
    """Give the mean of each column with its interval; `sums` holds a row a user."""
    bounds = resampling.interval(sums.to_numpy(), counts)
    means = sums.sum() / counts.sum()
    return [(name, means[name], *pair, *size) for name, pair in zip(sums, bounds, strict=True)]
