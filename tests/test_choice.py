import tracemalloc

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from dbrec.interactions import Interactions
from dbrec.scoring.choice import Choice, candidates, counts, item_factors, matrix, singular_vectors
from dbrec.training.histories import Histories

USERS, ITEMS = np.array([0, 0, 0, 1, 1, 2, 2, 3]), np.array([0, 1, 2, 0, 1, 1, 2, 2])
RATINGS = np.array([5, 4, 1, 5, 2, 3, 4, 5])
# Of eight ratings 1, 2 and 3 have 0, 1 and 2 lower ones; both 4 have 3, the three 5 have 5. Half of the equal
# ones are added, the rating itself among them, and 0.25 of all eight.
COUNTED = np.array([6.5, 4, 0.5, 6.5, 1.5, 2.5, 4, 6.5]) / 8 + 0.25


def of(users, items, **numbers):
    """Make interactions of ids 0, 1, 2 ..."""
    return Interactions.from_frame(pd.DataFrame({"user_id": users, "item_id": items} | numbers), liked_from=4)


@pytest.fixture
def interactions():
    return of(USERS, ITEMS, rating=RATINGS)


def drawn(n_users=200, n_items=60, share=0.2):
    random = np.random.default_rng(0)
    users, items = np.divmod(np.flatnonzero(random.random(n_users * n_items) < share), n_items)
    return of(users, items, rating=random.integers(1, 6, len(users)))


def weighted(data):
    """Lay interactions out, weighed by what each counts and by the powers of both numbers."""
    laid = np.zeros((len(data.user_ids), len(data.item_ids)))
    laid[data.user_index, data.item_index] = counts(data)
    of_users, of_items = np.count_nonzero(laid, axis=1), np.count_nonzero(laid, axis=0)
    by_user, by_item = (of_users / of_users.mean()) ** -0.25, (of_items / of_items.mean()) ** -0.15
    return by_user[:, None] * laid * by_item, by_item


def penalty(data):
    """Four times the mean number of an item's interactions and 250, times the mean squared weight."""
    laid, _ = weighted(data)
    return (4 * len(data) / len(data.item_ids) + 250) * (laid**2).sum() / len(data)


@pytest.mark.parametrize("make", [lambda: of(USERS, ITEMS, rating=RATINGS), lambda: of(USERS, ITEMS), drawn])
def test_at_full_length_factors_are_the_closed_form_off_the_diagonal(make):
    data = make()
    laid, by_item = weighted(data)
    inverse = np.linalg.inv(laid.T @ laid + penalty(data) * np.eye(laid.shape[1]))
    expected = by_item[:, None] * (np.eye(laid.shape[1]) - inverse / np.diag(inverse))
    as_rated, as_candidate = item_factors(data, laid.shape[1])[:2]
    others = ~np.eye(laid.shape[1], dtype=bool)
    assert (as_rated @ as_candidate.T)[others] == pytest.approx(expected[others], abs=1e-6, rel=1e-4)


def test_each_item_is_predicted_from_the_others_by_ridge_regression(interactions):
    as_rated, as_candidate = item_factors(interactions, 3)[:2]
    laid, by_item = weighted(interactions)
    for item in range(3):
        others = [other for other in range(3) if other != item]
        ridge = Ridge(penalty(interactions), fit_intercept=False).fit(laid[:, others], laid[:, item])
        together = as_rated[others] @ as_candidate[item]
        assert together == pytest.approx(by_item[others] * ridge.coef_, rel=1e-4)


def test_the_length_is_cut_to_the_number_of_users_or_items(interactions):
    few_items, few_users = item_factors(interactions, 6), item_factors(of([0, 0, 0, 1], [0, 1, 2, 0]), 6)
    assert few_items.as_rated.shape == few_items.as_candidate.shape == (3, 3)
    assert few_users.as_rated.shape == few_users.as_candidate.shape == (3, 2)


def test_short_factors_keep_what_explains_most():
    # ten groups of six items, and each user chooses most of one: no ten places come nearer
    users, items = np.divmod(np.arange(200 * 60), 60)
    chosen = np.random.default_rng(0).random(len(users)) < np.where(users % 10 == items % 10, 0.8, 0.1)
    data = of(users[chosen], items[chosen])
    whole, short = item_factors(data, 60), item_factors(data, 10)
    _, by_item = weighted(data)
    explained = []
    for as_rated, as_candidate, *_ in (whole, short):
        rated = as_rated / by_item[:, None]
        own = 1 / (1 + np.einsum("nd,nd->n", rated, as_candidate))  # 1 less the share that an item explains
        explained.append(rated @ (as_candidate * own[:, None]).T)
    left, values, right = np.linalg.svd(explained[0])
    best = (left[:, :10] * values[:10]) @ right[:10]
    assert np.linalg.norm(explained[0] - explained[1]) < 1.002 * np.linalg.norm(explained[0] - best)


def test_the_first_places_explain_most():
    as_rated = item_factors(drawn(), 20).as_rated / weighted(drawn())[1][:, None]
    sizes = np.linalg.norm(as_rated, axis=0)
    assert (np.diff(sizes) < 0).all()


