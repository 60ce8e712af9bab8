"""Compare dbrec with its peers: tune, fit and judge every system, each fit in a process of its own.

Settings are chosen on a validation part inside the training part (results/tuning.csv holds every trial); the
winner is then fitted on the whole training part, once a seed, and judged once on the test part. A system's
rows replace those of its earlier runs and leave all others alone, so that a broken run loses nothing.

Usage: python -m benchmarks.compare [--splits warm ...] [--only SYSTEM ...] [--seeds 0 1 2] [--missing]
"""

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from benchmarks.systems import SYSTEMS
from benchmarks.tasks import TASKS
from benchmarks.worker import MARK

ROOT = Path(__file__).parents[1]
PEERS_PYTHON = ROOT / ".venv-peers" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
THREAD_SETTINGS = (
    "OMP_NUM_THREADS OPENBLAS_NUM_THREADS MKL_NUM_THREADS TF_NUM_INTRAOP_THREADS TF_NUM_INTEROP_THREADS"
).split()
COLUMNS = (
    "system tuned_for params seed auc_pooled auc_pooled_low auc_pooled_high auc_per_user auc_per_user_low "
    "auc_per_user_high ndcg recall mrr hit precision coverage fit_seconds fit_cpu_seconds peak_mib "
    "threads versions command date"
).split()


class Comparison:
    """Run systems and keep their rows.

    Args:
        data: ``"ml-1m"`` or ``"ml-100k"``.
        folder: Where the results stand.
        threads: Threads that a fit may use; the peers take one each.
        missing: Whether to leave out what is there already.
    """

    def __init__(self, data: str, folder: Path, threads: int, missing: bool):
        self.data, self.folder, self.threads, self.missing = data, folder, threads, missing

    def run(self, task: str, name: str, seeds: list[int]) -> None:
        """Tune a system for each goal of the task, fit it once a seed and judge it."""
        system, path, fitted = SYSTEMS[name], self.folder / f"{task}.csv", {}
        trials = self.tune(task, name) if system.space else None
        for goal in system.goals(task):
            params = "{}" if trials is None else trials.loc[trials[f"goal_{goal}"].idxmax(), "params"]
            for seed in seeds if system.random else seeds[:1]:
                key = {"system": name, "tuned_for": goal, "seed": seed}
                if self.missing and len(rows_of(path, key | {"params": params})):
                    continue
                if (params, seed) not in fitted:
                    fitted[params, seed] = list(self.work(task, name, str(seed), params))[0]
                row = key | {"params": params} | fitted[params, seed] | self.origin(task, name, seed)
                store(path, row, list(key), COLUMNS)
                report(task, name, f"seed {seed}, for {goal}", row)

    def tune(self, task: str, name: str) -> pd.DataFrame:
        """Try the settings of a system's space on validation; give the rows of all trials."""
        path, key = self.folder / "tuning.csv", {"task": task, "system": name}
        wanted = {json.dumps(trial) for trial in SYSTEMS[name].trials()}
        done = rows_of(path, key)
        if not (self.missing and len(done) and wanted <= set(done["params"])):
            for trial in self.work(task, name, "tune"):
                row = key | trial | {"params": json.dumps(trial["params"])}
                store(path, row, [*key, "params"])
                report(task, name, f"trial {row['params']}", row)
            drop_others(path, key, wanted)
        return rows_of(path, key)

    def work(self, task: str, name: str, *mode: str) -> Iterator[dict]:
        """Start a worker and give each of its results as it comes."""
        python = PEERS_PYTHON if SYSTEMS[name].is_peer else Path(sys.executable)
        if not python.exists():
            raise FileNotFoundError(f"there is no {python.relative_to(ROOT)}: make it by `make peers`")
        threads = str(1 if SYSTEMS[name].is_peer else self.threads)
        environment = os.environ | dict.fromkeys(THREAD_SETTINGS, threads) | {"PYTHONPATH": str(ROOT)}
        command = [str(python), "-m", "benchmarks.worker", self.data, task, name, *mode]
        with tempfile.TemporaryFile("w+") as errors:
            process = subprocess.Popen(
                command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True
            )
            for line in process.stdout:
                if line.startswith(MARK):
                    yield json.loads(line.removeprefix(MARK))
            if process.wait():
                errors.seek(0)
                said = errors.read()[-2000:]
                raise RuntimeError(f"{name} on {task} ended with code {process.returncode}:\n{said}")

    def origin(self, task: str, name: str, seed: int) -> dict:
        """Tell how a row came to be."""
        command = (
            f"python -m benchmarks.compare --data {self.data} --splits {task} --only {name!r} --seeds {seed}"
        )
        threads = 1 if SYSTEMS[name].is_peer else self.threads
        return {"command": command, "threads": threads, "date": datetime.date.today().isoformat()}


