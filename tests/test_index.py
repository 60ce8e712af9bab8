import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError
from usearch.index import Index

from benchmarks.studies.retrieval import COLUMNS, RESULTS, exact, make_world, recalls
from dbrec import storage
from dbrec.recommender import HybridRecommender
from dbrec.scoring.index import ItemIndex
from dbrec.scoring.scorer import VectorScorer
from dbrec.settings import Settings

# on the first axis the longest vector has the largest dot product, not the one that points along it
LENGTHS = [[1, 0], [5, 5], [3, 0], [0, 9]]


def vectors(n: int, dim: int = 8, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, dim)).astype(np.float32)


def seen_of(**items) -> pd.DataFrame:
    pairs = [(user, item) for user, some in items.items() for item in some]
    return pd.DataFrame(pairs, columns=["user_id", "item_id"])


def scorer(n_items: int = 300, n_users: int = 40, seen: pd.DataFrame | None = None) -> VectorScorer:
    seen = seen_of() if seen is None else seen
    users = [f"u{user}" for user in range(n_users)]
    return VectorScorer(
        users, range(n_items), vectors(n_users + 1, seed=1), vectors(n_items + 1, seed=2), seen
    )


def test_items_are_ordered_by_dot_product_whatever_their_length():
    positions, scores = ItemIndex(LENGTHS).search([1, 0], 4)
    assert positions.tolist() == [[1, 2, 0, 3]] and scores.tolist() == [[5, 3, 1, 0]]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 60), st.integers(1, 12))
def test_of_few_items_all_are_found(seed, n_items, k):
    items, queries = vectors(n_items, seed=seed), vectors(5, seed=seed + 1)
    positions, scores = ItemIndex(items).search(queries, k)
    true = queries @ items.T
    order = np.argsort(-true, axis=1)[:, :k]
    assert positions.shape == (5, min(k, n_items)) and positions.tolist() == order.tolist()
    np.testing.assert_allclose(scores, np.take_along_axis(true, order, 1), atol=1e-5)


def test_among_vectors_like_those_of_a_recommender_nearly_all_are_found():
    world = make_world(5000, dim=32, n_users=200)
    found, _ = ItemIndex(world.items).search(world.users, 10)
    assert recalls(found, exact(world.items, world.users, 10)).mean() > 0.97


def test_more_effort_finds_more():
    world = make_world(5000, dim=32, n_users=200)
    index, true = ItemIndex(world.items, links=4, build_effort=8, effort=1), exact(*world, 10)
    low = recalls(index.search(world.users, 10)[0], true).mean()
    index.effort = 500
    assert recalls(index.search(world.users, 10)[0], true).mean() > low


def test_items_of_equal_vectors_don_t_hide_the_others():
    items = np.concatenate([np.ones((2000, 8), np.float32), vectors(1000)])
    queries = vectors(50, seed=1)
    _, scores = ItemIndex(items).search(queries, 10)
    true = -np.sort(-queries @ items.T, axis=1)[:, :10]
    assert (np.abs(scores - true) < 1e-4).mean() > 0.97


def test_what_is_left_out_of_one_query_is_found_by_another():
    index = ItemIndex(LENGTHS)
    positions, scores = index.search([[1, 0], [1, 0]], 2, [[1], []])
    assert positions.tolist() == [[2, 0], [1, 2]] and scores.tolist() == [[3, 1], [5, 3]]


def test_a_row_ends_in_minus_one_where_too_few_are_left():
    positions, scores = ItemIndex(LENGTHS).search([[1, 0]], 3, [[0, 1, 2]])
    assert positions.tolist() == [[3, -1, -1]] and scores.tolist() == [[0, -np.inf, -np.inf]]


def test_no_queries_give_empty_arrays():
    positions, scores = ItemIndex(LENGTHS).search(np.empty((0, 2)), 3)
    assert positions.shape == scores.shape == (0, 3)


