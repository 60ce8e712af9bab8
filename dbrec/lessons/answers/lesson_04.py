"""The answers of lesson 4."""

import numpy as np
import pandas as pd

from dbrec.data.splits import split_ratings
from dbrec.lessons.exercises import Exercise
from dbrec.lessons.person import our_person


def her_triplets(data) -> int:
    """Count the pairs of a film that our person liked in `train` and one that she didn't."""
    train, _ = split_ratings(data.ratings, 0.2, seed=0)
    is_liked = train.loc[train["user_id"] == our_person(data), "rating"] >= 4
    return int(is_liked.sum() * (~is_liked).sum())


def weights_of_two_towers(data) -> int:
    """Count the weights of a user tower from 30 to 4 numbers and a film tower from 18 to 4."""
    return 30 * 4 + 18 * 4


def steps_until_margin_2(data, start) -> int:
    """Count the steps of 0.1 down the margin loss with a margin of 2, until it is 0."""
    anchor, positive, negative = np.asarray(start, float)
    steps = 0
    while np.linalg.norm(anchor - positive) - np.linalg.norm(anchor - negative) + 2 > 0:
        toward = (positive - anchor) / np.linalg.norm(positive - anchor)
        away = (negative - anchor) / np.linalg.norm(negative - anchor)
        positive, negative = positive - 0.1 * toward, negative + 0.1 * away
        anchor = anchor + 0.1 * (toward - away)
        steps += 1
    return steps


def auc_of_six_films(data) -> float:
    """Give the share of nine pairs that are in order, a tie counting half."""
    pairs = np.subtract.outer([2.0, 0.4, -0.3], [1.0, 0.1, -0.3])
    return float(((pairs > 0) + 0.5 * (pairs == 0)).mean())


def share_within_one_user(data) -> float:
    """Give the share of the pairs of a liked and a not-liked held-out row that are of one user."""
    _, test = split_ratings(data.ratings, 0.2, seed=0)
    counts = pd.crosstab(test["user_id"], test["rating"] >= 4).to_numpy()
    return counts.prod(axis=1).sum() / counts.sum(axis=0).prod()


EXERCISES = {
    "L4.1": Exercise(
        her_triplets,
        hints=(
            "Each film that she liked can be paired with any that she didn't.",
            "Multiply the two counts.",
        ),
        because="Each of her likes makes a triplet with each of her other films.",
    ),
    "L4.2": Exercise(
        weights_of_two_towers,
        hints=(
            "How many towers are in the picture?",
            "One tower has 30 times 4 weights; which other is there?",
        ),
        because="Both films go through one tower, whose weights count once.",
    ),
    "L4.3": Exercise(
        steps_until_margin_2,
        hints=("Loop as in the cell above, with step(points, margin=2).", "Count the losses that aren't 0."),
        because="A larger margin asks for more.",
        example={"start": [[0.0, 0.0], [2.0, 1.0], [1.0, -0.5]]},
    ),
    "L4.4": Exercise(
        auc_of_six_films,
        hints=("There are nine pairs.", "Five are in order, and there is a tie, which counts half."),
        tolerance=0.002,
        because="Five pairs in order and half of a tie make 5.5 of 9.",
    ),
    "L4.5": Exercise(
        share_within_one_user,
        hints=(
            "A user with k liked and l not-liked rows has k times l pairs.",
            "Sum the products of the two columns, and divide by the product of their sums.",
        ),
        tolerance=1e-5,
        because="Nearly all pairs of pooled AUC are of two different users.",
    ),
}
