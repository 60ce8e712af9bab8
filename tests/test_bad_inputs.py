"""What people bring that can't be: a clear error of our own at every door, or the right result."""

import copy
import datetime
import json
import os
import shutil
import uuid
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dbrec
from dbrec.checks import PAIR
from dbrec.data.splits import split_ratings
from dbrec.features.encoder import FeatureEncoder
from dbrec.interactions import Interactions
from dbrec.recommender import HybridRecommender
from dbrec.scoring.scorer import VectorScorer
from dbrec.storage import _manifest
from dbrec.training.workers import distributed
from dbrec.training.workers.jobs import batches, read_job
from dbrec.training.workers.state import build_network, write_state

SMALL = {"embedding_dim": 4, "epochs": 1, "verbose": False}
PACKAGE = Path(dbrec.__file__).parent


def refused(call, error, message):
    """See that a call is refused in words of the package, and not in those of a library below it."""
    with pytest.raises(error, match=message) as caught:
        call()
    assert PACKAGE in Path(str(caught.traceback[-1].path)).parents


@pytest.fixture(scope="module")
def small(planted):
    return HybridRecommender(**SMALL).fit(planted["ratings"], planted["users"], planted["items"])


def objects(*values):
    """A column of just these objects, as pandas would otherwise make of them what it likes."""
    column = pd.Series([None] * len(values), dtype=object)
    for row, value in enumerate(values):
        column.iat[row] = value
    return column


# --- fit: ratings

THREE = pd.DataFrame({"user_id": ["b", "a", "b"], "item_id": [7, 7, 3], "rating": [4, 2, 5]})
NO_IDS = {
    "mixed": ([1, "1", 2], TypeError, "these are mixed-integer, such as 1: turn them into text"),
    "lists": ([[1], [2], [3]], TypeError, "these are mixed, such as .1.: turn them into text"),
    "tuples": ([(1, 2)] * 3, TypeError, r"such as \(1, 2\): turn them into text"),
    "dicts": ([{}] * 3, TypeError, "such as {}: turn them into text"),
    "booleans": ([True, False, True], TypeError, "these are boolean, such as True"),
    "halves": ([0.5, 1.5, 2.5], TypeError, "these are floating, such as 0.5"),
    "infinite": ([np.inf, 1, 2], TypeError, "these are floating, such as inf"),
    "floats that lost digits": ([2.0**53, 1, 2], TypeError, r"these are floating, such as 9007199254740992"),
    "floats beyond ints": ([1e300, 2e300, 3e300], TypeError, r"these are floating, such as 1e\+300"),
    "ints beyond 64 bits": (objects(2**70, 1, 2), TypeError, "these are integer, such as 1180591620717411"),
    "complex": ([1j, 2, 3], TypeError, "these are complex"),
    "dates": ([datetime.date(2000, 1, 1)] * 3, TypeError, "these are date, such as"),
    "times": (pd.date_range("2000", periods=3), TypeError, "these are datetime"),
    "spans": (pd.to_timedelta([1, 2, 3]), TypeError, "these are timedelta64, such as"),
    "intervals": (pd.interval_range(0, 3), TypeError, "these are interval, such as"),
    "decimals": ([Decimal(1), Decimal(2), Decimal(3)], TypeError, "these are decimal, such as"),
    "uuids": ([uuid.UUID(int=1)] * 3, TypeError, "such as UUID"),
    "bytes": ([b"a", b"b", b"c"], TypeError, "these are bytes, such as b'a'"),
    "missing": ([1, None, 2], ValueError, "has a missing value at position 1: leave such rows out"),
    "missing text": (["a", "b", pd.NA], ValueError, "has a missing value at position 2"),
    "missing time": ([pd.NaT] * 3, ValueError, "has a missing value at position 0"),
    "missing category": (pd.Categorical(["a", None, "b"]), ValueError, "has a missing value at position 1"),
}


@pytest.mark.parametrize("column", ["user_id", "item_id"])
@pytest.mark.parametrize("kind", NO_IDS)
def test_ratings_by_what_is_no_id_are_refused(kind, column):
    values, error, message = NO_IDS[kind]
    refused(
        lambda: HybridRecommender(**SMALL).fit(THREE.assign(**{column: values})),
        error,
        rf"ratings\['{column}'\] .*{message}",
    )


@pytest.mark.parametrize(
    ("rating", "message"),
    [
        ([4, 2, np.nan], "row 2 of ratings has the rating nan: give finite numbers"),
        ([4, -np.inf, 5], "row 1 of ratings has the rating -inf: give finite numbers"),
        ([4, 1e300, 5], r"row 1 of ratings has the rating 1e\+300: give finite numbers of up to 1e\+09"),
        (objects(4, None, 5), "row 1 of ratings has the rating nan"),
        (objects(4, pd.NA, 5), "row 1 of ratings has the rating nan"),
        (objects(4, pd.NaT, 5), "row 1 of ratings has the rating nan"),
        (objects(Decimal(4), Decimal("nan"), Decimal(5)), "row 1 of ratings has the rating nan"),
        (pd.array([4, None, 5], "Int64"), "row 1 of ratings has the rating <NA>"),
        (pd.array([4, None, 5], "Float64"), "row 1 of ratings has the rating <NA>"),
        (pd.Categorical([4, None, 5]), "row 1 of ratings has the rating nan"),
        (pd.arrays.SparseArray([4, np.nan, 5]), "row 1 of ratings has the rating nan"),
        (np.array([4, 2, 2**63], np.uint64), "row 2 of ratings has the rating 9223372036854775808"),
        (["4", "2", "5"], "has dtype .*: give numbers"),
        (pd.Categorical(["4", "2", "5"]), "has dtype .*: give numbers"),
        (objects(4, "2", 5), "has dtype object: give numbers"),
        (objects([4, 1], [2, 1], [5, 1]), "has dtype object: give numbers"),
        (objects(4, [2, 1], 5), "has dtype object: give numbers"),
        (objects(4, 2, 10**400), "has dtype object: give numbers"),
        (objects(4, 2, np.timedelta64(5)), "has dtype object: give numbers"),
        ([4, 2, 5j], "has dtype complex128: give numbers"),
        (pd.date_range("2000", periods=3), "has dtype datetime64.*: give numbers"),
        (pd.to_timedelta([4, 2, 5]), "has dtype timedelta64.*: give numbers"),
        (pd.interval_range(0, 3), "has dtype interval.*: give numbers"),
    ],
)
def test_ratings_that_are_no_finite_numbers_are_refused(rating, message):
    refused(lambda: HybridRecommender(**SMALL).fit(THREE.assign(rating=rating)), ValueError, message)


