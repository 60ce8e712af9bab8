"""Baselines that a recommender has to beat, each as a `VectorScorer`."""

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from dbrec.checks import PAIR, finite_numbers, id_frame, number
from dbrec.features.encoder import FeatureEncoder, one_hot
from dbrec.scoring.scorer import VectorScorer


def popularity(ratings: pd.DataFrame) -> VectorScorer:
    """Score an item by how many ratings it has, the same for every user; an unknown item scores 0.

    Args:
        ratings: Training ratings: columns ``user_id`` and ``item_id``.

    Raises:
        TypeError: If it isn't a frame, or ids are neither ints nor text.
        ValueError: If there are no rows, or a column or an id is missing.
    """
    ratings = _checked(ratings)
    return _by_item(ratings, ratings.groupby("item_id").size(), unknown=0.0)


def item_mean(ratings: pd.DataFrame) -> VectorScorer:
    """Score an item by the mean of its ratings, the same for every user; an unknown one by the mean of all.

    Args:
        ratings: Training ratings: columns ``user_id``, ``item_id`` and ``rating``.

    Raises:
        TypeError, ValueError: As `popularity`, or if a rating isn't a finite number.
    """
    ratings = _checked(ratings, "rating")
    return _by_item(ratings, ratings.groupby("item_id")["rating"].mean(), ratings["rating"].mean())


def _checked(ratings: pd.DataFrame, *others: str) -> pd.DataFrame:
    ratings = id_frame(ratings, "ratings", *others)
    if ratings.empty:
        raise ValueError("ratings has no rows: give at least one")
    return ratings.assign(**{name: finite_numbers(ratings[name], "ratings") for name in others})


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
    """Fit a logistic regression on one-hot ids and features; it scores by log odds.

    A score is a number for the user plus a number for the item. So it knows how freely a user likes
    and how liked an item is, and ranks the items in the same order for everybody.

    Args:
        ratings: As `item_mean` takes them.
        users: User features, indexed by user id.
        items: Item features, indexed by item id.
        liked_from: Lowest rating that counts as liked.
        c: Inverse strength of the penalty, above 0.

    Raises:
        ValueError: As `item_mean` and `FeatureEncoder.fit`, or if all ratings are liked, or none is.
    """
    ratings = _checked(ratings, "rating")
    liked = ratings["rating"] >= number("liked_from", liked_from)
    if liked.all() or not liked.any():
        found = f"of {len(liked)} ratings, {liked.sum()} are liked (rating >= {liked_from})"
        raise ValueError(f"{found}: choose liked_from between the lowest and the highest rating")
    sides = [FeatureEncoder.fit(ratings["user_id"], users), FeatureEncoder.fit(ratings["item_id"], items)]
    tables = [one_hot(side, side.rows) for side in sides]
    parts = zip(tables, sides, PAIR, strict=True)
    design = sparse.hstack([t[side.all_ids.get_indexer(ratings[name])] for t, side, name in parts], "csr")
    model = LogisticRegression(C=number("c", c, "(0, inf)"), max_iter=300).fit(design, liked)
    weights = np.split(model.coef_[0], [tables[0].shape[1]])
    user_part, item_part = (np.append(t @ w, 0.0) for t, w in zip(tables, weights, strict=True))
    user_vectors = np.column_stack([user_part + model.intercept_[0], np.ones_like(user_part)])
    item_vectors = np.column_stack([np.ones_like(item_part), item_part])
    return VectorScorer(sides[0].all_ids, sides[1].all_ids, user_vectors, item_vectors, ratings)
