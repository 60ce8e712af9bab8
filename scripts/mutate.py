"""Change the package at random, a place at a time, and count the changes that tests notice.

Usage: mutate.py [--each N] [--seed N] [MODULE ...]: N changes of each module in tests/deep/mutated.toml, or
of those named. cosmic-ray makes the changes, in a copy of the project; it has to be on PATH (`pip install
cosmic-ray`, in an environment of its own). What was found is kept in tests/deep/mutants.csv.
"""

import argparse
import csv
import datetime
import json
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
DEEP = ROOT / "tests" / "deep"
COPIED = "dbrec", "tests", "scripts", "benchmarks", "conftest.py", "pyproject.toml"
COLUMNS = "module", "line", "change", "noticed", "reason", "date"
CONFIG = """[cosmic-ray]
module-path = "dbrec/{module}.py"
timeout = 180.0
test-command = "{python} -m pytest -q -x -p no:cacheprovider {tests}"
[cosmic-ray.distributor]
name = "local"
"""


def mutate(module: str, tests: list[str], folder: Path, each: int, seed: int) -> list[dict]:
    """Make up to `each` changes of a module in a copy of the project; give a row for each."""
    config, session = folder / "config.toml", folder / "session.sqlite"
    session.unlink(missing_ok=True)
    files = " ".join(f"tests/{name}.py" for name in tests)
    config.write_text(CONFIG.format(module=module, python=sys.executable, tests=files), "utf-8")
    cosmic_ray("baseline", config, folder=folder)  # tests that fail without a change would notice every one
    cosmic_ray("init", config, session, folder=folder)
    keep_some(session, each, seed)
    cosmic_ray("exec", config, session, folder=folder)
    return [row_of(module, *json.loads(line)) for line in cosmic_ray("dump", session, folder=folder)]


def cosmic_ray(*arguments, folder: Path) -> list[str]:
    """Run a command of cosmic-ray and give the lines that it prints."""
    command = ["cosmic-ray", *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout.splitlines()


def keep_some(session: Path, each: int, seed: int) -> None:
    """Leave a random choice of the changes to be made."""
    with sqlite3.connect(session) as rows:
        in_order = "SELECT job_id FROM mutation_specs ORDER BY operator_name, occurrence"
        ids = [name for (name,) in rows.execute(in_order)]
        dropped = random.Random(seed).sample(ids, max(len(ids) - each, 0))
        for table in ("mutation_specs", "work_items"):
            rows.executemany(f"DELETE FROM {table} WHERE job_id = ?", [(name,) for name in dropped])


def row_of(module: str, item: dict, result: dict) -> dict:
    """Say where a change was made, what it was, and whether a test noticed."""
    lines = [
        line
        for line in (result["diff"] or "").splitlines()
        if line[:1] in "+-" and line[:3] not in ("---", "+++")
    ]
    change = " -> ".join(line[1:].strip() for line in lines)
    place, noticed = item["mutations"][0]["start_pos"][0], result["test_outcome"] != "survived"
    today = datetime.date.today().isoformat()
    return dict(zip(COLUMNS, (module, place, change, noticed, "", today), strict=True))


def main() -> None:
    """Mutate module by module and store what was found, so that a break loses one module alone."""
    listed = tomllib.loads((DEEP / "mutated.toml").read_text("utf-8"))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", default=list(listed))
    parser.add_argument("--each", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    if unknown := [module for module in asked.modules if module not in listed]:
        parser.error(f"{unknown} aren't listed: give some of {', '.join(listed)}")
    if asked.each < 1:
        parser.error(f"--each is {asked.each}: give a whole number of at least 1")
    if not shutil.which("cosmic-ray"):
        sys.exit("cosmic-ray isn't on PATH: pip install cosmic-ray, in an environment of its own")
    table, found = DEEP / "mutants.csv", []
    if table.exists():
        with table.open(encoding="utf-8", newline="") as file:
            found = list(csv.DictReader(file))
    with tempfile.TemporaryDirectory() as scratch:
        for part in COPIED:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
            copy(ROOT / part, Path(scratch) / part)
        for module in asked.modules:
            rows = mutate(module, listed[module], Path(scratch), asked.each, asked.seed)
            reasons = {(row["module"], row["change"]): row["reason"] for row in found}
            for row in rows:
                row["reason"] = reasons.get((module, row["change"]), "")
            found = [row for row in found if row["module"] != module] + rows
            with table.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
                writer.writeheader()
                writer.writerows(sorted(found, key=lambda row: (row["module"], int(row["line"]))))
            noticed = sum(row["noticed"] for row in rows)
            print(f"{module}: {noticed} of {len(rows)} noticed", flush=True)


if __name__ == "__main__":
    main()
