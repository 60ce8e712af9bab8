"""Measure `FeatureMap.fit` on as many items, feature columns and targets as a shop of books has.

Each made book has two authors, a publisher, two kinds and eight words of a title, from long tails. Then
scikit-learn's `Ridge` solves the first targets, one after another; its seconds for all are extrapolated, not
measured. Processor seconds are of all threads. `largest_difference`: of the weights, on those targets.
"""

import time

import numpy as np
from scipy import sparse
from sklearn.linear_model import Ridge

from benchmarks.harness.tables import ORIGIN, RESULTS, Table, today, versions
from dbrec.scoring.newcomers import ENOUGH, L2, FeatureMap

N_ITEMS, N_TARGETS, N_RIDGE = 15_000, 264, 8
KINDS = ((9_000, 2), (1_500, 1), (100, 2), (9_400, 8))  # columns, and draws a row


def make_books(rng: np.random.Generator) -> sparse.csr_matrix:
    """Draw features as 0 and 1, shape (15000, 20000): a column's share falls as one over its rank."""
    parts = []
    for n_columns, n_draws in KINDS:
        share = 1 / np.arange(4, n_columns + 4)
        drawn = rng.choice(n_columns, N_ITEMS * n_draws, p=share / share.sum())
        ones = np.ones(len(drawn)), (np.repeat(np.arange(N_ITEMS), n_draws), drawn)
        parts.append(sparse.csr_matrix(ones, shape=(N_ITEMS, n_columns)).astype(bool))
    return sparse.hstack(parts, "csr").astype(float)


def main() -> None:
    """Measure, and store the row."""
    rng = np.random.default_rng(0)
    features, n_ratings = make_books(rng), np.ceil(1 + 5 * rng.pareto(1, N_ITEMS))
    vectors = features @ rng.normal(0, 0.1, (features.shape[1], N_TARGETS))
    vectors += rng.normal(0, 0.3, vectors.shape)
    certainty, start, wall = n_ratings / (n_ratings + ENOUGH), time.process_time(), time.perf_counter()
    found = FeatureMap.fit(features, vectors, n_ratings)
    cpu, wall, start = time.process_time() - start, time.perf_counter() - wall, time.process_time()
    ridge = Ridge(L2).fit(features, vectors[:, :N_RIDGE], sample_weight=certainty / certainty.mean())
    ridge_cpu = time.process_time() - start
    row = {"items": N_ITEMS, "columns": features.shape[1], "ones": features.nnz, "targets": N_TARGETS}
    row |= {"cpu_seconds": cpu, "seconds": wall, "ridge_targets": N_RIDGE, "ridge_cpu_seconds": ridge_cpu}
    row["ridge_cpu_seconds_extrapolated"] = ridge_cpu / N_RIDGE * N_TARGETS
    row["largest_difference"] = np.abs(ridge.coef_.T - found.weights[:, :N_RIDGE]).max()
    row = {name: round(value, 5) for name, value in row.items()}
    origin = versions("numpy", "scipy", "scikit-learn"), "python -m benchmarks newcomers", today()
    Table(RESULTS / "newcomers.csv", ["items", "columns"]).store(row | dict(zip(ORIGIN, origin, strict=True)))
