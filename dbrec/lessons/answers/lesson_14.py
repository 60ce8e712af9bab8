"""The answers of lesson 14."""

import numpy as np
import pandas as pd

from dbrec.data.movielens import MovieLens
from dbrec.lessons.exercises import Exercise
from dbrec.lessons.geography import places

THREE_AT_BEST = 3 / (2 * np.sqrt(np.pi))
"""Mean of the largest of three draws from the standard normal distribution."""


def winner_below_500(data, trials: pd.DataFrame) -> float:
    """Give the penalty of the best trial among those with a penalty of at most 500."""
    inside = trials[trials["l2"] <= 500]
    return inside.loc[inside["score"].idxmax(), "l2"]


def share_placed(data: MovieLens) -> float:
    """Give the share of people with a state, if three digits place those whose five aren't in the table."""
    zip_codes = data.users["zip_code"]
    start = zip_codes.str.extract(r"^(\d{5})(?:-?\d{4})?$", expand=False).str[:3]
    is_placed = places(zip_codes)["state"].notna()
    return float((is_placed | start.isin(start[is_placed])).mean())


def deals_like_the_states(data: MovieLens) -> int:
    """Count the random deals of the states that explain as much of people's shares of likes as the real."""
    shares = (data.ratings["rating"] >= 4).groupby(data.ratings["user_id"]).mean()
    states = places(data.users["zip_code"])["state"].fillna("unknown")

    def explained(groups: pd.Series) -> float:
        return shares.groupby(groups.to_numpy()).transform("mean").var() / shares.var()

    real = explained(states)
    return sum(explained(states.sample(frac=1, random_state=seed)) >= real for seed in range(200))


EXERCISES = {
    "L14.1": Exercise(
        lambda data: THREE_AT_BEST,
        hints=(
            "Three columns of noise are three settings, and each row is a search.",
            "Take the largest of the first three columns in each row, then the mean over all rows.",
        ),
        tolerance=0.1,
        because="Three trials flatter the winner by 0.85 standard deviations, thirty by 2.0.",
    ),
    "L14.2": Exercise(
        winner_below_500,
        hints=(
            "Keep only the trials that the smaller space allows.",
            "Of trials[trials['l2'] <= 500], find the row with the largest score, and read its l2.",
        ),
        tolerance=0.5,
        because="A winner near the edge asks for a wider space.",
        example={"trials": pd.DataFrame({"l2": [20.0, 250.0, 900.0], "score": [0.15, 0.17, 0.174]})},
    ),
    "L14.3": Exercise(
        share_placed,
        hints=(
            "Which three digits have a placed person? Whoever shares them can be placed, too.",
            "start = five.str[:3] is known where start.isin(start[is_placed]).",
        ),
        tolerance=0.0005,
        because="A part of those who weren't placed are placed now, some made-up codes among them.",
    ),
    "L14.4": Exercise(
        deals_like_the_states,
        hints=(
            "Put the states in the place of the regions, with the same 200 seeds.",
            "states = where['state'].fillna('unknown'), then count explained(a deal) >= explained(states).",
        ),
        tolerance=1,
        because="So many deals do as well that the states can't be told from chance.",
    ),
    "L14.5": Exercise(
        lambda data, half_width: (half_width / 0.0001) ** 2,
        hints=(
            "To make it half as wide takes four times as many people.",
            "Divide half_width by 0.0001, and square that.",
        ),
        tolerance=0.5,
        because="The width falls with the root of the number, so the number grows with the square.",
        example={"half_width": 0.0006},
    ),
}
