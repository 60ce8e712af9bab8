"""Score and rank by the dot product of a user's and an item's vector."""

import numpy as np
import pandas as pd

USERS_AT_ONCE = 1024
SCORES_AT_ONCE = 1 << 22  # of lists: users x items
PAIRS_AT_ONCE = 1 << 14


def positions(index: pd.Index, ids) -> np.ndarray:
    """Find the positions of raw ids in an index, -1 where unknown.

    Raises:
        TypeError: If text is looked up among numbers or numbers among text, which would find nothing.
    """
    ids = pd.Index(np.atleast_1d(np.asarray(ids)))
    if len(ids) and len(index) and pd.api.types.is_numeric_dtype(ids) != pd.api.types.is_numeric_dtype(index):
        raise TypeError(
            f"id {ids.tolist()[0]!r} was given, ids here are like {index.tolist()[0]!r}: "
            "give ids of the type used in fitting"
        )
    return index.get_indexer(ids)


class VectorScorer:
    """Score and rank with one vector a user and one an item; the score is their dot product.

    `HybridRecommender` makes one of what it learned. Baselines are scorers too: popularity is a vector of
    length 1 an item, and 1 for every user.

    Args:
        user_ids: Raw user ids, shape (n,).
        item_ids: Raw item ids, shape (m,).
        user_vectors: Shape (n + 1, dim): the last row serves users that aren't in `user_ids`.
        item_vectors: Shape (m + 1, dim): the last row serves unknown items.
        seen: Pairs to leave out of recommendations: a frame with columns ``user_id`` and ``item_id``.
        list_vectors: Like `user_vectors`, and used by `recommend` in their place, where what to show isn't
            just what they would like; None takes `user_vectors` for both.
    """

    def __init__(self, user_ids, item_ids, user_vectors, item_vectors, seen: pd.DataFrame, list_vectors=None):
        self.user_ids, self.item_ids = pd.Index(user_ids), pd.Index(item_ids)
        self.user_vectors = np.asarray(user_vectors, np.float32)
        self.item_vectors = np.asarray(item_vectors, np.float32)
        self.list_vectors = (
            self.user_vectors if list_vectors is None else np.asarray(list_vectors, np.float32)
        )
        for ids, vectors, side in [
            (self.user_ids, self.user_vectors, "user"),
            (self.user_ids, self.list_vectors, "list"),
            (self.item_ids, self.item_vectors, "item"),
        ]:
            if len(vectors) != len(ids) + 1:
                raise ValueError(
                    f"{len(ids)} {side} ids and {len(vectors)} {side} vectors: give one vector more than ids"
                )
        users, items = (
            positions(self.user_ids, seen["user_id"]),
            positions(self.item_ids, seen["item_id"]),
        )
        users, items = users.astype(np.int32), items.astype(np.int32)
        order = np.argsort(users, kind="stable")
        self.seen_items = items[order]
        self.seen_starts = np.searchsorted(users[order], np.arange(len(self.user_ids) + 1, dtype=np.int32))

    def score(self, user_ids, item_ids) -> np.ndarray:
        """Score pairs of raw ids.

        Args:
            user_ids: One id, or an array of shape (n,).
            item_ids: One id, or an array of shape (n,).

        Returns:
            Scores, shape (n,), float32; higher is better.

        Raises:
            TypeError: If ids are of another type than those of the fit.
            ValueError: If the two arrays have different lengths.
        """
        users, items = positions(self.user_ids, user_ids), positions(self.item_ids, item_ids)
        if len(users) != len(items) and 1 not in (len(users), len(items)):
            raise ValueError(
                f"{len(users)} users and {len(items)} items: give pairs of equal number, or one id"
            )
        users, items = np.broadcast_arrays(users, items)
        scores = np.empty(len(users), np.float32)
        for start in range(0, len(users), PAIRS_AT_ONCE):
            part = slice(start, start + PAIRS_AT_ONCE)
            vectors = self.user_vectors[users[part]], self.item_vectors[items[part]]
            scores[part] = np.einsum("nd,nd->n", *vectors)
        return scores

    def recommend(self, user_ids, k: int = 10, exclude_seen: bool = True) -> pd.DataFrame:
        """List the k items of the highest score for each user, scored with `list_vectors`.

        Args:
            user_ids: One id, or an array of shape (n,).
            k: Length of a list, at least 1.
            exclude_seen: Whether to leave out the items in `seen`.

        Returns:
            A frame ``user_id, rank, item_id, score``, ranks from 1; equal scores keep the order of
            `item_ids`. A list is shorter than `k` where fewer items are left; no users give an empty frame.

        Raises:
            ValueError: If `k` isn't a whole number of at least 1.
            TypeError: If ids are of another type than those of the fit.
        """
        user_ids = np.atleast_1d(np.asarray(user_ids))
        users, parts = positions(self.user_ids, user_ids), []
        at_once = int(np.clip(SCORES_AT_ONCE // max(len(self.item_ids), 1), 1, USERS_AT_ONCE))
        for start in range(0, max(len(users), 1), at_once):
            part = users[start : start + at_once]
            scores = self.list_vectors[part] @ self.item_vectors[:-1].T
            if exclude_seen:
                for row, user in enumerate(part):
                    scores[row, self._seen(user)] = -np.inf
            parts.append(self.top_items(scores, k))
            parts[-1].insert(0, "user_id", user_ids[start + parts[-1].pop("row").to_numpy()])
        return pd.concat(parts, ignore_index=True)

    def _seen(self, user: int) -> np.ndarray:
        """Positions of the items that the user at a position has seen; none for an unknown user (-1)."""
        if user < 0:
            return np.empty(0, int)
        seen = self.seen_items[self.seen_starts[user] : self.seen_starts[user + 1]]
        return seen[seen >= 0]

    def top_items(self, scores: np.ndarray, k: int) -> pd.DataFrame:
        """List the k best items of each row of scores, leaving out those at minus infinity.

        Args:
            scores: Shape (n, number of items), in the order of `item_ids`.
            k: Length of a list, at least 1.

        Returns:
            A frame ``row, rank, item_id, score``.

        Raises:
            ValueError: If `k` isn't a whole number of at least 1.
        """
        if not isinstance(k, (int, np.integer)) or k < 1:
            raise ValueError(f"k is {k!r}: give the length of the list, a whole number of at least 1")
        k = min(k, scores.shape[1])
        top = np.sort(np.argpartition(-scores, k - 1, axis=1)[:, :k], axis=1)
        order = np.argsort(-np.take_along_axis(scores, top, 1), axis=1, kind="stable")
        top = np.take_along_axis(top, order, 1)
        values = np.take_along_axis(scores, top, 1).ravel()
        rows, ranks = np.divmod(np.arange(values.size), k)
        frame = {
            "row": rows,
            "rank": ranks + 1,
            "item_id": self.item_ids[top.ravel()],
            "score": values,
        }
        return pd.DataFrame(frame)[values > -np.inf].reset_index(drop=True)

    def similar_items(self, item_id, k: int = 10, places: np.ndarray | None = None) -> pd.DataFrame:
        """List the k items whose vectors point in the most similar direction.

        Args:
            item_id: A raw item id.
            k: Length of the list, at least 1.
            places: Places of the vectors to compare; None compares all.

        Returns:
            A frame ``rank, item_id, similarity``: cosines in [-1, 1]; the item itself is left out.

        Raises:
            KeyError: If the item is unknown.
            ValueError: If `k` isn't a whole number of at least 1.
        """
        item = positions(self.item_ids, item_id)[0]
        if item < 0:
            raise KeyError(
                f"item {item_id!r} is unknown: give one of the {len(self.item_ids)} items of the fit"
            )
        vectors = self.item_vectors[:-1] if places is None else self.item_vectors[:-1, places]
        lengths = np.linalg.norm(vectors, axis=1)
        cosines = vectors @ vectors[item] / np.maximum(lengths * lengths[item], 1e-12)
        cosines[item] = -np.inf
        return self.top_items(cosines[None], k).drop(columns="row").rename(columns={"score": "similarity"})
