import numpy as np
import pytest

from dbrec.folding import fold_in

RIGHT, LEFT, UP = np.array([1.0, 0, 0]), np.array([-1.0, 0, 0]), np.array([0, 1.0, 0])


def test_a_liked_item_pulls_the_vector_towards_it():
    moved = fold_in(np.zeros(3), [RIGHT], [LEFT])
    assert moved[0] > 0.5 and moved[1:] == pytest.approx([0, 0], abs=1e-6)


def test_the_answer_is_where_the_gradient_vanishes():
    x = fold_in(np.zeros(3), [RIGHT], [LEFT], strength=2.0)[0]
    assert 2 / (1 + np.exp(2 * x)) == pytest.approx(2.0 * x, abs=1e-4)  # slope of the loss = pull back


def test_a_stronger_pull_back_moves_it_less_and_more_items_move_it_more():
    weak, strong = (fold_in(np.zeros(3), [RIGHT], [LEFT], strength)[0] for strength in (0.1, 10.0))
    assert weak > strong > 0
    assert fold_in(np.zeros(3), [RIGHT, RIGHT], [LEFT])[0] > fold_in(np.zeros(3), [RIGHT], [LEFT])[0]


def test_places_that_are_not_free_stay():
    moved = fold_in(np.array([0.0, 0, 1]), [UP + RIGHT], [LEFT], free=slice(1))
    assert moved[0] > 0 and moved[1:].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("positives", "negatives", "strength"), [([], [LEFT], 1), ([RIGHT], [], 1), ([RIGHT], [LEFT], 0)]
)
def test_nothing_to_learn_from_is_refused(positives, negatives, strength):
    with pytest.raises(ValueError, match="give at least one of each and a strength above 0"):
        fold_in(np.zeros(3), positives, negatives, strength)
