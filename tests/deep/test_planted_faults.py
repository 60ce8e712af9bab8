"""Plant a fault, and see that the gate turns red: `make test-deep`.

Each fault is one that results survive: numbers come out, lists are made, and they are wrong. It is planted in
a copy of the project, and the check that is named beside it has to fail there, and passes without it.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PARTS = "dbrec", "tests", "scripts", "benchmarks", "conftest.py", "pyproject.toml"


class Fault(NamedTuple):
    """What stands in a file, what is put in its place, and the check that notices."""

    file: str
    right: str
    wrong: str
    noticed_by: str


FAULTS = {
    "the sign of the loss": Fault(
        "dbrec/training/losses.py",
        "return ops.softplus(-difference)",
        "return ops.softplus(difference)",
        "tests/test_losses.py::test_bpr_is_minus_the_log_of_the_sigmoid",
    ),
    "positive and negative swapped": Fault(
        "dbrec/training/position_network.py",
        "better, worse = item(t.positive), item(t.negative)",
        "worse, better = item(t.positive), item(t.negative)",
        "tests/test_position_network.py::test_losses_and_gradients_are_those_of_the_network_that_takes_rows",
    ),
    "a target left in its own history": Fault(
        "dbrec/training/position_network.py",
        "[(better, t.positive_rating), (worse, t.negative_rating)][: 1 + self.negatives_rated]",
        "[(worse, t.negative_rating)]",
        "tests/test_position_network.py::test_users_are_computed_as_if_they_had_not_rated_the_items_compared",
    ),
    "a split that leaks": Fault(
        "dbrec/data/splits.py",
        "seed)\n    return ratings[~is_test], ratings[is_test]",
        "seed)\n    return ratings, ratings[is_test]",
        "tests/test_splits.py::test_every_user_gives_the_rounded_share_and_keeps_at_least_one",
    ),
    "ids off by one": Fault(
        "dbrec/features/encoder.py",
        "codes, frame = trained_ids.get_indexer(all_ids).astype(np.int32) + 1,",
        "codes, frame = trained_ids.get_indexer(all_ids).astype(np.int32),",
        "tests/test_encoding.py::test_a_row_is_id_then_codes_then_flags",
    ),
    "lists that hold what was seen": Fault(
        "dbrec/scoring/scorer.py",
        "seen = self.seen if exclude_seen else None",
        "seen = None",
        "tests/test_scorer.py::test_recommendations_leave_out_what_was_seen",
    ),
    "features of others": Fault(
        "dbrec/features/encoder.py",
        "return np.where(position[:, None] >= 0, self.rows[position], 0)",
        "return np.where(position[:, None] >= 0, self.rows[::-1][position], 0)",
        "tests/test_encoding.py::test_status_tells_what_an_id_is_scored_from",
    ),
    "a stale index": Fault(
        "dbrec/scoring/scorer.py",
        "other._index = None if items_too else self._index",
        "other._index = self._index",
        "tests/test_updates.py::test_an_index_of_items_that_did_not_change_goes_on_and_another_is_refused",
    ),
    "held-out rows in what is learned": Fault(
        "dbrec/training/calibrating.py",
        "return interactions.select(~held), interactions.select(held)",
        "return interactions, interactions.select(held)",
        "tests/test_leaks.py::test_the_ratings_that_probabilities_are_learned_by_are_not_trained_on",
    ),
    "probabilities of another line": Fault(
        "dbrec/scoring/calibration.py",
        "log_odds = self.liking * liking + self.choice * choice + self.start",
        "log_odds = self.liking * liking + self.choice * choice",
        "tests/test_probabilities.py::test_of_those_told_that_they_like_it_by_so_much_so_many_do",
    ),
    "a metric that counts what was seen": Fault(
        "benchmarks/harness/judging.py",
        "lists = scorer.recommend(users, k=k, items=task.only, exclude=hidden)",
        "lists = scorer.recommend(users, k=k, items=task.only)",
        "tests/test_benchmark.py::test_hidden_films_leave_the_lists_and_those_behind_them_move_up",
    ),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """Copy what the checks need."""
    folder = tmp_path_factory.mktemp("planted")
    for part in PARTS:
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, folder / part)
    return folder


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_noticed(copy, name):
    fault = FAULTS[name]
    source = (copy / fault.file).read_text("utf-8")
    assert source.count(fault.right) == 1, "the fault is to be planted where it was: mend this list"
    (copy / fault.file).write_text(source.replace(fault.right, fault.wrong), "utf-8")
    try:
        faulty = checked(copy, fault.noticed_by)
    finally:
        (copy / fault.file).write_text(source, "utf-8")
    assert faulty.returncode == 1, faulty.stdout[-2000:]  # 1: a check failed; others: it didn't get that far
    assert checked(copy, fault.noticed_by).returncode == 0


def checked(folder: Path, check: str) -> subprocess.CompletedProcess:
    """Run a check on the package in a folder."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", check]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
