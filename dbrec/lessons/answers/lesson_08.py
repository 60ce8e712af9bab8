"""The answers of lesson 8."""

import numpy as np
import pandas as pd

from dbrec.data.splits import split_ratings
from dbrec.evaluation.auc import auc, auc_per_user
from dbrec.evaluation.ranking import ranking_metrics
from dbrec.lessons.exercises import Exercise

SCORES, LIKED = np.array([9, 8, 7, 6, 5, 4, 3, 2]), np.array([1, 1, 0, 1, 0, 1, 0, 0])


def cheapest_threshold(data) -> list[int]:
    """Find the threshold of the eight films with the least total cost, and that cost: wasted 1, missed 3."""
    said = SCORES >= SCORES[:, None]  # a row per threshold
    costs = ((said & (LIKED == 0)) + 3 * (~said & (LIKED == 1))).sum(axis=1)
    return [SCORES[costs.argmin()], costs.min()]


def aucs_of_free_liking(data) -> list[float]:
    """Judge the share of a person's ratings that are liked as the score of all of their films."""
    train, test = split_ratings(data.ratings, 0.2, seed=0)
    learn, _ = split_ratings(train, 0.1, seed=1)
    share = (learn["rating"] >= 4).groupby(learn["user_id"]).mean()
    liked, scores = test["rating"] >= 4, test["user_id"].map(share)
    return [auc(liked, scores), auc_per_user(test["user_id"], liked, scores).mean()]


def measures_of_a_list(data) -> list[float]:
    """Judge a list of five with hits on ranks 2 and 4 of three liked films."""
    shown = pd.DataFrame({"user_id": 1, "rank": range(1, 6), "item_id": range(1, 6)})
    relevant = pd.DataFrame({"user_id": 1, "item_id": [2, 4, 99]})
    measured = ranking_metrics(shown, relevant, k=5).iloc[0]
    return [measured[name] for name in ("precision", "recall", "ndcg", "mrr", "hit")]


EXERCISES = {
    "L8.1": Exercise(
        lambda data: auc(LIKED, np.where(SCORES == 4, 1, SCORES)),
        hints=(
            "There are sixteen pairs of a liked and another film. Which of them change?",
            "With score 4 the film stood above two others. With score 1 it stands above none.",
        ),
        tolerance=0.001,
        because="It loses two of its pairs, so 11 of 16 are left in order.",
    ),
    "L8.2": Exercise(
        cheapest_threshold,
        hints=(
            "Change the two costs in the line that computes the column `cost`.",
            "Where missing is dear, go as low as the last liked film.",
        ),
        because="When missing is dear, the threshold falls.",
    ),
    "L8.3": Exercise(
        aucs_of_free_liking,
        hints=(
            "Group `learn` by person for the shares, and map them to the people of `test`.",
            "Within one person all scores are equal, and a tie counts half.",
        ),
        tolerance=0.006,
        because="It knows who likes freely and no film: pooled AUC rewards that, AUC per user doesn't.",
    ),
    "L8.4": Exercise(
        lambda data: ["people", "training", "neither"],
        hints=(
            "An interval that holds 0 leaves room for the chance of people. What do two seeds tell?",
            "A's interval holds 0. Compare the leads of B and C with what two seeds differ by.",
        ),
        because="An interval holds the chance of who is judged. The chance of training needs another seed.",
    ),
    "L8.5": Exercise(
        lambda data: ["B", "D"],
        hints=(
            "Call each of them with `noise`, and print the result.",
            "Look for the labels: where are they made from the scores?",
        ),
        because="Both make their labels from the scores that they judge.",
    ),
    "L8.6": Exercise(
        measures_of_a_list,
        hints=(
            "Two hits of five places, two of three liked films; the first hit is on rank 2.",
            "NDCG: 1/log2(3) + 1/log2(5), divided by 1/log2(2) + 1/log2(3) + 1/log2(4).",
        ),
        tolerance=0.006,
        because="The five measures look at the same two hits, and each asks another question.",
    ),
}
