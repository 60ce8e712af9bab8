"""The answers of lesson 3."""

import numpy as np

from dbrec.lessons.exercises import Exercise


def distances_of_occupations(data) -> list[float]:
    """Give the distance from one occupation, in one-hot, to the nearest other and to the farthest."""
    rows = np.eye(data.users["occupation"].nunique())
    distances = np.linalg.norm(rows[1:] - rows[0], axis=1)
    return [distances.min(), distances.max()]


def sum_of_genre_rows(data, genre_table) -> np.ndarray:
    """Give the product of the first film's multi-hot row and the table."""
    genre_names = sorted({genre for genres in data.movies["genres"] for genre in genres})
    return np.isin(genre_names, data.movies["genres"].iloc[0]) @ genre_table


def gradient_of_row_5(data) -> np.ndarray:
    """Send the gradient [1, 2] of four vectors back through their one-hot rows."""
    return (np.eye(7)[[5, 1, 5, 5]].T @ np.tile([1, 2], (4, 1)))[5]


def cost_of_films(data) -> list[float]:
    """Count the weights of the films' table with d = 64, and the MB of 1,024 one-hot rows."""
    n_films = data.ratings["item_id"].nunique()
    return [n_films * 64, 1024 * n_films * 4 / 1e6]


def runs_with_50_to_55_next_to_56(data, learned) -> list[float]:
    """Count the runs in which the last group but one is nearest to the last, and how many chance gives."""
    distances = np.linalg.norm(learned - learned[:, -1:], axis=-1)[:, :-1]
    n_runs, n_others = distances.shape
    return [(distances.argmin(axis=1) == n_others - 1).sum(), n_runs / n_others]


EXERCISES = {
    "L3.1": Exercise(
        distances_of_occupations,
        hints=(
            "Does the distance change with the number of categories?",
            "Look at the table of the three ages.",
        ),
        tolerance=0.01,
        because="Any two one-hot rows differ in two places, so all are the square root of 2 apart.",
    ),
    "L3.2": Exercise(
        sum_of_genre_rows,
        hints=("Which rows are multiplied by 1?", "Take the rows of_first_film and add them up."),
        tolerance=1e-6,
        because="A product with a multi-hot row adds up the rows that were looked up.",
        example={"genre_table": np.ones((18, 3))},
    ),
    "L3.3": Exercise(
        gradient_of_row_5,
        hints=("How often was row 5 looked up?", "Add [1, 2] once for each look-up of row 5."),
        because="Row 5 was looked up three times, so it gets three gradients.",
    ),
    "L3.4": Exercise(
        cost_of_films,
        hints=(
            "Take m from the row of the films.",
            "Weights are m times 64; MB are examples times m times 4 / 1e6.",
        ),
        tolerance=0.1,
        because="The weights grow with d, the one-hot rows with the number of examples.",
    ),
    "L3.5": Exercise(
        runs_with_50_to_55_next_to_56,
        hints=(
            "The last row of distances is that of 56+. By chance each of the other groups is as likely.",
            "Leave out 56+ itself; 50-55 has place 5. Chance: four runs, one in six each.",
        ),
        tolerance=0.05,
        because="Seeds can disagree about a nearest neighbour where several are close.",
        example={"learned": np.arange(14.0).reshape(1, 7, 2)},
    ),
}
