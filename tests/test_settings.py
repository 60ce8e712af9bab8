from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from dbrec.recommender import HybridRecommender
from dbrec.settings import Settings

NOT_WHOLE = ["a", "9", 1.5, True, float("nan"), float("inf"), [1], -1, np.timedelta64(9)]
NOT_FINITE = ["a", None, float("nan"), float("inf"), True, [1], 1j, 10**400, np.timedelta64(1)]
WRONG = {
    "embedding_dim": [*NOT_WHOLE, 0, None, 10**9],
    "liked_from": NOT_FINITE,
    "epochs": [*NOT_WHOLE, 0],
    "learning_rate": [*NOT_FINITE, 0, -1, 1.5],
    "l2": [*NOT_FINITE, -1, 1e30],
    "choice_dim": [*NOT_WHOLE, None],
    "seed": [*NOT_WHOLE, None, 2**32],
    "verbose": ["a", None, 2, 0.5],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in WRONG for value in WRONG[name]])
def test_a_setting_that_cannot_be_is_refused_by_its_name(name, value):
    with pytest.raises(ValueError, match=f"{name} is .*: give "):
        Settings(**{name: value})


BORDERS = {
    "embedding_dim": [1, 1024],
    "liked_from": [-1e308, 1e308],
    "epochs": [1, 10_000],
    "learning_rate": [1e-300, 1],
    "l2": [0, 1000],
    "choice_dim": [0, 4096],
    "seed": [0, 2**31 - 1],
    "verbose": [0, 1],
}


@pytest.mark.parametrize("name", BORDERS)
def test_settings_reach_to_both_ends_of_what_is_allowed(name):
    for value in BORDERS[name]:
        assert getattr(Settings(**{name: value}), name) == value


@pytest.mark.parametrize(
    ("name", "beyond"),
    [("embedding_dim", 1025), ("epochs", 10_001), ("choice_dim", 4097), ("seed", 2**31)],
)
def test_settings_reach_no_further(name, beyond):
    with pytest.raises(ValueError, match=f"{name} is {beyond}: give a whole number from . to {beyond - 1}"):
        Settings(**{name: beyond})


def test_settings_are_checked_when_a_fit_or_a_job_starts_and_not_before(planted, tmp_path):
    recommender = HybridRecommender(l2="a")
    for start in (recommender.fit, lambda ratings: recommender.write_job(tmp_path / "job", ratings)):
        with pytest.raises(ValueError, match="l2 is 'a': give a finite number in"):
            start(planted["ratings"])
    assert not list(tmp_path.iterdir())


def test_the_defaults_are_those_of_the_facade_and_eight():
    assert len(vars(Settings())) == 8
    assert HybridRecommender().get_params() == vars(Settings())


def test_numbers_of_numpy_become_those_of_python():
    settings = Settings(
        choice_dim=np.int64(2), l2=np.float32(0.5), liked_from=np.int8(3), verbose=np.bool_(False)
    )
    kinds = [type(v) for v in (settings.choice_dim, settings.l2, settings.liked_from, settings.verbose)]
    assert kinds == [int, float, int, bool]


def test_the_defaults_are_those_that_were_measured_and_stay_as_they_are(pytestconfig):
    settings = Settings()
    assert vars(settings) == {
        "embedding_dim": 64,
        "choice_dim": 1024,
        "liked_from": 4,
        "epochs": 9,
        "learning_rate": 0.003,
        "l2": 0.005,
        "seed": pytestconfig.getoption("--seed") or 0,
        "verbose": True,
    }
    with pytest.raises(FrozenInstanceError):
        settings.seed = 1
