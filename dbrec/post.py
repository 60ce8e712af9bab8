"""Train the post's model in the post's setting, to be measured beside ours."""

import numpy as np
import pandas as pd

from dbrec._quiet import keras
from dbrec.encoding import FeatureEncoder
from dbrec.models import build_post_model
from dbrec.sampling import TripletSampler, triplet_dataset
from dbrec.scoring import VectorScorer

STEPS_AT_ONCE = 100
BATCH_SIZE = 32


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
    rows = [encoder(encoder.ids)[:, 1:] for encoder in encoders]
    places = [
        encoder.ids.get_indexer(ratings[name])
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
    return VectorScorer(encoders[0].known, encoders[1].known, *vectors, ratings)


def _vectors(network: keras.Model, place: int, layer: str, encoder: FeatureEncoder) -> np.ndarray:
    """Compute the vectors of all known ids, and of an unknown one last."""
    branch = keras.Model(network.inputs[place], network.get_layer(layer).output)
    rows = np.vstack([encoder.rows, np.zeros_like(encoder.rows[:1])])[:, 1:]
    return np.asarray(branch(rows))
