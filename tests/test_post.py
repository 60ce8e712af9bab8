import numpy as np
import pandas as pd
import pytest

from dbrec.evaluation.auc import auc
from dbrec.lessons.original_post import build_post_model, fit_post_model, train_post_model
from dbrec.training.batches import triplet_dataset
from dbrec.training.sampling import TripletSampler

USERS = pd.DataFrame({"job": ["cook"] * 10 + ["spy"] * 10}, index=range(1, 21))
FILMS = pd.DataFrame({"genres": [("calm",), ("calm",), ("loud",), ("loud",), ("calm",)]}, index=range(5))


def planted_ratings():
    """Cooks give calm films a 5 and loud ones a 1, spies the other way about; nobody rated film 4."""
    pairs = pd.MultiIndex.from_product([USERS.index, range(4)], names=["user_id", "item_id"]).to_frame(False)
    calm, cook = pairs["item_id"] < 2, pairs["user_id"] <= 10
    return pairs.assign(rating=np.where(calm == cook, 5, 1))


def test_the_posts_model_learns_a_preference_that_features_tell():
    ratings = planted_ratings()
    scorer = fit_post_model(ratings, USERS, FILMS, iterations=500)
    scores = scorer.score(ratings["user_id"], ratings["item_id"])
    assert auc(ratings["rating"] >= 4, scores) == 1
    assert scorer.score(1, 4) == pytest.approx(scorer.score(1, 0))  # never rated, same genre
    assert scorer.score(1, 999) == pytest.approx(scorer.score(1, -1))  # unknown films are one


def test_the_same_seed_gives_the_same_scores():
    ratings = planted_ratings()
    first, again, other = (
        fit_post_model(ratings, USERS, FILMS, iterations=100, seed=seed).score(1, [0, 2])
        for seed in (0, 0, 1)
    )
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_table_rows_that_no_code_reaches_change_nothing():
    rows = np.array([[0, 1], [1, 0], [1, 1]], np.int32)
    sampler = TripletSampler([0, 0, 1, 1], [0, 1, 1, 2], [5, 1, 4, 2])
    losses = []
    for size in (2, 50):
        network_train = build_post_model(2, 2, size, size, siamese=True)[0]
        sampler.random = np.random.default_rng(0)
        losses.append(train_post_model(network_train, triplet_dataset([sampler], [(rows, rows)], 4), 100))
    assert losses[0] == pytest.approx(losses[1], abs=1e-6)


@pytest.mark.parametrize("iterations", [0, 150])
def test_iterations_that_are_no_multiple_of_100_are_refused(iterations):
    network_train = build_post_model(3, 18, 9, 9)[0]
    message = f"iterations is {iterations}: give a multiple of 100, such as 10_000"
    with pytest.raises(ValueError, match=message):
        train_post_model(network_train, None, iterations)
