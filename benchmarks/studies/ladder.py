"""Climb from the post's model to ours, one change a rung, and measure each on validation of `warm`."""

import argparse
import time
import tomllib
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

from benchmarks.harness.judging import judge
from benchmarks.harness.tables import RESULTS_OF, Table, today, versions
from benchmarks.harness.tasks import Task, load_task
from benchmarks.studies.rung_model import Parts, Towers
from benchmarks.systems.ours import fit_post
from dbrec._quiet import keras
from dbrec.data.movielens import load_movielens
from dbrec.scoring.scorer import VectorScorer

COLUMNS = (
    "rung base what seed auc_pooled auc_pooled_low auc_pooled_high auc_per_user auc_per_user_low "
    "auc_per_user_high ndcg coverage fit_seconds versions command date"
).split()
Rung = namedtuple("Rung", "name base changes what")  # what changes in another rung, its base
LISTED = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
LADDER = [Rung(**entries) for entries in LISTED["rungs"]]
RUNGS = {rung.name: rung for rung in LADDER}


def parts_of(name: str) -> Parts:
    """Add up the changes from the first rung to the one of this name."""
    rung = RUNGS[name]
    return replace(parts_of(rung.base) if rung.base else Parts(), **rung.changes)


class Ladder:
    """Measure rungs; those that differ only in how they score share one fit."""

    def __init__(self, task: Task, path: Path, command: str):
        self.task, self.command = task, command
        self.table = Table(path, ["rung", "seed"], COLUMNS, order=RUNGS)
        self.trained, self.scorer_of, self.seconds = None, None, 0.0

    def climb(self, name: str, seed: int) -> None:
        """Measure a rung with a seed, unless its row is there."""
        if len(self.table.rows(rung=name, seed=seed)):
            return
        judged = judge(self.task, self._fit(parts_of(name), seed), ("auc", "ranking"), intervals=seed == 0)
        row = {"rung": name, "base": RUNGS[name].base, "what": RUNGS[name].what, "seed": seed}
        row |= {key: round(float(value), 5) for key, value in judged.items()}
        row |= {"fit_seconds": round(self.seconds, 1), "versions": versions("numpy", "tensorflow", "keras")}
        self.table.store(row | {"command": self.command, "date": today()})

    def _fit(self, parts: Parts, seed: int) -> VectorScorer:
        start, task = time.perf_counter(), self.task
        trained = replace(parts, choice_weight=0.0, two_scores=False), seed
        if self.trained != trained:
            keras.backend.clear_session()
            if parts.network == "post, its training":
                post = fit_post(task.train, task.users, task.items, task.liked_from, seed)
                self.scorer_of = lambda parts: post
            else:
                towers = Towers(trained[0], task, seed)
                towers.train()
                self.scorer_of = towers.scorer
            self.trained, self.seconds = trained, time.perf_counter() - start
        return self.scorer_of(parts)


def main() -> None:
    """Climb all rungs with the first seed, then with the next."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="ml-1m", choices=list(RESULTS_OF))
    parser.add_argument("--only", nargs="+", default=list(RUNGS), choices=list(RUNGS), metavar="RUNG")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    asked = parser.parse_args()
    task = load_task("warm", load_movielens(asked.data), "validation")
    command = f"python -m benchmarks ladder --data {asked.data}"
    ladder = Ladder(task, RESULTS_OF[asked.data] / "ladder.csv", command)
    for seed in asked.seeds:
        for name in asked.only:
            ladder.climb(name, seed)
