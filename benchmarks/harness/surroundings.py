"""What surrounds a model, by what it gives: doors, splits, lists and measures on a made example.

A row's `code` holds a digest of these results, and none of the code behind them. A new check or a faster list
so makes no hours of measuring stale, and another split, code, list or figure does.
"""

import hashlib
import json
from dataclasses import asdict
from functools import cache

import numpy as np
import pandas as pd

from dbrec.changes import Changes
from dbrec.checks import positions, raw_ids
from dbrec.data import splits
from dbrec.evaluation.auc import auc, auc_per_user, bootstrap_auc
from dbrec.evaluation.calibration import log_loss
from dbrec.evaluation.ranking import coverage, ranking_metrics
from dbrec.features.encoder import FeatureEncoder
from dbrec.interactions import ROWS, Interactions
from dbrec.scoring.building import build, evidence_of
from dbrec.scoring.choice import Choice
from dbrec.scoring.scorer import VectorScorer
from dbrec.scoring.updates import updated
from dbrec.settings import Settings

MODULES = {
    *(f"benchmarks.harness.{name}" for name in ("code", "process", "surroundings", "tables")),
    *(f"dbrec.{name}" for name in ("checks", "interactions", "newcomer_queries", "products", "progress")),
    *(f"dbrec.{name}" for name in ("changes", "queries", "reading", "settings", "storage")),
    *(f"dbrec.data.{name}" for name in ("download", "files", "movielens", "parsing", "recbole_wheel")),
    *(f"dbrec.data.{name}" for name in ("splits", "textfiles")),
    *(f"dbrec.evaluation.{name}" for name in ("auc", "calibration", "ranking")),
    *(f"dbrec.features.{name}" for name in ("columns", "encoder", "frames", "values")),
    *(f"dbrec.scoring.{name}" for name in ("candidates", "index", "merging", "scorer", "top_places")),
    *(f"dbrec.scoring.{name}" for name in ("choice_updates", "updates")),
    "dbrec.training.asked",
    *(f"dbrec.training.workers{name}" for name in ("", ".distributed", ".jobs", ".launcher", ".state")),
}
"""The modules that are known by what they give. What reads MovieLens is held to its known counts by tests,
and `training.workers` to what a fit gives; no study trains by it. Updates count by their code,
too, where a model is updated (`benchmarks.harness.code`)."""
FACADE = "dbrec.recommender"
"""What it fits is held by a test to what `dbrec.training.fit.fit_model` fits."""


@cache
def digest_of_results() -> str:
    """Give a digest of what the surroundings give on a made example."""
    return hashlib.sha256(json.dumps(results()).encode()).hexdigest()


def results() -> dict:
    """Give the results on a made example, as JSON holds them, floats to six digits."""
    ratings = made_ratings()
    found = {"splits": _splits(ratings), "ids": _ids(), "features": _features(), "doors": _doors(ratings)}
    found |= {"settings": asdict(Settings()), "update": _update(ratings)}
    return _plain(found | _lists_and_measures(ratings))


def made_ratings() -> pd.DataFrame:
    """Make 2,400 ratings of 1 to 5 stars, of 60 users and 80 items, with timestamps."""
    random = np.random.default_rng(0)
    users, items = np.divmod(np.sort(random.choice(60 * 80, 2400, replace=False)), 80)
    stars, times = random.integers(1, 6, 2400), random.permutation(2400)
    return pd.DataFrame({"user_id": users + 1, "item_id": items + 100, "rating": stars, "timestamp": times})


def _splits(ratings: pd.DataFrame) -> dict:
    cuts = {
        "ratings": splits.split_ratings(ratings, 0.2, 1),
        "users": splits.split_users(ratings, 0.1, 1),
        "items": splits.split_items(ratings, 0.1, 1),
        "time": splits.split_by_time(ratings, 0.2),
    }
    return {name: [part.index for part in parts] for name, parts in cuts.items()}


def _ids() -> dict:
    many = [7, "a", ["b", "a"], np.array([3.0, 5.0]), pd.Series([2, 1], dtype="Int64"), pd.Categorical(["x"])]
    known = positions(pd.Index([1, 3, 5]), [5, 4])
    return {"raw": [raw_ids(ids) for ids in many], "known": known}