@pytest.mark.parametrize(
    "rating",
    [
        objects(Decimal(4), Decimal(2), Decimal(5)),
        objects(Fraction(4), 2, np.float32(5)),
        pd.Categorical([4, 2, 5]),
        pd.arrays.SparseArray([4, 2, 5]),
        np.array([4, 2, 5], np.float16),
        np.array([4, 2, 5], np.longdouble),
        np.array([4, 2, 5], np.uint8),
    ],
)
def test_numbers_of_any_make_are_ratings(rating):
    made = Interactions.from_frame(THREE.assign(rating=rating), 4)
    assert made.value.tolist() == [4, 2, 5] and made.liked.tolist() == [True, False, True]


@pytest.mark.parametrize("rating", [[True, False, True], pd.array([True, False, True], "boolean")])
def test_yes_and_no_are_ratings_of_one_and_nought(rating):
    assert Interactions.from_frame(THREE.assign(rating=rating), 1).liked.tolist() == [True, False, True]


def renamed(label):
    return THREE.assign(x=1).set_axis(pd.Index([*THREE, label], dtype=object, tupleize_cols=False), axis=1)


@pytest.mark.parametrize("label", [3, None, np.nan, pd.NA, pd.NaT, b"x", ("a", "b"), pd.Timestamp("2000")])
def test_other_columns_of_ratings_may_have_any_name(label):
    assert Interactions.from_frame(renamed(label), 4).user_ids.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("ratings", "error", "message"),
    [
        (None, TypeError, "ratings is a NoneType: give a frame with the columns"),
        ({"user_id": [1], "item_id": [1], "rating": [1]}, TypeError, "ratings is a dict: give a frame"),
        (THREE["rating"], TypeError, "ratings is a Series: give"),
        (THREE.to_numpy(), TypeError, "ratings is a ndarray: give"),
        (THREE.to_records(), TypeError, "ratings is a recarray: give"),
        ([THREE], TypeError, "ratings is a list: give"),
        ("ratings.csv", TypeError, "ratings is a str: give"),
        (pd.DataFrame(), ValueError, r"ratings has the columns \[\]: \['user_id', .* must be there"),
        (THREE.set_index("user_id"), ValueError, "'user_id'.* must be there, each once"),
        (
            THREE.set_axis([0, 1, 2], axis=1),
            ValueError,
            r"the columns \[0, 1, 2\].*'user_id'.* must be there",
        ),
        (THREE.rename(columns=str.upper), ValueError, "a column 'RATING': name it 'rating'"),
        (THREE.rename(columns={"rating": b"rating"}), ValueError, "a column b'rating': name it 'rating'"),
        (THREE.rename(columns={"rating": "Rating"}), ValueError, "a column 'Rating': name it 'rating'"),
        (THREE.rename(columns={"rating": "weights "}), ValueError, "a column 'weights ': name it 'weight'"),
        (THREE.assign(weight=1), ValueError, "has a rating and a weight: leave one"),
        (pd.concat({"a": THREE}, axis=1), ValueError, "'user_id'.* must be there"),
        (pd.concat([THREE, THREE["rating"]], axis=1), ValueError, "'rating'.* must be there, each once"),
        (pd.concat([THREE, THREE["user_id"]], axis=1), ValueError, "'user_id'.* must be there, each once"),
        (pd.concat([THREE, THREE]), ValueError, "user 'b' with item 7 more than once: keep one row a pair"),
        (THREE[:0], ValueError, "ratings has no rows: give at least one"),
        (THREE.assign(rating=1), ValueError, "none of 3 rows in ratings is liked .* choose liked_from up to"),
    ],
)
def test_what_is_no_frame_of_ratings_is_refused(ratings, error, message):
    refused(lambda: HybridRecommender(**SMALL).fit(ratings), error, message)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"user_id": [1, 1, 2, 2], "item_id": [1, 2, 1, 2]}, "each of 2 users chose each of 2 items"),
        (
            {"user_id": [1, 2], "item_id": [1, 2], "rating": [5, 1]},
            "none of 2 users gave two items different",
        ),
    ],
)
def test_ratings_that_lack_what_is_learned_from_say_what_they_lack(rows, message):
    refused(lambda: HybridRecommender(**SMALL).fit(pd.DataFrame(rows)), ValueError, f"{message}.*: give")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda v: {}, TypeError, "validation is a dict: give a frame"),
        (lambda v: v[:0], ValueError, "validation has no rows"),
        (lambda v: v[["user_id"]], ValueError, "validation has the columns .*'item_id'.* must be there"),
        (lambda v: v.assign(rating=np.nan), ValueError, "row .* of validation has the rating nan"),
        (
            lambda v: v.assign(user_id=v.user_id.str[1:].astype(int)),
            TypeError,
            r"validation\['user_id'\] holds 0, ids here are like 'u0': give ids of the type used in fitting",
        ),
        (
            lambda v: v.assign(item_id=v.item_id.astype(str)),
            TypeError,
            r"validation\['item_id'\] holds '100', ids here are like 100: give ids",
        ),
        (
            lambda v: v.assign(rating=5),
            ValueError,
            r"all .* rows in validation are liked \(rating >= 4\), and the ratings are not",
        ),
    ],
)
def test_validation_that_cannot_be_watched_is_refused_before_an_epoch(planted, change, error, message):
    part = split_ratings(planted["ratings"])[1]
    call = lambda: HybridRecommender(**SMALL).fit(planted["ratings"], validation=change(part))  # noqa: E731
    refused(call, error, message)


# --- fit: features


def people(**columns):
    return pd.DataFrame({"colour": ["red", "blue", "red"]} | columns, index=["a", "b", "c"])


def encoded(features):
    return FeatureEncoder.fit(["a", "b", "c"], features, "user")


ANY_NAME = [
    0,
    1.5,
    ("a", "b"),
    None,
    np.nan,
    pd.NA,
    b"x",
    True,
    frozenset("a"),
    pd.Timestamp("2000"),
    "",
    "id",
]


@pytest.mark.parametrize("label", ANY_NAME, ids=repr)
def test_a_feature_of_any_name_tells_what_it_tells(label):
    frame = people(x=[1, 2, 1])
    frame.columns = pd.Index(["colour", label], dtype=object, tupleize_cols=False)
    assert encoded(frame).names == ["id", "colour", str(label)]
    assert encoded(frame).rows[:, 2].tolist() == [1, 2, 1]
    assert encoded(frame).encode_person({label: 2}).tolist() == [[0, 0, 2]]


