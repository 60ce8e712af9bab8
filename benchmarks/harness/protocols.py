"""The protocols that published results were measured under: two of RecBole's, and two of others.

A: liked or not. Ratings of 3 are dropped; 8:1:1 at random over rows; pooled AUC.
B: which ten films. Ratings of 3 and more are positives; users and items with at least 10 of them; 8:1:1 at
random within each user; every film ranked but those of the user's training and validation parts; NDCG@10.
B without core: the same without the 10-core, as RecBole-GNN has it.
Strong generalisation: a tenth of the users held out whole, 80 % of their ratings told after training, the
rest judged (Liang et al. 2018, "Variational Autoencoders for Collaborative Filtering", section 4.1).
"""

import numpy as np
import pandas as pd

from dbrec.data.splits import split_ratings, split_users

FULL_SIZE = 1_000_209  # ratings of MovieLens 1M: for it the published counts must come out
CORE = 10

Parts = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


def protocol_a(ratings: pd.DataFrame, seed: int = 0) -> Parts:
    """Split the ratings without the 3s at random over rows, a tenth rounded down: train, validation, test.

    Raises:
        ValueError: If `ratings` has the size of MovieLens 1M and other than 739,012 rows are left.
    """
    kept = ratings[ratings["rating"] != 3]
    _expect(ratings, {"rows": len(kept)}, {"rows": 739_012})
    return _cut(kept, np.random.default_rng(seed).permutation(len(kept)), len(kept) // 10)


def protocol_b(ratings: pd.DataFrame, seed: int = 0) -> Parts:
    """Split the ratings of 3 and more at random within each user, 8:1:1, after the 10-core.

    Of a user's n rows validation and test get n / 10 each, rounded down, as RecBole counts them. On MovieLens
    1M 834,449 rows of 6,033 users with 3,123 items must be left; README.md says why. Else as `protocol_a`.
    """
    kept = k_core(ratings[ratings["rating"] >= 3], CORE)
    found = {"rows": len(kept), "users": kept["user_id"].nunique(), "items": kept["item_id"].nunique()}
    _expect(ratings, found, {"rows": 834_449, "users": 6_033, "items": 3_123})
    return _cut_by_user(kept, seed)


def protocol_b_without_core(ratings: pd.DataFrame, seed: int = 0) -> Parts:
    """Split the ratings of 3 and more as `protocol_b`, but keep all users and items: 836,478 rows."""
    kept = ratings[ratings["rating"] >= 3]
    _expect(ratings, {"rows": len(kept)}, {"rows": 836_478})
    return _cut_by_user(kept, seed)


def strong(ratings: pd.DataFrame, seed: int = 0) -> Parts:
    """Hold out a tenth of the users: ratings to learn from, 80 % of those users' ratings, and the rest."""
    train, new = split_users(ratings, 0.1, seed)
    told, judged = split_ratings(new, 0.2, seed)
    return train, told, judged


def k_core(ratings: pd.DataFrame, k: int) -> pd.DataFrame:
    """Drop users and items with fewer than k rows, again and again until none is left."""
    while True:
        rows = [ratings.groupby(name)[name].transform("size") for name in ("user_id", "item_id")]
        enough = (rows[0] >= k) & (rows[1] >= k)
        if enough.all():
            return ratings
        ratings = ratings[enough]


def _cut_by_user(ratings: pd.DataFrame, seed: int) -> Parts:
    users = pd.factorize(ratings["user_id"])[0]
    counts = np.bincount(users)
    order = np.lexsort((np.random.default_rng(seed).random(len(users)), users))
    position = np.empty(len(users), int)
    position[order] = np.arange(len(users)) - np.repeat(np.cumsum(counts) - counts, counts)
    return _cut(ratings, position, (counts // 10)[users])


def _cut(ratings: pd.DataFrame, position: np.ndarray, tenth) -> Parts:
    """Give the first tenth of the positions to test, the second to validation, the rest to train."""
    is_test = position < tenth
    is_validation = ~is_test & (position < 2 * tenth)
    return ratings[~is_test & ~is_validation], ratings[is_validation], ratings[is_test]


def _expect(ratings: pd.DataFrame, found: dict[str, int], expected: dict[str, int]) -> None:
    if len(ratings) == FULL_SIZE and found != expected:
        raise ValueError(
            f"the protocol leaves {found} of {len(ratings):,} ratings, and on MovieLens 1M it must leave "
            f"{expected}: give the ratings as load_movielens('ml-1m') reads them"
        )
