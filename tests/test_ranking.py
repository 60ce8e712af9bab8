import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbrec.evaluation.ranking import coverage, ranking_metrics


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
    with pytest.raises(ValueError, match="k is 0: give a whole number of at least 1"):
        ranking_metrics(lists((1, 1, "a")), relevant((1, "a")), k=0)
    with pytest.raises(ValueError, match="holds an item twice"):
        ranking_metrics(lists((1, 1, "a"), (1, 2, "a")), relevant((1, "a")))


SHOWN, RIGHT = lists((1, 1, 7), (1, 2, 8), (2, 1, 7), (2, 2, 9)), relevant((1, 8), (2, 7))


def test_by_default_ten_places_count():
    shown = lists(*[(1, rank, rank) for rank in range(1, 12)])
    found = ranking_metrics(shown, relevant((1, 10), (1, 11))).loc[1]
    assert (found["precision"], found["recall"], found["mrr"]) == (0.1, 0.5, 0.1)
    assert coverage(shown, 11) == 10 / 11


def test_ids_and_ranks_may_be_of_any_type_that_stands_for_ints():
    expected = ranking_metrics(SHOWN, RIGHT)
    assert expected["mrr"].tolist() == [0.5, 1]
    for kind in ("float", "Int64", "int32"):
        found = ranking_metrics(SHOWN.astype(kind), RIGHT)
        pd.testing.assert_frame_equal(found, expected, check_index_type=False)
    for kind in ("category", object):
        found = ranking_metrics(SHOWN.astype(kind), RIGHT)
        pd.testing.assert_frame_equal(found, expected)
        assert coverage(SHOWN.astype(kind), n_items=6, k=1) == 1 / 6


def test_lists_that_lost_all_their_rows_are_lists_without_a_hit():
    assert ranking_metrics(SHOWN[SHOWN["rank"] > 5], RIGHT)["hit"].tolist() == [0, 0]
    assert ranking_metrics(SHOWN, RIGHT[RIGHT["user_id"] > 5]).empty
    assert coverage(SHOWN[SHOWN["rank"] > 5], n_items=4) == 0


def test_a_list_may_hold_as_many_items_as_there_are_and_a_length_has_no_end():
    assert coverage(SHOWN, n_items=3, k=10**30) == 1
    assert ranking_metrics(SHOWN, RIGHT, k=10**12)["hit"].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        *[
            ({"rank": [0, rank, 1, 2]}, r"recommended\['rank'\] holds 0: give whole numbers from 1")
            for rank in (1, 2)
        ],
        *[
            ({"rank": [1, rank, 1, 2]}, rf"recommended\['rank'\] holds {shown}: give whole numbers from 1")
            for rank, shown in [
                (-1, "-1"),
                (1.5, "1.5"),
                (None, "nan"),
                (np.inf, "inf"),
                ("2", "'2'"),
                (1e300, r"1e\+300"),
                (10**400, "10+"),
                (pd.NA, "<NA>"),
                ([2], r"\[2\]"),
                ({}, "{}"),
            ]
        ],
        ({"rank": pd.Categorical([1, None, 1, 2])}, r"\['rank'\] holds nan: give whole numbers from 1"),
        ({"rank": pd.Categorical(["1", "2", "1", "2"])}, r"\['rank'\] holds '1': give whole numbers from 1"),
        ({"rank": pd.array([1, None, 1, 2], "Int64")}, r"\['rank'\] holds <NA>: give whole numbers from 1"),
        ({"rank": [1, 1, 1, 2]}, "a user's list holds a rank twice: number its items 1, 2, 3"),
        ({"rank": [1, 11, 1, 11], "user_id": 1}, "a user's list holds a rank twice"),
        ({"item_id": [7, 7, 7, 9]}, "a user's list holds an item twice: recommend each item once"),
        ({"user_id": [1, None, 2, 2]}, r"recommended\['user_id'\] has a missing value at position 1"),
        ({"item_id": [7, None, 7, 9]}, r"recommended\['item_id'\] has a missing value at position 1"),
    ],
)
def test_lists_that_are_none_are_refused(change, message):
    for judge in (lambda shown: ranking_metrics(shown, RIGHT), lambda shown: coverage(shown, 9)):
        with pytest.raises(ValueError, match=message):
            judge(SHOWN.assign(**change))


