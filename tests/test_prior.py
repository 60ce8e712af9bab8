from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dbrec.interactions import Interactions
from dbrec.scoring.biases import Biases
from dbrec.training.prior import L2, LEAST, beside_unobserved, shared_taste


def world(wrong, n_users=200, n_items=40, n_rated=20):
    """Even users like even items, and odd users odd ones; a share of the ratings says the contrary."""
    random = np.random.default_rng(0)
    rows = [
        (user, item) for user in range(n_users) for item in random.choice(n_items, n_rated, replace=False)
    ]
    users, items = np.array(rows).T
    liked = (users % 2 == items % 2) ^ (random.random(len(users)) < wrong)
    frame = pd.DataFrame({"user_id": users, "item_id": items, "rating": np.where(liked, 5, 1)})
    return Interactions.from_frame(frame, 4)


def no_biases(interactions):
    return Biases(np.zeros(len(interactions.user_ids)), np.zeros(len(interactions.item_ids)))


def taste_of(wrong):
    interactions = world(wrong)
    return shared_taste(interactions, no_biases(interactions))


def test_taste_that_explains_all_is_near_1_and_chance_near_0():
    assert taste_of(0.0) > 0.9
    assert taste_of(0.5) < 0.05


def test_the_more_noise_the_less_is_told_and_never_more_than_can_be():
    found = [taste_of(wrong) for wrong in (0.1, 0.2, 0.3)]
    # of likings of -1 and 1 that are turned round in a tenth of the cases, 1 - 2 x 0.1 can be told
    assert 0.5 < found[0] < 0.8 and 0.3 < found[1] < 0.6 and 0.1 < found[2] < 0.4


@pytest.mark.parametrize("wrong", [0.0, 0.2, 0.5])
def test_a_pair_that_stands_twice_tells_nothing_of_itself(wrong, monkeypatch):
    once = world(wrong)
    rows = {name: np.tile(part, 2) for name, part in once.arrays().items() if not name.endswith("ids")}
    twice = shared_taste(replace(once, **rows), no_biases(once))
    # each number is twice as large, and its square four times, which is as if the penalty were a fourth
    monkeypatch.setattr("dbrec.training.prior.L2", L2 / 4)
    assert twice == pytest.approx(shared_taste(once, no_biases(once)), abs=1e-6)


def test_choices_at_random_share_no_taste():
    random = np.random.default_rng(0)
    rows = [(user, item) for user in range(400) for item in random.choice(200, 20, replace=False)]
    chosen = Interactions.from_frame(pd.DataFrame(rows, columns=["user_id", "item_id"]), 4)
    assert shared_taste(beside_unobserved(chosen, seed=0), no_biases(chosen)) < 0.1


def test_what_biases_tell_is_no_taste():
    random = np.random.default_rng(0)
    users, items = (part.ravel() for part in np.indices((60, 40)))
    kept = random.random(len(users)) < 0.5
    frame = pd.DataFrame({"user_id": users, "item_id": items, "rating": np.where(items % 2, 5, 1)})[kept]
    interactions = Interactions.from_frame(frame, 4)
    share = interactions.liked.mean()
    above = np.array([np.mean(interactions.liked[interactions.item_index == i]) for i in range(40)]) - share
    biases = Biases(np.zeros(len(interactions.user_ids)), above / (share * (1 - share)))
    assert shared_taste(interactions, biases) == LEAST


def test_one_user_and_one_item_share_nothing():
    frame = pd.DataFrame({"user_id": [1, 2, 3], "item_id": 7, "rating": [5, 1, 5]})
    interactions = Interactions.from_frame(frame, 4)
    assert shared_taste(interactions, no_biases(interactions)) >= LEAST


def test_what_was_not_chosen_stands_beside_what_was():
    clicks = pd.DataFrame({"user_id": np.repeat(range(10), 3), "item_id": [*range(3), *range(2, 5)] * 5})
    interactions = Interactions.from_frame(clicks, 4)
    both = beside_unobserved(interactions, seed=0)
    n_free = len(both) - 30
    # each of the thirty is kept once; of as many draws, two in five are of what wasn't chosen
    assert 5 < n_free < 20 and both.liked.tolist() == both.value.tolist() == [1] * 30 + [0] * n_free
    assert np.array_equal(both.user_index[:30], interactions.user_index)
    assert np.array_equal(both.item_index[:30], interactions.item_index)
    pairs = set(zip(interactions.user_index, interactions.item_index, strict=True))
    assert pairs.isdisjoint(zip(both.user_index[30:], both.item_index[30:], strict=True))


def test_what_was_chosen_elsewhere_is_left_out_as_well():
    clicks = pd.DataFrame({"user_id": [0, 1, 2, 3] * 50, "item_id": np.arange(200) // 4})
    interactions = Interactions.from_frame(clicks, 4)
    free = beside_unobserved(interactions.take(interactions.item_index < 10), seed=0)
    assert free.liked.all()  # everybody chose everything
    half = interactions.take(interactions.user_index < 2)
    others = np.array([0, 0, -1]), np.array([0, 1, 2])
    one = half.take((half.item_index > 1) | (half.user_index == 1))
    draws = [beside_unobserved(one, seed, others) for seed in range(20)]
    assert not any((~both.liked).any() for both in draws)
    assert any((~beside_unobserved(one, seed).liked).any() for seed in range(20))
