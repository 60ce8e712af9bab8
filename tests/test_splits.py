import os
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbrec.data.movielens import load_movielens
from dbrec.data.splits import held_out_rows, split_by_time, split_items, split_ratings, split_users

REAL = Path(os.environ.get("DBREC_DATA_DIR") or "nowhere")


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


def timed(times):
    """Rows at some times, whose labels aren't their positions."""
    rows = pd.DataFrame({"user_id": 1, "item_id": range(len(times)), "timestamp": times})
    return rows.set_index(pd.Index([f"row {n}" for n in range(len(times))]))


@given(
    st.lists(st.one_of(st.none(), st.integers(0, 30)), min_size=1, max_size=40),
    st.sampled_from([0.1, 0.2, 0.5, 0.9]),
    st.sampled_from(["train", "drop"]),
    st.sampled_from(["float64", "Int64", "datetime64[s]"]),
)
def test_no_training_row_is_later_than_a_test_row(times, share, missing, dtype):
    ratings = timed(pd.Series(times, dtype="Int64").astype(dtype).array)
    known = sorted(time for time in times if time is not None)
    n_most = int(share * len(known) + 1e-9)  # of known ones, and those at the border train
    n_test = sum(time > known[-n_most - 1] for time in known) if n_most else 0
    if not n_test:
        with pytest.raises(ValueError, match="no row would be left to test"):
            split_by_time(ratings, share, missing)
        return
    train, test = split_by_time(ratings, share, missing)
    assert len(test) == n_test <= share * len(known) + 1e-9
    assert len(train) == (len(times) if missing == "train" else len(known)) - n_test
    assert train["timestamp"].max() < test["timestamp"].min() and test["timestamp"].notna().all()
    for part in (train, test):  # order, columns and labels are kept
        pd.testing.assert_frame_equal(part, ratings[ratings.index.isin(part.index)])
    assert set(train.index).isdisjoint(test.index)


def test_the_latest_fifth_is_held_out_whatever_the_order_of_the_rows():
    train, test = split_by_time(timed([50, 10, 90, 30, 20, 100, 40, 60, 80, 70]))
    assert test["timestamp"].tolist() == [90, 100] and test.index.tolist() == ["row 2", "row 5"]
    assert train["timestamp"].tolist() == [50, 10, 30, 20, 40, 60, 80, 70]


def test_rows_of_the_borders_timestamp_go_to_the_training_part():
    train, test = split_by_time(timed([1, 2, 2, 2, 3]), 0.4)  # two rows would part the twos
    assert train["timestamp"].tolist() == [1, 2, 2, 2] and test["timestamp"].tolist() == [3]
    train, test = split_by_time(timed([3, 1, 3, 2]), 0.5)
    assert train["timestamp"].tolist() == [1, 2] and test["timestamp"].tolist() == [3, 3]


def test_a_share_that_falls_short_of_a_whole_number_by_rounding_counts_as_it():
    assert len(split_by_time(timed(range(100)), 0.29)[1]) == 29  # 0.29 * 100 is 28.999999999999996
    assert len(split_by_time(timed(range(3)), 0.99)[1]) == 2


@pytest.mark.parametrize(
    "times",
    [
        [datetime(2020, 1, day) for day in (1, 3, 2)],
        pd.to_datetime(["2020-01-01", "2020-01-03", "2020-01-02"], utc=True),
        np.array(["2020-01-01", "2020-01-03", "2020-01-02"], "M8[s]"),
        [-1.5, 3e9, 0],
        np.array([1, 3, 2], object),
        pd.array([1, 3, 2], "Int64"),
        np.array([-3, -1, -2], np.int8),
    ],
)
def test_timestamps_may_be_numbers_or_datetimes_of_any_type(times):
    train, test = split_by_time(timed(times), 0.34)
    assert test.index.tolist() == ["row 1"] and train.index.tolist() == ["row 0", "row 2"]


