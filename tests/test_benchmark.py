import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from benchmarks.harness import process, tables
from benchmarks.harness.data import NAMES
from benchmarks.harness.judging import judge, objective
from benchmarks.harness.tables import RESULTS, Table
from benchmarks.harness.tasks import TASKS, Task, load_task
from benchmarks.harness.tuning import SPREAD, spread
from benchmarks.studies import everything
from benchmarks.studies.compare import Comparison
from benchmarks.systems import registry
from benchmarks.systems.boosting import RatedFeatures, fit_boosting
from benchmarks.systems.registry import SYSTEMS
from dbrec.data.movielens import MovieLens
from dbrec.evaluation.auc import auc_per_user
from dbrec.scoring.scorer import VectorScorer

PEERS = Path(__file__).parents[1] / "benchmarks" / "peers"


def made(n_users=40, n_items=50):
    """Half of all pairs rated at random."""
    random = np.random.default_rng(0)
    pairs = pd.MultiIndex.from_product(
        [range(n_users), range(100, 100 + n_items)], names=["user_id", "item_id"]
    )
    ratings = pairs.to_frame(index=False).sample(frac=0.5, random_state=0, ignore_index=True)
    ratings["rating"] = random.integers(1, 6, len(ratings))
    ratings["timestamp"] = random.permutation(len(ratings))
    users = pd.DataFrame({"gender": "F", "age_group": "25-34", "occupation": "none"}, index=range(n_users))
    movies = pd.DataFrame({"genres": [("Drama",)] * n_items, "year": 1990}, index=range(100, 100 + n_items))
    movies["title"] = [f"The {number}" for number in range(n_items)]
    return MovieLens("made", ratings, users, movies)


@pytest.mark.parametrize("split", [0, 3])
@pytest.mark.parametrize("name", TASKS)
def test_settings_are_chosen_without_any_row_of_the_test_part(name, split):
    test, validation = (load_task(name, made(), part, split) for part in ("test", "validation"))
    assert set(validation.train.index).isdisjoint(test.judged.index)
    assert set(validation.judged.index).isdisjoint(test.judged.index)
    assert set(validation.train.index).isdisjoint(validation.judged.index)
    assert len(validation.judged) > 0 and set(test.train.index).isdisjoint(test.judged.index)


@pytest.mark.parametrize(("name", "column"), [("new_users", "user_id"), ("new_items", "item_id")])
@pytest.mark.parametrize("part", ["test", "validation"])
def test_what_is_never_seen_is_in_no_training_row_and_still_has_its_features(name, column, part):
    task = load_task(name, made(), part)
    features = task.users if column == "user_id" else task.items
    assert set(task.judged[column]).isdisjoint(task.train[column])
    assert set(task.judged[column]) <= set(features.index)


def test_protocol_b_hides_validation_from_the_lists_only_where_test_is_read():
    task, validation = (load_task("protocol_b", made(), part) for part in ("test", "validation"))
    assert task.hidden.equals(validation.judged) and validation.hidden.empty
    assert task.liked_from == 3


def test_an_unknown_task_or_part_is_refused():
    with pytest.raises(ValueError, match="task 'cold', part 'test': give one of"):
        load_task("cold", made())
    with pytest.raises(ValueError, match="part 'all'"):
        load_task("warm", made(), "all")


ALPHABET = "abcdefghijklmnopqrst"


def task_of(judged, hidden=()):
    """User 1 knows "e", user 2 "a", and user 3 all that there is."""
    train = [(1, "e"), (2, "a"), *((3, item) for item in ALPHABET)]
    columns = ["user_id", "item_id", "rating"]
    frames = [pd.DataFrame(rows, columns=columns) for rows in ([(*row, 5) for row in train], judged)]
    hidden = pd.DataFrame([(*row, 5) for row in hidden], columns=columns)
    return Task("made", *frames, None, None, 4, ("auc", "lists"), hidden)


def scorer_of(task):
    """Score items in alphabetical order, "a" best, for users 1 and 2."""
    values = -np.arange(len(ALPHABET) + 1.0)[:, None]
    return VectorScorer([1, 2], list(ALPHABET), np.ones((3, 1)), values, task.train)


