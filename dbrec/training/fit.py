"""From interactions and features to a fitted model: what `HybridRecommender.fit` does once or twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from dbrec._quiet import keras, refuse_after_fork
from dbrec.features.encoder import FeatureEncoder
from dbrec.interactions import Interactions
from dbrec.scoring.biases import Biases, fit_biases
from dbrec.scoring.building import build, evidence_of
from dbrec.scoring.choice import Choice
from dbrec.scoring.model import FittedModel
from dbrec.settings import Settings
from dbrec.training.batches import position_dataset
from dbrec.training.calibrating import calibrated, hold_out
from dbrec.training.histories import Histories
from dbrec.training.loop import train
from dbrec.training.position_network import PositionNetwork, Prior
from dbrec.training.prior import LEAST, beside_unobserved, shared_taste
from dbrec.training.sampling import Negatives, NoTripletsError, TripletSampler
from dbrec.training.towers import build_predict, build_towers
from dbrec.training.watching import watch

MOST_EPOCHS = 50
FEWEST_HELD = 10  # interactions to watch
STEPS_AN_EPOCH, FEWEST_TRIPLETS = 56, 32
FEWEST_SHARE = 0.1  # of the other side's triplets, for a side to be learned from
HELD_OUT = 0.1  # of the ratings, to find the number of epochs
PRIOR = 0.5  # over the taste that people share: the less there is, the less can be learned from a rating


@dataclass(frozen=True, eq=False)
class Prepared:
    """What training starts from, here or in a job: what to learn from, encoded and with its closed form.

    What is `held` out of training is what scores are calibrated by; None where that would be too little.
    """

    settings: Settings
    interactions: Interactions
    user_encoder: FeatureEncoder
    item_encoder: FeatureEncoder
    choice: Choice
    held: Interactions | None = None

    @cached_property
    def histories(self) -> Histories | None:
        """What users rated, as an input of their tower; None without choice."""
        as_rated = self.choice.factors.as_rated
        return Histories(as_rated, self.interactions) if as_rated.shape[1] else None

    @cached_property
    def evidence(self) -> tuple[np.ndarray, np.ndarray]:
        """What the columns of the users tell, and those of the items."""
        return evidence_of(self.interactions, (self.user_encoder, self.item_encoder), self.choice)

    @cached_property
    def biases(self) -> Biases:
        """Where training starts."""
        return fit_biases(self.interactions, (self.user_encoder, self.item_encoder), self.evidence)

    @cached_property
    def samplers(self) -> dict[str, TripletSampler]:
        """Draw triplets of either side that can be an anchor.

        Of ratings: a user with any two of their ratings, an item with a liked and a lower one. Where only
        choices are known, the negative is one that wasn't chosen.
        """
        data, samplers = self.interactions, {}
        sides = {"user": (data.user_index, data.item_index), "item": (data.item_index, data.user_index)}
        for number, (side, (anchors, partners)) in enumerate(sides.items()):
            # any two ratings tell what a user prefers; who likes an item is told from who doesn't
            positive_from = self.settings.liked_from if side == "item" and data.has_disliked else None
            negatives: Negatives = "explicit" if data.has_disliked else "unobserved"
            how = positive_from, negatives, None, self.settings.seed + number, data.importance
            try:
                samplers[side] = TripletSampler(anchors, partners, data.value, *how)
            except NoTripletsError:  # of this side's anchors: the other side's may
                continue
        if not samplers:
            raise ValueError(_lacks(data, self.settings.liked_from))
        # an epoch is as long as the side of fewer triplets says: a side of next to none is left out
        most = max(map(len, samplers.values()))
        return {side: sampler for side, sampler in samplers.items() if len(sampler) >= FEWEST_SHARE * most}

    @property
    def n_positives(self) -> int:
        """Triplets an epoch, of each kind: as many as can start one of the side with fewer of them."""
        return min(map(len, self.samplers.values()))

    @cached_property
    def taste(self) -> float:
        """How well people's likings are told by those of others."""
        data = self.interactions
        if data.has_disliked:
            return shared_taste(data, self.biases, self.settings.seed)
        data = beside_unobserved(data, self.settings.seed)
        if not data.has_disliked:  # no draw was free: of few ratings nothing is known
            return LEAST
        biases = fit_biases(data, (self.user_encoder, self.item_encoder), self.evidence)
        return shared_taste(data, biases, self.settings.seed)

    def prior(self) -> Prior:
        """Draw ids back the more, the less taste is shared, and columns the more, the less they tell."""
        strength = PRIOR / self.taste / self.n_positives
        encoders = self.user_encoder, self.item_encoder
        pairs = zip(encoders, self.evidence, strict=True)
        return Prior(self.biases, [strength / encoder.in_tower(evidence) for encoder, evidence in pairs])

    def networks(self) -> tuple[PositionNetwork, keras.Model]:
        """Build the network to train and the one that scores; they share their towers."""
        s, histories, encoders = self.settings, self.histories, (self.user_encoder, self.item_encoder)
        width = histories.inputs.shape[1] if histories else 0
        towers = build_towers(*encoders, s.embedding_dim, 0.0, s.seed, width)
        users, items = (encoder.rows[: encoder.n_trained, : encoder.width] for encoder in encoders)
        network = PositionNetwork(
            *towers,
            *(users, items),
            l2=s.l2,
            histories=histories,
            prior=self.prior(),
            anchors=tuple(self.samplers),
            negatives_rated=self.interactions.has_disliked,
            name="network_train",
        )
        network.build(None)
        return network, build_predict(*towers, users.shape[1], items.shape[1])

    def model(self, network: PositionNetwork, log: pd.DataFrame) -> FittedModel:
        """Make the model that serves with what the towers are now."""
        histories = self.histories.inputs if self.histories else None
        sides = (network.user_columns, histories), (network.item_columns, None)
        towers = [np.asarray(columns.all_vectors(history)) for columns, history in sides]
        encoders = self.user_encoder, self.item_encoder
        parts = encoders, self.evidence, towers, self.choice
        return build(self.settings, self.interactions, *parts, log)

    def finished(self, network: PositionNetwork, log: pd.DataFrame) -> FittedModel:
        """Make the model of towers that are trained to the end, with probabilities, of all interactions."""
        model = self.model(network, log)
        if self.held is None:
            return model
        return calibrated(model, self.interactions, self.held, self.settings.seed)


