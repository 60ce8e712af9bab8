"""The answers of lesson 6."""

import math

from dbrec.features.encoder import FeatureEncoder
from dbrec.lessons.exercises import Exercise
from dbrec.lessons.person import our_person

USER_FEATURES = ["gender", "age_group", "occupation"]


def table_rows(data) -> tuple[list[int], list[int]]:
    """List the rows of each table of the user tower and of the item tower; the first is that of the ids."""
    users = FeatureEncoder.fit(data.users.index, data.users[USER_FEATURES])
    items = FeatureEncoder.fit(data.ratings["item_id"], data.movies[["genres", "year"]])
    return [size for _, _, size in users.spec], [size for _, _, size in items.spec]


def row_of_somebody_new(data) -> list[int]:
    """Encode somebody with the features of our person, and without an id."""
    users = FeatureEncoder.fit(data.users.index, data.users[USER_FEATURES])
    return users.encode_person(data.users.loc[our_person(data), USER_FEATURES])[0].tolist()


def parameters_without_ids(data) -> int:
    """Count the parameters of a user tower of 64 places and a bias, without the table of the ids."""
    return sum(table_rows(data)[0][1:]) * 65


def loss_against_itself(data) -> float:
    """Give the BPR loss at x = 0."""
    return math.log(2)


def parameters(data) -> int:
    """Count the parameters of both towers of 32 places and a bias."""
    return sum(map(sum, table_rows(data))) * 33


def users_like_her(data) -> int:
    """Count the users who share all three features with our person, herself included."""
    features = data.users[USER_FEATURES].astype(str)
    return int((features == features.loc[our_person(data)]).all(axis=1).sum())


EXERCISES = {
    "L6.1": Exercise(
        row_of_somebody_new,
        hints=(
            "Which code means unknown?",
            "Code 0 for the id; the other three stand in her own row above.",
        ),
        because="The id is unknown, and the features are hers.",
    ),
    "L6.2": Exercise(
        parameters_without_ids,
        hints=(
            "Leave the first entry of users.spec out, and start to count the columns at place 1.",
            "The tables of gender, age group and occupation, each row of them d + 1 numbers long.",
        ),
        because="Three small tables: so little does the model need for features.",
    ),
    "L6.3": Exercise(
        loss_against_itself,
        hints=(
            "One tower gives one film one vector. What is x then?",
            "x = 0: the loss of a fair coin, ln(1 + exp(0)).",
        ),
        tolerance=0.0051,
        because="p and n are one vector, so x is 0 and the loss is ln 2.",
    ),
    "L6.4": Exercise(
        parameters,
        hints=(
            "The tables keep their rows; only the rows get shorter.",
            "The sum of all sizes, times 32 for taste and one more for the bias.",
        ),
        because="All rows of all tables, times 33.",
    ),
    "L6.5": Exercise(
        users_like_her,
        hints=(
            "Compare each row of A with her_row: all three codes must be equal.",
            "(A == her_row) has a truth value per code; all(axis=1) asks for three; sum counts.",
        ),
        because="All of them get one vector, and so one list.",
    ),
}
