"""Matrix factorisation by the library implicit."""

from implicit.als import AlternatingLeastSquares

from benchmarks.systems.baselines import Catalogue, positive_from


def fit_als(train, users, items, liked_from, seed, positives, **params):
    """Fit implicit's weighted matrix factorisation; `alpha` is the confidence of what was watched."""
    catalogue = Catalogue(train)
    model = AlternatingLeastSquares(random_state=seed, num_threads=1, **params)
    model.fit(catalogue.positives(train, positive_from(positives, liked_from)), show_progress=False)
    return catalogue.scorer(model.user_factors, model.item_factors)
