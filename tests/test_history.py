import numpy as np
import pytest
from sklearn.linear_model import Ridge

from dbrec.scoring.choice import NOT_LIKED, UserHistory, item_factors

USERS, ITEMS = np.array([0, 0, 0, 1, 1, 2, 2, 3]), np.array([0, 1, 2, 0, 1, 1, 2, 2])
RATINGS = np.array([5, 4, 1, 5, 2, 3, 4, 5])
LIKED = RATINGS >= 4


@pytest.fixture
def factors():
    return item_factors(USERS, ITEMS, LIKED, n_items=3, dim=3)


def matrix():
    rated = np.zeros((4, 3))
    rated[USERS, ITEMS] = np.where(LIKED, 1, NOT_LIKED)
    return rated


@pytest.mark.parametrize(
    ("l2", "powers"), [(0.5, (0, 0)), (2.0, (0, 0)), (2.0, (-0.5, -0.15)), (2.0, (-1, 1))]
)
def test_each_item_is_predicted_from_the_others_by_ridge_regression(l2, powers):
    of_users, of_items = np.bincount(USERS), np.bincount(ITEMS)
    weights = (of_users / of_users.mean()) ** powers[0]
    by_item = (of_items / of_items.mean()) ** powers[1]
    given, found = item_factors(USERS, ITEMS, LIKED, 3, 3, l2, 0, *powers)
    together, rated = given @ found.T, matrix() * by_item
    penalty = l2 * np.mean(np.diag(rated.T @ (weights[:, None] * rated)))
    for item in range(3):
        others = [other for other in range(3) if other != item]
        ridge = Ridge(penalty, fit_intercept=False).fit(rated[:, others], rated[:, item], weights)
        assert together[others, item] == pytest.approx(by_item[others] * ridge.coef_, abs=1e-5)
        assert together[item, item] == pytest.approx(0, abs=1e-6)


def test_longer_factors_than_items_end_in_zeros_and_an_item_never_rated_has_none():
    given, found = item_factors(USERS, ITEMS, LIKED, n_items=4, dim=6)
    assert given.shape == found.shape == (4, 6)
    assert not given[:, 4:].any() and given[3] == pytest.approx(np.zeros(6), abs=1e-6)


@pytest.mark.parametrize(("dim", "l2"), [(0, 1.0), (3, 0.0)])
def test_a_dim_or_a_penalty_that_cannot_be_is_refused(dim, l2):
    with pytest.raises(ValueError, match=f"dim is {dim} and l2 is {l2}: give a length of at least 1"):
        item_factors(USERS, ITEMS, LIKED, 3, dim, l2)


def test_the_choice_of_a_user_is_the_sum_over_what_they_rated(factors):
    history = UserHistory(factors, USERS, ITEMS, RATINGS, LIKED, 5)
    assert history.choice[:4] == pytest.approx(matrix() @ factors.given, abs=1e-6)
    assert history.n_rated.tolist() == [3, 2, 2, 1, 0]
    assert not history.choice[4].any() and not history.tower[4].any()


def test_the_input_of_the_tower_is_a_plain_sum_and_one_weighted_by_the_rating(factors):
    history = UserHistory(factors, USERS, ITEMS, RATINGS, LIKED, 4)
    stars = (RATINGS - RATINGS.mean()) / RATINGS.std()
    one = np.concatenate([history.small[2], stars[-1] * history.small[2]]) / np.sqrt(1 + 5)
    assert history.width == 6 and history.tower[3] == pytest.approx(one, abs=1e-6)


def test_a_newcomer_with_the_ratings_of_a_user_has_the_choice_of_that_user(factors):
    history = UserHistory(factors, USERS, ITEMS, RATINGS, LIKED, 4)
    assert history.choice_of(ITEMS[:3], LIKED[:3]) == pytest.approx(history.choice[0], abs=1e-6)
    assert not history.choice_of(ITEMS[:0], LIKED[:0]).any()
