"""Why a score is what it is: the parts that it is the sum of.

Choice is a sum over what a user rated. Liking is a product of the user's vector and the item's. The user's is
taken apart: what everybody shares, what each feature of theirs tells, and what is theirs alone. What
everybody shares then meets the item's vector, which is taken apart likewise.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from dbrec.scoring.model import FittedModel
from dbrec.scoring.people import Person
from dbrec.scoring.sides import Side

COLUMNS = ["part", "of", "name", "contribution"]


def explain(model: FittedModel, user: int, item: int) -> pd.DataFrame:
    """Take apart the score of a user and an item, by position or -1; see `HybridRecommender.explain`."""
    row, side = model.vectors.users[user].astype(float), model.sides[0]
    features = side.encoder.features_of(_row(side, user))
    rows = model.interactions.of_user(user)
    counts = model.counted(rows)
    alone = model.vectors.liking_rows(row) - sum(part for _, part in _told(side, features))
    own = [("user", "", alone)]
    return _frame(model, row, features, own, model.interactions.item_index[rows], counts, item)


def explain_for(model: FittedModel, person: Person, item: int) -> pd.DataFrame:
    """Take apart a score for somebody who isn't in the data; see `HybridRecommender.explain_for`.

    What is theirs alone is what each item they named tells of them.
    """
    named = model.vectors.item_ids[person.named]
    own = [("rated item", name, part) for name, part in zip(named, person.moved(), strict=True)]
    row = person.scoring.astype(float)
    return _frame(model, row, person.features, own, person.named, person.counts, item)


def _frame(model: FittedModel, row, features, own, rated, counts, item: int) -> pd.DataFrame:
    """Put the parts of a score in a frame, the largest first."""
    vectors = model.vectors
    served = vectors.items[item].astype(float)
    shares = counts * (model.as_rated[rated] @ vectors.block(served, "choice"))
    names = vectors.item_ids[rated]
    parts = [("choice", "rated item", *share) for share in zip(names, shares.tolist(), strict=True)]
    parts += _liking(model, row, features, own, served, item)
    frame = pd.DataFrame(parts, columns=COLUMNS)
    return frame.sort_values("contribution", ascending=False, kind="stable", ignore_index=True)


def _liking(
    model: FittedModel, row, features, own, served, item: int
) -> Iterator[tuple[str, str, object, float]]:
    """Give the parts of liking: of the item as everybody sees it, and of how the user departs from that."""
    vectors, (users, items) = model.vectors, model.sides
    of_item, others_say = vectors.liking_rows(served), vectors.block(row, "newcomer")
    above = vectors.block(served, "newcomer")
    (_, everybody), *by_feature = _told(users, features)
    (_, any_item), *of_features = _told(items, items.encoder.features_of(_row(items, item)))
    yield "liking", "everybody", "", everybody @ any_item
    for name, part in of_features:
        yield "liking", "item feature", name, everybody @ part
    alone = of_item - any_item - sum(part for _, part in of_features)
    yield "liking", "item", "", everybody @ alone + others_say[0] * above[0]
    for name, part in by_feature:
        yield "liking", "user feature", name, part @ of_item
    for of, name, part in own:
        yield "liking", of, name, part @ of_item
    if others_say[1] * above[1]:  # of a user with ratings and an item without
        yield "liking", "user", "ratings", others_say[1] * above[1]


def _told(side: Side, features) -> list[tuple[str, np.ndarray]]:
    """Give what features tell of taste and bias, each by its name; what everybody shares comes first."""
    guess, places = side.liking_map, features.indices
    if not len(places):
        return [("", guess.mean.astype(float))]
    names = side.encoder.feature_names
    return [
        ("", guess.intercept.astype(float)),
        *((names[j], guess.weights[j].astype(float)) for j in places),
    ]


def _row(side: Side, place: int) -> np.ndarray:
    """Give the features' row of an id; of one never met it is empty."""
    rows = side.encoder.rows
    return rows[place : place + 1] if place >= 0 else np.zeros_like(rows[:1])
