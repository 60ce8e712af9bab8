"""Frames as people make them, at every door: what stands for clean data gives what clean data gives.

Clean rows are drawn first, of ids and numbers of Python. Then they are dressed: in another type that holds
the same values, which has to change nothing; or with a fault in them, to be refused in dbrec's own words.
"""

import traceback
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

import dbrec
from dbrec.data.splits import split_ratings
from dbrec.evaluation.ranking import ranking_metrics
from dbrec.features.encoder import FeatureEncoder
from dbrec.interactions import ROWS, Interactions
from dbrec.scoring.scorer import VectorScorer

CASES = 2_500  # of each of four doors
PACKAGE = Path(dbrec.__file__).parent
DEEP = settings(max_examples=CASES, suppress_health_check=list(HealthCheck))

WHOLE = {
    "list": list,
    "objects": lambda values: pd.Series(values, dtype=object),
    "int8": lambda values: np.array(values, np.int8),
    "int32": lambda values: np.array(values, np.int32),
    "uint16": lambda values: np.array(values, np.uint16),
    "int64": lambda values: np.array(values, np.int64),
    "floats": lambda values: np.array(values, float),
    "float32": lambda values: np.array(values, np.float32),
    "nullable": lambda values: pd.array(values, dtype="Int64"),
    "nullable floats": lambda values: pd.array(values, dtype="Float64"),
    "categorical": lambda values: pd.Categorical(values),
    "numpy objects": lambda values: pd.Series([np.int16(value) for value in values], dtype=object),
}
TEXT = {
    "list": list,
    "objects": lambda values: pd.Series(values, dtype=object),
    "str": lambda values: pd.Series(values, dtype="str"),
    "nullable": lambda values: pd.array(values, dtype="string"),
    "categorical": lambda values: pd.Categorical(values),
    "ordered": lambda values: pd.Categorical(values, sorted(set(values)), ordered=True),
    "numpy": lambda values: np.array(values, dtype=str),
    "numpy objects": lambda values: pd.Series([np.str_(value) for value in values], dtype=object),
}
INDEXES = [
    lambda n: pd.RangeIndex(n),
    lambda n: pd.Index([7] * n),
    lambda n: pd.Index([f"row {number}" for number in range(n)]),
    lambda n: pd.MultiIndex.from_product([[1], range(n)]),
    lambda n: pd.date_range("2024-01-01", periods=n),
]


@st.composite
def clean(draw, least=0) -> list[tuple]:
    """Draw rows of user, item and stars, no pair twice; ids are ints on both sides, or text."""
    pairs = st.tuples(st.integers(0, 4), st.integers(0, 5))
    rows = draw(st.lists(st.tuples(pairs, st.integers(1, 5)), min_size=least, max_size=9))
    rows = {pair: stars for pair, stars in rows}
    as_text = draw(st.booleans())
    name = (lambda number: f"id {number}") if as_text else (lambda number: number + 10)
    return [(name(user), name(item), stars) for (user, item), stars in rows.items()]


@st.composite
def dressed(draw, rows: list[tuple]) -> pd.DataFrame:
    """Draw a frame of the same values: other types, another index, the columns in another order, and more."""
    columns = dict(zip(("user_id", "item_id", "rating"), map(list, zip(*rows, strict=True)), strict=True))
    frame = pd.DataFrame(index=draw(st.sampled_from(INDEXES))(len(rows)))
    for name in draw(st.permutations(list(columns))):
        kinds = TEXT if isinstance(columns[name][0], str) else WHOLE
        if name == "rating":
            kinds = {kind: make for kind, make in kinds.items() if kind != "categorical"}
        kind = draw(st.sampled_from(sorted(kinds)))
        event(f"{name} as {kind}")
        values = kinds[kind](columns[name])
        frame[name] = values.array if isinstance(values, pd.Series) else values
    if draw(st.booleans()):
        frame[draw(st.sampled_from(["note", 3, ("a", 1)]))] = 0
    return frame


def _with(name, place, value):
    """Put a value into a column, as an object."""

    def spoil(frame):
        cells = frame[name].astype(object).tolist()
        cells[place % len(cells)] = value
        return frame.assign(**{name: pd.Series(cells, frame.index, dtype=object)})

    return spoil


MISSING = st.sampled_from([None, np.nan, pd.NA, pd.NaT])
FAULTS = st.one_of(
    st.builds(_with, st.sampled_from(["user_id", "item_id"]), st.integers(0, 8), MISSING),
    st.builds(
        _with,
        st.sampled_from(["user_id", "item_id"]),
        st.integers(0, 8),
        st.sampled_from([1.5, b"x", (1, 2), [3], pd.Timestamp("2024"), 2**70, object(), True, 1j]),
    ),
    st.builds(
        _with,
        st.just("rating"),
        st.integers(0, 8),
        st.one_of(
            MISSING, st.sampled_from([np.inf, "5", "five", (1,), pd.Timestamp("2024"), 1j, 1e308 * 10])
        ),
    ),
    st.sampled_from(["user_id", "item_id"]).map(lambda name: lambda frame: frame.drop(columns=name)),
    st.sampled_from(["user_id", "item_id", "rating"]).map(
        lambda name: lambda frame: pd.concat([frame, frame[[name]]], axis=1)
    ),
    st.just(lambda frame: pd.concat([frame, frame.iloc[:1]])),  # a pair twice
    st.just(lambda frame: frame.T),
    st.just(lambda frame: frame.to_dict("list")),
    st.just(lambda frame: frame["user_id"]),
    st.just(lambda frame: None),
)


