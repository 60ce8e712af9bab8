"""Deep hybrid recommenders, from the ratings to a list of films.

The pipeline, module by module: `data` and `splits` give the ratings, `encoding` turns ids and features into
rows, `sampling` draws triplets, `losses`, `layers` and `models` build the two networks, `training` fits them,
`scoring` ranks, `metrics` judges, `baselines` are there to be beaten, and `recommender` is the facade.
"""

__version__ = "0.1.0"


def __getattr__(name: str):
    """Import the facade on first use, so that data, splits and metrics work without TensorFlow."""
    if name == "HybridRecommender":
        from dbrec.recommender import HybridRecommender

        return HybridRecommender
    raise AttributeError(f"module 'dbrec' has no attribute {name!r}")
