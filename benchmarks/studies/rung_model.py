"""Models made of the parts that the ladder of lesson 12 compares, down to those we left behind."""

from dataclasses import dataclass, replace
from math import gcd

import numpy as np

from benchmarks.harness.tasks import Task
from dbrec._quiet import keras, tf
from dbrec.interactions import Interactions
from dbrec.scoring.building import build
from dbrec.scoring.model import FittedModel
from dbrec.scoring.scorer import VectorScorer
from dbrec.scoring.served_vectors import LIKING_WEIGHT
from dbrec.settings import Settings
from dbrec.training import batches, losses
from dbrec.training.fit import Prepared, default_batch_size, prepare
from dbrec.training.layers import FeatureTower
from dbrec.training.loop import DenseAdam, averaged_adam
from dbrec.training.position_network import PositionNetwork, Prior
from dbrec.training.sampling import RatedTriplets, TripletSampler

EPOCHS = Settings.epochs
HIDDEN = 128  # units of a hidden layer
MOST_STEPS_A_CALL = 64
LOSSES = {"1 - sigmoid": losses.sigmoid_loss, "log sigmoid": losses.bpr_loss}


@dataclass(frozen=True)
class Parts:
    """What a model is made of; the defaults are those of the post's."""

    model: str = "of parts"  # or "shipped"; or of that one part alone: "biases", "liking", "choice"
    tower: str = "shared table"  # or "columns apart", "sums"
    large_batches: bool = False
    learning_rate: float = 0.001
    dim: int = 32
    softmax: bool = True
    loss: str = "1 - sigmoid"  # or "log sigmoid"
    year: bool = False
    ids: bool = False
    film_anchors: bool = False
    l2: float = 0.0
    average: bool = False
    biases: bool = False
    negatives: str = "disliked"  # or "unobserved", "mixed", "graded"
    history: str = "none"  # or "plain", "stars"
    prior: str = "none"  # or "start", "drawn back"
    evidence: bool = False
    hidden: int = 0  # layers beside each sum
    choice: bool = False  # in the score
    lists: str = "score"  # what makes them; or "choice", "weighed", "guessed"
    users: str = "trained"  # or taken for newcomers by "features", "features and ratings"

    def of_fit(self) -> "Parts":
        """Leave out what only says how a fit scores: rungs that are alike then share it."""
        return replace(self, choice=False, lists="score", users="trained")


def prepared(parts: Parts, task: Task, seed: int) -> Prepared:
    """Prepare what the shipped model does: all models train on the same ratings."""
    choice_dim = 0 if parts.history == "none" else Settings.choice_dim
    settings = Settings(parts.dim, choice_dim, task.liked_from, l2=parts.l2, seed=seed)
    films = task.items if parts.year else task.items[["genres"]]
    ready = prepare(settings, Interactions.from_frame(task.train, task.liked_from), task.users, films)
    if not parts.evidence:  # each column as telling as the ids, wherever it counts
        encoders = ready.user_encoder, ready.item_encoder
        vars(ready)["evidence"] = tuple(np.ones(len(encoder.columns)) for encoder in encoders)
    return ready


