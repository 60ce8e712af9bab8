"""Measure how time and memory grow with the number of ratings, on synthetic ratings with planted tastes.

Each size is fitted in a process of its own (growth_fit.py), from files that the first run makes in
build/growth. Users and items grow along: 6,000 and 3,700 at a million ratings, 160,000 and 60,000 at 25
million. A row is written to results/growth.csv as its size ends; rows that are there already are passed over.

The batch grows with the data, as `default_batch_size` lets it: 56 steps an epoch at any size. `TableNetwork`
takes it in parts, so its memory doesn't.

What the columns say:

- ``make_seconds``: of making the ratings; empty where they were there.
- ``fit_seconds``: samplers, building and all epochs, each as long as the median epoch after the first, so
  without compiling; ``seconds_per_million``: the same for a million training ratings; ``compile_seconds``:
  how much longer the first epoch took than that median.
- ``ns_per_triplet``: that median epoch by its triplets (steps x batch x members x 2).
- ``peak_*_mib``: the peak of the process so far, less its peak when the libraries had been imported.
- ``model_mib``: the weights, Adam's two moments and the moving average.
- ``sampler_bytes_per_rating``: the peak when the samplers stand and there is no model yet, for each training
  rating. ``bytes_per_rating``: the peak of the fit less the model, likewise. That holds the compiler, too,
  some 200 MiB at any size, and what a step works with, which grows with the ids. The ratings are in memory
  until the samplers stand; while the model trains they lie on the disk.
- ``auc``, ``auc_planted``, ``auc_item_mean``: on the tenth held out, of the fit; of the planted score without
  its noise, which no model can beat; of the item's share of liked ratings. ``auc_seconds``: of these and of
  the AUC per user.
- ``ndcg``: at 10, for 1,000 users; ``recommend_ms_per_user``: of their lists.

Usage: python -m benchmarks.growth [SIZE ...] [--members 1] [--dim 64] [--epochs 9] [--history-dim 0]
           [--threads 2] [--seed 0]
"""

import argparse
import datetime
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from platform import python_version

import numpy as np
import pandas as pd

from benchmarks.compare import ROOT, THREAD_SETTINGS, replace, rows_of
from dbrec.data.synthetic import SyntheticData, make_ratings, open_ratings

RESULTS, MADE = ROOT / "benchmarks" / "results", ROOT / "build" / "growth"
MARK = "RESULT "
SMALL, LARGE = (1e6, 6_000, 3_700), (25e6, 160_000, 60_000)  # ratings, users, items


@dataclass(frozen=True)
class Fit:
    """What is fitted; the row of a size is told by these and the number of ratings."""

    members: int = 1
    embedding_dim: int = 64
    epochs: int = 9
    history_dim: int = 0
    seed: int = 0
    threads: int = 2


def sizes_of(n_ratings: int) -> tuple[int, int]:
    """Give numbers of users and items for a number of ratings: powers of it, through both known sizes.

    Example:
        >>> sizes_of(1_000_000), sizes_of(25_000_000)
        ((6000, 3700), (160000, 60000))
    """
    growth = np.log(n_ratings / SMALL[0]) / np.log(LARGE[0] / SMALL[0])
    return tuple(round(a * (b / a) ** growth) for a, b in zip(SMALL[1:], LARGE[1:], strict=True))


def work(n_ratings: int, fit: Fit) -> dict:
    """Measure a size in a process of its own."""
    environment = os.environ | dict.fromkeys(THREAD_SETTINGS, str(fit.threads))
    environment |= {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "benchmarks.growth_fit", json.dumps(asdict(fit)), str(n_ratings)]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith(MARK)]
    if done.returncode or not lines:
        raise RuntimeError(f"{n_ratings:,} ratings ended with code {done.returncode}:\n{done.stderr[-2000:]}")
    return json.loads(lines[0].removeprefix(MARK))


def folder_of(n_ratings: int, seed: int) -> Path:
    """Give the place of a size's ratings."""
    return MADE / f"{n_ratings}-{seed}"


def prepare(n_ratings: int, seed: int) -> SyntheticData:
    """Open the ratings of a size, and make them first where they aren't there."""
    folder = folder_of(n_ratings, seed)
    if folder.exists():
        return open_ratings(folder)
    return make_ratings(folder, *sizes_of(n_ratings), n_ratings, seed)


def run(n_ratings: int, fit: Fit, path: Path) -> None:
    """Measure a size, unless its row is there, and store its row."""
    key = {"n_ratings": n_ratings} | asdict(fit)
    if len(rows_of(path, key)):
        return
    there, start = folder_of(n_ratings, fit.seed).exists(), time.perf_counter()
    prepare(n_ratings, fit.seed)
    made = {"make_seconds": None if there else round(time.perf_counter() - start, 2)}
    packages = {name: version(name) for name in ("numpy", "tensorflow", "keras")}
    versions = "; ".join(f"{k} {v}" for k, v in {"python": python_version(), **packages}.items())
    row = key | made | work(n_ratings, fit) | {"versions": versions, "date": f"{datetime.date.today()}"}
    table = pd.DataFrame([row])
    if path.exists():
        table = pd.concat([pd.read_csv(path).astype(object), table.astype(object)])
    replace(path, table.sort_values(list(key), kind="stable"))
    names = "fit_seconds seconds_per_million ns_per_triplet bytes_per_rating auc auc_planted ndcg".split()
    print(f"{n_ratings:,} ratings: " + "  ".join(f"{name} {row[name]}" for name in names), flush=True)


def main() -> None:
    """Measure the sizes of the command line, from the smallest."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sizes", nargs="*", type=float, default=[1e6, 5e6, 25e6], help="numbers of ratings")
    for name, value in asdict(Fit()).items():
        option = "--dim" if name == "embedding_dim" else f"--{name.replace('_', '-')}"
        parser.add_argument(option, dest=name, type=int, default=value)
    parser.add_argument("--into", type=Path, default=RESULTS / "growth.csv", help="the table")
    asked = parser.parse_args()
    sizes = sorted(int(size) for size in asked.sizes)
    fit = Fit(**{name: getattr(asked, name) for name in asdict(Fit())})
    for size in sizes:
        run(size, fit, asked.into)


if __name__ == "__main__":
    main()
