"""Fit and judge one size, in a process of its own; growth.py starts it, and says what the figures mean.

Usage: python -m benchmarks.growth_fit SETTINGS N_RATINGS
"""

import json
import resource
import sys
import time

import numpy as np
import pandas as pd

from benchmarks.growth import MARK, Fit, prepare
from dbrec._quiet import keras
from dbrec.data.synthetic import SyntheticData
from dbrec.evaluation.auc import auc, auc_per_user
from dbrec.evaluation.ranking import ranking_metrics
from dbrec.features.encoder import FeatureEncoder
from dbrec.scoring.choice import UserHistory, item_factors
from dbrec.scoring.scorer import VectorScorer, pair_scores
from dbrec.training.batches import position_dataset
from dbrec.training.fit import Settings, build, default_batch_size
from dbrec.training.loop import train as train_epochs
from dbrec.training.position_network import TableNetwork
from dbrec.training.sampling import TripletSampler

LIKED_FROM, TEST_SHARE, K = 4, 0.1, 10
LISTED_USERS = 1_000


class Meter:
    """Measure seconds and the peak of memory since the libraries were imported."""

    def __init__(self):
        self.base, self.figures = _peak_mib(), {}

    def seconds(self, name: str, start: float) -> None:
        """Keep the seconds since `start`."""
        self.figures[f"{name}_seconds"] = time.perf_counter() - start

    def peak(self, name: str) -> None:
        """Keep the highest memory so far."""
        self.figures[f"peak_{name}_mib"] = _peak_mib() - self.base


def _peak_mib() -> float:
    unit = 1024**2 if sys.platform == "darwin" else 1024  # the system's, bytes or KiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def split(data: SyntheticData, seed: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Hold out a tenth of the ratings at random: ``(user_index, item_index, rating)`` of both parts."""
    is_test = np.random.default_rng(seed).random(len(data), np.float32) < TEST_SHARE
    kept = ~is_test
    parts = [], []
    for name in ("user_index", "item_index", "rating"):
        column = getattr(data, name)
        for part, rows in zip(parts, (kept, is_test), strict=True):
            part.append(column[rows])
        del column  # its pages count as memory for as long as it is mapped
    return parts


def measure(data: SyntheticData, fit: Fit) -> dict:
    """Fit and judge one size, and give its figures."""
    meter = Meter()
    train, test = split(data, fit.seed)
    meter.peak("data")
    keras.utils.set_random_seed(fit.seed)
    start = time.perf_counter()
    samplers = make_samplers(train, fit.seed)
    meter.seconds("sampler", start)
    meter.peak("sampler")
    network, history = build_network(data, train, fit)
    meter.seconds("prepare", start)
    n_train = len(train[0])
    del train, test  # training needs the samplers alone; the ratings lie on the disk
    trained = train_network(network, samplers, fit)
    meter.peak("fit")
    sizes = model_mib(network), n_train, len(samplers[1])
    del samplers
    train, test = split(data, fit.seed)
    vectors = vectors_of(network, history)
    start = time.perf_counter()
    judged = judge(data, train, test, vectors)
    meter.seconds("auc", start)
    meter.peak("auc")
    lists = judge_lists(data, train, test, vectors)
    meter.peak("lists")
    return _row(data, meter.figures | trained | judged | lists, *sizes, fit)


def make_samplers(train: list[np.ndarray], seed: int) -> list:
    """Make the samplers of a fit: users as anchors, and items."""
    users, items, stars = train
    return [
        TripletSampler(users, items, stars, seed=seed),
        TripletSampler(items, users, stars, LIKED_FROM, seed=seed + 1),
    ]


def build_network(data: SyntheticData, train: list[np.ndarray], fit: Fit) -> tuple:
    """Build the training network as a fit does, on positions; give it and the users' histories."""
    encoders = [FeatureEncoder.fit(frame.index, frame) for frame in (data.users, data.items)]
    history, (users, items, stars) = None, train
    if fit.history_dim:
        liked = stars >= LIKED_FROM
        factors = item_factors(users, items, liked, len(data.items), fit.history_dim, seed=fit.seed)
        history = UserHistory(factors, users, items, stars, liked, len(data.users))
    own = {name: getattr(fit, name) for name in ("members", "embedding_dim", "history_dim", "seed")}
    return build(Settings(**own), *encoders, history)[0], history


