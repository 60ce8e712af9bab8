"""Ids that people give, of any make: each is taken as what it is, or refused."""

import numpy as np
import pandas as pd
import pytest

from dbrec.checks import one_place, positions, raw_ids


@pytest.mark.parametrize(
    ("kind", "first"), [("float16", 2**11), ("float32", 2**24), ("float64", 2**53), ("Float32", 2**24)]
)
def test_floats_are_ids_as_far_as_each_stands_for_one_whole_number(kind, first):
    ids = raw_ids(pd.Series([first - 1, 1 - first, 3], dtype=kind))
    assert ids.tolist() == [first - 1, 1 - first, 3] and ids.dtype == np.int64
    for largest in (first, -first):
        with pytest.raises(
            TypeError, match="these are floating, .*: read them as ints, since floats as large"
        ):
            raw_ids(pd.Series([3, largest], dtype=kind))


def test_floats_in_a_list_are_held_to_the_type_they_are_of():
    assert raw_ids([np.float32(2**24 - 1), 7.0]).tolist() == [2**24 - 1, 7]
    assert raw_ids([float(2**53 - 1), 7.0]).tolist() == [2**53 - 1, 7]
    for ids in ([np.float32(2**24), 7.0], [7.0, np.float16(2**11), 1], [float(2**53)]):
        with pytest.raises(TypeError, match="read them as ints"):
            raw_ids(ids)


def test_whole_floats_beside_ints_are_ints_and_others_are_none():
    ids = raw_ids([1, 2.0, np.float32(3), np.int8(4)])
    assert ids.tolist() == [1, 2, 3, 4] and ids.dtype == np.int64
    for other in (2.5, np.inf):
        with pytest.raises(TypeError, match="these are mixed-integer-float, such as 1: turn them into text"):
            raw_ids([1, other])
    for other in (2.0**53, 2**60, 10**400):
        with pytest.raises(TypeError, match="these are mixed-integer-float, such as 1.0: read them as ints"):
            raw_ids([1.0, 2, other])


@pytest.mark.parametrize(
    ("one", "ids"),
    [(np.array(3), [3]), (np.array(3.0), [3]), (np.array("ab"), ["ab"]), (np.array("c", object), ["c"])],
)
def test_an_array_without_a_length_is_one_id(one, ids):
    assert raw_ids(one).tolist() == ids
    assert one_place(pd.Index([0, *ids]) if ids == [3] else pd.Index(["x", *ids]), one, "user") == 1
    with pytest.raises(TypeError, match=r"not a table of shape \(1, 1\): give one column of it"):
        raw_ids(one[None, None])


@pytest.mark.parametrize("one", [np.array(2**24, np.float32), np.array(0.5)])
def test_an_array_without_a_length_is_held_to_what_an_id_is(one):
    with pytest.raises(TypeError, match="these are floating"):
        raw_ids(one)


@pytest.mark.parametrize("ids", [np.ma.masked, np.ma.array(3, mask=True), np.ma.array([3, 4], mask=[1, 0])])
def test_a_masked_id_is_a_missing_one(ids):
    with pytest.raises(ValueError, match="ids has a missing value at position 0: leave such rows out"):
        positions(pd.Index([0, 3, 4]), ids)
