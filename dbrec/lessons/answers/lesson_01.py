"""The answers of lesson 1."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from dbrec.data.movielens import MovieLens
from dbrec.data.splits import split_ratings
from dbrec.lessons.exercises import Exercise
from dbrec.lessons.person import our_person


def nearest_to_pulp_fiction(data: MovieLens, recommender) -> str:
    """Ask the recommender that the lesson has fitted."""
    pulp_fiction = data.movies.index[data.movies["title"] == "Pulp Fiction"][0]
    nearest = recommender.similar_items(pulp_fiction, k=1)["item_id"].iloc[0]
    return data.movies.at[nearest, "title"]


def density_of_the_corner(data: MovieLens) -> float:
    """Count the ratings that the 100 most active people gave to the 100 most rated films."""
    users, items = (data.ratings[name].value_counts().index[:100] for name in ("user_id", "item_id"))
    return (data.ratings["user_id"].isin(users) & data.ratings["item_id"].isin(items)).sum() / 100**2


def share_of_the_most_active_tenth(data: MovieLens) -> float:
    """Sum what the first tenth of the people gave, the most active first."""
    per_user = data.ratings["user_id"].value_counts()
    return per_user.iloc[: len(per_user) // 10].sum() / per_user.sum()


def genre_furthest_below_for_women(data: MovieLens) -> str:
    """Fit the lesson's additive model, a number per genre plus one per gender, and take what is left."""
    rated = data.ratings.join(data.movies["genres"], on="item_id").join(data.users["gender"], on="user_id")
    liked = rated.assign(liked=rated["rating"] >= 4).explode("genres")
    cells = liked.groupby(["genres", "gender"], observed=True)["liked"].agg(["mean", "count"]).reset_index()
    one_hot = pd.get_dummies(cells[["genres", "gender"]], dtype=float).to_numpy()
    weight = np.sqrt(cells["count"].to_numpy())
    effects = np.linalg.lstsq(one_hot * weight[:, None], cells["mean"] * weight)[0]
    left = cells.set_index(["gender", "genres"])["mean"] - one_hot @ effects
    return left["F"].idxmin()


def hits_by_mean_rating(data: MovieLens) -> int:
    """Count what she liked in `test` among the ten films with the best mean and 100 ratings or more."""
    train, test = split_ratings(data.ratings, 0.2, seed=0)
    hers, held_out = (part[part["user_id"] == our_person(data)] for part in (train, test))
    films = train.groupby("item_id")["rating"].agg(["mean", "count"])
    means = films.loc[films["count"] >= 100, "mean"].drop(hers["item_id"], errors="ignore")
    liked = held_out.loc[held_out["rating"] >= 4, "item_id"]
    return means.nlargest(10).index.isin(liked).sum()


A_RECOMMENDER = SimpleNamespace(similar_items=lambda item_id, k: pd.DataFrame({"item_id": [1]}))

EXERCISES = {
    "L1.1": Exercise(
        nearest_to_pulp_fiction,
        hints=(
            "Ask similar_items as for Toy Story, by the id in pulp_fiction.",
            "recommender.similar_items(pulp_fiction, k=1) gives an item_id: its title is in data.movies.",
        ),
        because="Nearest means the highest similarity in taste.",
        example={"recommender": A_RECOMMENDER},
    ),
    "L1.2": Exercise(
        density_of_the_corner,
        hints=(
            "Density is the number of filled cells over the number of all cells.",
            "Cut the corner with sorted_matrix[:100, :100], and count its filled cells with .nnz.",
        ),
        tolerance=0.006,
        because="A method that is tried only on active people and famous films looks better than it is.",
    ),
    "L1.3": Exercise(
        share_of_the_most_active_tenth,
        hints=(
            "It is a good deal more than a tenth: they are the most active.",
            "Add up the first tenth of most_active_first, and divide by the sum of all of it.",
        ),
        tolerance=0.006,
        because="Who rates much weighs much in all that is learned.",
    ),
    "L1.4": Exercise(
        genre_furthest_below_for_women,
        hints=(
            'The column to compare by is "gender".',
            'In the column "F" of left_over(people, by="gender"), find the row with the lowest number.',
        ),
        because="Both how freely women like and how liked the genre is are already taken out.",
    ),
    "L1.5": Exercise(
        hits_by_mean_rating,
        hints=(
            'Keep the means of the films whose "count" is at least 100, and give them to ten_for_her.',
            'Give the ids to her_list(data, ids, test), and count how often "held out" says "liked".',
        ),
        because="The best films of all aren't yet the best films for her.",
    ),
}
