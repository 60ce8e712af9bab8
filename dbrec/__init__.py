"""Deep hybrid recommenders, from the ratings to a list of films; ARCHITECTURE.md shows the rooms."""

import importlib

__version__ = "0.1.0"

# Imported on first use, so that data, splits and measures, and a saved model, work without TensorFlow.
_HOMES = {
    "HybridRecommender": "recommender",
    "load_movielens": "data.movielens",
    "default_dataset": "data.movielens",
    "split_ratings": "data.splits",
    "split_users": "data.splits",
    "split_items": "data.splits",
    "split_by_time": "data.splits",
    "auc": "evaluation.auc",
    "auc_per_user": "evaluation.auc",
    "ranking_metrics": "evaluation.ranking",
    "evaluate": "evaluation.report",
}
__all__ = list(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'dbrec' has no attribute {name!r}: it has {', '.join(_HOMES)}")
    return getattr(importlib.import_module(f"dbrec.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]
