"""Matrix factorisation by the library implicit."""

from implicit.als import AlternatingLeastSquares
from implicit.bpr import BayesianPersonalizedRanking
from scipy import sparse

from benchmarks.peers.systems import Catalogue


def fit_implicit_als(train, users, items, liked_from, seed, positive_from, **params):
    """Fit implicit's weighted matrix factorisation; `alpha` is the confidence of what was watched."""
    model = AlternatingLeastSquares(random_state=seed, num_threads=1, **params)
    return _fit_implicit(model, train, positive_from)


def fit_implicit_bpr(train, users, items, liked_from, seed, positive_from, **params):
    """Fit implicit's BPR."""
    model = BayesianPersonalizedRanking(random_state=seed, num_threads=1, **params)
    return _fit_implicit(model, train, positive_from)


def _fit_implicit(model, train, positive_from):
    catalogue = Catalogue(train)
    table = sparse.csr_matrix(catalogue.positives(train, positive_from))
    model.fit(table, show_progress=False)
    return catalogue.scorer(model.user_factors, model.item_factors)