@pytest.mark.parametrize(
    "values",
    [
        [np.inf, 1, 2],
        [-np.inf, np.inf, 2],
        [1j, 2, 3],
        [1e308, 1, 2],
        [10**400, 1, 2],
        [Decimal("inf"), 1, 2],
        ["a", 1, 2],
        [True, 1, 2],
        ["a", ("a",), ("b",)],
        [("a",), ("a", 1), ("b",)],
        [("a",), (("a",),), ("b",)],
        [["a"], [["b"]], ["c"]],
        [(np.inf,), (1,), (2,)],
        [np.array([["a"]])] * 3,
        [{}, {}, {}],
        [b"a", b"b", b"c"],
        [..., ..., ...],
        [uuid.UUID(int=1)] * 3,
        [datetime.date(2000, 1, 1)] * 3,
        pd.date_range("2000", periods=3, tz="UTC"),
        pd.to_timedelta([1, 2, 3]),
        pd.period_range("2000", periods=3),
        pd.interval_range(0, 3),
        pd.Categorical(["a", 1, "a"]),
        pd.Categorical([np.inf, 1.0, 1.0]),
    ],
    ids=repr,
)
def test_values_that_no_feature_has_are_refused(values, planted):
    frame = people(x=objects(*values).infer_objects().to_numpy() if isinstance(values, list) else values)
    message = "feature 'x' has dtype .* and values such as .*: give numbers, text, booleans"
    refused(lambda: encoded(frame), ValueError, message)


@pytest.mark.parametrize(
    "values", [[None] * 3, [np.nan] * 3, pd.Categorical([None] * 3), [()] * 3, [(None,)] * 3]
)
def test_a_feature_without_any_value_is_refused(values):
    refused(
        lambda: encoded(people(x=values)),
        ValueError,
        "feature 'x' has no .* in any row of an id with ratings: leave",
    )


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ([Decimal(1), Decimal(2), Decimal("nan")], [1, 2, 0]),
        ([Fraction(1, 3), 1, None], [1, 2, 0]),
        (pd.array([1, 2, None], "Int64"), [1, 2, 0]),
        (pd.array([False, True, None], "boolean"), [1, 2, 0]),
        (pd.arrays.SparseArray([0.0, 1, 0]), [1, 2, 1]),
        (np.array([1, 2, 1], np.float16), [1, 2, 1]),
        (pd.Categorical(["x", "y", None]), [1, 2, 0]),
        (pd.Categorical(pd.to_datetime(["2000", "2001", None])), [1, 2, 0]),
        (pd.cut([1, 50, np.nan], [0, 18, 99]), [1, 2, 0]),
        (pd.array(["x", "y", None], "string"), [1, 2, 0]),
        ([("x",), ["x"], {"x"}], [1, 1, 1]),
        ([np.array(["x"]), frozenset(["x"]), None], [1, 1, 0]),
    ],
)
def test_values_that_stand_for_numbers_text_or_tuples_are_taken_as_such(values, codes):
    assert encoded(people(x=values)).rows[:, 2].tolist() == codes


INTS = pd.DataFrame({"colour": ["red", "blue", "red"]}, index=[2, 0, 1])


@pytest.mark.parametrize(
    ("ids", "frame", "error", "message"),
    [
        ("abc", {"colour": ["red"]}, TypeError, r"users is a dict: give .*pd\.DataFrame\(users\)\.set_index"),
        ("abc", people().colour, TypeError, r"users is a Series: give a DataFrame .*users\.to_frame\(\)"),
        ("abc", people().to_numpy(), TypeError, "users is a ndarray: give a DataFrame by id"),
        ("abc", [people()], TypeError, "users is a list: give a DataFrame by id"),
        ("abc", "users.csv", TypeError, "users is a str: give a DataFrame by id"),
        ("abc", False, TypeError, "users is a bool: give a DataFrame by id"),
        ("abc", pd.DataFrame(), ValueError, "users has no rows: give a row an id, or None"),
        ("abc", people().set_axis(["x", "y", "z"]), ValueError, "no id of the ratings .such as 'a'."),
        ("abc", people().T, ValueError, "no id of the ratings .such as 'a'. .* index the features by id"),
        ("abc", people().set_axis([0, 1, 2]), ValueError, "index the features by id, of the same type"),
        (
            "abc",
            people().set_axis(["a", None, "c"]),
            ValueError,
            r"users\.index has a missing value at pos.* 1",
        ),
        ("abc", people().set_axis([b"a", b"b", b"c"]), TypeError, r"users\.index must be .*these are bytes"),
        ("abc", people().set_index("colour", append=True), TypeError, r"users\.index must .*\('a', 'red'\)"),
        ("abc", pd.concat([people()] * 2), ValueError, "id 'a' has more than one row of features"),
        (
            "abc",
            people(x=1).set_axis(["x", "x"], axis=1),
            ValueError,
            "two columns named 'x': give them names",
        ),
        ("abc", people(x=1).set_axis([1, "1"], axis=1), ValueError, "two columns named '1': give them names"),
        ("abc", people().reset_index(), ValueError, r"column 'index' holds the ids: give users\.set_index"),
        ([0, 1, 2], INTS.reset_index(), ValueError, r"column 'index' holds the ids: give users\.set_index"),
        ([0, 1, 2], INTS.set_axis(["2", "0", "1"]), ValueError, "index the features by id, of the same type"),
        (
            [0, 1, 2],
            INTS.assign(user_id=["2", "0", "1"]),
            ValueError,
            "index the features by id, of the same",
        ),
        ([0, 1, 2], INTS.assign(user_id=np.nan), ValueError, r"users\['user_id'\] has a missing value"),
        ([0, 1, 2], INTS.assign(user_id=[[0]] * 3), TypeError, r"users\['user_id'\] must be .*such as \[0\]"),
        (
            [0, 1, 2],
            INTS.rename_axis("user_id").assign(user_id=[0, 1, 2]),
            ValueError,
            "they differ: drop one",
        ),
    ],
)
def test_frames_that_are_not_clearly_features_by_id_are_refused(ids, frame, error, message):
    refused(lambda: FeatureEncoder.fit(list(ids), frame, "user"), error, message)


@pytest.mark.parametrize(
    "ids", [pd.CategoricalIndex([2, 0, 1]), [2.0, 0.0, 1.0], pd.Index([2, 0, 1], dtype="Int64")]
)
@pytest.mark.parametrize("as_column", [False, True])
def test_ids_of_features_are_found_in_the_index_or_their_column_whatever_their_make(ids, as_column):
    frame = INTS.set_axis(pd.Index(ids, name="user_id"))
    encoder = FeatureEncoder.fit([0, 1, 2], frame.reset_index() if as_column else frame, "user")
    assert encoder.names == ["id", "colour"]
    assert encoder.rows.tolist() == [[1, 1], [2, 2], [3, 2]]  # blue, red, red


