"""Run the whole benchmark; what is stored, measured by the code as it is, is passed over.

Broken off, it goes on: `compare`, `ladder`, `ablation`, `choice` and `growth` row by row, the others study by
study.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd

from benchmarks.harness.data import FOLDER
from benchmarks.harness.process import ROOT
from benchmarks.harness.tables import RESULTS
from benchmarks.studies.check import digest_now

ROW_BY_ROW = "compare", "ladder", "ablation", "choice", "growth"
TABLES = {  # of the studies that have no row passed over
    "updates": ("updates", "update_times"),
    "probability": ("probability",),
    "questions": ("questions",),
    "newcomers": ("newcomers",),
    "speed": ("speed",),
    "retrieval": ("retrieval",),
}
LAST = "paired", "report", "check"


def is_done(study: str) -> bool:
    """Tell whether all tables of a study are there, and of the code as it is."""
    paths = [RESULTS / f"{name}.csv" for name in TABLES.get(study, ())]
    if not paths or not all(path.exists() for path in paths):
        return False
    tables = [pd.read_csv(path) for path in paths]
    if not all("code" in table for table in tables):
        return False
    return all(row["code"] == digest_now(row, "") for table in tables for row in table.to_dict("records"))


def options_of(study: str) -> list[list[str]]:
    """Give the options of each call that makes a study's stored tables; anime where it is there."""
    data = Path(os.environ.get("DBREC_DATA_DIR") or "nowhere").resolve().parent / FOLDER
    anime = data / "anime" / "anime_ratings.dat"
    if study == "choice" and anime.is_file():
        return [["--file", "anime", str(anime), "8"]]
    return [[], ["--movielens"]] if study == "retrieval" else [[]]


def main() -> None:
    """Run study after study; a failure is told, and the rest is run all the same."""
    studies, failed = [*ROW_BY_ROW, *TABLES, *LAST], []
    for number, study in enumerate(studies, start=1):
        said = "is done" if is_done(study) else "begins"
        print(f"{time.strftime('%X')} {number} of {len(studies)}: {study} {said}", flush=True)
        for options in options_of(study) if said == "begins" else ():
            call = [study, *options]
            if subprocess.run([sys.executable, "-m", "benchmarks", *call], cwd=ROOT).returncode:
                failed.append(" ".join(call))
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")
