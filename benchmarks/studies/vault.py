"""Open the vault: judge all systems once on a draw that nobody could have tuned for.

The draw's seed is made of the commit, so it is known only when code and settings stand. What `compare` has
chosen is fitted on it; nothing is chosen here. A commit's vault is opened once: broken off, it goes on with
the fits that are missing, and once it is done the command refuses. Rows of other commits stay, so that each
opening can be seen.
"""

import argparse
import hashlib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pandas as pd

from benchmarks.harness.code import digest
from benchmarks.harness.process import ROOT
from benchmarks.harness.tables import RESULTS, Table, origin
from benchmarks.studies.compare import Comparison
from benchmarks.studies.paired import KEY, measured
from benchmarks.systems.registry import SYSTEMS

DATA, TASKS = "ml-1m", ("warm", "new_users", "new_items")


def commit() -> str:
    """Name the commit that is checked out.

    Raises:
        RuntimeError: If a file of the code differs from it.
    """
    asked = ["git", "status", "--porcelain", "--", "benchmarks", "dbrec", ":!benchmarks/results"]
    if changed := subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout:
        raise RuntimeError(f"these files aren't committed, and the vault is of a commit:\n{changed}")
    asked = ["git", "rev-parse", "HEAD"]
    return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def seed_of(commit: str) -> int:
    """Make the draw's seed of a commit, in [0, 2**24): libraries take so small a seed, tripled too."""
    return int(hashlib.sha256(commit.encode()).hexdigest()[:6], 16)


def settings(tables: dict[str, pd.DataFrame]) -> str:
    """Give a digest of all that was chosen: task, system and settings."""
    chosen = [
        (task, *row)
        for task, rows in tables.items()
        for row in rows[["system", "params"]].itertuples(index=False)
    ]
    return digest(settings=json.dumps(sorted(set(chosen))))


def main() -> None:
    """Open it, or say that it has been."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2, help="fits at a time, each on one thread")
    asked = parser.parse_args()
    of_commit = commit()
    chosen = {task: Comparison(DATA).table(task).rows() for task in TASKS}
    opened = Table(RESULTS / "vault.csv", [*KEY, "commit"])
    if len(opened.rows(commit=of_commit)):
        date = opened.rows(commit=of_commit)["date"].iloc[0]
        sys.exit(
            f"the vault of commit {of_commit[:10]} was opened on {date}: commit other code for another draw"
        )
    stale = [(task, name) for task, rows in chosen.items() for name in stale_in(task, rows)]
    if stale:
        sys.exit(f"settings were chosen by other code than this commit's: run `compare` first for {stale}")
    seed, work = seed_of(of_commit), []
    fits = ROOT / "build" / "vault" / of_commit
    comparisons = {task: Comparison(DATA, (seed,), fits) for task in TASKS}
    for task in TASKS:
        rows = chosen[task].drop_duplicates("system")
        work += [(task, row) for row in rows.to_dict("records")]

    def fit(task: str, row: dict) -> None:
        best = {key: row[key] for key in ("tuned_for", "params", "at_edge")}
        comparisons[task].test(task, row["system"], seed, best)

    with ThreadPoolExecutor(asked.jobs) as pool:
        list(pool.map(fit, *zip(*work, strict=True)))
    made = origin("python -m benchmarks vault", "numpy")
    for task in TASKS:
        for row in measured(DATA, task, comparisons[task].table(task).rows()):
            opened.store(row | {"commit": of_commit, "settings": settings(chosen), "seed": seed} | made)


def stale_in(task: str, rows: pd.DataFrame) -> list[str]:
    """Name the systems whose rows were measured by other code."""
    names = rows["system"].unique() if len(rows) else []
    code = {name: set(rows.loc[rows["system"] == name, "code"]) for name in names}
    return [name for name in names if code[name] != {SYSTEMS[name].code(task)}]
