from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from dbrec.data.splits import split_ratings
from dbrec.interactions import Interactions

FRAME = pd.DataFrame({"user_id": ["b", "a", "b"], "item_id": [7, 7, 3], "rating": [4, 2, 5]}, index=[8, 9, 9])


def test_ids_are_numbered_in_ascending_order_and_rows_keep_theirs():
    made = Interactions.from_frame(FRAME, liked_from=4)
    assert (made.user_ids.tolist(), made.item_ids.tolist()) == (["a", "b"], [3, 7])
    assert (made.user_index.tolist(), made.item_index.tolist()) == ([1, 0, 1], [1, 1, 0])
    assert made.value.tolist() == [4, 2, 5] and made.liked.tolist() == [True, False, True]


def changed(**columns):
    return FRAME.assign(**columns)


def weights(numbers):
    return FRAME.drop(columns="rating").assign(weight=numbers)


@pytest.mark.parametrize(
    "frame",
    [
        changed(rating=pd.array([4, 2, 5], dtype="Int64")),
        changed(rating=[Decimal("4"), Decimal("2"), Decimal("5")]),
        changed(rating=pd.Series([4.0, 2.0, 5.0], dtype=object).to_numpy()),
        changed(rating=pd.Categorical([4, 2, 5])),
        changed(user_id=pd.Categorical(["b", "a", "b"])),
        changed(user_id=pd.array(["b", "a", "b"], dtype="string")),
        changed(item_id=pd.Categorical([7, 7, 3])),
        changed(item_id=[7.0, 7.0, 3.0]),
        changed(item_id=pd.array([7, 7, 3], dtype="Int64")),
        changed(item_id=np.array([7, 7, 3], np.uint8)),
    ],
)
def test_what_stands_for_ints_text_and_numbers_is_taken_as_such(frame):
    made, plain = (Interactions.from_frame(f, 4) for f in (frame, FRAME))
    assert made.user_ids.equals(plain.user_ids) and made.item_ids.tolist() == plain.item_ids.tolist()
    assert made.value.tolist() == plain.value.tolist() and made.liked.tolist() == plain.liked.tolist()