def n_triplets(ready: Prepared) -> int:
    """Count the triplets that the shipped model trains on, of both kinds, and each of these models too."""
    return EPOCHS * -(-2 * ready.n_positives // batch_of_all(ready)) * batch_of_all(ready)


def batch_of_all(ready: Prepared) -> int:
    """Count the triplets of both kinds in a batch of the shipped model."""
    return 2 * default_batch_size(ready.n_positives)


def train(network: keras.Model, data, parts: Parts, n_steps: int) -> None:
    """Train with Adam as the shipped model does, and with the moving average where it is asked for."""
    optimizer = (averaged_adam if parts.average else DenseAdam)(parts.learning_rate)
    steps = n_steps // EPOCHS
    how = {"jit_compile": True, "steps_per_execution": gcd(steps, MOST_STEPS_A_CALL)}
    network.compile(optimizer, auto_scale_loss=False, **how)
    network.fit(data, steps_per_epoch=steps, epochs=EPOCHS, verbose=0, shuffle=False)


class Towers:
    """What `HybridRecommender` trains, but for the parts left out or changed."""

    def __init__(self, parts: Parts, task: Task, ready: Prepared):
        self.parts, self.task, self.ready = parts, task, ready
        self.encoders, first = (ready.user_encoder, ready.item_encoder), 0 if parts.ids else 1
        self.history = None if parts.history == "none" else ready.histories
        if parts.history == "plain":  # stars, and what a film brings by them, count nothing
            self.history.inputs[:, self.history.brought.shape[1] :], self.history.spread = 0, np.inf
        width = self.history.inputs.shape[1] if self.history else 0
        users, items = (encoder.spec[first:] for encoder in self.encoders)
        seed, how = ready.settings.seed, {"embedding_dim": parts.dim, "dropout": 0.0}
        user_tower = FeatureTower(users, "user", seed=seed, history_dim=width, **how)
        towers = user_tower, FeatureTower(items, "item", seed=seed + 1000, **how)
        prior = ready.prior() if parts.prior == "drawn back" else None
        if parts.prior == "start":
            prior = Prior(ready.biases, [np.zeros(len(tower.tables)) for tower in towers])
        rows = [encoder.rows[: encoder.n_trained, first : encoder.width] for encoder in self.encoders]
        anchors = ("user", "item") if parts.film_anchors else ("user",)
        ends = [Ending(parts, side, seed) for side in ("user", "item")]
        given = *towers, *rows, parts.l2, self.history, prior, anchors
        self.network = PartsNetwork(*given, ends=ends, loss=LOSSES[parts.loss])
        self.network.build(None)

    def train(self) -> None:
        """Train on triplets of users and, with film anchors, of films in place of half of them."""
        samplers = [of_users(self.parts, self.ready)]
        if self.parts.film_anchors:
            samplers.append(self.ready.samplers["item"])
        n_steps, batch = n_triplets(self.ready) // batch_of_all(self.ready), batch_of_all(self.ready)
        data = batches.position_dataset(samplers, batch // len(samplers), n_steps)
        train(self.network, data, self.parts, n_steps)

    def model(self) -> FittedModel:
        """Lay out vectors as the shipped model does."""
        network, ready = self.network, self.ready
        sums = network.user_columns.all_vectors(self.history and self.history.inputs)
        sums = sums, network.item_columns.all_vectors()
        towers = [np.asarray(end(side)) for end, side in zip(network.ends, sums, strict=True)]
        parts = ready.interactions, self.encoders, ready.evidence, towers, ready.choice
        return build(ready.settings, *parts, log=None)

    def scorer(self, parts: Parts) -> VectorScorer:
        """Score, and make lists, by as many of the served blocks as `parts` say."""
        v = self.model().vectors
        liking, choice = v.block(v.users, "taste", "bias", "newcomer"), v.block(v.users, "choice")
        guess = np.zeros_like(v.block(v.users, "guess"))
        users = np.hstack([liking, parts.choice * choice, guess])
        lists = {
            "score": users,
            "choice": np.hstack([0 * liking, choice, guess]),
            "weighed": np.hstack([LIKING_WEIGHT * liking, choice, guess]),
            "guessed": v.lists,
        }
        return VectorScorer(v.user_ids, v.item_ids, users, v.items, self.task.train, lists[parts.lists])


class PartsNetwork(PositionNetwork):
    """Train as the shipped network does, but for what ends a tower, and for the loss."""

    def __init__(self, *given, ends: list["Ending"], loss):
        super().__init__(*given)
        self.ends, self.loss_of = ends, loss

    def call(self, batch, training=False):
        """Give the mean loss; whole batches, as hidden layers don't only look up rows of tables."""
        batch, tables = [RatedTriplets(*triplets) for triplets in batch], self.tables(training)
        dim = self.user_tower.embedding_dim + 2
        ended = [end(table[:, :dim]) for end, table in zip(self.ends, tables, strict=True)]
        total = self.penalty(ended, batch) + self.part_loss(tables, batch)
        if self.prior is not None:
            total += self.prior.penalty(self.user_tower, self.item_tower)
        self.add_loss(total)
        return total

    def triplet_losses(self, tables, batch) -> list:
        """Compute the loss of each triplet, shape (batch,), of each kind of triplet."""
        found = []
        for side, t in zip(self.anchors, batch, strict=True):
            better, worse = (t.positive, t.positive_rating), (t.negative, t.negative_rating)
            if side == "user":
                anchor = self._users(tables, t.anchor, better, worse)
                pair = [self._items(tables, place) for place, _ in (better, worse)]
            else:
                anchor = self._items(tables, t.anchor)
                pair = [self._users(tables, place, (t.anchor, rating)) for place, rating in (better, worse)]
            found.append(self.loss_of(tf.reduce_sum(anchor * (pair[0] - pair[1]), axis=-1)))
        return found

    def _items(self, tables, places):
        return self.ends[1](tf.gather(tables[1], places)[:, : self.user_tower.embedding_dim + 2])

    def _users(self, tables, places, *rated):
        """Look vectors up, and take out of each history the films that are compared."""
        vectors, known = tf.gather(tables[0], places), self.histories
        for films, rating in rated if known else ():
            _, plain, by_stars = tf.split(tf.gather(tables[1], films), 3, axis=-1)
            scale = tf.gather(tf.convert_to_tensor(known.scale), places)[:, None]
            vectors -= scale * (plain + ((rating - known.mean) / known.spread)[:, None] * by_stars)
        return self.ends[0](vectors)


class Ending(keras.layers.Layer):
    """What makes a side's vectors of its sums: hidden layers, no bias, or a softmax; or nothing.

    Call:
        Sums as `FeatureTower.vectors` lays them out, shape (n, dim + 2) -> vectors, of the same shape.
    """

    def __init__(self, parts: Parts, side: str, seed: int):
        super().__init__(dtype="float32")
        self.dim, self.softmax = parts.dim, parts.softmax
        bias, one = (self.dim, self.dim + 1) if side == "user" else (self.dim + 1, self.dim)
        place = np.arange(self.dim + 2)
        self.kept = np.where(place == bias, parts.biases, 1.0).astype(np.float32)
        self.moved = (place != one).astype(np.float32)
        first = [keras.initializers.GlorotUniform(seed + layer) for layer in range(parts.hidden)]
        self.hidden = [keras.layers.Dense(HIDDEN, "relu", kernel_initializer=weights) for weights in first]
        if parts.hidden:  # the last layer starts at 0, where the model is the one without
            self.hidden.append(keras.layers.Dense(self.dim + 2, kernel_initializer="zeros"))
        self(np.zeros((1, self.dim + 2), np.float32))  # so that all weights are there

    def call(self, sums):
        """Compute vectors."""
        deep = sums
        for layer in self.hidden:
            deep = layer(deep)
        vectors = self.kept * (sums + self.moved * deep if self.hidden else sums)
        if not self.softmax:
            return vectors
        return tf.concat([tf.nn.softmax(vectors[:, : self.dim]), vectors[:, self.dim :]], axis=1)


def of_users(parts: Parts, ready: Prepared):
    """Make the sampler of triplets that are anchored on users."""
    data, seed = ready.interactions, ready.settings.seed
    pairs = data.user_index, data.item_index
    if parts.negatives == "graded":
        return ready.samplers["user"]
    disliked = TripletSampler(*pairs, data.liked, seed=seed)
    if parts.negatives == "disliked":
        return disliked
    never = {"negatives": "unobserved", "n_partners": len(data.item_ids), "seed": seed}
    unobserved = TripletSampler(*pairs, data.value, ready.settings.liked_from, **never)
    return unobserved if parts.negatives == "unobserved" else MixedSampler(disliked, unobserved)


class MixedSampler:
    """Draw equally many triplets from each of some samplers."""

    def __init__(self, *samplers: TripletSampler):
        self.samplers = samplers

    def sample_rated(self, size: int) -> RatedTriplets:
        """Draw `size` triplets, a multiple of the number of samplers."""
        drawn = [sampler.sample_rated(size // len(self.samplers)) for sampler in self.samplers]
        return RatedTriplets(*map(np.concatenate, zip(*drawn, strict=True)))
