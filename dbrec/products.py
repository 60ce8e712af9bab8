"""Products of pairs of vectors."""

import numpy as np

PAIRS_AT_ONCE = 1 << 14


def pair_scores(user_vectors, item_vectors, users: np.ndarray, items: np.ndarray) -> np.ndarray:
    """Score pairs of positions, shape (p,), by dot product: float32, shape (p,).

    In parts, as all pairs' vectors would be the largest array. Position -1 is the last vector.
    """
    scores = np.empty(len(users), np.float32)
    for start in range(0, len(users), PAIRS_AT_ONCE):
        part = slice(start, start + PAIRS_AT_ONCE)
        scores[part] = np.einsum("nd,nd->n", user_vectors[users[part]], item_vectors[items[part]])
    return scores
