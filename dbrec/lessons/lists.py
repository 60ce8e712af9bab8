"""How each lesson has made lists so far, side by side: from what is popular to the whole model."""

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.decomposition import TruncatedSVD

from dbrec import HybridRecommender
from dbrec.data.movielens import MovieLens
from dbrec.scoring import baselines
from dbrec.scoring.scorer import VectorScorer


def by_popularity(train: pd.DataFrame, user_ids, k: int = 10) -> pd.DataFrame:
    """List what most people rated, as lesson 1 does: the same for everybody, but for what each has seen.

    Args:
        train: Ratings to learn from: columns ``user_id``, ``item_id`` and ``rating``.
        user_ids: Raw ids of those who get a list, shape (n,).
        k: Length of a list, at least 1.

    Returns:
        A frame ``user_id, rank, item_id, list_score``, ranks from 1, without the films that a user rated.
    """
    return baselines.popularity(train).recommend(user_ids, k)


def by_axes(train: pd.DataFrame, user_ids, k: int = 10, n_axes: int = 2) -> pd.DataFrame:
    """List by the dot product of positions on a few axes, as lesson 2 does.

    The axes are those of the truncated singular value decomposition of a matrix with a row per user, a
    column per film, and a 1 where the user liked the film (4 or 5 stars).

    Args:
        train: As `by_popularity` takes it; so are `user_ids`, `k` and what is returned.
        user_ids: As there.
        k: As there.
        n_axes: Number of axes, at least 1 and below the numbers of users and films.
    """
    users, items = np.unique(train["user_id"]), np.unique(train["item_id"])
    places = np.searchsorted(users, train["user_id"]), np.searchsorted(items, train["item_id"])
    liked = sparse.csr_matrix(((train["rating"] >= 4).astype(float), places), (len(users), len(items)))
    axes = TruncatedSVD(n_axes, algorithm="arpack", random_state=0).fit(liked)
    nobody = np.zeros((1, n_axes))  # whom the ratings don't know
    of_users = np.vstack([axes.transform(liked), nobody])
    of_items = np.vstack([axes.components_.T, nobody])
    return VectorScorer(users, items, of_users, of_items, train).recommend(user_ids, k)


def by_towers(data: MovieLens, train: pd.DataFrame, user_ids, k: int = 10, **settings) -> pd.DataFrame:
    """List by what people like, as lessons 6 to 8 do: two towers trained on triplets, and nothing else.

    Args:
        data: The data set, for what is known of people and films.
        train: As `by_popularity` takes it; so are `user_ids`, `k` and what is returned.
        user_ids: As there.
        k: As there.
        **settings: Of `HybridRecommender`, such as ``epochs`` or ``seed``.
    """
    return whole_model(data, train, choice_dim=0, **settings).recommend(user_ids, k)


def whole_model(data: MovieLens, train: pd.DataFrame, verbose: bool = False, **settings) -> HybridRecommender:
    """Fit the recommender on ratings, with gender, age, occupation, genres and year; settings as there."""
    recommender = HybridRecommender(verbose=verbose, **settings)
    people, films = data.users[["gender", "age_group", "occupation"]], data.movies[["genres", "year"]]
    return recommender.fit(train, people, films)


def hits(lists: pd.DataFrame, test: pd.DataFrame) -> pd.Series:
    """Count how many films of each list its user liked (4 or 5 stars) among the held-out ratings.

    Args:
        lists: Columns ``user_id`` and ``item_id``.
        test: Ratings that were held out: columns ``user_id``, ``item_id`` and ``rating``.

    Returns:
        Whole numbers, indexed by ``user_id`` in ascending order: one of each user who has a list.
    """
    liked = pd.MultiIndex.from_frame(test.loc[test["rating"] >= 4, ["user_id", "item_id"]])
    is_hit = pd.MultiIndex.from_frame(lists[["user_id", "item_id"]]).isin(liked)
    return pd.Series(is_hit.astype(int), lists["user_id"].to_numpy()).groupby(level=0).sum().rename("hits")