class Trained(NamedTuple):
    """A fitted model with the networks that it came from."""

    model: FittedModel
    network_train: PositionNetwork
    network_predict: keras.Model


def prepare(settings: Settings, interactions: Interactions, users, items, calibrate: bool = True) -> Prepared:
    """Encode features and solve the closed form; the errors are those of `FeatureEncoder.fit`.

    With `calibrate` some interactions are held out of training, to turn scores into probabilities.
    """
    held = None
    if calibrate:
        interactions, held = hold_out(interactions, settings.seed)
    user_encoder = FeatureEncoder.fit(interactions.user_ids, users, "user")
    item_encoder = FeatureEncoder.fit(interactions.item_ids, items, "item")
    choice = Choice.fit(interactions, settings.choice_dim, settings.seed)
    return Prepared(settings, interactions, user_encoder, item_encoder, choice, held)


def fit_model(
    settings: Settings, interactions: Interactions, users, items, watched=None, callbacks: Sequence = ()
) -> Trained:
    """Fit a model, and find the number of epochs first where the settings leave it open.

    Features are frames or None, and `watched` the interactions to watch for early stopping, or None. Keras
    calls `callbacks` in the training that ends in the model.

    Raises:
        TypeError, ValueError: As `prepare`, if no triplet can be drawn, or training ends in numbers that
            aren't finite.
    """
    refuse_after_fork()
    epochs = settings.epochs
    if watched is None and epochs is None:
        kept, held = interactions.split(HELD_OUT, settings.seed)
        if len(held) < FEWEST_HELD:
            raise ValueError(
                f"epochs is None, and a tenth of each user's interactions is {len(held)} in all: to find the "
                f"number of epochs takes {FEWEST_HELD}, so give epochs, or validation"
            )
        log = fit_networks(
            prepare(settings, kept, users, items, calibrate=False), held, None
        ).model.training_log
        epochs = int(log["val_auc"].idxmax()) + 1
        if settings.verbose:
            print(f"best after {epochs} epochs; now on all {len(interactions):,} interactions", flush=True)
    return fit_networks(prepare(settings, interactions, users, items), watched, epochs, callbacks)


def fit_networks(
    prepared: Prepared, watched: Interactions | None, epochs: int | None, callbacks: Sequence = ()
) -> Trained:
    """Train new networks, 50 epochs at most where `epochs` is None, and make the model of them."""
    data = prepared.interactions
    if not data.has_disliked and len(data) == len(data.user_ids) * len(data.item_ids):
        raise ValueError(_lacks(data, prepared.settings.liked_from))
    prepared.taste  # noqa: B018 - its working memory is free again before the samplers stand
    settings, n_positives = prepared.settings, prepared.n_positives
    batch_size = default_batch_size(n_positives)
    network_train, network_predict = prepared.networks()
    epochs, steps = epochs or MOST_EPOCHS, -(-n_positives // batch_size)
    dataset = position_dataset(list(prepared.samplers.values()), batch_size, epochs * steps)
    validation = None if watched is None else watch(prepared, network_train, watched)
    how = settings.learning_rate, validation, settings.verbose
    history = train(network_train, dataset, steps, epochs, *how, callbacks)
    model = prepared.finished(network_train, pd.DataFrame(history.history))
    return Trained(model, network_train, network_predict)


def default_batch_size(n_positives: int) -> int:
    """Take a multiple of 32 that makes at most 56 batches an epoch.

    A step computes the vector of every id: with more steps for more data, time would grow by its square.

    Example:
        >>> default_batch_size(458_000), default_batch_size(44_000), default_batch_size(10)
        (8192, 800, 32)
    """
    return FEWEST_TRIPLETS * -(-n_positives // (FEWEST_TRIPLETS * STEPS_AN_EPOCH))


def _lacks(data: Interactions, liked_from: float) -> str:
    """Say why no triplet can be made."""
    n_users, n_items = len(data.user_ids), len(data.item_ids)
    if data.has_disliked:
        return (
            f"none of {n_users} users gave two items different ratings, and none of {n_items} items is liked "
            f"(rating >= {liked_from}) by one user and rated lower by another: give several ratings a user "
            "or an item, of different height"
        )
    return (
        f"each of {n_users} users chose each of {n_items} items, and what people like is learned from what "
        "they choose and what they don't: give several items, not chosen by all"
    )
