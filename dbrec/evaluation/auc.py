"""Area under the ROC curve, of all rows together and of each user's own, with intervals."""

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score

from dbrec.checks import finite_numbers, labels, number, raw_ids, seed_number, whole_number


def auc(liked, scores) -> float:
    """Compute the area under the ROC curve over all rows together (pooled), in [0, 1].

    It is the chance that a liked row, drawn at random, scores above a not-liked one; a tie counts half.

    Args:
        liked: Labels, shape (n,): true or 1 where the user liked the item, false or 0 where not.
        scores: Finite scores, shape (n,), on any scale: only their order counts.

    Raises:
        ValueError: If labels or scores aren't as said here, or all labels are the same.

    Example:
        >>> auc([1, 0, 1, 0], [0.9, 0.8, 0.4, 0.1])
        0.75
    """
    liked, scores = _checked(liked, scores)
    if liked.all() or not liked.any():
        raise ValueError(f"all {len(liked)} labels are the same: AUC needs liked and not-liked rows")
    return float(roc_auc_score(liked, scores))


def auc_per_user(users, liked, scores) -> pd.Series:
    """Compute the AUC of each user's own rows: are the films of one person in the right order?

    Args:
        users: User of each row, shape (n,): ids or positions, ints or text.
        liked: As in `auc`.
        scores: As in `auc`.

    Returns:
        One AUC in [0, 1] a user, indexed by user in ascending order; its mean is "the AUC per user". Users
        whose rows are all liked, or all not liked, have no AUC and are left out.

    Raises:
        TypeError: If users are neither ints nor text.
        ValueError: As `auc`, or if a user is missing or none has both kinds of row.

    Example:
        >>> auc_per_user([7, 7, 7, 9, 9], [1, 0, 1, 1, 0], [3, 2, 1, 5, 5]).to_dict()
        {7: 0.5, 9: 0.5}
    """
    liked, scores = _checked(liked, scores)
    codes, names = pd.factorize(raw_ids(users, "users"), sort=True)
    if codes.shape != liked.shape:
        raise ValueError(f"users has shape {codes.shape} and liked {liked.shape}: give one user a row")
    n_rows, n_liked = np.bincount(codes), np.bincount(codes, weights=liked)
    # One ranking serves all: scores squeezed into [0, 1) and raised by the user's code fall into bands.
    banded = codes + rankdata(scores, method="dense") / (len(scores) + 1)
    rank = rankdata(banded) - (np.cumsum(n_rows) - n_rows)[codes]
    wins = np.bincount(codes, weights=rank * liked) - n_liked * (n_liked + 1) / 2  # Mann-Whitney's U
    both = (n_liked > 0) & (n_liked < n_rows)
    if not both.any():
        raise ValueError("no user has both liked and not-liked rows: AUC per user needs some")
    pairs = n_liked * (n_rows - n_liked)
    return pd.Series(wins[both] / pairs[both], index=names[both].rename("user"), name="auc")


def bootstrap_auc(
    users, liked, scores, n_resamples: int = 500, level: float = 0.95, seed: int = 0
) -> pd.DataFrame:
    """Compute pooled and per-user AUC with bootstrap intervals.

    Users are resampled, not rows: the rows of one user hang together, and resampling rows would make the
    interval too narrow. A resample in which no user has both kinds of row has no AUC, and is drawn again.

    Args:
        users: As in `auc_per_user`.
        liked: As in `auc`.
        scores: As in `auc`.
        n_resamples: Number of resamples of the users, at least 1.
        level: Share of the resamples inside the interval, in (0, 1).
        seed: Seed of the resamples.

    Returns:
        A frame with the rows ``pooled`` and ``per user`` and the columns ``auc``, ``low``, ``high``.

    Raises:
        TypeError, ValueError: As `auc_per_user`, or if one of the last three isn't as said here.

    Source:
        Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13 (percentile interval).
    """
    return _bootstrap(users, liked, [scores], n_resamples, level, seed)


def bootstrap_auc_difference(
    users, liked, scores, other_scores, n_resamples: int = 500, level: float = 0.95, seed: int = 0
) -> pd.DataFrame:
    """Compute how far one system's AUC lies above another's on the same rows, with bootstrap intervals.

    Both are measured on the same resamples of the users, so what makes a user easy for both cancels, and the
    interval is narrower than their own. It holds the chance of who was judged; for the chance of training,
    compare several seeds. Arguments, errors and result are those of `bootstrap_auc`, but for `other_scores`
    of the system whose AUC is subtracted, and a column ``difference`` in place of ``auc``.
    """
    table = _bootstrap(users, liked, [scores, other_scores], n_resamples, level, seed)
    return table.rename(columns={"auc": "difference"})


def _bootstrap(users, liked, systems: list, n_resamples: int, level: float, seed: int) -> pd.DataFrame:
    """Measure one system, or how far the first of two lies above the second."""
    n_resamples, seed = whole_number("n_resamples", n_resamples), seed_number(seed)
    tail = (1 - number("level", level, "(0, 1)")) / 2
    measured = [[auc(liked, s), auc_per_user(users, liked, s).mean()] for s in systems]
    drawn = [_draws(users, liked, s, n_resamples, seed) for s in systems]
    value, draws = (np.subtract(*x) if len(x) == 2 else x[0] for x in (measured, drawn))
    low, high = np.quantile(draws, [tail, 1 - tail], axis=0)
    return pd.DataFrame({"auc": value, "low": low, "high": high}, index=["pooled", "per user"])


def _draws(users, liked, scores, n_resamples: int, seed: int) -> np.ndarray:
    """Compute pooled and per-user AUC of each resample of the users, shape (n_resamples, 2)."""
    liked, scores = _checked(liked, scores)
    codes, names = pd.factorize(raw_ids(users, "users"), sort=True)
    own = auc_per_user(codes, liked, scores).reindex(range(len(names))).to_numpy()
    has_both, order = ~np.isnan(own), np.argsort(scores, kind="stable")
    ends = np.flatnonzero(np.diff(scores[order], append=np.inf))  # ends of ties
    rng, draws = np.random.default_rng(seed), np.empty((n_resamples, 2))
    for draw in draws:
        times = np.zeros(len(names), int)
        while not times[has_both].any():
            times = np.bincount(rng.integers(0, len(names), len(names)), minlength=len(names))
        pooled = _weighted_auc(times[codes][order], liked[order], ends)
        draw[:] = pooled, np.average(own[has_both], weights=times[has_both])
    return draws


def _weighted_auc(weights: np.ndarray, liked: np.ndarray, ends: np.ndarray) -> float:
    """AUC of rows in ascending order of score, each counted `weights` times; `ends` close the ties."""
    above, below = np.cumsum(weights * liked)[ends], np.cumsum(weights * ~liked)[ends]
    pairs = above[-1] * below[-1]
    first_ties = below[0] * (above[-1] - above[0] / 2)  # which the trapezoids between ends leave out
    return np.trapezoid(above[-1] - above, below) / pairs + first_ties / pairs


def _checked(liked, scores) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and scores as arrays of one length, or say what is wrong with them."""
    liked, scores = labels(liked), finite_numbers(scores, "scores")
    if liked.ndim != 1 or liked.shape != scores.shape:
        raise ValueError(
            f"liked has shape {liked.shape} and scores {scores.shape}: give one label and one score a row"
        )
    return liked, scores
