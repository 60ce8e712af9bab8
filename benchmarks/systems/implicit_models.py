"""Matrix factorisation by the library implicit."""

from implicit.als import AlternatingLeastSquares
from implicit.bpr import BayesianPersonalizedRanking
from scipy import sparse

from benchmarks.systems.baselines import Catalogue


def fit_als(train, users, items, liked_from, seed, **params):
    """Fit implicit's weighted matrix factorisation; `alpha` is the confidence of what was watched."""
    return _fit(AlternatingLeastSquares, train, seed, **params)


def fit_bpr(train, users, items, liked_from, seed, **params):
    """Fit implicit's BPR."""
    return _fit(BayesianPersonalizedRanking, train, seed, **params)


def _fit(kind, train, seed, positive_from, **params):
    catalogue, model = Catalogue(train), kind(random_state=seed, num_threads=1, **params)
    model.fit(sparse.csr_matrix(catalogue.positives(train, positive_from)), show_progress=False)
    return catalogue.scorer(model.user_factors, model.item_factors)
