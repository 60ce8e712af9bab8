"""Train the post's model in the post's setting, to be measured beside ours."""

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
    their own, so that the network isn't Siamese; softmax ends each branch; the loss is ``1 - sigmoid``.

    Args:
        n_user_features: Columns of a user row (the post: 3).
        n_item_features: Flags of a movie row (the post: 18 genres).
        n_users: Rows of the users' table.
        n_items: Rows of the movies' table.
        embedding_dim: Length of the vectors in the tables and of the branches' output.
        siamese: Whether both films pass through one dense layer, ``item_dense``, as the post's words say;
            its list of layers gives each its own, and then the loss falls without any preference learned.
        seed: Seed of the first weights.

    Returns:
        ``(network_train, network_predict)``, sharing all layers but the negative's own, the loss and the
        score. The first has 3 InputLayer, 2 Embedding, 3 Flatten, 3 Dense (`siamese`: 2) and 1
        TripletLossLayer.

    Source:
        O. de Felice 2020, "A Deep Recommender System".
    """
    layers, initializers = keras.layers, keras.initializers
    user = keras.Input((n_user_features,), dtype="int32", name="user")
    positive = keras.Input((n_item_features,), dtype="int32", name="positive")
    negative = keras.Input((n_item_features,), dtype="int32", name="negative")
    tables = {
        name: layers.Embedding(
            size,
            embedding_dim,
            embeddings_initializer=initializers.RandomUniform(seed=seed + i),
            name=name,
        )
        for i, (name, size) in enumerate([("user_embedding", n_users), ("item_embedding", n_items)])
    }
    films = ["item", "item"] if siamese else ["positive", "negative"]
    first = {name: initializers.GlorotUniform(seed=seed + 2 + i) for i, name in enumerate(["user", *films])}
    denses = {
        name: layers.Dense(embedding_dim, "softmax", kernel_initializer=first[name], name=f"{name}_dense")
        for name in first
    }

    def branch(row, table, name, dense):
        return denses[dense](layers.Flatten(name=f"{name}_flatten")(tables[table](row)))

    a = branch(user, "user_embedding", "user", "user")
    p = branch(positive, "item_embedding", "positive", films[0])
    n = branch(negative, "item_embedding", "negative", films[1])
    loss = TripletLossLayer(sigmoid_loss, name="triplet_loss")([a, p, n])
    network_train = keras.Model([user, positive, negative], loss, name="post_network_train")
    score = ScoreLayer(name="score")([a, p])
    return network_train, keras.Model([user, positive], score, name="post_network_predict")


def train_post_model(network_train: keras.Model, dataset, iterations: int = 10_000) -> np.ndarray:
    """Train with plain Adam and no validation, as the post does.

    Args:
        network_train: As `build_post_model` returns it, not yet compiled.
        dataset: Batches of triplets, from `triplet_dataset`; the post's hold 32.
        iterations: Batches to train on, a multiple of 100.

    Returns:
        The mean loss of each 100 iterations, shape (iterations / 100,).

    Raises:
        ValueError: If `iterations` isn't a multiple of 100.
    """
    if iterations < 1 or iterations % STEPS_AT_ONCE:
        raise ValueError(f"iterations is {iterations}: give a multiple of {STEPS_AT_ONCE}, such as 10_000")
    # A call for each small batch would cost more than its step.
    network_train.compile("adam", jit_compile=False, steps_per_execution=STEPS_AT_ONCE)
    epochs = iterations // STEPS_AT_ONCE
    history = network_train.fit(
        dataset, steps_per_epoch=STEPS_AT_ONCE, epochs=epochs, verbose=0, shuffle=False
    )
    return np.array(history.history["loss"])


def fit_post_model(
    ratings: pd.DataFrame,
    users: pd.DataFrame,
    items: pd.DataFrame,
    liked_from: float = 4,
    iterations: int = 10_000,
    seed: int = 0,
) -> VectorScorer:
    """Fit the post's model in its Siamese form, both films through one dense layer, by batches of 32.

    It knows users and items by their features alone, so that all who share them are one to it.

    Args:
        ratings: Training ratings: columns ``user_id``, ``item_id`` and ``rating``.
        users: Categorical user features, indexed by user id.
        items: One column of tuples of categories, such as genres, indexed by item id.
        liked_from: Lowest rating that counts as liked.
        iterations: Batches to train on, a multiple of 100.
        seed: Seed of the first weights and of the draws.

    Returns:
        A scorer of all ids in `users` and `items`.

    Raises:
        ValueError: As `train_post_model`, `FeatureEncoder.fit` and `TripletSampler`.
    """
    encoders = FeatureEncoder.fit(ratings["user_id"], users), FeatureEncoder.fit(ratings["item_id"], items)
    rows = [encoder(encoder.trained_ids)[:, 1:] for encoder in encoders]
    places = [
        encoder.trained_ids.get_indexer(ratings[name])
        for encoder, name in zip(encoders, ["user_id", "item_id"], strict=True)
    ]
    sampler = TripletSampler(*places, ratings["rating"] >= liked_from, seed=seed)
    # The post's tables have a row an id. No code reaches beyond these rows, and Adam would step through all.
    table_rows = [int(encoder.rows[:, 1:].max()) + 1 for encoder in encoders]
    sizes = [part.shape[1] for part in rows] + table_rows
    network_train, network_predict = build_post_model(*sizes, siamese=True, seed=seed)
    train_post_model(network_train, triplet_dataset([sampler], [rows], BATCH_SIZE), iterations)
    vectors = [
        _vectors(network_predict, place, name, encoder)
        for place, (name, encoder) in enumerate(zip(["user_dense", "item_dense"], encoders, strict=True))
    ]
    return VectorScorer(encoders[0].all_ids, encoders[1].all_ids, *vectors, ratings)


def _vectors(network: keras.Model, place: int, layer: str, encoder: FeatureEncoder) -> np.ndarray:
    """Compute the vectors of all known ids, and of an unknown one last."""
    branch = keras.Model(network.inputs[place], network.get_layer(layer).output)
    rows = np.vstack([encoder.rows, np.zeros_like(encoder.rows[:1])])[:, 1:]
    return np.asarray(branch(rows))
