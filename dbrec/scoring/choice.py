"""Choice: each item explained by the others that a person chose, by a ridge regression in closed form.

In a matrix X with a row a user and what each of their interactions counts, 0 for the rest, each column is
predicted from the others. The target is left out of its own prediction, so the weights B have a diagonal
of 0, and they have a closed form: with P the inverse of ``X'X + l I``, ``B = I - P / diag(P)``. With the
singular values s and vectors V of X that is, off the diagonal,

    B[j, i] = V[j] diag(s^2 / (s^2 + l)) V[i] / (1 - V[i] diag(s^2 / (s^2 + l)) V[i])

so that the largest s alone give two vectors an item. Neither the inverse nor any other table of items by
items is made: solving takes some four tables of dim float32 numbers a user and an item (1,024 places: 110 MiB
for the 3,651 items of MovieLens 1M, 570 MiB for 20,000 users and items), not the square of the items.

Before, each row of X is multiplied by a power of the number the user chose: who chooses a lot tells less by
each. Each column is multiplied by a power of the number who chose it, so that popular items, which everybody
knows, speak less for others and are predicted less often.

Source:
    Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data" (EASE), equation 8; there X holds 0 and
    1, and users and items weigh alike. Powers of both numbers: Shen et al. 2021, "How Powerful is Graph
    Convolution for Recommendation?", equation 2, where both are -1/2; there too, the largest singular values.
"""

from typing import NamedTuple

import numpy as np
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from dbrec.interactions import Interactions, share_below

GUESSED = 64  # places of a newcomer's choice that features tell
L2_OF_MEAN, L2_AT_LEAST = 4.0, 250.0  # times the mean number of interactions of an item; and in interactions
USER_POWER, ITEM_POWER = -0.25, -0.15
FEW_PLACES = 128  # up to here further power iterations cost little, and are needed
RATED, CHOSEN = 0.25, 1.0  # what an interaction counts at least: a rating, and one of positives only


class ItemFactors(NamedTuple):
    """Two vectors an item: what it says of others, and what others say of it.

    ``as_rated[j] @ as_candidate[i]`` says how much having chosen j speaks for i. The first places explain
    most.

    Attributes:
        as_rated, as_candidate: Shapes (n_items, dim).
        squares: The singular values squared, s^2, shape (dim,).
        kept: What the penalty leaves of each place, ``s^2 / (s^2 + l)``, shape (dim,).
    """

    as_rated: np.ndarray
    as_candidate: np.ndarray
    squares: np.ndarray
    kept: np.ndarray


class Choice(NamedTuple):
    """The part of the model that says how likely people are to choose an item and like it.

    A score is ``users[u] @ factors.as_candidate[i]``.

    Attributes:
        factors: Of the items with interactions.
        users: Each user's sum of ``as_rated``, by what each interaction counts, shape (n_users, dim).
        likes: The rows of what each user likes, as near to it as the first places come, shape (n_users, 64).
            For a newcomer they are averaged by features; sums of ``as_rated`` leave out what is rated itself.
    """

    factors: ItemFactors
    users: np.ndarray
    likes: np.ndarray

    @classmethod
    def fit(cls, interactions: Interactions, dim: int, seed: int) -> "Choice":
        """Solve for the items' factors, and sum them up for each user; a `dim` of 0 leaves choice out."""
        return cls.of(item_factors(interactions, dim, seed), interactions)

    @classmethod
    def of(cls, factors: ItemFactors, interactions: Interactions) -> "Choice":
        """Sum up given factors for each user."""
        first = factors.as_candidate[:, :GUESSED].astype(float)
        likes = (
            matrix(interactions, interactions.liked.astype(float)) @ first @ np.linalg.pinv(first.T @ first)
        )
        users = matrix(interactions, counts(interactions)) @ factors.as_rated
        return cls(factors, users, likes.astype(np.float32))

    def first_places(self) -> tuple[np.ndarray, np.ndarray]:
        """Give what features are to tell: what users like, and what items are found by, shapes (n, 64)."""
        return self.likes, self.factors.as_candidate[:, : self.likes.shape[1]]


