"""Time dbrec beside the post's way and beside its fastest peers, all in one run.

Rates are of triplets a second, drawing included. "Seconds to" is what a fit takes from ratings in a frame to
the figure that a peer ends with, on the validation part of the split ``warm``: with compiling, without
importing and reading the files; "towers alone" is a fit without histories. A row is written to
results/speed.csv as it is measured. Without the peers' environment (`make peers`) their rows are left out.

Usage: python -m benchmarks.speed [ml-1m | ml-100k]
"""

import datetime
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import numpy as np

from benchmarks.compare import PEERS_PYTHON, ROOT, store
from benchmarks.judging import judge
from benchmarks.tasks import Task, load_task
from benchmarks.worker import MARK
from dbrec import HybridRecommender
from dbrec._quiet import keras
from dbrec.data.movielens import load_movielens
from dbrec.evaluation.ranking import ranking_metrics
from dbrec.features.encoder import FeatureEncoder
from dbrec.lessons.original_post import build_post_model
from dbrec.training.batches import position_dataset, triplet_dataset
from dbrec.training.loop import train
from dbrec.training.position_network import TableNetwork
from dbrec.training.sampling import TripletSampler, random_triplet
from dbrec.training.towers import build_model, build_towers

BATCH, LARGE_BATCH = 8192, 32_768
TOWERS_ALONE = {"history_dim": 0, "learning_rate": 0.006, "l2": 0.01}
RESULTS = Path(__file__).parent / "results" / "speed.csv"


def rate(draw: Callable[[], int], seconds: float = 3.0) -> float:
    """Triplets a second of calls that each say how many triplets they made; the first one isn't timed."""
    draw()
    start, made = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        made += draw()
    return made / (time.perf_counter() - start)


class Parts:
    """The encoders, rows and samplers that the rates are measured with."""

    def __init__(self, task: Task):
        train, self.task = task.train, task
        self.users = FeatureEncoder.fit(train["user_id"], task.users)
        self.items = FeatureEncoder.fit(train["item_id"], task.items)
        self.genres = FeatureEncoder.fit(train["item_id"], task.items[["genres"]])
        self.rows = self.users(self.users.ids), self.items(self.items.ids)
        places = self.users.ids.get_indexer(train["user_id"]), self.items.ids.get_indexer(train["item_id"])
        self.samplers = [
            TripletSampler(*places, train["rating"]),
            TripletSampler(*places[::-1], train["rating"], positive_from=task.liked_from),
        ]
        liked = train["rating"] >= task.liked_from
        self.films = [
            part.groupby("user_id")["item_id"].apply(list).to_dict() for part in (train[liked], train[~liked])
        ]

    def post_step(self) -> Callable[[], int]:
        """Make one step of the post's training: 32 triplets composed in Python, then train_on_batch."""
        network = build_post_model(self.users.width - 1, self.genres.width - 1, 64, len(self.items.ids))[0]
        network.compile(keras.optimizers.Adam())
        random = Random(0)

        def step() -> int:
            drawn = [random_triplet(*self.films, random) for _ in range(32)]
            a, p, n = zip(*drawn, strict=True)
            network.train_on_batch([self.users(a)[:, 1:], self.genres(p)[:, 1:], self.genres(n)[:, 1:]])
            return 32

        return step


def trained(network, dataset, triplets_a_step: int, steps: int = 60) -> float:
    """Triplets a second of the fastest of three epochs after the one that compiles."""
    ends = []
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: ends.append(time.perf_counter()))
    train(network, dataset, steps, epochs=4, verbose=False, callbacks=[clock])
    return steps * triplets_a_step / float(np.diff(ends).min())


