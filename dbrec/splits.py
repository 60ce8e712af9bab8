"""Split ratings into a part to learn from and a part to be judged by."""

import numpy as np
import pandas as pd


def split_ratings(
    ratings: pd.DataFrame, test_share: float = 0.2, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Hold out a random share of each user's ratings.

    A user with n ratings gives ``round(test_share * n)`` of them to the test part, and always keeps at
    least one in the training part, so that no user of the test part is new.

    Args:
        ratings: One row a rating, with a column ``user_id``; any index.
        test_share: Share of each user's ratings to hold out, in [0, 1).
        seed: Seed of the shuffle: the same seed and the same rows give the same split.

    Returns:
        ``(train, test)``: both with the columns, the order and the index labels of `ratings`.

    Raises:
        ValueError: If `test_share` isn't in [0, 1) or there is no column ``user_id``.

    Example:
        >>> ratings = pd.DataFrame({"user_id": [1] * 5 + [2] * 5, "item_id": list(range(10))})
        >>> train, test = split_ratings(ratings, test_share=0.2)
        >>> test.user_id.tolist()
        [1, 2]
    """
    if not 0 <= test_share < 1:
        raise ValueError(f"test_share is {test_share}: give a share in [0, 1), such as 0.2")
    if "user_id" not in ratings:
        raise ValueError(f"ratings has the columns {list(ratings)}: a column 'user_id' is needed")
    users = pd.factorize(ratings["user_id"])[0]
    shuffled = np.lexsort((np.random.default_rng(seed).random(len(users)), users))
    counts = np.bincount(users)
    position = np.arange(len(users)) - np.repeat(np.cumsum(counts) - counts, counts)
    held_out = np.minimum(np.round(test_share * counts), counts - 1)
    is_test = np.zeros(len(users), bool)
    is_test[shuffled] = position < np.repeat(held_out, counts)
    return ratings[~is_test], ratings[is_test]
