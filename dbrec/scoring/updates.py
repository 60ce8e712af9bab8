"""Ratings, users, items and features that come after a fit: new rows in closed form, without training.

What was trained stays. An id's taste and bias move by what its new ratings say, beside those that it was made
of (`dbrec.scoring.posterior`): first the items', by the users' as they were, then the users'. Choice
moves in `dbrec.scoring.choice_updates`.
"""

from contextlib import nullcontext
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from dbrec.changes import Changes
from dbrec.checks import positions
from dbrec.features.encoder import FeatureEncoder
from dbrec.scoring.choice_updates import choice_of_items, choice_of_users
from dbrec.scoring.merging import Delta, merge
from dbrec.scoring.model import FittedModel
from dbrec.scoring.posterior import surprise
from dbrec.scoring.served_vectors import item_rows, newcomer_rows, user_rows, with_room
from dbrec.scoring.sides import Side

MANY = 200  # ids that move at once


@dataclass(frozen=True, eq=False)
class Moving:
    """The ids of one side whose rows change.

    Attributes:
        side: What is known of the side after the update.
        n_before: Number of ratings that each id of the side had before, shape (n_ids,).
        places: Positions of those whose rows change, ascending, shape (n,).
        liking: Their taste and bias, shape (n, dim).
    """

    side: Side
    n_before: np.ndarray
    places: np.ndarray
    liking: np.ndarray

    @property
    def trained(self) -> np.ndarray:
        """Whether the fit had ratings of each, shape (n,)."""
        return self.places < self.side.n_trained

    @property
    def n_rated(self) -> np.ndarray:
        """Number of each one's ratings now, shape (n,)."""
        return self.side.n_rated[self.places]

    def rows_of(self, places: np.ndarray) -> np.ndarray:
        """Find the rows of positions that are among those whose rows change."""
        return np.searchsorted(self.places, places)


def updated(model: FittedModel, changes: Changes, users, items) -> FittedModel:
    """Make the model that knows of changes and of features as well; see `HybridRecommender.update`.

    All is computed, or refused, before a row is written.
    """
    changes = _without_unknown(model, changes)
    encoders = [
        side.encoder.extended(frame, ids, side.name)
        for side, frame, ids in zip(model.sides, (users, items), changes[:2], strict=True)
    ]
    ids = [encoder.all_ids for encoder in encoders]
    how = model.levels, model.settings.liked_from, model.has_disliked
    merged, delta, n_changed = merge(model.interactions, changes, ids, *how)
    if not n_changed and all(e is side.encoder for e, side in zip(encoders, model.sides, strict=True)):
        return model
    of_items = _moving(model, 1, encoders[1], delta.items, delta)
    # of an item that came after the fit, what it says of others moves too, and so do all who rated it
    newer = np.isin(merged.item_index, of_items.places[~of_items.trained])
    raters = merged.user_index[newer]
    of_users = _moving(model, 0, encoders[0], delta.users, delta, raters)
    of_items = _after_ratings(model, of_items, of_users, delta.items, delta.users, delta)
    of_users = _after_ratings(model, of_users, of_items, delta.users, delta.items, delta)
    chosen = choice_of_users(model, of_users, delta)
    found_by, as_rated = choice_of_items(model, of_items, of_users, chosen, delta)
    late = merged.select(newer)
    counts = model.counts(late.given, late.importance)
    more = as_rated - model.as_rated[np.minimum(of_items.places, len(model.as_rated) - 1)]
    at = of_users.rows_of(raters), of_items.rows_of(merged.item_index[newer])
    chosen += sparse.csr_matrix((counts, at), (len(chosen), len(more))) @ more
    rows = _user_rows(model, of_users, chosen), _item_rows(model, of_items, found_by)
    return _written(model, merged, n_changed, of_users, of_items, rows, as_rated)


def _without_unknown(model: FittedModel, changes: Changes) -> Changes:
    """Leave out what is taken back of ids that are unknown: it would make them known."""
    users = positions(model.vectors.user_ids, changes.user_ids, "user_ids")
    items = positions(model.vectors.item_ids, changes.item_ids, "item_ids")
    return changes.take(~np.isnan(changes.given) | ((users >= 0) & (items >= 0)))


