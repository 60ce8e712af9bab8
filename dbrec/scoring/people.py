"""A person who isn't in the data: rows made of features and of the items they name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dbrec.checks import positions, raw_ids
from dbrec.scoring.posterior import Posterior, surprise
from dbrec.scoring.served_vectors import newcomer_rows, user_rows

if TYPE_CHECKING:
    from scipy import sparse

    from dbrec.scoring.model import FittedModel


@dataclass(frozen=True, eq=False)
class Person:
    """Hold what is known of a person.

    Attributes:
        named: Positions of the items they named, the liked ones first, shape (n,).
        features: Their features, one row.
        met: What their vector meets in each item named, shape (n, dim).
        surprise: How much more than expected each was liked, shape (n,).
        posterior: Taste and bias after all of that.
        counts: What each item named counts in choice, shape (n,).
        scoring, showing: The rows to score and to make lists with, float32.
    """

    named: np.ndarray
    features: "sparse.csr_matrix"
    met: np.ndarray
    surprise: np.ndarray
    posterior: Posterior
    counts: np.ndarray
    scoring: np.ndarray
    showing: np.ndarray

    @classmethod
    def of(cls, model: "FittedModel", features: Mapping | pd.Series | None, liked, disliked) -> "Person":
        """Make the rows of a person; see `HybridRecommender.recommend_for`."""
        named, is_liked = _named(model, liked, disliked)
        side = model.sides[0]
        known = side.encoder.features_of(side.encoder.encode_person(features))
        guess = side.liking_map(known)[0]
        items = model.vectors.liking_rows(model.vectors.items[named])
        # the whole of `above`, and not half: only so is it a log odds
        others, log_odds = model.meets("user", items, model.above("item", named), guess[None])
        surprises = surprise(is_liked, log_odds)
        posterior = side.scatter.after(guess, others, surprises)
        liking = np.hstack([posterior.mean[None], newcomer_rows("user", np.array([len(named)]), None)])
        counts = model.usual_counts[is_liked.astype(int)]
        choice = (counts @ model.as_rated[named])[None]
        n_named = np.array([len(named)])
        rows = user_rows(liking, choice, side.choice_map(known), n_named, model.has_disliked)
        scoring, showing = (np.asarray(row[0], np.float32) for row in rows)
        return cls(named, known, others, surprises, posterior, counts, scoring, showing)

    def moved(self) -> np.ndarray:
        """Say by how much each item named has moved taste and bias, shape (n, dim)."""
        basis, precision = self.posterior.basis, self.posterior.precision
        told = (self.met @ basis) * self.surprise[:, None]
        return np.linalg.solve(precision, told.T).T @ basis.T


def _named(model: "FittedModel", liked, disliked) -> tuple[np.ndarray, np.ndarray]:
    """Find the positions of the items that are named, each once, and which are liked."""
    liked, disliked = (_known(model, name, ids) for name, ids in (("liked", liked), ("disliked", disliked)))
    if len(both := np.intersect1d(liked, disliked)):
        names = model.vectors.item_ids[both].tolist()
        raise ValueError(f"items {names} are named as liked and as disliked: name each once")
    return np.concatenate([liked, disliked]), np.arange(len(liked) + len(disliked)) < len(liked)


def _known(model: "FittedModel", name: str, item_ids) -> np.ndarray:
    """Find the positions of items, each once; a KeyError names those that are unknown."""
    ids = raw_ids(item_ids, name)
    found = positions(model.vectors.item_ids, ids, name)
    if (found < 0).any():
        unknown = ids[found < 0].tolist()
        raise KeyError(f"items {unknown} are unknown: give ids that were in the ratings or items of the fit")
    return pd.unique(found)
