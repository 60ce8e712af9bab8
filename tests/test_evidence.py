import numpy as np
import pandas as pd
import pytest

from dbrec.features.encoder import FeatureEncoder
from dbrec.features.evidence import by_place, evidence


def told(columns, *targets):
    """Estimate what the columns of ids 0, 1, 2 ... tell of the targets."""
    frame = pd.DataFrame(columns)
    encoder = FeatureEncoder.fit(frame.index, frame)
    return dict(zip([column.name for column in encoder.columns], evidence(encoder, *targets), strict=True))


def sure(left, n_ids, n_means):
    """Take from 1 what is left of the variance, raised by two standard errors of what tells nothing."""
    return 1 - left * (1 + 2 * (2 * (n_means - 1) / ((n_ids - n_means) * (n_ids + 1))) ** 0.5)


def as_column(*numbers):
    return np.array(numbers, float)[:, None]


def test_a_category_tells_by_how_near_its_ids_are_to_its_mean():
    # means 1.5 and 5.5: 1 is left of a total of 17, by 4 - 2 and 4 - 1 degrees of freedom
    found = told({"kind": ["a", "a", "b", "b"]}, as_column(1, 2, 5, 6))
    assert found["kind"] == pytest.approx(sure((1 / 2) / (17 / 3), 4, 2))


def test_missing_is_a_category_as_well():
    # means 0, 3 and 7: nothing is left within a and b, and 2 in all of the missing
    found = told({"kind": ["a", "a", "b", "b", None, None]}, as_column(0, 0, 3, 3, 6, 8))
    total = ((np.array([0, 0, 3, 3, 6, 8]) - 20 / 6) ** 2).sum()
    assert found["kind"] == pytest.approx(sure((2 / 3) / (total / 5), 6, 3))


def test_flags_tell_by_a_linear_regression_on_them():
    # y = 1 + 2x + 4z, half a point more or less: 8 * 0.25 is left of 40 + 2, by 8 - 3 degrees of freedom
    tags = [(), ("x",), ("z",), ("x", "z")] * 2
    found = told({"tags": tags}, as_column(1.5, 3.5, 5.5, 7.5, 0.5, 2.5, 4.5, 6.5))
    assert found["tags"] == pytest.approx(sure((2 / 5) / (42 / 7), 8, 3))


def test_a_flag_that_others_tell_takes_no_degree_of_freedom():
    # all that have x have y: two flags and one direction
    tags = [("x", "y"), ("x", "y"), (), ()]
    assert told({"tags": tags}, as_column(5, 6, 1, 2))["tags"] == pytest.approx(
        sure((1 / 2) / (17 / 3), 4, 2)
    )


def test_several_numbers_are_told_together_and_the_target_told_best_counts():
    kind, random = ["a", "a", "b", "b"], np.random.default_rng(0).normal(size=(4, 3))
    best, both = as_column(1, 2, 5, 6), np.hstack([as_column(1, 2, 5, 6), as_column(3, 5, 3, 5)])
    # of both: 1 + 4 are left of 17 + 4
    assert told({"kind": kind}, both)["kind"] == pytest.approx(sure((5 / 2) / (21 / 3), 4, 2))
    assert told({"kind": kind}, best, both)["kind"] == told({"kind": kind}, best)["kind"]
    assert told({"kind": kind}, best, random)["kind"] >= told({"kind": kind}, best)["kind"]


@pytest.mark.parametrize("n_categories", [2, 30, 300])
def test_random_categories_tell_nothing_however_many(n_categories):
    random = np.random.default_rng(n_categories)
    target, found = random.normal(size=(1000, 16)), []
    for _ in range(20):
        kind = random.integers(0, n_categories, 1000).astype(str)
        found.append(told({"kind": kind}, target)["kind"])
    assert max(found) == 0.001


def test_random_flags_tell_nothing():
    random = np.random.default_rng(0)
    tags = [tuple(f"t{number}" for number in np.flatnonzero(row)) for row in random.random((1000, 50)) < 0.1]
    assert told({"tags": tags}, random.normal(size=(1000, 16)))["tags"] == 0.001


def test_a_column_tells_about_the_share_that_it_was_planted_with():
    random = np.random.default_rng(0)
    kind = random.integers(0, 20, 4000)
    effects = random.normal(size=(20, 16))
    for share in (0.1, 0.5):
        own = random.normal(size=(4000, 16))
        target = share**0.5 * effects[kind] + (1 - share) ** 0.5 * own
        planted = share * effects.var(axis=0).mean() / (share * effects.var(axis=0).mean() + 1 - share)
        assert told({"kind": kind.astype(str)}, target)["kind"] == pytest.approx(planted, abs=0.02)


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (["a", "b", "c", "d"], as_column(1, 2, 3, 4)),  # one id a category
        (["a", "a", "b", "b"], as_column(2, 2, 2, 2)),  # nothing to tell
        (["a", "b", "a", "b"], as_column(1, 1, 2, 2)),  # the same means
        (["a", "a", "a", "a"], as_column(1, 2, 3, 4)),
        (["a", None, None, None], np.ones((4, 2))),
        (["a", "a", "b", "b"], np.zeros((4, 0))),
    ],
)
def test_a_column_that_can_tell_nothing_is_a_thousandth(kind, target):
    assert told({"kind": pd.Series(kind, dtype=object)}, target)["kind"] == 0.001


def test_what_tells_all_is_one():
    assert told({"kind": ["a", "a", "b", "b"]}, as_column(1, 1, 2, 2))["kind"] == pytest.approx(1)


def test_only_ids_with_ratings_are_asked():
    frame = pd.DataFrame({"kind": ["a", "a", "b", "b", "a"]})
    encoder = FeatureEncoder.fit(range(4), frame)
    assert evidence(encoder, as_column(1, 2, 5, 6)) == pytest.approx(sure((1 / 2) / (17 / 3), 4, 2))


def test_the_number_of_a_column_is_repeated_for_each_of_its_places():
    frame = pd.DataFrame({"kind": ["a", "b", "c"], "tags": [("x", "y"), (), ("y",)], "words": list("pqr")})
    encoder = FeatureEncoder.fit(frame.index, frame)
    names = [column.name for column in encoder.columns]
    assert names[:2] == ["kind", "tags"]
    repeated = by_place(encoder, np.array([0.1, 0.2, 0.3]))
    assert repeated.tolist() == [0.1] * 3 + [0.2] * 2 + [0.3] * 3
    assert len(repeated) == encoder.features(frame.index).shape[1]


def test_without_features_there_is_nothing_to_tell():
    encoder = FeatureEncoder.fit([1, 2])
    assert evidence(encoder, as_column(1, 2)).tolist() == by_place(encoder, np.empty(0)).tolist() == []
