"""Climb from the post's model to ours, one change a rung, and measure each on the validation part of `warm`.

A row is written as its rung ends; rows that are there already are passed over.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.harness.judging import judge
from benchmarks.harness.tables import Table, results_of, today, versions
from benchmarks.harness.tasks import Task, load_task
from benchmarks.studies.rung_model import Towers
from benchmarks.studies.rungs import RUNGS, Parts, parts_of
from dbrec._quiet import keras
from dbrec.data.movielens import load_movielens
from dbrec.lessons.original_post import fit_post_model
from dbrec.scoring.scorer import VectorScorer

COLUMNS = (
    "rung base what seed auc_pooled auc_pooled_low auc_pooled_high auc_per_user auc_per_user_low "
    "auc_per_user_high ndcg coverage fit_seconds versions command date"
).split()


class Ladder:
    """Measure rungs; those that differ only in how they score share one fit."""

    def __init__(self, task: Task, path: Path, command: str):
        self.task, self.command = task, command
        self.table = Table(path, ["rung", "seed"], COLUMNS, order=RUNGS)
        self.trained, self.towers, self.seconds = None, None, 0.0

    def climb(self, name: str, seed: int) -> None:
        """Measure a rung with a seed, unless its row is there."""
        if len(self.table.rows(rung=name, seed=seed)):
            return
        judged = judge(self.task, self._fit(parts_of(name), seed), ("auc", "ranking"), intervals=seed == 0)
        figures = {key: round(float(value), 5) for key, value in judged.items()}
        row = {"rung": name, "base": RUNGS[name].base, "what": RUNGS[name].what, "seed": seed, **figures}
        row |= {"fit_seconds": round(self.seconds, 1), "versions": versions("numpy", "tensorflow", "keras")}
        self.table.store(row | {"command": self.command, "date": today()})
        print(f"{time.strftime('%H:%M:%S')}  {name}, seed {seed}: {figures}", flush=True)

    def _fit(self, parts: Parts, seed: int) -> VectorScorer:
        start, task = time.perf_counter(), self.task
        if parts.network == "post, its training":
            args = task.train, task.users, task.items[["genres"]], task.liked_from
            scorer = fit_post_model(*args, seed=seed)
            self.seconds = time.perf_counter() - start
            return scorer
        trained = replace(parts, choice_weight=0.0, two_scores=False), seed
        if self.trained != trained:
            keras.backend.clear_session()
            self.trained, self.towers = trained, Towers(trained[0], task, seed)
            self.towers.train()
            self.seconds = time.perf_counter() - start
        return self.towers.scorer(parts)


def main() -> None:
    """Climb all rungs with the first seed, then with the next."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="ml-1m", choices=["ml-1m", "ml-100k"])
    parser.add_argument("--only", nargs="+", default=list(RUNGS), choices=list(RUNGS), metavar="RUNG")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    asked = parser.parse_args()
    task = load_task("warm", load_movielens(asked.data), "validation")
    command = f"python -m benchmarks.ladder --data {asked.data}"
    ladder = Ladder(task, results_of(asked.data) / "ladder.csv", command)
    for seed in asked.seeds:
        for name in asked.only:
            ladder.climb(name, seed)
