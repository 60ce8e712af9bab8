import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from dbrec.evaluation.auc import auc, auc_per_user, bootstrap_auc, bootstrap_auc_difference


def random_rows(seed, n=200, users=12, ties=True):
    random = np.random.default_rng(seed)
    scores = random.integers(0, 7, n) if ties else random.normal(size=n)
    return random.integers(0, users, n), random.random(n) < 0.5, scores


def test_auc_is_the_share_of_pairs_in_order_with_ties_as_half():
    assert auc([1, 0], [2, 1]) == 1
    assert auc([1, 0], [1, 2]) == 0
    assert auc([1, 0], [1, 1]) == 0.5
    assert auc([1, 1, 0, 0], [4, 2, 3, 2]) == pytest.approx((1 + 1 + 0 + 0.5) / 4)


@given(st.integers(0, 10_000))
def test_auc_per_user_is_scikit_learns_on_each_users_rows(seed):
    users, liked, scores = random_rows(seed)
    own = auc_per_user(users, liked, scores)
    for user in range(12):
        mine = users == user
        if 0 < liked[mine].sum() < mine.sum():
            assert own[user] == pytest.approx(roc_auc_score(liked[mine], scores[mine]))
        else:
            assert user not in own.index


def test_auc_per_user_does_not_depend_on_a_constant_for_each_user():
    users, liked, scores = random_rows(3, ties=False)
    shifted = scores + 1000.0 * users
    pd.testing.assert_series_equal(auc_per_user(users, liked, scores), auc_per_user(users, liked, shifted))
    assert auc(liked, scores) != auc(liked, shifted)


@given(st.integers(0, 10_000))
def test_the_middle_of_the_bootstrap_is_the_metric(seed):
    users, liked, scores = random_rows(seed, n=600, users=60)
    table = bootstrap_auc(users, liked, scores, n_resamples=100, seed=seed)
    assert table.loc["pooled", "auc"] == pytest.approx(roc_auc_score(liked, scores))
    assert table.loc["per user", "auc"] == pytest.approx(auc_per_user(users, liked, scores).mean())
    assert ((table.low < table.auc) & (table.auc < table.high)).all()


def test_a_bootstrap_draw_equals_scikit_learns_auc_of_the_rows_drawn():
    users, liked, scores = random_rows(1, users=20)
    times = np.bincount(np.random.default_rng(5).integers(0, 20, 20), minlength=20)
    table = bootstrap_auc(users, liked, scores, n_resamples=1, seed=5)
    expected = roc_auc_score(liked, scores, sample_weight=times[users])
    assert table.loc["pooled", "low"] == pytest.approx(expected)


def test_more_users_make_a_narrower_interval():
    widths = []
    for users in (40, 4000):
        table = bootstrap_auc(*random_rows(0, n=users * 10, users=users), n_resamples=200)
        widths.append((table.high - table.low).to_numpy())
    assert (widths[1] < widths[0] / 5).all()


def test_the_difference_of_two_systems_is_that_of_their_aucs_and_changes_sign_with_their_order():
    users, liked, scores = random_rows(2, ties=False)
    better = scores + 0.5 * liked
    table = bootstrap_auc_difference(users, liked, better, scores, n_resamples=100)
    turned = bootstrap_auc_difference(users, liked, scores, better, n_resamples=100)
    own = [auc_per_user(users, liked, s).mean() for s in (better, scores)]
    expected = [auc(liked, better) - auc(liked, scores), own[0] - own[1]]
    assert table["difference"].tolist() == pytest.approx(expected)
    assert (table["low"] > 0).all()
    assert turned[["high", "low"]].to_numpy() == pytest.approx(-table[["low", "high"]].to_numpy())


def test_the_interval_of_a_difference_is_paired():
    users, liked, scores = random_rows(4, n=2000, users=50, ties=False)
    one, other = scores + liked, scores + 1.01 * liked
    paired = bootstrap_auc_difference(users, liked, other, one, n_resamples=100).loc["pooled"]
    own = bootstrap_auc(users, liked, one, n_resamples=100).loc["pooled"]
    assert paired["high"] - paired["low"] < (own["high"] - own["low"]) / 5
    assert bootstrap_auc_difference(users, liked, one, one, n_resamples=9).eq(0).all(axis=None)


