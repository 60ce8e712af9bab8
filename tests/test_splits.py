import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbrec.splits import split_ratings


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
