"""Time dbrec beside the post's code and its peers in one run, by processor seconds.

The peers' environment imports this module, too, and has no TensorFlow: that is imported where it is used.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from functools import cache
from random import Random
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.harness import process
from benchmarks.harness.judging import judge
from benchmarks.harness.tables import RESULTS, Table, origin, versions
from benchmarks.harness.tasks import Task, load_task
from benchmarks.systems.baselines import Catalogue
from benchmarks.systems.registry import SYSTEMS
from dbrec import HybridRecommender
from dbrec.data.movielens import load_movielens
from dbrec.features.encoder import FeatureEncoder
from dbrec.interactions import Interactions
from dbrec.settings import Settings
from dbrec.training.sampling import random_triplet

THREADS = 1  # of each library; processor seconds are of all threads together
COLUMNS = "data what system value reached params threads versions command date code".split()
DRAWN, TRAINED = "triplets drawn a second", "triplets trained a second"
RANKED = "seconds to rank all films for all users"
ONE_LIST, FOR_NEWCOMER = "milliseconds of one list", "milliseconds of a newcomer's list"
OURS, PEER, NEWCOMER = "dbrec", "implicit, vectors as long", "dbrec, a form and five liked films"
BATCH, LARGE_BATCH, LISTED = 8192, 32_768, 10
EPOCHS = 1, 2, 3, 4, 6, 9  # that a fit may take; the last is its default
RACES = "LightFM logistic", "Cornac MF", "Cornac BPR", "EASE", "implicit ALS"
FIGURES = {"auc": "auc_per_user", "ndcg": "ndcg"}  # of what a system is made for
# What of a row's name, system, settings, which of them is the number of epochs, and few and many of these.
BPR = (
    ("ids and features", "LightFM BPR", {"normalize": True, "no_components": 64}, "epochs", 1, 3),
    ("ids alone, 32 places", "Cornac BPR", {"k": 32, "positives": "liked"}, "max_iter", 20, 120),
    ("ids alone, 64 places", "Cornac BPR", {"k": 64, "positives": "liked"}, "max_iter", 20, 120),
)


def settings_of(system: str, goal: str, path=RESULTS / "tuning.csv") -> dict:
    """Give the settings of a system that reached most of a goal, ``"auc"`` or ``"ndcg"``, on `warm`.

    Raises:
        ValueError: If `compare` has stored no trials of it.
    """
    trials = Table(path, []).rows(task="warm", system=system, tuned_for=goal)
    if trials.empty:
        raise ValueError(f"{path.name} has no trials of {system} for {goal}: run the study compare first")
    return json.loads(trials.loc[trials["goal"].idxmax(), "params"])


def beside(fit: Callable[[int], dict], figure: str, target: float) -> dict:
    """Give dbrec's fit of the fewest epochs that reach a figure; if none does, the last, without seconds."""
    for epochs in EPOCHS:
        if (found := fit(epochs))[figure] >= target:
            return found
    return found | {"value": np.nan}


def rate(make: Callable[[], int], seconds: float = 3.0) -> float:
    """How many a second are made by calls that each say how many; the first one isn't timed."""
    make()
    start, made = time.process_time(), 0
    while time.process_time() - start < seconds:
        made += make()
    return made / (time.process_time() - start)


def in_turn(calls: dict[str, Callable[[int], object]], rounds: int = 10, each: int = 30) -> dict[str, float]:
    """Processor milliseconds of each call, the median of many; each is given how many came before.

    They take turns of `each`, so that what else the machine does meets all of them, and each finds in the
    caches what it left there.
    """
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for start in range(0, rounds * each, each):
        for name, call in calls.items():
            for number in range(start, start + each):
                begin = time.process_time()
                call(number)
                spent[name].append(time.process_time() - begin)
    return {name: 1000 * float(np.median(seconds)) for name, seconds in spent.items()}


