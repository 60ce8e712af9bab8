"""The answers of lesson 11."""

import numpy as np
import pandas as pd

from dbrec.evaluation.auc import auc_per_user
from dbrec.lessons.exercises import Exercise

BY_PERSON = pd.DataFrame({"a form": [0.6, 0.7, 0.8, 0.5], "10 films": [0.7, 0.6, 0.9, 0.6]})
KNOWN = pd.DataFrame({"item_id": [1, 1, 50, 50], "rating": [5, 4, 4, 2]})
OF_FILMS = pd.DataFrame({"user_id": [1, 1, 2, 2], "item_id": [1, 50, 1, 50], "rating": [5, 3, 2, 4]})


def n_guesses(data, newcomers) -> int:
    """Count the different forms of some people."""
    return len(data.users.loc[newcomers, ["gender", "age_group", "occupation"]].drop_duplicates())


def after_a_dislike(_data) -> list[float]:
    """Move the guess of the drawing by a film that had a chance of 0.9 and isn't liked."""
    film, scatter = np.array([2.0, 2.0]), np.diag([1, 1 / 4])
    sure = np.linalg.inv(scatter) + np.outer(film, film) / 4
    return np.linalg.solve(sure, (0 - 0.9) * film).tolist()


def share_lowered(_data, by_person: pd.DataFrame) -> float:
    """Give the share of people whose AUC ten films lowered."""
    return float((by_person["10 films"] < by_person["a form"]).mean())


def auc_of_genres(data, known: pd.DataFrame, of_films: pd.DataFrame) -> float:
    """Judge new films by the shares of liked ratings of their genres."""
    of_genre = known.join(data.movies["genres"], on="item_id").explode("genres")
    share = (of_genre["rating"] >= 4).groupby(of_genre["genres"]).mean()
    by_film = data.movies["genres"].map(lambda genres: share.reindex(list(genres)).mean())
    guess = by_film.fillna((known["rating"] >= 4).mean())[of_films["item_id"]]
    return auc_per_user(of_films["user_id"], of_films["rating"] >= 4, guess).mean()


EXERCISES = {
    "L11.1": Exercise(
        n_guesses,
        hints=(
            "As many as there are different forms. A form is a row of people.",
            "people.loc[newcomers] has a row per newcomer. drop_duplicates() leaves each form once.",
        ),
        because="Whoever shares a form can't be told apart by it.",
        example={"newcomers": [1, 2, 3]},
    ),
    "L11.2": Exercise(
        after_a_dislike,
        hints=(
            "Only the surprise changes: 0 for not liked, minus the chance.",
            "The surprise is -0.9. At 0.5 the answer was (4/9, 1/9), and it grows in proportion.",
        ),
        tolerance=0.006,
        because="She surprised us more, so it moves farther than for a like at even odds, and the other way.",
    ),
    "L11.3": Exercise(
        share_lowered,
        hints=(
            "Compare two columns of by_person, row by row.",
            'by_person["10 films"] < by_person["a form"] is True where AUC fell. The mean of it is a share.',
        ),
        tolerance=0.005,
        because="A mean says what happens to the crowd, and not to each.",
        example={"by_person": BY_PERSON},
    ),
    "L11.4": Exercise(
        auc_of_genres,
        hints=(
            'Group of_genre["rating"] >= 4 by of_genre["genres"], and take means: a share per genre.',
            "Map each film's genres to the mean of their shares, fill gaps by the share over all, look up "
            "the films of of_films, and give that to auc_per_user as scores.",
        ),
        tolerance=0.001,
        because="Genres alone beat chance, with the same order for everybody.",
        example={"known": KNOWN, "of_films": OF_FILMS},
    ),
}