def test_the_seed_decides_and_the_same_gives_the_same():
    one, other, third = (item_factors(drawn(), 5, seed).as_candidate for seed in (0, 0, 1))
    assert np.array_equal(one, other) and not np.array_equal(one, third)


def test_stars_count_by_their_share_of_lower_ones_and_a_quarter(interactions):
    assert counts(interactions) == pytest.approx(COUNTED)


def test_what_is_twice_as_important_counts_twice_as_much(interactions):
    frame = pd.DataFrame({"user_id": USERS, "item_id": ITEMS, "rating": RATINGS})
    weights = np.array([2, 1, 1, 2, 1, 1, 1, 1])
    weighed = Interactions.from_frame(frame, liked_from=4, sample_weight=weights)
    assert counts(weighed) / counts(weighed)[1] == pytest.approx(COUNTED * weights / COUNTED[1])


def test_what_is_chosen_counts_one_more_than_its_share_of_lower_weights():
    weights = of([0, 0, 1, 1], [0, 1, 0, 1], weight=[3.5, 1, 1e6, 3.5])
    assert counts(weights).tolist() == [1.5, 1.125, 1.875, 1.5]


def test_equal_values_count_alike():
    clicks, stars = of([0, 0, 1], [0, 1, 0]), of([0, 0, 1], [0, 1, 0], rating=5)
    assert counts(clicks).tolist() == counts(stars).tolist() == [1.5] * 3


def test_counts_hang_on_the_order_of_ratings_alone():
    stretched = of(USERS, ITEMS, rating=np.where(RATINGS < 4, RATINGS, 10.0**RATINGS))
    assert counts(stretched) == pytest.approx(COUNTED)


def test_no_table_of_items_by_items_is_made():
    n_items = 20_000
    random = np.random.default_rng(0)
    pairs = np.unique(random.integers(0, 500 * n_items, 60_000))
    pairs = np.append(pairs, np.arange(n_items))  # the first user chose all, so that no item is without
    users, items = np.divmod(np.unique(pairs), n_items)
    data = of(users, items)
    assert len(data.item_ids) == n_items
    tracemalloc.start()
    try:
        Choice.fit(data, dim=8, seed=0)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < n_items**2 * 4 / 10


def test_the_choice_of_a_user_is_the_sum_over_what_they_rated(interactions):
    choice = Choice.fit(interactions, dim=3, seed=0)
    rated = np.zeros((4, 3))
    rated[USERS, ITEMS] = COUNTED
    assert choice.users == pytest.approx(rated @ choice.factors.as_rated, abs=1e-6)
    assert matrix(interactions, COUNTED).toarray() == pytest.approx(rated)


def test_likes_are_the_rows_of_what_users_like_seen_from_the_first_places(interactions):
    choice = Choice.fit(interactions, dim=2, seed=0)
    liked = np.zeros((4, 3))
    liked[USERS, ITEMS] = RATINGS >= 4
    nearest = np.linalg.lstsq(choice.factors.as_candidate, liked.T)[0].T
    assert choice.likes == pytest.approx(nearest, abs=1e-5)
    whole = Choice.fit(interactions, dim=3, seed=0)
    assert whole.likes @ whole.factors.as_candidate.T == pytest.approx(liked, abs=1e-4)


def test_features_are_to_tell_64_places_at_most(interactions):
    for data, places in ((drawn(200, 80), 64), (interactions, 3)):
        likes, found_by = Choice.fit(data, dim=100, seed=0).first_places()
        assert likes.shape == (len(data.user_ids), places)
        assert found_by.shape == (len(data.item_ids), places)


def test_without_a_length_there_is_no_choice(interactions):
    choice = Choice.fit(interactions, dim=0, seed=0)
    assert choice.users.shape == choice.likes.shape == (4, 0) and choice.factors.as_rated.shape == (3, 0)


def test_the_input_of_the_tower_is_a_plain_sum_and_one_weighted_by_the_rating(interactions):
    as_rated = item_factors(interactions, 3).as_rated
    histories = Histories(as_rated, interactions)
    assert histories.brought == pytest.approx(as_rated / (10 * as_rated.std()))
    above = (RATINGS - RATINGS.mean()) / RATINGS.std()
    plain = histories.brought[[0, 1, 2]].sum(axis=0)
    weighted = (above[:3, None] * histories.brought[[0, 1, 2]]).sum(axis=0)
    assert histories.inputs[0] == pytest.approx(np.append(plain, weighted) / np.sqrt(3 + 5), abs=1e-6)
    assert histories.scale == pytest.approx(1 / np.sqrt(np.array([3, 2, 2, 1]) + 5))


def test_squares_are_those_of_the_singular_values_and_the_penalty_leaves_its_share(interactions):
    _, _, squares, kept = item_factors(interactions, 3)
    values = np.linalg.svd(weighted(interactions)[0])[1]
    assert squares == pytest.approx(values**2, rel=1e-4)
    assert kept == pytest.approx(values**2 / (values**2 + penalty(interactions)), rel=1e-4)


def test_singular_vectors_are_found_again_in_what_items_are_found_by():
    vectors = np.linalg.qr(np.random.default_rng(0).normal(size=(9, 4)))[0]
    kept = np.array([0.9, 0.7, 0.4, 0.1])
    assert singular_vectors(candidates(vectors, kept), kept) == pytest.approx(vectors)