def _features() -> dict:
    titles = [f"{'the' if number % 2 else 'a'} word number {number % 7}" for number in range(20)]
    frame = pd.DataFrame(
        {
            "group": ["x", "y", None, "z"] * 5,
            "genres": [("Drama",), ("War", "Drama"), (), None] * 5,
            "year": [None, *range(1971, 1990)],
            "title": titles,
        },
        index=pd.Index(range(20), name="user_id"),
    )
    encoder = FeatureEncoder.fit(range(15), frame, "user")
    person = encoder.encode_person({"group": "y", "genres": ["War"], "year": 1980})
    spread = encoder.features([3, 17, 99]).toarray()
    return {"names": encoder.feature_names, "rows": encoder.rows, "person": person, "spread": spread}


def _doors(ratings: pd.DataFrame) -> dict:
    bought = pd.concat([ratings, ratings[:300]])[["user_id", "item_id"]].assign(weight=2.5)
    doors = {
        "ratings": Interactions.from_frame(ratings, 4, sample_weight=np.arange(1, 2401)),
        "choices": Interactions.from_frame(bought, 4),
    }
    return {name: [getattr(door, column) for column in ROWS] for name, door in doors.items()}


def _update(ratings: pd.DataFrame) -> list[int]:
    """Score after an update of a made model by ratings that come, in thousandths: a fit ends with one."""
    random, settings = np.random.default_rng(2), Settings(embedding_dim=3, choice_dim=8)
    known = Interactions.from_frame(ratings[:2000], settings.liked_from)
    encoders = [
        FeatureEncoder.fit(known.user_ids, None, "user"),
        FeatureEncoder.fit(known.item_ids, None, "item"),
    ]
    users, items = (random.normal(0, 0.7, (encoder.n_trained, 4)) for encoder in encoders)
    towers = [np.insert(users, 4, 1, axis=1), np.insert(items, 3, 1, axis=1)]
    choice = Choice.fit(known, settings.choice_dim, 0)
    evidence = evidence_of(known, encoders, choice)
    model = build(settings, known, encoders, evidence, towers, choice, pd.DataFrame())
    vectors = updated(model, Changes.from_frame(ratings[2000:], rated=True), None, None).vectors
    scores = (vectors.users[-6:] + vectors.lists[-6:]) @ vectors.items[:2].T  # of five that came, and of none
    return [round(1000 * float(score)) for score in scores.ravel()]


def _lists_and_measures(ratings: pd.DataFrame) -> dict:
    """Rank and judge by whole numbers, so that a sum in another order is the same sum; no two are equal."""
    random = np.random.default_rng(1)
    users, items = (np.unique(ratings[column]) for column in ("user_id", "item_id"))
    vectors = [random.integers(-5, 6, (len(ids) + 1, 4)) for ids in (users, items)]
    order = [np.full((len(users) + 1, 1), 1 / 128), np.arange(len(items) + 1)[:, None]]
    seen, test = splits.split_ratings(ratings, 0.2, 1)
    scorer = VectorScorer(users, items, *(np.hstack(pair) for pair in zip(vectors, order, strict=True)), seen)
    lists = scorer.recommend(users, exclude=items[:9])
    liked, scores = (test["rating"] >= 4).to_numpy(), scorer.score(test["user_id"], test["item_id"])
    measures = {
        "pooled": auc(liked, scores),
        "per user": auc_per_user(test["user_id"], liked, scores),
        "interval": bootstrap_auc(test["user_id"], liked, scores, n_resamples=20).to_numpy(),
        "ranking": ranking_metrics(lists, test[liked]).mean(),
        "long": ranking_metrics(scorer.recommend(users, 30), test[liked], k=30).mean(),
        "coverage": coverage(lists, len(items)),
        "log loss": log_loss(liked, 1 / (1 + np.exp(-scores / 50))),
    }
    few = scorer.recommend(users[:3], items=items[:20], exclude_seen=False)
    return {"lists": [lists, few], "unknown": scorer.score(999, items[:3]), "measures": measures}


def _plain(value):
    """Turn arrays, frames and numbers into what JSON holds."""
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, pd.DataFrame):
        return {column: _plain(value[column]) for column in value}
    if isinstance(value, (list, tuple, np.ndarray, pd.Series, pd.Index)):
        return [_plain(part) for part in (value.tolist() if hasattr(value, "tolist") else value)]
    return round(float(value), 6) if isinstance(value, (float, np.floating)) else value
