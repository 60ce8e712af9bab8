"""The answers of lesson 9."""

import numpy as np
import pandas as pd

from dbrec.data.splits import split_ratings
from dbrec.lessons.exercises import Exercise
from dbrec.lessons.lists import by_axes, hits

PARTS = pd.DataFrame(
    {"part": ["liking", "choice", "choice"], "name": ["", 1, 50], "contribution": [1, 2, -1]}
)
TASTE, GROUPS = np.array([[1.0, 0.0], [2.0, 0.1], [0.0, 1.0], [0.9, 0.5]]), np.array(["a", "a", "b", "b"])
LONG = pd.DataFrame({"user_id": [1] * 3 + [2] * 3, "item_id": [7, 8, 9, 8, 5, 7]})
HITS_OF = pd.DataFrame({"popularity": [1, 2], "two axes": [2, 2], "towers": [0, 1], "whole model": [3, 3]})


def against(data, parts: pd.DataFrame) -> str:
    """Give the title of the rated film that adds least to choice."""
    choice = parts[parts["part"] == "choice"]
    return data.movies["title"][choice.loc[choice["contribution"].idxmin(), "name"]]


def n_near_their_group(_data, taste: np.ndarray, groups: np.ndarray) -> int:
    """Count the films whose neighbour by cosine is of their own group."""
    directions = taste / np.linalg.norm(taste, axis=1, keepdims=True)
    cosines = directions @ directions.T
    np.fill_diagonal(cosines, -np.inf)
    return int((groups[cosines.argmax(axis=1)] == groups).sum())


def n_less_known(_data, long_lists: pd.DataFrame, best_known) -> int:
    """Count the different films in everybody's first ten, without the best known."""
    left = long_lists[~long_lists["item_id"].isin(best_known)]
    return left.groupby("user_id").head(10)["item_id"].nunique()


def by_hits(_data, hits_of: pd.DataFrame) -> list[str]:
    """Order ways to make a list by their mean number of hits."""
    return hits_of.mean().sort_values().index.tolist()


def hits_of_20_axes(data) -> float:
    """Give the mean number of hits of everybody's list by 20 axes."""
    train, test = split_ratings(data.ratings, 0.2, seed=0)
    return hits(by_axes(train, train["user_id"].unique(), n_axes=20), test).mean()


EXERCISES = {
    "L9.1": Exercise(
        against,
        hints=(
            "Keep the rows whose part is 'choice'. Their name is the id of a film that she rated.",
            "Take the name of the last such row, for explain sorts by contribution. Look it up in titles.",
        ),
        because="To have chosen that film makes this one a little less likely.",
        example={"parts": PARTS},
    ),
    "L9.2": Exercise(
        n_near_their_group,
        hints=(
            "The cosine of two films is the dot product of their directions: directions @ directions.T.",
            "Put -1 on the diagonal, for a film isn't its own neighbour. Then argmax(axis=1).",
        ),
        because="The groups are in the 64 numbers, and the map didn't make them up.",
        example={"taste": TASTE, "groups": GROUPS},
    ),
    "L9.3": Exercise(
        n_less_known,
        hints=(
            "First drop the rows of long_lists whose item_id is in best_known.",
            "Then .groupby('user_id').head(10), and count with ['item_id'].nunique().",
        ),
        because="Compare it with the different films of the table above.",
        example={"long_lists": LONG, "best_known": [7]},
    ),
    "L9.4": Exercise(
        by_hits,
        hints=(
            "A hit was chosen and liked. Which way was never taught what people choose?",
            "The towers come first, and the whole model last. The axes are learned from who liked what.",
        ),
        because="To be a hit, a film must be chosen, too.",
        example={"hits_of": HITS_OF},
    ),
    "L9.5": Exercise(
        hits_of_20_axes,
        hints=(
            "by_axes(train, everybody, n_axes=20) makes the lists.",
            "hits(lists, test) counts for each person. Its mean is asked for.",
        ),
        tolerance=0.05,
        because="More axes hold more of who chose what.",
    ),
}