def rates(parts: Parts) -> Iterator[tuple[str, str, float]]:
    """Measure what is drawn and what is trained a second."""
    users, films = parts.samplers
    drawn, by_table = "triplets drawn a second", "triplets trained a second"
    yield drawn, "the post's composer", rate(lambda: len([random_triplet(*parts.films, Random(0))]))
    yield drawn, "dbrec, users as anchors", rate(lambda: len(users.sample(BATCH).anchor))
    yield drawn, "dbrec, films as anchors", rate(lambda: len(films.sample(BATCH).anchor))
    yield by_table, "the post's code", rate(parts.post_step())
    by_rows = build_model(parts.users, parts.items, dropout=0.0)[0]
    feed = triplet_dataset(parts.samplers, [parts.rows, parts.rows[::-1]], BATCH)
    yield by_table, "dbrec, rows of ids and features", trained(by_rows, feed, 2 * BATCH)
    for size, name in [(BATCH, ""), (LARGE_BATCH, f", batches of {LARGE_BATCH:,}")]:
        network = TableNetwork(*build_towers(parts.users, parts.items, dropout=0.0), *parts.rows)
        feed = position_dataset(parts.samplers, size)
        yield by_table, f"dbrec, ids and features{name}", trained(network, feed, 2 * size)


def seconds_to(task: Task, metric: str, figure: str, target: float, **settings) -> float:
    """Seconds of a single member's fit of as few epochs as reach a figure on validation."""
    for epochs in range(1, 20):
        keras.backend.clear_session()
        start = time.perf_counter()
        model = HybridRecommender(epochs=epochs, members=1, verbose=False, **settings)
        model.fit(task.train, task.users, task.items)
        seconds = time.perf_counter() - start
        if judge(task, model, [metric], intervals=False)[figure] >= target:
            return seconds
    return np.nan


def ranking_seconds(task: Task) -> float:
    """Seconds to rank all films for all users, leave the seen ones out and compute NDCG@10."""
    model = HybridRecommender(epochs=1, members=1, verbose=False).fit(task.train, task.users, task.items)
    relevant = task.judged[task.judged["rating"] >= task.liked_from]
    start = time.perf_counter()
    ranking_metrics(model.recommend(task.train["user_id"].unique()), relevant)
    return time.perf_counter() - start


def peers(name: str) -> dict[str, dict]:
    """Let the peers' environment time its libraries; nothing where there is none."""
    if not PEERS_PYTHON.exists():
        return {}
    command = [str(PEERS_PYTHON), "-m", "benchmarks.peers.speed", name]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    lines = [json.loads(line.removeprefix(MARK)) for line in said.splitlines() if line.startswith(MARK)]
    return {line.pop("system"): line for line in lines}


def main(name: str = "ml-1m") -> None:
    """Measure all of it, and print and store it row by row."""
    task = load_task("warm", load_movielens(name), "validation")

    def keep(what: str, system: str, value: float) -> None:
        row = {"data": name, "what": what, "system": system, "value": float(f"{value:.4g}")}
        row["date"] = datetime.date.today().isoformat()
        store(RESULTS, row | {"command": f"python -m benchmarks.speed {name}"}, ["data", "what", "system"])
        print(f"{what:45} {system:32} {value:14,.2f}", flush=True)

    of_peers = peers(name)
    for row in rates(Parts(task)):
        keep(*row)
    if "LightFM BPR" in of_peers:
        value = of_peers["LightFM BPR"]["triplets_a_second"]
        keep("triplets trained a second", "LightFM BPR, ids and features", value)
    for system, metric, figure in [
        ("LightFM logistic", "auc", "auc_per_user"),
        ("Cornac BPR", "ranking", "ndcg"),
    ]:
        if system in of_peers:
            target = of_peers[system][figure]
            what = f"seconds to {figure} {target:.4f}"
            keep(what, system, of_peers[system]["seconds"])
            keep(what, "dbrec", seconds_to(task, metric, figure, target))
            if metric == "auc":
                keep(what, "dbrec, towers alone", seconds_to(task, metric, figure, target, **TOWERS_ALONE))
    keep("seconds to rank all films for all users", "dbrec", ranking_seconds(task))


if __name__ == "__main__":
    main(*sys.argv[1:])
