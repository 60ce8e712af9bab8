"""Who or what is most alike, and who would like an item most."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dbrec.checks import one_place, switch, whole_number

if TYPE_CHECKING:
    from dbrec.scoring.scorer import VectorScorer


def similar(ids: pd.Index, vectors: np.ndarray, one, side: str, k: int) -> pd.DataFrame:
    """List the k ids whose vectors point in the most similar direction, but the one asked about.

    Args:
        ids: Raw ids of a side, shape (n,).
        vectors: A row an id, and one more, shape (n + 1, dim).
        one: The raw id asked about.
        side: ``"user"`` or ``"item"``.
        k: Length of the list, at least 1.

    Returns:
        A frame ``rank, user_id or item_id, similarity``: cosines in [-1, 1], equal ones as in `ids`.

    Raises:
        KeyError, TypeError, ValueError: If `one` is unknown or isn't one id, or `k` isn't at least 1.
    """
    place = one_place(ids, one, side)
    lengths = np.linalg.norm(vectors[:-1], axis=1)
    cosines = vectors[:-1] @ vectors[place] / np.maximum(lengths * lengths[place], 1e-12)
    cosines[place] = -np.inf
    return _best(ids, cosines, k, f"{side}_id", "similarity")


def users_for(scorer: "VectorScorer", item_id, k: int, exclude_seen: bool) -> pd.DataFrame:
    """List the k users of the highest score for an item.

    Args:
        scorer: Holds vectors, and who has seen what.
        item_id: A raw item id.
        k: Length of the list, at least 1.
        exclude_seen: Whether to leave out the users who have seen it.

    Returns:
        A frame ``rank, user_id, score``; equal scores stand in the order of ``scorer.user_ids``.

    Raises:
        KeyError, TypeError, ValueError: As `similar`, or if `exclude_seen` is no boolean.
    """
    item = one_place(scorer.item_ids, item_id, "item")
    scores = scorer.user_vectors[:-1] @ scorer.item_vectors[item]
    if switch("exclude_seen", exclude_seen):
        scores[scorer.seen.users[scorer.seen.items == item]] = -np.inf
    return _best(scorer.user_ids, scores, k, "user_id", "score")


def _best(ids: pd.Index, values: np.ndarray, k: int, id_name: str, value_name: str) -> pd.DataFrame:
    """List the k ids of the highest values, but for those at minus infinity."""
    order = np.argsort(-values, kind="stable")[: whole_number("k", k)]
    order = order[values[order] > -np.inf]
    ranks = np.arange(1, len(order) + 1)
    return pd.DataFrame({"rank": ranks, id_name: ids[order], value_name: values[order]})
