"""The answers of lesson 12."""

import pandas as pd

from dbrec.lessons.exercises import Exercise

SIDE_STEPS = ["unobserved", "mixed", "graded"]
EXAMPLE = pd.DataFrame(
    {
        "rung": ["the post", "ids", "unobserved", "mixed", "graded", "shipped"],
        "base": [None, "the post", "ids", "ids", "ids", "graded"],
        "auc_pooled": [0.58, 0.73, 0.70, 0.73, 0.74, 0.75],
        "auc_per_user": [0.56, 0.71, 0.68, 0.71, 0.72, 0.73],
        "ndcg": [0.01, 0.05, 0.15, 0.12, 0.07, 0.2],
    }
)


def means(ladder: pd.DataFrame, measure: str) -> pd.Series:
    """Average a measure of each rung over seeds."""
    return ladder.groupby("rung", sort=False)[measure].mean()


def largest_rung(data, ladder: pd.DataFrame) -> str:
    """Name the rung between the post and what is shipped that adds most pooled AUC to its base."""
    base = ladder.groupby("rung", sort=False)["base"].first()
    values, rung, steps = means(ladder, "auc_pooled"), "shipped", []
    while isinstance(base[rung], str):
        steps.append((values[rung] - values[base[rung]], rung))
        rung = base[rung]
    return max(steps)[1]


def two_shops(data, ladder: pd.DataFrame) -> list[str]:
    """Name the negatives of the best AUC per user, and those of the best NDCG."""
    return [means(ladder, measure)[SIDE_STEPS].idxmax() for measure in ("auc_per_user", "ndcg")]


def verdicts(data, paired: pd.DataFrame) -> list[int]:
    """Count the differences above 0, around it and below."""
    first, behind = (paired["low"] > 0).sum(), (paired["high"] < 0).sum()
    return [int(first), len(paired) - int(first + behind), int(behind)]


def broken_rules(data) -> list[int]:
    """Give the rules that the paper breaks: it chooses on validation and opens its vault once."""
    return [1, 3, 4]


EXERCISES = {
    "L12.1": Exercise(
        largest_rung,
        hints=(
            "Which rung can tell any two people apart, and any two films?",
            "Before it all women of one age group and occupation are one person.",
        ),
        because="With a vector for each user and film the model knows who is who.",
        example={"ladder": EXAMPLE},
    ),
    "L12.2": Exercise(
        two_shops,
        hints=(
            "Satisfied is about what they like (AUC), next is about what they choose (NDCG).",
            "Look for the largest auc_per_user among the three, and for the largest ndcg.",
        ),
        because="The negatives decide which question the model answers.",
        example={"ladder": EXAMPLE},
    ),
    "L12.3": Exercise(
        verdicts,
        hints=(
            "First: low above 0. Behind: high below 0. All others are level.",
            "n_first = (paired['low'] > 0).sum(), n_behind likewise; n_level is the rest of len(paired).",
        ),
        because="A verdict is nothing but where the interval lies.",
        example={"paired": pd.DataFrame({"low": [0.1, -0.1, -0.3], "high": [0.2, 0.1, -0.2]})},
    ),
    "L12.4": Exercise(
        broken_rules,
        hints=(
            "Go through the rules one by one: two of the five are kept.",
            "Validation and the vault are kept. What of the budget, the draws and the interval?",
        ),
        because="200 trials against none, one draw and one seed, and two means without an interval.",
    ),
}
