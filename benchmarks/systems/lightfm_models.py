"""LightFM, a factorisation of ids and features."""

import numpy as np
import pandas as pd
from lightfm import LightFM
from scipy import sparse

from benchmarks.systems.baselines import LogOddsScorer, without_words
from dbrec.features.encoder import FeatureEncoder, one_hot
from dbrec.scoring.scorer import VectorScorer


def fit_lightfm(train, users, items, liked_from, seed, loss, normalize, epochs, words=True, **params):
    """Fit LightFM on ids and features; `normalize` divides them by their number, as its Dataset does."""
    sides = Sides(train, users, without_words(items, words), normalize)
    liked = (train["rating"] >= liked_from).to_numpy()
    rows = train if loss == "logistic" else train[liked]
    labels = np.where(liked, 1, -1) if loss == "logistic" else np.ones(len(rows))
    model = LightFM(loss=loss, random_state=seed, **params)
    model.fit(sides.table(rows, labels), **sides.features, epochs=epochs, num_threads=1)
    user_bias, user_vectors = model.get_user_representations(sides.features["user_features"])
    item_bias, item_vectors = model.get_item_representations(sides.features["item_features"])
    user_vectors = np.column_stack([user_vectors, user_bias, np.ones_like(user_bias)])
    item_vectors = np.column_stack([item_vectors, np.ones_like(item_bias), item_bias])
    # An id in neither frame has no vector and no bias; only LightFM's other side then counts.
    vectors = np.pad(user_vectors, [(0, 1), (0, 0)]), np.pad(item_vectors, [(0, 1), (0, 0)])
    vectors[0][-1, -1] = vectors[1][-1, -2] = 1
    kind = LogOddsScorer if loss == "logistic" else VectorScorer
    return kind(*sides.ids, *vectors, train)


class Sides:
    """Hold the ids of users and of films, and their features as LightFM takes them."""

    def __init__(self, train: pd.DataFrame, users: pd.DataFrame, items: pd.DataFrame, normalize: bool):
        encoders = FeatureEncoder.fit(train["user_id"], users), FeatureEncoder.fit(train["item_id"], items)
        self.ids = [encoder.all_ids for encoder in encoders]
        tables = [_features(one_hot(encoder, encoder.rows), normalize) for encoder in encoders]
        self.features = dict(zip(("user_features", "item_features"), tables, strict=True))

    def table(self, rows: pd.DataFrame, labels: np.ndarray) -> sparse.coo_matrix:
        """Make the table of users and films with the labels of some ratings."""
        names = zip(self.ids, ("user_id", "item_id"), strict=True)
        places = tuple(ids.get_indexer(rows[name]).astype(np.int32) for ids, name in names)
        return sparse.coo_matrix((labels.astype(np.float32), places), tuple(map(len, self.ids)))


def _features(one_hot_rows: sparse.csr_matrix, normalize: bool) -> sparse.csr_matrix:
    table = sparse.csr_matrix(one_hot_rows, dtype=np.float32)
    if normalize:
        table = sparse.diags(1 / np.maximum(table.sum(axis=1).A1, 1), dtype=np.float32) @ table
    table = sparse.csr_matrix(table)
    table.indices, table.indptr = table.indices.astype(np.int32), table.indptr.astype(np.int32)
    return table
