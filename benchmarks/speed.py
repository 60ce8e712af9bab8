"""Count the triplets drawn and trained a second: the post's way beside dbrec's, in one run.

Usage: python benchmarks/speed.py [ml-1m | ml-100k]
"""

import sys
import time
from collections.abc import Callable
from random import Random

import numpy as np

from dbrec._quiet import keras
from dbrec.data import load_movielens
from dbrec.encoding import FeatureEncoder
from dbrec.models import build_model, build_post_model
from dbrec.sampling import TripletSampler, random_triplet, triplet_dataset
from dbrec.training import train

BATCH = 8192


def rate(draw: Callable[[], int], seconds: float = 3.0) -> float:
    """Triplets a second of calls that each say how many triplets they made; the first one isn't timed."""
    draw()
    start, made = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        made += draw()
    return made / (time.perf_counter() - start)


def films_of(ratings) -> tuple[dict, dict]:
    """Give each user's liked and not-liked films, as the random composer takes them."""
    liked = ratings["rating"] >= 4
    parts = [ratings[liked], ratings[~liked]]
    return tuple(part.groupby("user_id")["item_id"].apply(list).to_dict() for part in parts)


def post_step(users, items, films) -> Callable[[], int]:
    """Make one step of the post's training: 32 triplets composed in Python, then train_on_batch."""
    network = build_post_model(users.width - 1, items.width - 1, 64, len(items.ids))[0]
    network.compile(keras.optimizers.Adam())
    random = Random(0)

    def step() -> int:
        drawn = [random_triplet(*films, random) for _ in range(32)]
        a, p, n = zip(*drawn, strict=True)
        network.train_on_batch([users(a)[:, 1:], items(p)[:, 1:], items(n)[:, 1:]])
        return 32

    return step


def epoch_seconds(network, dataset, steps: int) -> float:
    """Seconds of the faster of two epochs after the one that compiles."""
    ends = []
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter()))
    train(network, dataset, steps, epochs=3, verbose=False, callbacks=[clock])
    return float(np.diff(ends).min())


def main(name: str = "ml-1m") -> None:
    """Print the rates and their ratios."""
    data = load_movielens(name)
    ratings, films = data.ratings, films_of(data.ratings)
    users = FeatureEncoder.fit(ratings["user_id"], data.users[["gender", "age_group", "occupation"]])
    genres = FeatureEncoder.fit(ratings["item_id"], data.movies[["genres"]])
    items = FeatureEncoder.fit(ratings["item_id"], data.movies[["genres", "year"]])
    places = users.ids.get_indexer(ratings["user_id"]), items.ids.get_indexer(ratings["item_id"])
    samplers = [
        TripletSampler(*places, ratings["rating"]),
        TripletSampler(*places[::-1], ratings["rating"], positive_from=4),
    ]
    random = Random(0)
    rows = users(users.ids), items(items.ids)
    dataset = triplet_dataset(samplers, [rows, rows[::-1]], BATCH)
    steps = -(-len(samplers[1]) // BATCH)
    seconds = epoch_seconds(build_model(users, items)[0], dataset, steps)

    drawn = {
        "the post's composer (Python)": rate(lambda: len([random_triplet(*films, random)])),
        "TripletSampler, users as anchors": rate(lambda: len(samplers[0].sample(BATCH).anchor)),
        "TripletSampler, films as anchors": rate(lambda: len(samplers[1].sample(BATCH).anchor)),
    }
    trained = {
        "the post's code (batches of 32)": rate(post_step(users, genres, films)),
        f"dbrec, d = 64 (batches of 2 x {BATCH:,})": 2 * steps * BATCH / seconds,
    }
    for title, rates in (("drawn", drawn), ("trained, sampling included", trained)):
        print(f"\nTriplets {title}, {data.name}")
        slowest = min(rates.values())
        for what, value in rates.items():
            print(f"  {what:40} {value:14,.0f} a second  {value / slowest:8,.0f} x")


if __name__ == "__main__":
    main(*sys.argv[1:])
