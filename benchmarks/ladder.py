"""Climb from the post's model to ours, one change a rung, and measure each on the validation part.

The parts are those that settings are chosen on (`benchmarks.tasks`, split ``warm``): the test part is never
read. A row is written to results/ladder.csv as its rung ends; rows that are there already are passed over.

Usage: python -m benchmarks.ladder [--data ml-1m] [--only RUNG ...] [--seeds 0 1 2]
"""

import argparse
import datetime
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from platform import python_version

import pandas as pd

from benchmarks import compare
from benchmarks.judging import judge
from benchmarks.rung_model import Towers
from benchmarks.rungs import RUNGS, Parts, parts_of
from benchmarks.tasks import Task, load_task
from dbrec._quiet import keras
from dbrec.data.movielens import load_movielens
from dbrec.lessons.original_post import fit_post_model
from dbrec.scoring.scorer import VectorScorer

RESULTS = Path(__file__).parent / "results"
COLUMNS = (
    "rung base what seed auc_pooled auc_pooled_low auc_pooled_high auc_per_user auc_per_user_low "
    "auc_per_user_high ndcg coverage fit_seconds versions command date"
).split()


class Ladder:
    """Measure rungs; those that differ only in how they score share one fit."""

    def __init__(self, task: Task, path: Path, command: str):
        self.task, self.path, self.command = task, path, command
        self.fitted, self.seconds = (None, None, None), 0.0

    def climb(self, name: str, seed: int) -> None:
        """Measure a rung with a seed, unless its row is there."""
        if len(compare.rows_of(self.path, {"rung": name, "seed": seed})):
            return
        rung, scorer = RUNGS[name], self._scorer(parts_of(name), seed)
        judged = judge(self.task, scorer, ("auc", "ranking"), intervals=seed == 0)
        figures = {key: round(float(value), 5) for key, value in judged.items()}
        row = {"rung": name, "base": rung.base, "what": rung.what, "seed": seed}
        row |= figures | {
            "fit_seconds": round(self.seconds, 1),
            "versions": _versions(),
            "command": self.command,
        }
        row["date"] = datetime.date.today().isoformat()
        _store(self.path, row)
        print(f"{time.strftime('%H:%M:%S')}  {name}, seed {seed}: {figures}", flush=True)

    def _scorer(self, parts: Parts, seed: int) -> VectorScorer:
        start, task = time.perf_counter(), self.task
        if parts.network == "post, its training":
            args = task.train, task.users, task.items[["genres"]], task.liked_from
            scorer = fit_post_model(*args, seed=seed)
            self.seconds = time.perf_counter() - start
            return scorer
        trained = replace(parts, choice_weight=0.0, two_scores=False), seed
        if self.fitted[:2] != trained:
            keras.backend.clear_session()
            towers = Towers(trained[0], task, seed)
            towers.train()
            self.fitted, self.seconds = (*trained, towers), time.perf_counter() - start
        return self.fitted[2].scorer(parts)


def _versions() -> str:
    packages = {name: version(name) for name in ("numpy", "tensorflow", "keras")}
    return "; ".join(f"{k} {v}" for k, v in {"python": python_version(), **packages}.items())


def _store(path: Path, row: dict) -> None:
    """Add a row, and keep the table in the order of the ladder."""
    table = pd.DataFrame([row], columns=COLUMNS)
    if path.exists():
        table = pd.concat([pd.read_csv(path).astype(object), table.astype(object)])
    order = {name: place for place, name in enumerate(RUNGS)}
    compare.replace(path, table.sort_values(["rung", "seed"], key=lambda c: c.replace(order), kind="stable"))


def main() -> None:
    """Climb all rungs with the first seed, then with the next."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", default="ml-1m", choices=["ml-1m", "ml-100k"])
    parser.add_argument("--only", nargs="+", default=list(RUNGS), choices=list(RUNGS), metavar="RUNG")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    asked = parser.parse_args()
    folder = RESULTS if asked.data == "ml-1m" else RESULTS / asked.data
    task = load_task("warm", load_movielens(asked.data), "validation")
    ladder = Ladder(task, folder / "ladder.csv", f"python -m benchmarks.ladder --data {asked.data}")
    for seed in asked.seeds:
        for name in asked.only:
            ladder.climb(name, seed)


if __name__ == "__main__":
    main()