def test_a_saved_index_finds_what_it_found(tmp_path):
    index, queries = ItemIndex(vectors(500)), vectors(20, seed=1)
    for _ in range(2):  # the second time it replaces the first
        index.save(tmp_path / "items.index")
    loaded = ItemIndex.load(tmp_path / "items.index")
    assert [path.name for path in tmp_path.iterdir()] == ["items.index"]
    assert len(list((tmp_path / "items.index").iterdir())) == 2
    assert len(loaded) == 500 and repr(loaded) == "ItemIndex(500 items, dim=8, effort=128)"
    for before, after in zip(index.search(queries), loaded.search(queries), strict=True):
        assert before.tolist() == after.tolist()


def test_the_same_vectors_give_the_same_graph(tmp_path):
    for name in ("one", "two"):
        ItemIndex(vectors(500)).save(tmp_path / name)
    one, two = (next((tmp_path / name).glob("*/index.npz")) for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_what_is_missing_or_something_else_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="items.index holds no index: give a folder that save"):
        ItemIndex.load(tmp_path / "items.index")
    (tmp_path / "items.index").write_text("user_id,item_id\n" * 10)
    with pytest.raises(FileNotFoundError, match="items.index holds no index: give a folder that save"):
        ItemIndex.load(tmp_path / "items.index")
    with pytest.raises(FileExistsError, match="items.index holds something else than an index"):
        ItemIndex(LENGTHS).save(tmp_path / "items.index")


@pytest.mark.parametrize("seed", range(20))
def test_no_changed_byte_of_a_graph_reaches_the_library_that_reads_it(tmp_path, seed):
    ItemIndex(vectors(50)).save(tmp_path)
    file = next(tmp_path.glob("*/index.npz"))
    content = np.frombuffer(file.read_bytes(), np.uint8).copy()
    rng = np.random.default_rng(seed)
    content[rng.integers(len(content), size=20)] ^= rng.integers(1, 256, 20, dtype=np.uint8)
    file.write_bytes(content)
    with pytest.raises(ValueError, match="damaged: index.npz in .*, or build it anew and save"):
        ItemIndex.load(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"members": np.zeros(40, int)},
        {"members": np.arange(39)},
        {"members": np.arange(1, 41)},
        {"members": np.arange(40.0)},
        {"members": np.zeros((4, 10), int)},
        {"members": np.array("text")},
        {"starts": np.zeros(41, int)},
        {"starts": np.arange(41) + 1},
        {"starts": np.arange(40)},
        {"starts": np.append(np.arange(39), 40)},
        {"starts": np.empty(0, int)},
        {"ndim": 9},
        {"graph": np.zeros(10, np.uint8)},
        {"graph": np.frombuffer(ItemIndex(vectors(39))._graph.save(), np.uint8)},
        {"graph": np.frombuffer(ItemIndex(vectors(40, 9))._graph.save(), np.uint8)},
    ],
)
def test_parts_that_don_t_fit_together_are_refused(tmp_path, changes):
    graph = np.frombuffer(ItemIndex(vectors(40))._graph.save(), np.uint8)
    parts = {"graph": graph, "ndim": 8, "members": np.arange(40)[::-1], "starts": np.arange(41)}
    for name, arrays in (("whole", parts), ("changed", parts | changes), ("less", {"graph": graph})):
        storage.write_arrays(tmp_path / name, "index", 2, {}, {"index.npz": arrays})
    assert len(ItemIndex.load(tmp_path / "whole")) == 40
    for name in ("changed", "less"):
        with pytest.raises(ValueError, match=f"{name} holds an index whose parts don't fit: build it anew"):
            ItemIndex.load(tmp_path / name)


def test_a_graph_by_another_measure_is_refused(tmp_path):
    graph = Index(ndim=8, metric="cos", dtype="f32")
    graph.add(np.arange(40), vectors(40))
    parts = {"graph": np.frombuffer(graph.save(), np.uint8), "ndim": 8}
    parts |= {"members": np.arange(40), "starts": np.arange(41)}
    storage.write_arrays(tmp_path, "index", 2, {}, {"index.npz": parts})
    with pytest.raises(ValueError, match="holds an index whose parts don't fit: build it anew and save"):
        ItemIndex.load(tmp_path)


