"""The parts of the benchmark's harness: tuning, paired intervals, digests of code, what must not be read."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.harness import code as code_module
from benchmarks.harness import fitting, surroundings
from benchmarks.harness.code import STUDIES, digest
from benchmarks.harness.fitting import next_step
from benchmarks.harness.judging import Judged
from benchmarks.harness.markdown import number, signed
from benchmarks.harness.paired import Draw, WeightedAuc, intervals
from benchmarks.harness.tasks import Task
from benchmarks.harness.tuning import SECONDS, SPREAD, STEPS, at_edge, spread, step
from benchmarks.studies import check, compare, paired, report, vault
from benchmarks.studies.paired import best_peers, verdict
from benchmarks.systems.registry import SYSTEMS
from dbrec.data import splits
from dbrec.evaluation.auc import auc, auc_per_user, bootstrap_auc_difference
from dbrec.settings import Settings

SPACE = {"size": [10, 32, 64], "rate": [0.01, 0.1, 0.001], "which": ["a", "b"]}


def test_the_first_trials_are_the_defaults_and_others_all_different_and_the_same_every_time():
    space = {"a": [1, 2, 3], "b": [1, 2, 3, 4]}
    trials = spread(space)
    assert trials[0] == {"a": 1, "b": 1} and len({str(trial) for trial in trials}) == SPREAD == len(trials)
    assert spread(space) == trials
    assert len(spread({"a": [1, 2, 3]})) == 3


def test_the_first_trials_try_each_value_of_a_setting_about_equally_often():
    trials = spread({"a": [1, 2, 3, 4, 5, 6, 7], "b": [1, 2]})
    assert {trial["a"] for trial in trials} == {1, 2, 3, 4, 5, 6, 7}
    assert sum(trial["b"] == 2 for trial in trials) in (3, 4)


def climbed(goal, n_steps):
    tried = [(params, goal(params)) for params in spread(SPACE)]
    for _ in range(n_steps):
        if (params := step(SPACE, tried)) is None:
            break
        tried.append((params, goal(params)))
    return tried


def test_steps_go_beyond_the_edge_of_the_space_and_stop_at_the_best():
    def goal(params):
        return (
            -abs(np.log(params["size"] / 250)) - abs(np.log(params["rate"] / 0.01)) - (params["which"] == "a")
        )

    tried = climbed(goal, 30)
    best = max(tried, key=lambda trial: trial[1])[0]
    assert best == {"size": 256, "rate": 0.01, "which": "b"}
    assert at_edge(SPACE, tried) == []
    sizes = {params["size"] for params, _ in tried}
    assert 512 in sizes, "the value beyond the best was tried, too"


def test_a_winner_at_an_edge_is_told_but_not_of_a_choice_of_two():
    tried = [({"size": size, "which": which}, size) for size in (10, 32, 64) for which in (1, 2)]
    assert at_edge({"size": [10, 32, 64], "which": [1, 2]}, tried) == ["size"]


def test_a_count_never_falls_below_one_and_nothing_lies_beyond_zero():
    tried = [({"n": n}, -n) for n in (1, 2, 4)]
    assert step({"n": [1, 2, 4]}, tried) is None and at_edge({"n": [1, 2, 4]}, tried) == []
    tried = [({"w": w}, -w) for w in (0.0, 0.25, 0.5)]
    assert step({"w": [0.0, 0.25, 0.5]}, tried) is None


def test_beyond_the_edge_of_a_share_it_is_a_share_still():
    tried = [({"hidden_share": share}, share) for share in (0.0, 0.1, 0.5)]
    further = step({"hidden_share": [0.0, 0.1, 0.5]}, tried)
    assert further == {"hidden_share": 0.9}  # odds of 1/9, 1 and 9
    assert 0.9 < step({"hidden_share": [0.0, 0.1, 0.5]}, [*tried, (further, 0.9)])["hidden_share"] < 1


@pytest.mark.parametrize("broken_off_after", [0, 3, 8, 9, 11])
def test_a_search_that_was_broken_off_goes_on_as_it_would_have(broken_off_after, monkeypatch):
    figures = {"auc_pooled": 0.5, "auc_per_user": 0.5}

    def fit(system, task, params, seed, metrics):
        found = {name: value - abs(params["l2"] - 3000) / 1e6 for name, value in figures.items()}
        return (
            Judged(found | {"ndcg": found["auc_pooled"]}, None, pd.DataFrame()),
            0.0,
            {"fit_cpu_seconds": 1.0},
        )

    monkeypatch.setattr(fitting, "load_data", lambda data: None)
    monkeypatch.setattr(fitting, "load_task", lambda *arguments: empty_task())
    monkeypatch.setattr(fitting, "fit", fit)
    whole = list(fitting.tune("ml-100k", "warm", "EASE", []))
    assert len(whole) > SPREAD
    rest = list(fitting.tune("ml-100k", "warm", "EASE", whole[:broken_off_after]))
    assert whole[:broken_off_after] + rest == whole


def empty_task():
    empty = pd.DataFrame(columns=["user_id", "item_id", "rating"])
    return Task("warm", empty, empty, empty, empty, 4, ("auc", "lists"))


def test_the_budget_is_a_number_of_steps_or_processor_seconds():
    space = {"n": [1, 2, 4]}
    trials = [{"params": {"n": n}, "goal": n, "fit_cpu_seconds": 1.0} for n in (1, 2, 4)]
    assert next_step(space, trials) == {"n": 8}
    assert next_step(space, [trial | {"fit_cpu_seconds": SECONDS} for trial in trials]) is None
    more = [{"params": {"n": 2**n}, "goal": n, "fit_cpu_seconds": 1.0} for n in range(3, 3 + STEPS)]
    assert next_step(space, trials + more) is None and next_step(space, trials + more[:-1]) is not None


@pytest.fixture(scope="module")
def rows():
    """Rows of thirty people with ties, and two systems of which the first knows more."""
    random = np.random.default_rng(0)
    users, items = random.integers(0, 30, 600), random.integers(100, 140, 600)
    liked = random.random(600) < 0.5
    scores = [np.round(liked + random.normal(0, noise, 600), 1) for noise in (1.0, 2.0)]
    return users, items, liked, tuple(scores)


def test_auc_by_weights_of_one_is_auc_pooled_and_per_user(rows):
    users, _, liked, (scores, _) = rows
    ones = np.ones(len(users))
    assert WeightedAuc(np.zeros(600, int), liked, scores)(ones) == pytest.approx([auc(liked, scores)])
    assert WeightedAuc(users, liked, scores)(ones) == pytest.approx(
        auc_per_user(users, liked, scores).to_numpy()
    )


def test_auc_by_whole_weights_is_auc_of_rows_that_often(rows):
    users, _, liked, (scores, _) = rows
    weights = np.random.default_rng(1).integers(0, 3, len(users))
    often = np.repeat(np.arange(len(users)), weights)
    found = WeightedAuc(users, liked, scores)(weights.astype(float))
    expected = auc_per_user(users[often], liked[often], scores[often])
    assert found[expected.index] == pytest.approx(expected.to_numpy())


def draw_of(rows):
    users, items, liked, scores = rows
    by_user = [auc_per_user(users, liked, s).rename("auc_per_user").to_frame() for s in scores]
    for frame, gain in zip(by_user, (0.3, 0.2), strict=True):
        frame["ndcg"] = gain + np.arange(len(frame)) / 100
    return Draw(users, items, liked, scores, tuple(by_user))


def test_intervals_over_users_are_those_of_the_package(rows):
    table = intervals([draw_of(rows)], items_too=False)
    users, _, liked, scores = rows
    expected = bootstrap_auc_difference(users, liked, *scores)
    for ours, theirs in (("auc_pooled", "pooled"), ("auc_per_user", "per user")):
        assert table.loc[ours, "difference"] == pytest.approx(expected.loc[theirs, "difference"])
        assert table.loc[ours, ["low", "high"]].tolist() == pytest.approx(
            expected.loc[theirs, ["low", "high"]].tolist(), abs=0.01
        )


def test_a_constant_gain_in_lists_has_an_interval_of_no_width(rows):
    found = intervals([draw_of(rows)], items_too=False).loc["ndcg"]
    assert found.tolist() == pytest.approx([0.1, 0.1, 0.1])


def test_items_resampled_too_make_the_interval_wider(rows):
    narrow, wide = (intervals([draw_of(rows)], items_too=too).loc["auc_pooled"] for too in (False, True))
    assert wide["difference"] == pytest.approx(narrow["difference"])
    assert wide["high"] - wide["low"] > narrow["high"] - narrow["low"]


def test_the_mean_over_draws_is_compared(rows):
    users, items, liked, scores = rows
    turned = draw_of((users, items, liked, scores[::-1]))
    found = intervals([draw_of(rows), turned], items_too=False)
    assert found.loc["auc_pooled", "difference"] == pytest.approx(0)


def test_a_system_compared_with_itself_is_level(rows):
    users, items, liked, scores = rows
    found = intervals([draw_of((users, items, liked, (scores[0], scores[0])))], items_too=True)
    auc_rows = found.loc[["auc_pooled", "auc_per_user"]]
    assert (auc_rows == 0).all(axis=None)


def test_verdicts_are_borne_by_the_whole_interval():
    assert verdict(0.001, 0.002) == "first" and verdict(-0.002, -0.001) == "behind"
    assert verdict(-0.001, 0.002) == verdict(0.0, 0.1) == "level"


def test_the_best_peer_of_a_measure_is_the_one_of_the_highest_mean():
    rows = pd.DataFrame(
        {
            "system": ["EASE", "EASE", "Cornac MF", "Cornac MF", "dbrec: HybridRecommender"],
            "ndcg": [0.3, 0.5, 0.35, 0.35, 0.9],
            "auc_pooled": [0.7, 0.7, 0.8, 0.8, 0.9],
            "recall_20": [np.nan] * 5,
        }
    )
    assert best_peers(rows) == {"ndcg": "EASE", "auc_pooled": "Cornac MF"}


def test_a_comparison_is_of_the_rows_as_they_are(monkeypatch):
    row = {"system": paired.OURS, "split": 1, "params": "{}", "code": "s1"}
    stored = pd.DataFrame([row])
    monkeypatch.setattr(paired, "compared", lambda data, task: stored)

    def code() -> str:
        paired.origin_of.cache_clear()
        return paired.digest_of({"data": "ml-100k", "task": "warm"})

    before = code()
    assert before == code()
    stored = pd.DataFrame([row, row | {"system": "EASE"}])
    assert code() != before
    paired.origin_of.cache_clear()


def test_what_a_fit_brought_is_made_again_where_it_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(compare, "KEPT", tmp_path)
    asked = []
    monkeypatch.setattr(compare.Comparison, "_work", lambda self, *asks: iter([asked.append(asks) or {}]))
    row = {"system": "popularity", "params": "{}", "split": 2}
    place = Path(compare.Comparison("ml-100k").brought("warm", row))
    assert asked == [("test", "warm", "popularity", "{}", 2, str(place))]
    place.parent.mkdir(parents=True)
    place.touch()
    compare.Comparison("ml-100k").brought("warm", row)
    assert len(asked) == 1


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A small project of two modules, the first importing the second."""
    (tmp_path / "dbrec").mkdir()
    (tmp_path / "dbrec" / "one.py").write_text("from dbrec.two import x\ny = x + 1\n")
    (tmp_path / "dbrec" / "two.py").write_text('"""Explain."""\nx = 1\n')
    monkeypatch.setattr(code_module, "ROOT", tmp_path)
    yield tmp_path
    forget()


