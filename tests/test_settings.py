import numpy as np
import pytest

from dbrec.recommender import HybridRecommender
from dbrec.settings import Settings

NOT_WHOLE = ["a", "9", 1.5, True, float("nan"), float("inf"), [1], -1]
NOT_FINITE = ["a", None, float("nan"), float("inf"), True, [1], 1j]
WRONG = {
    "embedding_dim": [*NOT_WHOLE, 0, None, 10**9],
    "liked_from": NOT_FINITE,
    "epochs": [*NOT_WHOLE, 0],
    "batch_size": [*NOT_WHOLE, 0],
    "learning_rate": [*NOT_FINITE, 0, -1, 1.5],
    "l2": [*NOT_FINITE, -1, 1e30],
    "dropout": [*NOT_FINITE, -0.1, 1],
    "history_dim": [*NOT_WHOLE, None],
    "choice_weight": [*NOT_FINITE, -1, 1e30],
    "members": [*NOT_WHOLE, 0, None],
    "seed": [*NOT_WHOLE, None, 2**32],
    "verbose": ["a", None, 2, 0.5],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in WRONG for value in WRONG[name]])
def test_a_setting_that_cannot_be_is_refused_by_its_name(name, value):
    with pytest.raises(ValueError, match=f"{name} is .*: give "):
        Settings(**{name: value})


def test_settings_are_checked_when_a_fit_or_a_job_starts_and_not_before(planted, tmp_path):
    recommender = HybridRecommender(l2="a")
    for start in (recommender.fit, lambda ratings: recommender.write_job(tmp_path / "job", ratings)):
        with pytest.raises(ValueError, match="l2 is 'a': give a finite number in"):
            start(planted["ratings"])
    assert not list(tmp_path.iterdir())


def test_the_defaults_are_those_of_the_facade():
    assert HybridRecommender().get_params() == vars(Settings())


def test_numbers_of_numpy_become_those_of_python():
    settings = Settings(
        members=np.int64(2), l2=np.float32(0.5), liked_from=np.int8(3), verbose=np.bool_(False)
    )
    kinds = [type(v) for v in (settings.members, settings.l2, settings.liked_from, settings.verbose)]
    assert kinds == [int, float, int, bool]