def own_words(error: Exception) -> bool:
    """Tell whether an error was raised by dbrec, and says more than a word."""
    last = traceback.extract_tb(error.__traceback__)[-1].filename
    return Path(last).is_relative_to(PACKAGE) and len(str(error)) > 20


def numbers(interactions: Interactions) -> dict:
    rows = {name: getattr(interactions, name) for name in ROWS}
    ids = {"users": interactions.user_ids.tolist(), "items": interactions.item_ids.tolist()}
    return ids | {name: None if row is None else row.tolist() for name, row in rows.items()}


def of_plain(rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["user_id", "item_id", "rating"])


@DEEP
@given(st.data())
def test_dressed_ratings_are_the_clean_ones(data):
    rows = data.draw(clean(least=1))
    liked_from = min(stars for _, _, stars in rows)
    expected = numbers(Interactions.from_frame(of_plain(rows), liked_from))
    frame = data.draw(dressed(rows))
    before = frame.copy(deep=True)
    assert numbers(Interactions.from_frame(frame, liked_from)) == expected
    pd.testing.assert_frame_equal(frame, before)
    train, test = split_ratings(frame, 0.4, 0)
    assert [len(train), len(test)] == [len(part) for part in split_ratings(of_plain(rows), 0.4, 0)]


@DEEP
@given(st.data())
def test_a_fault_in_ratings_is_refused_in_own_words(data):
    rows = data.draw(clean(least=1))
    frame = data.draw(FAULTS)(data.draw(dressed(rows)))
    with pytest.raises((TypeError, ValueError)) as caught:
        Interactions.from_frame(frame, 1)
    assert own_words(caught.value), caught.value


@DEEP
@given(st.data())
def test_dressed_features_give_the_clean_rows(data):
    n = data.draw(st.integers(1, 6))
    ids = list(range(10, 10 + n))
    year = data.draw(st.lists(st.one_of(st.none(), st.integers(1950, 2020)), min_size=n, max_size=n))
    town = data.draw(st.lists(st.sampled_from(["Ely", "York", None]), min_size=n, max_size=n))
    plain = pd.DataFrame({"year": pd.Series(year, ids, object), "town": pd.Series(town, ids, object)})
    plain = plain.loc[:, plain.notna().any()]
    if plain.empty or plain.shape[1] == 0:
        return
    expected = FeatureEncoder.fit(ids, plain)
    other = plain.copy()
    if "year" in other:
        kind = data.draw(st.sampled_from(["float64", "Int64", "Float64", "object"]))
        other["year"] = other["year"].astype("float64" if kind == "float64" else kind)
    if "town" in other:
        other["town"] = other["town"].astype(
            data.draw(st.sampled_from(["str", "string", "category", "object"]))
        )
    given_ids = WHOLE[data.draw(st.sampled_from(sorted(set(WHOLE) - {"categorical"})))](ids)
    order = data.draw(st.permutations(range(n)))
    other = other.set_axis(pd.Index(list(given_ids))).iloc[list(order)]
    if data.draw(st.booleans()):
        other = other.rename_axis("user_id").reset_index()
    found = FeatureEncoder.fit(ids, other, "user")
    assert found.feature_names == expected.feature_names
    assert found.rows.tolist() == expected.rows.tolist()


SCORER = VectorScorer(
    range(10, 15),
    range(10, 16),
    np.random.default_rng(0).normal(size=(6, 3)),
    np.random.default_rng(1).normal(size=(7, 3)),
    pd.DataFrame({"user_id": [10, 11], "item_id": [12, 13]}),
)


@DEEP
@given(st.data())
def test_dressed_ids_are_asked_for_as_clean_ones(data):
    ids = data.draw(st.lists(st.integers(10, 15), min_size=1, max_size=6))
    asked = WHOLE[data.draw(st.sampled_from(sorted(WHOLE)))](ids)
    expected = SCORER.recommend(ids, 4)
    pd.testing.assert_frame_equal(SCORER.recommend(asked, 4), expected, check_dtype=False)
    assert SCORER.score(asked, 12).tolist() == SCORER.score(ids, 12).tolist()
    right = pd.DataFrame({"user_id": asked, "item_id": 11})
    plain = pd.DataFrame({"user_id": ids, "item_id": 11})
    lists = SCORER.recommend(sorted(set(ids)), 4)
    pd.testing.assert_frame_equal(
        ranking_metrics(lists, right).reset_index(drop=True),
        ranking_metrics(lists, plain).reset_index(drop=True),
    )
    spoilt = [*ids[:-1], data.draw(st.sampled_from([None, 1.5, "a", b"a", (1,), pd.NaT, 2**70, 1j]))]
    if len(spoilt) > 1 or not isinstance(spoilt[0], str):
        with pytest.raises((TypeError, ValueError)) as caught:
            SCORER.recommend(spoilt, 4)
        assert own_words(caught.value), caught.value
