"""Climb from the post's model to the one that is shipped, one change a rung, on validation of `warm`."""

import argparse
import json
import time
import tomllib
from collections import namedtuple
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from benchmarks.harness.code import digest
from benchmarks.harness.judging import judge
from benchmarks.harness.tables import RESULTS_OF, Table, origin
from benchmarks.harness.tasks import Task, load_task
from benchmarks.studies.rung_model import Parts, Towers, batch_of_all, n_triplets, of_users, prepared, train
from dbrec import HybridRecommender
from dbrec._quiet import keras
from dbrec.data.movielens import load_movielens
from dbrec.interactions import Interactions
from dbrec.lessons.original_post import BATCH_SIZE, build_post_model
from dbrec.scoring.model import FittedModel
from dbrec.scoring.people import Person
from dbrec.scoring.scorer import VectorScorer
from dbrec.settings import Settings
from dbrec.training.batches import triplet_dataset
from dbrec.training.fit import Prepared, prepare

COLUMNS = (
    "rung base what seed auc_pooled auc_pooled_low auc_pooled_high auc_per_user auc_per_user_low "
    "auc_per_user_high ndcg coverage triplets fit_seconds versions command date code"
).split()
Rung = namedtuple("Rung", "name base changes what")  # what changes in another rung, its base
LISTED = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
LADDER = [Rung(**entries) for entries in LISTED["rungs"]]
RUNGS = {rung.name: rung for rung in LADDER}


def parts_of(name: str) -> Parts:
    """Add up the changes from the first rung to the one of this name."""
    rung = RUNGS[name]
    return replace(parts_of(rung.base) if rung.base else Parts(), **rung.changes)


def settings_of(row: dict) -> str:
    """Write down what a row's rung is made of; nothing where there is no such rung any more."""
    return json.dumps(asdict(parts_of(row["rung"]))) if row["rung"] in RUNGS else ""


def digest_of(row: dict) -> str:
    """Give the digest that a stored row has if it was measured by the code and the rung as they are."""
    return digest("benchmarks.studies.ladder", settings=settings_of(row))


def fit(parts: Parts, task: Task, seed: int) -> tuple[Callable, int]:
    """Fit a model; give what makes its scorer, of parts that share the fit, and the triplets trained on."""
    if parts.model in ("biases", "choice"):
        alone = closed_form(parts.model, task, seed)
        return lambda _: alone, 0
    if parts.model in ("shipped", "liking"):
        left_out = {"choice_dim": 0} if parts.model == "liking" else {}
        model = HybridRecommender(liked_from=task.liked_from, seed=seed, verbose=False, **left_out)
        model.fit(task.train, task.users, task.items)
        drawn = n_triplets(prepared(replace(parts, history="none"), task, seed))
        return lambda asked: scorer_of_shipped(model, task, asked), drawn
    ready = prepared(parts, task, seed)
    if parts.tower != "sums":
        post = fit_post(parts, task, ready)
        return lambda _: post, n_triplets(ready)
    towers = Towers(parts, task, ready)
    towers.train()
    return towers.scorer, n_triplets(ready)


