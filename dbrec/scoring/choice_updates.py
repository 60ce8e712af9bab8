"""Choice after a fit, in closed form: what came or went moves it, and nothing is trained.

A user's choice is the sum that it is in a fit. What an item is found by goes on where the fit ended, by
another step of the power iteration that singular vectors are found by: what its new users chose, at the scale
of the fit.
"""

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from dbrec.scoring.choice import ITEM_POWER, USER_POWER, candidates, singular_vectors
from dbrec.scoring.merging import Delta
from dbrec.scoring.model import FittedModel

if TYPE_CHECKING:
    from dbrec.scoring.updates import Moving

LEAST_KEPT = 0.1  # of a place of choice that moves: below it few ratings tell more of chance than of choice
MOST_OWN = 0.95  # of how far an item may explain itself


def choice_of_users(model: FittedModel, users: "Moving", delta: Delta) -> np.ndarray:
    """Sum up what users rated, by what each known item says of others, shape (n, dim)."""
    served, last = model.vectors.block(model.vectors.users, "choice"), len(model.as_rated) - 1
    chosen = np.zeros((len(users.places), served.shape[1]))
    known = users.places < len(served) - 1
    chosen[known] = served[users.places[known]]
    counts = delta.sign * model.counts(delta.given, delta.importance)
    at = users.rows_of(delta.users), np.minimum(delta.items, last)  # of a new item nothing is known: zeros
    return chosen + sparse.csr_matrix((counts, at), (len(chosen), last + 1)) @ model.as_rated


def choice_of_items(
    model: FittedModel, items: "Moving", users: "Moving", chosen: np.ndarray, delta: Delta
) -> tuple[np.ndarray, np.ndarray]:
    """Say what items are found by, and what they say of others, shapes (n, dim).

    The second moves for items that came after the fit alone. What goes is taken away as it came: by what its
    user chose, and by the numbers of ratings, before it went.
    """
    kept, last = model.kept, len(model.as_rated) - 1
    served = model.vectors.block(model.vectors.items, "choice")
    before = np.zeros((len(items.places), len(kept)))
    before[items.places < last] = singular_vectors(served[items.places[items.places < last]], kept)
    had_chosen = np.zeros_like(chosen)
    known = users.places < len(model.vectors.users) - 1
    had_chosen[known] = model.vectors.block(model.vectors.users, "choice")[users.places[known]]
    n_before, n_now = items.n_before[items.places], items.n_rated
    as_before = had_chosen, users.n_before[users.places], n_before
    went = _told(model, items, users, *as_before, delta.of_sign(-1))
    came = _told(model, items, users, chosen, users.n_rated, n_now, delta.of_sign(1))
    share = np.where(items.trained & (n_before > 0), n_before / np.maximum(n_now, 1), 1.0)
    after = (share[:, None] * (before + came) - went) * (n_now > 0)[:, None]
    own = after**2 @ kept
    after *= np.sqrt(np.minimum(1.0, MOST_OWN / np.maximum(own, MOST_OWN)))[:, None]
    as_rated = model.as_rated[np.minimum(items.places, last)].astype(float)
    by_item = (np.maximum(n_now, 1) / items.side.n_fit.mean()) ** ITEM_POWER
    as_rated[~items.trained] = (by_item[:, None] * after * kept)[~items.trained]
    return candidates(after, kept), as_rated


def _told(
    model: FittedModel, items: "Moving", users: "Moving", chosen: np.ndarray, n_users, n_items, delta: Delta
) -> np.ndarray:
    """Sum up what ratings tell of what their items are found by: a step of the power iteration.

    Args:
        model: As it was.
        items: Those that move.
        users: Likewise.
        chosen: What each of the users chose, shape (n, dim).
        n_users: Number of ratings of each of them, with those of the delta, shape (n,).
        n_items: Likewise.
        delta: What came, or what went.

    Returns:
        A row for each of the items, shape (n, dim).
    """
    by_user = (np.maximum(n_users, 1) / users.side.n_fit.mean()) ** USER_POWER
    by_item = (np.maximum(n_items, 1) / items.side.n_fit.mean()) ** ITEM_POWER
    n_fit = np.zeros(len(users.places))
    n_fit[users.trained] = users.side.n_fit[users.places[users.trained]]
    at_fit = np.where(users.trained, n_fit / np.maximum(n_users, 1), 1.0)
    moves = model.kept >= LEAST_KEPT
    left = np.zeros_like(chosen)
    left[:, moves] = (by_user**2 * at_fit)[:, None] * chosen[:, moves] / (model.kept * model.squares)[moves]
    rows, columns = items.rows_of(delta.items), users.rows_of(delta.users)
    weights = model.counts(delta.given, delta.importance) * by_item[rows]
    return sparse.csr_matrix((weights, (rows, columns)), (len(items.places), len(left))) @ left
