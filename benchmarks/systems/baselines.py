"""The peers that need no library of their own, and what those with one share.

Each library has a module of its own: a process that measures one must not hold the memory of the others.
"""

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import expit
from sklearn.linear_model import Ridge

from dbrec.features.encoder import FeatureEncoder
from dbrec.scoring.baselines import item_mean, logistic_regression, popularity
from dbrec.scoring.scorer import VectorScorer

GROUPS = {
    "gender": ["gender"],
    "age": ["age_group"],
    "occupation": ["occupation"],
    "gender and age": ["gender", "age_group"],
}


class LogOddsScorer(VectorScorer):
    """A scorer whose scores are log odds, so that it tells probabilities, too."""

    def probability(self, user_ids, item_ids) -> np.ndarray:
        """Tell how likely each pair is liked."""
        return expit(self.score(user_ids, item_ids))


def fit_simple(train, users, items, liked_from, seed, kind):
    """Fit popularity or the mean rating."""
    return {"popularity": popularity, "mean": item_mean}[kind](train)


def fit_logistic(train, users, items, liked_from, seed, c, with_features=True, words=True):
    """Fit a logistic regression on ids, alone (as protocol A's published row) or with features."""
    features = (users, without_words(items, words)) if with_features else (None, None)
    scorer = logistic_regression(train, *features, liked_from, c)
    scorer.__class__ = LogOddsScorer
    return scorer


def fit_group_popularity(train, users, items, liked_from, seed, by, prior):
    """Score an item by its share of the ratings of a user's group, drawn to its share of all ratings.

    `prior` is how many ratings of everybody count as much as the group's own.
    """
    catalogue = Catalogue(train)
    features = users[GROUPS[by]].astype(str).agg(" ".join, axis=1)
    groups, names = pd.factorize(features, sort=True)
    group_of = pd.Series(groups, users.index)
    counts = np.zeros((len(names), len(catalogue.items)))
    np.add.at(counts, (group_of.loc[train["user_id"]], catalogue.items.get_indexer(train["item_id"])), 1)
    everybody = counts.sum(axis=0) / counts.sum()
    shares = (counts + prior * everybody) / (counts.sum(axis=1, keepdims=True) + prior)
    members = np.eye(len(names))[groups]
    return _scorer(users.index, catalogue.items, members, shares.T, train)


def fit_feature_ridge(train, users, items, liked_from, seed, l2):
    """Regress rows of liked items on what is known of users, by ridge regression."""
    catalogue = Catalogue(train)
    encoder = FeatureEncoder.fit(train["user_id"], users)
    features = encoder.features_of(encoder.rows)
    known = encoder.all_ids.get_indexer(catalogue.users)
    rows = catalogue.positives(train, liked_from).toarray()
    ridge = Ridge(l2).fit(features[known], rows)
    user_vectors = np.column_stack([features.toarray(), np.ones(features.shape[0])])
    return _scorer(
        encoder.all_ids,
        catalogue.items,
        user_vectors,
        np.column_stack([ridge.coef_, ridge.intercept_]),
        train,
    )


def without_words(items: pd.DataFrame, words: bool) -> pd.DataFrame:
    """Leave out titles, unless their words are wanted."""
    return items if words else items.drop(columns="title")


class Catalogue:
    """Hold the ids of ratings, by whose positions a library knows users and items."""

    def __init__(self, train: pd.DataFrame, later: pd.DataFrame | None = None):
        self.seen = train if later is None else pd.concat([train, later])
        self.users, self.items = (
            pd.Index(np.unique(self.seen["user_id"])),
            pd.Index(np.unique(train["item_id"])),
        )

    def places(self, rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Find the positions of users and items."""
        return self.users.get_indexer(rows["user_id"]), self.items.get_indexer(rows["item_id"])

    def positives(self, rows: pd.DataFrame, positive_from: float, low_weight: float = 0) -> sparse.csr_matrix:
        """Make the table of users and items: 1 for ratings from `positive_from` on, else `low_weight`."""
        rows = rows[rows["item_id"].isin(self.items)]
        weights = np.where(rows["rating"] >= positive_from, 1, low_weight)
        shape = len(self.users), len(self.items)
        table = sparse.csr_matrix((weights, self.places(rows)), shape)
        table.eliminate_zeros()
        return table

    def scorer(self, user_vectors, item_vectors) -> VectorScorer:
        """Make a scorer of vectors in the order of the ids; an unknown id scores 0."""
        return _scorer(self.users, self.items, user_vectors, item_vectors, self.seen)


def positive_from(positives: str, liked_from: float) -> float:
    """Give the lowest rating that counts as a positive: of the ``"liked"`` ones, or of ``"all"``."""
    return {"liked": liked_from, "all": -np.inf}[positives]


def _scorer(user_ids, item_ids, user_vectors, item_vectors, seen) -> VectorScorer:
    vectors = [np.pad(part, [(0, 1), (0, 0)]).astype(np.float32) for part in (user_vectors, item_vectors)]
    return VectorScorer(user_ids, item_ids, *vectors, seen)