def test_a_system_is_judged_by_auc_and_by_lists_that_leave_training_films_out():
    # User 1 liked "b", the second of the list a, b, c, d, f ...; user 2 "c", the second of b, c, d ...
    task = task_of([(1, "b", 4), (1, "c", 3), (2, "b", 2), (2, "c", 5)])
    found = judge(task, scorer_of(task), task.metrics, intervals=False)
    assert found["auc_per_user"] == 0.5 and found["auc_pooled"] == 0.5
    assert found["coverage"] == 11 / 20  # user 1 is shown a to k without e, user 2 b to k
    assert found["mrr"] == 0.5 and found["hit"] == 1 and found["recall"] == 1 and found["precision"] == 0.1
    assert "ndcg" not in judge(task, scorer_of(task), ["auc"], intervals=False)


def test_hidden_films_leave_the_lists_and_those_behind_them_move_up():
    judged = [(1, "c", 5), (1, "d", 1), (2, "b", 5), (2, "c", 1)]
    plain, hiding = task_of(judged), task_of(judged, hidden=[(1, "a"), (1, "b")])
    assert judge(plain, scorer_of(plain), ["lists"])["mrr"] == pytest.approx((1 / 3 + 1) / 2)
    assert judge(hiding, scorer_of(hiding), ["lists"])["mrr"] == 1


def test_the_goal_is_the_mean_of_both_aucs_or_ndcg():
    figures = {"auc_pooled": 0.8, "auc_per_user": 0.7, "ndcg": 0.3}
    assert objective(figures, "auc") == pytest.approx(0.75) and objective(figures, "ndcg") == 0.3


def test_every_system_has_known_tasks_and_data():
    for name, system in SYSTEMS.items():
        assert set(system.tasks) <= set(TASKS), name
        assert set(system.data) <= set(NAMES), name
        assert all(set(TASKS[task].data) & set(system.data or NAMES) for task in system.tasks), name


def test_every_system_names_a_function_that_is_there():
    folder = Path(registry.__file__).parent
    for name, system in SYSTEMS.items():
        module, function = system.fit.split(":")
        code = (folder / f"{module}.py").read_text()  # most can be imported only where their library is
        assert f"\ndef {function}(train, users, items, liked_from, seed" in code, name


def test_an_unknown_study_is_answered_with_the_known_ones():
    asked = [sys.executable, "-m", "benchmarks", "compere", "--missing"]
    said = subprocess.run(asked, capture_output=True, text=True, cwd=process.ROOT)
    assert said.returncode == 1
    assert "python -m benchmarks compere --missing: give one of compare, paired" in said.stderr


def test_a_new_row_replaces_the_one_with_its_key_and_no_other(tmp_path):
    path = tmp_path / "results" / "warm.csv"
    table = Table(path, ["system", "seed"], ["system", "seed", "ndcg"], ["system"], SYSTEMS)
    for seed, ndcg in [(0, 0.1), (1, 0.2), (0, 0.3)]:
        table.store({"system": "EASE", "seed": seed, "ndcg": ndcg})
    table.store({"system": "popularity", "seed": 0})
    assert path.read_text() == "system,seed,ndcg\npopularity,0,\nEASE,1,0.2\nEASE,0,0.3\n"


def test_rows_of_one_measurement_replace_all_that_it_had_before(tmp_path):
    table = Table(tmp_path / "t.csv", ["n_items"], ["n_items", "effort"], ["n_items", "effort"])
    table.store({"n_items": 9, "effort": 2}, {"n_items": 9, "effort": 1})
    table.store({"n_items": 5, "effort": 1})
    table.store({"n_items": 9, "effort": 3})
    assert table.path.read_text() == "n_items,effort\n5,1\n9,3\n"


