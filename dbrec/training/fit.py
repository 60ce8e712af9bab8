"""From interactions and features to a fitted model: what `HybridRecommender.fit` does once or twice."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from dbrec._quiet import keras, refuse_after_fork
from dbrec.checks import positions
from dbrec.evaluation.auc import auc_per_user
from dbrec.features.encoder import FeatureEncoder
from dbrec.interactions import Interactions
from dbrec.scoring.choice import Choice
from dbrec.scoring.model import FittedModel
from dbrec.scoring.served_vectors import tower_rows
from dbrec.settings import Settings
from dbrec.training.batches import position_dataset
from dbrec.training.histories import Histories
from dbrec.training.loop import ValidationAUC, train
from dbrec.training.position_network import PositionNetwork
from dbrec.training.sampling import TripletSampler
from dbrec.training.towers import build_predict, build_towers

MOST_EPOCHS = 50
STEPS_AN_EPOCH, FEWEST_TRIPLETS = 56, 32
HELD_OUT = 0.1  # of the ratings, to find the number of epochs


@dataclass(frozen=True, eq=False)
class Prepared:
    """What training starts from, here or in a job: what to learn from, encoded and with its closed form."""

    settings: Settings
    interactions: Interactions
    user_encoder: FeatureEncoder
    item_encoder: FeatureEncoder
    choice: Choice

    @cached_property
    def histories(self) -> Histories | None:
        """What users rated, as an input of their tower; None without choice."""
        as_rated = self.choice.factors.as_rated
        return Histories(as_rated, self.interactions) if as_rated.shape[1] else None

    def samplers(self) -> list[TripletSampler]:
        """Draw users' triplets from any two of their ratings, items' from a liked rating and a lower one."""
        data, seed, liked_from = self.interactions, self.settings.seed, self.settings.liked_from
        _refuse_poor(data, liked_from)
        return [
            TripletSampler(data.user_index, data.item_index, data.value, seed=seed),
            TripletSampler(data.item_index, data.user_index, data.value, liked_from, seed=seed + 1),
        ]

    def networks(self) -> tuple[PositionNetwork, keras.Model]:
        """Build the network to train and the one that scores; they share their towers."""
        s, histories, encoders = self.settings, self.histories, (self.user_encoder, self.item_encoder)
        width = histories.inputs.shape[1] if histories else 0
        towers = build_towers(*encoders, s.embedding_dim, s.dropout, s.seed, width, s.members)
        users, items = (encoder.rows[: encoder.n_trained, : encoder.width] for encoder in encoders)
        network = PositionNetwork(*towers, users, items, s.l2, histories=histories, name="network_train")
        return network, build_predict(*towers, users.shape[1], items.shape[1])

    def model(self, network: PositionNetwork, log: pd.DataFrame) -> FittedModel:
        """Make the model that serves with what the towers are now."""
        histories = self.histories.inputs if self.histories else None
        users, items = network.user_columns, network.item_columns
        towers = []
        for side, columns, history in (("user", users, histories), ("item", items, None)):
            parts = columns.tower.tastes_and_biases(columns.rows, history)
            towers.append(tower_rows(side, *(np.asarray(part) for part in parts)))
        encoders = self.user_encoder, self.item_encoder
        return FittedModel.build(self.settings, self.interactions, encoders, towers, self.choice, log)


class Trained(NamedTuple):
    """A fitted model with the networks that it came from."""

    model: FittedModel
    network_train: PositionNetwork
    network_predict: keras.Model


def prepare(settings: Settings, interactions: Interactions, users, items) -> Prepared:
    """Encode features and solve the closed form; the errors are those of `FeatureEncoder.fit`."""
    user_encoder = FeatureEncoder.fit(interactions.user_ids, users, "user")
    item_encoder = FeatureEncoder.fit(interactions.item_ids, items, "item")
    choice = Choice.fit(interactions, settings.history_dim, settings.seed)
    return Prepared(settings, interactions, user_encoder, item_encoder, choice)


def fit_model(settings: Settings, interactions: Interactions, users, items, watched=None) -> Trained:
    """Fit a model, and find the number of epochs first where the settings leave it open.

    Features are frames or None, and `watched` the interactions to watch for early stopping, or None.

    Raises:
        TypeError, ValueError: As `prepare`, if no triplet can be drawn, or training ends in numbers that
            aren't finite.
    """
    refuse_after_fork()
    epochs = settings.epochs
    if watched is None and epochs is None:
        kept, held = interactions.split(HELD_OUT, settings.seed)
        log = fit_networks(prepare(settings, kept, users, items), held, None).model.training_log
        epochs = int(log["val_auc"].idxmax()) + 1
        if settings.verbose:
            print(f"best after {epochs} epochs; now on all {len(interactions):,} ratings", flush=True)
    return fit_networks(prepare(settings, interactions, users, items), watched, epochs)


def fit_networks(prepared: Prepared, watched: Interactions | None, epochs: int | None) -> Trained:
    """Train new networks, 50 epochs at most where `epochs` is None, and make the model of them."""
    settings, samplers = prepared.settings, prepared.samplers()
    batch_size = settings.batch_size or default_batch_size(len(samplers[1]))
    network_train, network_predict = prepared.networks()
    dataset = position_dataset(samplers, batch_size, settings.members)
    steps = -(-len(samplers[1]) // batch_size)
    validation = None if watched is None else _watch(prepared, network_train, watched)
    how = settings.learning_rate, validation, settings.verbose
    history = train(network_train, dataset, steps, epochs or MOST_EPOCHS, *how)
    model = prepared.model(network_train, pd.DataFrame(history.history))
    return Trained(model, network_train, network_predict)


def default_batch_size(n_positives: int) -> int:
    """Take a multiple of 32 that makes at most 56 batches an epoch.

    A step computes the vector of every id: with more steps for more data, time would grow by its square.

    Example:
        >>> default_batch_size(458_000), default_batch_size(44_000), default_batch_size(10)
        (8192, 800, 32)
    """
    return FEWEST_TRIPLETS * -(-n_positives // (FEWEST_TRIPLETS * STEPS_AN_EPOCH))


def _watch(prepared: Prepared, network: PositionNetwork, watched: Interactions) -> ValidationAUC:
    """Watch the score that is served, by the model that the towers would make now."""
    users, items = watched.user_ids[watched.user_index], watched.item_ids[watched.item_index]
    # these refuse before, not after, an epoch
    positions(prepared.user_encoder.trained_ids, watched.user_ids, "validation['user_id']")
    positions(prepared.item_encoder.trained_ids, watched.item_ids, "validation['item_id']")
    auc_per_user(watched.user_index, watched.liked, np.zeros(len(watched)))

    def score() -> np.ndarray:
        return prepared.model(network, pd.DataFrame()).scorer.score(users, items)

    return ValidationAUC(score, watched.user_index, watched.liked)


def _refuse_poor(data: Interactions, liked_from: float) -> None:
    """Refuse ratings of which no triplet of either kind can be made, and say what they lack."""
    by_user, by_item = (pd.Series(data.value).groupby(side) for side in (data.user_index, data.item_index))
    if not (by_user.max() > by_user.min()).any():
        raise ValueError(
            f"none of {len(data.user_ids)} users gave two items different ratings, and what people like is "
            "learned from what they rate higher and lower: give several ratings a user, of different height"
        )
    highest = by_item.max()
    if not ((highest > by_item.min()) & (highest >= liked_from)).any():
        raise ValueError(
            f"none of {len(data.item_ids)} items is liked by one user and rated lower by another, and from "
            "such pairs is learned how liked it is: give several ratings an item, or another liked_from"
        )
