"""A person as the sum of what they rated: two vectors an item, from a ridge regression with a closed form."""

from typing import NamedTuple

import numpy as np
from scipy import linalg, sparse
from sklearn.utils.extmath import randomized_svd

NOT_LIKED = 0.5  # watching a film says something, liking it more
MOST_ITEMS = 10_000
IN_TOWER = 64
SHRINKAGE = 5


class ItemFactors(NamedTuple):
    """What an item brings into the history of those who rated it, and what a history is matched with.

    Both have the shape (n_items, dim); ``given[j] @ found[i]`` says how much having rated j speaks for i.
    Their places are ordered: the first explain most.
    """

    given: np.ndarray
    found: np.ndarray


def item_factors(
    user_index: np.ndarray,
    item_index: np.ndarray,
    liked: np.ndarray,
    n_items: int,
    dim: int = 256,
    l2: float = 2.0,
    seed: int = 0,
) -> ItemFactors:
    """Learn from all users which items are rated together.

    In a matrix X with a row a user, 1 for a liked item, 0.5 for another one they rated and 0 for the rest,
    each column is predicted from the others by ridge regression. The target is left out of its own
    prediction, so the weights have a diagonal of 0, and they have a closed form: with P the inverse of
    ``X'X + l2 mean(diag(X'X)) I``, ``B = I - P / diag(P)``. The singular value decomposition of B gives two
    vectors an item.

    Args:
        user_index: Position of each rating's user, shape (n,).
        item_index: Position of each rating's item, shape (n,), from 0.
        liked: Whether each rating is a liked one, shape (n,).
        n_items: Number of items. Where there are more than 10,000, the others get vectors of 0.
        dim: Length of the vectors; fewer items give zeros at the end.
        l2: Weight of the ridge penalty, more than 0, in units of the mean of the diagonal of X'X, so that it
            suits small data and large.
        seed: Seed of the randomised decomposition.

    Returns:
        The vectors, float32, shape (n_items, dim) each.

    Raises:
        ValueError: If `dim` isn't at least 1 or `l2` isn't above 0.

    Source:
        Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data" (EASE), equation 8; there the
        matrix holds 0 and 1.
    """
    if dim < 1 or l2 <= 0:
        raise ValueError(f"dim is {dim} and l2 is {l2}: give a length of at least 1 and a penalty above 0")
    weights = np.where(liked, 1.0, NOT_LIKED)
    rated = sparse.csr_matrix((weights, (user_index, item_index)), shape=(np.max(user_index) + 1, n_items))
    kept = np.sort(np.argsort(-np.bincount(item_index, minlength=n_items), kind="stable")[:MOST_ITEMS])
    gram = (rated[:, kept].T @ rated[:, kept]).toarray()
    gram[np.diag_indices_from(gram)] += l2 * np.trace(gram) / len(gram)
    inverse = linalg.inv(gram, overwrite_a=True)
    together = -inverse / np.diag(inverse)
    np.fill_diagonal(together, 0.0)
    factors = ItemFactors(*np.zeros((2, n_items, dim), np.float32))
    rank = min(dim, len(kept))
    left, values, right = randomized_svd(together.astype(np.float32), rank, n_iter=4, random_state=seed)
    factors.given[kept, :rank], factors.found[kept, :rank] = left * values, right.T
    return factors


class UserHistory:
    """Sum the items' factors over what each user rated.

    Args:
        factors: From `item_factors`.
        user_index: Position of each rating's user, shape (n,).
        item_index: Position of each rating's item, shape (n,).
        ratings: The ratings, shape (n,).
        liked: Whether each is a liked one, shape (n,).
        n_users: Number of users.

    Attributes:
        n_rated: Number of ratings of each user, shape (n_users,).
        choice: Shape (n_users, dim): the sum of ``given``, halved where not liked. Its product with an item's
            ``found`` says how likely they are to choose it and like it.
        tower: Shape (n_users, 2 * m), m at most 64, the input of the user's tower: the sum of the first
            places of ``given``, and their sum weighted by how far above the mean the rating is; both divided
            by the root of the number of ratings (plus 5, so that few ratings say less).

    Source:
        The user as a sum over the items they rated: Koren 2008, "Factorization Meets the Neighborhood"
        (SVD++), equation 15.
    """

    def __init__(self, factors: ItemFactors, user_index, item_index, ratings, liked, n_users: int):
        self.factors = factors
        ratings = np.asarray(ratings, float)
        self.mean, self.spread = ratings.mean(), ratings.std() or 1.0
        small = factors.given[:, :IN_TOWER]
        self.small = small / (10 * (small.std() or 1.0))
        shape = (n_users, len(small))
        self.above = sparse.csr_matrix(
            (self._above(ratings).astype(np.float32), (user_index, item_index)), shape
        )
        self.n_rated = np.bincount(user_index, minlength=n_users)
        self.scale = self._scale(self.n_rated)
        rated = sparse.csr_matrix((np.ones(len(ratings), np.float32), (user_index, item_index)), shape)
        sums = rated @ self.small, self.above @ self.small
        self.tower = self.scale[:, None] * np.concatenate(sums, axis=1)
        weights = np.where(liked, 1.0, NOT_LIKED).astype(np.float32)
        self.choice = sparse.csr_matrix((weights, (user_index, item_index)), shape) @ factors.given

    @property
    def width(self) -> int:
        """Length of the rows in `tower`."""
        return self.tower.shape[1]

    def _above(self, ratings):
        return (ratings - self.mean) / self.spread

    def _scale(self, n_rated):
        return (1 / np.sqrt(np.asarray(n_rated) + SHRINKAGE)).astype(np.float32)

    def without(self, user_index: np.ndarray, *item_index: np.ndarray) -> np.ndarray:
        """Give the users' rows of `tower` as if they had not rated some items, so that none explains itself.

        Args:
            user_index: Positions of users, shape (n,).
            *item_index: Arrays of shape (n,): items that the user of that place rated.

        Returns:
            Shape (n, width), float32.
        """
        rows, scale = self.tower[user_index], self.scale[user_index][:, None]
        half = self.width // 2
        for items in item_index:
            given = self.small[items] * scale
            rows[:, :half] -= given
            rows[:, half:] -= given * np.asarray(self.above[user_index, items]).T
        return rows

    def choice_of(self, item_index: np.ndarray, liked: np.ndarray) -> np.ndarray:
        """Sum up the choice of one new person.

        Args:
            item_index: Positions of the items they rated, shape (n,); n may be 0.
            liked: Whether each is a liked one, shape (n,).

        Returns:
            Shape (dim,), as a row of `choice`.
        """
        return np.where(liked, 1.0, NOT_LIKED) @ self.factors.given[item_index]