# --- fit again: build all, then swap


def with_nan(self, histories=None, training=False):
    return np.full((self.rows.shape[0], 6), np.nan, np.float32)


AGAIN = {
    "a broken feature": lambda r, p: r.fit(p["ratings"], p["users"].assign(x=np.inf), p["items"]),
    "a feature of dates": lambda r, p: r.fit(p["ratings"], p["users"].assign(x=pd.Timestamp("2000"))),
    "other ids": lambda r, p: r.fit(p["ratings"], p["users"], p["users"]),
    "a missing rating": lambda r, p: r.fit(
        p["ratings"].astype({"rating": "Int64"}).replace({"rating": {5: pd.NA}})
    ),
    "a huge rating": lambda r, p: r.fit(p["ratings"].assign(rating=1e300)),
    "no frame": lambda r, p: r.fit(None),
    "a bad setting": lambda r, p: r.set_params(l2=-1).fit(p["ratings"]),
    "a bad rate": lambda r, p: r.set_params(learning_rate=np.nan).fit(p["ratings"]),
    "validation of other ids": lambda r, p: r.fit(
        p["ratings"], validation=p["ratings"].assign(item_id=p["ratings"].item_id.astype(str))
    ),
    "one item, chosen by all": lambda r, p: r.fit(p["ratings"].loc[p["ratings"].item_id == 100, PAIR]),
    "numbers that are not finite": lambda r, p: r.fit(p["ratings"], p["users"]),
}


@pytest.mark.parametrize("again", AGAIN)
def test_a_fit_that_fails_leaves_all_as_it_was(small, planted, again, monkeypatch, tmp_path):
    recommender = copy.deepcopy(small)
    before = recommender.score("u0", range(100, 160)).tolist()
    if again == "numbers that are not finite":
        monkeypatch.setattr("dbrec.training.position_network.Columns.all_vectors", with_nan)
    refused(lambda: AGAIN[again](recommender, planted), (TypeError, ValueError), ".*")
    assert recommender.score("u0", range(100, 160)).tolist() == before
    assert recommender.user_status("u0").tolist() == ["ratings"]
    recommender.save(tmp_path / "model")
    assert HybridRecommender.load(tmp_path / "model").score("u0", range(100, 160)).tolist() == before


# --- ask

ASK_USERS = {
    "score": lambda r, ids: r.score(ids, 100),
    "recommend": lambda r, ids: r.recommend(ids, k=2),
    "user_status": lambda r, ids: r.user_status(ids),
}
ASK_ITEMS = {
    "score": lambda r, ids: r.score("u0", ids),
    "score_for": lambda r, ids: r.score_for(ids),
    "item_status": lambda r, ids: r.item_status(ids),
    "liked": lambda r, ids: r.recommend_for(liked=ids),
    "disliked": lambda r, ids: r.score_for(100, disliked=ids),
    "similar_items": lambda r, ids: r.similar_items(ids),
}
NO_ID = {
    "none": (None, ValueError, "has a missing value at position 0"),
    "nan": (np.nan, ValueError, "has a missing value at position 0"),
    "missing": (pd.NA, ValueError, "has a missing value at position 0"),
    "masked": (np.ma.array([100], mask=[True]), ValueError, "has a missing value at position 0"),
    "bytes": (b"u0", TypeError, "one id or a row of ids, ints or text, and not a bytes: b'u0'"),
    "dict": ({"u0": 1}, TypeError, "and not a dict: {'u0': 1}"),
    "frame": (pd.DataFrame({"user_id": ["u0"]}), TypeError, "and not a DataFrame"),
    "levels": (pd.MultiIndex.from_tuples([("u0", 1)]), TypeError, "and not a MultiIndex"),
    "table": (np.array([["u0"]]), TypeError, r"and not a table of shape \(1, 1\): give one column"),
    "records": (np.zeros(1, [("a", int)]), TypeError, r"and not a table of shape \(1,\): give one column"),
    "lists": ([["u0"], ["u1"]], TypeError, r"such as \['u0'\]: turn them into text"),
    "pairs": (list(zip([1], [2], strict=True)), TypeError, r"such as \(1, 2\): turn them into text"),
    "boolean": (True, TypeError, "these are boolean, such as True"),
    "half": (0.5, TypeError, "these are floating, such as 0.5"),
    "infinite": (np.inf, TypeError, "these are floating, such as inf"),
    "beyond ints": (1e300, TypeError, r"these are floating, such as 1e\+300"),
    "beyond 64 bits": (2**70, TypeError, "these are integer, such as 1180591620717411303424"),
    "complex": (1j, TypeError, "these are complex, such as 1j"),
    "date": (pd.Timestamp("2000"), TypeError, "these are datetime"),
    "uuid": (uuid.UUID(int=1), TypeError, "such as UUID"),
    "decimal": (Decimal(100), TypeError, "these are decimal, such as"),
    "type": (str, TypeError, "such as <class 'str'>"),
    "mixture": (["u0", 100], TypeError, "these are mixed-integer, such as"),
    "nothing in a row": (["u0", None], ValueError, "has a missing value at position 1"),
}
DOORS = [("user", door) for door in ASK_USERS] + [("item", door) for door in ASK_ITEMS]


@pytest.mark.parametrize("kind", NO_ID)
@pytest.mark.parametrize(("side", "door"), DOORS)
def test_what_is_no_id_is_refused_at_every_door(small, side, door, kind):
    ids, error, message = NO_ID[kind]
    ask = (ASK_USERS if side == "user" else ASK_ITEMS)[door]
    refused(lambda: ask(small, ids), error, message)


@pytest.mark.parametrize(("side", "door"), DOORS)
def test_ids_of_the_other_type_are_refused_at_every_door(small, side, door):
    if side == "user":
        refused(
            lambda: ASK_USERS[door](small, [0]), TypeError, "holds 0, ids here are like 'u0': give ids of"
        )
    else:
        refused(lambda: ASK_ITEMS[door](small, "100"), TypeError, "holds '100', ids here are like 100: give")