def forget():
    for cached in (code_module._source, code_module._imported, code_module._statements):
        cached.cache_clear()


def told():
    forget()
    return digest("dbrec.one")


def test_a_change_of_what_is_imported_changes_the_digest_and_words_do_not(project):
    first = told()
    (project / "dbrec" / "two.py").write_text('"""Explain better."""\n\n# why\nx = 1\n')
    assert told() == first
    (project / "dbrec" / "two.py").write_text('"""Explain."""\nx = 2\n')
    assert told() != first
    forget()
    assert digest("dbrec.two") != digest("dbrec.two", settings="other")


def test_surroundings_count_by_what_they_give_and_in_studies_of_time_by_their_code(project, monkeypatch):
    monkeypatch.setattr(surroundings, "MODULES", {"dbrec.two"})
    monkeypatch.setattr(surroundings, "digest_of_results", lambda: "what they give")
    monkeypatch.setattr(code_module, "ALL_COUNTS", {"dbrec.timed"})
    monkeypatch.setattr(code_module, "ALSO_COUNTS", {"dbrec.asked": {"dbrec.two"}, "dbrec.other": set()})
    for name in ("timed", "asked", "other"):
        (project / "dbrec" / f"{name}.py").write_text("from dbrec.two import x\n")

    def of_all():
        forget()
        return [digest(f"dbrec.{name}") for name in ("one", "other", "timed", "asked")]

    *figures, seconds, answers = of_all()
    (project / "dbrec" / "two.py").write_text("x = 0 + 1\n")
    assert of_all()[:2] == figures and of_all()[2] != seconds and of_all()[3] != answers
    monkeypatch.setattr(surroundings, "digest_of_results", lambda: "something else")
    assert of_all()[:2] != figures and of_all()[3] != answers


