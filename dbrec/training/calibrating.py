"""Hold a few interactions out of training, learn probabilities by them, and take them up afterwards."""

from dataclasses import replace

import numpy as np

from dbrec.changes import Changes
from dbrec.interactions import Interactions
from dbrec.scoring.calibration import Calibration
from dbrec.scoring.model import FittedModel
from dbrec.scoring.updates import updated
from dbrec.training.prior import beside_unobserved

# Of all interactions, and at most: three numbers are learned of them. Of fewer than the last, none.
SHARE, MOST, FEWEST = 0.02, 5_000, 50


def hold_out(interactions: Interactions, seed: int) -> tuple[Interactions, Interactions | None]:
    """Take a random fiftieth, of up to 5,000, away to calibrate by; each id and kind keeps one.

    Returns:
        What to train on, and what was taken away; None where that would be fewer than 50, or of one kind
        where there are two.
    """
    n = min(round(SHARE * len(interactions)), MOST)
    if n < FEWEST:
        return interactions, None
    held = np.zeros(len(interactions), bool)
    held[np.random.default_rng(seed).choice(len(held), n, replace=False)] = True
    for index in (interactions.user_index, interactions.item_index, interactions.liked.astype(int)):
        held &= np.bincount(index[~held], minlength=index.max() + 1)[index] > 0
    liked = interactions.liked[held]
    if held.sum() < FEWEST or (interactions.has_disliked and (liked.all() or not liked.any())):
        return interactions, None
    return interactions.select(~held), interactions.select(held)


def calibrated(model: FittedModel, kept: Interactions, held: Interactions, seed: int) -> FittedModel:
    """Learn probabilities from what training hasn't seen, and then let the model know of it.

    Where only choices are known, those held out stand beside as many pairs that were drawn from all and
    aren't chosen.
    """
    judged = held
    if not kept.has_disliked:
        judged = beside_unobserved(held, seed, (kept.user_index, kept.item_index))
    if judged.has_disliked:  # or no pair that was drawn was free
        pairs = judged.user_index, judged.item_index  # ids stand in a model as they do in a fit
        calibration = Calibration.fit(*model.apart(*pairs), model.variances(*pairs), judged.liked)
        model = replace(model, calibration=calibration)
    ids = held.user_ids[held.user_index], held.item_ids[held.item_index]
    came = Changes(*ids, held.given, importance=held.importance)
    return replace(updated(model, came, None, None), n_changed=0)
