"""Watch, epoch by epoch, how what was learned so far would serve."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dbrec.checks import positions
from dbrec.evaluation.auc import auc
from dbrec.interactions import Interactions
from dbrec.training.loop import ValidationAUC
from dbrec.training.position_network import PositionNetwork
from dbrec.training.prior import beside_unobserved

if TYPE_CHECKING:
    from dbrec.training.fit import Prepared


def watch(prepared: "Prepared", network: PositionNetwork, watched: Interactions) -> ValidationAUC:
    """Watch the score that is served, by the model that the towers would make now."""
    # these refuse before, not after, an epoch
    data = prepared.interactions
    positions(data.user_ids, watched.user_ids, "validation['user_id']")
    positions(data.item_ids, watched.item_ids, "validation['item_id']")
    if not data.has_disliked and not watched.has_disliked:
        users = watched.user_ids.get_indexer(data.user_ids)[data.user_index]
        items = watched.item_ids.get_indexer(data.item_ids)[data.item_index]
        watched = beside_unobserved(watched, prepared.settings.seed, (users, items))
    users, items, liked = watched.user_index, watched.item_index, watched.liked
    auc(liked, np.zeros(len(users)))
    pairs = watched.user_ids[users], watched.item_ids[items]

    def score() -> np.ndarray:
        return prepared.model(network, pd.DataFrame()).scorer.score(*pairs)

    return ValidationAUC(score, users, liked)