@pytest.mark.parametrize(
    "given",
    [
        lambda ids: ids,
        tuple,
        iter,
        lambda ids: (one for one in ids),
        lambda ids: map(str, ids),
        lambda ids: dict.fromkeys(ids).keys(),
        np.array,
        pd.Series,
        pd.Index,
        pd.Categorical,
        lambda ids: pd.array(ids, "string"),
        lambda ids: np.array(ids, object),
        lambda ids: pd.Series(ids, index=[7, 7]),
    ],
)
def test_users_come_in_any_iterable(small, given):
    ids = ["u1", "u0"]
    assert small.score(given(ids), 100).tolist() == small.score(ids, 100).tolist()
    assert small.recommend(given(ids), k=2).equals(small.recommend(ids, k=2))
    assert small.user_status(given(["u1", "x"])).tolist() == ["ratings", "population"]


@pytest.mark.parametrize(
    "given", [set, range, iter, np.array, lambda ids: np.array(ids, np.uint8), pd.Categorical]
)
def test_items_come_in_any_iterable(small, given):
    ids = range(101, 103) if given is range else [101, 102]
    made = ids if given is range else given(ids)
    assert small.recommend_for(liked=made, k=3).equals(small.recommend_for(liked=[101, 102], k=3))


def test_nobody_and_nothing_give_empty_answers(small):
    assert small.score([], []).shape == small.score([], 100).shape == (0,)
    assert list(small.recommend([])) == ["user_id", "rank", "item_id", "list_score"]
    assert small.user_status([]).shape == (0,) and small.recommend_for(liked=range(100, 160)).empty
    refused(
        lambda: small.score([], [100, 101]), ValueError, "0 users and 2 items: give pairs of equal number"
    )
    refused(lambda: small.score(["u0"] * 2, [100] * 3), ValueError, "2 users and 3 items: give pairs")
    refused(lambda: small.similar_items([]), ValueError, "item_id holds 0 ids: give one item")
    refused(lambda: small.similar_items([100, 101]), ValueError, "item_id holds 2 ids: give one item")


@pytest.mark.parametrize("k", [0, -1, 1.5, 2.0, "10", None, np.nan, True, [1], np.timedelta64(2)])
def test_a_length_of_a_list_is_a_whole_number(small, k):
    calls = [
        lambda: small.recommend("u0", k=k),
        lambda: small.recommend("u0", k=k, index="approximate"),
        lambda: small.recommend_for(k=k),
        lambda: small.similar_items(100, k=k),
    ]
    for call in calls:
        refused(call, ValueError, r"k is .*: give a whole number of at least 1")


def test_a_list_longer_than_the_catalogue_holds_what_is_left(small):
    lengths = [
        len(small.recommend("u0", 10**9)),
        len(small.recommend_for(k=10**9)),
        len(small.similar_items(100, 99)),
    ]
    assert lengths == [40, 60, 59]


@pytest.mark.parametrize("value", ["no", "False", None, 2, 0.5, [], np.nan, pd.NA])
def test_leaving_out_what_was_seen_is_a_yes_or_a_no(small, value):
    refused(
        lambda: small.recommend("u0", exclude_seen=value),
        ValueError,
        "exclude_seen is .*: give True or False",
    )
    assert len(small.recommend("u0", 99, exclude_seen=np.False_)) == 60


@pytest.mark.parametrize("index", ["fast", "", None, 2, b"exact", True, []])
def test_an_index_of_another_kind_is_refused(small, index):
    message = "index is .*: give 'exact', 'approximate' or an ItemIndex"
    refused(lambda: small.recommend("u0", index=index), ValueError, message)


ONE_OF = r": give one of \['blue', 'red'\], or None where it is missing"


@pytest.mark.parametrize(
    ("features", "error", "message"),
    [
        ({"colour": "green"}, ValueError, "colour is 'green'" + ONE_OF),
        ({"colour": "Red"}, ValueError, "colour is 'Red'" + ONE_OF),
        ({"colour": 1}, ValueError, "colour is 1" + ONE_OF),
        ({"colour": np.inf}, ValueError, "colour is inf" + ONE_OF),
        ({"colour": ("red",)}, ValueError, r"colour is \('red',\)" + ONE_OF),
        ({"colour": {}}, ValueError, "colour is {}" + ONE_OF),
        ({"colour": b"red"}, ValueError, "colour is b'red'" + ONE_OF),
        ({"colour": object}, ValueError, "colour is <class 'object'>" + ONE_OF),
        ({"color": "red"}, KeyError, r"user features \['color'\] are unknown: .* fitted with \['colour'\]"),
        ({0: 1}, KeyError, r"user features \['0'\] are unknown"),
        ([("colour", "red")], TypeError, "features is a list: give a dict of names and values"),
        ("red", TypeError, "features is a str: give a dict"),
        (pd.DataFrame({"colour": ["red"]}), TypeError, "features is a DataFrame: give a dict .* or a row"),
    ],
)
def test_features_that_are_not_understood_are_refused(small, features, error, message):
    refused(lambda: small.recommend_for(features), error, message)
    refused(lambda: small.score_for(100, features), error, message)


@pytest.mark.parametrize("features", [None, {}, {"colour": None}, {"colour": np.nan}, {"colour": pd.NaT}])
def test_features_that_are_missing_tell_nothing(small, features):
    assert small.score_for([100, 101], features).tolist() == small.score_for([100, 101]).tolist()


def test_features_come_as_a_row_of_the_frame_too(small, planted):
    by_row = small.score_for([100, 101], planted["users"].loc["u0"])
    assert by_row.tolist() == small.score_for([100, 101], {"colour": "red"}).tolist()
    assert by_row.tolist() != small.score_for([100, 101]).tolist()


def test_a_row_may_hold_the_id_that_the_frame_has_in_a_column(small, planted):
    row = planted["users"].rename_axis("user_id").reset_index().iloc[0]
    assert row["user_id"] == "u0"
    assert (
        small.score_for([100, 101], row).tolist() == small.score_for([100, 101], row.drop("user_id")).tolist()
    )


def test_an_item_counts_once_however_often_it_is_named(small):
    assert (
        small.score_for([101, 102], liked=[100] * 4).tolist()
        == small.score_for([101, 102], liked=100).tolist()
    )
    refused(
        lambda: small.score_for(101, liked=[7, 100]), KeyError, r"items \[7\] are unknown: give ids that were"
    )
    both = lambda: small.recommend_for(liked=[100, 101], disliked=[101.0])  # noqa: E731
    refused(both, ValueError, r"items \[101\] are named as liked and as disliked: name each once")


@pytest.mark.parametrize(
    "call", ["score", "recommend", "recommend_for", "score_for", "similar_items", "save"]
)
def test_who_has_learned_nothing_says_so(call):
    arguments = {"score": ("u0", 100), "recommend_for": ()}.get(call, (100,))
    ask = lambda: getattr(HybridRecommender(), call)(*arguments)  # noqa: E731
    refused(ask, ValueError, "has learned nothing yet: call fit or load first")


