"""What the systems are compared on: the parts to fit on, to choose settings by and to be judged by."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from benchmarks.protocols import protocol_a, protocol_b
from dbrec.data.movielens import MovieLens
from dbrec.data.splits import split_items, split_ratings, split_users

SPLIT_SEED, VALIDATION_SEED = 0, 1
USER_FEATURES, ITEM_FEATURES = ["gender", "age_group", "occupation"], ["genres", "year"]

Split = Callable[[pd.DataFrame, float, int], tuple[pd.DataFrame, pd.DataFrame]]


@dataclass(frozen=True, eq=False)
class Task:
    """Hold one fit and what it is judged by.

    Attributes:
        name: Name of the split.
        train: Ratings to learn from.
        judged: Ratings to be judged by: the test part, or the validation part while settings are chosen.
        hidden: Further ratings whose films are left out of the lists: protocol B's validation part.
        users: Features of the users.
        items: Features of the films.
        liked_from: Lowest rating that counts as liked.
        metrics: Which are asked: ``"auc"``, ``"ranking"``.
    """

    name: str
    train: pd.DataFrame
    judged: pd.DataFrame
    hidden: pd.DataFrame
    users: pd.DataFrame
    items: pd.DataFrame
    liked_from: float
    metrics: tuple[str, ...]


def load_task(name: str, data: MovieLens, part: str = "test") -> Task:
    """Make a task: the same rows whenever it is asked for.

    Args:
        name: One of `TASKS`.
        data: MovieLens; protocols A and B hold to the published counts on MovieLens 1M.
        part: ``"test"``, or ``"validation"`` to choose settings without a look at the test part.

    Returns:
        The task. In lists only films of the training part can stand; never-seen films are judged by AUC.

    Raises:
        ValueError: If `name` or `part` is none of those.
    """
    if name not in TASKS or part not in ("test", "validation"):
        raise ValueError(f"task {name!r}, part {part!r}: give one of {list(TASKS)}, and test or validation")
    if name.startswith("protocol"):
        train, validation, test = TASKS[name](data.ratings, SPLIT_SEED)
        judged, hidden = (test, validation) if part == "test" else (validation, validation[:0])
    else:
        split, share = TASKS[name]
        train, judged = split(data.ratings, share, SPLIT_SEED)
        if part == "validation":
            # Of the test part's share, too: the best lists for few hidden films are not those for many.
            train, judged = split(train, share, VALIDATION_SEED)
        hidden = judged[:0]
    # Of a film with ratings the title's words tell nothing more; of a new one they do.
    more = ["title"] if name == "new_items" else []
    users, items = data.users[USER_FEATURES], data.movies[ITEM_FEATURES + more]
    if name != "new_items":
        items = items[items.index.isin(train["item_id"])]
    liked_from = 3 if name == "protocol_b" else 4
    return Task(name, train, judged, hidden, users, items, liked_from, METRICS[name])


TASKS: dict[str, tuple[Split, float] | Callable] = {
    "warm": (split_ratings, 0.2),
    "new_users": (split_users, 0.1),
    "new_items": (split_items, 0.1),
    "protocol_a": protocol_a,
    "protocol_b": protocol_b,
}
METRICS = {
    "warm": ("auc", "ranking"),
    "new_users": ("auc", "ranking"),
    "new_items": ("auc",),
    "protocol_a": ("auc",),
    "protocol_b": ("ranking",),
}
GOALS = {
    "warm": ("auc", "ndcg"),
    "new_users": ("auc",),
    "new_items": ("auc",),
    "protocol_a": ("auc",),
    "protocol_b": ("ndcg",),
}
