"""What is held out changes nothing: with other values in its place what is learned is the same to the bit."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from test_benchmark import made

from benchmarks.harness import fitting
from benchmarks.harness.tasks import LIKED_IN, TASKS, load_task
from dbrec._quiet import keras
from dbrec.data.splits import split_by_time, split_items, split_ratings, split_users
from dbrec.features.encoder import FeatureEncoder
from dbrec.interactions import Interactions
from dbrec.recommender import HybridRecommender
from dbrec.settings import Settings
from dbrec.training.calibrating import hold_out
from dbrec.training.fit import fit_networks, prepare

SETTINGS = Settings(embedding_dim=4, choice_dim=6, epochs=2, seed=3, verbose=False)


class Recorder(keras.callbacks.Callback):
    """Keep the network's weights of every epoch."""

    def __init__(self):
        super().__init__()
        self.weights = []

    def on_epoch_end(self, epoch, logs=None):
        self.weights.append([np.array(weight) for weight in self.model.get_weights()])


def world(n_users=70, n_items=60, n_rows=3000) -> pd.DataFrame:
    """Draw who rated what, with 1 to 5 stars and times."""
    random = np.random.default_rng(0)
    users, items = np.divmod(np.sort(random.choice(n_users * n_items, n_rows, replace=False)), n_items)
    stars, times = random.integers(1, 6, n_rows), random.permutation(n_rows)
    return pd.DataFrame({"user_id": users, "item_id": 500 + items, "rating": stars, "timestamp": times})


def others(ratings: np.ndarray) -> np.ndarray:
    """Give another rating in the place of each: who liked it doesn't any more, and the other way round."""
    return 6 - ratings + (ratings == 3)


def same(one, other) -> bool:
    return all(np.array_equal(a, b, equal_nan=True) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(
    "split",
    [
        lambda ratings: split_ratings(ratings, 0.2, 1),
        lambda ratings: split_users(ratings, 0.2, 1),
        lambda ratings: split_items(ratings, 0.2, 1),
        lambda ratings: split_by_time(ratings, 0.2),
    ],
    ids=["ratings", "users", "items", "time"],
)
def test_a_split_reads_no_rating(split):
    ratings = world()
    changed = split(ratings.assign(rating=others(ratings["rating"])))
    assert [part.index.tolist() for part in changed] == [part.index.tolist() for part in split(ratings)]


def test_the_ratings_that_probabilities_are_learned_by_are_not_trained_on():
    known = Interactions.from_frame(world(), 4)
    held = hold_out(known, SETTINGS.seed)[1]
    keys = known.user_index * 1000 + known.item_index
    rows = np.isin(keys, held.user_index * 1000 + held.item_index)
    value = np.where(rows, others(known.value), known.value)
    changed = replace(known, value=value, liked=value >= 4)
    fits = [fit_networks(prepare(SETTINGS, part, None, None), None, 2) for part in (known, changed)]
    assert same(*(fit.network_train.get_weights() for fit in fits))
    assert fits[0].model.calibration != fits[1].model.calibration


def test_validation_chooses_the_epoch_and_nothing_else():
    train, validation = split_ratings(world(), 0.2, 1)
    known = Interactions.from_frame(train, 4)
    runs = []
    for rating in (validation["rating"], others(validation["rating"])):
        watched, recorder = Interactions.from_frame(validation.assign(rating=rating), 4), Recorder()
        trained = fit_networks(prepare(SETTINGS, known, None, None), watched, 2, [recorder])
        best = int(trained.model.training_log["val_auc"].idxmax())
        runs.append((recorder.weights, trained.network_train.get_weights(), best))
    (epochs, _, first), (epochs_too, _, second) = runs
    assert first != second  # what one validation likes best, the other likes least
    assert all(same(one, other) for one, other in zip(epochs, epochs_too, strict=True))


def test_features_of_who_has_no_ratings_change_no_statistic_and_no_vector_of_who_has():
    ratings = world()
    train = ratings[(ratings["user_id"] < 60) & (ratings["item_id"] < 550)]
    random = np.random.default_rng(5)
    users = pd.DataFrame({"age": random.normal(40, 9, 70), "job": random.choice(["cook", "spy"], 70)})
    items = pd.DataFrame({"tags": [("a", "b")[: 1 + n % 2] for n in range(60)]}, index=range(500, 560))
    other_users, other_items = users.copy(), items.copy()
    other_users.loc[60:, "age"], other_users.loc[60:, "job"] = 1e6, "pilot"
    other_items.loc[550:, "tags"] = pd.Series([("c", "d")] * 10, index=range(550, 560))
    encoders = [FeatureEncoder.fit(range(60), frame, "user") for frame in (users, other_users)]
    assert encoders[0].columns == encoders[1].columns
    models = [
        HybridRecommender(**vars(SETTINGS)).fit(train, *frames)
        for frames in ((users, items), (other_users, other_items))
    ]
    known = train["user_id"].to_numpy(), train["item_id"].to_numpy()
    assert same(*(model.score(*known)[None] for model in models))
    assert same(*(model.probability(*known)[None] for model in models))


def parts_of(name: str, part: str, data) -> tuple:
    task = load_task(name, data, part, split=1)
    return task.train, task.users, task.items, task.later, task.hidden, task.judged


@pytest.mark.parametrize("name", TASKS)
def test_other_test_ratings_leave_all_that_a_system_of_the_benchmark_sees_as_it_was(name):
    data = made()
    test = parts_of(name, "test", data)[-1]
    ratings = data.ratings.copy()
    held = ratings.loc[test.index, "rating"]
    # B is of ratings of 3 or more alone, as it was published: there another one is another of these
    ratings.loc[test.index, "rating"] = 3 + (held - 2) % 3 if name in LIKED_IN else others(held)
    assert (ratings.loc[test.index, "rating"] != held).all()
    changed = replace(data, ratings=ratings)
    seen, seen_too = (parts_of(name, "test", one)[:-1] for one in (data, changed))
    assert all(one.equals(other) for one, other in zip(seen, seen_too, strict=True))
    chosen_by, chosen_by_too = (parts_of(name, "validation", one) for one in (data, changed))
    assert all(one.equals(other) for one, other in zip(chosen_by, chosen_by_too, strict=True))


def test_settings_are_searched_without_the_test_part(monkeypatch):
    asked = []

    def load(name, data, part="test", split=0):
        asked.append((part, split))
        raise RuntimeError("enough")

    monkeypatch.setattr(fitting, "load_task", load)
    monkeypatch.setattr(fitting, "load_data", lambda name: None)
    with pytest.raises(RuntimeError, match="enough"):
        next(fitting.tune("ml-100k", "warm", "EASE", []))
    assert asked == [("validation", 0)]
