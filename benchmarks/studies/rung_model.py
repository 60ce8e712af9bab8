"""Models made of the parts that the ladder of lesson 8 compares, down to those we left behind."""

from dataclasses import dataclass

import numpy as np

from benchmarks.harness.tasks import Task
from dbrec._quiet import keras
from dbrec.features.encoder import FeatureEncoder
from dbrec.interactions import Interactions
from dbrec.lessons.original_post import build_post_model
from dbrec.scoring.choice import Choice
from dbrec.scoring.scorer import VectorScorer
from dbrec.settings import Settings
from dbrec.training import batches, layers, losses
from dbrec.training.fit import Prepared, default_batch_size
from dbrec.training.loop import DenseAdam, train
from dbrec.training.position_network import PositionNetwork
from dbrec.training.sampling import Triplets, TripletSampler
from dbrec.training.towers import build_towers

EPOCHS, LEARNING_RATE, DIM = 4, 0.005, 64
HIDDEN = 128  # units of a hidden layer
N_CANDIDATES = 4  # of a hard negative
LOSSES = {"1 - sigmoid": losses.sigmoid_loss, "log sigmoid": losses.bpr_loss}


@dataclass(frozen=True)
class Parts:
    """What a model is made of; the defaults are those of the first rung with a table a column."""

    network: str = "towers"  # or "post"; or "post, its training": batches of 32
    loss: str = "1 - sigmoid"  # or "log sigmoid"
    softmax: bool = True
    year: bool = False
    ids: bool = False
    dropout: float = 0.0
    item_anchors: bool = False
    l2: float = 0.0
    average: bool = False
    biases: bool = False
    graded: bool = False
    hidden: int = 0  # layers beside each sum
    negatives: str = "explicit"  # or "unobserved", "mixed", "popular", "hard"
    history: str = "none"  # or "whole", "without"
    choice_weight: float = 0.0
    two_scores: bool = False
    prior: str = "none"  # or "alike", "evidence"


class Towers:
    """A model made of the parts asked for: built, trained, and turned into vectors."""

    def __init__(self, parts: Parts, task: Task, seed: int):
        self.parts, self.task, self.seed = parts, task, seed
        users, films = task.train["user_id"], task.train["item_id"]
        known_of_films = task.items[["genres", "year"] if parts.year else ["genres"]]
        self.encoders = FeatureEncoder.fit(users, task.users), FeatureEncoder.fit(films, known_of_films)
        self.places = [
            e.trained_ids.get_indexer(ids) for e, ids in zip(self.encoders, (users, films), strict=True)
        ]
        self.stars = task.train["rating"].to_numpy()
        self.liked = self.stars >= task.liked_from
        self.first = 0 if parts.ids else 1  # the id stands first in a row
        self.rows = [encoder(encoder.trained_ids)[:, self.first :] for encoder in self.encoders]
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
            outputs.append(layers.TripletLossLayer(LOSSES[p.loss], p.l2)(vectors))
        return keras.Model(inputs, outputs), sides

    def _side(self, place: int) -> keras.Model:
        p, spec = self.parts, self.encoders[place].spec[self.first :]
        tower = layers.FeatureTower(spec, ("user", "item")[place], DIM, p.dropout, self.seed + 1000 * place)
        rows = keras.Input(self.rows[place].shape[1:], dtype="int32")
        vectors = tower(rows) if p.biases else tower(rows)[:, :DIM]
        deep = vectors
        for _ in range(p.hidden):
            deep = keras.layers.Dense(HIDDEN, "relu")(deep)
        if p.hidden:  # the last layer starts at 0, where the model is the one without
            vectors += keras.layers.Dense(vectors.shape[-1], kernel_initializer="zeros")(deep)
        return keras.Model(rows, keras.ops.softmax(vectors) if p.softmax else vectors)

    def _with_history(self) -> tuple:
        """Build what `HybridRecommender` trains, but for the parts left out, and take its towers."""
        p, train = self.parts, Interactions.from_frame(self.task.train, self.task.liked_from)
        self.choice = Choice.fit(train, Settings().choice_dim, self.seed)
        settings = Settings(DIM, l2=p.l2, seed=self.seed)
        ready = Prepared(settings, train, *self.encoders, self.choice)
        if p.prior == "alike":  # each column as telling as the ids
            vars(ready)["evidence"] = [np.ones(len(encoder.columns)) for encoder in self.encoders]
        self.history = ready.histories
        towers = build_towers(*self.encoders, DIM, p.dropout, self.seed, self.history.inputs.shape[1])
        prior = None if p.prior == "none" else ready.prior()
        network = PositionNetwork(*towers, *self.rows, p.l2, self.history, prior)
        network.build(None)
        if p.history == "whole":
            network.histories.brought.assign(network.histories.brought * 0)  # so that nothing is taken out
        return network, towers

    def train(self) -> None:
        """Train as many batches, of each kind of triplet, as hold every liked rating `EPOCHS` times."""
        n_liked, samplers = int(self.liked.sum()), self._samplers()
        batch_size = default_batch_size(n_liked)
        if self.history:
            data = batches.position_dataset(samplers, batch_size)
        else:
            rows = [self.rows, self.rows[::-1]]
            data = batches.triplet_dataset(samplers, rows[: len(samplers)], batch_size)
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
            never = {"negatives": "unobserved", "n_partners": self.encoders[1].n_trained, "seed": seed}
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
        inputs, lists = [*self.all_rows], None
        # zeros for ids without ratings
        new_users, new_items = ([(0, len(e.rows) + 1 - e.n_trained), (0, 0)] for e in self.encoders)
        if self.history:
            inputs[0] = [inputs[0], np.pad(self.history.inputs, new_users)]
        users, items = (np.asarray(side(part)) for side, part in zip(self.sides, inputs, strict=True))
        if parts.choice_weight:
            choice = np.pad(self.choice.users, new_users)
            lists = np.hstack([np.zeros_like(users), choice]) if parts.two_scores else None
            users = np.hstack([users, parts.choice_weight * choice])
            items = np.hstack([items, np.pad(self.choice.factors.as_candidate, new_items)])
        user_ids, item_ids = (encoder.all_ids for encoder in self.encoders)
        order = np.argsort(item_ids)  # films of the same genres tie: the lowest id comes first
        return VectorScorer(user_ids, item_ids[order], users, items[[*order, -1]], self.task.train, lists)


