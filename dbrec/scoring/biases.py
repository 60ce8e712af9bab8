"""Biases: how freely a user likes, how liked an item is, by ids and features, in closed form.

Training starts from them and is drawn back to them, so that what few ratings can't tell isn't learned.
"""

from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, cg

from dbrec.features.encoder import FeatureEncoder, one_hot
from dbrec.features.evidence import by_place
from dbrec.interactions import Interactions

L2 = 5.0  # ratings that draw an id to what its features say
SHRINKAGE = 5
TOLERANCE = 1e-3
LEAST_VARIANCE = 0.1  # of a label, from which a step to the log odds is taken: at .99 it would be a leap


class Biases(NamedTuple):
    """A number a user and an item with interactions, on the scale of log odds, shapes (n_users,), (n_items,).

    ``users[u] + items[i]`` is how far the log odds that u likes i lie above those of all.
    """

    users: np.ndarray
    items: np.ndarray


def fit_biases(interactions: Interactions, encoders, evidence) -> Biases:
    """Learn the biases of those with interactions.

    Args:
        interactions: Who rated what. Where only choices are known, the biases are log odds to be chosen.
        encoders: Of the users and of the items.
        evidence: What each one's columns tell, of `dbrec.features.evidence`; a column's penalty is divided by
            it.

    Source:
        Koren, Bell and Volinsky 2009, "Matrix Factorization Techniques for Recommender Systems", "Adding
        biases", with features as well; one ridge regression of liked or not, divided by its variance p (1 -
        p), of at least 0.1: a step of logistic regression from p.
    """
    data, sizes = interactions, (len(interactions.user_ids), len(interactions.item_ids))
    if not data.has_disliked:
        indices = data.user_index, data.item_index
        return Biases(*(log_odds(data, i, n) for i, n in zip(indices, sizes, strict=True)))
    designs = [_design(*side) for side in zip(encoders, evidence, strict=True)]
    together = sparse.csr_matrix((np.ones(len(data)), (data.user_index, data.item_index)), sizes)
    n_each = [
        np.bincount(data.user_index, minlength=sizes[0]),
        np.bincount(data.item_index, minlength=sizes[1]),
    ]
    share = data.liked.mean()
    above = data.liked - share
    targets = [
        design.T @ np.bincount(index, above, minlength=n)
        for design, index, n in zip(designs, (data.user_index, data.item_index), sizes, strict=True)
    ]

    def product(weights: np.ndarray) -> np.ndarray:
        user, item = (d @ w for d, w in zip(designs, np.split(weights, [designs[0].shape[1]]), strict=True))
        sums = n_each[0] * user + together @ item, n_each[1] * item + together.T @ user
        return np.concatenate([d.T @ s for d, s in zip(designs, sums, strict=True)]) + L2 * weights

    width = sum(design.shape[1] for design in designs)
    operator = LinearOperator((width, width), product, dtype=float)
    weights, _ = cg(operator, np.concatenate(targets), rtol=TOLERANCE)
    parts = np.split(weights, [designs[0].shape[1]])
    return Biases(*(d @ w / variance(data) for d, w in zip(designs, parts, strict=True)))


def variance(interactions: Interactions) -> float:
    """Give the variance of liked or not, of at least 0.1; times a bias it is a share of liked ones."""
    share = interactions.liked.mean()
    return max(share * (1 - share), LEAST_VARIANCE)


def log_odds(interactions: Interactions, index: np.ndarray, n: int) -> np.ndarray:
    """Compute the log odds that a rating of each user, or of each item, is a liked one, shape (n,).

    Where only choices are known: that one of the other side is chosen, or chooses. Few ratings are drawn
    towards the share of all, which counts as five.

    Args:
        interactions: Who rated what.
        index: Position of each row's user or item, shape (m,).
        n: Number of users or items.
    """
    n_liked, n_rated = np.bincount(index, interactions.liked, minlength=n), np.bincount(index, minlength=n)
    n_others = len(interactions.user_ids) + len(interactions.item_ids) - n
    return Odds.of(interactions, n, n_others)(n_liked, n_rated)


class Odds(NamedTuple):
    """The yardstick of log odds: the share of liked ones among all.

    Attributes:
        share: Of liked ones among ratings; or of chosen ones among all pairs.
        n_others: Number of the other side's ids, of which each is chosen or isn't; 0 where there are ratings.
    """

    share: float
    n_others: int

    @classmethod
    def of(cls, interactions: Interactions, n: int, n_others: int) -> "Odds":
        """Make it of interactions of n ids with others."""
        if interactions.has_disliked:
            return cls(float(np.mean(interactions.liked)), 0)
        return cls(len(interactions) / (n * n_others), n_others)

    def __call__(self, n_liked: np.ndarray, n_rated: np.ndarray) -> np.ndarray:
        """Give the log odds of ids with so many liked ones among so many ratings, shape (n,)."""
        # after a fit more may choose an id than there were
        n_all = np.maximum(self.n_others, n_liked) if self.n_others else n_rated
        share = (n_liked + SHRINKAGE * self.share) / (n_all + SHRINKAGE)
        return np.log(share / (1 - share))


def _design(encoder: FeatureEncoder, evidence: np.ndarray) -> sparse.csr_array:
    """Lay out ids and features, each column scaled by the root of what it tells."""
    flags = one_hot(encoder, encoder.rows[: encoder.n_trained])
    scale = np.concatenate([np.ones(encoder.n_trained), by_place(encoder, evidence) ** 0.5])
    return sparse.csr_array(flags @ sparse.diags_array(scale))
