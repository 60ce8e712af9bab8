"""What is known of one side, the users or the items, beside the rows that serve."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dbrec.checks import positions, raw_ids
from dbrec.features.encoder import FeatureEncoder
from dbrec.interactions import Interactions
from dbrec.scoring.biases import Odds
from dbrec.scoring.newcomers import FeatureMap
from dbrec.scoring.posterior import Scatter

MAPS = "liking", "choice"


@dataclass(frozen=True, eq=False)
class Side:
    """Hold how rows of one side are made of features and ratings.

    Attributes:
        name: ``"user"`` or ``"item"``.
        encoder: Encodes their features.
        liking_map: What features say of taste and bias.
        choice_map: What they say of the first places of choice.
        scatter: How taste and bias scatter around that, and what ratings tell of them.
        odds: The yardstick of what their own ratings say.
        n_fit: Number of ratings in the fit, of the ids that had any, shape (n_trained,).
        n_rated: Number of ratings now, of all ids, shape (n,).
        n_liked: Of these, of liked ones.
    """

    name: str
    encoder: FeatureEncoder
    liking_map: FeatureMap
    choice_map: FeatureMap
    scatter: Scatter
    odds: Odds
    n_fit: np.ndarray
    n_rated: np.ndarray
    n_liked: np.ndarray

    @property
    def n_trained(self) -> int:
        """Number of ids that the fit had ratings of: they come first."""
        return len(self.n_fit)

    def above(self, places: np.ndarray, liking: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Say how far the log odds of ids with ratings lie above the score of the other side's mean vector.

        Args:
            places: Their positions, shape (n,).
            liking: Their taste and bias, shape (n, dim).
            others: The other side's mean, shape (dim,).
        """
        return self.odds(self.n_liked[places], self.n_rated[places]) - liking @ others

    def error(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Say how unsure taste and bias of ids are, by position, -1 of one never met; see `variances`."""
        return self.scatter.basis, self.scatter.after_average(np.append(self.n_rated, 0)[places])

    def status(self, ids) -> np.ndarray:
        """Tell what each raw id is scored from: ``"ratings"``, ``"features"`` or ``"population"``."""
        ids = raw_ids(ids)
        position = positions(self.encoder.all_ids, ids)
        rated = (position >= 0) & (self.n_rated[position] > 0)
        return np.where(rated, "ratings", self.encoder.status(ids))

    def arrays(self) -> dict[str, dict[str, np.ndarray]]:
        """Give all of it as files of arrays, to be saved; `restore` takes them back."""
        maps = {f"{self.name}_{part}_map.npz": dict(vars(getattr(self, f"{part}_map"))) for part in MAPS}
        posterior = self.scatter._asdict() | self.odds._asdict() | {"n_fit": self.n_fit}
        return {
            f"{self.name}_features.npz": self.encoder.arrays(),
            f"{self.name}_scatter.npz": posterior,
        } | maps

    @classmethod
    def restore(cls, name: str, described: dict, files: Mapping, interactions: Interactions) -> "Side":
        """Make what `arrays` gave, with the encoder's description."""
        encoder = FeatureEncoder.restore(described, files[f"{name}_features.npz"])
        liking, choice = (FeatureMap(**files[f"{name}_{part}_map.npz"]) for part in MAPS)
        told = files[f"{name}_scatter.npz"]
        scatter = Scatter(told["basis"], told["told"])
        odds = Odds(told["share"].item(), told["n_others"].item())
        numbers = told["n_fit"], *tallies(interactions, name)
        return cls(name, encoder, liking, choice, scatter, odds, *numbers)


def tallies(interactions: Interactions, side: str) -> tuple[np.ndarray, np.ndarray]:
    """Count the ratings of each id of a side, and the liked ones: shapes (n,), (n,), int64."""
    index, ids = getattr(interactions, f"{side}_index"), getattr(interactions, f"{side}_ids")
    liked = np.bincount(index[interactions.liked], minlength=len(ids))
    return np.bincount(index, minlength=len(ids)), liked