def train_network(network_train, samplers: list, fit: Fit) -> dict:
    """Train, and give the seconds of the epochs by their callbacks' times."""
    ends, batch_size = [], default_batch_size(len(samplers[1]))
    steps = -(-len(samplers[1]) // batch_size)
    clock = keras.callbacks.LambdaCallback(
        on_train_begin=lambda logs: ends.append(time.perf_counter()),
        on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter()),
    )
    dataset, rate = position_dataset(samplers, batch_size, fit.members), Settings().learning_rate
    train_epochs(network_train, dataset, steps, fit.epochs, rate, verbose=False, callbacks=[clock])
    seconds = np.diff(ends)
    epoch = float(np.median(seconds[1:])) if len(seconds) > 1 else float(seconds[0])
    triplets = 2 * steps * batch_size * fit.members
    return {
        "batch_size": batch_size,
        "steps": steps,
        "epoch_seconds": epoch,
        "compile_seconds": float(seconds[0]) - epoch,
        "ns_per_triplet": 1e9 * epoch / triplets,
    }


def model_mib(network_train) -> float:
    """Give the size of the trained weights, of Adam's moments and of the average, in MiB."""
    variables = [*network_train.trainable_variables, *network_train.optimizer.variables]
    return sum(4 * int(np.prod(variable.shape)) for variable in variables) / 1024**2


def vectors_of(network_train: TableNetwork, history: UserHistory | None) -> list[np.ndarray]:
    """Let the towers compute the vectors of all users and all items, by position."""
    network = network_train
    users = [network.user_columns.rows, history.tower] if history else network.user_columns.rows
    vectors = network.user_tower(users), network.item_tower(network.item_columns.rows)
    return [np.asarray(part) for part in vectors]


def judge(data: SyntheticData, train: list, test: list, vectors: list[np.ndarray]) -> dict:
    """Compute the AUC of the fit, of the planted score, and of the items' shares of liked ratings."""
    users, items, stars = test
    liked, (_, rated, train_stars) = stars >= LIKED_FROM, train
    counts = np.bincount(rated, minlength=len(data.items))
    share = (np.bincount(rated, train_stars >= LIKED_FROM, len(counts)) + 1) / (counts + 2)
    scores = pair_scores(*vectors, users, items)
    return {
        "auc": auc(liked, scores),
        "auc_planted": auc(liked, data.true_scores(users, items)),
        "auc_item_mean": auc(liked, share[items]),
        "auc_per_user": float(auc_per_user(users, liked, scores).mean()),
    }


def judge_lists(data: SyntheticData, train: list, test: list, vectors: list[np.ndarray]) -> dict:
    """Recommend to a sample of users and judge the lists: users x items are never held."""
    random, n_users = np.random.default_rng(0), len(data.users)
    sample = np.sort(random.permutation(n_users)[:LISTED_USERS])
    seen, hidden = (_rows_of(sample, part) for part in (train, test))
    # positions are ids here; users that aren't in the sample need no vector
    user_vectors, item_vectors = (
        np.append(part, np.zeros((1, part.shape[1]), np.float32), axis=0)
        for part in (vectors[0][sample], vectors[1])
    )
    scorer = VectorScorer(sample, np.arange(len(data.items)), user_vectors, item_vectors, seen)
    start = time.perf_counter()
    lists = scorer.recommend(sample, K)
    seconds = time.perf_counter() - start
    figures = ranking_metrics(lists, hidden[hidden["rating"] >= LIKED_FROM], K)
    return {"ndcg": float(figures["ndcg"].mean()), "recommend_ms_per_user": 1e3 * seconds / len(sample)}


def _rows_of(sample: np.ndarray, part: list[np.ndarray]) -> pd.DataFrame:
    wanted = np.zeros(max(part[0].max(initial=0), sample.max()) + 1, bool)
    wanted[sample] = True
    rows = wanted[part[0]]
    return pd.DataFrame(
        {name: values[rows] for name, values in zip(("user_id", "item_id", "rating"), part, strict=True)}
    )


def _row(data: SyntheticData, found: dict, model: float, n_train: int, n_positives: int, fit: Fit) -> dict:
    fit_seconds = found["prepare_seconds"] + fit.epochs * found["epoch_seconds"]
    byte = 1024**2 / n_train
    figures = found | {
        "fit_seconds": fit_seconds,
        "seconds_per_million": 1e6 * fit_seconds / n_train,
        "model_mib": model,
        "sampler_bytes_per_rating": found["peak_sampler_mib"] * byte,
        "bytes_per_rating": (found["peak_fit_mib"] - model) * byte,
    }
    sizes = {"n_users": len(data.users), "n_items": len(data.items), "n_train": n_train}
    rounded = {
        name: value if isinstance(value, int) else float(f"{value:.5g}") for name, value in figures.items()
    }
    return sizes | {"n_positives": n_positives} | rounded


if __name__ == "__main__":
    asked = Fit(**json.loads(sys.argv[1]))
    print(MARK + json.dumps(measure(prepare(int(sys.argv[2]), asked.seed), asked)), flush=True)
