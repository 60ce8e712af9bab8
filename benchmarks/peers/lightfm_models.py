"""LightFM, a factorisation of ids and features."""

import numpy as np
from lightfm import LightFM
from scipy import sparse

from dbrec.features.encoder import FeatureEncoder, one_hot
from dbrec.scoring.scorer import VectorScorer


def fit_lightfm(train, users, items, liked_from, seed, loss, normalize, epochs, **params):
    """Fit LightFM on ids and features; `normalize` divides them by their number, as its Dataset does."""
    sides = FeatureEncoder.fit(train["user_id"], users), FeatureEncoder.fit(train["item_id"], items)
    tables = [_features(encoder, normalize) for encoder in sides]
    liked = (train["rating"] >= liked_from).to_numpy()
    rows = train if loss == "logistic" else train[liked]
    labels = np.where(liked, 1, -1) if loss == "logistic" else np.ones(len(rows))
    places = [
        encoder.known.get_indexer(rows[name]).astype(np.int32)
        for encoder, name in zip(sides, ("user_id", "item_id"), strict=True)
    ]
    shape = tuple(len(encoder.known) for encoder in sides)
    table = sparse.coo_matrix((labels.astype(np.float32), tuple(places)), shape)
    model = LightFM(loss=loss, random_state=seed, **params)
    model.fit(table, user_features=tables[0], item_features=tables[1], epochs=epochs, num_threads=1)
    (user_bias, user_vectors), (item_bias, item_vectors) = (
        model.get_user_representations(tables[0]),
        model.get_item_representations(tables[1]),
    )
    user_vectors = np.column_stack([user_vectors, user_bias, np.ones_like(user_bias)])
    item_vectors = np.column_stack([item_vectors, np.ones_like(item_bias), item_bias])
    # An id in neither frame has no vector and no bias; only LightFM's other side then counts.
    vectors = np.pad(user_vectors, [(0, 1), (0, 0)]), np.pad(item_vectors, [(0, 1), (0, 0)])
    vectors[0][-1, -1] = vectors[1][-1, -2] = 1
    return VectorScorer(sides[0].known, sides[1].known, *vectors, train)


def _features(encoder: FeatureEncoder, normalize: bool) -> sparse.csr_matrix:
    table = sparse.csr_matrix(one_hot(encoder, encoder.rows), dtype=np.float32)
    if normalize:
        table = sparse.diags(1 / np.maximum(table.sum(axis=1).A1, 1), dtype=np.float32) @ table
    table = sparse.csr_matrix(table)
    table.indices, table.indptr = table.indices.astype(np.int32), table.indptr.astype(np.int32)
    return table