def test_what_a_model_is_updated_by_counts_where_one_is_updated(monkeypatch):
    ours, peer = SYSTEMS["dbrec: HybridRecommender"], SYSTEMS["EASE"]

    def all_names():
        return [ours.code("warm"), peer.code("strong"), digest(f"{STUDIES}questions"), ours.code("strong")]

    real, before = code_module._statements, all_names()
    for changed in ("dbrec.scoring.updates", "dbrec.changes"):
        monkeypatch.setattr(
            code_module, "_statements", lambda name, of=changed: real(name) + "+" * (name == of)
        )
        assert all_names()[:3] == before[:3] and all_names()[3] != before[3]


def test_the_facade_counts_by_what_it_imports_and_in_studies_of_time_by_its_code(monkeypatch):
    studies = [f"{STUDIES}questions", f"{STUDIES}speed"]
    real, before = code_module._statements, [digest(study) for study in studies]
    changed = surroundings.FACADE
    monkeypatch.setattr(code_module, "_statements", lambda name: real(name) + "+" * (name == changed))
    figures, seconds = (digest(study) for study in studies)
    assert figures == before[0] and seconds != before[1]
    changed = "dbrec.training.fit"  # which nothing but the facade imports there
    assert digest(studies[0]) != before[0]


@pytest.mark.parametrize(
    ("module", "name", "other"),
    [
        (splits, "split_users", lambda ratings, share, seed: splits.split_items(ratings, share, seed)),
        (surroundings, "auc", lambda liked, scores: 0.5),
        (surroundings, "Settings", lambda **given: Settings(l2=0.1, **given)),
        (surroundings.FeatureEncoder, "encode_person", lambda encoder, features: encoder.rows[:1]),
        (surroundings.VectorScorer, "score", lambda scorer, users, items: np.arange(len(items), dtype=float)),
    ],
)
def test_another_result_of_surroundings_makes_rows_stale(module, name, other, monkeypatch):
    before = surroundings.results()
    assert before == surroundings.results()
    monkeypatch.setattr(module, name, other)
    assert surroundings.results() != before


