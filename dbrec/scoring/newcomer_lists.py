"""Scores, lists and what goes with them for a person who isn't in the data."""

import numpy as np
import pandas as pd

from dbrec.checks import positions, raw_ids, whole_number
from dbrec.scoring.candidates import Candidates
from dbrec.scoring.model import FittedModel
from dbrec.scoring.people import Person
from dbrec.scoring.posterior import variances
from dbrec.scoring.top_places import top_places


def recommend_for(model: FittedModel, person: Person, k: int, items=None, exclude=None) -> pd.DataFrame:
    """List items, without those that were named; see `HybridRecommender.recommend_for`."""
    whole_number("k", k)
    scores = (model.vectors.items[:-1] @ person.showing)[None]
    everybody = pd.Index(["this person"])
    for name, given in (("items", items), ("exclude", exclude)):
        if isinstance(given, pd.DataFrame):
            raise TypeError(f"{name} is a DataFrame: for one person give ids, such as {name}['item_id']")
    scores = Candidates(model.vectors.item_ids, everybody, items, exclude).hide(scores, np.arange(1))
    scores[0, person.named] = -np.inf
    return pd.DataFrame(model.scorer.columns_of(top_places(scores, k)), copy=False)


def score_for(model: FittedModel, person: Person, item_ids) -> np.ndarray:
    """Score items; see `HybridRecommender.score_for`."""
    return model.vectors.items[positions(model.vectors.item_ids, item_ids, "item_ids")] @ person.scoring


def probability_for(model: FittedModel, person: Person, item_ids) -> np.ndarray:
    """Tell how likely items are liked; see `HybridRecommender.probability_for`."""
    vectors, item_ids = model.vectors, raw_ids(item_ids, "item_ids")
    items = vectors.items[positions(vectors.item_ids, item_ids, "item_ids")]
    choice = vectors.block(items, "choice") @ vectors.block(person.scoring, "choice")
    return model.calibration(items @ person.scoring - choice, choice, variances_for(model, person, item_ids))


def variances_for(model: FittedModel, person: Person, item_ids) -> np.ndarray:
    """Give the variances of the scores of items, shape (n,)."""
    places, side = positions(model.vectors.item_ids, item_ids, "item_ids"), model.sides[1]
    items = model.vectors.liking_rows(model.vectors.items[places])
    people = np.tile(person.posterior.mean, (len(places), 1))
    return variances(people, items, (person.posterior.root, None), side.error(places))
