"""Find the vector of a person who wasn't there in training, from a few films they like or don't."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit


def fold_in(
    start: np.ndarray,
    positives: np.ndarray,
    negatives: np.ndarray,
    strength: float = 1.0,
    free: slice = slice(None),
) -> np.ndarray:
    """Move a user's vector by the BPR loss of their own triplets, the items' vectors held fixed.

    Minimises ``sum_p mean_n softplus(-u.(p - n)) + strength / 2 * |u - start|^2``: convex, so the answer is
    the same each time, and no network is trained.

    Args:
        start: Vector that the person's features give, shape (dim,).
        positives: Vectors of the items they like, shape (n, dim), n >= 1.
        negatives: Vectors of the items they don't, shape (m, dim), m >= 1.
        strength: Pull back to `start`, more than 0; the more, the less a few items count.
        free: Places of the vector that may move; the others stay as in `start`.

    Returns:
        The vector, shape (dim,).

    Raises:
        ValueError: If `strength` isn't above 0, or there are no positives or no negatives.
    """
    if strength <= 0 or not len(positives) or not len(negatives):
        raise ValueError(
            f"{len(positives)} positives, {len(negatives)} negatives, strength {strength}: "
            "give at least one of each and a strength above 0"
        )
    start, positives, negatives = (np.asarray(v, float) for v in (start, positives, negatives))

    def loss(user):
        difference = (positives @ user)[:, None] - negatives @ user
        slope = -expit(-difference) / len(negatives)
        value = np.logaddexp(0, -difference).mean(axis=1).sum() + strength / 2 * np.sum((user - start) ** 2)
        gradient = slope.sum(axis=1) @ positives - slope.sum(axis=0) @ negatives
        return value, np.where(movable, gradient + strength * (user - start), 0.0)

    movable = np.zeros(len(start), bool)
    movable[free] = True
    return minimize(loss, start, jac=True, method="L-BFGS-B").x
