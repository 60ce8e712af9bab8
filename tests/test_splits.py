import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbrec.data.splits import held_out_rows, split_items, split_ratings, split_users


def frame(counts):
    users = np.repeat(np.arange(len(counts)), counts)
    return pd.DataFrame({"user_id": users, "item_id": np.arange(len(users))})


@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=8),
    st.sampled_from([0.0, 0.1, 0.2, 0.5, 0.9]),
    st.integers(0, 99),
)
def test_every_user_gives_the_rounded_share_and_keeps_at_least_one(counts, share, seed):
    train, test = split_ratings(frame(counts), share, seed)
    wanted = [min(round(share * n), n - 1) for n in counts]
    assert test.user_id.value_counts().reindex(range(len(counts)), fill_value=0).tolist() == wanted
    assert sorted([*train.index, *test.index]) == list(range(sum(counts)))


def test_the_same_seed_gives_the_same_split_and_another_seed_another():
    ratings = frame([50, 50])
    first, again, other = (split_ratings(ratings, seed=seed)[1] for seed in (0, 0, 1))
    assert first.equals(again) and not first.equals(other)


def test_rows_keep_their_order_columns_and_labels():
    ratings = frame([10, 10]).set_index(pd.Index(list("abcdefghijklmnopqrst")))
    train, test = split_ratings(ratings.iloc[::-1])
    assert list(test) == ["user_id", "item_id"]
    assert train.index.is_monotonic_decreasing and test.index.is_monotonic_decreasing


@pytest.mark.parametrize("share", [-0.1, 1, 20])
def test_a_share_outside_its_range_is_refused(share):
    with pytest.raises(ValueError, match=rf"test_share is {share}: give a share in \[0, 1\)"):
        split_ratings(frame([5]), share)


def test_ratings_without_user_ids_are_refused():
    with pytest.raises(ValueError, match=r"columns \['user'\]: a column 'user_id' is needed"):
        split_ratings(pd.DataFrame({"user": [1]}))


SPLITS_OF_IDS = [(split_users, "user_id", "item_id"), (split_items, "item_id", "user_id")]


def mixed(n_users=10, n_items=20):
    pairs = pd.MultiIndex.from_product([range(n_users), range(n_items)], names=["user_id", "item_id"])
    return pairs.to_frame(index=False).sample(frac=0.5, random_state=0)


@pytest.mark.parametrize(("split", "held", "other"), SPLITS_OF_IDS)
@pytest.mark.parametrize("share", [0.01, 0.25, 0.5, 0.99])
def test_the_rounded_share_of_ids_is_held_out_whole_and_either_side_has_one(split, held, other, share):
    ratings = mixed()
    train, test = split(ratings, share)
    n = ratings[held].nunique()
    assert test[held].nunique() == min(max(round(share * n), 1), n - 1)
    assert set(train[held]).isdisjoint(test[held])
    assert sorted([*train.index, *test.index]) == sorted(ratings.index)
    assert train.equals(ratings.loc[train.index]) and test.equals(ratings.loc[test.index])  # order is kept


@pytest.mark.parametrize(("split", "held", "other"), SPLITS_OF_IDS)
def test_held_out_ids_follow_the_seed_and_not_the_order_of_the_rows(split, held, other):
    ratings = mixed()
    held_out = [set(split(ratings, 0.5, seed)[1][held]) for seed in (0, 0, 1)]
    assert held_out[0] == held_out[1] != held_out[2]
    assert set(split(ratings.iloc[::-1], 0.5)[1][held]) == held_out[0]


@pytest.mark.parametrize(("split", "held", "other"), SPLITS_OF_IDS)
def test_what_cannot_be_split_by_ids_is_refused(split, held, other):
    with pytest.raises(ValueError, match=r"test_share is 1: give a share in \[0, 1\)"):
        split(mixed(), 1)
    with pytest.raises(ValueError, match="test_share is 0, and at least one id is held out"):
        split(mixed(), 0)
    with pytest.raises(ValueError, match=f"a column '{held}' is needed"):
        split(mixed().drop(columns=held))
    with pytest.raises(ValueError, match=f"column '{held}' holds 1 ids: at least 2 are needed"):
        split(mixed().query(f"{held} == 3"))


def test_rows_by_position_are_those_by_id_however_users_are_numbered():
    ratings = frame([12, 5, 30]).sample(frac=1, random_state=1)
    held_out = split_ratings(ratings, 0.3, seed=5)[1].index
    for positions in ([0, 1, 2], [2, 0, 1], [7, 0, 3]):
        user_index = np.array(positions)[ratings["user_id"]]
        assert ratings.index[held_out_rows(user_index, 0.3, 5)].equals(held_out)


SPLITS = [split_ratings, split_users, split_items]
IDS = np.arange(1, 5)


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize(
    ("ratings", "message"),
    [
        (None, "ratings is a NoneType: give a DataFrame with a column '.*_id'"),
        ({"user_id": IDS, "item_id": IDS}, "ratings is a dict: give a DataFrame"),
        (pd.Series(IDS, name="user_id"), "ratings is a Series: give a DataFrame"),
        (pd.DataFrame(), r"ratings has the columns \[\]: a column '.*_id' is needed"),
        (pd.DataFrame([IDS, IDS], columns=["user_id", "item_id"] * 2), "has 2 columns '.*_id': leave one"),
    ],
)
def test_what_is_no_frame_with_one_column_of_ids_is_refused(split, ratings, message):
    with pytest.raises(ValueError, match=message):
        split(ratings)


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize(
    ("ids", "error", "message"),
    [
        ([1, 1, None, 2], ValueError, r"ratings\['.*_id'\] has a missing value at position 2: leave"),
        (["a", "a", "b", None], ValueError, r"ratings\['.*_id'\] has a missing value at position 3"),
        ([1, 1, "1", 2], TypeError, r"ratings\['.*_id'\] must be .* ints or text, and these are mixed"),
        ([(1, 2), (1, 2), (3, 4), (3, 4)], TypeError, "must be .* ints or text"),
        ([0.5, 0.5, 1.5, 1.5], TypeError, "must be .* ints or text, and these are floating, such as 0.5"),
    ],
)
def test_ids_that_are_missing_or_of_no_one_kind_are_refused(split, ids, error, message):
    with pytest.raises(error, match=message):
        split(pd.DataFrame({"user_id": ids, "item_id": ids}))


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("test_share", None, r"test_share is None: give a share in \[0, 1\)"),
        ("test_share", "a", "test_share is 'a': give a share"),
        ("test_share", np.nan, "test_share is nan: give a share"),
        ("test_share", True, "test_share is True: give a share"),
        ("test_share", [0.2], r"test_share is \[0.2\]: give a share"),
        ("seed", -1, "seed is -1: give a whole number from 0 to"),
        ("seed", 1.5, "seed is 1.5: give a whole number"),
        ("seed", "a", "seed is 'a': give a whole number"),
        ("seed", None, "seed is None: give a whole number"),
    ],
)
def test_a_share_or_seed_that_is_none_is_refused(split, setting, value, message):
    with pytest.raises(ValueError, match=message):
        split(mixed(), **{setting: value})


def test_no_ratings_are_two_empty_parts():
    train, test = split_ratings(mixed().iloc[:0])
    assert list(train) == list(test) == ["user_id", "item_id"] and len(train) == len(test) == 0
