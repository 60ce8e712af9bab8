import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from benchmarks.studies import speed
from benchmarks.systems.registry import SYSTEMS


def imitation(figures, asked):
    """Fits whose AUC per user grows as told, at 10 seconds an epoch."""

    def fit(epochs):
        asked.append(epochs)
        return {"value": 10.0 * epochs, "auc_per_user": figures[epochs], "params": {"epochs": epochs}}

    return fit


GROWING = {1: 0.70, 2: 0.72, 3: 0.74, 4: 0.75, 6: 0.755, 9: 0.757}


@pytest.mark.parametrize(("target", "epochs"), [(0.5, 1), (0.73, 3), (0.75, 4), (0.757, 9)])
def test_dbrec_takes_the_fewest_epochs_that_reach_the_figure_and_tries_none_beyond(target, epochs):
    found = speed.beside(imitation(GROWING, asked := []), "auc_per_user", target)
    assert found["params"] == {"epochs": epochs} and found["value"] == 10 * epochs
    assert asked == [number for number in speed.EPOCHS if number <= epochs]


def test_a_figure_that_no_fit_reaches_has_no_seconds_and_says_how_far_the_last_came():
    found = speed.beside(imitation(GROWING, asked := []), "auc_per_user", 0.7571)
    assert np.isnan(found["value"]) and found["auc_per_user"] == 0.757 and found["params"] == {"epochs": 9}
    assert tuple(asked) == speed.EPOCHS


def test_settings_are_those_of_the_best_trial_for_the_goal_on_the_right_task(tmp_path):
    trials = [
        ("warm", "EASE", {"l2": 100}, "ndcg", 0.20),
        ("warm", "EASE", {"l2": 300}, "ndcg", 0.23),
        ("warm", "EASE", {"l2": 500}, "ndcg", 0.22),
        ("warm", "EASE", {"l2": 7}, "auc", 0.70),
        ("strong", "EASE", {"l2": 8}, "ndcg", 0.40),
        ("warm", "EDLAE", {"l2": 9}, "ndcg", 0.41),
    ]
    table = pd.DataFrame(trials, columns=["task", "system", "params", "tuned_for", "goal"])
    table.assign(params=table["params"].map(json.dumps)).to_csv(path := tmp_path / "tuning.csv", index=False)
    assert speed.settings_of("EASE", "ndcg", path) == {"l2": 300}
    assert speed.settings_of("EASE", "auc", path) == {"l2": 7}
    for system, goal, place in (("Cornac MF", "auc", path), ("EASE", "ndcg", tmp_path / "none.csv")):
        with pytest.raises(ValueError, match=f"has no trials of {system} for {goal}: run the study compare"):
            speed.settings_of(system, goal, place)


def test_every_peer_of_the_study_is_a_peer_of_the_comparison_with_the_settings_that_it_tunes():
    for peer in speed.RACES:
        settings = speed.settings_of(peer, SYSTEMS[peer].aim)  # as stored
        assert SYSTEMS[peer].is_peer and set(settings) == set(SYSTEMS[peer].space)
    for _, system, params, epochs, few, many in speed.BPR:
        assert SYSTEMS[system].is_peer and epochs not in params and few < many
        assert set(params) < set(SYSTEMS[system].space)


def test_a_rate_counts_what_calls_make_by_processor_time(monkeypatch):
    clock = iter(np.arange(0, 100, 0.5))  # half a second from each look at the clock to the next
    monkeypatch.setattr(speed.time, "process_time", lambda: next(clock))
    made = iter([1000, 4, 6, 5, 5])  # the first isn't timed
    # the looks at .5 and 1 start a call, that at 1.5 none, and the last, at 2, ends the time
    assert speed.rate(lambda: next(made), seconds=1.5) == pytest.approx((4 + 6) / 2)


def test_calls_are_made_in_turn_and_each_has_the_median_of_its_own(monkeypatch):
    now, made = [0.0], []
    monkeypatch.setattr(speed.time, "process_time", lambda: now[0])

    def call(name, seconds):
        def spend(number):
            made.append((name, number))
            now[0] += seconds[number]

        return spend

    calls = {"a": call("a", [0.001, 0.009, 0.002, 0.002]), "b": call("b", [0.5] * 4)}
    assert speed.in_turn(calls, rounds=2, each=2) == pytest.approx({"a": 2, "b": 500})
    assert made == [(name, number) for start in (0, 2) for name in "ab" for number in (start, start + 1)]


def test_rows_name_what_was_fitted_and_a_bpr_rate_is_of_the_epochs_between_two_fits(monkeypatch):
    def run(place, data, *arguments, what, threads, peers):
        function = place.split(":")[1]
        if function != "of_fit":
            folders.update(arguments)
            return iter([{"what": function, "system": "made", "value": 1.0}])
        system, params = arguments
        epochs = params.get("epochs", params.get("max_iter", 0))
        figures = {"auc_per_user": 0.6 + epochs / 100, "ndcg": 0.1, "n_liked": 50}
        assert peers == SYSTEMS[system].is_peer and threads == speed.THREADS
        return iter([{"system": system, "value": 3 + 2.0 * epochs} | figures])

    folders = set()
    monkeypatch.setattr(speed.process, "run", run)
    monkeypatch.setattr(speed, "settings_of", lambda system, goal: {"epochs": 3} if goal == "auc" else {})
    rows = pd.DataFrame(speed.measured("made")).set_index(["what", "system"])["value"]
    assert len(folders) == 1  # what ours saves is what is served
    assert (rows[speed.TRAINED] == 50 / 2.0).all() and len(rows[speed.TRAINED]) == len(speed.BPR)
    liking = rows["processor seconds to the auc_per_user of LightFM logistic"]
    assert liking.to_dict() == {"LightFM logistic": 9, "dbrec: HybridRecommender": 9}
    assert rows["processor seconds to the ndcg of EASE"]["dbrec: HybridRecommender"] == 5  # one epoch


def test_the_study_can_be_imported_where_there_is_no_tensorflow():
    without = "import sys; sys.modules['tensorflow'] = None; import benchmarks.studies.speed"
    subprocess.run([sys.executable, "-c", without], check=True)
