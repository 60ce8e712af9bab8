"""Measures of probabilities: of rows said to be liked by 70 %, are 70 % liked?"""

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn import metrics

from dbrec.checks import finite_numbers, labels, whole_number


def brier(liked, probabilities) -> float:
    """Compute the Brier score, in [0, 1]: the mean squared distance of probability and outcome.

    Lower is better. Who always says the share of liked rows, p, gets p * (1 - p).

    Args:
        liked: Labels, shape (n,), at least one: true or 1 where the user liked the item, false or 0 where
            not. They may all be the same.
        probabilities: Of being liked, shape (n,), each in [0, 1].

    Raises:
        ValueError: If labels or probabilities aren't as said here.

    Source:
        Brier 1950, "Verification of forecasts expressed in terms of probability".

    Example:
        >>> brier([1, 0], [0.5, 0.5])
        0.25
    """
    return float(metrics.brier_score_loss(*_checked(liked, probabilities)))


def log_loss(liked, probabilities) -> float:
    """Compute the log loss in nats a row, at least 0: how surprising the outcomes are.

    Lower is better. A row costs minus the logarithm of the probability given to what happened. What was
    called impossible would cost infinitely much; so probabilities are held a rounding error (2e-16) away
    from 0 and 1, and it costs 36.

    Args:
        liked: As in `brier`.
        probabilities: As in `brier`.

    Raises:
        ValueError: As `brier`.

    Source:
        Good 1952, "Rational decisions".

    Example:
        >>> round(log_loss([1, 1], [0.5, 0.5]), 4)
        0.6931
    """
    # The labels are named, so that scikit-learn knows both where only one occurs.
    return float(metrics.log_loss(*_checked(liked, probabilities), labels=[False, True]))


def row_losses(liked, probabilities) -> pd.DataFrame:
    """Compute what each row costs; the means of the columns are `brier` and `log_loss`.

    Args:
        liked: As in `brier`.
        probabilities: As in `brier`.

    Returns:
        A frame of n rows with the columns ``brier`` and ``log_loss``.

    Raises:
        ValueError: As `brier`.

    Example:
        >>> row_losses([1, 0], [0.5, 0.25])["brier"].tolist()
        [0.25, 0.0625]
    """
    liked, probabilities = _checked(liked, probabilities)
    of_outcome = np.where(liked, probabilities, 1 - probabilities)
    surprise = -np.log(np.clip(of_outcome, np.finfo(float).eps, 1))
    return pd.DataFrame({"brier": (1 - of_outcome) ** 2, "log_loss": surprise})


def reliability(liked, probabilities, n_bins: int = 10) -> pd.DataFrame:
    """Compute the reliability curve: what was said beside what happened, bin by bin.

    Bins hold about equally many rows. Rows of equal probability are never parted, so there are fewer bins
    than asked for where there are fewer distinct probabilities, or where many rows share one.

    Args:
        liked: As in `brier`.
        probabilities: As in `brier`.
        n_bins: Number of bins, at most; at least 1.

    Returns:
        A frame with a row a bin, in ascending order of probability: ``predicted``, the mean probability, and
        ``liked``, the share of liked rows, both in [0, 1]; ``n``, the number of rows, at least 1.

    Raises:
        ValueError: As `brier`, or if `n_bins` isn't a whole number of at least 1.

    Source:
        Murphy and Winkler 1977, "Reliability of subjective probability forecasts of precipitation and
        temperature".

    Example:
        >>> reliability([0, 0, 1, 1], [0.25, 0.25, 0.5, 1], n_bins=2)
           predicted  liked  n
        0       0.25    0.0  2
        1       0.75    1.0  2
    """
    liked, probabilities = _checked(liked, probabilities)
    n_bins = whole_number("n_bins", n_bins)
    rows = pd.DataFrame({"predicted": probabilities, "liked": liked})
    # Rows of one probability share a rank, and so a bin.
    bins = rows.groupby(np.ceil(rankdata(probabilities) * n_bins / len(rows)))
    return bins.mean().assign(n=bins.size()).reset_index(drop=True)


def calibration_error(liked, probabilities, n_bins: int = 10) -> float:
    """Compute the expected calibration error, in [0, 1]: how far a probability is from the share liked.

    It is the distance of ``predicted`` and ``liked`` in the bins of `reliability`, in the mean over rows.
    0 is best, but with few rows a bin chance alone keeps it above 0: compare it on equally many rows. It says
    nothing of order: who always says the share of liked rows has an error of 0.

    Args:
        liked: As in `brier`.
        probabilities: As in `brier`.
        n_bins: As in `reliability`.

    Raises:
        ValueError: As `reliability`.

    Source:
        Naeini, Cooper and Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian binning",
        with bins of equally many rows in place of equal width.

    Example:
        >>> calibration_error([0, 0, 1, 1], [0.25, 0.25, 0.5, 1], n_bins=2)
        0.25
    """
    bins = reliability(liked, probabilities, n_bins)
    return float(np.average((bins["predicted"] - bins["liked"]).abs(), weights=bins["n"]))


def _checked(liked, probabilities) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and probabilities as arrays of one length, or say what is wrong with them."""
    liked, probabilities = labels(liked), finite_numbers(probabilities, "probabilities")
    if liked.ndim != 1 or liked.shape != probabilities.shape:
        raise ValueError(
            f"liked has shape {liked.shape} and probabilities {probabilities.shape}: "
            "give one label and one probability a row"
        )
    if not len(liked):
        raise ValueError("liked and probabilities have no rows: give at least one")
    outside = probabilities[(probabilities < 0) | (probabilities > 1)]
    if len(outside):
        raise ValueError(
            f"{len(outside)} probabilities are outside [0, 1], such as {outside.tolist()[0]}: "
            "give probabilities of being liked, and not scores of another scale"
        )
    return liked, probabilities
