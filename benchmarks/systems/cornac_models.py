"""BPR and biased matrix factorisation by the library Cornac."""

import numpy as np
from cornac.data import Dataset
from cornac.models import BPR, MF

from benchmarks.systems.baselines import Catalogue, positive_from


def fit_bpr(train, users, items, liked_from, seed, positives, **params):
    """Fit Cornac's BPR."""
    rows = train[train["rating"] >= positive_from(positives, liked_from)]
    return _fit(BPR(num_threads=1, seed=seed, **params), rows, train)


def fit_mf(train, users, items, liked_from, seed, **params):
    """Fit Cornac's matrix factorisation with biases on the ratings themselves."""
    return _fit(MF(use_bias=True, num_threads=1, seed=seed, **params), train, train)


def _fit(model, rows, train):
    catalogue = Catalogue(train)
    places = catalogue.places(rows)
    model.fit(Dataset.from_uir(list(zip(*places, rows["rating"].to_numpy(float), strict=True))))
    user_vectors = np.zeros((len(catalogue.users), model.k + 2))
    item_vectors = np.zeros((len(catalogue.items), model.k + 2))
    users, items = list(model.uid_map), list(model.iid_map)  # in the order of the model's rows
    user_vectors[users, :-2], item_vectors[items, :-2] = model.u_factors, model.i_factors
    user_vectors[users, -2] = getattr(model, "u_biases", 0)
    item_vectors[items, -1] = model.i_biases
    user_vectors[:, -1] = item_vectors[:, -2] = 1
    # large steps diverge on few ratings: such a trial is to lose, and not to end the search
    return catalogue.scorer(*(np.nan_to_num(v, posinf=0, neginf=0) for v in (user_vectors, item_vectors)))
