"""A fitted model: the served vectors, and what makes new rows for people who aren't in the data."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from dbrec.checks import positions, raw_ids, whole_number
from dbrec.features.encoder import FeatureEncoder
from dbrec.features.evidence import evidence
from dbrec.interactions import Interactions
from dbrec.scoring.biases import log_odds
from dbrec.scoring.choice import Choice, ItemFactors, counts
from dbrec.scoring.newcomers import FeatureMap, after_ratings
from dbrec.scoring.scorer import VectorScorer
from dbrec.scoring.served_vectors import SIDES, ServedVectors, item_rows, newcomer_rows, user_rows
from dbrec.settings import Settings
from dbrec.storage import read_arrays, write_arrays

KIND, FORMAT = "recommender", 6
TELLING = 16  # places of a choice that columns are to explain
# Of what the other side's ratings say of a newcomer's score, and the number of ratings that halves it again.
OTHERS_SAY, TOLD_RATINGS = 0.5, 10


@dataclass(frozen=True, eq=False)
class FittedModel:
    """Hold all that serves; made by a fit or read from a folder, and never changed.

    Attributes:
        settings: What it was fitted with.
        interactions: What it was fitted on.
        encoders: Of the users and of the items.
        feature_maps: What features say of a user: of taste and bias, and of choice.
        as_rated: What each item with ratings says of others, shape (n_items, dim).
        vectors: The served vectors.
        training_log: Frame with a row an epoch.
    """

    settings: Settings
    interactions: Interactions
    encoders: tuple[FeatureEncoder, FeatureEncoder]
    feature_maps: tuple[FeatureMap, FeatureMap]
    as_rated: np.ndarray
    vectors: ServedVectors
    training_log: pd.DataFrame = field(default_factory=pd.DataFrame)

    @classmethod
    def build(
        cls, settings, interactions, encoders, evidence, towers, choice: Choice, log, n_biases: int = 2
    ) -> "FittedModel":
        """Join the three parts: liking, choice and newcomers.

        Args:
            settings: All settings.
            interactions: What was learned from.
            encoders: Of the users and of the items.
            evidence: What the columns of each tell, by `evidence_of`.
            towers: Taste and bias of the users and of the items with ratings, in the order of the blocks.
            choice: The part in closed form.
            log: Frame with a row an epoch.
            n_biases: Last places of `towers` that are biases and ones: 2 for each model side by side.

        Raises:
            ValueError: If a number isn't finite.
        """
        if not all(np.isfinite(part).all() for part in (*towers, *choice.factors, choice.users)):
            raise ValueError(
                f"training ended in numbers that aren't finite, with {settings}: take a smaller "
                "learning_rate or l2, or ratings of a usual size; what was fitted before stays"
            )
        indices, firsts = (interactions.user_index, interactions.item_index), choice.first_places()
        maps, liking, guesses = [], [], []
        for side, encoder, told, index, own, others, first in zip(
            SIDES, encoders, evidence, indices, towers, towers[::-1], firsts, strict=True
        ):
            liking_map = FeatureMap.fit(encoder, told, own, np.bincount(index))
            choice_map = FeatureMap.fit(encoder, told, first)
            features = encoder.features_of(np.vstack([encoder.rows, np.zeros_like(encoder.rows[:1])]))
            rows = np.vstack([own, liking_map(features[len(own) :])])
            above = log_odds(interactions, index, len(own)) - own @ others.mean(axis=0)
            others_say = OTHERS_SAY * (np.arange(len(rows)) >= len(own))
            liking.append(np.hstack([rows, newcomer_rows(side, others_say, _pad(above, rows))]))
            guesses.append(choice_map(features))
            maps.append((liking_map, choice_map))
        n_rated = _pad(np.bincount(indices[0]), liking[0])
        to_score, to_list = user_rows(
            liking[0], _pad(choice.users, liking[0]), guesses[0], n_rated, interactions.has_disliked
        )
        items = item_rows(liking[1], choice.factors.as_candidate, guesses[1])
        users, lists, items = (np.asarray(part, np.float32) for part in (to_score, to_list, items))
        places = guesses[0].shape[1]
        widths = towers[0].shape[1] - n_biases, n_biases, 2, choice.users.shape[1], places
        vectors = ServedVectors(encoders[0].all_ids, encoders[1].all_ids, users, lists, items, widths)
        return cls(settings, interactions, encoders, maps[0], choice.factors.as_rated, vectors, log)

    @classmethod
    def mean_of(cls, models: Sequence["FittedModel"]) -> "FittedModel":
        """Set the tastes and biases of models of the same data side by side; see the facade's `mean_of`."""
        first, data = models[0], models[0].interactions
        for model in models[1:]:
            if any(not np.array_equal(a, model.interactions.arrays()[n]) for n, a in data.arrays().items()):
                raise ValueError("these were fitted on different interactions: give fits of the same")
            if any(a.describe() != b.describe() for a, b in zip(first.encoders, model.encoders, strict=True)):
                raise ValueError("these were fitted with different features: give fits with the same")
        as_candidate = first.vectors.block(first.vectors.items, "choice")[: len(data.item_ids)]
        choice = Choice.of(ItemFactors(first.as_rated, as_candidate), data)
        towers = []
        for name, ids in (("users", data.user_ids), ("items", data.item_ids)):
            rows = [(model.vectors, getattr(model.vectors, name)[: len(ids)]) for model in models]
            blocks = [v.block(row, block) for block in ("taste", "bias") for v, row in rows]
            towers.append(np.hstack(blocks) / len(models) ** 0.5)
        evidence = evidence_of(data, first.encoders, choice)
        parts = data, first.encoders, evidence, towers, choice, first.training_log
        n_biases = sum(model.vectors.widths[1] for model in models)
        return cls.build(first.settings, *parts, n_biases)

    @cached_property
    def scorer(self) -> VectorScorer:
        """Score and rank by the served vectors; what was rated is left out of lists."""
        v, seen = self.vectors, (self.interactions.user_index, self.interactions.item_index)
        return VectorScorer(v.user_ids, v.item_ids, v.users, v.items, seen, v.lists)

    @cached_property
    def _counts(self) -> np.ndarray:
        """What a disliked and a liked item count on average."""
        counted, liked = counts(self.interactions), self.interactions.liked
        usual = np.array([counted[~liked].mean() if not liked.all() else 0.0, counted[liked].mean()])
        return usual.astype(np.float32)

    def recommend_for(self, features: Mapping | None, liked, disliked, k: int) -> pd.DataFrame:
        """List items for a person who isn't in the data; see `HybridRecommender.recommend_for`."""
        whole_number("k", k)
        (_, showing), named = self._person(features, liked, disliked)
        scores = self.vectors.items[:-1] @ showing
        scores[named] = -np.inf
        return self.scorer.top_items(scores[None], k).drop(columns="row")

    def score_for(self, item_ids, features: Mapping | None, liked, disliked) -> np.ndarray:
        """Score items for a person who isn't in the data; see `HybridRecommender.score_for`."""
        (scoring, _), _ = self._person(features, liked, disliked)
        return self.vectors.items[positions(self.vectors.item_ids, item_ids, "item_ids")] @ scoring

    def similar_items(self, item_id, k: int) -> pd.DataFrame:
        """List items of a similar taste; see `HybridRecommender.similar_items`."""
        return self.scorer.similar_items(item_id, k, self.vectors.block(self.vectors.items, "taste"))

    def status(self, side: str, ids) -> np.ndarray:
        """Tell what ids of a side are scored from: ``"ratings"``, ``"features"`` or ``"population"``."""
        return self.encoders[SIDES.index(side)].status(ids)

    def _person(self, features, liked, disliked) -> tuple[list[np.ndarray], np.ndarray]:
        """Make the two rows of a person, and the positions of the items they named."""
        liked, disliked = self._named("liked", liked), self._named("disliked", disliked)
        if len(both := np.intersect1d(liked, disliked)):
            names = self.vectors.item_ids[both].tolist()
            raise ValueError(f"items {names} are named as liked and as disliked: name each once")
        named = np.concatenate([liked, disliked])
        is_liked = np.arange(len(named)) < len(liked)
        encoder, (liking_map, choice_map) = self.encoders[0], self.feature_maps
        known = encoder.features_of(encoder.encode_person(features))
        items, vector = self.vectors.items[named], liking_map(known)[0]
        items, above = self.vectors.block(items, "taste", "bias"), self.vectors.block(items, "newcomer")[:, 0]
        # the whole of `above`, and not half: only so is it a log odds
        told = after_ratings(vector, liking_map.covariance, items, is_liked, items @ vector + above)
        n_told = np.array([len(named)])
        others_say = OTHERS_SAY * TOLD_RATINGS / (TOLD_RATINGS + n_told)
        liking = np.hstack([told[None], newcomer_rows("user", others_say, np.zeros(1))])
        rated = named < len(self.as_rated)
        choice = (self._counts[is_liked[rated].astype(int)] @ self.as_rated[named[rated]])[None]
        to_score, to_list = user_rows(
            liking, choice, choice_map(known), n_told, self.interactions.has_disliked
        )
        return [np.asarray(row[0], np.float32) for row in (to_score, to_list)], named

    def _named(self, name: str, item_ids) -> np.ndarray:
        """Find the positions of named items, each once."""
        ids = raw_ids(item_ids, name)
        found = positions(self.vectors.item_ids, ids, name)
        if (found < 0).any():
            unknown = ids[found < 0].tolist()
            raise KeyError(
                f"items {unknown} are unknown: give ids that were in the ratings or items of the fit"
            )
        return pd.unique(found)

    def save(self, path) -> None:
        """Write the model to a folder; see `HybridRecommender.save`."""
        described = {side: encoder.describe() for side, encoder in zip(SIDES, self.encoders, strict=True)}
        log = self.training_log.to_dict("list")
        description = {"settings": asdict(self.settings), "encoders": described, "training_log": log}
        files = {"vectors.npz": self.vectors.arrays(), "interactions.npz": self.interactions.arrays()}
        for side, encoder in zip(SIDES, self.encoders, strict=True):
            files[f"{side}_features.npz"] = encoder.arrays()
        for part, feature_map in zip(("liking", "choice"), self.feature_maps, strict=True):
            files[f"new_{part}.npz"] = dict(vars(feature_map))
        files["as_rated.npz"] = {"as_rated": self.as_rated}
        write_arrays(path, KIND, FORMAT, description, files)

    @classmethod
    def load(cls, path) -> "FittedModel":
        """Read what `save` wrote; see `HybridRecommender.load`."""
        description, files = read_arrays(path, KIND, FORMAT)
        users, items = (
            FeatureEncoder.restore(description["encoders"][side], files[f"{side}_features.npz"])
            for side in SIDES
        )
        return cls(
            Settings(**description["settings"]),
            Interactions.from_arrays(files["interactions.npz"]),
            (users, items),
            (FeatureMap(**files["new_liking.npz"]), FeatureMap(**files["new_choice.npz"])),
            files["as_rated.npz"]["as_rated"],
            ServedVectors.from_arrays(files["vectors.npz"]),
            pd.DataFrame(description["training_log"]),
        )


def evidence_of(interactions: Interactions, encoders, choice: Choice) -> tuple[np.ndarray, np.ndarray]:
    """Estimate what the columns of the users tell, and those of the items: of their biases and choices."""
    indices = interactions.user_index, interactions.item_index
    chosen = choice.users[:, :TELLING], choice.factors.as_rated[:, :TELLING]
    users, items = (
        evidence(encoder, log_odds(interactions, index, encoder.n_trained)[:, None], targets)
        for encoder, index, targets in zip(encoders, indices, chosen, strict=True)
    )
    return users, items


def _pad(part: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Add zeros for ids without ratings, up to the number of rows."""
    return np.concatenate([part, np.zeros((len(rows) - len(part), *part.shape[1:]), part.dtype)])
