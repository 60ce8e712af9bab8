"""Models made of drawn vectors in place of trained ones: in an instant, and as good to ask as a fit."""

import numpy as np
import pandas as pd

from dbrec.features.encoder import FeatureEncoder
from dbrec.interactions import Interactions
from dbrec.recommender import HybridRecommender
from dbrec.scoring.building import build, evidence_of
from dbrec.scoring.choice import Choice
from dbrec.settings import Settings


def made(ratings, users=None, items=None, dim=3, choice_dim=8, seed=0, sample_weight=None, **others):
    """Make a recommender of ratings and features whose tastes and biases are drawn."""
    settings = Settings(embedding_dim=dim, choice_dim=choice_dim, verbose=False, **others)
    known = Interactions.from_frame(ratings, settings.liked_from, sample_weight=sample_weight)
    encoders = (
        FeatureEncoder.fit(known.user_ids, users, "user"),
        FeatureEncoder.fit(known.item_ids, items, "item"),
    )
    choice, random = Choice.fit(known, choice_dim, 0), np.random.default_rng(seed)
    of_users, of_items = (random.normal(0, 0.7, (encoder.n_trained, dim + 1)) for encoder in encoders)
    ones = np.ones((len(of_users), 1)), np.ones((len(of_items), 1))
    towers = np.hstack([of_users, ones[0]]), np.hstack([of_items[:, :dim], ones[1], of_items[:, dim:]])
    parts = settings, known, encoders, evidence_of(known, encoders, choice), towers, choice
    return HybridRecommender(**vars(settings))._serve(build(*parts, pd.DataFrame()))


KINDS = ["ratings", "choices", "weights"]


def drawn(seed, kind="ratings", n_users=20, n_items=15):
    """Draw who rated, chose or counted what, and features of every kind, some of them missing."""
    random = np.random.default_rng(seed)
    users, items = np.nonzero(random.random((n_users, n_items)) < 0.4)
    frame = pd.DataFrame({"user_id": [f"u{user}" for user in users], "item_id": 100 + items})
    if kind == "ratings":
        frame["rating"] = np.append([5, 1], random.integers(1, 6, len(frame) - 2))
    if kind == "weights":
        frame["weight"] = random.exponential(5, len(frame)).round(1) + 0.1
    ages = np.where(random.random(n_users + 2) < 0.2, np.nan, random.normal(40, 9, n_users + 2).round())
    people = pd.DataFrame({"age": ages, "job": random.choice(["cook", "spy"], n_users + 2)})
    people.index = [*(f"u{user}" for user in range(n_users)), "told", "blank"]
    people.loc["blank"] = [np.nan, None]
    title = [f"The {random.choice(['old', 'new'])} one of {n} in {n % 4}" for n in range(n_items + 2)]
    things = pd.DataFrame({"title": title}, index=100 + np.arange(n_items + 2))
    things["tags"] = [("a", "b") if n % 3 else ("c",) for n in range(n_items + 2)]
    things.loc[100 + n_items + 1] = [None, None]
    return frame, people, things


def covariance(side, n_rated):
    """Give what isn't known of a vector with so many average ratings, as a matrix of both its bases."""
    return side.scatter.basis @ np.diag(1 / (1 + n_rated * side.scatter.told)) @ side.scatter.basis.T
