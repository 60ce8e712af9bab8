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
    _check(ratings, "user_id", test_share)
    users = pd.factorize(ratings["user_id"])[0]
    shuffled = np.lexsort((np.random.default_rng(seed).random(len(users)), users))
    counts = np.bincount(users)
    position = np.arange(len(users)) - np.repeat(np.cumsum(counts) - counts, counts)
    held_out = np.minimum(np.round(test_share * counts), counts - 1)
    is_test = np.zeros(len(users), bool)
    is_test[shuffled] = position < np.repeat(held_out, counts)
    return ratings[~is_test], ratings[is_test]


def split_users(
    ratings: pd.DataFrame, test_share: float = 0.1, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Hold out all ratings of a random share of the users: in the test part everybody is new.

    Of n users, ``round(test_share * n)`` go to the test part, and at least one goes to either part.

    Args:
        ratings: One row a rating, with a column ``user_id``; any index.
        test_share: Share of the users to hold out, in (0, 1).
        seed: Seed of the draw: the same seed and the same users give the same split.

    Returns:
        ``(train, test)``: both with the columns, the order and the index labels of `ratings`.

    Raises:
        ValueError: If `test_share` isn't in (0, 1), there is no column ``user_id``, or fewer than two users.

    Example:
        >>> ratings = pd.DataFrame({"user_id": [1, 1, 2, 2, 3], "item_id": [7, 8, 7, 9, 7]})
        >>> train, test = split_users(ratings, test_share=0.3)
        >>> train.user_id.nunique(), test.user_id.nunique()
        (2, 1)
    """
    return _split_ids(ratings, "user_id", test_share, seed)


def split_items(
    ratings: pd.DataFrame, test_share: float = 0.1, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Hold out all ratings of a random share of the items: in the test part every item is new.

    Of n items, ``round(test_share * n)`` go to the test part, and at least one goes to either part.

    Args:
        ratings: One row a rating, with a column ``item_id``; any index.
        test_share: Share of the items to hold out, in (0, 1).
        seed: Seed of the draw: the same seed and the same items give the same split.

    Returns:
        ``(train, test)``: both with the columns, the order and the index labels of `ratings`. A user may be
        in one of them only.

    Raises:
        ValueError: If `test_share` isn't in (0, 1), there is no column ``item_id``, or fewer than two items.

    Example:
        >>> ratings = pd.DataFrame({"user_id": [1, 1, 2, 2, 3], "item_id": [7, 8, 7, 9, 7]})
        >>> train, test = split_items(ratings, test_share=0.3)
        >>> train.item_id.nunique(), test.item_id.nunique()
        (2, 1)
    """
    return _split_ids(ratings, "item_id", test_share, seed)


def _check(ratings: pd.DataFrame, column: str, test_share: float) -> None:
    if not 0 <= test_share < 1:
        raise ValueError(f"test_share is {test_share}: give a share in [0, 1), such as 0.2")
    if column not in ratings:
        raise ValueError(f"ratings has the columns {list(ratings)}: a column {column!r} is needed")


def _split_ids(
    ratings: pd.DataFrame, column: str, test_share: float, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    _check(ratings, column, test_share)
    if test_share == 0:
        raise ValueError(
            "test_share is 0, and at least one id is held out: give a share in (0, 1), such as 0.1"
        )
    ids = np.sort(ratings[column].unique())
    if len(ids) < 2:
        raise ValueError(f"column {column!r} holds {len(ids)} ids: at least 2 are needed, one for each part")
    held_out = np.clip(round(test_share * len(ids)), 1, len(ids) - 1)
    is_test = ratings[column].isin(np.random.default_rng(seed).permutation(ids)[:held_out])
    return ratings[~is_test], ratings[is_test]
