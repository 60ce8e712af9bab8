"""EASE, EDLAE and implicit ALS by the library irspack."""

import contextlib
import os

import numpy as np
from irspack import DenseSLIMRecommender, EDLAERecommender, IALSRecommender

from benchmarks.systems.baselines import Catalogue, positive_from


def fit_ease(train, users, items, liked_from, seed, l2, low_weight, later=None):
    """Solve EASE (Steck 2019) on 1 for liked items and `low_weight` for those rated lower."""
    return _of_items(DenseSLIMRecommender, train, later, liked_from, low_weight, reg=l2)


def fit_edlae(train, users, items, liked_from, seed, l2, dropout_odds, low_weight, later=None):
    """Solve EDLAE (Steck 2020), EASE with dropout in closed form, on such a table."""
    settings = {"reg": l2, "dropout_p": dropout_odds / (1 + dropout_odds)}
    return _of_items(EDLAERecommender, train, later, liked_from, low_weight, **settings)


def _of_items(kind, train, later, liked_from, low_weight, **settings):
    catalogue = Catalogue(train, later)
    model = kind(catalogue.positives(train, liked_from, low_weight), **settings).learn()
    rows = catalogue.positives(catalogue.seen, liked_from, low_weight)
    return catalogue.scorer(rows.toarray(), np.asarray(model.W).T)


def fit_ials(train, users, items, liked_from, seed, positives, factors, unobserved, l2, epochs, later=None):
    """Fit implicit ALS as "Revisiting the Performance of iALS" sets it (Rendle et al. 2022).

    The penalty grows with how often an id occurs; `unobserved` is the weight of what wasn't watched.
    """
    catalogue, lowest = Catalogue(train, later), positive_from(positives, liked_from)
    settings = {"alpha0": unobserved, "reg": l2, "nu": 1.0, "n_threads": 1, "random_seed": seed}
    table = catalogue.positives(train, lowest)
    with open(os.devnull, "w") as nothing, contextlib.redirect_stdout(nothing):  # a bar for each fit
        model = IALSRecommender(table, factors, train_epochs=epochs, **settings).learn()
    user_vectors = np.array(model.get_user_embedding())
    if later is not None:
        new = catalogue.positives(later, lowest)
        told = np.flatnonzero(np.diff(new.indptr))
        user_vectors[told] = model.compute_user_embedding(new[told])
    return catalogue.scorer(user_vectors, model.get_item_embedding())
