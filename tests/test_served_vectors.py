import numpy as np
import pandas as pd
import pytest

from dbrec.scoring.served_vectors import ServedVectors, item_rows, newcomer_rows, user_rows, with_room

LIKING = np.array([[100.0, 200.0]])
CHOICE, GUESS = np.array([[8.0, 3.0]]), np.array([[32.0]])


def test_what_a_newcomer_takes_meets_what_the_other_side_says():
    user, item = newcomer_rows("user", [0], None), newcomer_rows("item", [40], np.array([3.0]))
    assert (user.tolist(), item.tolist()) == ([[0.5, 0]], [[3, 0]])
    assert (user @ item.T).item() == 1.5


def test_a_newcomer_with_ratings_takes_the_less_of_what_others_say():
    assert newcomer_rows("item", [0, 10, 90], None).tolist() == [[0, 0.5], [0, 0.25], [0, 0.05]]


@pytest.mark.parametrize(("n_rated", "of_guess"), [(0, 1), (5, 1 / 4), (15, 1 / 16)])
def test_lists_are_made_by_choice_and_by_its_guess_the_less_the_more_was_rated(n_rated, of_guess):
    to_score, to_list = user_rows(LIKING, CHOICE, GUESS, np.array([n_rated]), has_disliked=True)
    assert to_score.tolist() == [[100, 200, 8, 3, 0]]
    first = 8 + 32 * of_guess
    # a hundredth of liking, the choice, and its first places again for new items
    assert to_list[0] == pytest.approx([1, 2, first, 3, first])


def test_where_only_choices_are_known_lists_are_made_by_choice_alone():
    to_score, to_list = user_rows(LIKING, CHOICE, GUESS, np.array([5]), has_disliked=False)
    assert to_score.tolist() == [[100, 200, 8, 3, 0]] and to_list.tolist() == [[0, 0, 16, 3, 16]]


def test_rows_leave_the_choice_they_are_made_of_as_it_is():
    user_rows(LIKING, CHOICE, GUESS, np.zeros(1), has_disliked=True)
    assert CHOICE.tolist() == [[8, 3]]


def test_without_choice_lists_are_made_by_liking():
    to_score, to_list = user_rows(LIKING, np.empty((1, 0)), np.empty((1, 0)), np.zeros(1), has_disliked=True)
    assert to_score.tolist() == to_list.tolist() == LIKING.tolist()


def test_items_are_found_by_their_ratings_and_newcomers_by_features_the_less_the_more_they_have():
    liking, found, guess = np.array([[1.0, 2.0]]), np.array([[7.0, 8.0]]), np.array([[16.0]])
    assert item_rows(liking, found, guess).tolist() == [[1, 2, 7, 8, 0]]
    assert item_rows(liking, found, guess, np.array([5])).tolist() == [[1, 2, 7, 8, 4]]


def test_a_guess_counts_in_lists_alone():
    known = item_rows(np.zeros((1, 2)), np.array([[7.0, 8.0]]), np.array([[10.0]]))
    new = item_rows(np.zeros((1, 2)), np.zeros((1, 2)), np.array([[20.0]]), np.zeros(1))
    items = np.vstack([known, new])
    to_score, to_list = user_rows(LIKING, CHOICE, GUESS, np.array([5]), has_disliked=True)
    assert (to_score @ items.T)[0].tolist() == [8 * 7 + 3 * 8, 0]
    assert (to_list @ items.T)[0].tolist() == [(8 + 8) * 7 + 3 * 8, (8 + 8) * 20]


def test_more_rows_stand_before_the_last_and_are_written_in_place_where_there_is_room():
    rows = np.arange(6.0).reshape(3, 2)
    more = with_room(rows, 2)
    assert more.tolist() == [[0, 1], [2, 3], [0, 0], [0, 0], [4, 5]]
    assert rows.tolist() == [[0, 1], [2, 3], [4, 5]] and not np.shares_memory(rows, more)
    assert with_room(more, 0) is more
    large = with_room(np.arange(200.0).reshape(100, 2), 1)
    assert np.shares_memory(with_room(large, 1), large)


def test_rows_that_come_one_by_one_are_copied_once_in_sixteen_parts_more():
    rows = with_room(np.zeros((320, 1)), 1)
    first, n_added = rows, 0
    while np.shares_memory(rows, first):
        rows, n_added = with_room(rows, 1), n_added + 1
    assert n_added == 321 // 16 + 1


def test_rows_of_a_larger_array_of_somebody_elses_are_never_written_over():
    whole = np.arange(8.0).reshape(4, 2)
    with_room(whole[1:3], 1)
    with_room(whole[:2, :1], 1)
    assert whole.tolist() == np.arange(8.0).reshape(4, 2).tolist()


def test_blocks_are_cut_out_by_name_one_or_several_side_by_side():
    rows = np.arange(22).reshape(2, 11)
    ids = pd.Index([7]), pd.Index(["a"])
    vectors = ServedVectors(*ids, rows, rows, rows, (4, 2, 2, 2, 1))
    names = "taste", "bias", "newcomer", "choice", "guess"
    found = [vectors.block(rows[1], name).tolist() for name in names]
    assert found == [[11, 12, 13, 14], [15, 16], [17, 18], [19, 20], [21]]
    assert vectors.block(rows[1], "taste", "bias").tolist() == vectors.liking_rows(rows[1]).tolist()
    assert vectors.liking_rows(rows[1]).tolist() == [11, 12, 13, 14, 15, 16]
    again = ServedVectors.from_arrays(vectors.arrays())
    assert again.widths == (4, 2, 2, 2, 1) and again.user_ids.equals(ids[0]) and again.item_ids.equals(ids[1])


@pytest.mark.parametrize("name", ["users", "lists", "items"])
@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_vectors_that_are_not_finite_are_refused_when_made_and_not_when_asked(name, broken):
    parts = {part: np.ones((2, 5), np.float32) for part in ("users", "lists", "items")}
    parts[name][1, 3] = broken
    vectors = ServedVectors(pd.Index([1]), pd.Index([2]), **parts, widths=(1, 2, 2, 0, 0))
    for make in (vectors.checked, lambda: ServedVectors.from_arrays(vectors.arrays())):
        with pytest.raises(ValueError, match="served vectors aren't finite: fit again with a smaller"):
            make()