def fit_post(parts: Parts, task: Task, ready: Prepared) -> VectorScorer:
    """Fit the post's network: a table a side, a dense layer and a softmax."""
    encoders = ready.user_encoder, ready.item_encoder
    rows = [np.pad(encoder.rows, [(0, 1), (0, 0)])[:, 1:] for encoder in encoders]
    if parts.tower == "columns apart":  # no two columns share a code
        rows = [side + (side.max() + 1) * np.arange(side.shape[1], dtype=np.int32) for side in rows]
    sizes = [side.shape[1] for side in rows] + [int(side.max()) + 1 for side in rows]
    network, predict = build_post_model(*sizes, parts.dim, siamese=True, seed=ready.settings.seed)
    batch_size = batch_of_all(ready) if parts.large_batches else BATCH_SIZE
    data = triplet_dataset([of_users(parts, ready)], [rows], batch_size)
    train(network, data, parts, n_triplets(ready) // batch_size)
    layers = [predict.get_layer(f"{side}_dense").output for side in ("user", "item")]
    ends = zip(predict.inputs, layers, rows, strict=True)
    vectors = [np.asarray(keras.Model(row, out)(side)) for row, out, side in ends]
    return VectorScorer(*(encoder.all_ids for encoder in encoders), *vectors, task.train)


def closed_form(part: str, task: Task, seed: int) -> VectorScorer:
    """Solve for the biases that training starts from, or for choice, and score by that alone."""
    known = Interactions.from_frame(task.train, task.liked_from)
    settings = Settings(liked_from=task.liked_from, seed=seed)
    ready = prepare(settings, known, task.users, task.items, calibrate=False)
    users, items = ready.choice.users, ready.choice.factors.as_candidate
    users, items = (np.pad(side, [(0, 1), (0, 0)]) for side in (users, items))
    if part == "biases":
        user, item = (np.append(side, 0.0)[:, None] for side in ready.biases)
        users, items = np.hstack([user, np.ones_like(user)]), np.hstack([np.ones_like(item), item])
    return VectorScorer(known.user_ids, known.item_ids, users, items, task.train)


def scorer_of_shipped(recommender, task: Task, parts: Parts):
    """Give the recommender itself, or a scorer that takes every user for somebody who isn't in the data."""
    if parts.users == "trained":
        return recommender
    return as_newcomers(recommender.fitted_, task, parts.users == "features and ratings")


def as_newcomers(model: FittedModel, task: Task, with_ratings: bool) -> VectorScorer:
    """Give every user the rows of a newcomer with their features and, or without, their ratings.

    The items' vectors, and what features tell, were learned from all of them; the study `compare` has a task
    of users that nothing was learned from.
    """
    v, liked = model.vectors, task.train["rating"] >= task.liked_from
    rows = [task.train[liked], task.train[~liked]]
    told = [part.groupby("user_id")["item_id"].agg(list) if with_ratings else {} for part in rows]
    users, lists = v.users.copy(), v.lists.copy()
    for place, user in enumerate(v.user_ids):
        person = Person.of(model, task.users.loc[user], *(named.get(user, ()) for named in told))
        users[place], lists[place] = person.scoring, person.showing
    return VectorScorer(v.user_ids, v.item_ids, users, v.items, task.train, lists)


class Ladder:
    """Measure rungs; those that differ only in how they score share one fit."""

    def __init__(self, task: Task, path: Path, command: str):
        self.task, self.command = task, command
        self.table = Table(path, ["rung", "seed"], COLUMNS, order=RUNGS)
        self.fitted, self.scorer_of, self.triplets, self.seconds = None, None, 0, 0.0

    def climb(self, name: str, seed: int) -> None:
        """Measure a rung with a seed, unless its row is there and of the code as it is now."""
        known = {"rung": name, "base": RUNGS[name].base, "what": RUNGS[name].what, "seed": seed}
        made_by = origin(self.command, "numpy", "tensorflow", "keras", settings=settings_of(known))
        if len(self.table.rows(rung=name, seed=seed, code=made_by["code"])):
            return
        scorer = self._fit(parts_of(name), seed)
        judged = judge(self.task, scorer, ("auc", "ranking"), intervals=seed == 0)
        row = known | {key: round(float(value), 5) for key, value in judged.items()}
        row |= {"triplets": self.triplets, "fit_seconds": round(self.seconds, 1)}
        self.table.store(row | made_by)

    def _fit(self, parts: Parts, seed: int):
        if self.fitted != (parts.of_fit(), seed):
            keras.backend.clear_session()
            start = time.perf_counter()
            self.scorer_of, self.triplets = fit(parts.of_fit(), self.task, seed)
            self.fitted, self.seconds = (parts.of_fit(), seed), time.perf_counter() - start
        return self.scorer_of(parts)


def main() -> None:
    """Climb all rungs with the first seed, then with the next; rows of rungs that are gone go, too."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="ml-1m", choices=["ml-1m", "ml-100k"])
    parser.add_argument("--only", nargs="+", default=list(RUNGS), choices=list(RUNGS), metavar="RUNG")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    asked = parser.parse_args()
    task = load_task("warm", load_movielens(asked.data), "validation")
    command = f"python -m benchmarks ladder --data {asked.data}"
    ladder = Ladder(task, RESULTS_OF[asked.data] / "ladder.csv", command)
    for seed in asked.seeds:
        for name in asked.only:
            ladder.climb(name, seed)
    ladder.table.keep(lambda rows: rows["rung"].isin(RUNGS))
