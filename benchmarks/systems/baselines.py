"""The peers that need no library of their own, and what those with one share.

Each library has a module of its own: a process that measures one must not hold the memory of the others.
"""

import numpy as np
import pandas as pd
from scipy import sparse

from dbrec.scoring.baselines import item_mean, logistic_regression, popularity
from dbrec.scoring.scorer import VectorScorer


def fit_simple(train, users, items, liked_from, seed, kind, **params):
    """Fit popularity, the mean rating, or a logistic regression on ids, alone or with features."""
    if kind == "popularity":
        return popularity(train)
    if kind == "mean":
        return item_mean(train)
    features = {"features": (users, items), "ids": (None, None)}[kind]  # protocol A's published row has none
    return logistic_regression(train, *features, liked_from, **params)


def fit_ease(train, users, items, liked_from, seed, l2, positive_from):
    """Solve EASE (Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data", algorithm 1)."""
    catalogue = Catalogue(train)
    table = catalogue.positives(train, positive_from)
    gram = (table.T @ table).toarray().astype(np.float64)
    gram[np.diag_indices_from(gram)] += l2
    inverse = np.linalg.inv(gram)
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return catalogue.scorer(table.toarray(), weights.T)


class Catalogue:
    """Hold the ids of the training ratings, by whose positions a library knows users and items."""

    def __init__(self, train: pd.DataFrame):
        self.train = train
        self.users, self.items = (pd.Index(np.unique(train[name])) for name in ("user_id", "item_id"))

    def places(self, rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Find the positions of users and items."""
        return self.users.get_indexer(rows["user_id"]), self.items.get_indexer(rows["item_id"])

    def positives(self, rows: pd.DataFrame, positive_from: float) -> sparse.csr_array:
        """Make the table of users and items with a 1 where the rating is at least `positive_from`."""
        rows = rows[rows["rating"] >= positive_from]
        shape = len(self.users), len(self.items)
        return sparse.csr_array((np.ones(len(rows), np.float32), self.places(rows)), shape)

    def scorer(self, user_vectors, item_vectors) -> VectorScorer:
        """Make a scorer of vectors in the order of the ids; an unknown id scores 0."""
        vectors = [np.pad(part, [(0, 1), (0, 0)]) for part in (user_vectors, item_vectors)]
        return VectorScorer(self.users, self.items, *vectors, self.train)
