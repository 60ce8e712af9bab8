"""A fitted model: the served vectors, and all that makes new rows of features and ratings."""

from dataclasses import asdict, dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from dbrec.interactions import Interactions, Levels
from dbrec.products import pair_scores
from dbrec.scoring.calibration import Calibration
from dbrec.scoring.choice import least_count
from dbrec.scoring.posterior import variances
from dbrec.scoring.scorer import VectorScorer
from dbrec.scoring.served_vectors import SIDES, ServedVectors
from dbrec.scoring.sides import Side
from dbrec.settings import Settings
from dbrec.storage import read_arrays, write_arrays

KIND, FORMAT = "recommender", 7


@dataclass(frozen=True, eq=False)
class FittedModel:
    """Hold all that serves; made by a fit, an update, or read from a folder.

    An update makes another model, and may write into the rows of this one, which then is no longer of use.

    Attributes:
        settings: What it was fitted with.
        interactions: What is known of all ids, sorted by user and item.
        sides: What is known of the users, and of the items.
        as_rated: What each item says of others in choice, shape (n_items, dim).
        squares, kept: Of each place of choice, as in `ItemFactors`, shapes (dim,).
        vectors: The served vectors.
        levels: The yardstick of how much a rating or a weight counts.
        calibration: From scores to probabilities.
        has_disliked: Whether there are ratings of both kinds; else only choices are known.
        n_changed: Number of interactions that came, changed or went since the fit.
        training_log: Frame with a row an epoch.
    """

    settings: Settings
    interactions: Interactions
    sides: tuple[Side, Side]
    as_rated: np.ndarray
    squares: np.ndarray
    kept: np.ndarray
    vectors: ServedVectors
    levels: Levels
    calibration: Calibration
    has_disliked: bool
    n_changed: int
    training_log: pd.DataFrame = field(default_factory=pd.DataFrame)

    @cached_property
    def scorer(self) -> VectorScorer:
        """Score and rank by the served vectors; what was rated is left out of lists."""
        v, seen = self.vectors, (self.interactions.user_index, self.interactions.item_index)
        return VectorScorer(v.user_ids, v.item_ids, v.users, v.items, seen, v.lists)

    @cached_property
    def usual_counts(self) -> np.ndarray:
        """What a disliked and a liked item count on average, shape (2,)."""
        counted, liked = self.counted(slice(None)), self.interactions.liked
        usual = [counted[rows].mean() if rows.any() else 0.0 for rows in (~liked, liked)]
        return np.array(usual, np.float32)

    def counts(self, given: np.ndarray, importance: np.ndarray | None = None) -> np.ndarray:
        """Say what ratings or weights count in choice, shape (n,), float32."""
        counted = self.levels(given) + least_count(self.has_disliked)
        return (counted if importance is None else counted * importance).astype(np.float32)

    def counted(self, rows) -> np.ndarray:
        """Say what some rows of the interactions count in choice, float32."""
        data = self.interactions.select(rows)
        return self.counts(data.given, data.importance)

    def meets(self, side: str, others, above, vectors) -> tuple[np.ndarray, np.ndarray]:
        """Say what vectors of a side meet in ratings, and the log odds that these are liked ones.

        Where only choices are known, one that is chosen is compared with the mean of all, as with one that is
        drawn from them.

        Args:
            side: Of the vectors that are asked about, ``"user"`` or ``"item"``.
            others: Taste and bias of the other side in each rating, shape (n, dim).
            above: How far what the other side's ratings say lies above its score, shape (n,).
            vectors: Taste and bias that are asked about in each rating, shape (n, dim) or (1, dim).

        Returns:
            What is met, shape (n, dim), and log odds, shape (n,).
        """
        if self.has_disliked:
            return others, (others * vectors).sum(axis=1) + above
        met = others - self.sides[1 if side == "user" else 0].liking_map.mean
        return met, (met * vectors).sum(axis=1)

    def above(self, side: str, places: np.ndarray) -> np.ndarray:
        """Say how far what ratings say of ids lies above their score; 0 for those that came after the fit."""
        rows = self.vectors.users if side == "user" else self.vectors.items
        block = self.vectors.block(rows, "newcomer")[:, 1 if side == "user" else 0]
        return np.where(places < len(rows) - 1, block[np.minimum(places, len(rows) - 1)], 0.0)

    def variances(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Say how unsure the scores of pairs, by position, are: their variances, shape (n,)."""
        v, pairs = self.vectors, zip(self.sides, (users, items), strict=True)
        rows = v.liking_rows(v.users)[users], v.liking_rows(v.items)[items]
        return variances(*rows, *(side.error(places) for side, places in pairs))

    def probability(self, user_ids, item_ids) -> np.ndarray:
        """Tell how likely pairs are liked; see `HybridRecommender.probability`."""
        pairs = self.scorer.pairs(user_ids, item_ids)
        return self.calibration(*self.apart(*pairs), self.variances(*pairs))

    def apart(self, users: np.ndarray, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give the scores of pairs, by position, as their parts, liking and choice, each of shape (n,)."""
        v = self.vectors
        choice = pair_scores(v.block(v.users, "choice"), v.block(v.items, "choice"), users, items)
        return pair_scores(v.users, v.items, users, items) - choice, choice

    def uncertainty(self, user_ids, item_ids) -> np.ndarray:
        """Tell how sure scores are; see `HybridRecommender.uncertainty`."""
        return np.sqrt(self.variances(*self.scorer.pairs(user_ids, item_ids))).astype(np.float32)

    def status(self, side: str, ids) -> np.ndarray:
        """Tell what ids of a side are scored from: ``"ratings"``, ``"features"`` or ``"population"``."""
        return self.sides[SIDES.index(side)].status(ids)

    def save(self, path) -> None:
        """Write the model to a folder; see `HybridRecommender.save`."""
        description = {
            "settings": asdict(self.settings),
            "encoders": {side.name: side.encoder.describe() for side in self.sides},
            "calibration": self.calibration._asdict(),
            "has_disliked": self.has_disliked,
            "n_changed": self.n_changed,
            "training_log": self.training_log.to_dict("list"),
        }
        files = {"vectors.npz": self.vectors.arrays(), "interactions.npz": self.interactions.arrays()}
        files["choice.npz"] = {name: getattr(self, name) for name in ("as_rated", "squares", "kept")}
        files["levels.npz"] = self.levels._asdict()
        for side in self.sides:
            files |= side.arrays()
        write_arrays(path, KIND, FORMAT, description, files)

    @classmethod
    def load(cls, path) -> "FittedModel":
        """Read what `save` wrote; see `HybridRecommender.load`."""
        described, files = read_arrays(path, KIND, FORMAT)
        interactions = Interactions.from_arrays(files["interactions.npz"])
        users, items = (
            Side.restore(name, described["encoders"][name], files, interactions) for name in SIDES
        )
        return cls(
            Settings(**described["settings"]),
            interactions,
            (users, items),
            vectors=ServedVectors.from_arrays(files["vectors.npz"]),
            levels=Levels(**files["levels.npz"]),
            calibration=Calibration(**described["calibration"]),
            has_disliked=described["has_disliked"],
            n_changed=described["n_changed"],
            training_log=pd.DataFrame(described["training_log"]),
            **files["choice.npz"],
        )
