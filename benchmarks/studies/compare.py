"""Compare dbrec with its peers: tune, fit and judge every system, each fit in a process of its own."""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from benchmarks.harness import process
from benchmarks.harness.judging import judge, objective
from benchmarks.harness.tables import RESULTS_OF, Table, today, versions
from benchmarks.harness.tasks import TASKS, Task, load_task
from benchmarks.systems.registry import SYSTEMS, System
from dbrec.data.movielens import load_movielens

COLUMNS = (
    "system tuned_for params seed auc_pooled auc_pooled_low auc_pooled_high auc_per_user auc_per_user_low "
    "auc_per_user_high ndcg recall mrr hit precision coverage fit_seconds fit_cpu_seconds peak_mib "
    "threads versions command date"
).split()


class Comparison:
    """Run systems and keep their rows; with `missing`, only those that aren't there yet."""

    def __init__(self, data: str, folder: Path, threads: int, missing: bool):
        self.data, self.folder, self.threads, self.missing = data, folder, threads, missing

    def run(self, task: str, name: str, seeds: list[int]) -> None:
        """Tune a system for each goal of the task, fit it once a seed and judge it."""
        system, fitted = SYSTEMS[name], {}
        table = self._table(task, ["system", "tuned_for", "seed"], COLUMNS)
        trials = self.tune(task, name) if system.space else None
        for goal in system.goals(task):
            params = "{}" if trials is None else trials.loc[trials[f"goal_{goal}"].idxmax(), "params"]
            for seed in seeds if system.random else seeds[:1]:
                row = {"system": name, "tuned_for": goal, "seed": seed, "params": params}
                if self.missing and len(table.rows(**row)):
                    continue
                if (params, seed) not in fitted:
                    fitted[params, seed] = list(self.work(task, name, seed, params))[0]
                asked = f"--data {self.data} --splits {task} --only {name!r} --seeds {seed}"
                row |= {"command": f"python -m benchmarks compare {asked}", "date": today()}
                table.store(row | fitted[params, seed] | {"threads": self._threads(name)})

    def tune(self, task: str, name: str) -> pd.DataFrame:
        """Try the settings of a system's space on validation; give the rows of all trials."""
        key, table = {"task": task, "system": name}, self._table("tuning", ["task", "system", "params"])
        wanted, done = {json.dumps(trial) for trial in SYSTEMS[name].trials()}, table.rows(**key)
        if not (self.missing and len(done) and wanted <= set(done["params"])):
            for trial in self.work(task, name, "tune"):
                table.store(key | trial | {"params": json.dumps(trial["params"])})
            table.drop_others("params", wanted, **key)
        return table.rows(**key)

    def work(self, task: str, name: str, *mode) -> Iterator[dict]:
        """Let a process of its own `measure` a system, and give each result as it comes."""
        what = {"what": f"{name} on {task}", "threads": self._threads(name), "peers": SYSTEMS[name].is_peer}
        return process.run("benchmarks.studies.compare:measure", self.data, task, name, *mode, **what)

    def _table(self, name: str, key: list[str], columns=None) -> Table:
        return Table(self.folder / f"{name}.csv", key, columns, ["system"], SYSTEMS)

    def _threads(self, name: str) -> int:
        return 1 if SYSTEMS[name].is_peer else self.threads


def measure(data_name: str, task_name: str, system_name: str, mode, params: str = "{}") -> Iterator[dict]:
    """Fit and judge: each trial of a system's space where `mode` is ``"tune"``, or once with a seed."""
    system, data = SYSTEMS[system_name], load_movielens(data_name)
    if mode == "tune":
        task, goals = load_task(task_name, data, "validation"), system.goals(task_name)
        metrics = [{"auc": "auc", "ndcg": "ranking"}[goal] for goal in goals]
        for trial in system.trials():
            found = rounded(fit(system, task, trial, 0, metrics, intervals=False)[0])
            chosen_by = {f"goal_{goal}": round(objective(found, goal), 5) for goal in goals}
            yield {"params": trial, **chosen_by, **found}
    else:
        task = load_task(task_name, data)
        found, peak_mib = fit(system, task, json.loads(params), mode, task.metrics)
        packages = versions("numpy", *system.packages)
        yield rounded(found) | {"peak_mib": round(peak_mib), "versions": packages}


def validate(data: str, system: str, params: dict, metric: str) -> Iterator[dict]:
    """Fit a system once on the split `warm` and judge it on validation."""
    task = load_task("warm", load_movielens(data), "validation")
    yield fit(SYSTEMS[system], task, params, 0, [metric], intervals=False)[0]


def fit(system: System, task: Task, params: dict, seed: int, metrics, intervals=True) -> tuple[dict, float]:
    """Fit a system and judge it; give its figures, and the peak of the process in MiB when it was fitted."""
    function = process.named(f"benchmarks.systems.{system.fit}")
    start, cpu_start = time.perf_counter(), time.process_time()
    scorer = function(task.train, task.users, task.items, task.liked_from, seed, **system.fixed, **params)
    took = {"fit_seconds": time.perf_counter() - start, "fit_cpu_seconds": time.process_time() - cpu_start}
    peak_mib = process.peak_mib()
    return took | judge(task, scorer, metrics, intervals), peak_mib


def rounded(figures: dict[str, float]) -> dict[str, float]:
    """Round seconds to 2 places and all else to 5."""
    return {key: round(value, 2 if key.endswith("seconds") else 5) for key, value in figures.items()}


def main() -> None:
    """Run what the command line asks for; what fails is told at the end, and the rest is run all the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="ml-1m", choices=list(RESULTS_OF))
    parser.add_argument("--splits", nargs="+", default=list(TASKS), choices=list(TASKS))
    parser.add_argument("--only", nargs="+", default=list(SYSTEMS), choices=list(SYSTEMS), metavar="SYSTEM")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--threads", type=int, default=2, help="of a fit of dbrec; peers take one")
    parser.add_argument("--missing", action="store_true", help="leave out what the results hold already")
    asked, failed = parser.parse_args(), []
    comparison = Comparison(asked.data, RESULTS_OF[asked.data], asked.threads, asked.missing)
    for task in asked.splits:
        for name in (name for name in asked.only if task in SYSTEMS[name].tasks):
            try:
                comparison.run(task, name, asked.seeds)
            except (RuntimeError, FileNotFoundError) as error:
                failed.append(f"{task}, {name}")
                print(f"FAILED {task}, {name}: {error}", file=sys.stderr, flush=True)
    if failed:
        sys.exit(f"{len(failed)} failed: {'; '.join(failed)}")