def test_every_module_of_the_surroundings_is_there_and_no_study_measures_by_another_name():
    assert all(code_module._path(name) for name in surroundings.MODULES)
    assert all(code_module._path(name) for name in code_module.ALL_COUNTS | {*code_module.ALSO_COUNTS})
    assert set().union(*code_module.ALSO_COUNTS.values()) <= surroundings.MODULES


def test_no_study_trains_by_a_job_so_that_its_code_need_not_count():
    words = "write_job", "from_job", "training.workers"
    benchmarks = Path(check.__file__).parents[1]
    files = [*benchmarks.glob("studies/*.py"), *benchmarks.glob("systems/*.py")]
    assert len(files) > 20
    assert not [file.name for file in files if any(word in file.read_text("utf-8") for word in words)]


def test_rows_of_other_code_are_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(check, "RESULTS", tmp_path)
    command, now = "python -m benchmarks probability", digest("benchmarks.studies.probability")
    rows = [{"command": command, "code": code} for code in (now, now, "s0123")]
    pd.DataFrame(rows).to_csv(tmp_path / "probability.csv")
    pd.DataFrame([{"command": command}]).to_csv(tmp_path / "older.csv")
    assert check.stale_rows() == {
        ("older.csv", "measured before rows named their code"): 1,
        ("probability.csv", "measured by other code or settings"): 1,
    }
    with pytest.raises(SystemExit, match="run their studies again"):
        check.main()
    assert "probability.csv: 1 rows measured by other code" in capsys.readouterr().out


