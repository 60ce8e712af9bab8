"""Fit the recommender on a made shop of books: few ratings, and 20,000 sparse columns of features.

Each book has an author, a publisher, a year and a title of six words, from long tails; each reader an age
and a city. Authors are liked by those whose position has their remainder. Processor seconds are of all
threads.
"""

import time

import numpy as np
import pandas as pd

from benchmarks.harness.tables import RESULTS, Table, origin
from dbrec.recommender import HybridRecommender

N_USERS, N_ITEMS, N_RATINGS = 1_300, 50_000, 60_000  # of which 50,000 stay when pairs are taken once
N_AUTHORS, N_PUBLISHERS, N_CITIES, N_WORDS = 60_000, 10_000, 600, 60_000  # 20,000 columns of the rated books


def make_books(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Draw ratings, readers and books; the share of each falls as one over its rank."""

    def drawn(n: int, size: int) -> np.ndarray:
        share = 1 / np.arange(4, n + 4)
        return rng.choice(n, size, p=share / share.sum())

    def names(prefix: str, n: int, size: int) -> list[str]:
        return [f"{prefix}{number}" for number in drawn(n, size)]

    words = np.array(names("w", N_WORDS, 6 * N_ITEMS)).reshape(N_ITEMS, 6)
    authors, years = drawn(N_AUTHORS, N_ITEMS), rng.integers(1950, 2005, N_ITEMS)
    items = pd.DataFrame({"author": [f"a{a}" for a in authors], "title": [" ".join(row) for row in words]})
    items = items.assign(publisher=names("p", N_PUBLISHERS, N_ITEMS), year=years)
    users = pd.DataFrame({"age": rng.integers(10, 80, N_USERS), "city": names("c", N_CITIES, N_USERS)})
    user, item = drawn(N_USERS, N_RATINGS), drawn(N_ITEMS, N_RATINGS)
    liked = (authors[item] % 7 == user % 7) | (rng.random(N_RATINGS) < 0.4)
    ratings = pd.DataFrame({"user_id": user, "item_id": item, "rating": np.where(liked, 8, 5)})
    return ratings.drop_duplicates(["user_id", "item_id"]), users, items


def main() -> None:
    """Measure, and store the row."""
    ratings, users, items = make_books(np.random.default_rng(0))
    cpu, wall = time.process_time(), time.perf_counter()
    model = HybridRecommender(liked_from=7, verbose=False).fit(ratings, users, items)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    columns = sum(side.encoder.features_of(side.encoder.rows).shape[1] for side in model.fitted_.sides)
    row = {"ratings": len(ratings), "items": N_ITEMS, "columns": columns}
    row |= {"cpu_seconds": round(cpu, 2), "seconds": round(wall, 2)}
    made_by = origin("python -m benchmarks newcomers", "numpy", "scipy", "tensorflow")
    Table(RESULTS / "newcomers.csv", ["ratings", "items", "columns"]).store(row | made_by)
