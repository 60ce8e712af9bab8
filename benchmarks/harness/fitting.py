"""Fit a system and judge it, in a process of its own: each trial of a search, or once with given settings."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.harness import process
from benchmarks.harness.data import load_data
from benchmarks.harness.judging import Judged, measure, objective
from benchmarks.harness.tables import versions
from benchmarks.harness.tasks import Task, load_task
from benchmarks.harness.tuning import SECONDS, STEPS, Trial, spread, step
from benchmarks.systems.registry import SYSTEMS, System

METRICS_OF = {"auc": ["auc"], "ndcg": ["lists"]}


def tune(data: str, task_name: str, system_name: str, done: list[dict]) -> Iterator[dict]:
    """Try settings on the validation part, but for those done, and give each trial: settings and figures.

    A search that was broken off goes on with the trial, or the step, that it would have made next.
    """
    system = SYSTEMS[system_name]
    task = load_task(task_name, load_data(data), "validation")
    goal, space, trials = system.goal(task_name), system.space_of(task_name), [*done]
    metrics = METRICS_OF[goal] if "long_lists" not in task.metrics else ["long_lists"]
    waiting = [params for params in spread(space) if params not in [trial["params"] for trial in done]]
    while (params := waiting.pop(0) if waiting else next_step(space, trials)) is not None:
        found, _, took = fit(system, task, params, 0, metrics)
        figures = rounded({"goal": objective(found.figures, goal)} | took | found.figures)
        trials.append({"params": params, "tuned_for": goal} | figures)
        yield trials[-1]


def next_step(space: dict[str, list], trials: list[dict]) -> dict | None:
    """Give the settings to try next, beyond those at first; None when the budget is used up."""
    n_steps, seconds = len(trials) - len(spread(space)), sum(trial["fit_cpu_seconds"] for trial in trials)
    return step(space, trials_of(trials)) if n_steps < STEPS and seconds < SECONDS else None


def trials_of(rows: list[dict]) -> list[Trial]:
    """Give the settings of trials, and what they reached of their goal."""
    return [(row["params"], row["goal"]) for row in rows]


def test(data: str, task_name: str, system_name: str, params: str, split: int, kept: str) -> Iterator[dict]:
    """Fit with settings on one draw, judge on its test part, and keep what each user and row brings."""
    system, task = SYSTEMS[system_name], load_task(task_name, load_data(data), split=split)
    metrics = [m for m in task.metrics if m != "lists" or system.makes_lists]
    found, peak_mib, took = fit(system, task, json.loads(params), split, metrics)
    Path(kept).parent.mkdir(parents=True, exist_ok=True)
    own = {name: found.by_user[name].to_numpy() for name in found.by_user}
    scores = np.empty(0) if found.scores is None else found.scores
    np.savez_compressed(kept, users=found.by_user.index.to_numpy(), scores=scores, **own)
    packages = versions("numpy", *system.packages)
    yield rounded(found.figures | took) | {"peak_mib": round(peak_mib), "versions": packages}


def fit(system: System, task: Task, params: dict, seed: int, metrics) -> tuple[Judged, float, dict]:
    """Fit a system and judge it; give also the peak of the process in MiB when it was fitted, and seconds."""
    function = process.named(f"benchmarks.systems.{system.fit}")
    start, cpu_start = time.perf_counter(), time.process_time()
    further = {"later": task.later} if len(task.later) else {}
    parts = task.train, task.users, task.items, task.liked_from
    scorer = function(*parts, seed, **further, **system.fixed, **params)
    took = {"fit_seconds": time.perf_counter() - start, "fit_cpu_seconds": time.process_time() - cpu_start}
    peak_mib = process.peak_mib()
    return measure(task, scorer, metrics), peak_mib, took


def rounded(figures: dict[str, float]) -> dict[str, float]:
    """Round seconds to 2 places and all else to 5."""
    return {key: round(float(value), 2 if key.endswith("seconds") else 5) for key, value in figures.items()}