def counts(interactions: Interactions) -> np.ndarray:
    """Say what each interaction counts: its share of lower ones (half of equal ones), and a constant.

    So stars, numbers of plays, hours and money all go from 0.25 to 1.25, or from 1 to 2 where all are liked
    ones, and none counts much for being huge. Float32, shape (n,); times its importance.
    """
    counted = share_below(interactions.value) + least_count(interactions.has_disliked)
    if interactions.importance is not None:
        counted = counted * interactions.importance
    return counted.astype(np.float32)


def least_count(has_disliked: bool) -> float:
    """Give the constant that an interaction counts beside its share of lower ones."""
    return RATED if has_disliked else CHOSEN


def matrix(interactions: Interactions, values: np.ndarray) -> sparse.csr_matrix:
    """Lay interactions out with a row a user and a column an item."""
    shape = len(interactions.user_ids), len(interactions.item_ids)
    return sparse.csr_matrix((values, (interactions.user_index, interactions.item_index)), shape)


def item_factors(interactions: Interactions, dim: int, seed: int = 0) -> ItemFactors:
    """Learn from all users which items are chosen together; lesson 10 derives it.

    Args:
        interactions: Who chose what.
        dim: Length of the vectors, cut to the number of users or items where that is less.
        seed: Seed of the randomised decomposition.

    Returns:
        Factors, float32.
    """
    n_users, n_items = len(interactions.user_ids), len(interactions.item_ids)
    dim = min(dim, n_items, n_users)
    if not dim:
        return ItemFactors(*np.zeros((2, n_items, 0), np.float32), *np.zeros((2, 0)))
    table, by_item, l2 = weighted(interactions)
    kept, rows = largest_places(table, dim, l2, seed, 3 if dim <= FEW_PLACES else 1)
    as_rated, as_candidate = by_item[:, None] * rows.T * kept, candidates(rows.T, kept)
    squares = l2 * kept / (1 - kept)
    return ItemFactors(as_rated.astype(np.float32), as_candidate.astype(np.float32), squares, kept)


def candidates(vectors: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Give what items are found by, of their singular vectors, shape (n, dim), each without itself."""
    return vectors / (1 - vectors**2 @ kept)[:, None]


def singular_vectors(as_candidate: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Give the singular vectors that `candidates` has made something of, shape (n, dim)."""
    size = as_candidate**2 @ kept  # own / (1 - own)^2, of which own is the smaller solution
    share_left = 2 / (1 + np.sqrt(1 + 4 * size))
    return as_candidate * share_left[:, None]


def weighted(interactions: Interactions) -> tuple[sparse.csr_matrix, np.ndarray, float]:
    """Weigh what is chosen: the table X, the powers of its columns, and the penalty in units of X."""
    by_user = _power(interactions.user_index, len(interactions.user_ids), USER_POWER)
    by_item = _power(interactions.item_index, len(interactions.item_ids), ITEM_POWER)
    weights = counts(interactions) * by_user[interactions.user_index] * by_item[interactions.item_index]
    l2 = (L2_OF_MEAN * len(interactions) / len(by_item) + L2_AT_LEAST) * np.mean(weights**2)
    return matrix(interactions, weights.astype(np.float32)), by_item, l2


def largest_places(
    table: sparse.csr_matrix, dim: int, l2: float, seed: int, n_iter: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Decompose a table: ``s^2 / (s^2 + l2)`` of its largest singular values, and their vectors.

    Shapes (dim,) and (dim, n_columns). Of many places one power iteration is enough: two more take twice the
    time and change no measured list (1,024: ``NDCG@10`` of .2444 and .2450 on MovieLens 1M, of .2809 and
    .2795 on anime).

    Source:
        Halko, Martinsson and Tropp 2011, "Finding Structure with Randomness", algorithms 4.4 and 5.1.
    """
    how = {"n_iter": n_iter, "power_iteration_normalizer": "LU", "random_state": seed}
    _, values, rows = randomized_svd(table, dim, **how)
    return values**2 / (values**2 + l2), rows


def _power(index: np.ndarray, n: int, exponent: float) -> np.ndarray:
    """Raise each one's number of interactions to a power, in units of their mean."""
    n_each = np.bincount(index, minlength=n)
    return (n_each / n_each.mean()) ** exponent
