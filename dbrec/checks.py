"""Check what people bring before anything is learned from it."""

import numpy as np
import pandas as pd


def check_ratings(ratings: pd.DataFrame, liked_from: float, name: str = "ratings") -> None:
    """Refuse ratings that a recommender can't learn from.

    Args:
        ratings: Should have columns ``user_id``, ``item_id`` and ``rating``.
        liked_from: Lowest rating that counts as liked.
        name: What the caller calls the frame, for the message.

    Raises:
        ValueError: If a column or a value is missing, a rating isn't a finite number, a pair stands twice,
            or all ratings are liked or none is.
    """
    missing = [column for column in ("user_id", "item_id", "rating") if column not in ratings]
    if missing:
        raise ValueError(f"{name} has the columns {list(ratings)}: {missing} must be there too")
    if not pd.api.types.is_numeric_dtype(ratings["rating"]):
        raise ValueError(f"{name}['rating'] has dtype {ratings['rating'].dtype}: give numbers")
    broken = ratings[["user_id", "item_id"]].isna().any(axis=1) | ~np.isfinite(ratings["rating"])
    if broken.any():
        raise ValueError(
            f"row {ratings.index[broken].tolist()[0]!r} of {name} has a missing value: leave such rows out"
        )
    twice = ratings.duplicated(["user_id", "item_id"])
    if twice.any():
        user, item = ratings.loc[twice, ["user_id", "item_id"]].astype(object).values.tolist()[0]
        raise ValueError(f"{name} has user {user!r} with item {item!r} more than once: keep one row a pair")
    liked = ratings["rating"] >= liked_from
    if liked.all() or not liked.any():
        raise ValueError(
            f"of {len(ratings)} rows in {name}, {liked.sum()} are liked (rating >= {liked_from}): liked and "
            "not-liked ones are needed, so choose liked_from between the lowest and the highest rating"
        )


def check_length(k) -> None:
    """Refuse a length of a list that isn't a whole number of at least 1.

    Raises:
        ValueError: If it isn't.
    """
    if not isinstance(k, (int, np.integer)) or k < 1:
        raise ValueError(f"k is {k!r}: give the length of the list, a whole number of at least 1")
