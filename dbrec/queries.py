"""What a fitted recommender can be asked about the users and items that it knows."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.exceptions import NotFittedError

from dbrec.checks import one_place, raw_ids
from dbrec.progress import told
from dbrec.scoring.model import FittedModel
from dbrec.scoring.neighbours import similar, users_for
from dbrec.scoring.top_places import joined

if TYPE_CHECKING:
    from dbrec.scoring.index import ItemIndex


class Queries:
    """Answer from what was fitted, loaded or updated.

    Every method raises a NotFittedError if nothing was fitted yet, and a TypeError or ValueError if ids
    aren't of the fit's type or are missing, one id is asked for and others are given, or `k` isn't at least
    1. Who or what `explain`, `users_for`, `similar_items` and `similar_users` are asked about must be known:
    a KeyError. Examples have a `shop`, fitted on what its customers bought and rated.
    """

    fitted_: FittedModel

    def _fitted(self) -> FittedModel:
        if not hasattr(self, "fitted_"):
            raise NotFittedError("this recommender has learned nothing yet: call fit or load first")
        return self.fitted_

    @property
    def user_ids(self) -> pd.Index:
        """Raw ids of all users that are known, by ratings or features."""
        return self._fitted().vectors.user_ids

    @property
    def item_ids(self) -> pd.Index:
        """Raw ids of all items that are known, by ratings or features."""
        return self._fitted().vectors.item_ids

    def score(self, user_ids, item_ids) -> np.ndarray:
        """Score pairs of raw ids: how much each user would like the item.

        Args:
            user_ids: One id, or n of them in any array or iterable.
            item_ids: Likewise.

        Returns:
            Scores, shape (n,), float32; higher is better.

        Raises:
            ValueError: If lengths differ.

        Example:
            >>> shop.score("ann", ["tea", "beer"]).argmax()
            np.int64(0)
        """
        return self._fitted().scorer.score(user_ids, item_ids)

    def rank(self, user_ids, item_ids) -> np.ndarray:
        """Score pairs of raw ids by what lists are ordered by: the ``list_score`` of `recommend`.

        Arguments, result and errors are those of `score`.

        Example:
            >>> shop.rank(["ann", "bob"], "tea").shape
            (2,)
        """
        return self._fitted().scorer.rank(user_ids, item_ids)

    def probability(self, user_ids, item_ids) -> np.ndarray:
        """Tell how likely each user likes the item, once they know it.

        It is learned from ratings of known ids that were held out of training; of new users and items it is
        too low, by .01 to .09 in fits on MovieLens. Where only choices are known, it is how likely a pair is
        a choice and not one drawn from all, with even odds before. Arguments and errors are those of `score`.

        Example:
            >>> bool(shop.probability("ann", "tea")[0] > 0.5 > shop.probability("bob", "tea")[0])
            True
        """
        return self._fitted().probability(user_ids, item_ids)

    def uncertainty(self, user_ids, item_ids) -> np.ndarray:
        """Tell how sure each score is: the standard deviation of what is known of taste and bias.

        ``score`` plus and minus twice it is to hold what many more ratings would show, 19 times in 20, if
        vectors are normal. Choice counts as certain. It is larger where taste is stronger, and needn't fall
        with every rating. Arguments and errors are those of `score`.

        Example:
            >>> shop.uncertainty(["ann", "a stranger"], "tea").shape
            (2,)
        """
        return self._fitted().uncertainty(user_ids, item_ids)

    def recommend(
        self,
        user_ids,
        k: int = 10,
        exclude_seen: bool = True,
        index: "str | ItemIndex" = "exact",
        items=None,
        exclude=None,
    ) -> pd.DataFrame:
        """List the k items to show to each user.

        Args:
            user_ids: One id, or n of them in any array or iterable.
            k: Length of a list, at least 1.
            exclude_seen: Whether to leave out the items that the user rated.
            index: ``"exact"``, ``"approximate"`` for very many items, or an `ItemIndex` that was saved.
            items: Raw ids of the only items to list; or a frame ``user_id, item_id`` of those for each user,
                in which who isn't named gets none. All of them are scored, whatever the index.
            exclude: Raw ids of items not to list, or such a frame; unknown ones are fine.

        Returns:
            A frame ``user_id, rank, item_id, list_score``; a list is shorter where fewer items are left.

        Raises:
            KeyError: If one of `items` is unknown.
            ValueError: If `index` is another word or was made of other vectors.

        Example:
            >>> shop.recommend("ann", k=3, exclude_seen=False, items=["beer", "tea"]).item_id.tolist()
            ['tea', 'beer']
        """
        model, user_ids = self._fitted(), raw_ids(user_ids, "user_ids")
        parts = model.scorer.recommend_in_parts(user_ids, k, exclude_seen, index, items, exclude)
        return joined(told(parts, "lists", len(user_ids)) if model.settings.verbose else parts)

    def recommend_in_parts(
        self, user_ids, k: int = 10, exclude_seen: bool = True, index="exact", items=None, exclude=None
    ) -> Iterator[pd.DataFrame]:
        """Give the lists of `recommend` in frames of up to 1,024 users or 4 million scores, one by one.

        Example:
            >>> for number, lists in enumerate(shop.recommend_in_parts(shop.user_ids, k=2)):
            ...     lists.to_csv(folder / f"lists-{number:05}.csv")  # or to_parquet, with pyarrow
            >>> [file.name for file in folder.iterdir()]
            ['lists-00000.csv']
        """
        return self._fitted().scorer.recommend_in_parts(user_ids, k, exclude_seen, index, items, exclude)

    def item_index(self) -> "ItemIndex":
        """Build the index that ``recommend(index="approximate")`` searches, to save it apart.

        Example:
            >>> len(shop.recommend("ann", 2, exclude_seen=False, index=shop.item_index()))
            2
        """
        return self._fitted().scorer.item_index()

    def users_for(self, item_id, k: int = 10, exclude_seen: bool = True) -> pd.DataFrame:
        """List the k users who would like an item most, without those who rated it.

        Returns:
            A frame ``rank, user_id, score``.

        Example:
            >>> list(shop.users_for("tea", k=2, exclude_seen=False))
            ['rank', 'user_id', 'score']
        """
        return users_for(self._fitted().scorer, item_id, k, exclude_seen)

    def similar_items(self, item_id, k: int = 10) -> pd.DataFrame:
        """List the k items of the most similar taste to the one of a raw id.

        Returns:
            A frame ``rank, item_id, similarity``: cosines in [-1, 1].

        Example:
            >>> sorted(shop.similar_items("tea", k=3).item_id)
            ['cup', 'milk', 'pot']
        """
        vectors = self._fitted().vectors
        return similar(vectors.item_ids, vectors.block(vectors.items, "taste"), item_id, "item", k)

    def similar_users(self, user_id, k: int = 10) -> pd.DataFrame:
        """List the k users of the most similar taste, ``rank, user_id, similarity``, as `similar_items`.

        Example:
            >>> sorted(shop.similar_users("ann", k=5).user_id)
            ['cem', 'eva', 'gus', 'ida', 'kim']
        """
        vectors = self._fitted().vectors
        return similar(vectors.user_ids, vectors.block(vectors.users, "taste"), user_id, "user", k)

    def explain(self, user_id, item_id) -> pd.DataFrame:
        """Take a score apart.

        Returns:
            A frame ``part, of, name, contribution``, the largest first; contributions sum up to `score`. Part
            ``"choice"`` has a row for each item that the user rated. Part ``"liking"`` tells how everybody
            sees each ``"item feature"`` and the ``"item"`` beside them, and how this user departs from that,
            by each ``"user feature"`` and as the ``"user"`` that they are beside them.

        Example:
            >>> parts = shop.explain("ann", "cup")
            >>> sorted(set(parts.of))
            ['everybody', 'item', 'item feature', 'rated item', 'user', 'user feature']
            >>> bool(abs(parts.contribution.sum() - shop.score("ann", "cup")[0]) < 1e-4)
            True
        """
        from dbrec.scoring.explanations import explain

        model = self._fitted()
        user = one_place(model.vectors.user_ids, user_id, "user")
        return explain(model, user, one_place(model.vectors.item_ids, item_id, "item"))

    def user_status(self, user_ids) -> np.ndarray:
        """Tell what each user is scored from: ``"ratings"``, ``"features"`` or ``"population"``.

        Example:
            >>> shop.user_status(["ann", "a stranger"]).tolist()
            ['ratings', 'population']
        """
        return self._fitted().status("user", user_ids)

    def item_status(self, item_ids) -> np.ndarray:
        """Tell what each item is scored from, as `user_status` does.

        Example:
            >>> shop.item_status(["tea", "a rake"]).tolist()
            ['ratings', 'population']
        """
        return self._fitted().status("item", item_ids)

    def evaluate(self, test: pd.DataFrame, k: int = 10, n_resamples: int = 200) -> pd.DataFrame:
        """Judge it on interactions that it hasn't seen by `dbrec.evaluation.report.evaluate`.

        Args:
            test: Columns ``user_id``, ``item_id`` and ``rating``; without ratings each row is a choice.
            k: Length of the lists.
            n_resamples: Resamples of the users, for the intervals.

        Example:
            >>> table = shop.evaluate(ratings, k=3, n_resamples=20)
            >>> table[table.measure == "auc"].part.tolist()
            ['all', 'warm']
        """
        from dbrec.evaluation.report import evaluate

        return evaluate(self, test, self._fitted().settings.liked_from, k, n_resamples)
