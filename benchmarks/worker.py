"""Fit and judge one system on one task, in a process of its own; compare.py starts it.

Usage: python -m benchmarks.worker DATA TASK SYSTEM tune
       python -m benchmarks.worker DATA TASK SYSTEM SEED PARAMS
"""

import json
import resource
import sys
import time
from importlib.metadata import version
from platform import python_version

from benchmarks.judging import judge, objective
from benchmarks.systems import SYSTEMS
from benchmarks.tasks import load_task
from dbrec.data.movielens import load_movielens

MARK = "RESULT "  # libraries print too


def main(name: str, task_name: str, system_name: str, mode: str, params: str = "{}") -> None:
    """Print a line of JSON for each fit."""
    system, data = SYSTEMS[system_name], load_movielens(name)
    if mode == "tune":
        task = load_task(task_name, data, "validation")
        goals = system.goals(task_name)
        metrics = [{"auc": "auc", "ndcg": "ranking"}[goal] for goal in goals]
        for trial in system.trials():
            found = _run(system, task, trial, 0, metrics, intervals=False)[0]
            chosen_by = {f"goal_{goal}": round(objective(found, goal), 5) for goal in goals}
            print(MARK + json.dumps({"params": trial, **chosen_by, **found}), flush=True)
    else:
        task = load_task(task_name, data)
        found, peak_mib = _run(system, task, json.loads(params), int(mode), task.metrics)
        packages = {package: version(package) for package in ("numpy", *system.packages)}
        versions = "; ".join(f"{k} {v}" for k, v in {"python": python_version(), **packages}.items())
        print(MARK + json.dumps({**found, "peak_mib": round(peak_mib), "versions": versions}), flush=True)


def _run(system, task, params, seed, metrics, intervals=True):
    fit, start, cpu_start = system.fit(), time.perf_counter(), time.process_time()
    scorer = fit(task.train, task.users, task.items, task.liked_from, seed, **system.fixed, **params)
    took = {
        "fit_seconds": round(time.perf_counter() - start, 2),
        "fit_cpu_seconds": round(time.process_time() - cpu_start, 2),
    }
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = judge(task, scorer, metrics, intervals)
    return took | {key: round(value, 5) for key, value in figures.items()}, peak_mib


if __name__ == "__main__":
    main(*sys.argv[1:])