def _moving(
    model: FittedModel, number: int, encoder: FeatureEncoder, own: np.ndarray, delta: Delta, also=()
) -> Moving:
    """Count a side's ratings anew, and take taste and bias with what new features change."""
    side = model.sides[number]
    n_known, old = len(side.encoder.all_ids), side.encoder
    more = np.zeros(len(encoder.all_ids) - n_known, int)
    n_rated, n_liked = np.append(side.n_rated, more), np.append(side.n_liked, more)
    n_before = n_rated.copy()
    np.add.at(n_rated, own, delta.sign)
    np.add.at(n_liked, own, delta.sign * delta.liked)
    described = np.arange(n_known, len(encoder.all_ids))
    if encoder is not old:
        described = np.append(np.flatnonzero((encoder.rows[:n_known] != old.rows).any(axis=1)), described)
    places = np.unique(np.concatenate([own, described, also])).astype(int)
    is_known = places < n_known
    known = places[is_known]
    liking = side.liking_map(encoder.features_of(encoder.rows[places])).astype(float)
    served = model.vectors.liking_rows((model.vectors.users, model.vectors.items)[number][known])
    liking[is_known] += served - side.liking_map(old.features_of(old.rows[known]))
    return Moving(replace(side, encoder=encoder, n_rated=n_rated, n_liked=n_liked), n_before, places, liking)


def _after_ratings(model: FittedModel, moving: Moving, met: Moving, own, others, delta: Delta) -> Moving:
    """Move taste and bias by how much each rating that came, or went, was more liked than expected.

    Args:
        model: As it was.
        moving: The side that moves.
        met: The other side.
        own: Positions on the side that moves, of each row of the delta.
        others: Positions on the other side.
        delta: What came and went.
    """
    order = np.argsort(own, kind="stable")
    own, others, sign, liked = own[order], others[order], delta.sign[order], delta.liked[order]
    rows = moving.rows_of(own)
    name, is_new = moving.side.name, own >= moving.side.n_trained
    above = model.above(met.side.name, others) * is_new
    meets, log_odds = model.meets(name, met.liking[met.rows_of(others)], above, moving.liking[rows])
    surprises = sign * surprise(liked, log_odds)
    moved, starts = np.unique(rows, return_index=True)
    n_before = moving.n_before[moving.places[moved]]
    liking = moving.liking.copy()
    # of many small systems threads would wait for each other; to tell BLAS so takes some milliseconds
    with threadpool_limits(1) if len(moved) > MANY else nullcontext():
        liking[moved] = moving.side.scatter.all_after(liking[moved], meets, surprises, starts, n_before)
    return replace(moving, liking=liking)


def _user_rows(model: FittedModel, users: Moving, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lay out the two rows of each user."""
    guess = users.side.choice_map(users.side.encoder.features_of(users.side.encoder.rows[users.places]))
    return user_rows(_liking(model, users), chosen, guess, users.n_rated, model.has_disliked)


def _item_rows(model: FittedModel, items: Moving, found_by: np.ndarray) -> np.ndarray:
    """Lay out the row of each item."""
    guess = items.side.choice_map(items.side.encoder.features_of(items.side.encoder.rows[items.places]))
    liking, new = _liking(model, items), ~items.trained
    rows = item_rows(liking, found_by, guess)
    rows[new] = item_rows(liking[new], found_by[new], guess[new], items.n_rated[new])
    return rows


def _liking(model: FittedModel, moving: Moving) -> np.ndarray:
    """Lay out the blocks taste, bias and newcomer."""
    side, trained = moving.side, moving.trained
    mean = model.sides[side.name == "user"].liking_map.mean
    above = side.above(moving.places[trained], moving.liking[trained], mean)
    newcomer = newcomer_rows(side.name, moving.n_rated, None)
    newcomer[trained] = newcomer_rows(side.name, moving.n_rated[trained], above)
    return np.hstack([moving.liking, newcomer])


def _written(model: FittedModel, merged, n_changed: int, users: Moving, items: Moving, rows, as_rated):
    """Write rows where they serve, and make the model of them."""
    to_score, to_list, found = (np.asarray(part, np.float32) for part in (*rows[0], rows[1]))
    if not all(np.isfinite(part).all() for part in (to_score, to_list, found, as_rated)):
        raise ValueError("the update ends in numbers that aren't finite: fit anew with all interactions")
    ids = [side.encoder.all_ids for side in (users.side, items.side)]
    vectors = model.vectors.with_more(*ids)
    table = with_room(model.as_rated, len(ids[1]) + 1 - len(model.as_rated))
    vectors.users[users.places], vectors.lists[users.places] = to_score, to_list
    vectors.items[items.places], table[items.places] = found, as_rated
    changed = replace(
        model,
        interactions=merged,
        sides=(users.side, items.side),
        as_rated=table,
        vectors=vectors,
        n_changed=model.n_changed + n_changed,
    )
    if "scorer" in vars(model):  # it was checked when it was made
        vars(changed)["scorer"] = model.scorer.moved(vectors, merged, bool(len(items.places)))
    return changed
