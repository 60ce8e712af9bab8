"""The answers of lesson 2."""

import pandas as pd

from dbrec.data.movielens import MovieLens
from dbrec.data.splits import split_ratings
from dbrec.lessons.exercises import Exercise
from dbrec.lessons.lists import by_axes, hits
from dbrec.lessons.person import our_person

FILMS = pd.DataFrame({"laughs": [3, 2, 0], "thrills": [0, 2, 3]}, ["Some Like It Hot", "Charade", "Alien"])
"""What the lesson hands on, for the tests."""


def scores_of_cleo(data: MovieLens, films: pd.DataFrame) -> list[int]:
    """Score the lesson's films for somebody who wants laughs, 1, and no thrills, -1."""
    return (films["laughs"] - films["thrills"]).tolist()


def thrills_that_swap_two_films(data: MovieLens, films: pd.DataFrame) -> int:
    """Try 0, 1, 2, ... thrills beside Ann's 3 laughs until Charade passes Some Like It Hot."""
    ahead = films.loc["Charade"] - films.loc["Some Like It Hot"]
    return next(thrills for thrills in range(100) if 3 * ahead["laughs"] + thrills * ahead["thrills"] > 0)


def three_kinds(data: MovieLens) -> list[str]:
    """Name what uses others' purchases, what uses features, and what uses both."""
    return ["collaborative", "content-based", "hybrid"]


def hits_of_20_axes(data: MovieLens) -> int:
    """Count what she liked in `test` among her ten films by 20 axes."""
    train, test = split_ratings(data.ratings, 0.2, seed=0)
    return hits(by_axes(train, [our_person(data)], n_axes=20), test).iloc[0]


EXERCISES = {
    "L2.1": Exercise(
        scores_of_cleo,
        hints=(
            "Multiply laughs by 1 and thrills by -1, and add up: a list of three numbers.",
            "Some Like It Hot has 3 laughs and no thrills: 1 * 3 + (-1) * 0. The other two go alike.",
        ),
        because="Charade stands at a right angle to her vector, so it is neither for her nor against her.",
        example={"films": FILMS},
    ),
    "L2.2": Exercise(
        thrills_that_swap_two_films,
        hints=(
            "Write both scores with t thrills: one of them doesn't depend on t.",
            "3 * 2 + t * 2 has to be more than 9.",
        ),
        because="Another direction of the person makes another order of the films.",
        example={"films": FILMS},
    ),
    "L2.3": Exercise(
        three_kinds,
        hints=(
            "Ask of each what it knows: features, what others did, or both. The drawing has the names.",
            'What others bought is "collaborative". What has the same features is "content-based".',
        ),
        because="The first knows what others did, the second knows features, the third knows both.",
    ),
    "L2.4": Exercise(
        hits_of_20_axes,
        hints=(
            "Fit svd_20 on matrix, and make film_vectors, her_vector and scores from it as with two axes.",
            'Give the ten best ids to her_list, and count how often "held out" says "liked".',
        ),
        because="More axes know more of her taste. One list of ten is a small sample, though.",
    ),
}