class PopularSampler(TripletSampler):
    """Draw never-rated negatives as often as they were rated: as well known as the positives are."""

    def unobserved(self, anchors: np.ndarray) -> np.ndarray:
        """Draw a partner that each anchor never rated, shape (n,), redrawing those it did."""
        drawn, wrong = np.empty(len(anchors), np.int32), np.arange(len(anchors))
        while len(wrong):
            drawn[wrong] = self.partners[self.random.integers(0, len(self.partners), len(wrong))]
            keys = anchors[wrong].astype(np.int64) * self.n_partners + drawn[wrong]
            places = np.minimum(np.searchsorted(self.rated, keys), len(self.rated) - 1)
            wrong = wrong[self.rated[places] == keys]
        return drawn


class HardSampler(TripletSampler):
    """Draw a few never-rated partners and take the one that the model scores best, wrongly.

    Source:
        Zhang et al. 2013, "Optimizing Top-N Collaborative Filtering via Dynamic Negative Item Sampling".
    """

    def __init__(self, *arrays: np.ndarray, vectors, n_candidates: int, **settings):
        super().__init__(*arrays, **settings)
        self.vectors, self.n_candidates = vectors, n_candidates

    def unobserved(self, anchors: np.ndarray) -> np.ndarray:
        """Draw the best-scored of the candidates for each anchor, shape (n,)."""
        unrated = super().unobserved
        drawn = np.stack([unrated(anchors) for _ in range(self.n_candidates)])
        anchor_vectors, partner_vectors = self.vectors()
        scores = np.einsum("cnd,nd->cn", partner_vectors[drawn], anchor_vectors[anchors])
        return drawn[scores.argmax(axis=0), np.arange(len(anchors))]


class MixedSampler:
    """Draw equally many triplets from each of some samplers."""

    def __init__(self, *samplers: TripletSampler):
        self.samplers = samplers

    def sample(self, size: int) -> Triplets:
        """Draw `size` triplets, a multiple of the number of samplers."""
        drawn = [sampler.sample(size // len(self.samplers)) for sampler in self.samplers]
        return Triplets(*map(np.concatenate, zip(*drawn, strict=True)))
