"""See the shape of the comparison in minutes: a few systems on MovieLens 100K, one draw, into build/quick."""

import pandas as pd

from benchmarks.harness.process import ROOT
from benchmarks.studies.compare import Comparison
from benchmarks.studies.paired import OURS

FOLDER = ROOT / "build" / "quick"
SYSTEMS = "popularity", "logistic regression", "EASE", "Cornac MF", "LightFM WARP", OURS
SHOWN = ["auc_pooled", "auc_per_user", "ndcg", "recall", "fit_cpu_seconds", "params"]


def main() -> None:
    """Tune, fit and judge them, and print what came out."""
    comparison = Comparison("ml-100k", (1,), FOLDER)
    for number, name in enumerate(SYSTEMS, start=1):
        print(f"{number} of {len(SYSTEMS)}: {name}", flush=True)
        comparison.run("warm", name)
    rows = comparison.table("warm").rows().set_index("system")[SHOWN]
    with pd.option_context("display.width", 200, "display.max_colwidth", 60):
        print(rows.round(3).to_string())
    print(
        "One draw shows the shape; `make benchmark` measures, and benchmarks/RESULTS.md holds what it found."
    )
