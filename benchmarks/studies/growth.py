"""Measure how time and memory grow with the number of ratings, on synthetic ratings with planted tastes."""

import argparse
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.harness import process
from benchmarks.harness.tables import RESULTS, Table, origin
from dbrec._quiet import keras
from dbrec.data.synthetic import SyntheticData, make_ratings, open_ratings
from dbrec.evaluation.auc import auc, auc_per_user
from dbrec.evaluation.ranking import ranking_metrics
from dbrec.features.encoder import FeatureEncoder
from dbrec.interactions import Interactions
from dbrec.products import pair_scores
from dbrec.scoring.choice import Choice
from dbrec.scoring.scorer import VectorScorer
from dbrec.settings import Settings
from dbrec.training import batches, loop
from dbrec.training import fit as fitting
from dbrec.training.histories import Histories
from dbrec.training.sampling import TripletSampler

MADE = process.ROOT / "build" / "growth"
SMALL, LARGE = (1e6, 6_000, 3_700), (25e6, 160_000, 60_000)  # ratings, users, items
LIKED_FROM, TEST_SHARE, K, LISTED_USERS = 4, 0.1, 10, 1_000
Part = list[np.ndarray]  # user_index, item_index, rating


@dataclass(frozen=True)
class Fit:
    """What is fitted; the row of a size is told by these and the number of ratings."""

    embedding_dim: int = 64
    epochs: int = 9
    choice_dim: int = 0
    seed: int = 0
    threads: int = 2


def sizes_of(n_ratings: int) -> tuple[int, int]:
    """Give numbers of users and items for a number of ratings: powers of it, through both known sizes."""
    growth = np.log(n_ratings / SMALL[0]) / np.log(LARGE[0] / SMALL[0])
    return tuple(round(a * (b / a) ** growth) for a, b in zip(SMALL[1:], LARGE[1:], strict=True))


def prepare(n_ratings: int, seed: int) -> SyntheticData:
    """Open the ratings of a size, and make them first where they aren't there."""
    folder = MADE / f"{n_ratings}-{seed}"
    if folder.exists():
        return open_ratings(folder)
    return make_ratings(folder, *sizes_of(n_ratings), n_ratings, seed)


def work(n_ratings: int, fit: Fit) -> dict:
    """Let a process of its own measure a size."""
    how = {"what": f"{n_ratings:,} ratings", "threads": fit.threads}
    return list(process.run("benchmarks.studies.growth:measure_size", n_ratings, asdict(fit), **how))[0]


def measure_size(n_ratings: int, settings: dict) -> Iterator[dict]:
    """Fit and judge a size; the process does nothing else."""
    fit = Fit(**settings)
    yield measure(prepare(n_ratings, fit.seed), fit)


def run(n_ratings: int, fit: Fit, path: Path) -> None:
    """Measure a size, unless its row is there and of the code as it is, and store its row."""
    row = {"n_ratings": n_ratings} | asdict(fit)
    made_by = origin("python -m benchmarks growth", "numpy", "tensorflow", "keras")
    table = Table(path, list(row))
    if len(table.rows(**row, code=made_by["code"])):
        return
    there, start = (MADE / f"{n_ratings}-{fit.seed}").exists(), time.perf_counter()
    prepare(n_ratings, fit.seed)
    row["make_seconds"] = None if there else round(time.perf_counter() - start, 2)
    row |= work(n_ratings, fit) | made_by
    table.store(row)


def measure(data: SyntheticData, fit: Fit) -> dict:
    """Fit and judge ratings, and give the figures."""
    peaks, found = [process.peak_mib()], {}

    def note(name: str, start: float | None = None) -> None:
        if start is not None:
            found[f"{name}_seconds"] = time.perf_counter() - start
        peaks.append(max(peaks[-1], process.peak_mib()))  # the system counts to about 0.1 MiB
        found[f"peak_{name}_mib"] = peaks[-1] - peaks[0]

    train, test = split(data, fit.seed)
    note("data")
    keras.utils.set_random_seed(fit.seed)
    start = time.perf_counter()
    ready = prepared(data, train, fit)
    ready.taste  # noqa: B018 - first, as in a fit
    sampling, samplers = time.perf_counter(), list(ready.samplers.values())
    note("sampler", sampling)
    network, history = ready.networks()[0], ready.histories
    found["prepare_seconds"] = time.perf_counter() - start
    sizes = {"n_users": len(data.users), "n_items": len(data.items), "n_train": len(train[0])}
    sizes["n_positives"] = ready.n_positives
    del train, test, ready  # training needs the samplers alone; the ratings lie on the disk
    trained = train_network(network, samplers, fit)
    note("fit")
    del samplers
    train, test = split(data, fit.seed)
    vectors = vectors_of(network, history)
    start = time.perf_counter()
    judged = judge(data, train, test, vectors)
    note("auc", start)
    judged |= judge_lists(len(data.items), train, test, vectors)
    note("lists")
    return with_derived(sizes | found | trained | judged, network, fit.epochs)


def split(data: SyntheticData, seed: int) -> tuple[Part, Part]:
    """Hold out a tenth of the ratings at random: ``(user_index, item_index, rating)`` of both parts."""
    is_test, parts = np.random.default_rng(seed).random(len(data), np.float32) < TEST_SHARE, ([], [])
    for name in ("user_index", "item_index", "rating"):
        column = getattr(data, name)
        for part, rows in zip(parts, (~is_test, is_test), strict=True):
            part.append(column[rows])
        del column  # its pages count as memory for as long as it is mapped
    return parts


