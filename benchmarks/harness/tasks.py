"""What the systems are compared on: the parts to fit on, to choose settings by and to be judged by."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from benchmarks.harness.protocols import Parts, protocol_a, protocol_b, protocol_b_without_core, strong
from dbrec.data.movielens import MovieLens
from dbrec.data.splits import split_by_time, split_items, split_ratings, split_users

TUNING_SPLIT, TEST_SPLITS = 0, (1, 2, 3)  # settings are chosen on one draw, and judged on others
VALIDATION_SEED = 1
THIN_SHARE = 20  # one of so many training ratings is left
LIKED_FROM = {"anime": 8}  # of 10; MovieLens has 5 stars
USER_FEATURES, ITEM_FEATURES = ["gender", "age_group", "occupation"], ["genres", "year"]
NONE = pd.DataFrame(columns=["user_id", "item_id", "rating"])


@dataclass(frozen=True, eq=False)
class Task:
    """Hold the ratings and features of one fit, and what it is judged by."""

    name: str
    train: pd.DataFrame
    judged: pd.DataFrame  # the test part, or the validation part while settings are chosen
    users: pd.DataFrame
    items: pd.DataFrame
    liked_from: float
    metrics: tuple[str, ...]
    hidden: pd.DataFrame = field(default_factory=lambda: NONE)  # whose items the lists leave out, too
    later: pd.DataFrame = field(default_factory=lambda: NONE)  # learned after training, without training anew
    only: np.ndarray | None = None  # the only items that the judged lists may hold; None for all


@dataclass(frozen=True)
class Kind:
    """Hold how a task splits ratings, what it is judged by, and what settings are chosen for."""

    split: Callable  # of ratings and a seed, into train and judged; or into train, validation and test
    metrics: tuple[str, ...] = ("auc", "lists")
    goals: tuple[str, ...] = ("auc", "ndcg")
    data: tuple[str, ...] = ("ml-1m", "ml-100k")
    is_random: bool = True  # whether the seed of the split changes it; if not, seeds are those of the fits


def warm(ratings: pd.DataFrame, seed: int) -> Parts:
    """Hold out a random fifth of each user's ratings."""
    return split_ratings(ratings, 0.2, seed)


def new_users(ratings: pd.DataFrame, seed: int) -> Parts:
    """Hold out all ratings of a random tenth of the users."""
    return split_users(ratings, 0.1, seed)


def new_items(ratings: pd.DataFrame, seed: int) -> Parts:
    """Hold out all ratings of a random tenth of the items."""
    return split_items(ratings, 0.1, seed)


def by_time(ratings: pd.DataFrame, seed: int) -> Parts:
    """Hold out the latest fifth of all ratings; the seed draws nothing."""
    return split_by_time(ratings, 0.2)


LISTS = {"metrics": ("lists",), "goals": ("ndcg",)}
TASKS = {
    "warm": Kind(warm, data=("ml-1m", "ml-100k", "anime")),
    "new_users": Kind(new_users),
    "new_items": Kind(new_items),
    "protocol_a": Kind(protocol_a, ("auc", "log_loss"), ("auc",), ("ml-1m",)),
    "protocol_b": Kind(protocol_b, **LISTS, data=("ml-1m",)),
    "protocol_b_without_core": Kind(protocol_b_without_core, **LISTS, data=("ml-1m",)),
    "strong": Kind(strong, ("long_lists",), ("ndcg",)),
    "by_time": Kind(by_time, data=("ml-100k",), is_random=False),
    "positives": Kind(warm, **LISTS, data=("ml-100k", "shop")),
    "thin": Kind(warm, data=("ml-1m",)),
}
LIKED_IN = {"protocol_b": 3, "protocol_b_without_core": 3}  # as published
CUT_IN_THREE = {"protocol_a", "protocol_b", "protocol_b_without_core"}


def load_task(name: str, data: MovieLens, part: str = "test", split: int = TUNING_SPLIT) -> Task:
    """Make a task of one draw: the same rows whenever it is asked for.

    Settings are chosen by its part ``"validation"``, without a look at ``"test"``.

    Raises:
        ValueError: If `name` isn't one of `TASKS`, or `part` is another word.
    """
    if name not in TASKS or part not in ("test", "validation"):
        raise ValueError(f"task {name!r}, part {part!r}: give one of {list(TASKS)}, and test or validation")
    liked_from = LIKED_IN.get(name, LIKED_FROM.get(data.name, 4))
    train, judged, more = _parts(name, data.ratings, part, split)
    if name == "positives":
        train, judged = (rows[rows["rating"] >= liked_from] for rows in (train, judged))
    if name == "thin":
        train = train.sample(len(train) // THIN_SHARE, random_state=split)
    if name == "new_items":
        more["only"] = judged["item_id"].unique()
    users, items = _features(name, data, train)
    return Task(name, train, judged, users, items, liked_from, TASKS[name].metrics, **more)


def _parts(
    name: str, ratings: pd.DataFrame, part: str, split: int
) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    """Split ratings into those to learn from and to be judged by, and name what a task has beside them."""
    cut = TASKS[name].split
    if name in CUT_IN_THREE:
        train, validation, test = cut(ratings, split)
        return (train, test, {"hidden": validation}) if part == "test" else (train, validation, {})
    found = cut(ratings, split)
    if part == "validation":
        # Of the test part's share, too: the best lists for few hidden items are not those for many.
        found = cut(found[0], VALIDATION_SEED)
    return found[0], found[-1], {"later": found[1]} if name == "strong" else {}


def _features(name: str, data: MovieLens, train: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    users, items = data.users, data.movies
    if data.name.startswith("ml-"):
        # Of a film with ratings the title's words tell nothing more; of a new one they do.
        more = ["title"] if name == "new_items" else []
        users, items = users[USER_FEATURES], items[ITEM_FEATURES + more]
    return users, items if name == "new_items" else items[items.index.isin(train["item_id"])]
