"""How much the columns of features tell, so that a column that tells little counts little."""

import numpy as np
from scipy import sparse

from dbrec.features.columns import MultiHot
from dbrec.features.encoder import FeatureEncoder

LEAST = 0.001  # for a column that tells nothing
CHANCE = 2.0  # standard errors of what tells nothing
MOST_FLAGS = 512  # of one column: the most frequent ones tell


def evidence(encoder: FeatureEncoder, *targets: np.ndarray) -> np.ndarray:
    """Estimate which share of how ids differ each column explains, in [0.001, 1].

    It is the adjusted R^2, which for random categories is 0 on average, with what is left raised by what it
    may have lost by chance, two standard errors: many categories of few ids each tell little for sure. It is
    the larger one of the targets'.

    Args:
        encoder: Of the ids.
        *targets: What is known of each trained id, shape (n, p).

    Returns:
        A number a column, in the order of ``encoder.columns``.

    Source:
        Adjusted R^2: Ezekiel 1930, "Methods of Correlation Analysis". The R^2 of n ids in k random categories
        has a Beta((k - 1) / 2, (n - k) / 2) distribution, from which the standard error comes. As the ratio
        of a column's variance to that of the ids within: Gelman and Hill 2007, "Data Analysis Using
        Regression and Multilevel/Hierarchical Models", section 12.
    """
    found, place = [], 1
    for column in encoder.columns:
        part = encoder.rows[: encoder.n_trained, place : place + column.width]
        place += column.width
        explain = _by_flags if isinstance(column, MultiHot) else _by_code
        shares = [explain(part, target - target.mean(axis=0)) for target in targets]
        found.append(np.clip(max(shares), LEAST, 1.0))
    return np.array(found)


def by_place(encoder: FeatureEncoder, numbers: np.ndarray) -> np.ndarray:
    """Repeat a column's number for each of its places in `FeatureEncoder.features`."""
    sizes = [column.width if isinstance(column, MultiHot) else column.size - 1 for column in encoder.columns]
    return np.repeat(numbers, sizes)


def _by_code(codes: np.ndarray, target: np.ndarray) -> float:
    """Explain by the mean of each category, the missing ones being a category as well."""
    _, group = np.unique(codes, return_inverse=True)
    members = sparse.csr_matrix((np.ones(len(target)), (group.ravel(), np.arange(len(target)))))
    means = (members @ target) / members.sum(axis=1).reshape(-1, 1)
    return _adjusted(target, target - np.asarray(means)[group.ravel()], members.shape[0])


def _by_flags(flags: np.ndarray, target: np.ndarray) -> float:
    """Explain by a linear regression on flags."""
    often = np.argsort(-flags.sum(axis=0), kind="stable")[:MOST_FLAGS]
    centred = flags[:, often] - flags[:, often].mean(axis=0)
    weights, _, rank, _ = np.linalg.lstsq(centred, target)
    return _adjusted(target, target - centred @ weights, int(rank) + 1)


def _adjusted(target: np.ndarray, rest: np.ndarray, n_means: int) -> float:
    n, free, total = len(target), len(target) - n_means, (target**2).sum()
    if free < 1 or not total:
        return 0.0
    by_chance = CHANCE * (2 * (n_means - 1) / (free * (n + 1))) ** 0.5
    return 1 - (1 + by_chance) * (rest**2).sum() / free / (total / (n - 1))
