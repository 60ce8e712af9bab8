import numpy as np
import pandas as pd
import pytest

from dbrec.interactions import Interactions
from dbrec.training.histories import Histories

# of four users the last one rated nothing; the ratings are 3 on average, with a variance of 10 / 4
USERS, ITEMS, STARS = np.array([0, 0, 1, 2]), np.array([0, 1, 0, 1]), np.array([5.0, 1.0, 4.0, 2.0])
FACTORS = np.array([[2.0, -2.0], [-2.0, 2.0]])  # of a standard deviation of 2


def histories(factors=FACTORS, stars=STARS):
    return Histories(
        factors, Interactions(pd.Index(range(4)), pd.Index(range(2)), USERS, ITEMS, stars, stars >= 4)
    )


def test_a_history_sums_up_what_was_rated_and_how_far_above_the_mean():
    found = histories()
    assert found.brought.tolist() == pytest.approx(np.array([[0.1, -0.1], [-0.1, 0.1]]))
    assert found.scale == pytest.approx([7**-0.5, 6**-0.5, 6**-0.5, 5**-0.5])
    assert (found.mean, found.spread) == pytest.approx((3, 2.5**0.5))
    above = 0.1 / 2.5**0.5  # of a rating one star above the mean
    # what the first user's two items bring cancels out, and how they were rated doesn't
    sums = [
        [0, 0, 4 * above, -4 * above],
        [0.1, -0.1, above, -above],
        [-0.1, 0.1, above, -above],
        [0, 0, 0, 0],
    ]
    assert found.inputs == pytest.approx(np.array(sums) * found.scale[:, None], abs=1e-7)


def test_ratings_that_are_all_alike_are_neither_above_nor_below():
    found = histories(stars=np.full(4, 4.0))
    assert found.spread == 1 and not found.inputs[:, 2:].any() and found.inputs[1, 0] > 0


def test_factors_that_are_all_alike_are_divided_by_ten_alone():
    assert histories(np.full((2, 3), 3.0)).brought == pytest.approx(0.3)


def test_the_first_64_places_of_longer_factors_are_used():
    factors = np.random.default_rng(0).normal(size=(2, 70))
    assert np.array_equal(histories(factors).inputs, histories(factors[:, :64]).inputs)
    assert histories(factors).inputs.shape == (4, 128)
