"""Refuse stored rows that weren't measured by the code and settings they claim, as these are now.

A row holds a digest of the code that measured it (`benchmarks.harness.code`). Rows from before rows held one
are refused, too.
"""

import importlib
import sys
from collections import Counter

import pandas as pd

from benchmarks.harness.code import STUDIES, digest
from benchmarks.harness.tables import RESULTS


def study_of(row: dict, table: str) -> str:
    """Name the study that made a row, by its command; trials of settings have none."""
    return "compare" if table == "tuning" else row["command"].split()[3]


def digest_now(row: dict, table: str) -> str:
    """Give the digest that a row would have if it was measured now."""
    study = STUDIES + study_of(row, table)
    own = getattr(importlib.import_module(study), "digest_of", None)
    return own(row) if own and own.__module__ == study else digest(study)


def stale_rows() -> dict[tuple[str, str], int]:
    """Count the rows of each table that are of other code, by the reason."""
    found: Counter = Counter()
    for path in sorted(RESULTS.rglob("*.csv")):
        name = str(path.relative_to(RESULTS))
        for row in pd.read_csv(path).to_dict("records"):
            if not isinstance(row.get("code"), str):
                found[name, "measured before rows named their code"] += 1
            elif row["code"] != digest_now(row, path.stem):
                found[name, "measured by other code or settings"] += 1
    return dict(found)


def main() -> None:
    """Tell what is stale; the exit code is 1 if anything is."""
    stale = stale_rows()
    for (name, reason), count in stale.items():
        print(f"{name}: {count} rows {reason}")
    if stale:
        sys.exit("these tables claim what the code as it is wasn't measured to do: run their studies again")
    print("all stored rows were measured by the code and settings as they are")
