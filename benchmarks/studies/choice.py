"""Solve choice by its largest singular values and, where the items let it, by the exact inverse.

MovieLens 1M by the validation part of `warm`, further ratings by the same split, and synthetic ones by a
tenth of them, of 2,000 users. Processor seconds are of all threads; memory is what solving adds to the peak.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.harness.process import ROOT, peak_mib, run
from benchmarks.harness.tables import RESULTS, Table, origin
from benchmarks.harness.tasks import load_task
from dbrec.data.movielens import load_movielens
from dbrec.data.splits import split_ratings
from dbrec.data.synthetic import make_ratings, open_ratings
from dbrec.evaluation.ranking import ranking_metrics
from dbrec.interactions import Interactions
from dbrec.scoring.choice import Choice, ItemFactors, weighted
from dbrec.scoring.scorer import VectorScorer

MADE = ROOT / "build" / "choice"
PLACES = 256, 512, 1024
MADE_SIZES = {
    "synthetic, 20,000 items": (20_000, 1_000_000),
    "synthetic, 100,000 items": (100_000, 3_000_000),
}
LISTED_USERS = 2_000


def exact(interactions: Interactions) -> ItemFactors:
    """Solve by the inverse of a table of items by items (Steck 2019, equation 8)."""
    table, by_item, l2 = weighted(interactions)
    gram = (table.T @ table).toarray().astype(float)
    gram[np.diag_indices_from(gram)] += l2
    inverse = np.linalg.inv(gram)
    weights = -by_item[:, None] * inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    nothing = np.zeros((2, len(weights)))  # an exact solution has no singular values
    return ItemFactors(weights.astype(np.float32), np.eye(len(weights), dtype=np.float32), *nothing)


def parts_of(name: str, path: str, liked_from: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give ratings to learn from and liked ones to judge by."""
    if name == "ml-1m":
        task = load_task("warm", load_movielens(name), "validation")
        train, judged = task.train, task.judged
    elif path:
        ratings = pd.read_csv(path, sep="\t").set_axis(["user_id", "item_id", "rating"], axis=1)
        train, judged = split_ratings(split_ratings(ratings, 0.2, 0)[0], 0.2, 1)
    else:
        n, n_ratings = MADE_SIZES[name]
        folder = MADE / str(n)
        made = open_ratings(folder) if folder.exists() else make_ratings(folder, n, n, n_ratings)
        train, judged = split_ratings(made.to_frame(), 0.1, 0)
        judged = judged[judged["user_id"] <= LISTED_USERS]
    return train, judged[judged["rating"] >= liked_from]


def measure(name: str, path: str, liked_from: float, dim: int | None) -> Iterator[dict]:
    """Solve once, exactly where `dim` is None, and judge the lists."""
    train, liked = parts_of(name, path, liked_from)
    interactions = Interactions.from_frame(train, liked_from)
    before, start = peak_mib(), time.process_time()
    factors = exact(interactions) if dim is None else None
    choice = Choice.of(factors, interactions) if factors else Choice.fit(interactions, dim, 0)
    found = {"cpu_seconds": time.process_time() - start, "peak_mib": peak_mib() - before}
    vectors = [np.pad(part, [(0, 1), (0, 0)]) for part in (choice.users, choice.factors.as_candidate)]
    scorer = VectorScorer(interactions.user_ids, interactions.item_ids, *vectors, train)
    liked = liked[liked["user_id"].isin(interactions.user_ids)]
    found["ndcg"] = ranking_metrics(scorer.recommend(liked["user_id"].unique(), 10), liked, 10)["ndcg"].mean()
    sizes = {"n_users": len(interactions.user_ids), "n_items": len(interactions.item_ids)}
    yield sizes | {"n_ratings": len(train)} | {key: round(float(value), 4) for key, value in found.items()}


def main() -> None:
    """Measure what isn't stored yet, or by other code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--file", nargs=3, metavar=("NAME", "PATH", "LIKED_FROM"), help="tab-separated ratings"
    )
    asked = parser.parse_args().file
    data = [("ml-1m", "", 4.0), *((name, "", 4.0) for name in MADE_SIZES)]
    if asked:
        data.append((asked[0], str(Path(asked[1]).resolve()), float(asked[2])))
    table = Table(RESULTS / "choice.csv", ["data", "places"], order=[name for name, *_ in data])
    made = origin("python -m benchmarks choice", "numpy", "scikit-learn")
    for name, path, liked_from in data:
        for dim in (*PLACES, None):
            key = {"data": name, "places": "all, by the inverse" if dim is None else str(dim)}
            if (dim is None and name in MADE_SIZES) or len(table.rows(**key, code=made["code"])):
                continue
            found = next(
                run("benchmarks.studies.choice:measure", name, path, liked_from, dim, what=name, threads=2)
            )
            table.store(key | found | made)
