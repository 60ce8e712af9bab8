import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from dbrec.interactions import Interactions
from dbrec.scoring.choice import RATED_WEIGHT, Choice, ItemFactors, item_factors, sums_of_rated
from dbrec.training.histories import Histories

USERS, ITEMS = np.array([0, 0, 0, 1, 1, 2, 2, 3]), np.array([0, 1, 2, 0, 1, 1, 2, 2])
RATINGS = np.array([5, 4, 1, 5, 2, 3, 4, 5])
LIKED = RATINGS >= 4


@pytest.fixture
def factors():
    return item_factors(USERS, ITEMS, LIKED, n_items=3, dim=3)


def matrix():
    rated = np.zeros((4, 3))
    rated[USERS, ITEMS] = np.where(LIKED, 1, RATED_WEIGHT)
    return rated


@pytest.mark.parametrize(
    ("l2", "powers"), [(0.5, (0, 0)), (2.0, (0, 0)), (2.0, (-0.5, -0.15)), (2.0, (-1, 1))]
)
def test_each_item_is_predicted_from_the_others_by_ridge_regression(l2, powers):
    of_users, of_items = np.bincount(USERS), np.bincount(ITEMS)
    weights = (of_users / of_users.mean()) ** powers[0]
    by_item = (of_items / of_items.mean()) ** powers[1]
    as_rated, as_candidate = item_factors(USERS, ITEMS, LIKED, 3, 3, l2, 0, *powers)
    together, rated = as_rated @ as_candidate.T, matrix() * by_item
    penalty = l2 * np.mean(np.diag(rated.T @ (weights[:, None] * rated)))
    for item in range(3):
        others = [other for other in range(3) if other != item]
        ridge = Ridge(penalty, fit_intercept=False).fit(rated[:, others], rated[:, item], weights)
        assert together[others, item] == pytest.approx(by_item[others] * ridge.coef_, abs=1e-5)
        assert together[item, item] == pytest.approx(0, abs=1e-6)


def test_longer_factors_than_items_end_in_zeros_and_an_item_never_rated_has_none():
    as_rated, as_candidate = item_factors(USERS, ITEMS, LIKED, n_items=4, dim=6)
    assert as_rated.shape == as_candidate.shape == (4, 6)
    assert not as_rated[:, 4:].any() and as_rated[3] == pytest.approx(np.zeros(6), abs=1e-6)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"dim": 0}, "dim is 0: give a whole number of at least 1"),
        ({"dim": 2.5}, "dim is 2.5: give a whole number"),
        ({"l2": 0.0}, r"l2 is 0.0: give a finite number in \(0, inf\]"),
        ({"l2": float("nan")}, "l2 is nan: give a finite number"),
        ({"seed": -1}, "seed is -1"),
        ({"user_power": "a"}, "user_power is 'a': give a finite number"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        item_factors(USERS, ITEMS, LIKED, 3, **wrong)


def test_settings_left_out_are_those_of_the_model(factors):
    told = item_factors(USERS, ITEMS, LIKED, 3, 3, 3.0, 0, user_power=-0.5, item_power=-0.15)
    assert all(np.array_equal(part, other) for part, other in zip(factors, told, strict=True))


def test_short_factors_are_the_first_of_the_long_ones():
    random = np.random.default_rng(0)
    users, items = np.divmod(np.flatnonzero(random.random(200 * 60) < 0.2), 60)
    rows = users, items, random.random(len(users)) < 0.5
    whole, short = (np.matmul(a, b.T) for a, b in (item_factors(*rows, 60, dim) for dim in (60, 10)))
    left, values, right = np.linalg.svd(whole)
    best = (left[:, :10] * values[:10]) @ right[:10]
    assert np.linalg.norm(whole - short) < 1.002 * np.linalg.norm(whole - best)


def test_a_rating_that_is_not_a_liked_one_counts_half():
    one_each = ItemFactors(np.eye(3), np.eye(3))
    summed = sums_of_rated(
        one_each, np.array([0, 0, 1]), np.array([0, 2, 2]), np.array([True, False, True]), 2
    )
    assert summed.tolist() == [[1, 0, 0.5], [0, 0, 1]]


def interactions():
    rows = {"user_id": USERS, "item_id": ITEMS, "rating": RATINGS}
    return Interactions.from_frame(pd.DataFrame(rows), liked_from=4)


def test_the_choice_of_a_user_is_the_sum_over_what_they_rated(factors):
    choice = Choice.fit(interactions(), dim=3, seed=0)
    assert choice.users == pytest.approx(matrix() @ factors.as_rated, abs=1e-6)


def test_without_a_length_there_is_no_choice():
    choice = Choice.fit(interactions(), dim=0, seed=0)
    assert choice.users.shape == (4, 0) and choice.factors.as_rated.shape == (3, 0)


def test_beyond_the_most_items_the_least_rated_are_left_out(monkeypatch):
    monkeypatch.setattr("dbrec.scoring.choice.MOST_ITEMS", 2)
    users, items = np.array([0, 1, 2, 3, 0, 1, 2]), np.array([0, 0, 0, 1, 2, 2, 1])
    users, items = np.append(users, 3), np.append(items, 2)  # rated 3, 2 and 3 times
    as_rated, as_candidate = item_factors(users, items, users < 2, n_items=3, dim=2)
    assert not as_rated[1].any() and not as_candidate[1].any()
    assert as_rated[0].any() and as_rated[2].any()


def test_the_input_of_the_tower_is_a_plain_sum_and_one_weighted_by_the_rating(factors):
    histories = Histories(factors.as_rated, interactions())
    assert histories.brought == pytest.approx(factors.as_rated / (10 * factors.as_rated.std()))
    above = (RATINGS - RATINGS.mean()) / RATINGS.std()
    plain = histories.brought[[0, 1, 2]].sum(axis=0)
    weighted = (above[:3, None] * histories.brought[[0, 1, 2]]).sum(axis=0)
    assert histories.inputs[0] == pytest.approx(np.append(plain, weighted) / np.sqrt(3 + 5), abs=1e-6)
    assert histories.scale == pytest.approx(1 / np.sqrt(np.array([3, 2, 2, 1]) + 5))


def test_a_newcomer_with_the_ratings_of_a_user_has_the_choice_of_that_user(factors):
    alone = sums_of_rated(factors, np.zeros(3, int), ITEMS[:3], LIKED[:3], 1)
    assert alone[0] == pytest.approx(Choice.fit(interactions(), 3, 0).users[0], abs=1e-6)
    assert not sums_of_rated(factors, np.zeros(0, int), ITEMS[:0], LIKED[:0], 1).any()
