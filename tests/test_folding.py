import numpy as np
import pytest

from dbrec.folding import fold_in

RIGHT, LEFT, UP, NOTHING = np.array([1.0, 0, 0]), np.array([-1.0, 0, 0]), np.array([0, 1.0, 0]), np.zeros(3)


def test_a_liked_item_pulls_the_vector_towards_it_and_a_disliked_one_away():
    towards = fold_in(NOTHING, [RIGHT], [], NOTHING)
    assert towards[0] > 0.1 and towards[1:] == pytest.approx([0, 0], abs=1e-6)
    assert fold_in(NOTHING, [], [RIGHT], NOTHING) == pytest.approx(-towards, abs=1e-6)


def test_the_answer_is_where_the_gradient_vanishes():
    x = fold_in(NOTHING, [RIGHT], [LEFT], NOTHING, strength=2.0)[0]
    assert 2 / (1 + np.exp(x)) == pytest.approx(2.0 * x, abs=1e-4)  # slope of two losses = pull back


def test_a_typical_item_says_nothing():
    assert fold_in(UP, [RIGHT], [RIGHT], RIGHT) == pytest.approx(UP)
    assert fold_in(UP, [], [], RIGHT).tolist() == UP.tolist()


def test_a_stronger_pull_back_moves_it_less_and_more_items_move_it_more():
    weak, strong = (fold_in(NOTHING, [RIGHT], [LEFT], NOTHING, strength)[0] for strength in (0.1, 10.0))
    assert weak > strong > 0
    once, twice = (fold_in(NOTHING, [RIGHT] * times, [], NOTHING)[0] for times in (1, 2))
    assert twice > once


def test_places_that_are_not_free_stay():
    moved = fold_in(np.array([0.0, 0, 1]), [UP + RIGHT], [LEFT], NOTHING, free=slice(1))
    assert moved[0] > 0 and moved[1:].tolist() == [0, 1]


def test_no_pull_back_is_refused():
    with pytest.raises(ValueError, match="strength is 0: give a number above 0"):
        fold_in(NOTHING, [RIGHT], [], NOTHING, strength=0)
