"""Choice: each item explained by the others that a person rated, by a ridge regression in closed form.

In a matrix X with a row a user, 1 for a liked item, 0.5 for another one they rated and 0 for the rest, each
column is predicted from the others. The target is left out of its own prediction, so the weights have a
diagonal of 0, and they have a closed form: with P the inverse of ``X'WX + l2 mean(diag(X'WX)) I``,
``B = I - P / diag(P)``. The singular value decomposition of B gives two vectors an item.

W weighs a user by a power of the number they rated: who rates a lot tells less by each. Each item's column of
X is multiplied by a power of the number who rated it, so that popular items, which everybody rated, speak
less for others and are predicted less often.

Source:
    Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data" (EASE), equation 8; there X holds 0 and
    1, and users and items weigh alike. Powers of both numbers: Shen et al. 2021, "How Powerful is Graph
    Convolution for Recommendation?", equation 2, where both are -1/2.
"""

from typing import NamedTuple

import numpy as np
from scipy import linalg, sparse
from sklearn.utils.extmath import randomized_svd

from dbrec.checks import number, seed_number, whole_number

RATED_WEIGHT = 0.5  # of a rating that isn't a liked one: having watched a film says something, too
MOST_ITEMS = 10_000


class ItemFactors(NamedTuple):
    """Two vectors an item: what it says of others, and what others say of it.

    Shapes (n_items, dim); ``as_rated[j] @ as_candidate[i]`` says how much having rated j speaks for i. The
    first places explain most.
    """

    as_rated: np.ndarray
    as_candidate: np.ndarray


class Choice(NamedTuple):
    """The part of the model that says how likely people are to choose an item and like it.

    A score is ``users[u] @ factors.as_candidate[i]``.

    Attributes:
        factors: Of the items with ratings.
        users: Each user's sum of ``as_rated`` over what they rated, halved where not liked, shape (n_users,
            dim).
    """

    factors: ItemFactors
    users: np.ndarray

    @classmethod
    def fit(cls, interactions, dim: int, seed: int) -> "Choice":
        """Solve for the items' factors, and sum them up for each user; a `dim` of 0 leaves choice out."""
        n_items = len(interactions.item_ids)
        if not dim:
            return cls.of(ItemFactors(*np.zeros((2, n_items, 0), np.float32)), interactions)
        rows = interactions.user_index, interactions.item_index, interactions.liked
        return cls.of(item_factors(*rows, n_items, dim, seed=seed), interactions)

    @classmethod
    def of(cls, factors: ItemFactors, interactions) -> "Choice":
        """Sum up given factors for each user."""
        rows = interactions.user_index, interactions.item_index, interactions.liked
        return cls(factors, sums_of_rated(factors, *rows, len(interactions.user_ids)))


def sums_of_rated(factors: ItemFactors, user_index, item_index, liked, n_users: int) -> np.ndarray:
    """Sum up the ``as_rated`` of what each user rated, halved where not liked, shape (n_users, dim)."""
    weights = np.where(liked, 1.0, RATED_WEIGHT).astype(np.float32)
    rated = sparse.csr_matrix((weights, (user_index, item_index)), (n_users, len(factors.as_rated)))
    return rated @ factors.as_rated


def item_factors(
    user_index: np.ndarray,
    item_index: np.ndarray,
    liked: np.ndarray,
    n_items: int,
    dim: int = 256,
    l2: float = 3.0,
    seed: int = 0,
    user_power: float = -0.5,
    item_power: float = -0.15,
) -> ItemFactors:
    """Learn from all users which items are rated together; lesson 8 derives it.

    Args:
        user_index: Position of each rating's user, shape (n,).
        item_index: Position of each rating's item, shape (n,), from 0.
        liked: Whether each rating is a liked one, shape (n,).
        n_items: Number of items. Where there are more than 10,000, the others get vectors of 0.
        dim: Length of the vectors; fewer items give zeros at the end.
        l2: Ridge penalty, more than 0, in units of the mean of the diagonal of X'WX.
        seed: Seed of the randomised decomposition.
        user_power: Power of a user's number of ratings; 0 weighs all alike.
        item_power: Power of an item's number of ratings, in units of their mean; 0 leaves all as they are.
    """
    dim, l2, seed = whole_number("dim", dim), number("l2", l2, "(0, inf]"), seed_number(seed)
    n_rated = np.bincount(item_index, minlength=n_items)
    kept = np.sort(np.argsort(-n_rated, kind="stable")[:MOST_ITEMS])
    by_item = _power(n_rated, number("item_power", item_power))[kept].astype(np.float32)
    by_user = np.sqrt(_power(np.bincount(user_index), number("user_power", user_power)))
    weights = (np.where(liked, 1.0, RATED_WEIGHT) * by_user[user_index]).astype(np.float32)
    rated = sparse.csr_matrix((weights, (user_index, item_index)), (np.max(user_index) + 1, n_items))[:, kept]
    together = _explained_by_others((rated @ sparse.diags_array(by_item)).tocsr(), l2)
    together *= by_item[:, None]
    rank = min(dim, len(kept))
    left, values, right = randomized_svd(together, rank, n_iter=3, random_state=seed)
    factors = ItemFactors(*np.zeros((2, n_items, dim), np.float32))
    factors.as_rated[kept, :rank], factors.as_candidate[kept, :rank] = left * values, right.T
    return factors


def _explained_by_others(rated: sparse.csr_matrix, l2: float) -> np.ndarray:
    """Solve for the weights by which each column is the sum of the others; their diagonal is 0."""
    gram = (rated.T @ rated).toarray()
    gram[np.diag_indices_from(gram)] += l2 * np.trace(gram) / len(gram)
    # float32 is enough: the penalty keeps the largest eigenvalue within some thousand times the smallest
    weights = linalg.inv(gram, assume_a="pos")
    weights /= -np.diag(weights).copy()
    np.fill_diagonal(weights, 0.0)
    return weights


def _power(n_rated: np.ndarray, exponent: float) -> np.ndarray:
    """Raise numbers of ratings to a power, in units of their mean; none counts as one."""
    return (np.maximum(n_rated, 1) / n_rated.mean()) ** exponent
