"""Train the model of O. de Felice 2020, "A Deep Recommender System", to be measured beside ours."""

import numpy as np
import pandas as pd

from dbrec._quiet import keras
from dbrec.features.encoder import FeatureEncoder
from dbrec.scoring.scorer import VectorScorer
from dbrec.training.batches import triplet_dataset
from dbrec.training.layers import ScoreLayer, TripletLossLayer
from dbrec.training.losses import sigmoid_loss
from dbrec.training.sampling import TripletSampler

STEPS_AT_ONCE = 100
BATCH_SIZE = 32


def build_post_model(
    n_user_features: int,
    n_item_features: int,
    n_users: int,
    n_items: int,
    embedding_dim: int = 32,
    siamese: bool = False,
    seed: int = 0,
) -> tuple[keras.Model, keras.Model]:
    """Build the post's model as its list of layers gives it, flaws included.

    All columns of a side look up one table; the positive and the negative film pass through dense layers of
    their own, so that the loss falls without any preference learned; softmax ends each branch.

    Args:
        n_user_features: Columns of a user row (the post: 3).
        n_item_features: Flags of a movie row (the post: 18 genres).
        n_users: Rows of the users' table.
        n_items: Rows of the movies' table.
        embedding_dim: Length of the vectors in the tables and of the branches' output.
        siamese: Whether both films pass through one dense layer, ``item_dense``, as the post's words say.
        seed: Seed of the first weights.

    Returns:
        ``(network_train, network_predict)``, sharing all layers but the negative's, the loss and the score.
    """
    widths = {"user": n_user_features, "positive": n_item_features, "negative": n_item_features}
    inputs = [keras.Input((width,), dtype="int32", name=name) for name, width in widths.items()]
    user_table = _table("user_embedding", n_users, embedding_dim, seed)
    item_table = _table("item_embedding", n_items, embedding_dim, seed + 1)
    negative = _dense("item_dense" if siamese else "negative_dense", embedding_dim, seed + 4)
    positive = negative if siamese else _dense("positive_dense", embedding_dim, seed + 3)
    denses = [_dense("user_dense", embedding_dim, seed + 2), positive, negative]
    flat = [keras.layers.Flatten(name=f"{name}_flatten") for name in widths]
    parts = zip(inputs, [user_table, item_table, item_table], flat, denses, strict=True)
    ends = [dense(flatten(table(row))) for row, table, flatten, dense in parts]
    loss = TripletLossLayer(sigmoid_loss, name="triplet_loss")(ends)
    network_train = keras.Model(inputs, loss, name="post_network_train")
    score = ScoreLayer(name="score")(ends[:2])
    return network_train, keras.Model(inputs[:2], score, name="post_network_predict")


def _table(name: str, size: int, embedding_dim: int, seed: int) -> keras.layers.Layer:
    uniform = keras.initializers.RandomUniform(seed=seed)
    return keras.layers.Embedding(size, embedding_dim, embeddings_initializer=uniform, name=name)


def _dense(name: str, embedding_dim: int, seed: int) -> keras.layers.Layer:
    glorot = keras.initializers.GlorotUniform(seed=seed)
    return keras.layers.Dense(embedding_dim, "softmax", kernel_initializer=glorot, name=name)


def train_post_model(network_train: keras.Model, dataset, iterations: int = 10_000) -> np.ndarray:
    """Train with plain Adam and no validation, as the post does.

    Args:
        network_train: As `build_post_model` returns it, not yet compiled.
        dataset: Batches of triplets, from `triplet_dataset`; the post's hold 32.
        iterations: Batches to train on, a multiple of 100; another number is a ValueError.

    Returns:
        The mean loss of each 100 iterations, shape (iterations / 100,).
    """
    if iterations < 1 or iterations % STEPS_AT_ONCE:
        raise ValueError(f"iterations is {iterations}: give a multiple of {STEPS_AT_ONCE}, such as 10_000")
    # A call for each small batch would cost more than its step.
    network_train.compile("adam", jit_compile=False, steps_per_execution=STEPS_AT_ONCE)
    steps = {"steps_per_epoch": STEPS_AT_ONCE, "epochs": iterations // STEPS_AT_ONCE}
    return np.array(network_train.fit(dataset, **steps, verbose=0, shuffle=False).history["loss"])


def fit_post_model(
    ratings: pd.DataFrame,
    users: pd.DataFrame,
    items: pd.DataFrame,
    liked_from: float = 4,
    iterations: int = 10_000,
    seed: int = 0,
) -> VectorScorer:
    """Fit the post's model in its Siamese form, both films through one dense layer, by batches of 32.

    It knows users and items by their features alone, so that all who share them are one to it; it scores all
    ids in `users` and `items`.

    Args:
        ratings: Training ratings: columns ``user_id``, ``item_id`` and ``rating``.
        users: Categorical user features, indexed by user id.
        items: One column of tuples of categories, such as genres, indexed by item id.
        liked_from: Lowest rating that counts as liked.
        iterations: Batches to train on, a multiple of 100.
        seed: Seed of the first weights and of the draws.
    """
    encoders = FeatureEncoder.fit(ratings["user_id"], users), FeatureEncoder.fit(ratings["item_id"], items)
    user_rows, item_rows = (encoder(encoder.trained_ids)[:, 1:] for encoder in encoders)
    user_index = encoders[0].trained_ids.get_indexer(ratings["user_id"])
    item_index = encoders[1].trained_ids.get_indexer(ratings["item_id"])
    sampler = TripletSampler(user_index, item_index, ratings["rating"] >= liked_from, seed=seed)
    # The post's tables have a row an id. No code reaches beyond these rows, and Adam would step through all.
    n_users, n_items = (int(encoder.rows[:, 1:].max()) + 1 for encoder in encoders)
    widths = user_rows.shape[1], item_rows.shape[1]
    network_train, network_predict = build_post_model(*widths, n_users, n_items, siamese=True, seed=seed)
    batches = triplet_dataset([sampler], [(user_rows, item_rows)], BATCH_SIZE)
    train_post_model(network_train, batches, iterations)
    user_vectors = _vectors(network_predict, 0, "user_dense", encoders[0])
    item_vectors = _vectors(network_predict, 1, "item_dense", encoders[1])
    order = np.argsort(encoders[1].all_ids)  # films of the same genres tie: the lowest id comes first
    item_ids, item_vectors = encoders[1].all_ids[order], item_vectors[[*order, -1]]
    return VectorScorer(encoders[0].all_ids, item_ids, user_vectors, item_vectors, ratings)


def _vectors(network: keras.Model, place: int, layer: str, encoder: FeatureEncoder) -> np.ndarray:
    """Compute the vectors of all known ids, and of an unknown one last."""
    branch = keras.Model(network.inputs[place], network.get_layer(layer).output)
    rows = np.vstack([encoder.rows, np.zeros_like(encoder.rows[:1])])[:, 1:]
    return np.asarray(branch(rows))
