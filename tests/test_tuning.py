from types import SimpleNamespace

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
        (SPACE, 0, "n_trials is 0: give a whole number of at least 1"),
        *[(SPACE, n, "n_trials is .*: give a whole number of at least 1") for n in ("2", 1.5, None, True)],
        ({}, 1, "space is empty"),
        (None, 1, "space is empty: give at least one setting and its optuna distribution"),
        ([("x", FloatDistribution(0, 1))], 1, r"space is \[.*\]: give at least one setting"),
        ({"x": (0, 1)}, 1, r"space holds 'x': \(0, 1\): give a name and an optuna distribution"),
        ({1: FloatDistribution(0, 1)}, 1, "space holds 1: FloatDistribution.*: give a name and"),
        (
            {"x": CategoricalDistribution([1, "1"])},
            1,
            r"x has the choices \['1', '1'\]: give choices that differ",
        ),
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


@pytest.mark.parametrize("seed", [-1, 1.5, "a", None])
def test_a_seed_that_is_not_a_whole_number_is_refused(tmp_path, seed):
    with pytest.raises(ValueError, match="seed is .*: give a whole number from 0"):
        search(hill, SPACE, 1, tmp_path / "trials.csv", seed)


@pytest.mark.parametrize("path", [None, 7])
def test_a_path_that_is_none_is_refused(path):
    for read in (lambda: search(hill, SPACE, 1, path), lambda: read_trials(path, SPACE)):
        with pytest.raises(ValueError, match=f"path is {path}: give the path of a CSV file"):
            read()


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path):
    for read in (lambda: search(hill, SPACE, 1, tmp_path), lambda: read_trials(tmp_path, SPACE)):
        with pytest.raises(
            ValueError, match=f"{tmp_path} is not a file that search.. wrote .*: give another path"
        ):
            read()


HEADER = b"trial,state,score,seconds,x,depth,kind,twice,message\n"
TRIALS = HEADER + b"0,done,-0.5,0.1,0.25,3,hill,-1,\n1,failed,,0.1,-1,8,None,,Broken: so\n"
STATES = (
    "in the place of trial {}, done with a finite score or failed without one: mend it, or give another file"
)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"hill", b"\x80hill", "is not a file that search.. wrote .*: give another path"),
        (b"hill", b"\0,hill", "is not a file that search.. wrote .*: give another path"),
        (b",,Broken: so\n", b"", "is not a file that search.. wrote .*: give another path"),
        (HEADER, b"", "has the columns .* must be there too: it holds another search"),
        (b",twice,", b",score,", r"has the columns .*, and \['score'\] must be there too"),
        (b"0,done", b"0,odd", "holds {'trial': 0, 'state': 'odd', .* " + STATES.format(0)),
        (b"1,failed", b"1,", STATES.format(1)),
        (b"\n1,", b"\n0,", STATES.format(1)),
        (b"\n1,", b"\n2,", STATES.format(1)),
        (b"\n1,", b"\nb,", STATES.format(1)),
        (b"\n0,", b"\n-1,", STATES.format(0)),
        (b"done,-0.5", b"done,", STATES.format(0)),
        (b"done,-0.5", b"done,inf", STATES.format(0)),
        (b"done,-0.5", b"done,high", STATES.format(0)),
        (b"failed,", b"failed,0.5", STATES.format(1)),
        (b"-0.5,0.1", b"-0.5,soon", STATES.format(0)),
        (b"0.25,3", b"0.25,2.5", "holds depth=2.5, and the space allows IntDistribution"),
        (b"0.25,3", b"0.25,9", "holds depth=9, and the space allows IntDistribution"),
        (b"0.25,3", b"1.01,3", "holds x=1.01, and the space allows FloatDistribution"),
        (b"0.25,3", b",3", "holds x=, and the space allows FloatDistribution"),
        (b"0.25,3", b"wide,3", "holds x=wide, and the space allows FloatDistribution"),
    ],
)
def test_a_file_that_no_search_can_have_written_is_refused_and_left_as_it_was(tmp_path, old, new, message):
    path = tmp_path / "trials.csv"
    path.write_bytes(TRIALS.replace(old, new, 1))
    for read in (lambda: search(hill, SPACE, 5, path), lambda: read_trials(path, SPACE)):
        with pytest.raises(ValueError, match=f"{path}.*{message}"):
            read()
    assert path.read_bytes() == TRIALS.replace(old, new, 1)


