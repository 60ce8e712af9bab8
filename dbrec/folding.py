"""Find the vector of a person who wasn't there in training, from a few films they like or don't."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit


def fold_in(
    start: np.ndarray,
    liked: np.ndarray,
    disliked: np.ndarray,
    typical: np.ndarray,
    strength: float = 3.0,
    free: slice = slice(None),
) -> np.ndarray:
    """Move a user's vector by the BPR loss of a few triplets, the items' vectors held fixed.

    Each liked item p is set against a typical one t, and t against each disliked item n. It minimises
    ``sum_p softplus(-u.(p - t)) + sum_n softplus(-u.(t - n)) + strength / 2 * |u - start|^2``: convex, so the
    answer is the same each time, and no network is trained. Against t and not against every other item,
    since one film named should not say "better than all the rest".

    Args:
        start: Vector that the person's features give, shape (dim,).
        liked: Vectors of the items they like, shape (n, dim); n may be 0.
        disliked: Vectors of the items they don't like, shape (m, dim); m may be 0.
        typical: Vector of a typical item, such as the mean over all training ratings, shape (dim,).
        strength: Pull back to `start`, more than 0; the more, the less each item counts.
        free: Places of the vector that may move; the others stay as in `start`.

    Returns:
        The vector, shape (dim,); `start` where nothing is liked or disliked.

    Raises:
        ValueError: If `strength` isn't above 0.
    """
    if strength <= 0:
        raise ValueError(f"strength is {strength}: give a number above 0")
    towards = [np.subtract(item, typical) for item in liked]
    away = [np.subtract(typical, item) for item in disliked]
    differences = np.asarray(towards + away, float).reshape(-1, len(start))
    start = np.asarray(start, float)
    movable = np.zeros(len(start), bool)
    movable[free] = True

    def loss(user):
        x = differences @ user
        value = np.logaddexp(0, -x).sum() + strength / 2 * np.sum((user - start) ** 2)
        gradient = strength * (user - start) - expit(-x) @ differences
        return value, np.where(movable, gradient, 0.0)

    return minimize(loss, start, jac=True, method="L-BFGS-B").x
