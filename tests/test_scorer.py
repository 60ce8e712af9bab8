import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbrec.scoring.neighbours import similar
from dbrec.scoring.scorer import VectorScorer


def scorer():
    """Two users and three items on a plane; unknown users like the first axis."""
    users = [[1, 0], [0, 1], [1, 0]]
    items = [[3, 0], [2, 2], [0, 3], [0, 0]]
    seen = pd.DataFrame({"user_id": ["ann"], "item_id": [10]})
    return VectorScorer(["ann", "bob"], [10, 20, 30], users, items, seen)


def test_a_score_is_the_dot_product_of_two_vectors():
    assert scorer().score(["ann", "bob", "ann"], [10, 10, 20]).tolist() == [3, 0, 2]
    assert scorer().score("bob", [20, 30]).tolist() == [2, 3]


def test_unknown_ids_fall_back_to_the_last_vector():
    assert scorer().score(["zoe", "ann"], [10, 99]).tolist() == [3, 0]
    assert scorer().recommend("zoe", 2).item_id.tolist() == [10, 20]


def test_recommendations_leave_out_what_was_seen():
    lists = scorer().recommend(["bob", "ann"], k=2)
    assert lists.values.tolist() == [
        ["bob", 1, 30, 3],
        ["bob", 2, 20, 2],
        ["ann", 1, 20, 2],
        ["ann", 2, 30, 0],
    ]
    assert scorer().recommend("ann", 1, exclude_seen=False).item_id.tolist() == [10]


def test_lists_are_shorter_where_items_run_out():
    assert scorer().recommend(["ann", "bob"], k=9).user_id.value_counts().to_dict() == {"bob": 3, "ann": 2}


def test_no_users_give_an_empty_frame():
    lists = scorer().recommend([], k=2)
    assert list(lists) == ["user_id", "rank", "item_id", "list_score"] and lists.empty
    assert scorer().score([], []).shape == (0,)


def test_equal_scores_keep_the_order_of_the_items():
    flat = VectorScorer(
        [1], [30, 10, 20], np.ones((2, 1)), np.ones((4, 1)), pd.DataFrame(columns=["user_id", "item_id"])
    )
    assert flat.recommend(1, 3).item_id.tolist() == [30, 10, 20]


@given(st.integers(0, 10_000), st.integers(1, 8))
def test_a_list_is_the_head_of_the_full_ranking(seed, k):
    random = np.random.default_rng(seed)
    none = pd.DataFrame({"user_id": [], "item_id": []})
    some = VectorScorer(range(3), range(8), random.normal(size=(4, 2)), random.normal(size=(9, 2)), none)
    shown = some.recommend(range(3), k)
    for user in range(3):
        ranking = np.argsort(-some.score(user, range(8)))[:k]
        assert shown.item_id[shown.user_id == user].tolist() == ranking.tolist()


def test_similar_items_point_in_the_same_direction():
    alike = similar(scorer().item_ids, scorer().item_vectors, 10, "item", 10)
    assert alike.item_id.tolist() == [20, 30]
    assert alike.similarity.tolist() == pytest.approx([np.sqrt(0.5), 0])
    one = similar(scorer().item_ids, scorer().item_vectors[:, :1], 10, "item", 10)
    assert one.similarity.tolist() == [1, 0]


def test_ids_of_another_type_are_refused_instead_of_found_unknown():
    with pytest.raises(TypeError, match="user_ids holds 7, ids here are like 'ann': give ids of the type"):
        scorer().score(7, 10)
    with pytest.raises(TypeError, match="item_ids holds '10', ids here are like 10"):
        scorer().score("ann", "10")


@pytest.mark.parametrize("k", [0, -1, 2.5, "ten"])
def test_a_length_that_is_no_whole_number_above_zero_is_refused(k):
    with pytest.raises(ValueError, match="k is .*: give a whole number of at least 1"):
        scorer().recommend("ann", k)