@pytest.mark.parametrize(
    "items",
    [
        [1, 2],
        np.empty((0, 2)),
        np.empty((2, 0)),
        [],
        5,
        None,
        [[1, np.nan]],
        [[1, np.inf]],
        [[1, 1e39]],
        [[1, 1e16]],
        [[1, 2], [3]],
        [["1", "2"]],
        [["a", "b"]],
        [[1, 2j]],
        [[True, False]],
        [[1, None]],
        np.ones((2, 2, 2)),
        {1: [2, 3]},
    ],
)
def test_vectors_that_are_no_table_of_finite_numbers_are_refused(items):
    with pytest.raises(ValueError, match="give a table of finite numbers, a row an item, and not"):
        ItemIndex(items)


@pytest.mark.parametrize("value", ["a", None, np.nan, 1.5, True, -1, 10**12, [4], 2j])
@pytest.mark.parametrize("name", ["effort", "links", "build_effort", "threads"])
def test_numbers_out_of_their_range_are_refused(tmp_path, name, value):
    expected = rf"{name} is .*: give a whole number from [012] to [\d]+"
    with pytest.raises(ValueError, match=expected):
        ItemIndex(LENGTHS, **{name: value})
    if name in ("effort", "threads"):
        index = ItemIndex(LENGTHS)
        index.save(tmp_path)
        with pytest.raises(ValueError, match=expected):
            ItemIndex.load(tmp_path, **{name: value})
        setattr(index, name, value)
        with pytest.raises(ValueError, match=expected):
            index.search([1, 0])


def test_all_cores_find_the_same_items():
    assert ItemIndex(LENGTHS, threads=0).search([1, 0], 4)[0].tolist() == [[1, 2, 0, 3]]


@pytest.mark.parametrize(
    "queries",
    [
        [1, np.nan],
        [[1, 0], [np.inf, 0]],
        [1, -1e39],
        ["a", "b"],
        [1, 2j],
        [[1, 0], [1]],
        [True, False],
        [1, None],
        None,
        "ab",
        [],
        [[[1, 0]]],
    ],
)
def test_queries_that_aren_t_finite_numbers_are_refused(queries):
    with pytest.raises(
        ValueError, match="queries of shape .*: give rows of length 2, finite numbers, and not"
    ):
        ItemIndex(LENGTHS).search(queries)


@pytest.mark.parametrize(
    "left_out",
    [
        [[0], [-1]],
        [[0], [4]],
        [[0], [10**18]],
        [[0], np.array([2**64 - 1], np.uint64)],
        [[0], [1.0]],
        [[0], [np.nan]],
        [[0], ["a"]],
        [[0], [None]],
        [[0], [True, False, False, True]],
        [[0], 1],
        [[0], None],
        [[0], {1}],
        [[0], [[1], [2, 3]]],
        "ab",
        7,
    ],
)
def test_only_positions_of_items_are_left_out(left_out):
    with pytest.raises(ValueError, match="left_out .*: give a list for each query, of positions from 0 to 3"):
        ItemIndex(LENGTHS).search([[1, 0], [1, 0]], 2, left_out)


@pytest.mark.parametrize("items", [range(1, 2), (1,), np.array([1], np.uint8), pd.Series([1])])
def test_what_is_left_out_comes_in_any_row_of_whole_numbers(items):
    positions, _ = ItemIndex(LENGTHS).search([[1, 0], [1, 0]], 2, [items, []])
    assert positions.tolist() == [[2, 0], [1, 2]]


def test_queries_that_don_t_fit_are_refused():
    index = ItemIndex(LENGTHS)
    with pytest.raises(ValueError, match=r"queries of shape \(1, 3\): give rows of length 2"):
        index.search([1, 2, 3])
    with pytest.raises(ValueError, match="2 queries and 1 lists to leave out: give one each"):
        index.search([[1, 2], [3, 4]], 1, [[0]])
    for k in (0, -1, 1.5, "a", None, True):
        with pytest.raises(ValueError, match="k is .*: give a whole number of at least 1"):
            index.search([1, 2], k)


@pytest.mark.parametrize("exclude_seen", [True, False])
def test_approximate_lists_of_few_items_are_the_exact_ones(exclude_seen):
    some = scorer(seen=seen_of(u0=range(0, 300, 3), u1=[5], u2=range(299), u3=range(300)))
    users = [*some.user_ids, "nobody"]
    exactly = some.recommend(users, 12, exclude_seen)
    approximately = some.recommend(users, 12, exclude_seen, index="approximate")
    # the two add up a dot product in another order
    pd.testing.assert_frame_equal(approximately, exactly, rtol=1e-4, atol=1e-5)


