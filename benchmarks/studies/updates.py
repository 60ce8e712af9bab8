"""Let a share of the ratings arrive after the fit: what is updated beside what is fitted anew on all of them.

By a random share of each user's ratings (MovieLens 1M and 100K), and by time on MovieLens 100K, all of whose
ratings have one: the last fifth is judged, and of the rest the last fifth arrives late. Also how long updates
take: of one user who is known, of a new one, and of a thousand.
"""

import argparse
import copy
import time

import numpy as np
import pandas as pd

from benchmarks.harness.judging import judge
from benchmarks.harness.tables import RESULTS, Table, origin
from benchmarks.harness.tasks import Task, load_task
from dbrec import HybridRecommender
from dbrec.data.movielens import load_movielens
from dbrec.data.splits import split_by_time, split_ratings

SHARES, SEEDS = (0.01, 0.05, 0.2), (0, 1, 2)
METRICS = ["auc_pooled", "auc_per_user", "ndcg"]
LATE_SEED, N_TIMED, MANY = 7, 50, 1000


def fit(task: Task, train: pd.DataFrame, seed: int) -> tuple[HybridRecommender, float]:
    """Fit on some ratings; give the processor seconds as well."""
    start = time.process_time()
    fitted = HybridRecommender(seed=seed, verbose=False).fit(train, task.users, task.items)
    return fitted, time.process_time() - start


def measure(task: Task, first: pd.DataFrame, late: pd.DataFrame, seed: int, anew: tuple) -> dict:
    """Fit on the first ratings, update with the late ones, and judge that beside a fit of all."""
    model, _ = fit(task, first, seed)
    found = {"before": judge(task, model, task.metrics, intervals=False)}
    start = time.process_time()
    model.update(late)
    seconds = time.process_time() - start
    found["updated"] = judge(task, model, task.metrics, intervals=False)
    found["anew"] = judge(task, anew[0], task.metrics, intervals=False)
    row = {f"{metric}_{when}": round(f[metric], 4) for metric in METRICS for when, f in found.items()}
    return row | {"update_cpu_seconds": round(seconds, 2), "fit_cpu_seconds": round(anew[1], 2)}


def times(task: Task) -> dict:
    """Update one user after another, and a thousand at once; processor milliseconds."""
    first, late = split_ratings(task.train, 0.2, LATE_SEED)
    model, _ = fit(task, first, 0)
    model.recommend(late["user_id"].iloc[0])
    users = late["user_id"].unique()
    by_user = {user: rows for user, rows in late.groupby("user_id")}
    news = [by_user[user].assign(user_id=10**7 + user) for user in users[:N_TIMED]]
    many = late[late["user_id"].isin(users[N_TIMED : N_TIMED + MANY])]
    timed = {
        "one_user": [_ms(model, by_user[user]) for user in users[:N_TIMED]],
        "one_rating": [_ms(model, by_user[user].head(1)) for user in users[N_TIMED : 2 * N_TIMED]],
        "new_user": [_ms(model, rows) for rows in news],
        "thousand_users": [_ms(copy.deepcopy(model), many) for _ in range(3)],
        "thousand_new_users": [
            _ms(copy.deepcopy(model), many.assign(user_id=10**8 + many["user_id"])) for _ in range(3)
        ],
    }
    quantiles = {"p50": 0.5, "p95": 0.95}
    return {
        f"{what}_{name}_ms": round(float(np.quantile(ms, q)), 1)
        for what, ms in timed.items()
        for name, q in quantiles.items()
    }


def _ms(model: HybridRecommender, rows: pd.DataFrame) -> float:
    start = time.process_time()
    model.update(rows)
    return 1000 * (time.process_time() - start)


def by_time() -> tuple[Task, pd.DataFrame, pd.DataFrame]:
    """Give the task of MovieLens 100K by time, the ratings that are there and those that arrive."""
    data = load_movielens("ml-100k")
    task = load_task("warm", data)
    train, test = split_by_time(data.ratings, 0.2)
    first, late = split_by_time(train, 0.2)
    items = data.movies[task.items.columns]
    parts = {"train": train, "judged": test, "users": task.users, "items": items}
    return Task("by time", liked_from=4, metrics=task.metrics, **parts), first, late


def shares(last: dict) -> None:
    """Let shares of the ratings arrive late, and store the rows."""
    table = Table(RESULTS / "updates.csv", ["data", "late", "seed"])
    for name in ("ml-1m", "ml-100k"):
        task = load_task("warm", load_movielens(name))
        for seed in SEEDS:
            anew = fit(task, task.train, seed)
            for share in SHARES:
                first, late = split_ratings(task.train, share, LATE_SEED)
                row = {"data": name, "late": share, "seed": seed, "rows": len(late)}
                table.store(row | measure(task, first, late, seed, anew) | last)
    task, first, late = by_time()
    for seed in SEEDS:
        row = {"data": "ml-100k by time", "late": 0.2, "seed": seed, "rows": len(late)}
        anew = fit(task, task.train, seed)
        table.store(row | measure(task, first, late, seed, anew) | last)


def main() -> None:
    """Measure, and store the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", action="store_true", help="how long updates take, and nothing else")
    only_times = parser.parse_args().times
    last = origin("python -m benchmarks updates", "numpy", "scipy", "tensorflow")
    if not only_times:
        shares(last)
    found = times(load_task("warm", load_movielens("ml-1m")))
    Table(RESULTS / "update_times.csv", ["data"]).store({"data": "ml-1m"} | found | last)
