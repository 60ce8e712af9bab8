"""The answers of lesson 10."""

import numpy as np
import pandas as pd

from dbrec.data.splits import split_ratings
from dbrec.lessons.exercises import Exercise
from dbrec.lessons.person import our_person

EXAMPLE = pd.DataFrame(
    [[1, 1, 1, 1, 0, 0], [1, 1, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1], [0, 1, 0, 1, 1, 0]],
    ["Ann", "Bo", "Cy", "Dot", "Eve"],
    ["Alien", "Aliens", "Terminator", "Titanic", "Dumbo", "Bambi"],
)


def film_weights(watched: pd.DataFrame, l2: float) -> pd.DataFrame:
    """Explain each film by the others, in closed form."""
    inverse = np.linalg.inv(watched.T @ watched + l2 * np.eye(watched.shape[1]))
    weights = np.eye(len(inverse)) - inverse / np.diag(inverse)
    return pd.DataFrame(weights, watched.columns, watched.columns)


def order_for_bo(data, watched: pd.DataFrame) -> list[str]:
    """Order three films by what Bo's films say of them."""
    scores = watched.loc["Bo"] @ film_weights(watched, 1.0)
    return scores[["Terminator", "Titanic", "Dumbo"]].sort_values(ascending=False).index.tolist()


def largest_weight(data, watched: pd.DataFrame) -> float:
    """Give the largest weight with a penalty of 10."""
    return film_weights(watched, 10.0).to_numpy().max()


def speaks_most(data, weights: pd.Series) -> str:
    """Name the film of our person's training ratings that speaks most for the film that `weights` explain."""
    train, _ = split_ratings(data.ratings, 0.2, seed=0)
    hers = train.loc[train["user_id"] == our_person(data), "item_id"]
    return data.movies.loc[weights.reindex(hers).idxmax(), "title"]


def largest_w(data, slider: pd.Series) -> float:
    """Find the largest w that costs at most 0.005 of the best AUC per user."""
    return float(slider.index[slider >= slider.max() - 0.005].max())


EXERCISES = {
    "L10.1": Exercise(
        order_for_bo,
        hints=(
            "Who watched a film without watching Alien or Aliens? Such people speak against the film for Bo.",
            "Only people who watched Alien watched Terminator. Dot watched Dumbo and Titanic, but neither of "
            "Bo's films. Ann watched both of them and Titanic, but not Dumbo.",
        ),
        because="Terminator goes with Alien, Titanic goes with everybody, Dumbo goes with Titanic.",
        example={"watched": EXAMPLE},
    ),
    "L10.2": Exercise(
        largest_weight,
        hints=(
            "P changes, and with it its diagonal: compute both anew with 10 in place of l2.",
            "P_10 = np.linalg.inv(X.T @ X + 10 * np.eye(6)); then step 4, and .max() of what it gives.",
        ),
        tolerance=0.006,
        because="A larger penalty holds all weights nearer to 0.",
        example={"watched": EXAMPLE},
    ),
    "L10.3": Exercise(
        speaks_most,
        hints=(
            "Row j, column i of `weights` is what film j says of film i. Rear Window is the column.",
            "weights.loc[hers, rear_window].idxmax() is the film's id; data.movies has its title.",
        ),
        because="It is the largest of the terms whose sum is her score.",
        example={"weights": pd.Series(np.arange(4000), np.arange(1, 4001))},
    ),
    "L10.4": Exercise(
        largest_w,
        hints=(
            "Compare slider['auc_per_user'] with its own maximum, less 0.005.",
            "enough = slider['auc_per_user'] >= slider['auc_per_user'].max() - 0.005; its index holds w.",
        ),
        because="From there on each gain in lists costs more than she would give.",
        example={"slider": pd.Series([0.759, 0.762, 0.763, 0.749], [0, 1, 3, 10])},
    ),
}