@pytest.mark.parametrize(
    "times",
    [
        [4, None, 1, 3, None, 2],
        np.array([4, pd.NA, 1, 3, None, 2], object),
        pd.array([4, None, 1, 3, None, 2], "Int64"),
        pd.to_datetime(["2004", None, "2001", "2003", None, "2002"], format="%Y"),
    ],
)
def test_rows_without_a_timestamp_are_refused_or_trained_on_or_left_out(times):
    ratings = timed(times)
    message = "2 of 6 rows have no timestamp: leave them out by missing='drop', or learn .* missing='train'"
    with pytest.raises(ValueError, match=message):
        split_by_time(ratings)
    train, test = split_by_time(ratings, 0.5, missing="train")
    assert test.index.tolist() == ["row 0", "row 3"]  # half of the four with a timestamp
    assert train.index.tolist() == ["row 1", "row 2", "row 4", "row 5"]
    train, test = split_by_time(ratings, 0.5, missing="drop")
    assert test.index.tolist() == ["row 0", "row 3"] and train.index.tolist() == ["row 2", "row 5"]


@pytest.mark.parametrize("missing", [None, True, "ignore", "Drop", ["drop"]])
def test_another_word_for_missing_timestamps_is_refused(missing):
    with pytest.raises(ValueError, match="missing is .*: give 'raise', 'train' or 'drop'"):
        split_by_time(timed([1, 2, 3]), 0.5, missing)


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([1, 2, 3, 4], "no row would be left to test: 0.2 of 4 rows with a timestamp is less than one: give"),
        ([], "0.2 of 0 rows with a timestamp is less than one: give a larger test_share or more rows"),
        ([None, None], "0.2 of 0 rows with a timestamp is less than one"),
        (
            [1, 2, 7, 7, 7, 7, 3, 4, 5, 6],
            "the latest 2 rows all have the timestamp 7, .*: give a larger test_share or finer timestamps",
        ),
    ],
)
def test_a_test_part_without_rows_is_refused(times, message):
    with pytest.raises(ValueError, match=message):
        split_by_time(timed(times), missing="drop")


@pytest.mark.parametrize("share", [0, 1, -0.1, 20, None, "a", np.nan, True])
def test_a_share_of_time_outside_its_range_is_refused(share):
    with pytest.raises(ValueError, match=r"test_share is .*: give a share in \(0, 1\)"):
        split_by_time(timed([1, 2, 3]), share)


@pytest.mark.parametrize(
    ("ratings", "message"),
    [
        (None, "ratings is a NoneType: give a DataFrame with a column 'timestamp'"),
        (frame([5]), r"columns \['user_id', 'item_id'\]: a column 'timestamp' is needed"),
        (pd.concat([timed([1, 2])] * 2, axis=1), "ratings has 2 columns 'timestamp': leave one of them"),
        (timed(["2020", "2021"]), "dtype str, such as '2020': give numbers or datetimes, as by pd.to_dat"),
        (timed([date(2020, 1, 1)] * 3), r"such as datetime.date\(2020, 1, 1\): give numbers or datetimes"),
        (timed([1, "2020"]), "dtype object, such as 1: give numbers or datetimes"),
        (timed([True, False]), "dtype bool.*, such as True: give numbers or datetimes"),
        (timed(pd.to_timedelta([1, 2])), "dtype timedelta64.*: give numbers or datetimes"),
        (timed([1, np.inf, -np.inf]), "2 rows have an infinite timestamp: give finite ones, or leave"),
    ],
)
def test_what_has_no_timestamps_is_refused(ratings, message):
    with pytest.raises(ValueError, match=message):
        split_by_time(ratings)


def test_a_split_by_time_leaves_what_it_was_given_as_it_was():
    ratings = timed(np.array([3, 1, 2], object))
    before = ratings.copy()
    split_by_time(ratings, 0.5)
    pd.testing.assert_frame_equal(ratings, before)


@pytest.mark.skipif(not (REAL / "ml-100k").is_dir(), reason="$DBREC_DATA_DIR holds no ml-100k")
def test_movielens_100k_is_split_at_a_moment_and_keeps_its_order():
    ratings = load_movielens("ml-100k", REAL).ratings
    train, test = split_by_time(ratings)
    assert 19_900 < len(test) <= 20_000 and len(train) + len(test) == 100_000
    assert train["timestamp"].max() < test["timestamp"].min()
    for part in (train, test):
        assert part.index.is_monotonic_increasing and part.equals(ratings.loc[part.index])
    assert not test["user_id"].isin(train["user_id"]).all()  # some users come only then
