"""Search the settings of HybridRecommender on a validation part of the training ratings.

The test part of `split_ratings(ratings, 0.2, seed=0)` is never read. A tenth of the rest is the validation
part. Each trial is one fit of a single member, stopped early by that part; its row is written to
benchmarks/results/search.csv as it ends. Break it with Ctrl-C and start it again: it goes on where it
stopped.

Usage: python -m benchmarks.search [N_TRIALS] (MovieLens 1M, about half a minute a trial on two cores)
"""

import datetime
import sys
from pathlib import Path

from optuna.distributions import CategoricalDistribution, FloatDistribution

from dbrec.data.movielens import load_movielens
from dbrec.data.splits import split_ratings
from dbrec.lessons.tuning import search
from dbrec.recommender import HybridRecommender

RESULTS = Path(__file__).parent / "results" / "search.csv"
SEED = 0
ALWAYS = {"epochs": 15, "members": 1}  # at most 15; one member, since four take four times as long
SPACE = {
    "embedding_dim": CategoricalDistribution([16, 32, 64, 128]),
    "learning_rate": FloatDistribution(0.001, 0.02, log=True),
    "l2": FloatDistribution(0.001, 0.1, log=True),
    "dropout": FloatDistribution(0.0, 0.5),
    "batch_size": CategoricalDistribution([2048, 4096, 8192, 16384]),
}


def main(n_trials: int = 30) -> None:
    """Run or go on with the search, and print its five best trials."""
    import keras  # after dbrec, which silences TensorFlow's start

    data = load_movielens("ml-1m")
    users, items = data.users[["gender", "age_group", "occupation"]], data.movies[["genres", "year"]]
    train, _ = split_ratings(data.ratings, 0.2, seed=SEED)
    fit_part, validation = split_ratings(train, 0.1, seed=SEED + 1)

    def objective(settings: dict) -> dict:
        """Fit once; the score is the mean of pooled and per-user AUC at the best epoch."""
        keras.backend.clear_session()
        recommender = HybridRecommender(**ALWAYS, seed=SEED, verbose=False, **settings)
        history = recommender.fit(fit_part, users, items, validation).history
        best = history["val_auc"].idxmax()
        pooled, per_user = history.loc[best, ["val_auc", "val_auc_per_user"]]
        return {
            "score": (pooled + per_user) / 2,
            "auc_pooled": pooled,
            "auc_per_user": per_user,
            "epochs": best + 1,
            "seed": SEED,
            "keras": keras.__version__,
            "date": datetime.date.today().isoformat(),
        }

    RESULTS.parent.mkdir(exist_ok=True)
    trials = search(objective, SPACE, n_trials, RESULTS, SEED)
    print(trials.nlargest(5, "score").drop(columns=["state", "message"]).to_string())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