# --- saved models


@pytest.fixture
def folder(small, tmp_path):
    small.save(tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture(scope="module")
def other(planted, tmp_path_factory):
    """A model of the same shapes, and of other ratings, features and weights."""
    path = tmp_path_factory.mktemp("other") / "model"
    ratings = planted["ratings"].replace({"rating": {5: 1}})
    users = planted["users"].iloc[::-1].set_axis(planted["users"].index)
    items = planted["items"].iloc[::-1].set_axis(planted["items"].index)
    HybridRecommender(**SMALL, seed=1, liked_from=2).fit(ratings, users, items).save(path)
    return path


FILES = [
    "choice.npz",
    "interactions.npz",
    "item_choice_map.npz",
    "item_features.npz",
    "item_liking_map.npz",
    "item_scatter.npz",
    "levels.npz",
    "user_choice_map.npz",
    "user_features.npz",
    "user_liking_map.npz",
    "user_scatter.npz",
    "vectors.npz",
]


def cut(share):
    return lambda file: os.truncate(file, int(share * file.stat().st_size))


def to_folder(file):
    file.unlink()
    file.mkdir()


def to_link(file):
    file.rename(file.parents[2] / "elsewhere")
    file.symlink_to(file.parents[2] / "elsewhere")


def pickled(file):
    with open(file, "wb") as stream:
        np.savez(stream, users=np.array([{}], object))


def changed(**arrays):
    """Write a file of arrays anew with some of them changed, as somebody would who knows numpy."""

    def harm(file):
        with np.load(file) as found:
            content = dict(found)
        for name, change in arrays.items():
            content[name] = change(content[name])
        np.savez(file, **content)

    return harm


HARMS = {
    "cut to nothing": cut(0),
    "cut to half": cut(0.5),
    "cut at the end": cut(0.95),
    "garbage": lambda file: file.write_bytes(b"garbage" * 50),
    "longer": lambda file: file.write_bytes(file.read_bytes() + b"\0"),
    "missing": lambda file: file.unlink(),
    "a folder": to_folder,
    "a link": to_link,
    "pickled": pickled,
}


def inside(folder, name):
    return next(folder.glob("data-*")) / name


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("harm", HARMS)
def test_a_file_of_a_model_that_is_not_what_was_saved_is_damaged(folder, name, harm):
    HARMS[harm](inside(folder, name))
    message = f"^damaged: {name} in .*: restore the folder from a copy, or fit anew and save"
    refused(lambda: HybridRecommender.load(folder), ValueError, message)


def test_a_model_consists_of_the_files_that_are_harmed_here(folder):
    assert sorted(file.name for file in inside(folder, ".").iterdir()) == FILES


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_another_model_of_the_same_shape_is_damaged(folder, other, name):
    shutil.copy(inside(other, name), inside(folder, name))
    refused(
        lambda: HybridRecommender.load(folder), ValueError, f"^damaged: {name} in .* isn't what was written"
    )


def test_the_manifest_or_the_data_of_another_model_is_damaged(folder, other):
    shutil.copy(other / "recommender.json", folder / "recommender.json")
    refused(lambda: HybridRecommender.load(folder), ValueError, "^damaged: .* is missing: restore")


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("vectors.npz", changed(users=lambda users: np.nan * users)),
        ("vectors.npz", changed(items=lambda items: 0 * items)),
        ("vectors.npz", changed(items=lambda items: items[:-1])),
        ("vectors.npz", changed(user_ids=lambda ids: ids[::-1])),
        ("vectors.npz", changed(item_ids=lambda ids: ids.astype(str))),
        ("vectors.npz", changed(widths=lambda widths: widths[::-1])),
        ("interactions.npz", changed(value=lambda value: 0 * value + 5)),
        ("interactions.npz", changed(item_index=lambda index: index + 999)),
        ("interactions.npz", changed(user_index=lambda index: index[:-1])),
        ("user_features.npz", changed(rows=lambda rows: rows + 999)),
        ("user_features.npz", changed(rows=lambda rows: -rows)),
        ("user_features.npz", changed(all_ids=lambda ids: ids[::-1])),
        ("user_liking_map.npz", changed(mean=lambda mean: mean.astype(str))),
        ("choice.npz", changed(as_rated=lambda table: table[:, ::-1])),
    ],
)
def test_arrays_that_were_changed_are_damaged_whatever_they_hold(folder, name, harm):
    harm(inside(folder, name))
    refused(
        lambda: HybridRecommender.load(folder), ValueError, f"^damaged: {name} in .* isn't what was written"
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found["settings"].update(seed="x"),
        lambda found: found["settings"].update(liked_from=9),
        lambda found: found["settings"].update(embedding_dim=5),
        lambda found: found["settings"].update(choice_dim=2),
        lambda found: found["settings"].update(new=1),
        lambda found: found["settings"].pop("l2"),
        lambda found: found["encoders"]["user"]["columns"][0].update(kind="__class__"),
        lambda found: found["encoders"]["user"]["columns"][0].update(categories=["red", "blue"]),
        lambda found: found["encoders"]["item"]["columns"].reverse(),
        lambda found: found["training_log"].clear(),
    ],
)
def test_a_description_that_was_changed_is_damaged(folder, change):
    manifest = folder / "recommender.json"
    whole = json.loads(manifest.read_text())
    change(whole["content"]["description"])
    manifest.write_text(json.dumps(whole))
    refused(
        lambda: HybridRecommender.load(folder), ValueError, "^damaged: recommender.json in .*: restore the"
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"seed": "x"}, "seed is 'x': give"), ({"l2": np.nan}, "l2 is nan: give a finite")],
)
def test_settings_that_cannot_be_are_refused_even_under_a_right_checksum(folder, settings, message):
    manifest = folder / "recommender.json"
    content = json.loads(manifest.read_text())["content"]
    content["description"]["settings"] |= settings
    manifest.write_bytes(_manifest(content))
    refused(lambda: HybridRecommender.load(folder), ValueError, message)


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "3", '"a"', '{"content": {}}', "[" * 10**5, "{}".encode("utf-16")]
)
def test_a_manifest_that_is_none_is_damaged(folder, text):
    (folder / "recommender.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    refused(lambda: HybridRecommender.load(folder), ValueError, "^damaged: recommender.json in")


@pytest.mark.parametrize("path", [None, 5, 1.5, b"model", "", "a\0b", ["model"], True, object()])
def test_what_is_no_path_is_refused_by_save_load_and_jobs(small, planted, path):
    message = "(path|folder) is .*: give the path of "
    refused(lambda: small.save(path), TypeError, message)
    refused(lambda: HybridRecommender.load(path), TypeError, message)
    refused(lambda: HybridRecommender.from_job(path), TypeError, message)
    refused(lambda: small.write_job(path, planted["ratings"]), TypeError, message)


def test_where_something_else_lies_nothing_is_saved_and_nothing_found(small, planted, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    for path in (tmp_path, tmp_path / "notes.txt", tmp_path / "notes.txt" / "model"):
        refused(
            lambda path=path: small.save(path), OSError, "holds something else than a recommender: choose"
        )
        refused(
            lambda path=path: HybridRecommender.load(path), OSError, "holds no recommender: give a folder"
        )
        refused(
            lambda path=path: HybridRecommender.from_job(path), OSError, "holds no job: give a folder that"
        )
        refused(
            lambda path=path: small.write_job(path, planted["ratings"]),
            OSError,
            "isn't empty: give a new folder|is no folder: give a new folder",
        )
    assert os.listdir(tmp_path) == ["notes.txt"]


def test_a_link_to_a_saved_model_is_written_through(small, folder, other, tmp_path):
    (tmp_path / "link").symlink_to(folder)
    loaded = HybridRecommender.load(other)
    loaded.save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (
        HybridRecommender.load(folder).score("u0", 100) == loaded.score("u0", 100) != small.score("u0", 100)
    )


STRANGE = {
    "bands": pd.cut(np.arange(80), 3),
    "days": pd.Categorical(pd.date_range("2000", periods=80)),
    "sums": [Decimal(number) for number in range(80)],
    0: np.arange(80),
    "lone": ["\ud800" if number % 2 else "a\0" for number in range(80)],
    "lists": [np.array([number % 3, 5]) for number in range(80)],
}


def test_what_passes_a_fit_is_saved_and_loaded(small, planted, tmp_path):
    users = planted["users"].assign(**{str(name): values for name, values in STRANGE.items()})
    ratings = planted["ratings"].astype({"rating": "Int64", "item_id": "category"})
    recommender = HybridRecommender(**SMALL | {"l2": np.float32(0.005)}).fit(ratings, users)
    recommender.save(tmp_path / "model")
    again = HybridRecommender.load(tmp_path / "model")
    pairs = ["u0", "nobody"], [100, 101]
    assert again.score(*pairs).tolist() == recommender.score(*pairs).tolist()
    person = {"bands": users["bands"].iloc[0], "lone": "\ud800", 0: 7, "lists": [1]}
    assert again.score_for(100, person) == recommender.score_for(100, person)


# --- jobs


@pytest.fixture(scope="module")
def trained(planted, tmp_path_factory):
    """A job with weights and a checkpoint, those it starts with: what they are worth is tested elsewhere."""
    path = tmp_path_factory.mktemp("job") / "job"
    job = HybridRecommender(**SMALL).write_job(path, planted["ratings"], planted["users"], planted["items"])
    write_state(job, "weights", build_network(job).trainable_weights, job.steps)
    write_state(job, "checkpoint", build_network(job).trainable_weights, 1)
    return path


@pytest.fixture
def job_folder(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "here" / "job")


def of_shard(change):
    def harm(file):
        np.save(file, change(np.load(file).copy()))

    return harm


def with_field(name, value):
    def change(triplets):
        triplets[name] = value
        return triplets

    return of_shard(change)


SHARD_HARMS = HARMS | {
    "another shape": of_shard(lambda triplets: triplets[:, :, :1]),
    "fewer steps": of_shard(lambda triplets: triplets[:-1]),
    "anchors out of range": with_field("anchor", 999),
    "negative anchors": with_field("anchor", -1),
    "missing ratings": with_field("positive_rating", np.nan),
}


@pytest.mark.parametrize("harm", SHARD_HARMS)
def test_a_shard_that_is_not_what_was_drawn_is_damaged(job_folder, harm):
    SHARD_HARMS[harm](inside(job_folder, "epoch-000-shard-001.npy"))
    message = "^damaged: epoch-000-shard-001.npy in .*: restore .*, or write it anew with write_job"
    refused(lambda: list(batches(read_job(job_folder))), ValueError, message)


@pytest.mark.parametrize("name", ["choice.npz", "interactions.npz", "item_features.npz", "user_features.npz"])
@pytest.mark.parametrize("harm", ["cut to half", "missing", "pickled", "a link"])
def test_a_file_of_a_job_that_is_not_what_was_written_is_damaged(job_folder, name, harm):
    HARMS[harm](inside(job_folder, name))
    refused(lambda: HybridRecommender.from_job(job_folder), ValueError, f"^damaged: {name} in .*write_job")


@pytest.mark.parametrize(
    "settings",
    [{"embedding_dim": 5}, {"choice_dim": 2}, {"seed": 3}, {"epochs": 9}, {"learning_rate": "fast"}],
)
def test_a_job_whose_settings_were_changed_is_damaged(job_folder, settings):
    manifest = job_folder / "job.json"
    whole = json.loads(manifest.read_text())
    whole["content"]["description"]["settings"] |= settings
    manifest.write_text(json.dumps(whole))
    refused(lambda: HybridRecommender.from_job(job_folder), ValueError, "^damaged: job.json in .*write_job")
    os.truncate(manifest, 50)
    refused(lambda: HybridRecommender.from_job(job_folder), ValueError, "^damaged: job.json in .*write_job")


class Weights:
    """Numbers that pass for a variable."""

    def __init__(self, values):
        self.values = values

    def numpy(self):
        return self.values


STATES = {
    "nan": lambda parts: [np.nan * parts[0], *parts[1:]],
    "infinite": lambda parts: [*parts[:-1], parts[-1] + np.inf],
    "a part less": lambda parts: parts[1:],
    "a part more": lambda parts: [*parts, parts[0]],
    "a row less": lambda parts: [parts[0][:-1], *parts[1:]],
    "nothing": lambda parts: [],
}


@pytest.fixture(scope="module")
def first_weights(trained):
    return [variable.numpy() for variable in build_network(read_job(trained)).trainable_weights]


@pytest.mark.parametrize("change", STATES)
@pytest.mark.parametrize("name", ["weights", "checkpoint"])
def test_a_state_of_other_numbers_than_the_job_has_is_refused(job_folder, first_weights, name, change):
    job = read_job(job_folder)
    write_state(job, name, [Weights(part) for part in STATES[change](first_weights)], 1)
    use = HybridRecommender.from_job if name == "weights" else lambda path: distributed.train(read_job(path))
    message = (
        f"{name} belongs to another job, or holds numbers that aren't finite: remove that folder and train"
    )
    refused(lambda: use(job_folder), ValueError, message)


@pytest.mark.parametrize("harm", ["cut to half", "missing", "pickled", "a link"])
@pytest.mark.parametrize("name", ["weights", "checkpoint"])
def test_a_state_that_is_not_what_was_written_is_damaged(job_folder, name, harm):
    HARMS[harm](inside(job_folder / name, "variables.npz"))
    use = HybridRecommender.from_job if name == "weights" else lambda path: distributed.train(read_job(path))
    message = "^damaged: variables.npz in .*: restore .*, or remove that folder and train anew"
    refused(lambda: use(job_folder), ValueError, message)


def test_a_job_that_was_not_trained_to_its_end_says_so(job_folder):
    shutil.rmtree(job_folder / "weights")
    message = "holds no trained weights: train the job to its end"
    refused(lambda: HybridRecommender.from_job(job_folder), FileNotFoundError, message)


@pytest.mark.parametrize(
    ("settings", "arguments", "error", "message"),
    [
        ({"embedding_dim": 0}, {}, ValueError, "embedding_dim is 0: give a whole number"),
        ({"choice_dim": -1}, {}, ValueError, "choice_dim is -1: give a whole number"),
        ({"learning_rate": np.nan}, {}, ValueError, "learning_rate is nan: give a finite number"),
        ({"seed": -1}, {}, ValueError, "seed is -1: give a whole number"),
        ({"epochs": None}, {}, ValueError, "epochs is None: give the number of epochs"),
        ({}, {"n_shards": 1.5}, ValueError, "n_shards is 1.5: give a whole number from 1 to 512"),
        ({}, {"n_shards": None}, ValueError, "n_shards is None: give a whole number from 1 to 512"),
        ({}, {"interactions": None}, TypeError, "ratings is a NoneType: give a frame"),
        (
            {},
            {"interactions": THREE.assign(rating=np.nan)},
            ValueError,
            "has the rating nan: give finite numbers",
        ),
        ({}, {"users": {}}, TypeError, "users is a dict: give a DataFrame by id"),
    ],
)
def test_a_job_that_cannot_be_is_refused_before_anything_is_written(
    planted, tmp_path, settings, arguments, error, message
):
    given = {"interactions": planted["ratings"]} | arguments
    write = lambda: HybridRecommender(**SMALL | settings).write_job(tmp_path / "job", **given)  # noqa: E731
    refused(write, error, message)
    assert not list(tmp_path.iterdir())


# --- parts

SEEN = pd.DataFrame({"user_id": ["a"], "item_id": [1]})


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"user_ids": ["a", "a"]}, ValueError, "user id 'a' is there twice: give each id once"),
        ({"user_ids": ["a", 1]}, TypeError, "user_ids must be one id or a row of ids"),
        ({"user_ids": ["a", None]}, ValueError, "user_ids has a missing value at position 1"),
        (
            {"user_vectors": [["a", "b"]] * 3},
            ValueError,
            "user vectors are no table of numbers, .*: give a row",
        ),
        ({"user_vectors": [[1], [1, 2], [3]]}, ValueError, "user vectors are no table of numbers"),
        ({"user_vectors": np.ones((3, 2)) * 1j}, ValueError, "user vectors are no table of numbers"),
        ({"user_vectors": None}, ValueError, "user vectors are no table of numbers"),
        (
            {"user_vectors": np.ones(3)},
            ValueError,
            r"user vectors of shape \(3,\): give one row more than ids",
        ),
        ({"user_vectors": np.ones((2, 2))}, ValueError, r"of shape \(2, 2\): give one row more than ids"),
        (
            {"item_vectors": np.full((4, 2), np.nan)},
            ValueError,
            "item vectors hold numbers that aren't finite",
        ),
        (
            {"user_vectors": np.full((3, 2), 1e300)},
            ValueError,
            "user vectors hold numbers that aren't finite",
        ),
        ({"item_vectors": np.ones((4, 3))}, ValueError, r"have the lengths \(2, 2, 3\): give equal ones"),
        ({"list_vectors": np.ones((3, 5))}, ValueError, r"have the lengths \(2, 5, 2\): give equal ones"),
        ({"seen": None}, TypeError, "seen is a NoneType: give a frame with the columns"),
        ({"seen": SEEN[["user_id"]]}, ValueError, r"seen has the columns \['user_id'\]"),
        ({"seen": SEEN.assign(item_id=None)}, ValueError, r"seen\['item_id'\] has a missing value"),
        (
            {"seen": SEEN.assign(item_id="1")},
            TypeError,
            "holds '1', ids here are like 1: give ids of the type",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow encountered")
def test_a_scorer_refuses_what_cannot_serve(change, error, message):
    parts = {"user_ids": ["a", "b"], "item_ids": [1, 2, 3], "user_vectors": np.ones((3, 2))}
    parts |= {"item_vectors": np.ones((4, 2)), "seen": SEEN}
    assert len(VectorScorer(**parts).recommend("a")) == 2
    refused(lambda: VectorScorer(**parts | change), error, message)


@pytest.mark.parametrize(
    ("ids", "error", "message"),
    [
        ([], ValueError, "there are no ids: give at least one that has ratings"),
        ([1, np.nan], ValueError, "ids has a missing value at position 1"),
        (None, ValueError, "ids has a missing value at position 0"),
        ([1, "a"], TypeError, "ids must be one id or a row of ids, ints or text"),
        (THREE, TypeError, "ids must be .*, and not a DataFrame"),
    ],
)
def test_an_encoder_refuses_what_are_no_ids(ids, error, message):
    refused(lambda: FeatureEncoder.fit(ids), error, message)


def test_an_encoder_takes_a_single_text_for_a_tuple_of_one_and_refuses_what_it_never_saw():
    encoder = FeatureEncoder.fit([7, 8], pd.DataFrame({"n": [1, 2], "tags": [("a",), ("b",)]}, index=[7, 8]))
    assert encoder.encode_person({"tags": "b"}).tolist() == encoder.encode_person({"tags": ("b",)}).tolist()
    for tags in ("c", ("a", "c"), 3, [["a"]]):
        refused(
            lambda tags=tags: encoder.encode_person({"tags": tags}), ValueError, "tags is .*: give a tuple of"
        )
    for n in ("old", np.inf, [1], True, datetime.date(2000, 1, 1), 10**400):
        refused(
            lambda n=n: encoder.encode_person({"n": n}), ValueError, "n is .*: give a finite number, or None"
        )
