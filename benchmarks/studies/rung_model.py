"""Models made of the parts that the ladder of lesson 8 compares, down to those we left behind."""

import numpy as np

from benchmarks.harness.tasks import Task
from benchmarks.studies.negatives import HardSampler, MixedSampler, PopularSampler
from benchmarks.studies.rungs import N_CANDIDATES, Parts
from dbrec._quiet import keras
from dbrec.features.encoder import FeatureEncoder
from dbrec.lessons.original_post import build_post_model
from dbrec.recommender import LIKING_WEIGHT
from dbrec.scoring.choice import item_factors
from dbrec.scoring.scorer import VectorScorer
from dbrec.training.batches import position_dataset, triplet_dataset
from dbrec.training.fit import Settings, build, default_batch_size, rows_or_zeros, sum_up
from dbrec.training.layers import FeatureTower, TripletLossLayer
from dbrec.training.loop import DenseAdam, train
from dbrec.training.losses import bpr_loss, sigmoid_loss
from dbrec.training.sampling import TripletSampler

EPOCHS, LEARNING_RATE, DIM = 4, 0.005, 64
LOSSES = {"1 - sigmoid": sigmoid_loss, "log sigmoid": bpr_loss}


class Towers:
    """A model made of the parts asked for: built, trained, and turned into vectors."""

    def __init__(self, parts: Parts, task: Task, seed: int):
        self.parts, self.task, self.seed = parts, task, seed
        users, films = task.train["user_id"], task.train["item_id"]
        known_of_films = task.items[["genres", "year"] if parts.year else ["genres"]]
        self.encoders = FeatureEncoder.fit(users, task.users), FeatureEncoder.fit(films, known_of_films)
        self.places = [e.ids.get_indexer(ids) for e, ids in zip(self.encoders, (users, films), strict=True)]
        self.stars = task.train["rating"].to_numpy()
        self.liked = self.stars >= task.liked_from
        self.first = 0 if parts.ids else 1  # the id stands first in a row
        self.rows = [encoder(encoder.ids)[:, self.first :] for encoder in self.encoders]
        self.all_rows = [np.pad(e.rows, [(0, 1), (0, 0)])[:, self.first :] for e in self.encoders]
        self.history = None
        towers = self._plain if parts.history == "none" else self._with_history
        self.network, self.sides = self._post() if parts.network == "post" else towers()

    def _post(self) -> tuple:
        """Build the post's network and, for each side, one that gives its vectors."""
        sizes = [part.shape[1] for part in self.all_rows] + [int(part.max()) + 1 for part in self.all_rows]
        network, predict = build_post_model(*sizes, siamese=True, seed=self.seed)
        outputs = [predict.get_layer(f"{side}_dense").output for side in ("user", "item")]
        return network, [keras.Model(row, out) for row, out in zip(predict.inputs, outputs, strict=True)]

    def _plain(self) -> tuple:
        """Build towers without histories, and a network of triplets' rows that they stand in."""
        p, sides, inputs, outputs = self.parts, [self._side(0), self._side(1)], [], []
        for order in [(0, 1, 1), (1, 0, 0)][: 1 + p.item_anchors]:
            triplet = [keras.Input(self.rows[place].shape[1:], dtype="int32") for place in order]
            vectors = [sides[place](rows) for place, rows in zip(order, triplet, strict=True)]
            inputs += triplet
            outputs.append(TripletLossLayer(LOSSES[p.loss], p.l2)(vectors))
        return keras.Model(inputs, outputs), sides

    def _side(self, place: int) -> keras.Model:
        p, spec = self.parts, self.encoders[place].spec[self.first :]
        tower = FeatureTower(spec, ("user", "item")[place], DIM, p.dropout, self.seed + 1000 * place)
        rows = keras.Input(self.rows[place].shape[1:], dtype="int32")
        vectors = tower(rows) if p.biases else tower(rows)[:, :DIM]
        return keras.Model(rows, keras.ops.softmax(vectors) if p.softmax else vectors)

    def _with_history(self) -> tuple:
        """Build what `HybridRecommender` trains, and take its towers."""
        p, factors = self.parts, None
        if not p.powers:
            alike = {"l2": 2.0, "user_power": 0, "item_power": 0, "seed": self.seed}  # as it was tuned before
            factors = item_factors(*self.places, self.liked, len(self.encoders[1].ids), **alike)
        settings = Settings(DIM, l2=p.l2, dropout=p.dropout, members=p.members, seed=self.seed)
        self.history = sum_up(settings, self.task.train, *self.encoders, factors)
        network = build(settings, *self.encoders, self.history)[0]
        if p.history == "whole":
            network.histories.small.assign(network.histories.small * 0)  # so that nothing is taken out
        return network, [network.user_tower, network.item_tower]

    def train(self) -> None:
        """Train as many batches, of each kind of triplet, as hold every liked rating `EPOCHS` times."""
        n_liked, samplers = int(self.liked.sum()), self._samplers()
        batch_size = default_batch_size(n_liked)
        if self.history:
            data = position_dataset(samplers, batch_size, self.parts.members)
        else:
            data = triplet_dataset(samplers, [self.rows, self.rows[::-1]][: len(samplers)], batch_size)
        steps = -(-n_liked // batch_size)
        if self.parts.average:
            refresh = keras.callbacks.LambdaCallback(on_epoch_begin=lambda *_: self._refresh())
            callbacks = [refresh] if self.parts.negatives == "hard" else []
            train(self.network, data, steps, EPOCHS, LEARNING_RATE, verbose=False, callbacks=callbacks)
        else:
            self.network.compile(DenseAdam(LEARNING_RATE), jit_compile=True)
            self.network.fit(data, steps_per_epoch=steps, epochs=EPOCHS, verbose=0, shuffle=False)

    def _refresh(self) -> None:
        self.now = [np.asarray(side(rows)) for side, rows in zip(self.sides, self.rows, strict=True)]

    def _samplers(self) -> list:
        p, seed, liked_from = self.parts, self.seed, self.task.liked_from
        of_user = TripletSampler(*self.places, self.stars if p.graded else self.liked, seed=seed)
        if p.negatives != "explicit":
            never = {"negatives": "unobserved", "n_partners": len(self.encoders[1].ids), "seed": seed}
            if p.negatives == "hard":
                never |= {"vectors": lambda: self.now, "n_candidates": N_CANDIDATES}
            kind = {"popular": PopularSampler, "hard": HardSampler}.get(p.negatives, TripletSampler)
            unseen = kind(*self.places, self.stars, positive_from=liked_from, **never)
            of_user = MixedSampler(of_user, unseen) if p.negatives == "mixed" else unseen
        # Only a liked rating is a film's positive, as in `HybridRecommender`.
        of_item = TripletSampler(*self.places[::-1], self.stars, liked_from, seed=seed + 1)
        return [of_user, of_item][: 1 + p.item_anchors]

    def scorer(self, parts: Parts) -> VectorScorer:
        """Give the vectors of all known ids to a scorer, with as much of the choice score as `parts` say."""
        places = [np.append(encoder.ids.get_indexer(encoder.known), -1) for encoder in self.encoders]
        inputs, lists, history = [*self.all_rows], None, self.history
        if history:
            inputs[0] = [inputs[0], rows_or_zeros(history.tower, places[0])]
        users, items = (np.asarray(side(part)) for side, part in zip(self.sides, inputs, strict=True))
        if parts.choice_weight:
            choice = rows_or_zeros(history.choice, places[0])
            lists = np.hstack([LIKING_WEIGHT * users, choice]) if parts.two_scores else None
            users = np.hstack([users, parts.choice_weight * choice])
            items = np.hstack([items, rows_or_zeros(history.factors.found, places[1])])
        return VectorScorer(*[e.known for e in self.encoders], users, items, self.task.train, lists)