def test_a_file_may_hold_the_ends_of_the_space_failed_trials_and_none_at_all(tmp_path):
    path = tmp_path / "trials.csv"
    path.write_bytes(TRIALS)
    read = read_trials(path, SPACE)
    assert read["score"].fillna(9).tolist() == [-0.5, 9] and read["kind"].tolist() == ["hill", None]
    assert read["x"].tolist() == [0.25, -1] and read["depth"].tolist() == [3, 8]
    path.write_bytes(HEADER)
    assert read_trials(path, SPACE).empty


def test_values_of_a_space_with_steps_are_those_on_its_steps(tmp_path):
    path = tmp_path / "trials.csv"
    space = {"x": FloatDistribution(0, 1, step=0.1), "depth": IntDistribution(1, 10, step=3)}
    head = "trial,state,score,seconds,x,depth,message\n0,done,1,0,"
    path.write_text(f"{head}0.30000000000000004,7,\n")
    assert read_trials(path, space).loc[0, ["x", "depth"]].tolist() == [0.30000000000000004, 7]
    for values, wrong in [("0.35,7", "x=0.35"), ("0.3,8", "depth=8")]:
        path.write_text(f"{head}{values},\n")
        with pytest.raises(ValueError, match=f"holds {wrong}, and the space allows"):
            read_trials(path, space)


@pytest.mark.parametrize("score", ["0.5", 1j, None, [1.0], np.inf])
def test_a_score_that_is_not_a_finite_number_fails_the_trial(tmp_path, score):
    trials = search(lambda settings: {"score": score}, SPACE, 1, tmp_path / "trials.csv")
    assert trials["state"].tolist() == ["failed"] and "must give a finite 'score'" in trials["message"][0]


def test_the_first_ten_trials_are_drawn_at_random(tmp_path):
    # whatever the scores were, the tenth trial is the same; the eleventh learns from them
    up = search(lambda s: {"score": s["x"]}, SPACE, 11, tmp_path / "up.csv")
    down = search(lambda s: {"score": -s["x"]}, SPACE, 11, tmp_path / "down.csv")
    assert up["x"][:10].tolist() == down["x"][:10].tolist() and up["x"][10] != down["x"][10]


def test_the_seed_of_a_search_is_zero_by_default(tmp_path):
    default, zero = search(hill, SPACE, 1, tmp_path / "a.csv"), search(hill, SPACE, 1, tmp_path / "b.csv", 0)
    assert default["x"].tolist() == zero["x"].tolist()


def test_a_line_shortens_long_numbers_and_the_best_is_the_largest_so_far(tmp_path, capsys):
    scores = iter([0.5, 0.25])
    space = {
        "x": FloatDistribution(0.123456, 0.123456),
        "y": FloatDistribution(0.1234, 0.1234),
        "n": IntDistribution(10**7, 10**7),
    }
    search(lambda settings: {"score": next(scores)}, space, 2, tmp_path / "trials.csv")
    second = "trial  2 of 2 | score 0.2500 | best 0.5000 | 0.0 s | x=0.123, y=0.1234, n=10000000"
    assert capsys.readouterr().out.splitlines()[1] == second


def test_the_seconds_of_a_trial_are_noted_to_a_tenth(tmp_path, monkeypatch):
    clock = iter([1.0, 3.26])
    monkeypatch.setattr("dbrec.lessons.tuning.time", SimpleNamespace(perf_counter=lambda: next(clock)))
    assert search(hill, SPACE, 1, tmp_path / "trials.csv")["seconds"].tolist() == [2.3]
