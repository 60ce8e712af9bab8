"""Compare dbrec with its peers: tune, fit and judge every system, each fit in a process of its own.

What the results hold already, measured by the code as it is, is passed over: broken off, it goes on.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

from benchmarks.harness import process
from benchmarks.harness.data import NAMES, load_data
from benchmarks.harness.fitting import trials_of
from benchmarks.harness.process import ROOT
from benchmarks.harness.tables import RESULTS_OF, Table, have, today
from benchmarks.harness.tasks import TASKS, TEST_SPLITS
from benchmarks.harness.tuning import at_edge
from benchmarks.systems.registry import SYSTEMS

COLUMNS = (
    "system tuned_for params at_edge split auc_pooled auc_per_user log_loss ndcg recall mrr hit precision "
    "coverage new_items_share recall_20 recall_50 ndcg_100 fit_seconds fit_cpu_seconds peak_mib threads "
    "versions command date code"
).split()
KEPT = ROOT / "build" / "benchmark"  # what each user and row brings, for paired intervals
THREADS = 1  # of every fit


def kept(data: str, task: str, system: str, params: str, split: int) -> str:
    """Name the file of what each user and row brought to a fit's figures; it holds the state of the code."""
    name = "".join(c if c.isalnum() else "-" for c in f"{system} {params}")
    return str(KEPT / data / task / f"{name} {split} {SYSTEMS[system].code(task)}.npz")


class Comparison:
    """Run systems on one set of data and keep their rows."""

    lock = Lock()  # of the tables

    def __init__(self, data: str, splits: tuple[int, ...] = TEST_SPLITS, folder: Path | None = None):
        self.data, self.splits, self.folder = data, splits, folder or RESULTS_OF[data]

    def run(self, task: str, name: str) -> None:
        """Tune a system, fit it with the best settings on each draw and judge it."""
        is_drawn = TASKS[task].is_random or SYSTEMS[name].random
        chosen = self.chosen(task, name)
        for split in self.splits if is_drawn else self.splits[:1]:
            self.test(task, name, split, chosen)

    def chosen(self, task: str, name: str) -> dict[str, str]:
        """Give the settings that are best on validation, and which of them stand at an edge."""
        system = SYSTEMS[name]
        goal, space = system.goal(task), system.space_of(task)
        if not space:
            return {"tuned_for": goal, "params": "{}", "at_edge": ""}
        trials = trials_of(self.tuned(task, name))
        best, edges = max(trials, key=lambda trial: trial[1])[0], at_edge(space, trials)
        return {"tuned_for": goal, "params": json.dumps(best), "at_edge": ", ".join(edges)}

    def tuned(self, task: str, name: str) -> list[dict]:
        """Try the settings of a system; give all trials."""
        key, code = {"task": task, "system": name}, SYSTEMS[name].code(task)
        table = Table(self.folder / "tuning.csv", ["task", "system", "params"], None, ["system"], SYSTEMS)
        with self.lock:
            table.keep(lambda rows: ~have(rows, key) | (rows["code"] == code))
            done = table.rows(**key).to_dict("records")
        done = [row | {"params": json.loads(row["params"])} for row in done]
        for trial in self._work("tune", task, name, done):
            done.append(trial)
            with self.lock:
                table.store(key | trial | {"params": json.dumps(trial["params"]), "code": code})
        return done

    def test(self, task: str, name: str, split: int, chosen: dict) -> None:
        """Fit on one draw and judge on its test part, unless it has been."""
        table, code = self.table(task), SYSTEMS[name].code(task)
        row = {"system": name, "split": split, "params": chosen["params"], "code": code}
        with self.lock:
            if len(table.rows(**row)):
                return
        place = kept(self.data, task, name, chosen["params"], split)
        found = self._tested(task, name, chosen["params"], split, place)
        command = f"python -m benchmarks compare --data {self.data} --tasks {task} --only {name!r}"
        made = {"threads": THREADS, "command": command, "date": today()}
        with self.lock:
            table.store(found | made | chosen | row)

    def brought(self, task: str, row: dict) -> str:
        """Give the file of what the fit of a row brought; fit again where it isn't kept."""
        place = kept(self.data, task, row["system"], row["params"], row["split"])
        if not Path(place).exists():
            self._tested(task, row["system"], row["params"], int(row["split"]), place)
        return place

    def table(self, task: str) -> Table:
        """Give the table of a task."""
        path = self.folder / f"{task}.csv"
        return Table(path, ["system", "split"], COLUMNS, ["system"], SYSTEMS)

    def _tested(self, task: str, name: str, params: str, split: int, place: str) -> dict:
        [found] = self._work("test", task, name, params, split, place)
        return found

    def _work(self, function: str, task: str, name: str, *more) -> Iterator[dict]:
        what = {
            "what": f"{name} on {task} of {self.data}",
            "threads": THREADS,
            "peers": SYSTEMS[name].is_peer,
        }
        return process.run(f"benchmarks.harness.fitting:{function}", self.data, task, name, *more, **what)


def digest_of(row: dict) -> str:
    """Give the digest that a stored row has if it was measured by the code as it is."""
    if row["system"] not in SYSTEMS:
        return "of a system that is gone"
    task = row["task"] if "task" in row else row["command"].split("--tasks ")[1].split()[0]
    return SYSTEMS[row["system"]].code(task)


def all_work(asked: argparse.Namespace) -> list[tuple[str, str, str]]:
    """List data, task and system of all that is asked for; data that isn't there is told and left out."""
    found = []
    for data in asked.data:
        try:
            load_data(data)
        except FileNotFoundError as error:
            print(f"left out: {error}", flush=True)
            continue
        tasks = [task for task in asked.tasks if data in TASKS[task].data]
        names = [name for name in asked.only if data in (SYSTEMS[name].data or NAMES)]
        found += [(data, task, name) for task in tasks for name in names if task in SYSTEMS[name].tasks]
    return found


def main() -> None:
    """Run what the command line asks for; what fails is told at the end, and the rest is run all the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=list(NAMES), choices=NAMES)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=list(TASKS))
    parser.add_argument("--only", nargs="+", default=list(SYSTEMS), choices=list(SYSTEMS), metavar="SYSTEM")
    parser.add_argument("--jobs", type=int, default=2, help="fits at a time, each on one thread")
    asked, failed, done = parser.parse_args(), [], []
    work = all_work(asked)

    def run(data: str, task: str, name: str) -> None:
        try:
            Comparison(data).run(task, name)
        except (RuntimeError, FileNotFoundError) as error:
            failed.append(f"{data}, {task}, {name}")
            print(f"FAILED {failed[-1]}: {error}", file=sys.stderr, flush=True)
        done.append(name)
        print(f"{len(done)} of {len(work)} done: {data}, {task}, {name}", flush=True)

    with ThreadPoolExecutor(asked.jobs) as pool:
        list(pool.map(run, *zip(*work, strict=True)))
    if failed:
        sys.exit(f"{len(failed)} failed: {'; '.join(failed)}")
