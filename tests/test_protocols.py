import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.harness import protocols
from benchmarks.harness.protocols import k_core, protocol_a, protocol_b, protocol_b_without_core, strong
from dbrec.data.movielens import load_movielens

REAL = Path(os.environ.get("DBREC_DATA_DIR") or "nowhere") / "ml-1m"
on_the_real_data = pytest.mark.skipif(not REAL.exists(), reason="needs $DBREC_DATA_DIR/ml-1m")


def made(n_users=30, n_items=40, seed=0):
    pairs = pd.MultiIndex.from_product([range(n_users), range(n_items)], names=["user_id", "item_id"])
    frame = pairs.to_frame(index=False)
    frame["rating"] = np.random.default_rng(seed).integers(1, 6, len(frame))
    return frame.sample(frac=1, random_state=seed)


def test_a_drops_the_threes_and_cuts_the_rest_into_eight_one_and_one_tenths():
    ratings = made()
    kept = ratings[ratings.rating != 3]
    train, validation, test = protocol_a(ratings)
    assert len(validation) == len(test) == len(kept) // 10
    assert sorted([*train.index, *validation.index, *test.index]) == sorted(kept.index)


def test_b_gives_a_tenth_of_each_users_rows_rounded_down_to_validation_and_to_test():
    ratings = made()
    kept = ratings[ratings.rating >= 3]  # every user and item has more than 10 of them
    train, validation, test = protocol_b(ratings)
    tenth = (kept.groupby("user_id").size() // 10).to_dict()
    assert validation.groupby("user_id").size().to_dict() == tenth
    assert test.groupby("user_id").size().to_dict() == tenth
    assert sorted([*train.index, *validation.index, *test.index]) == sorted(kept.index)


@pytest.mark.parametrize("protocol", [protocol_a, protocol_b, protocol_b_without_core])
def test_the_same_seed_gives_the_same_parts_in_the_order_of_the_ratings(protocol):
    ratings = made()
    first, again, other = (protocol(ratings, seed) for seed in (0, 0, 1))
    assert all(a.equals(b) for a, b in zip(first, again, strict=True))
    assert not first[2].equals(other[2])
    assert all(part.equals(ratings[ratings.index.isin(part.index)]) for part in first)


def test_the_k_core_is_taken_again_until_nothing_falls_out():
    # User 3 has one row. Without it item "c" has one, without that user 2 has one; 0 and 1 with a and b stay.
    pairs = [(0, "a"), (0, "b"), (1, "a"), (1, "b"), (2, "b"), (2, "c"), (3, "c")]
    ratings = pd.DataFrame(pairs, columns=["user_id", "item_id"])
    assert k_core(ratings, 2).index.tolist() == [0, 1, 2, 3]
    assert len(k_core(ratings, 3)) == 0


@pytest.mark.parametrize("protocol", [protocol_a, protocol_b, protocol_b_without_core])
def test_other_counts_than_the_published_ones_are_refused_at_the_size_of_movielens_1m(protocol, monkeypatch):
    ratings = made()
    monkeypatch.setattr(protocols, "FULL_SIZE", len(ratings))
    with pytest.raises(
        ValueError, match=r"the protocol leaves {'rows': .*must leave {'rows': (739012|834449|836478)"
    ):
        protocol(ratings)


def test_b_without_its_core_keeps_those_with_few_rows():
    ratings = made(n_users=30, n_items=8)  # nobody has 10
    parts = protocol_b_without_core(ratings)
    assert sum(map(len, parts)) == (ratings.rating >= 3).sum() and protocol_b(ratings)[0].empty


def test_strong_generalisation_learns_nothing_of_those_held_out_and_is_told_80_percent_of_them():
    ratings = made()
    train, told, judged = strong(ratings)
    assert set(told.user_id) == set(judged.user_id) and set(told.user_id).isdisjoint(train.user_id)
    assert train.user_id.nunique() == 27 and told.user_id.nunique() == 3
    assert (judged.groupby("user_id").size() == 8).all() and (told.groupby("user_id").size() == 32).all()


@on_the_real_data
def test_movielens_1m_gives_the_published_numbers_of_rows():
    ratings = load_movielens("ml-1m").ratings
    parts_a, parts_b = protocol_a(ratings), protocol_b(ratings)
    assert [len(part) for part in parts_a] == [591_210, 73_901, 73_901]
    assert sum(map(len, protocol_b_without_core(ratings))) == 836_478
    everything = pd.concat(parts_b)
    assert [everything[c].nunique() for c in ("user_id", "item_id")] == [6_033, 3_123]
    assert len(everything) == 834_449 and everything.rating.min() == 3
