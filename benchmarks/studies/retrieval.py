"""Measure approximate search (dbrec.scoring.index) against exact search: recall, speed, size."""

import argparse
import tempfile
import time
from collections import namedtuple
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.harness.tables import RESULTS as TABLES
from benchmarks.harness.tables import Table, origin
from benchmarks.harness.tasks import ITEM_FEATURES, USER_FEATURES
from dbrec.scoring.index import ItemIndex

RESULTS = TABLES / "retrieval.csv"
K, ROOM, N_QUERIES, N_ALONE = 10, 20, 1000, 100
# A search keeps 8 candidates for each item asked for, 10 or with room 32, so less effort changes nothing.
EFFORTS = {0: (80, 128, 256, 512), ROOM: (256, 512)}
N_TASTES, AT_ONCE = 200, 250
SPREAD = 0.25  # of the logarithm of lengths: about .14 on MovieLens 1M
COLUMNS = (
    "vectors n_items dim room links build_effort effort recall_at_10 recall_lowest_tenth "
    "exact_ms_one approximate_ms_one ratio_one exact_ms_batch approximate_ms_batch ratio_batch "
    "build_seconds save_seconds load_seconds mib versions command date code"
).split()


World = namedtuple("World", "items users")  # vectors, shapes (m, dim) and (n, dim)


def make_world(n_items: int, dim: int, n_users: int = N_QUERIES, seed: int = 0) -> World:
    """Draw items and users around common tastes; the lengths of the items' vectors are log-normal."""
    rng = np.random.default_rng(seed)
    spread = (1 + np.arange(dim)) ** -0.25
    tastes = rng.normal(size=(N_TASTES, dim)) * spread
    sizes = rng.dirichlet(np.full(N_TASTES, 0.5))

    def near_tastes(n: int) -> np.ndarray:
        first, second = rng.choice(N_TASTES, (2, n), p=sizes)
        share = rng.beta(1, 3, size=(n, 1))
        between = (1 - share) * tastes[first] + share * tastes[second]
        return between + 0.6 * spread * rng.normal(size=(n, dim))

    items = near_tastes(n_items) * rng.lognormal(0, SPREAD, size=(n_items, 1)) / np.sqrt(dim)
    return World(items.astype(np.float32), near_tastes(n_users).astype(np.float32))


def fitted_world() -> World:
    """Give the vectors of one member fitted on MovieLens 1M, and those of some users."""
    from dbrec import HybridRecommender
    from dbrec.data.movielens import load_movielens

    data = load_movielens("ml-1m")
    features = data.users[USER_FEATURES], data.movies[ITEM_FEATURES]
    scorer = HybridRecommender(verbose=False).fit(data.ratings, *features).fitted_.scorer
    users = np.random.default_rng(0).choice(len(scorer.user_ids), N_QUERIES, replace=False)
    return World(scorer.item_vectors[:-1], scorer.list_vectors[users])


def exact(items: np.ndarray, queries: np.ndarray, k: int) -> np.ndarray:
    """Give the positions of the k largest dot products, shape (n, k), in no order."""
    parts = [queries[start : start + AT_ONCE] @ items.T for start in range(0, len(queries), AT_ONCE)]
    return np.concatenate([np.argpartition(part, -k, axis=1)[:, -k:] for part in parts])


def recalls(found: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Share of the true positions found, for each query."""
    return (found[:, :, None] == true[:, None, :]).any(axis=1).mean(axis=1)


def seconds(call) -> tuple[float, object]:
    """Time a call, and give its result too."""
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def times(search, users: np.ndarray, kind: str) -> tuple[dict[str, float], np.ndarray]:
    """Milliseconds of a query in a batch and, once all were made, alone (the median); and what is found."""
    search(slice(0, 1))
    batch, found = seconds(lambda: search(slice(0, len(users))))
    alone = [seconds(lambda row=row: search(slice(row, row + 1)))[0] for row in range(N_ALONE)]
    return {f"{kind}_ms_one": 1000 * np.median(alone), f"{kind}_ms_batch": 1000 * batch / len(users)}, found


def measure(world: World, common: dict) -> list[dict]:
    """Measure all efforts, without and with items to leave out, in an index that was saved and loaded."""
    common["build_seconds"], index = seconds(lambda: ItemIndex(world.items))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "items.index"
        common["save_seconds"], _ = seconds(lambda: index.save(path))
        common["load_seconds"], index = seconds(lambda: ItemIndex.load(path))
        common["mib"] = sum(file.stat().st_size for file in path.rglob("*")) / 2**20
    exactly, true = times(lambda part: exact(world.items, world.users[part], K), world.users, "exact")
    best = exact(world.items, world.users, K + ROOM)
    best_scores = np.einsum("nd,nkd->nk", world.users, world.items[best])
    best = np.take_along_axis(best, np.argsort(-best_scores, axis=1), 1)
    rows = []
    for room, wanted, seen in ((0, true, None), (ROOM, best[:, ROOM:], best[:, :ROOM])):
        for index.effort in EFFORTS[room]:
            row = common | exactly | approximately(index, world, wanted, seen)
            row |= {f"ratio_{n}": row[f"exact_ms_{n}"] / row[f"approximate_ms_{n}"] for n in ("one", "batch")}
            rows.append(row | {"room": room, "effort": index.effort})
    return rows


def approximately(index: ItemIndex, world: World, true: np.ndarray, seen: np.ndarray | None) -> dict:
    """Measure the index at its present effort."""

    def search(part: slice) -> np.ndarray:
        return index.search(world.users[part], K, None if seen is None else seen[part])[0]

    took, found = times(search, world.users, "approximate")
    each = np.sort(recalls(found, true))
    return took | {"recall_at_10": each.mean(), "recall_lowest_tenth": each[: len(each) // 10].mean()}


def run(world: World, vectors: str, command: str) -> None:
    """Measure a world, and store its rows in the place of earlier ones; all rows of older code go."""
    same = {"vectors": vectors, "n_items": len(world.items), "dim": world.items.shape[1]}
    common = same | {"links": 16, "build_effort": 128} | origin(command, "numpy", "usearch", "numkong")
    with threadpool_limits(1):
        rows = measure(world, dict(common))
    table = Table(RESULTS, list(same), COLUMNS, [*same, "room", "effort"])
    table.store(*[{k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()} for row in rows])
    table.keep(lambda rows: rows["code"] == common["code"])


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", nargs="+", type=int, default=[100_000, 1_000_000])
    parser.add_argument("--dim", type=int, default=64)
    parser.add_argument("--movielens", action="store_true", help="the vectors of a fitted recommender")
    asked = parser.parse_args()
    if asked.movielens:
        run(fitted_world(), "ml-1m", "python -m benchmarks retrieval --movielens")
        return
    for n_items in asked.items:
        command = f"python -m benchmarks retrieval --items {n_items} --dim {asked.dim}"
        run(make_world(n_items, asked.dim), "made", command)
