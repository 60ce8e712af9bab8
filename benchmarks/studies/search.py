"""Search the settings of HybridRecommender on a part of the training ratings; test is never read."""

import argparse

from optuna.distributions import CategoricalDistribution, FloatDistribution

from benchmarks.harness.tables import RESULTS as TABLES
from benchmarks.harness.tables import today
from benchmarks.harness.tasks import ITEM_FEATURES, USER_FEATURES
from dbrec.data.movielens import load_movielens
from dbrec.data.splits import split_ratings
from dbrec.lessons.tuning import search
from dbrec.recommender import HybridRecommender

RESULTS = TABLES / "search.csv"
SEED = 0
ALWAYS = {"epochs": 15}  # at most
SPACE = {
    "embedding_dim": CategoricalDistribution([16, 32, 64, 128]),
    "learning_rate": FloatDistribution(0.001, 0.02, log=True),
    "l2": FloatDistribution(0.001, 0.1, log=True),
    "choice_dim": CategoricalDistribution([0, 256, 512, 1024]),
}


def main() -> None:
    """Run or go on with the search, and print its five best trials."""
    import keras  # after dbrec, which silences TensorFlow's start

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n_trials", nargs="?", type=int, default=30, help="half a minute each, on two cores")
    data = load_movielens("ml-1m")
    users, items = data.users[USER_FEATURES], data.movies[ITEM_FEATURES]
    train, _ = split_ratings(data.ratings, 0.2, seed=SEED)
    fit_part, validation = split_ratings(train, 0.1, seed=SEED + 1)

    def objective(settings: dict) -> dict:
        """Fit once; the score is the mean of pooled and per-user AUC at the best epoch."""
        keras.backend.clear_session()
        recommender = HybridRecommender(**ALWAYS, seed=SEED, verbose=False, **settings)
        history = recommender.fit(fit_part, users, items, validation).training_log_
        best = history["val_auc"].idxmax()
        pooled, per_user = history.loc[best, ["val_auc", "val_auc_per_user"]]
        figures = {"score": (pooled + per_user) / 2, "auc_pooled": pooled, "auc_per_user": per_user}
        return figures | {"epochs": best + 1, "seed": SEED, "keras": keras.__version__, "date": today()}

    trials = search(objective, SPACE, parser.parse_args().n_trials, RESULTS, SEED)
    print(trials.nlargest(5, "score").drop(columns=["state", "message"]).to_string())
