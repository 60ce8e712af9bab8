"""What to ask a person next, so that their answer tells most of what they like."""

import numpy as np
import pandas as pd

from dbrec.checks import positions
from dbrec.scoring.model import FittedModel
from dbrec.scoring.people import Person
from dbrec.scoring.posterior import VARIANCE


def ask_next(model: FittedModel, person: Person, k: int, exclude) -> pd.DataFrame:
    """List the items whose answers tell most; see `HybridRecommender.ask_next`.

    An answer narrows what isn't known of all scores: their variances, of items as often as they are rated.
    How much it narrows them is known before it is given, so that the second question takes up what the first
    one leaves, and so on. It counts by how likely the person knows the item: by the share of users who rated
    it.

    Source:
        Chaloner and Verdinelli 1995, "Bayesian Experimental Design: A Review", section 2.2 (A-optimality);
        for recommenders Elahi, Ricci and Rubens 2016, "A survey of active learning in collaborative
        filtering".
    """
    items, side = model.vectors.liking_rows(model.vectors.items[:-1]).astype(float), model.sides[1]
    n_rated = side.n_rated.astype(float)
    known = n_rated / max((model.sides[0].n_rated > 0).sum(), 1)
    unsure_of = items @ person.posterior.root
    # what an answer meets: where only choices are known, an item beside the mean of all
    met = model.meets("user", items, 0.0, person.posterior.mean[None])[0] @ person.posterior.root
    matters = unsure_of.T @ (n_rated[:, None] * unsure_of) / n_rated.sum()
    left, open_items = np.eye(unsure_of.shape[1]), n_rated > 0
    places = positions(model.vectors.item_ids, exclude, "exclude")
    open_items[np.append(person.named, places[places >= 0])] = False
    asked, told = [], []
    for _ in range(min(k, int(open_items.sum()))):
        towards = met @ left
        variance = (towards * met).sum(axis=1)
        gain = ((towards @ matters) * towards).sum(axis=1) * VARIANCE / (1 + VARIANCE * variance)
        worth = np.where(open_items, known * gain, -np.inf)
        best = int(worth.argmax())
        asked.append(best)
        told.append(gain[best])
        open_items[best] = False
        # as much narrower as it will be on average: the person may not know the item
        step = towards[best] * np.sqrt(known[best] * VARIANCE / (1 + VARIANCE * variance[best]))
        left -= np.outer(step, step)
    ranks = np.arange(1, len(asked) + 1)
    item_ids = model.vectors.item_ids[asked]
    return pd.DataFrame({"rank": ranks, "item_id": item_ids, "known": known[asked], "tells": told})