@pytest.mark.parametrize("k", ["10", 1.5, None, np.nan, 0, -1, True])
def test_a_length_that_is_not_a_whole_number_from_one_is_refused(k):
    for judge in (lambda: ranking_metrics(SHOWN, RIGHT, k), lambda: coverage(SHOWN, 9, k)):
        with pytest.raises(ValueError, match="k is .*: give a whole number of at least 1"):
            judge()


@pytest.mark.parametrize("n_items", ["10", 1.5, None, np.nan, 0, -1])
def test_a_size_of_the_catalogue_that_is_not_a_whole_number_from_one_is_refused(n_items):
    for shown in (SHOWN, SHOWN.head(0)):
        with pytest.raises(ValueError, match="n_items is .*: give a whole number of at least 1"):
            coverage(shown, n_items)


@pytest.mark.parametrize(
    ("frame", "error", "message"),
    [
        (None, TypeError, r"is a NoneType: give a frame with the columns \['user_id', 'item_id'"),
        ({"user_id": [1]}, TypeError, "is a dict: give a frame"),
        (SHOWN["item_id"], TypeError, "is a Series: give a frame"),
        (
            SHOWN[["user_id", "rank"]],
            ValueError,
            r"has the columns \['user_id', 'rank'\]: .* must be there, each once",
        ),
        (pd.concat([SHOWN, SHOWN], axis=1), ValueError, "has the columns .*: .* must be there, each once"),
        (
            SHOWN.assign(item_id=1.5),
            TypeError,
            r"\['item_id'\] must be .* ints or text, and these are floating",
        ),
        (SHOWN.assign(user_id=[1, "a", 2, 2]), TypeError, r"\['user_id'\] must be .* ints or text"),
    ],
)
def test_frames_that_hold_no_pairs_are_refused(frame, error, message):
    with pytest.raises(error, match=f"recommended.*{message}"):
        ranking_metrics(frame, RIGHT)
    with pytest.raises(error, match=f"recommended.*{message}"):
        coverage(frame, 9)
    with pytest.raises(error, match=f"relevant.*{message}"):
        ranking_metrics(SHOWN, frame)


def test_lists_without_ranks_are_refused():
    with pytest.raises(
        ValueError, match=r"recommended has the columns \['user_id', 'item_id'\]: .*'rank'\] must"
    ):
        ranking_metrics(SHOWN[["user_id", "item_id"]], RIGHT)


@pytest.mark.parametrize("column", ["user_id", "item_id"])
def test_ids_of_another_type_than_the_other_frame_are_refused(column):
    message = rf"recommended\['{column}'\] holds {{}}, ids here are like {{}}: give ids of the type"
    first, right = SHOWN[column][0], RIGHT[column][0]
    with pytest.raises(TypeError, match=message.format(f"'{first}'", right)):
        ranking_metrics(SHOWN.astype({column: str}), RIGHT)
    with pytest.raises(TypeError, match=message.format(first, f"'{right}'")):
        ranking_metrics(SHOWN, RIGHT.astype({column: str}))


def test_a_rank_has_to_fit_in_32_bits():
    assert ranking_metrics(SHOWN.assign(rank=[1, 2**31 - 1, 1, 2]), RIGHT)["hit"].tolist() == [0, 1]
    with pytest.raises(
        ValueError, match=r"recommended\['rank'\] holds 2147483648: give whole numbers from 1"
    ):
        ranking_metrics(SHOWN.assign(rank=[1, 2**31, 1, 2]), RIGHT)
