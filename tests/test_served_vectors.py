import numpy as np
import pandas as pd
import pytest

from dbrec.scoring.served_vectors import ServedVectors, newcomer_rows, tower_rows, user_rows

LIKING = np.array([[100.0, 200.0]])
CHOICE = np.array([[8.0]])


def test_biases_stand_across_from_ones_and_a_product_is_the_mean_of_the_members():
    # two members of one number each, divided by the root of 2 before
    root = 2**0.5
    users = tower_rows("user", np.array([[3.0, 5.0]]) / root, np.array([[1.0, 3.0]]) / root)
    items = tower_rows("item", np.array([[2.0, 4.0]]) / root, np.array([[10.0, 20.0]]) / root)
    assert users.shape == items.shape == (1, 6)
    assert (users @ items.T).item() == pytest.approx((3 * 2 + 1 + 10 + 5 * 4 + 3 + 20) / 2)


def test_what_a_newcomer_takes_meets_what_the_other_side_says():
    user, item = newcomer_rows("user", [0.5], [0.0]), newcomer_rows("item", [0.0], [3.0])
    assert (user.tolist(), item.tolist()) == ([[0.5, 0]], [[3, 0]])
    assert (user @ item.T).item() == 1.5


@pytest.mark.parametrize(
    ("n_rated", "of_liking", "of_usual"),
    [(0, 0.01 + 0.1, 1), (5, 0.01 + 0.1 / 4, 1 / 4), (15, 0.01 + 0.1 / 16, 1 / 16)],
)
def test_lists_are_made_by_choice_and_by_what_is_usual_the_less_the_more_was_rated(
    n_rated, of_liking, of_usual
):
    to_score, to_list = user_rows(LIKING, CHOICE, np.array([32.0]), np.array([n_rated]), choice_weight=3)
    assert to_score.tolist() == [[100, 200, 3 * 8]]
    assert to_list[0] == pytest.approx([100 * of_liking, 200 * of_liking, 8 + 32 * of_usual])


def test_without_choice_lists_are_made_by_liking():
    to_score, to_list = user_rows(LIKING, np.empty((1, 0)), np.empty(0), np.zeros(1), choice_weight=3)
    assert to_score.tolist() == to_list.tolist() == LIKING.tolist()


def test_blocks_are_cut_out_by_name_one_or_several_side_by_side():
    rows = np.arange(20).reshape(2, 10)
    ids = pd.Index([7]), pd.Index(["a"])
    vectors = ServedVectors(*ids, rows, rows, rows, (4, 2, 2, 2))
    found = [
        vectors.block(rows[1], *names).tolist() for names in (["taste"], ["bias"], ["newcomer"], ["choice"])
    ]
    assert found == [[10, 11, 12, 13], [14, 15], [16, 17], [18, 19]]
    assert vectors.block(rows[1], "taste", "bias").tolist() == vectors.liking_rows(rows[1]).tolist()
    assert vectors.liking_rows(rows[1]).tolist() == [10, 11, 12, 13, 14, 15]
    assert vectors.usual_choice.tolist() == [18, 19]
    again = ServedVectors.from_arrays(vectors.arrays())
    assert again.widths == (4, 2, 2, 2) and again.user_ids.equals(ids[0]) and again.item_ids.equals(ids[1])


@pytest.mark.parametrize("name", ["users", "lists", "items"])
@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_vectors_that_are_not_finite_are_refused_when_made_and_not_when_asked(name, broken):
    parts = {part: np.ones((2, 5), np.float32) for part in ("users", "lists", "items")}
    parts[name][1, 3] = broken
    with pytest.raises(ValueError, match="served vectors aren't finite: fit again with a smaller"):
        ServedVectors(pd.Index([1]), pd.Index([2]), **parts, widths=(1, 2, 2, 0))
