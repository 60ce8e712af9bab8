import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from dbrec.evaluation.auc import auc, auc_per_user, bootstrap_auc, bootstrap_auc_difference
from dbrec.evaluation.ranking import coverage, ranking_metrics


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


def lists(*rows):
    return pd.DataFrame(rows, columns=["user_id", "rank", "item_id"])


def relevant(*rows):
    return pd.DataFrame(rows, columns=["user_id", "item_id"])


def one(shown, right, k=2):
    return ranking_metrics(lists(*shown), relevant(*right), k).loc[1].round(4).to_dict()


def test_a_hit_in_the_first_place_counts_fully():
    expected = {"precision": 0.5, "recall": 1, "ndcg": 1, "mrr": 1, "hit": 1}
    assert one([(1, 1, "a"), (1, 2, "b")], [(1, "a")]) == expected


def test_a_hit_in_the_second_place_counts_by_its_logarithm_and_by_its_rank():
    expected = {"precision": 0.5, "recall": 1, "ndcg": round(1 / np.log2(3), 4), "mrr": 0.5, "hit": 1}
    assert one([(1, 1, "a"), (1, 2, "b")], [(1, "b")]) == expected


def test_the_reciprocal_rank_is_that_of_the_first_of_several_hits():
    shown = [(1, 1, "a"), (1, 2, "b"), (1, 3, "c"), (1, 4, "d")]
    assert one(shown, [(1, "c"), (1, "d")], k=4)["mrr"] == round(1 / 3, 4)


def test_no_hit_and_no_list_count_zero():
    nothing = {"precision": 0, "recall": 0, "ndcg": 0, "mrr": 0, "hit": 0}
    assert one([(1, 1, "a")], [(1, "z")]) == nothing
    assert one([], [(1, "a")]) == nothing


def test_ranks_beyond_k_are_cut_off():
    found = one([(1, 1, "a"), (1, 2, "b"), (1, 3, "c")], [(1, "c")])
    assert set(found.values()) == {0}


def test_more_relevant_items_than_places_can_still_give_an_ndcg_of_one():
    found = one([(1, 1, "a"), (1, 2, "b")], [(1, "a"), (1, "b"), (1, "c")])
    assert found == {
        "precision": 1,
        "recall": pytest.approx(2 / 3, abs=1e-4),
        "ndcg": 1,
        "mrr": 1,
        "hit": 1,
    }


def test_users_without_relevant_items_are_left_out():
    assert ranking_metrics(lists((2, 1, "a")), relevant((1, "a"))).index.tolist() == [1]


@given(st.integers(0, 10_000))
def test_the_ranking_metrics_are_those_of_keras_rs(seed):
    from dbrec._quiet import keras  # noqa: F401  (quiet import first)

    keras_rs = pytest.importorskip("keras_rs")
    random = np.random.default_rng(seed)
    truth = (random.random((5, 12)) < 0.3).astype("float32")
    scores = random.permuted(np.tile(np.arange(12.0), (5, 1)), axis=1)
    order = np.argsort(-scores, axis=1)
    shown = lists(*[(u, r + 1, item) for u in range(5) for r, item in enumerate(order[u])])
    right = relevant(*zip(*np.nonzero(truth), strict=True))
    ours = ranking_metrics(shown, right, k=4)
    theirs = {
        "ndcg": keras_rs.metrics.NDCG(k=4),
        "mrr": keras_rs.metrics.MeanReciprocalRank(k=4),
        "recall": keras_rs.metrics.RecallAtK(k=4),
        "precision": keras_rs.metrics.PrecisionAtK(k=4),
    }
    for user in right.user_id.unique():
        for name, metric in theirs.items():
            metric.reset_state()
            metric.update_state(truth[[user]], scores[[user]].astype("float32"))
            assert float(metric.result()) == pytest.approx(ours.loc[user, name], abs=1e-5), name


def test_coverage_counts_each_film_shown_once_and_only_within_k():
    shown = lists((1, 1, "a"), (1, 2, "b"), (2, 1, "a"), (2, 2, "c"))
    assert coverage(shown, n_items=4, k=2) == 0.75
    assert coverage(shown, n_items=4, k=1) == 0.25
    assert coverage(lists(), n_items=4) == 0


def test_coverage_refuses_more_items_than_there_are_and_a_length_below_one():
    with pytest.raises(ValueError, match="the lists hold 2 items and n_items is 1"):
        coverage(lists((1, 1, "a"), (1, 2, "b")), n_items=1)
    with pytest.raises(ValueError, match="k is 0"):
        coverage(lists((1, 1, "a")), n_items=1, k=0)


def test_ranking_refuses_a_length_below_one_and_items_shown_twice():
    with pytest.raises(ValueError, match="k is 0: give the length of the list"):
        ranking_metrics(lists((1, 1, "a")), relevant((1, "a")), k=0)
    with pytest.raises(ValueError, match="holds an item twice"):
        ranking_metrics(lists((1, 1, "a"), (1, 2, "a")), relevant((1, "a")))