def test_the_vault_of_a_commit_is_a_draw_that_no_tuning_could_know():
    seeds = {vault.seed_of(commit) for commit in ("a" * 40, "b" * 40)}
    assert len(seeds) == 2 and vault.seed_of("a" * 40) in seeds
    assert all(0 <= seed < 2**24 for seed in seeds)


def test_the_vault_of_a_commit_is_not_opened_twice(tmp_path, monkeypatch):
    monkeypatch.setattr(vault, "RESULTS", tmp_path)
    monkeypatch.setattr(vault, "commit", lambda: "c" * 40)
    monkeypatch.setattr(vault.sys, "argv", ["vault"])
    pd.DataFrame([{"commit": "c" * 40, "date": "2026-11-26"}]).to_csv(tmp_path / "vault.csv", index=False)
    with pytest.raises(SystemExit, match="cccccccccc was opened on 2026-11-26"):
        vault.main()


def test_readme_and_the_report_hold_the_figures_of_the_stored_rows():
    assert report.README.read_text("utf-8") == report.filled(report.README.read_text("utf-8"))
    assert report.ALL.read_text("utf-8") == report.everything()


def test_readme_types_no_figure_of_a_study_by_hand():
    measured = report.README.read_text("utf-8").split("## What was measured")[1].split("### The benchmark")[0]
    outside = re.sub(r"<!-- figures: .*?<!-- end -->", "", measured, flags=re.S)
    assert re.findall(r"(?<![\w.])[-+]?0?\.\d+", outside) == []


def test_a_changed_figure_in_readme_is_found():
    text = report.filled("<!-- figures: warm -->\nold\n<!-- end -->\nand more")
    assert "old" not in text and text.startswith("<!-- figures: warm -->\n| system |")
    assert text.endswith("<!-- end -->\nand more") and report.filled(text) == text
    with pytest.raises(ValueError, match="a place for 'cold': give one of"):
        report.filled("<!-- figures: cold -->\n<!-- end -->")


def test_figures_are_written_without_a_leading_zero_and_with_their_sign():
    assert number(0.12345) == ".1235" and number(1.5) == "1.5000"
    assert number(float("nan")) == "-"
    assert signed(-0.00123) == "-.0012" and signed(0.1) == "+.1000"
