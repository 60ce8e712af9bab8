"""Histories: what each user rated, as an input of the user tower."""

import numpy as np
from scipy import sparse

from dbrec.interactions import Interactions

FACTORS_IN_TOWER = 64
SHRINKAGE = 5  # ratings that a history is short of: few say less


class Histories:
    """Sum up the items' factors over what each user rated, by rating.

    Args:
        as_rated: The items' factors, shape (n_items, dim); the first 64 places are used.
        interactions: Who rated what.

    Attributes:
        inputs: Of the user's tower, shape (n_users, 2 * m): the sum of `brought` over what they rated, and
            their sum weighted by how far above the mean the rating is; both times `scale`.
        brought: What an item brings into `inputs`, but for the scale, shape (n_items, m).
        scale: One over the root of the number of ratings plus 5, shape (n_users,).
        mean, spread: Of all ratings.

    Source:
        The user as a sum over rated items: Koren 2008, "Factorization Meets the Neighborhood" (SVD++),
        equation 15.
    """

    def __init__(self, as_rated: np.ndarray, interactions: Interactions):
        users, ratings = interactions.user_index, interactions.value.astype(float)
        pairs, shape = (users, interactions.item_index), (len(interactions.user_ids), len(as_rated))
        self.mean, self.spread = float(ratings.mean()), float(ratings.std() or 1.0)
        first = as_rated[:, :FACTORS_IN_TOWER]
        self.brought = first / (10 * (first.std() or 1.0))
        self.scale = (1 / np.sqrt(np.bincount(users, minlength=shape[0]) + SHRINKAGE)).astype(np.float32)
        above = ((ratings - self.mean) / self.spread).astype(np.float32)
        weights = np.ones_like(above), above
        sums = [sparse.csr_matrix((weight, pairs), shape) @ self.brought for weight in weights]
        self.inputs = self.scale[:, None] * np.concatenate(sums, axis=1)