def rows_of(path: Path, key: dict) -> pd.DataFrame:
    """Read the rows of a table that have these values; none where there is no table yet."""
    if not path.exists():
        return pd.DataFrame()
    table = pd.read_csv(path)
    return table[(table[list(key)] == pd.Series(key)).all(axis=1)]


def store(path: Path, row: dict, key: list[str], columns: list[str] | None = None) -> None:
    """Put a row into a table in place of the one with the same key.

    Args:
        path: A CSV file, or where to make one.
        row: Its values.
        key: Columns that tell rows apart.
        columns: All columns of a new table; None takes those of the row.
    """
    table = pd.DataFrame([row], columns=columns)
    if path.exists():
        old = pd.read_csv(path)
        same = (old[key] == pd.Series({name: row[name] for name in key})).all(axis=1)
        # An empty cell of one row must not decide the type of a column.
        table = pd.concat([old[~same].astype(object), table.astype(object)])
    order = {name: place for place, name in enumerate(SYSTEMS)}
    replace(path, table.sort_values("system", key=lambda names: names.map(order), kind="stable"))


def drop_others(path: Path, key: dict, params: set[str]) -> None:
    """Drop the rows of this key whose settings aren't in the space any more."""
    table = pd.read_csv(path, dtype=object)
    same = (table[list(key)] == pd.Series(key)).all(axis=1)
    replace(path, table[~same | table["params"].isin(params)])


def replace(path: Path, table: pd.DataFrame) -> None:
    """Write a table in one step, so that a break leaves the old one whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    table.to_csv(partial, index=False, lineterminator="\n")
    os.replace(partial, path)


def report(task: str, name: str, what: str, row: dict) -> None:
    """Print a line on a fit."""
    names = ("auc_pooled", "auc_per_user", "ndcg", "fit_seconds")
    figures = "  ".join(f"{key} {row[key]}" for key in names if key in row)
    print(f"{time.strftime('%H:%M:%S')}  {task}, {name}, {what}: {figures}", flush=True)


def main() -> int:
    """Run what the command line asks for; what fails is told at the end, and the rest is run all the same."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", default="ml-1m", choices=["ml-1m", "ml-100k"])
    parser.add_argument("--splits", nargs="+", default=list(TASKS), choices=list(TASKS))
    parser.add_argument("--only", nargs="+", default=list(SYSTEMS), choices=list(SYSTEMS), metavar="SYSTEM")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--threads", type=int, default=2, help="of a fit of dbrec; peers take one")
    parser.add_argument("--missing", action="store_true", help="leave out what the results hold already")
    asked = parser.parse_args()
    folder = ROOT / "benchmarks" / "results"
    folder = folder if asked.data == "ml-1m" else folder / asked.data
    comparison, failed = Comparison(asked.data, folder, asked.threads, asked.missing), []
    for task in asked.splits:
        for name in asked.only:
            if task in SYSTEMS[name].tasks:
                try:
                    comparison.run(task, name, asked.seeds)
                except (RuntimeError, FileNotFoundError) as error:
                    failed.append(f"{task}, {name}")
                    print(f"FAILED {task}, {name}: {error}", file=sys.stderr, flush=True)
    if failed:
        print(f"{len(failed)} failed: {'; '.join(failed)}", file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
