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
    l2: float = 3.0,
    seed: int = 0,
    user_power: float = -0.5,
    item_power: float = -0.15,
) -> ItemFactors:
    """Learn from all users which items are rated together.

    In a matrix X with a row a user, 1 for a liked item, 0.5 for another one they rated and 0 for the rest,
    each column is predicted from the others by ridge regression. The target is left out of its own
    prediction, so the weights have a diagonal of 0, and they have a closed form: with P the inverse of
    ``X'WX + l2 mean(diag(X'WX)) I``, ``B = I - P / diag(P)``. The singular value decomposition of B gives two
    vectors an item.

    W weighs a user by a power of the number they rated: who rates a lot tells less by each. Each item's
    column of X is multiplied by a power of the number who rated it, so that popular items, which everybody
    rated, speak less for others and are predicted less often.

    Args:
        user_index: Position of each rating's user, shape (n,).
        item_index: Position of each rating's item, shape (n,), from 0.
        liked: Whether each rating is a liked one, shape (n,).
        n_items: Number of items. Where there are more than 10,000, the others get vectors of 0.
        dim: Length of the vectors; fewer items give zeros at the end.
        l2: Weight of the ridge penalty, more than 0, in units of the mean of the diagonal of X'WX, so
            that it suits small data and large.
        seed: Seed of the randomised decomposition.
        user_power: Power of a user's number of ratings; 0 weighs all alike.
        item_power: Power of an item's number of ratings, in units of their mean; 0 leaves all as they are.

    Returns:
        The vectors, float32, shape (n_items, dim) each.

    Raises:
        ValueError: If `dim` isn't at least 1 or `l2` isn't above 0.

    Source:
        Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data" (EASE), equation 8; there the
        matrix holds 0 and 1, and users and items weigh alike. Powers of both numbers: Shen et al. 2021,
        "How Powerful is Graph Convolution for Recommendation?", equation 2, where both are -1/2.
    """
    if dim < 1 or l2 <= 0:
        raise ValueError(f"dim is {dim} and l2 is {l2}: give a length of at least 1 and a penalty above 0")
    weights = np.where(liked, 1.0, NOT_LIKED)
    by_user = np.sqrt(_power(np.bincount(user_index), user_power))[user_index]
    n_rated = np.bincount(item_index, minlength=n_items)
    kept = np.sort(np.argsort(-n_rated, kind="stable")[:MOST_ITEMS])
    by_item = _power(n_rated, item_power)[kept]
    rated = sparse.csr_matrix(
        ((weights * by_user).astype(np.float32), (user_index, item_index)), (np.max(user_index) + 1, n_items)
    )[:, kept]
    rated = (rated @ sparse.diags_array(by_item.astype(np.float32))).tocsr()
    gram = (rated.T @ rated).toarray()
    gram[np.diag_indices_from(gram)] += l2 * np.trace(gram) / len(gram)
    # float32 is enough: the penalty keeps the largest eigenvalue within some thousand times the smallest
    together = linalg.inv(gram, assume_a="pos")
    del gram
    together /= -np.diag(together).copy()
    np.fill_diagonal(together, 0.0)
    together *= by_item[:, None].astype(np.float32)
    factors = ItemFactors(*np.zeros((2, n_items, dim), np.float32))
    rank = min(dim, len(kept))
    left, values, right = randomized_svd(together, rank, n_iter=3, random_state=seed)
    factors.given[kept, :rank], factors.found[kept, :rank] = left * values, right.T
    return factors


def _power(n_rated: np.ndarray, exponent: float) -> np.ndarray:
    """Raise numbers of ratings to a power, in units of their mean; none counts as one."""
    return (np.maximum(n_rated, 1) / n_rated.mean()) ** exponent


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
        small: Shape (n_items, m): what an item brings into `tower`, but for that root.
        scale: Shape (n_users,): one over that root.

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
        above = ((ratings - self.mean) / self.spread).astype(np.float32)
        above = sparse.csr_matrix((above, (user_index, item_index)), shape)
        self.n_rated = np.bincount(user_index, minlength=n_users)
        self.scale = (1 / np.sqrt(self.n_rated + SHRINKAGE)).astype(np.float32)
        rated = sparse.csr_matrix((np.ones(len(ratings), np.float32), (user_index, item_index)), shape)
        sums = rated @ self.small, above @ self.small
        self.tower = self.scale[:, None] * np.concatenate(sums, axis=1)
        weights = np.where(liked, 1.0, NOT_LIKED).astype(np.float32)
        self.choice = sparse.csr_matrix((weights, (user_index, item_index)), shape) @ factors.given

    @property
    def width(self) -> int:
        """Length of the rows in `tower`."""
        return self.tower.shape[1]

    def choice_of(self, item_index: np.ndarray, liked: np.ndarray) -> np.ndarray:
        """Sum up the choice of one new person.

        Args:
            item_index: Positions of the items they rated, shape (n,); n may be 0.
            liked: Whether each is a liked one, shape (n,).

        Returns:
            Shape (dim,), as a row of `choice`.
        """
        return np.where(liked, 1.0, NOT_LIKED) @ self.factors.given[item_index]
