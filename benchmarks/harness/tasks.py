"""What the systems are compared on: the parts to fit on, to choose settings by and to be judged by."""

from collections import namedtuple
from dataclasses import dataclass

import pandas as pd

from benchmarks.harness.protocols import protocol_a, protocol_b
from dbrec.data.movielens import MovieLens
from dbrec.data.splits import split_items, split_ratings, split_users

SPLIT_SEED, VALIDATION_SEED = 0, 1
USER_FEATURES, ITEM_FEATURES = ["gender", "age_group", "occupation"], ["genres", "year"]


@dataclass(frozen=True, eq=False)
class Task:
    """Hold the ratings and features of one fit, and what it is judged by."""

    name: str
    train: pd.DataFrame
    judged: pd.DataFrame  # the test part, or the validation part while settings are chosen
    hidden: pd.DataFrame  # further ratings whose films the lists leave out: protocol B's validation part
    users: pd.DataFrame
    items: pd.DataFrame
    liked_from: float
    metrics: tuple[str, ...]


# How a task is split, which share is held out, what it is judged by, and what settings are chosen for.
Kind = namedtuple("Kind", "split share metrics goals")
TASKS = {
    "warm": Kind(split_ratings, 0.2, ("auc", "ranking"), ("auc", "ndcg")),
    "new_users": Kind(split_users, 0.1, ("auc", "ranking"), ("auc",)),
    "new_items": Kind(split_items, 0.1, ("auc",), ("auc",)),
    "protocol_a": Kind(protocol_a, None, ("auc",), ("auc",)),
    "protocol_b": Kind(protocol_b, None, ("ranking",), ("ndcg",)),
}


def load_task(name: str, data: MovieLens, part: str = "test") -> Task:
    """Make a task: the same rows whenever it is asked for. Only films of the training part can be listed.

    Settings are chosen by its part ``"validation"``, without a look at ``"test"``.

    Raises:
        ValueError: If `name` isn't one of `TASKS`, or `part` is another word.
    """
    if name not in TASKS or part not in ("test", "validation"):
        raise ValueError(f"task {name!r}, part {part!r}: give one of {list(TASKS)}, and test or validation")
    kind = TASKS[name]
    if kind.share is None:
        train, validation, test = kind.split(data.ratings, SPLIT_SEED)
        judged, hidden = (test, validation) if part == "test" else (validation, validation[:0])
    else:
        train, judged = kind.split(data.ratings, kind.share, SPLIT_SEED)
        if part == "validation":
            # Of the test part's share, too: the best lists for few hidden films are not those for many.
            train, judged = kind.split(train, kind.share, VALIDATION_SEED)
        hidden = judged[:0]
    # Of a film with ratings the title's words tell nothing more; of a new one they do.
    more = ["title"] if name == "new_items" else []
    users, items = data.users[USER_FEATURES], data.movies[ITEM_FEATURES + more]
    if name != "new_items":
        items = items[items.index.isin(train["item_id"])]
    liked_from = 3 if name == "protocol_b" else 4
    return Task(name, train, judged, hidden, users, items, liked_from, kind.metrics)
