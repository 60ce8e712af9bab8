"""Measure the default recommender on held-out ratings, beside simple baselines.

A random 20 % of each user's ratings is the test part, read once; 4 and 5 are liked, 3 and below are not.

Usage: python benchmarks/warm.py [ml-1m | ml-100k]
"""

import sys
import time

import pandas as pd

from dbrec.baselines import item_mean, logistic_regression, popularity
from dbrec.data import load_movielens
from dbrec.metrics import bootstrap_auc, ranking_metrics
from dbrec.recommender import HybridRecommender
from dbrec.splits import split_ratings


def main(name: str = "ml-1m") -> None:
    """Print a row a system: seconds to fit, AUC pooled and per user with their intervals, NDCG@10."""
    data = load_movielens(name)
    users, items = data.users[["gender", "age_group", "occupation"]], data.movies[["genres", "year"]]
    train, test = split_ratings(data.ratings, 0.2, seed=0)
    systems = {
        "popularity": lambda: popularity(train),
        "mean rating of the film": lambda: item_mean(train),
        "logistic regression": lambda: logistic_regression(train, users, items),
        "HybridRecommender()": lambda: HybridRecommender().fit(train, users, items),
    }
    liked, rows = test["rating"] >= 4, {}
    for system, fit in systems.items():
        start = time.perf_counter()
        scorer = fit()
        seconds = time.perf_counter() - start
        table = bootstrap_auc(test["user_id"], liked, scorer.score(test["user_id"], test["item_id"]))
        lists = scorer.recommend(test["user_id"].unique(), k=10)
        cells = {which: f"{r.auc:.4f} [{r.low:.4f}, {r.high:.4f}]" for which, r in table.iterrows()}
        ndcg = ranking_metrics(lists, test[liked])["ndcg"].mean()
        rows[system] = {"fit, s": f"{seconds:.1f}", **cells, "NDCG@10": f"{ndcg:.3f}"}
    print(f"\n{data.name}: {len(train):,} ratings to learn from, {len(test):,} held out")
    print(pd.DataFrame(rows).T.to_string())


if __name__ == "__main__":
    main(*sys.argv[1:])
