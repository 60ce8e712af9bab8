"""Time dbrec beside the post's way and beside its fastest peers, all in one run."""

import argparse
import time
from collections.abc import Callable, Iterator
from random import Random

import numpy as np

from benchmarks.harness import process
from benchmarks.harness.judging import judge
from benchmarks.harness.tables import RESULTS, Table, today
from benchmarks.harness.tasks import Task, load_task
from benchmarks.systems.registry import SYSTEMS
from dbrec import HybridRecommender
from dbrec._quiet import keras
from dbrec.data.movielens import load_movielens
from dbrec.evaluation.ranking import ranking_metrics
from dbrec.features.encoder import FeatureEncoder
from dbrec.interactions import Interactions
from dbrec.lessons.original_post import build_post_model
from dbrec.settings import Settings
from dbrec.training import batches, fit, loop, position_network, towers
from dbrec.training.sampling import random_triplet

BATCH, LARGE_BATCH = 8192, 32_768
Measured = tuple[str, str, float]  # what, system, value
DRAWN, TRAINED = "triplets drawn a second", "triplets trained a second"
TOWERS_ALONE = {"choice_dim": 0, "learning_rate": 0.006, "l2": 0.01}
# The peers' settings that benchmarks/results/tuning.csv found best.
LOGISTIC = {"normalize": False, "no_components": 64, "epochs": 5}
CORNAC = {"k": 32, "learning_rate": 0.03, "lambda_reg": 0.01, "positive_from": 4}
# A LightFM of a usual size, trained until it gains little.
HYBRID = {"normalize": False, "no_components": 48, "epochs": 15}
RACES = ("LightFM logistic", LOGISTIC, "auc", "auc_per_user"), ("Cornac BPR", CORNAC, "ranking", "ndcg")


def rate(draw: Callable[[], int], seconds: float = 3.0) -> float:
    """Triplets a second of calls that each say how many triplets they made; the first one isn't timed."""
    draw()
    start, made = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        made += draw()
    return made / (time.perf_counter() - start)


def trained(network, dataset, triplets_a_step: int, steps: int = 60) -> float:
    """Triplets a second of the fastest of three epochs after the one that compiles."""
    ends = []
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: ends.append(time.perf_counter()))
    loop.train(network, dataset, steps, epochs=4, verbose=False, callbacks=[clock])
    return steps * triplets_a_step / float(np.diff(ends).min())


def of_the_post(task: Task) -> Iterator[Measured]:
    """Measure the post's composer, and steps of 32 triplets that it composed, by train_on_batch."""
    liked = task.train["rating"] >= task.liked_from
    parts = task.train[liked], task.train[~liked]
    films = [part.groupby("user_id")["item_id"].apply(list).to_dict() for part in parts]
    yield DRAWN, "the post's composer", rate(lambda: len([random_triplet(*films, Random(0))]))
    users = FeatureEncoder.fit(task.train["user_id"], task.users)
    genres = FeatureEncoder.fit(task.train["item_id"], task.items[["genres"]])
    network = build_post_model(users.width - 1, genres.width - 1, 64, genres.n_trained)[0]
    network.compile(keras.optimizers.Adam())
    random = Random(0)

    def step() -> int:
        a, p, n = zip(*[random_triplet(*films, random) for _ in range(32)], strict=True)
        network.train_on_batch([users(a)[:, 1:], genres(p)[:, 1:], genres(n)[:, 1:]])
        return 32

    yield TRAINED, "the post's code", rate(step)