def trained(network, dataset, triplets_a_step: int, steps: int = 60) -> float:
    """Triplets a second of the fastest of three epochs after the one that compiles."""
    from dbrec._quiet import keras
    from dbrec.training.loop import train

    ends = []
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: ends.append(time.process_time()))
    train(network, dataset, steps, epochs=4, verbose=False, callbacks=[clock])
    return steps * triplets_a_step / float(np.diff(ends).min())


def of_the_post(data: str) -> Iterator[dict]:
    """Measure the post's composer, and steps of 32 triplets that it composed, by train_on_batch."""
    from dbrec._quiet import keras
    from dbrec.lessons.original_post import build_post_model

    task, random = task_of(data), Random(0)
    liked = task.train["rating"] >= task.liked_from
    parts = task.train[liked], task.train[~liked]
    films = [part.groupby("user_id")["item_id"].apply(list).to_dict() for part in parts]
    value = rate(lambda: len([random_triplet(*films, random)]))
    yield {"what": DRAWN, "system": "the post's composer", "value": value}
    users = FeatureEncoder.fit(task.train["user_id"], task.users)
    genres = FeatureEncoder.fit(task.train["item_id"], task.items[["genres"]])
    network = build_post_model(users.width - 1, genres.width - 1, 64, genres.n_trained)[0]
    network.compile(keras.optimizers.Adam())

    def step() -> int:
        a, p, n = zip(*[random_triplet(*films, random) for _ in range(32)], strict=True)
        network.train_on_batch([users(a)[:, 1:], genres(p)[:, 1:], genres(n)[:, 1:]])
        return 32

    yield {"what": TRAINED, "system": "the post's code", "value": rate(step)}


def of_ours(data: str, folder: str) -> Iterator[dict]:
    """Measure what dbrec draws and trains a second, and save a model that was fitted by one epoch."""
    from dbrec.training import batches, fit, towers

    task = task_of(data)
    rated = Interactions.from_frame(task.train, task.liked_from)
    ready = fit.prepare(Settings(choice_dim=0), rated, task.users, task.items, calibrate=False)
    encoders, samplers = (ready.user_encoder, ready.item_encoder), list(ready.samplers.values())
    for name, sampler in zip(("users", "films"), samplers, strict=True):
        value = rate(lambda sampler=sampler: len(sampler.sample(BATCH).anchor))
        yield {"what": DRAWN, "system": f"dbrec, {name} as anchors", "value": value}
    rows = [encoder(encoder.trained_ids) for encoder in encoders]
    feed = batches.triplet_dataset(samplers, [rows, rows[::-1]], BATCH)
    value = trained(towers.build_model(*encoders, dropout=0.0)[0], feed, 2 * BATCH)
    yield {"what": TRAINED, "system": "dbrec, rows of ids and features", "value": value}
    ids = fit.prepare(Settings(choice_dim=0, embedding_dim=32), rated, None, None, calibrate=False)
    names = "ids and features", f"ids and features, batches of {LARGE_BATCH:,}", "ids alone, 32 places"
    for name, prepared, size in zip(names, (ready, ready, ids), (BATCH, LARGE_BATCH, BATCH), strict=True):
        value = trained(prepared.networks()[0], batches.position_dataset(samplers, size), 2 * size)
        yield {"what": TRAINED, "system": f"dbrec, {name}", "value": value}
    HybridRecommender(epochs=1, verbose=False).fit(task.train, task.users, task.items).save(folder)