@pytest.mark.parametrize(
    ("frame", "error", "message"),
    [
        (None, TypeError, "ratings is a NoneType: give a frame with the columns .*'user_id'"),
        ({"user_id": [1]}, TypeError, "ratings is a dict: give a frame"),
        (FRAME["rating"], TypeError, "ratings is a Series: give"),
        (
            FRAME.drop(columns="user_id"),
            ValueError,
            "'user_id'.* must be there, each once",
        ),
        (pd.concat([FRAME, FRAME["rating"]], axis=1), ValueError, "must be there, each once"),
        (pd.concat([FRAME, FRAME["user_id"]], axis=1), ValueError, "must be there, each once"),
        (changed(user_id=["b", None, "b"]), ValueError, r"\['user_id'\] has a missing value at position 1"),
        (changed(user_id=[1, "1", 2]), TypeError, "these are mixed-integer, such as 1: turn them into text"),
        (changed(user_id=[[1], [2], [3]]), TypeError, "such as \\[1\\]: turn them into text"),
        (changed(user_id=[(1, 2)] * 3), TypeError, "such as \\(1, 2\\): turn"),
        (changed(item_id=[True, False, True]), TypeError, "these are boolean"),
        (changed(item_id=[0.5, 1.5, 2.5]), TypeError, "these are floating"),
        (changed(item_id=pd.Timestamp("2000-01-01")), TypeError, "these are datetime64"),
        (changed(rating=[4, 2, 1j]), ValueError, "dtype complex128: give numbers"),
        (changed(rating=["4", "2", "5"]), ValueError, "has dtype .*: give numbers"),
        (
            changed(rating=pd.array([4, None, 5], dtype="Int64")),
            ValueError,
            "row 9 of ratings has the rating (<NA>|nan|None)",
        ),
        (changed(rating=[4, 2, np.inf]), ValueError, "row 9 of ratings has the rating inf: give finite"),
        (changed(rating=[4, 2, 1e300]), ValueError, r"rating 1e\+300: give finite numbers of up to 1e\+09"),
        (changed(user_id="b", item_id=[7, 7, 3]), ValueError, "user 'b' with item 7 more than once"),
        (
            changed(rating=3),
            ValueError,
            r"none of 3 rows in ratings is liked \(rating >= 4\): choose liked_from up to the highest "
            "rating, 3, or leave the column out",
        ),
        (FRAME.head(0), ValueError, "ratings has no rows: give at least one"),
        (
            changed(weight=1),
            ValueError,
            "ratings has a rating and a weight: leave one of the two columns out",
        ),
        (
            weights([2, 0, 1]),
            ValueError,
            "row 9 of ratings has the weight 0: give finite numbers above 0 and",
        ),
        (weights([-0.5, 2, 1]), ValueError, "row 8 of ratings has the weight -0.5: give finite .* above 0"),
        (
            weights([2, np.nan, 1]),
            ValueError,
            "row 9 .* has the weight nan: .*leave rows without a weight out",
        ),
        (weights([2, np.inf, 1]), ValueError, "row 9 of ratings has the weight inf: give finite numbers"),
        (weights([2, 2e9, 1]), ValueError, r"the weight 2000000000.0: .* up to 1e\+09"),
        (weights(["1", "2", "3"]), ValueError, r"ratings\['weight'\] has dtype .*: give numbers"),
        (
            weights(pd.Timestamp("2000-01-01")),
            ValueError,
            r"\['weight'\] has dtype datetime64.*: give numbers",
        ),
        (pd.concat([weights(1), weights(1)["weight"]], axis=1), ValueError, "must be there, each once"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(frame, error, message):
    with pytest.raises(error, match=message):
        Interactions.from_frame(frame, liked_from=4)


def told(made):
    """Give what is known of each pair, as raw ids and numbers."""
    users, items = made.user_ids[made.user_index], made.item_ids[made.item_index]
    return list(zip(users, items, made.value.tolist(), made.liked.tolist(), strict=True))


def test_without_ratings_each_pair_counts_once_or_as_often_as_it_stands_and_all_are_liked():
    clicks = FRAME.drop(columns="rating")
    made = Interactions.from_frame(clicks, 4)
    assert told(made) == [("b", 7, 0.5, True), ("a", 7, 0.5, True), ("b", 3, 0.5, True)]
    twice = Interactions.from_frame(pd.concat([clicks, clicks.tail(1), clicks.head(1), clicks.tail(1)]), 4)
    assert told(twice) == [("b", 7, 0.5, True), ("a", 7, 1 / 6, True), ("b", 3, 5 / 6, True)]
    assert len(twice) == 3 and not made.has_disliked and not twice.has_disliked


def test_weights_of_a_pair_are_added_up_in_the_order_of_its_first_row():
    rows = pd.concat([weights([0.5, 2, 10]), weights([1, 4, 0.25])]).iloc[[1, 0, 5, 3, 2]]
    made = Interactions.from_frame(rows, liked_from=100)  # liked_from says nothing of weights
    assert told(made) == [
        ("a", 7, 0.5, True),
        ("b", 7, 1 / 6, True),
        ("b", 3, 5 / 6, True),
    ]  # of 2, 1.5, 10.25
    assert not made.has_disliked


def test_weights_are_taken_from_any_column_of_numbers():
    for kind in ("Int64", "int8", "float32", "category", object):
        made = Interactions.from_frame(weights([1, 2, 3]).astype({"weight": kind}), 4)
        assert made.value.tolist() == [1 / 6, 0.5, 5 / 6]


def test_a_huge_weight_is_no_more_than_the_largest_one():
    usual, huge = (Interactions.from_frame(weights([1, 2, last]), 4) for last in (3, 1e9))
    assert np.array_equal(usual.value, huge.value)


def test_ratings_that_are_all_liked_are_choices_and_keep_their_height():
    made = Interactions.from_frame(changed(rating=[4, 5, 9]), 4)
    assert told(made) == [("b", 7, 4, True), ("a", 7, 5, True), ("b", 3, 9, True)]
    assert not made.has_disliked and Interactions.from_frame(FRAME, 4).has_disliked
    with pytest.raises(ValueError, match="user 'b' with item 7 more than once: keep one row a pair"):
        Interactions.from_frame(pd.concat([FRAME, FRAME]).assign(rating=5), 4)


def test_a_part_holds_only_the_ids_that_occur_in_it():
    part = Interactions.from_frame(FRAME, 4).take(np.array([True, False, False]))
    assert (part.user_ids.tolist(), part.item_ids.tolist(), len(part)) == (["b"], [7], 1)
    assert part.user_index.tolist() == part.item_index.tolist() == [0]


def test_it_is_split_as_its_frame_is():
    rows = {"user_id": np.repeat([5, 2, 9], 10), "item_id": np.tile(range(10), 3), "rating": [5, 1] * 15}
    frame = pd.DataFrame(rows)
    parts = Interactions.from_frame(frame, 4).split(0.2, seed=3)
    for part, expected in zip(parts, split_ratings(frame, 0.2, seed=3), strict=True):
        assert part.user_ids[part.user_index].tolist() == expected.user_id.tolist()
        assert part.item_ids[part.item_index].tolist() == expected.item_id.tolist()


def test_a_part_of_ratings_may_hold_liked_ones_alone():
    part = Interactions.from_frame(FRAME, 4).take(np.array([True, False, True]))
    assert not part.has_disliked and part.value.tolist() == [4, 5]


@pytest.mark.parametrize("ids", [["b", "a", "b"], [2, 1, 2]])
def test_its_arrays_hold_no_objects_and_give_it_back(ids):
    made = Interactions.from_frame(FRAME.assign(user_id=ids), 4)
    arrays = made.arrays()
    assert all(array.dtype.kind in "iufbU" for array in arrays.values())
    again = Interactions.from_arrays(arrays)
    assert again.user_ids.equals(made.user_ids) and again.item_ids.equals(made.item_ids)
    assert (
        again.value.tolist() == made.value.tolist() and again.user_index.tolist() == made.user_index.tolist()
    )


def test_the_largest_rating_and_the_outermost_ints_are_allowed():
    ids = [-(2**63), 2**63 - 1, 0]
    made = Interactions.from_frame(FRAME.assign(rating=[1e9, -1e9, 5], item_id=ids), 4)
    assert made.value.tolist() == [1e9, -1e9, 5] and made.item_ids.tolist() == sorted(ids)


def test_the_importance_of_a_pair_is_the_mean_of_its_rows():
    frame = pd.DataFrame({"user_id": [1, 1, 2], "item_id": [7, 7, 7], "weight": [1.0, 2.0, 1.0]})
    found = Interactions.from_frame(frame, 4, sample_weight=[1.0, 4.0, 3.0])
    assert found.importance.tolist() == [2.5 / (8 / 3), 3 / (8 / 3)]  # beside the mean of all rows


@pytest.mark.parametrize("weights", [[1e308] * 3, [1, 1e201, 1], [1, 0, 1], [1, 1], [1, None, 1], 3])
def test_an_importance_that_no_row_can_have_is_refused(weights):
    message = "sample_weight has shape .* a number above 0, of up to 1e.200, for each of 3 rows"
    with pytest.raises(ValueError, match=f"{message}|1 sample_weight are not finite numbers"):
        Interactions.from_frame(FRAME, 4, sample_weight=weights)
    largest = Interactions.from_frame(FRAME, 4, sample_weight=[1e200] * 3)
    assert largest.importance.tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match="1 sample_weight are not finite numbers"):
        Interactions.from_frame(FRAME, 4, sample_weight=np.ma.array([1, 99, 1], mask=[0, 1, 0]))


def test_the_rows_of_a_user_are_found_where_they_are_sorted():
    frame = pd.DataFrame({"user_id": [1, 2, 2, 3, 3, 3], "item_id": [7, 7, 8, 7, 8, 9], "rating": 5})
    found = Interactions.from_frame(frame, 4)
    assert [found.item_index[found.of_user(user)].tolist() for user in (-1, 0, 1, 2)] == [
        [],
        [0],
        [0, 1],
        [0, 1, 2],
    ]
