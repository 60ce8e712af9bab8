"""Time the peers that speed.py compares dbrec with; it starts this in the peers' environment.

Usage: python -m benchmarks.peers.speed DATA
"""

import json
import sys
import time

import numpy as np
from lightfm import LightFM
from scipy import sparse

from benchmarks.judging import judge
from benchmarks.peers.cornac_models import fit_cornac_bpr
from benchmarks.peers.lightfm_models import _features, fit_lightfm
from benchmarks.tasks import load_task
from benchmarks.worker import MARK
from dbrec.data.movielens import load_movielens
from dbrec.features.encoder import FeatureEncoder

DIM, THREADS = 64, 2
# The settings that benchmarks/results/tuning.csv found best.
LOGISTIC = {"loss": "logistic", "normalize": False, "no_components": DIM, "epochs": 5}
CORNAC = {"k": 32, "learning_rate": 0.03, "lambda_reg": 0.01, "positive_from": 4}


def lightfm_bpr(task) -> dict:
    """Count the triplets a second of LightFM's BPR on ids and features: one a liked rating and epoch."""
    liked = task.train[task.train["rating"] >= task.liked_from]
    encoders = [
        FeatureEncoder.fit(task.train[name], features)
        for name, features in (("user_id", task.users), ("item_id", task.items))
    ]
    tables = [_features(encoder, normalize=True) for encoder in encoders]
    places = [e.known.get_indexer(liked[n]) for e, n in zip(encoders, ("user_id", "item_id"), strict=True)]
    shape = tuple(len(encoder.known) for encoder in encoders)
    table = sparse.coo_matrix((np.ones(len(liked), np.float32), tuple(places)), shape)
    model = LightFM(loss="bpr", no_components=DIM, random_state=0)
    given = {"user_features": tables[0], "item_features": tables[1], "num_threads": THREADS}
    model.fit_partial(table, epochs=1, **given)
    start = time.perf_counter()
    model.fit_partial(table, epochs=2, **given)
    return {"triplets_a_second": 2 * len(liked) / (time.perf_counter() - start)}


def timed(task, fit, metric: str, **params) -> dict:
    """Fit a peer and judge it on validation."""
    start = time.perf_counter()
    scorer = fit(task.train, task.users, task.items, task.liked_from, 0, **params)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, **judge(task, scorer, [metric], intervals=False)}


def main(name: str) -> None:
    """Print a line of JSON a peer."""
    task = load_task("warm", load_movielens(name), "validation")
    jobs = {
        "LightFM BPR": lambda: lightfm_bpr(task),
        "LightFM logistic": lambda: timed(task, fit_lightfm, "auc", **LOGISTIC),
        "Cornac BPR": lambda: timed(task, fit_cornac_bpr, "ranking", **CORNAC),
    }
    for system, job in jobs.items():
        print(MARK + json.dumps({"system": system, **job()}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