def test_seen_items_never_come_back_and_lists_stay_full():
    some = scorer(2000)
    best = some.recommend(some.user_ids, 150)[["user_id", "item_id"]]
    hidden = scorer(2000, seen=best)
    lists = hidden.recommend(hidden.user_ids, 10, index="approximate")
    assert lists.merge(best).empty
    assert (lists.groupby("user_id").size() == 10).all()


def test_who_has_seen_more_than_there_is_room_for_gets_an_exact_list(monkeypatch):
    monkeypatch.setattr("dbrec.scoring.index.MOST_LEFT_OUT", 4)
    best = scorer().recommend("u0", 100)
    some = scorer(seen=best[["user_id", "item_id"]])
    lists = some.recommend(["u1", "u0"], 5, index="approximate")
    assert lists.item_id.tolist() == some.recommend(["u1", "u0"], 5).item_id.tolist()


def test_equal_scores_keep_the_order_of_the_items():
    flat = VectorScorer(["ann"], [30, 10, 20], np.ones((2, 1)), np.ones((4, 1)), seen_of())
    assert flat.recommend("ann", 3, index="approximate").item_id.tolist() == [30, 10, 20]


def test_no_users_give_an_empty_frame():
    lists = scorer().recommend([], index="approximate")
    assert list(lists) == ["user_id", "rank", "item_id", "list_score"] and lists.empty


def test_the_index_is_built_once_and_a_loaded_one_serves_in_its_place(tmp_path):
    some = scorer()
    assert some.item_index() is some.item_index()
    some.item_index().save(tmp_path / "items.index")
    lists = some.recommend("u0", index=ItemIndex.load(tmp_path / "items.index"))
    pd.testing.assert_frame_equal(lists, some.recommend("u0", index="approximate"))


def test_an_index_of_other_vectors_and_other_words_are_refused():
    some = scorer()
    for items in (vectors(300, seed=3), vectors(299, seed=2), vectors(300, dim=4)):
        with pytest.raises(ValueError, match="other vectors than those of the 300 items here: build it anew"):
            some.recommend("u0", index=ItemIndex(items))
    for word in ("aproximate", None):
        with pytest.raises(ValueError, match="give 'exact', 'approximate' or an ItemIndex"):
            some.recommend("u0", index=word)


def test_the_recommender_takes_the_same_argument():
    recommender, some = HybridRecommender(), scorer(seen=seen_of(u0=[1, 2, 3]))
    recommender.fitted_ = SimpleNamespace(scorer=some, settings=Settings(verbose=False))
    approximately = recommender.recommend(["u0", "u1"], 5, index="approximate")
    assert approximately.item_id.tolist() == recommender.recommend(["u0", "u1"], 5).item_id.tolist()
    assert recommender.item_index() is some.item_index()
    with pytest.raises(NotFittedError, match="learned nothing yet"):
        HybridRecommender().item_index()


def test_exact_search_needs_no_usearch():
    code = "import sys; sys.modules['usearch'] = None; import dbrec.scoring.scorer"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_without_usearch_the_index_says_how_to_get_it():
    code = "import sys; sys.modules['usearch'] = None; import dbrec.scoring.index"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "ImportError: approximate search needs usearch: pip install 'dbrec[index]'" in done.stderr


def at_the_default_effort():
    table = pd.read_csv(RESULTS)
    assert list(table) == COLUMNS and {"made", "ml-1m"} == set(table.vectors)
    return table[(table.effort == 128) & (table.room == 0)]


def test_the_stored_measurements_reach_what_is_aimed_at():
    defaults = at_the_default_effort()
    assert (defaults.recall_at_10 >= 0.95).all()
    assert (defaults.ratio_batch[defaults.n_items == 1_000_000] >= 20).all()


@pytest.mark.xfail(reason="missed: 14 to 17 times as fast in three runs, and 20.7 once before")
def test_one_list_of_a_million_items_is_found_twenty_times_as_fast():
    defaults = at_the_default_effort()
    assert (defaults.ratio_one[defaults.n_items == 1_000_000] >= 20).all()
