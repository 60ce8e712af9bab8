"""Choice after a fit: the step by which items move, held against what a fit comes to."""

import numpy as np
import pandas as pd
import pytest
from made_models import KINDS, drawn, made

from dbrec.scoring.choice import singular_vectors
from dbrec.scoring.choice_updates import LEAST_KEPT, _told
from dbrec.scoring.merging import Delta
from dbrec.scoring.updates import Moving


def found_by(model):
    """Give the singular vectors of the items of a model, shape (n_items, dim)."""
    return singular_vectors(model.vectors.block(model.vectors.items, "choice")[:-1], model.kept)


@pytest.mark.parametrize("kind", KINDS)
def test_where_all_is_told_anew_a_step_leaves_the_items_where_the_fit_ended(kind):
    frame = drawn(0, kind, n_users=1000)[0]
    model = made(frame, choice_dim=15, sample_weight=1.0 + np.arange(len(frame)) % 3).fitted_
    data, counted = model.interactions, [side.n_fit for side in model.sides]
    users, items = (Moving(side, side.n_fit, np.arange(side.n_trained), None) for side in model.sides)
    all_of_it = Delta(data.user_index, data.item_index, None, data.liked, data.given, data.importance)
    chosen = model.vectors.block(model.vectors.users, "choice")[:-1]
    moves = model.kept >= LEAST_KEPT
    assert moves.sum() >= 14
    told = _told(model, items, users, chosen, *counted, all_of_it)
    assert told[:, moves] == pytest.approx(found_by(model)[:, moves], abs=1e-4)
    assert not told[:, ~moves].any()


def test_what_a_new_item_says_of_others_is_what_it_is_found_by_and_the_power_of_its_number():
    frame = drawn(0)[0]
    recommender = made(frame, choice_dim=15)
    came = pd.DataFrame({"user_id": [f"u{user}" for user in range(8)], "item_id": 900, "rating": [5, 4] * 4})
    model = recommender.update(came).fitted_
    mean_number = len(frame) / frame["item_id"].nunique()
    expected = (8 / mean_number) ** -0.15 * found_by(model)[-1] * model.kept
    assert np.abs(expected).max() > 1e-3
    assert model.as_rated[-2] == pytest.approx(expected, rel=1e-4, abs=1e-7)


def test_an_item_of_one_rating_is_found_as_before_once_a_second_has_come_and_gone():
    frame = pd.concat([drawn(0)[0], pd.DataFrame({"user_id": ["u3"], "item_id": [800], "rating": [5]})])
    recommender = made(frame, choice_dim=15)
    before = found_by(recommender.fitted_)[-1].copy()
    came = pd.DataFrame({"user_id": ["u4"], "item_id": [800], "rating": [4.0]})
    after = found_by(recommender.update(came).fitted_)[-1].copy()
    back = found_by(recommender.update(came.assign(rating=np.nan)).fitted_)[-1]
    assert np.abs(after - before).max() > 1e-3
    assert back == pytest.approx(before, abs=1e-5)