def test_pairs_of_unequal_number_and_missing_fallbacks_are_refused():
    with pytest.raises(ValueError, match="2 users and 3 items: give pairs of equal number"):
        scorer().score(["ann", "bob"], [10, 20, 30])
    with pytest.raises(ValueError, match=r"1 user ids and user vectors of shape \(1, 1\): give one row"):
        VectorScorer([1], [1], [[1]], [[1], [1]], pd.DataFrame({"user_id": [], "item_id": []}))
    with pytest.raises(KeyError, match="item 99 is unknown: give one of the 3 items"):
        similar(scorer().item_ids, scorer().item_vectors, 99, "item", 10)


def test_scores_and_lists_in_parts_are_those_of_the_whole(monkeypatch):
    random = np.random.default_rng(0)
    seen = pd.DataFrame({"user_id": random.integers(0, 9, 20), "item_id": random.integers(0, 8, 20)})
    vectors = random.normal(size=(10, 2)), random.normal(size=(9, 2))
    some, pairs = VectorScorer(range(9), range(8), *vectors, seen), (random.integers(0, 9, 50), [3])
    scores, lists = some.score(*pairs), some.recommend(range(9), 4)
    monkeypatch.setattr("dbrec.products.PAIRS_AT_ONCE", 7)
    assert np.array_equal(some.score(*pairs), scores)
    for at_once in (1, 20):  # fewer than the items, and two users at once
        monkeypatch.setattr("dbrec.scoring.scorer.SCORES_AT_ONCE", at_once)
        found = some.recommend(range(9), 4)
        assert found.drop(columns="list_score").equals(lists.drop(columns="list_score"))
        assert found.list_score.to_numpy() == pytest.approx(lists.list_score.to_numpy(), rel=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"user_ids": ["ann", "ann"]}, "user id 'ann' is there twice: give each id once"),
        ({"item_ids": [10, 20, 20]}, "item id 20 is there twice"),
        ({"item_vectors": np.full((4, 2), np.nan)}, "item vectors hold numbers that aren't finite"),
        ({"user_vectors": [1, 2, 3]}, "user vectors of shape"),
        ({"user_ids": ["ann", None]}, "user_ids has a missing value at position 1"),
    ],
)
def test_vectors_that_cannot_serve_are_refused(change, message):
    parts = {"user_ids": ["ann", "bob"], "item_ids": [10, 20, 30], "seen": (np.array([0]), np.array([0]))}
    parts |= {"user_vectors": np.ones((3, 2)), "item_vectors": np.ones((4, 2))}
    with pytest.raises(ValueError, match=message):
        VectorScorer(**parts | change)


def test_what_was_seen_may_be_given_as_positions():
    of_ids, users, items = scorer(), [[1, 0], [0, 1], [1, 0]], [[3, 0], [2, 2], [0, 3], [0, 0]]
    seen = np.array([0]), np.array([0])
    by_position = VectorScorer(["ann", "bob"], [10, 20, 30], users, items, seen)
    assert by_position.recommend(["ann", "bob"]).equals(of_ids.recommend(["ann", "bob"]))


@pytest.mark.parametrize(
    "ids",
    [
        ("ann", "bob"),
        {"ann": 1, "bob": 2}.keys(),
        (name for name in ("ann", "bob")),
        map(str, ["ann", "bob"]),
    ],
)
def test_ids_come_in_any_iterable(ids):
    assert scorer().recommend(ids, k=1).user_id.tolist() == ["ann", "bob"]


@pytest.mark.parametrize("index", ["nearest", "", 5, None])
def test_an_index_of_another_word_or_kind_is_refused(index):
    with pytest.raises(ValueError, match="give 'exact', 'approximate' or an ItemIndex"):
        scorer().recommend("ann", 1, index=index)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda made: pickle.loads(pickle.dumps(made))])
def test_a_copy_lists_alike_and_builds_an_index_of_its_own(copied):
    made = scorer()
    made.item_index()
    again = copied(made)
    assert again.recommend(["ann", "bob"], 3).equals(made.recommend(["ann", "bob"], 3))
    assert again.item_index() is not made.item_index() and again.item_index() is again.item_index()