def prepared(data: SyntheticData, train: Part, fit: Fit) -> fitting.Prepared:
    """Encode features and solve the closed form as a fit does, on positions."""
    encoders = [FeatureEncoder.fit(frame.index, frame) for frame in (data.users, data.items)]
    rated = Interactions(data.users.index, data.items.index, *train, train[2] >= LIKED_FROM)
    own = {name: getattr(fit, name) for name in ("embedding_dim", "choice_dim", "seed")}
    return fitting.Prepared(Settings(**own), rated, *encoders, Choice.fit(rated, fit.choice_dim, fit.seed))


def train_network(network, samplers: list[TripletSampler], fit: Fit) -> dict:
    """Train, and give the seconds of the epochs by their callbacks' times."""
    ends, n_positives = [], min(map(len, samplers))
    batch_size = fitting.default_batch_size(n_positives)
    steps = -(-n_positives // batch_size)
    clock = keras.callbacks.LambdaCallback(
        on_train_begin=lambda logs: ends.append(time.perf_counter()),
        on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter()),
    )
    dataset = batches.position_dataset(samplers, batch_size)
    how = {"learning_rate": Settings().learning_rate, "verbose": False, "callbacks": [clock]}
    loop.train(network, dataset, steps, fit.epochs, **how)
    first, *others = np.diff(ends).tolist()
    epoch = float(np.median(others or [first]))
    seconds = {"epoch_seconds": epoch, "compile_seconds": first - epoch}
    a_triplet = 1e9 * epoch / (2 * steps * batch_size)
    return {"batch_size": batch_size, "steps": steps, **seconds, "ns_per_triplet": a_triplet}


def vectors_of(network, history: Histories | None) -> list[np.ndarray]:
    """Let the towers compute the vectors of all users and all items, by position."""
    users, items = network.user_columns.rows, network.item_columns.rows
    vectors = network.user_tower([users, history.inputs] if history else users), network.item_tower(items)
    return [np.asarray(part) for part in vectors]


def judge(data: SyntheticData, train: Part, test: Part, vectors: list[np.ndarray]) -> dict:
    """Compute the AUC of the fit, of the planted score, and of the items' shares of liked ratings."""
    users, items, stars = test
    liked, counts = stars >= LIKED_FROM, np.bincount(train[1], minlength=len(data.items))
    share = (np.bincount(train[1], train[2] >= LIKED_FROM, len(counts)) + 1) / (counts + 2)
    scores = pair_scores(*vectors, users, items)
    figures = {"auc": auc(liked, scores), "auc_planted": auc(liked, data.true_scores(users, items))}
    figures["auc_item_mean"] = auc(liked, share[items])
    return figures | {"auc_per_user": float(auc_per_user(users, liked, scores).mean())}


def judge_lists(n_items: int, train: Part, test: Part, vectors: list[np.ndarray]) -> dict:
    """Recommend to a sample of users and judge the lists: users x items are never held."""
    sample = np.sort(np.random.default_rng(0).permutation(len(vectors[0]))[:LISTED_USERS])
    listed = np.zeros(len(vectors[0]), bool)
    listed[sample] = True
    columns = [[column[listed[part[0]]] for column in part] for part in (train, test)]
    names = "user_id", "item_id", "rating"  # positions are ids here
    seen, hidden = (pd.DataFrame(dict(zip(names, part, strict=True))) for part in columns)
    # users that aren't in the sample need no vector
    tables = [np.pad(part, [(0, 1), (0, 0)]) for part in (vectors[0][sample], vectors[1])]
    scorer = VectorScorer(sample, np.arange(n_items), *tables, seen)
    start = time.perf_counter()
    lists = scorer.recommend(sample, K)
    milliseconds = 1e3 * (time.perf_counter() - start)
    figures = ranking_metrics(lists, hidden[hidden["rating"] >= LIKED_FROM], K)
    return {"ndcg": float(figures["ndcg"].mean()), "recommend_ms_per_user": milliseconds / len(sample)}


def with_derived(found: dict, network, epochs: int) -> dict:
    """Add what follows from the figures, and round them."""
    variables = [*network.trainable_variables, *network.optimizer.variables]
    model_mib = sum(4 * int(np.prod(variable.shape)) for variable in variables) / 1024**2
    fit_seconds = found["prepare_seconds"] + epochs * found["epoch_seconds"]
    byte = 1024**2 / found["n_train"]
    found |= {"fit_seconds": fit_seconds, "seconds_per_million": 1e6 * fit_seconds / found["n_train"]}
    found |= {"model_mib": model_mib, "sampler_bytes_per_rating": found["peak_sampler_mib"] * byte}
    found["bytes_per_rating"] = (found["peak_fit_mib"] - model_mib) * byte
    return {name: v if isinstance(v, int) else float(f"{v:.5g}") for name, v in found.items()}


def main() -> None:
    """Measure the sizes of the command line, from the smallest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=float, default=[1e6, 5e6, 25e6], help="numbers of ratings")
    for name, value in asdict(Fit()).items():
        option = "--dim" if name == "embedding_dim" else f"--{name.replace('_', '-')}"
        parser.add_argument(option, dest=name, type=int, default=value)
    parser.add_argument("--into", type=Path, default=RESULTS / "growth.csv", help="the table")
    asked = parser.parse_args()
    fit = Fit(**{name: getattr(asked, name) for name in asdict(Fit())})
    for size in sorted(map(int, asked.sizes)):
        run(size, fit, asked.into)