def test_a_break_while_writing_leaves_the_old_rows(tmp_path, monkeypatch):
    table = Table(tmp_path / "warm.csv", ["system"], order=SYSTEMS)
    table.store({"system": "EASE", "seed": 0})
    before = table.path.read_text()
    monkeypatch.setattr(tables.os, "replace", lambda *places: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        table.store({"system": "popularity", "seed": 0})
    assert table.path.read_text() == before


@pytest.mark.parametrize("name", ["warm", "new_items", "protocol_b", "tuning", "ml-100k/warm"])
def test_a_stored_table_stays_byte_for_byte_when_a_row_is_stored_again(name, tmp_path):
    stored = RESULTS / f"{name}.csv"
    key = ["task", "system", "params"] if name == "tuning" else ["system", "split"]
    table = Table(tmp_path / "copy.csv", key, sort_by=["system"], order=SYSTEMS)
    table.path.write_bytes(stored.read_bytes())
    last = table.rows().iloc[-1]  # the last of its system, which stays the last
    table.store(last.to_dict())
    assert table.path.read_bytes() == stored.read_bytes()


class Imitation(Comparison):
    """Answers as workers would: of the settings, `l2` = 200 is best."""

    def __init__(self, folder):
        super().__init__("ml-1m", (1, 2), folder)
        self.asked = []

    def _work(self, function, task, name, *more):
        self.asked.append((function, *more))
        if function == "test":
            yield {"ndcg": json.loads(more[0]).get("l2", 0) / 1000, "fit_seconds": 1.0}
            return
        space, trials = SYSTEMS[name].space_of(task), [*more[0]]
        for params in spread(space):
            if params not in [trial["params"] for trial in trials]:
                goal = -abs(params["l2"] - 200)
                trials.append({"params": params, "goal": goal, "fit_cpu_seconds": 1.0})
                yield trials[-1]


def test_the_best_trial_is_fitted_and_judged_on_each_draw(tmp_path):
    comparison = Imitation(tmp_path)
    comparison.run("warm", "EASE")
    rows = pd.read_csv(tmp_path / "warm.csv")
    tried = pd.read_csv(tmp_path / "tuning.csv").params.map(lambda text: json.loads(text)["l2"])
    assert {json.loads(text)["l2"] for text in rows.params} == {min(tried, key=lambda l2: abs(l2 - 200))}
    assert rows.split.tolist() == [1, 2] and rows.tuned_for.tolist() == ["ndcg"] * 2
    assert len(tried) == SPREAD and rows.code.eq(SYSTEMS["EASE"].code("warm")).all()


def test_what_was_measured_by_the_code_as_it_is_is_passed_over(tmp_path):
    Imitation(tmp_path).run("warm", "EASE")
    again = Imitation(tmp_path)
    again.run("warm", "EASE")
    assert [function for function, *_ in again.asked] == ["tune"]
    assert len(again.asked[0][1]) == SPREAD  # all are told to be done


def test_what_other_settings_or_code_measured_is_measured_again(tmp_path, monkeypatch):
    Imitation(tmp_path).run("warm", "EASE")
    changed = replace(SYSTEMS["EASE"], space={"l2": [210, 990]})
    monkeypatch.setitem(SYSTEMS, "EASE", changed)
    Imitation(tmp_path).run("warm", "EASE")
    assert set(pd.read_csv(tmp_path / "tuning.csv").params) == {'{"l2": 210}', '{"l2": 990}'}
    rows = pd.read_csv(tmp_path / "warm.csv")
    assert set(rows.params) == {'{"l2": 210}'} and len(rows) == 2
    assert rows.code.eq(changed.code("warm")).all()


def test_a_system_without_settings_is_fitted_with_its_defaults(tmp_path):
    comparison = Imitation(tmp_path)
    comparison.run("warm", "popularity")
    assert [function for function, *_ in comparison.asked] == ["test", "test"]
    assert pd.read_csv(tmp_path / "warm.csv").tuned_for.tolist() == ["-", "-"]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
def test_the_peak_of_a_process_doesn_t_begin_with_that_of_its_parent():
    held = np.ones(20_000_000)  # 150 MiB
    code = "from benchmarks.harness.process import peak_mib; print(peak_mib())"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=process.ROOT)
    assert 0 < float(said.stdout) < held.nbytes / 2**20 < process.peak_mib()


def test_a_worker_that_fails_is_told_with_its_own_words(tmp_path):
    comparison = Comparison("ml-1m", folder=tmp_path)
    comparison.data = "ml-2m"
    with pytest.raises(RuntimeError, match="post's model on warm of ml-2m ended with code 1(?s:.*)ml-2m"):
        comparison.run("warm", "dbrec: the post's model")
    assert list(tmp_path.iterdir()) == []


