"""What a fitted recommender can be asked about a person who isn't in the data."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import numpy as np
import pandas as pd

from dbrec.checks import one_place, whole_number
from dbrec.scoring.model import FittedModel
from dbrec.scoring.newcomer_lists import probability_for, recommend_for, score_for, variances_for
from dbrec.scoring.people import Person

Features: TypeAlias = Mapping | pd.Series | None


class NewcomerQueries:
    """Answer for a person by their features and by a few items they name, without training.

    Features give a first vector, and each item they name moves it. All methods take them alike:

    Args:
        features: Name of a user feature to its value, or a row of such a frame; any may be left out.
        liked: Raw ids of items they like; an item named twice counts once.
        disliked: Raw ids of items they don't.

    Raises:
        NotFittedError: If nothing was fitted yet.
        KeyError: If a feature or an item is unknown.
        TypeError, ValueError: If an item is named as liked and as disliked, or a value of a feature isn't
            understood.
    """

    def _fitted(self) -> FittedModel:
        raise NotImplementedError

    def _person(self, features: Features, liked: Iterable, disliked: Iterable) -> tuple[FittedModel, Person]:
        return (model := self._fitted()), Person.of(model, features, liked, disliked)

    def recommend_for(
        self,
        features: Features = None,
        liked: Iterable = (),
        disliked: Iterable = (),
        k: int = 10,
        items=None,
        exclude=None,
    ) -> pd.DataFrame:
        """List items for a person who isn't in the data, without training.

        Args:
            features: See `NewcomerQueries`, which tells the errors, too.
            liked: As there.
            disliked: As there.
            k: Length of the list, at least 1.
            items: Raw ids of the only items to list; None for all.
            exclude: Raw ids of items not to list; unknown ones are fine.

        Returns:
            A frame ``rank, item_id, list_score`` without the items named.

        Example:
            >>> shop.recommend_for({"town": "Ely"}, liked=["tea"], k=1, items=["milk", "nuts"]).item_id[0]
            'milk'
        """
        return recommend_for(*self._person(features, liked, disliked), k, items, exclude)

    def score_for(
        self, item_ids, features: Features = None, liked: Iterable = (), disliked: Iterable = ()
    ) -> np.ndarray:
        """Score items for a person who isn't in the data: how much they would like each.

        Args:
            item_ids: One raw id, or n of them.
            features: See `NewcomerQueries`, which tells the errors, too.
            liked: As there.
            disliked: As there.

        Returns:
            Scores, shape (n,), float32, on the scale of `score`.

        Example:
            >>> milk, nuts = shop.score_for(["milk", "nuts"], {"town": "Ely"})
            >>> bool(milk > nuts)
            True
        """
        return score_for(*self._person(features, liked, disliked), item_ids)

    def probability_for(
        self, item_ids, features: Features = None, liked: Iterable = (), disliked: Iterable = ()
    ) -> np.ndarray:
        """Tell how likely a person likes each item, as `probability` does; arguments as in `score_for`.

        Example:
            >>> shop.probability_for(["milk", "nuts"], liked=["tea"]).shape
            (2,)
        """
        return probability_for(*self._person(features, liked, disliked), item_ids)

    def uncertainty_for(
        self, item_ids, features: Features = None, liked: Iterable = (), disliked: Iterable = ()
    ) -> np.ndarray:
        """Tell how sure each score of `score_for` is, as `uncertainty` does.

        Example:
            >>> shop.uncertainty_for(["milk", "nuts"], liked=["tea"]).shape
            (2,)
        """
        variances = variances_for(*self._person(features, liked, disliked), item_ids)
        return np.sqrt(variances).astype(np.float32)

    def explain_for(
        self, item_id, features: Features = None, liked: Iterable = (), disliked: Iterable = ()
    ) -> pd.DataFrame:
        """Take the score of `score_for` apart, as `explain` does.

        What is the person's own is told item by item: each ``"rated item"`` has a row of part ``"choice"``
        and one of part ``"liking"``.

        Example:
            >>> parts = shop.explain_for("milk", liked=["tea"])
            >>> sorted(parts[parts.name == "tea"].part)
            ['choice', 'liking']
        """
        from dbrec.scoring.explanations import explain_for

        model, person = self._person(features, liked, disliked)
        return explain_for(model, person, one_place(model.vectors.item_ids, item_id, "item"))

    def ask_next(
        self,
        features: Features = None,
        liked: Iterable = (),
        disliked: Iterable = (),
        k: int = 10,
        exclude: Iterable = (),
    ) -> pd.DataFrame:
        """List the items to ask a person about: whose answers tell most of what they like.

        What is asked hangs on what they named and on what people know, and not on their features.

        Args:
            features: See `NewcomerQueries`, which tells the errors, too.
            liked: As there.
            disliked: As there.
            k: Number of questions, at least 1.
            exclude: Raw ids of items not to ask about, such as those they didn't know.

        Returns:
            A frame ``rank, item_id, known, tells`` without the items named: how likely people know the item,
            and how much variance of all scores an answer takes away, on the scale of scores squared.

        Example:
            >>> shop.ask_next(liked=["tea"], k=2)["rank"].tolist()
            [1, 2]
        """
        from dbrec.scoring.questions import ask_next

        return ask_next(*self._person(features, liked, disliked), whole_number("k", k), exclude)