@pytest.mark.parametrize(
    ("liked", "scores", "message"),
    [
        ([1, 0], [1], r"liked has shape \(2,\) and scores \(1,\)"),
        ([1, 0], [1, np.nan], "1 scores are not finite"),
        ([1, 1], [1, 2], "all 2 labels are the same"),
    ],
)
def test_auc_refuses_rows_it_cannot_judge(liked, scores, message):
    with pytest.raises(ValueError, match=message):
        auc(liked, scores)


def test_auc_per_user_refuses_when_no_user_has_both_kinds():
    with pytest.raises(ValueError, match="no user has both"):
        auc_per_user([1, 2], [1, 0], [1, 2])
    with pytest.raises(ValueError, match=r"users has shape \(1,\)"):
        auc_per_user([1], [1, 0], [1, 2])


# Two users with both kinds of row, all in order but for one tie.
USERS, LIKED, SCORES = [1, 1, 2, 2], [1, 0, 1, 0], [4, 3, 3, 1]


@pytest.mark.parametrize(
    "liked", [[1.0, 0.0], np.array([1, 0], np.uint8), pd.array([True, False], "boolean")]
)
def test_labels_of_any_type_that_are_true_or_false_are_labels(liked):
    assert auc(liked, [2, 1]) == 1


@pytest.mark.parametrize(
    ("liked", "message"),
    [
        (["yes", "no"], "liked holds 'yes': give true or false"),
        ([1, -1], "liked holds -1: give true or false"),
        ([1, 2], "liked holds 2: give true or false"),
        ([1, np.nan], "liked holds nan: give true or false"),
        (["1", "0"], "liked holds '1': give true or false"),
        ([0.5, 0], "liked holds 0.5: give true or false"),
        (pd.array([True, None], "boolean"), "liked holds <NA>: give true or false"),
        (np.ma.array([1, 0], mask=[False, True]), "liked holds nan: give true or false"),
        (np.ma.array([True, False], mask=[False, True]), "liked holds nan: give true or false"),
        (None, "liked holds None: give true or false"),
    ],
)
def test_what_is_not_a_label_is_refused(liked, message):
    with pytest.raises(ValueError, match=message):
        auc(liked, [2, 1])


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (["b", "a"], r"scores are string, such as \['b', 'a'\]: give numbers"),
        (["2", "1"], r"scores are string, such as \['2', '1'\]: give numbers"),
        ([2, "1"], r"scores are mixed-integer, such as \[2, '1'\]: give numbers"),
        ([2j, 1], r"scores are .*, such as \[2j, 1\]: give numbers"),
        ([[2], [1, 3]], r"scores are mixed, such as \[\[2\], \[1, 3\]\]: give numbers"),
        (np.array(["2020", "2021"], "M8[Y]"), "scores are datetime64, .*: give numbers"),
        ([2, None], "1 scores are not finite numbers: give one a row, or leave the row out"),
        ([np.inf, -np.inf], "2 scores are not finite numbers"),
        (pd.array([2, None], "Float64"), "1 scores are not finite numbers"),
        (np.ma.array([2, 1], mask=[True, False]), "1 scores are not finite numbers"),
        (np.ma.array([2.5, 1], mask=[True, True]), "2 scores are not finite numbers"),
        ([10**400, 0], "scores hold a number of more than 300 digits: give finite numbers"),
        ([[2, 1]], r"liked has shape \(2,\) and scores \(1, 2\): give one label and one score a row"),
        (None, "1 scores are not finite numbers"),
    ],
)
def test_what_is_not_a_score_is_refused(scores, message):
    with pytest.raises(ValueError, match=message):
        auc([1, 0], scores)


def test_scores_may_be_numbers_in_any_wrapping():
    assert auc([1, 0], np.array([2, 1], object)) == auc([1, 0], pd.array([2, 1], "Int64")) == 1
    assert auc(np.ma.array([1, 0]), np.ma.array([2, 1])) == auc(np.ma.array([True, False]), [2, 1]) == 1