def test_without_the_peers_environment_the_message_says_how_to_make_it(tmp_path, monkeypatch):
    monkeypatch.setattr(process, "PEERS_PYTHON", process.ROOT / "nowhere")
    with pytest.raises(FileNotFoundError, match="there is no nowhere: make it by `make peers`"):
        Comparison("ml-1m", folder=tmp_path).run("warm", "popularity")


FILMS = pd.DataFrame({"genres": [("War",), ()], "year": [1990.0, 2000.0]}, index=[10, 20])
PEOPLE = pd.DataFrame({"gender": ["F", "M"]}, index=[1, 2])
RATED = pd.DataFrame({"user_id": [1, 1, 2], "item_id": [10, 20, 10], "rating": [5, 2, 3]})


def test_a_training_row_holds_counts_and_means_of_the_other_folds_alone():
    features, folds = RatedFeatures(RATED, PEOPLE, FILMS), [0, 0, 1]
    random = SimpleNamespace(integers=lambda *_: np.array(folds), random=lambda size: np.ones(size))
    rows = features.out_of_fold(RATED, 0, random)[:, -4:]  # of the user, then of the film
    expected = [[0, np.nan, 1, 3], [0, np.nan, 0, np.nan], [0, np.nan, 1, 5]]
    assert np.array_equal(rows, expected, equal_nan=True)


def test_other_rows_hold_them_whole_and_newcomers_have_none():
    features = RatedFeatures(RATED, PEOPLE, FILMS)
    rows = features.rows(*features.places([2, 99], [20, 99]))[:, -4:]
    assert np.array_equal(rows, [[1, 3, 1, 2], [0, np.nan, 0, np.nan]], equal_nan=True)


def test_hidden_rows_are_learned_as_newcomers():
    features = RatedFeatures(RATED, PEOPLE, FILMS)
    rows = features.out_of_fold(RATED, 1, np.random.default_rng(0))[:, -4:]
    assert np.array_equal(rows, [[0, np.nan, 0, np.nan]] * 3, equal_nan=True)


def test_boosting_finds_the_planted_kind_from_features(planted):
    train, test = planted["ratings"].iloc[::2], planted["ratings"].iloc[1::2]
    scorer = fit_boosting(train, planted["users"], planted["items"], 4, 0, hidden_share=0.5)
    pairs = test.user_id.array, test.item_id.array
    assert auc_per_user(test.user_id, test.rating > 3, scorer.score(*pairs)).mean() > 0.8
    assert ((scorer.probability(*pairs) > 0.5) == (scorer.score(*pairs) > 0)).all()


def test_the_peers_lock_holds_every_requirement_with_hashes_and_without_addresses():
    lock = (PEERS / "requirements.lock").read_text()
    for line in (PEERS / "requirements.in").read_text().splitlines():
        if not line.startswith("#"):
            wanted = Requirement(line.split(" #")[0])
            name = re.escape(canonicalize_name(wanted.name))
            locked = re.findall(rf"^{name}==(\S+)", lock, re.MULTILINE)
            assert locked and all(version in wanted.specifier for version in locked), line
    packages = re.findall(r"^\S+==.*$", lock, re.MULTILINE)
    assert len(packages) == len(
        re.findall(r"^\S+==.* \\\n    --hash=sha256:[0-9a-f]{64}\b", lock, re.MULTILINE)
    )
    others = [line for line in lock.splitlines() if not line.startswith("    --hash=sha256:")]
    assert [line for line in others if "/" in line or "@" in line or line.startswith("-")] == []


def test_the_whole_benchmark_makes_all_rows_that_a_study_stores(tmp_path, monkeypatch):
    monkeypatch.setenv("DBREC_DATA_DIR", str(tmp_path / "movielens"))
    assert everything.options_of("retrieval") == [[], ["--movielens"]]
    assert everything.options_of("choice") == everything.options_of("speed") == [[]]
    (tmp_path / "other-data" / "anime").mkdir(parents=True)
    (ratings := tmp_path / "other-data" / "anime" / "anime_ratings.dat").touch()
    assert everything.options_of("choice") == [["--file", "anime", str(ratings), "8"]]