def of_ours(task: Task) -> Iterator[Measured]:
    """Measure what dbrec draws and trains a second, and how soon it has ranked and judged lists."""
    rated = Interactions.from_frame(task.train, task.liked_from)
    ready = fit.prepare(Settings(choice_dim=0), rated, task.users, task.items, calibrate=False)
    encoders, samplers = (ready.user_encoder, ready.item_encoder), list(ready.samplers.values())
    for name, sampler in zip(("users", "films"), samplers, strict=True):
        drawn = rate(lambda sampler=sampler: len(sampler.sample(BATCH).anchor))
        yield DRAWN, f"dbrec, {name} as anchors", drawn
    rows = [encoder(encoder.trained_ids) for encoder in encoders]
    network = towers.build_model(*encoders, dropout=0.0)[0]
    feed = batches.triplet_dataset(samplers, [rows, rows[::-1]], BATCH)
    yield TRAINED, "dbrec, rows of ids and features", trained(network, feed, 2 * BATCH)
    for size, name in [(BATCH, ""), (LARGE_BATCH, f", batches of {LARGE_BATCH:,}")]:
        network = position_network.PositionNetwork(*towers.build_towers(*encoders, dropout=0.0), *rows)
        speed = trained(network, batches.position_dataset(samplers, size), 2 * size)
        yield TRAINED, f"dbrec, ids and features{name}", speed
    model = HybridRecommender(epochs=1, verbose=False).fit(task.train, task.users, task.items)
    relevant = task.judged[task.judged["rating"] >= task.liked_from]
    start = time.perf_counter()
    ranking_metrics(model.recommend(task.train["user_id"].unique()), relevant)  # the seen ones are left out
    yield "seconds to rank all films for all users", "dbrec", time.perf_counter() - start


def of_peers(name: str, task: Task) -> Iterator[Measured]:
    """Measure the fastest peers, and dbrec until it has the figure that each of them ends with."""
    if not process.PEERS_PYTHON.exists():
        return  # `make peers` makes their environment
    asked = {"threads": 2, "peers": True}
    [found] = process.run("benchmarks.systems.lightfm_models:bpr_rate", name, what="LightFM BPR", **asked)
    yield TRAINED, "LightFM BPR, ids and features", found["triplets_a_second"]
    validate = "benchmarks.studies.compare:validate"
    for system, params, peers in (
        ("LightFM logistic", HYBRID, True),
        ("dbrec: HybridRecommender", {}, False),
    ):
        how = {"threads": 2, "peers": peers}
        [found] = process.run(validate, name, system, params, "auc", what=system, **how)
        yield "processor seconds of a fit", system, found["fit_cpu_seconds"]
    for system, params, metric, figure in RACES:
        [found] = process.run(validate, name, system, params, metric, what=system, **asked)
        what, target = f"seconds to {figure} {found[figure]:.4f}", found[figure]
        yield what, system, found["fit_seconds"]
        yield what, "dbrec", seconds_to(task, metric, figure, target)
        if metric == "auc":
            yield what, "dbrec, towers alone", seconds_to(task, metric, figure, target, **TOWERS_ALONE)


def seconds_to(task: Task, metric: str, figure: str, target: float, **settings) -> float:
    """Seconds of a fit of as few epochs as reach a figure on validation."""
    for epochs in range(1, 20):
        keras.backend.clear_session()
        start = time.perf_counter()
        model = HybridRecommender(epochs=epochs, verbose=False, **settings)
        model.fit(task.train, task.users, task.items)
        seconds = time.perf_counter() - start
        if judge(task, model, [metric], intervals=False)[figure] >= target:
            return seconds
    return np.nan


def main() -> None:
    """Measure all of it, and print and store it row by row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", default="ml-1m", choices=["ml-1m", "ml-100k"])
    name = parser.parse_args().data
    task = load_task("warm", load_movielens(name), "validation")
    table = Table(RESULTS / "speed.csv", ["data", "what", "system"], sort_by=["system"], order=SYSTEMS)
    for measured in (of_the_post(task), of_ours(task), of_peers(name, task)):
        for what, system, value in measured:
            row = {"data": name, "what": what, "system": system, "value": float(f"{value:.4g}")}
            table.store(row | {"date": today(), "command": f"python -m benchmarks speed {name}"})