def of_serving(data: str, folder: str) -> Iterator[dict]:
    """Measure how soon a saved model has lists, beside implicit with drawn vectors that are as long.

    The peers' environment serves both, in one process.
    """
    from implicit.als import AlternatingLeastSquares

    made_by = {"versions": versions("numpy", "pandas", "implicit")}
    start = time.process_time()
    ours = HybridRecommender.load(folder)
    spent = time.process_time() - start
    yield {"what": "seconds to load a model", "system": OURS, "value": spent} | made_by
    task, draw = task_of(data), np.random.default_rng(0).standard_normal
    seen, width = Catalogue(task.train).positives(task.train, 0), ours.fitted_.vectors.items.shape[1]
    peer = AlternatingLeastSquares(num_threads=THREADS)
    peer.user_factors, peer.item_factors = (draw((size, width), np.float32) for size in seen.shape)
    users, rows = task.train["user_id"].unique(), np.arange(seen.shape[0])
    value = len(users) / rate(lambda: len(ours.recommend(users, LISTED)) // LISTED)
    yield {"what": RANKED, "system": OURS, "value": value} | made_by
    value = len(users) / rate(lambda: len(peer.recommend(rows, seen, LISTED)[0]))
    yield {"what": RANKED, "system": PEER, "value": value} | made_by
    films = np.random.default_rng(0).choice(task.train["item_id"].unique(), (300, 5)).tolist()
    form = task.users.iloc[0].to_dict()
    calls = {
        OURS: lambda number: ours.recommend(users[number], LISTED),
        PEER: lambda number: peer.recommend(number, seen[number], LISTED),
        NEWCOMER: lambda number: ours.recommend_for(form, liked=films[number]),
    }
    for system, value in in_turn(calls).items():
        what = FOR_NEWCOMER if system == NEWCOMER else ONE_LIST
        yield {"what": what, "system": system, "value": value} | made_by


def of_fit(data: str, name: str, params: dict) -> Iterator[dict]:
    """Measure a fit from the frames in memory, and what it reaches on validation."""
    task, system = task_of(data), SYSTEMS[name]
    function = process.named(f"benchmarks.systems.{system.fit}")
    start = time.process_time()
    model = function(task.train, task.users, task.items, task.liked_from, 0, **system.fixed, **params)
    row = {"system": name, "value": time.process_time() - start, "params": json.dumps(params)}
    row |= {"versions": versions("numpy", *system.packages)}
    row |= {"n_liked": int((task.train["rating"] >= task.liked_from).sum())}
    yield row | judge(task, model, ["auc", "lists"], intervals=False)


def task_of(data: str) -> Task:
    """Load what is fitted on, and what settings are chosen by."""
    return load_task("warm", load_movielens(data), "validation")


def measured(data: str) -> Iterator[dict]:
    """Measure all of it: rates, lists, and fits of each peer and of dbrec until it has the peer's figure."""

    def run(function: str, *arguments, peers: bool = False) -> Iterator[dict]:
        how = {"what": f"{function} {arguments}", "threads": THREADS, "peers": peers}
        return process.run(f"benchmarks.studies.speed:{function}", data, *arguments, **how)

    yield from run("of_the_post")
    with TemporaryDirectory() as folder:
        yield from run("of_ours", folder)
        yield from run("of_serving", folder, peers=True)
    for name, system, params, epochs, *numbers in BPR:
        [few], [many] = (run("of_fit", system, params | {epochs: number}, peers=True) for number in numbers)
        rate = (numbers[1] - numbers[0]) * many["n_liked"] / (many["value"] - few["value"])
        yield many | {"what": TRAINED, "system": f"{system}, {name}", "value": rate}
    ours = cache(lambda epochs: list(run("of_fit", "dbrec: HybridRecommender", {"epochs": epochs}))[0])
    for peer in RACES:
        figure = FIGURES[SYSTEMS[peer].aim]
        what = f"processor seconds to the {figure} of {peer}"
        [found] = run("of_fit", peer, settings_of(peer, SYSTEMS[peer].aim), peers=True)
        for row in (found, beside(ours, figure, found[figure])):
            yield row | {"what": what, "reached": round(row[figure], 5)}


def main() -> None:
    """Measure all of it, print and store it row by row, and drop the rows of older code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", default="ml-1m", choices=["ml-1m", "ml-100k"])
    name = parser.parse_args().data
    made = origin(f"python -m benchmarks speed {name}", "numpy", "tensorflow")
    table = Table(RESULTS / "speed.csv", ["data", "what", "system"], COLUMNS, sort_by=["data", "what"])
    for found in measured(name):
        row = made | {"data": name, "threads": THREADS} | found | {"value": float(f"{found['value']:.4g}")}
        table.store({column: row.get(column) for column in COLUMNS})
    table.keep(lambda rows: (rows["data"] != name) | (rows["code"] == made["code"]))
