import numpy as np
import pandas as pd
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from dbrec.lessons.tuning import read_trials, search

SPACE = {
    "x": FloatDistribution(-1, 1),
    "depth": IntDistribution(1, 8),
    "kind": CategoricalDistribution(["hill", "hole", None]),
}


def hill(settings):
    """Have its top, 0, at x = .3, depth = 5 and kind = "hill"."""
    wrong_kind = settings["kind"] != "hill"
    score = -((settings["x"] - 0.3) ** 2) - (settings["depth"] - 5) ** 2 / 49 - wrong_kind
    return {"score": score, "twice": 2 * score}


class Broken(KeyboardInterrupt):
    pass


def breaking_at(number, calls):
    def objective(settings):
        calls.append(settings)
        if len(calls) == number:
            raise Broken
        return hill(settings)

    return objective


def test_the_planted_top_is_found_and_better_than_by_chance(tmp_path):
    trials = search(hill, SPACE, 40, tmp_path / "trials.csv")
    best = trials.loc[trials["score"].idxmax()]
    assert best["kind"] == "hill" and best["score"] > -0.02
    assert trials["score"][10:].mean() > trials["score"][:10].mean()


def test_a_broken_search_goes_on_and_ends_as_one_that_was_not_broken(tmp_path):
    whole = search(hill, SPACE, 15, tmp_path / "whole.csv", seed=3)
    calls = []
    with pytest.raises(Broken):
        search(breaking_at(13, calls), SPACE, 15, tmp_path / "broken.csv", seed=3)
    assert len(read_trials(tmp_path / "broken.csv", SPACE)) == 12
    resumed = search(breaking_at(99, calls), SPACE, 15, tmp_path / "broken.csv", seed=3)
    assert len(calls) == 13 + 3
    pd.testing.assert_frame_equal(resumed.drop(columns="seconds"), whole.drop(columns="seconds"))


def test_a_finished_search_only_reads_its_file(tmp_path):
    first = search(hill, SPACE, 4, tmp_path / "trials.csv")
    again = search(None, SPACE, 3, tmp_path / "trials.csv")
    pd.testing.assert_frame_equal(again, first)


def test_another_seed_tries_other_settings(tmp_path):
    one, other = (search(hill, SPACE, 2, tmp_path / f"{seed}.csv", seed) for seed in (0, 1))
    assert (one["x"] != other["x"]).all()


def test_the_file_keeps_types_numbers_exactly_and_what_was_noted(tmp_path):
    written = search(hill, SPACE, 12, tmp_path / "trials.csv")
    read = read_trials(tmp_path / "trials.csv", SPACE)
    assert list(read) == ["state", "score", "seconds", "x", "depth", "kind", "twice", "message"]
    assert read["depth"].map(type).eq(int).all() and None in set(read["kind"])
    pd.testing.assert_frame_equal(read, written)
    assert [file.name for file in tmp_path.iterdir()] == ["trials.csv"]


def test_a_trial_that_raises_is_noted_and_the_search_goes_on(tmp_path, capsys):
    def objective(settings):
        if settings["kind"] == "hole":
            raise MemoryError("too deep,\nby far")
        return hill(settings)

    trials = search(objective, SPACE, 12, tmp_path / "trials.csv")
    failed = trials[trials["kind"] == "hole"]
    assert set(failed["state"]) == {"failed"} and failed["score"].isna().all()
    assert set(failed["message"]) == {"MemoryError: too deep, by far"}
    assert set(trials.drop(failed.index)["state"]) == {"done"}
    assert len(search(objective, SPACE, 13, tmp_path / "trials.csv")) == 13
    assert "| MemoryError: too deep, by far |" in capsys.readouterr().out


@pytest.mark.parametrize("result", [{"score": np.nan}, {"auc": 0.5}])
def test_a_trial_without_a_finite_score_has_failed(tmp_path, result):
    trials = search(lambda settings: result, SPACE, 1, tmp_path / "trials.csv")
    assert trials["state"].tolist() == ["failed"]
    assert "must give a finite 'score'" in trials["message"][0]


def test_a_line_a_trial_tells_the_score_the_best_and_the_settings(tmp_path, capsys):
    search(lambda settings: {"score": 0.25}, {"depth": IntDistribution(3, 3)}, 2, tmp_path / "t.csv")
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "trial  2 of 2 | score 0.2500 | best 0.2500 | 0.0 s | depth=3"


@pytest.mark.parametrize(
    ("space", "n_trials", "message"),
    [
        (SPACE, 0, "n_trials is 0: give the number of trials to reach, at least 1"),
        ({}, 1, "space is empty"),
        ({"score": FloatDistribution(0, 1)}, 1, r"may not be called \['score'\]"),
    ],
)
def test_bad_arguments_are_refused_and_no_file_is_made(tmp_path, space, n_trials, message):
    with pytest.raises(ValueError, match=message):
        search(hill, space, n_trials, tmp_path / "trials.csv")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder .*gone: make it"):
        search(hill, SPACE, 1, tmp_path / "gone" / "trials.csv")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"width": IntDistribution(1, 2)}, r"and \['width'\] must be there too: it holds another search"),
        ({"depth": IntDistribution(9, 12)}, r"holds depth=\d, and the space allows IntDistribution\(high=12"),
        ({"kind": CategoricalDistribution(["flat"])}, "holds kind=.*, and the space allows Categorical"),
    ],
)
def test_the_file_of_another_space_is_refused_and_left_as_it_was(tmp_path, changed, message):
    path = tmp_path / "trials.csv"
    search(hill, SPACE, 2, path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=message):
        search(hill, SPACE | changed, 5, path)
    assert path.read_bytes() == before
