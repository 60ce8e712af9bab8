"""The systems of this package, behind the same two methods as the peers."""

import numpy as np

from dbrec import HybridRecommender
from dbrec.interactions import Interactions
from dbrec.lessons.original_post import fit_post_model
from dbrec.scoring.choice import Choice
from dbrec.scoring.scorer import VectorScorer
from dbrec.settings import Settings


def fit_post(train, users, items, liked_from, seed):
    """Fit the post's model on the genres, as lesson 8 does it."""
    return fit_post_model(train, users, items[["genres"]], liked_from, seed=seed)


def fit_hybrid(train, users, items, liked_from, seed, later=None, **settings):
    """Fit the facade, with its defaults where nothing is set; what came later updates it."""
    model = HybridRecommender(liked_from=liked_from, seed=seed, verbose=False, **settings)
    model.fit(train, users, items)
    return model if later is None else model.update(later)


def fit_three(train, users, items, liked_from, seed):
    """Fit the facade three times, by seeds that no other fit has, and take the mean."""
    seeds = range(3 * seed, 3 * seed + 3)
    fits = [fit_hybrid(train, users, items, liked_from, seed) for seed in seeds]
    return HybridRecommender.mean_of(fits)


def fit_choice(train, users, items, liked_from, seed):
    """Solve the closed form of choice alone; nothing is trained."""
    interactions = Interactions.from_frame(train, liked_from)
    choice = Choice.fit(interactions, Settings.choice_dim, seed)
    vectors = [np.pad(part, [(0, 1), (0, 0)]) for part in (choice.users, choice.factors.as_candidate)]
    return VectorScorer(interactions.user_ids, interactions.item_ids, *vectors, train)
