"""Models made of the parts that the ladder of lesson 8 compares, down to those we left behind."""

import numpy as np

from benchmarks.negatives import HardSampler, MixedSampler, PopularSampler
from benchmarks.rungs import N_CANDIDATES, Parts
from benchmarks.tasks import Task
from dbrec._quiet import keras
from dbrec.features.encoder import FeatureEncoder
from dbrec.lessons.original_post import build_post_model
from dbrec.recommender import LIKING_WEIGHT
from dbrec.scoring.choice import item_factors
from dbrec.scoring.scorer import VectorScorer
from dbrec.training.batches import position_dataset, triplet_dataset
from dbrec.training.fit import Settings, default_batch_size, rows_or_zeros, sum_up
from dbrec.training.layers import FeatureTower, TripletLossLayer
from dbrec.training.loop import DenseAdam, train
from dbrec.training.losses import bpr_loss, sigmoid_loss
from dbrec.training.position_network import TableNetwork
from dbrec.training.sampling import TripletSampler

EPOCHS, LEARNING_RATE, DIM = 4, 0.005, 64
LOSSES = {"1 - sigmoid": sigmoid_loss, "log sigmoid": bpr_loss}


class Towers:
    """A model made of the parts asked for: built, trained, and turned into vectors.

    Args:
        parts: What it is made of.
        task: What to learn from.
        seed: Seed of all draws.
    """

    def __init__(self, parts: Parts, task: Task, seed: int):
        self.parts, self.task, self.seed = parts, task, seed
        ratings, films = task.train, task.items[["genres", "year"] if parts.year else ["genres"]]
        self.encoders = (
            FeatureEncoder.fit(ratings["user_id"], task.users),
            FeatureEncoder.fit(ratings["item_id"], films),
        )
        self.first = 0 if parts.ids else 1  # the id stands first in a row
        self.places = [
            encoder.ids.get_indexer(ratings[column])
            for encoder, column in zip(self.encoders, ("user_id", "item_id"), strict=True)
        ]
        self.history = self._history()
        self.networks = self._post() if parts.network == "post" else self._towers()

    def _history(self):
        p, ratings, settings = self.parts, self.task.train, Settings(seed=self.seed)
        if p.history == "none":
            return None
        factors = None
        if not p.powers:
            liked, n_items = ratings["rating"] >= self.task.liked_from, len(self.encoders[1].ids)
            alike = {"l2": 2.0, "user_power": 0, "item_power": 0, "seed": self.seed}  # as it was tuned before
            factors = item_factors(*self.places, liked, n_items, **alike)
        return sum_up(settings, ratings, *self.encoders, factors)

    def _post(self) -> tuple[keras.Model, list[keras.Model]]:
        rows = [encoder.rows[:, 1:] for encoder in self.encoders]
        sizes = [part.shape[1] for part in rows] + [int(part.max()) + 1 for part in rows]
        network, predict = build_post_model(*sizes, siamese=True, seed=self.seed)
        outputs = [predict.get_layer(f"{side}_dense").output for side in ("user", "item")]
        return network, [keras.Model([row], out) for row, out in zip(predict.inputs, outputs, strict=True)]

    def _towers(self) -> tuple[keras.Model, list[keras.Model]]:
        """Build the network to train and, for each side, one that gives its vectors."""
        p, sides = self.parts, [self._side(place) for place in (0, 1)]
        if self.history:
            towers, rows = [side.layers[-1] for side in sides], [e(e.ids) for e in self.encoders]
            network = TableNetwork(*towers, *rows, p.l2, LOSSES[p.loss], self.history)
            if p.history == "whole":
                network.histories.small.assign(network.histories.small * 0)  # so that nothing is taken out
            return network, sides
        inputs, outputs = [], []
        for order in [(0, 1, 1), (1, 0, 0)][: 1 + p.item_anchors]:
            triplet = [keras.Input(sides[place].inputs[0].shape[1:], dtype="int32") for place in order]
            inputs += triplet
            vectors = [sides[place](rows) for place, rows in zip(order, triplet, strict=True)]
            outputs.append(TripletLossLayer(LOSSES[p.loss], p.l2)(vectors))
        return keras.Model(inputs, outputs), sides

    def _side(self, place: int) -> keras.Model:
        p, spec = self.parts, self.encoders[place].spec[self.first :]
        width = self.history.width if self.history and place == 0 else 0
        side, seed = ("user", "item")[place], self.seed + 1000 * place
        tower = FeatureTower(spec, side, DIM, p.dropout, seed, width, p.members)
        inputs = [keras.Input((self.encoders[place].width - self.first,), dtype="int32")]
        inputs += [keras.Input((width,))] if width else []
        vectors = tower(inputs if width else inputs[0])
        vectors = vectors if p.biases else vectors[:, :DIM]
        return keras.Model(inputs, keras.ops.softmax(vectors) if p.softmax else vectors)

    def train(self) -> None:
        """Train as many batches, of each kind of triplet, as hold every liked rating `EPOCHS` times."""
        n_liked = int((self.task.train["rating"] >= self.task.liked_from).sum())
        batch_size = default_batch_size(n_liked)
        sides = tuple(encoder(encoder.ids)[:, self.first :] for encoder in self.encoders)
        kinds = 1 + self.parts.item_anchors
        if self.history:
            data = position_dataset(self._samplers(), batch_size, self.parts.members)
        else:
            data = triplet_dataset(self._samplers(), [sides, sides[::-1]][:kinds], batch_size)
        network, steps = self.networks[0], -(-n_liked // batch_size)
        tables = [keras.callbacks.LambdaCallback(on_epoch_begin=lambda *_: self._refresh(sides))]
        callbacks = tables if self.parts.negatives == "hard" else []
        if self.parts.average:
            train(network, data, steps, EPOCHS, LEARNING_RATE, verbose=False, callbacks=callbacks)
        else:
            network.compile(DenseAdam(LEARNING_RATE), jit_compile=True)
            network.fit(data, steps_per_epoch=steps, epochs=EPOCHS, verbose=0, shuffle=False)

    def _refresh(self, sides) -> None:
        self.now = [
            np.asarray(network([rows])) for network, rows in zip(self.networks[1], sides, strict=True)
        ]

    def _samplers(self) -> list[TripletSampler]:
        p, stars, settings = self.parts, self.task.train["rating"].to_numpy(), {"seed": self.seed}
        liked = stars >= self.task.liked_from
        never = settings | {"negatives": "unobserved", "positive_from": self.task.liked_from}
        never["n_partners"] = len(self.encoders[1].ids)
        seen = TripletSampler(*self.places, stars if p.graded else liked, **settings)
        if p.negatives == "explicit":
            of_user = seen
        elif p.negatives == "popular":
            of_user = PopularSampler(*self.places, stars, **never)
        elif p.negatives == "hard":
            hard = {"vectors": lambda: self.now, "n_candidates": N_CANDIDATES}
            of_user = HardSampler(*self.places, stars, **hard, **never)
        else:
            unseen = TripletSampler(*self.places, stars, **never)
            of_user = MixedSampler(seen, unseen) if p.negatives == "mixed" else unseen
        # Only a liked rating is a film's positive, as in `HybridRecommender`.
        of_item = TripletSampler(*self.places[::-1], stars, self.task.liked_from, seed=self.seed + 1)
        return [of_user, of_item][: 1 + p.item_anchors]

    def scorer(self, parts: Parts) -> VectorScorer:
        """Give the vectors of all known ids to a scorer, with as much of the choice score as `parts` say."""
        rows = [np.vstack([e.rows, np.zeros_like(e.rows[:1])])[:, self.first :] for e in self.encoders]
        places = [np.append(e.ids.get_indexer(e.known), -1) for e in self.encoders]
        inputs = [[part] for part in rows]
        if self.history:
            inputs[0].append(rows_or_zeros(self.history.tower, places[0]))
        users, items = (
            np.asarray(network(part)) for network, part in zip(self.networks[1], inputs, strict=True)
        )
        lists = None
        if parts.choice_weight:
            choice = rows_or_zeros(self.history.choice, places[0])
            found = rows_or_zeros(self.history.factors.found, places[1])
            lists = np.hstack([LIKING_WEIGHT * users, choice]) if parts.two_scores else None
            users = np.hstack([users, parts.choice_weight * choice])
            items = np.hstack([items, found])
        known = [encoder.known for encoder in self.encoders]
        return VectorScorer(*known, users, items, self.task.train, lists)
