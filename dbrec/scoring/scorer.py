"""Score and rank by the dot product of a user's and an item's vector."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dbrec.checks import id_frame, positions, raw_ids, switch, whole_number
from dbrec.products import pair_scores

if TYPE_CHECKING:
    from dbrec.scoring.index import ItemIndex

USERS_AT_ONCE = 1024
SCORES_AT_ONCE = 1 << 22  # of lists: users x items


class VectorScorer:
    """Score and rank with one vector a user and one an item; the score is their dot product.

    A fitted model makes one of its vectors. Baselines are scorers too: popularity is a vector of length 1 an
    item, and 1 for every user.

    Args:
        user_ids: Raw user ids, each once, shape (n,).
        item_ids: Raw item ids, each once, shape (m,).
        user_vectors: Shape (n + 1, dim): the last row serves users that aren't in `user_ids`.
        item_vectors: Shape (m + 1, dim): the last row serves unknown items.
        seen: Pairs to leave out of lists: a frame with columns ``user_id`` and ``item_id``, or a tuple of
            their positions.
        list_vectors: Like `user_vectors`, and used to make lists in their place, where what to show isn't
            just what they would like; None takes `user_vectors` for both.

    Raises:
        TypeError, ValueError: If ids repeat, vectors don't fit them or each other or aren't finite, or `seen`
            isn't such a frame.
    """

    def __init__(self, user_ids, item_ids, user_vectors, item_vectors, seen, list_vectors=None):
        self.user_ids, self.item_ids = raw_ids(user_ids, "user_ids"), raw_ids(item_ids, "item_ids")
        self.user_vectors = _vectors(user_vectors, self.user_ids, "user")
        self.item_vectors = _vectors(item_vectors, self.item_ids, "item")
        self.list_vectors = self.user_vectors
        if list_vectors is not None:
            self.list_vectors = _vectors(list_vectors, self.user_ids, "list")
        widths = self.user_vectors.shape[1], self.list_vectors.shape[1], self.item_vectors.shape[1]
        if len(set(widths)) > 1:
            raise ValueError(f"vectors of users, lists and items have the lengths {widths}: give equal ones")
        if not isinstance(seen, tuple):
            seen = id_frame(seen, "seen")
            seen = positions(self.user_ids, seen["user_id"]), positions(self.item_ids, seen["item_id"])
        users, items = (np.asarray(part, np.int32) for part in seen)
        order = np.argsort(users, kind="stable")
        self.seen_items = items[order]
        self.seen_starts = np.searchsorted(users[order], np.arange(len(self.user_ids) + 1, dtype=np.int32))
        self._index = None

    def __getstate__(self) -> dict:
        """Leave out the index, which can't be copied; it is built anew on its next use."""
        return vars(self) | {"_index": None}

    def score(self, user_ids, item_ids) -> np.ndarray:
        """Score pairs of raw ids, one or n on each side: shape (n,), float32; higher is better.

        Raises:
            TypeError, ValueError: If ids aren't of the fit's type, are missing, or no pairs.
        """
        users = positions(self.user_ids, user_ids, "user_ids")
        items = positions(self.item_ids, item_ids, "item_ids")
        if len(users) != len(items) and 1 not in (len(users), len(items)):
            raise ValueError(
                f"{len(users)} users and {len(items)} items: give pairs of equal number, or one id"
            )
        return pair_scores(self.user_vectors, self.item_vectors, *np.broadcast_arrays(users, items))

    def recommend(
        self, user_ids, k: int = 10, exclude_seen: bool = True, index: "str | ItemIndex" = "exact"
    ) -> pd.DataFrame:
        """List the k items of the highest score for each user, scored with `list_vectors`.

        Args:
            user_ids: One raw id, or n of them.
            k: Length of a list, at least 1.
            exclude_seen: Whether to leave out the items in `seen`.
            index: ``"exact"`` scores every item. ``"approximate"`` finds most of the same items without,
                which pays from about 100 thousand items on; its first use builds `item_index`, in minutes for
                a million items. An `ItemIndex` that was loaded serves in its place.

        Returns:
            A frame ``user_id, rank, item_id, list_score``, ranks from 1; equal scores stand in the order of
            `item_ids`, and where they are more than places, any of them. A list is shorter than `k` where
            fewer items are left; no users give an empty frame.

        Raises:
            TypeError, ValueError: If ids aren't of the fit's type, `k` isn't at least 1, `exclude_seen` is
                no boolean, or `index` is another word or was made of other vectors.
        """
        k, exclude_seen = whole_number("k", k), switch("exclude_seen", exclude_seen)
        graph = self._checked_index(index)
        user_ids = raw_ids(user_ids, "user_ids")
        users, parts = positions(self.user_ids, user_ids, "user_ids"), []
        at_once = int(np.clip(SCORES_AT_ONCE // max(len(self.item_ids), 1), 1, USERS_AT_ONCE))
        for start in range(0, max(len(users), 1), at_once):
            part = users[start : start + at_once]
            parts.append(self._lists(part, k, exclude_seen, graph))
            parts[-1].insert(0, "user_id", user_ids[start + parts[-1].pop("row").to_numpy()])
        return pd.concat(parts, ignore_index=True)

    def item_index(self) -> "ItemIndex":
        """Build the index that ``recommend(index="approximate")`` searches, and keep it for later calls."""
        if self._index is None:
            # here, so that exact search works without usearch
            from dbrec.scoring.index import ItemIndex

            self._index = ItemIndex(self.item_vectors[:-1])
        return self._index

    def _checked_index(self, index: "str | ItemIndex") -> "ItemIndex | None":
        """Give the index to search, or None for exact search."""
        if isinstance(index, str) and index in ("exact", "approximate"):
            return None if index == "exact" else self.item_index()
        if isinstance(index, str) or not hasattr(index, "holds"):
            raise ValueError(f"index is {index!r}: give 'exact', 'approximate' or an ItemIndex")
        if not index.holds(self.item_vectors[:-1]):
            raise ValueError(
                f"{index!r} was made of other vectors than those of the {len(self.item_ids):,} items here: "
                "build it anew with item_index()"
            )
        return index

    def _exact_lists(self, users: np.ndarray, k: int, exclude_seen: bool) -> pd.DataFrame:
        """List the k best items of the users at some positions: ``row, rank, item_id, list_score``."""
        scores = self.list_vectors[users] @ self.item_vectors[:-1].T
        if exclude_seen:
            for row, user in enumerate(users):
                scores[row, self._seen(user)] = -np.inf
        return self.top_items(scores, k)

    def _lists(
        self, users: np.ndarray, k: int, exclude_seen: bool, index: "ItemIndex | None"
    ) -> pd.DataFrame:
        """List what an index finds as `_exact_lists` would; exactly for users for whom it finds too few."""
        if index is None:
            return self._exact_lists(users, k, exclude_seen)
        seen = [self._seen(user) for user in users] if exclude_seen else None
        items = np.sort(index.search(self.list_vectors[users], k, seen)[0], axis=1)
        short = (items < 0).any(axis=1)
        found, users_found = items[~short], users[~short]
        scores = np.einsum("nd,nkd->nk", self.list_vectors[users_found], self.item_vectors[found])
        lists = [(self.top_items(scores, k, found), ~short)]
        if short.any():
            lists.append((self._exact_lists(users[short], k, exclude_seen), short))
        frames = [frame.assign(row=np.flatnonzero(rows)[frame["row"]]) for frame, rows in lists]
        return pd.concat(frames).sort_values(["row", "rank"], ignore_index=True)

    def _seen(self, user: int) -> np.ndarray:
        """Positions of the items that the user at a position has seen; none for an unknown user (-1)."""
        if user < 0:
            return np.empty(0, int)
        seen = self.seen_items[self.seen_starts[user] : self.seen_starts[user + 1]]
        return seen[seen >= 0]

    def top_items(self, scores: np.ndarray, k: int, items: np.ndarray | None = None) -> pd.DataFrame:
        """List the k best items of each row of scores, but for those at minus infinity.

        Args:
            scores: Shape (n, number of items), in the order of `item_ids`.
            k: Length of a list, at least 1.
            items: Where only some items were scored, their positions, of the shape of `scores`.

        Returns:
            A frame ``row, rank, item_id, list_score``.
        """
        k = min(whole_number("k", k), scores.shape[1])
        top = np.sort(np.argpartition(-scores, k - 1, axis=1)[:, :k], axis=1)
        order = np.argsort(-np.take_along_axis(scores, top, 1), axis=1, kind="stable")
        top = np.take_along_axis(top, order, 1)
        values = np.take_along_axis(scores, top, 1).ravel()
        top = top if items is None else np.take_along_axis(items, top, 1)
        rows, ranks = np.divmod(np.arange(values.size), k)
        items = self.item_ids[top.ravel()]
        frame = pd.DataFrame({"row": rows, "rank": ranks + 1, "item_id": items, "list_score": values})
        return frame[values > -np.inf].reset_index(drop=True)

    def similar_items(self, item_id, k: int = 10, vectors: np.ndarray | None = None) -> pd.DataFrame:
        """List the k items whose vectors point in the most similar direction, but the item itself.

        Args:
            item_id: A raw item id.
            k: Length of the list, at least 1.
            vectors: What to compare, a row an item and one more; None takes the items' whole vectors.

        Returns:
            A frame ``rank, item_id, similarity``: cosines in [-1, 1].

        Raises:
            KeyError, TypeError, ValueError: If the item is unknown or isn't one id, or `k` isn't at least 1.
        """
        item = positions(self.item_ids, item_id, "item_id")
        if len(item) != 1:
            raise ValueError(f"item_id holds {len(item)} ids: give one item")
        if item[0] < 0:
            raise KeyError(
                f"item {item_id!r} is unknown: give one of the {len(self.item_ids)} items of the fit"
            )
        vectors = (self.item_vectors if vectors is None else vectors)[:-1]
        lengths = np.linalg.norm(vectors, axis=1)
        cosines = vectors @ vectors[item[0]] / np.maximum(lengths * lengths[item[0]], 1e-12)
        cosines[item[0]] = -np.inf
        return (
            self.top_items(cosines[None], k).drop(columns="row").rename(columns={"list_score": "similarity"})
        )


def _vectors(vectors, ids: pd.Index, side: str) -> np.ndarray:
    """Check that there is a row of finite numbers an id, and one more."""
    try:
        vectors = np.asarray(vectors).astype(np.float32, casting="same_kind", copy=False)
    except (TypeError, ValueError) as error:  # text, complex numbers, rows of unlike lengths
        raise ValueError(f"{side} vectors are no table of numbers, {error}: give a row an id") from error
    if not ids.is_unique:
        raise ValueError(f"{side} id {ids[ids.duplicated()].tolist()[0]!r} is there twice: give each id once")
    if vectors.ndim != 2 or len(vectors) != len(ids) + 1:
        raise ValueError(
            f"{len(ids)} {side} ids and {side} vectors of shape {vectors.shape}: give one row more than ids"
        )
    if not np.isfinite(vectors).all():
        raise ValueError(f"{side} vectors hold numbers that aren't finite: give finite ones")
    return vectors
