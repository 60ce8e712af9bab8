"""Baselines that a recommender has to beat, each as a `VectorScorer`."""

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from dbrec.features.encoder import FeatureEncoder, one_hot
from dbrec.scoring.scorer import VectorScorer


def popularity(ratings: pd.DataFrame) -> VectorScorer:
    """Score an item by how many ratings it has, the same for every user.

    Args:
        ratings: Training ratings: columns ``user_id`` and ``item_id``.

    Returns:
        A scorer; an unknown item scores 0.
    """
    return _by_item(ratings, ratings.groupby("item_id").size(), unknown=0.0)


def item_mean(ratings: pd.DataFrame) -> VectorScorer:
    """Score an item by the mean of its ratings, the same for every user.

    Args:
        ratings: Training ratings: columns ``user_id``, ``item_id`` and ``rating``.

    Returns:
        A scorer; an unknown item scores the mean of all ratings.
    """
    return _by_item(ratings, ratings.groupby("item_id")["rating"].mean(), ratings["rating"].mean())


def _by_item(ratings: pd.DataFrame, scores: pd.Series, unknown: float) -> VectorScorer:
    users = np.unique(ratings["user_id"])
    item_vectors = np.append(scores.to_numpy(float), unknown)[:, None]
    return VectorScorer(users, scores.index, np.ones((len(users) + 1, 1)), item_vectors, ratings)


def logistic_regression(
    ratings: pd.DataFrame,
    users: pd.DataFrame | None = None,
    items: pd.DataFrame | None = None,
    liked_from: float = 4,
    c: float = 0.3,
) -> VectorScorer:
    """Fit a logistic regression on one-hot ids and features.

    Its score is a number for the user plus a number for the item. So it knows how freely a user likes
    and how liked an item is, and ranks the items in the same order for everybody.

    Args:
        ratings: Training ratings: columns ``user_id``, ``item_id`` and ``rating``.
        users: User features, indexed by user id.
        items: Item features, indexed by item id.
        liked_from: Lowest rating that counts as liked.
        c: Inverse strength of the penalty.

    Returns:
        A scorer of log odds.
    """
    sides = [
        FeatureEncoder.fit(ratings["user_id"], users),
        FeatureEncoder.fit(ratings["item_id"], items),
    ]
    tables = [one_hot(encoder, encoder.rows) for encoder in sides]
    places = [
        sides[0].all_ids.get_indexer(ratings["user_id"]),
        sides[1].all_ids.get_indexer(ratings["item_id"]),
    ]
    design = sparse.hstack([table[place] for table, place in zip(tables, places, strict=True)], "csr")
    model = LogisticRegression(C=c, max_iter=300).fit(design, ratings["rating"] >= liked_from)
    weights = np.split(model.coef_[0], [tables[0].shape[1]])
    user_part, item_part = (np.append(t @ w, 0.0) for t, w in zip(tables, weights, strict=True))
    user_vectors = np.stack([user_part + model.intercept_[0], np.ones_like(user_part)], axis=1)
    item_vectors = np.stack([np.ones_like(item_part), item_part], axis=1)
    return VectorScorer(sides[0].all_ids, sides[1].all_ids, user_vectors, item_vectors, ratings)