@pytest.mark.parametrize(
    ("users", "error", "message"),
    [
        ([1, 1, np.nan, 2], ValueError, "users has a missing value at position 2: leave such rows out"),
        ([None] * 4, ValueError, "users has a missing value at position 0"),
        ([1, 1, "a", "a"], TypeError, "users must be .* ints or text, and these are mixed-integer"),
        (
            [1.5, 1.5, 2.5, 2.5],
            TypeError,
            "users must be .* ints or text, and these are floating, such as 1.5",
        ),
        ([(1, 2)] * 4, TypeError, "users must be .* ints or text, and these are mixed"),
        ([[1], [1], [2], [2]], TypeError, "users must be .* ints or text"),
        ([1, 1], ValueError, r"users has shape \(2,\) and liked \(4,\): give one user a row"),
    ],
)
def test_users_that_are_not_ids_are_refused(users, error, message):
    for judge in (auc_per_user, bootstrap_auc):
        with pytest.raises(error, match=message):
            judge(users, LIKED, SCORES)


def test_users_may_be_text_or_categories_and_come_in_ascending_order():
    assert auc_per_user(["b", "b", "a", "a"], LIKED, SCORES).index.tolist() == ["a", "b"]
    assert auc_per_user(pd.Categorical([9, 9, 10, 10]), LIKED, SCORES).index.tolist() == [9, 10]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        *[({"level": level}, r"level is .*: give a finite number in \(0, 1\)") for level in (0, 1, 2, "a")],
        *[({"level": level}, r"level is .*: give a finite number in \(0, 1\)") for level in (np.nan, None)],
        *[({"n_resamples": n}, "n_resamples is .*: give a whole number of at least 1") for n in (0, -1, 1.5)],
        *[({"n_resamples": n}, "n_resamples is .*: give a whole number of at least 1") for n in ("a", True)],
        *[({"seed": seed}, "seed is .*: give a whole number from 0") for seed in (-1, 1.5, "a", None)],
    ],
)
def test_a_bootstrap_refuses_settings_out_of_range(setting, message):
    with pytest.raises(ValueError, match=message):
        bootstrap_auc(USERS, LIKED, SCORES, **setting)
    with pytest.raises(ValueError, match=message):
        bootstrap_auc_difference(USERS, LIKED, SCORES, SCORES, **setting)


def test_resamples_without_a_user_of_both_kinds_are_drawn_again():
    # User 1 is in order; user 2 liked all, so a resample of user 2 alone, one in four, has no AUC.
    table = bootstrap_auc([1, 1, 2], [1, 0, 1], [2, 1, 0], n_resamples=100)
    assert table.loc["per user"].tolist() == [1, 1, 1]
    # All of user 1: 1. Each once: the not-liked row is below one liked row of two.
    assert table.loc["pooled"].tolist() == [0.5, 0.5, 1]


def test_the_interval_holds_the_share_of_the_resamples_asked_for():
    # Two users of an AUC of 1 and 0: a resample's mean is 0, a half or 1, with chances 1/4, 1/2, 1/4.
    arguments = [1, 1, 2, 2], [1, 0, 1, 0], [4, 3, 1, 2]
    for level, low, high in [(0.4, 0.5, 0.5), (0.6, 0, 1)]:
        table = bootstrap_auc(*arguments, n_resamples=2000, level=level)
        assert table.loc["per user", ["low", "high"]].tolist() == [low, high]


def test_by_default_five_hundred_resamples_give_the_interval_of_95_percent():
    users, liked, scores = random_rows(7, users=30)
    stated = bootstrap_auc(users, liked, scores, n_resamples=500, level=0.95, seed=0)
    pd.testing.assert_frame_equal(bootstrap_auc(users, liked, scores), stated)
    stated = bootstrap_auc_difference(users, liked, scores, -scores, n_resamples=500, level=0.95, seed=0)
    pd.testing.assert_frame_equal(bootstrap_auc_difference(users, liked, scores, -scores), stated)
