"""Score and rank by the dot product of a user's and an item's vector."""

from collections.abc import Iterator
from copy import copy
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dbrec.checks import id_frame, positions, raw_ids, switch, whole_number
from dbrec.products import pair_scores
from dbrec.scoring.candidates import Candidates, Pairs
from dbrec.scoring.top_places import Places, joined, top_places

if TYPE_CHECKING:
    from dbrec.interactions import Interactions
    from dbrec.scoring.index import ItemIndex
    from dbrec.scoring.served_vectors import ServedVectors

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
        self.seen = Pairs.of(*seen)
        self._index = None

    def __getstate__(self) -> dict:
        """Leave out the index, which can't be copied; it is built anew on its next use."""
        return vars(self) | {"_index": None}

    def moved(self, vectors: "ServedVectors", seen: "Interactions", items_too: bool) -> "VectorScorer":
        """Serve rows that an update has checked, and interactions that are sorted by user."""
        other = copy(self)
        other.user_ids, other.item_ids = vectors.user_ids, vectors.item_ids
        other.user_vectors, other.list_vectors = vectors.users, vectors.lists
        other.item_vectors = vectors.items
        other.seen = Pairs(seen.user_index, seen.item_index)
        other._index = None if items_too else self._index
        return other

    def score(self, user_ids, item_ids) -> np.ndarray:
        """Score pairs of raw ids, one or n on each side: shape (n,), float32; higher is better.

        Raises:
            TypeError, ValueError: If ids aren't of the fit's type, are missing, or no pairs.
        """
        return pair_scores(self.user_vectors, self.item_vectors, *self.pairs(user_ids, item_ids))

    def pairs(self, user_ids, item_ids) -> tuple[np.ndarray, np.ndarray]:
        """Find the positions of pairs of raw ids; arguments and errors as `score`."""
        users = positions(self.user_ids, user_ids, "user_ids")
        items = positions(self.item_ids, item_ids, "item_ids")
        if len(users) != len(items) and 1 not in (len(users), len(items)):
            raise ValueError(
                f"{len(users)} users and {len(items)} items: give pairs of equal number, or one id"
            )
        users, items = np.broadcast_arrays(users, items)
        return users, items

    def recommend(
        self,
        user_ids,
        k: int = 10,
        exclude_seen: bool = True,
        index: "str | ItemIndex" = "exact",
        items=None,
        exclude=None,
    ) -> pd.DataFrame:
        """List the k items of the highest score for each user, scored with `list_vectors`.

        Args:
            user_ids: One raw id, or n of them.
            k: Length of a list, at least 1.
            exclude_seen: Whether to leave out the items in `seen`.
            index: ``"exact"`` scores every item. ``"approximate"`` finds most of the same items without,
                which pays from about 100 thousand items on; its first use builds `item_index`, in minutes for
                a million items. An `ItemIndex` that was loaded serves in its place.
            items: Which items may be listed, as in `Candidates`; they are all scored, whatever the index.
            exclude: Which may not, as there.

        Returns:
            A frame ``user_id, rank, item_id, list_score``, ranks from 1; equal scores stand in the order of
            `item_ids`, and where they are more than places, any of them. A list is shorter than `k` where
            fewer items are left; no users give an empty frame.

        Raises:
            KeyError: If one of `items` is unknown.
            TypeError, ValueError: If ids aren't of the fit's type, `k` isn't at least 1, `exclude_seen` is
                no boolean, or `index` is another word or was made of other vectors.
        """
        return joined(self.recommend_in_parts(user_ids, k, exclude_seen, index, items, exclude))

    def recommend_in_parts(
        self, user_ids, k: int = 10, exclude_seen: bool = True, index="exact", items=None, exclude=None
    ) -> Iterator[pd.DataFrame]:
        """Give the lists of `recommend` in frames of up to 1,024 users each, so that all need never be held.

        What `recommend` refuses is refused at once, and not with the first frame.
        """
        k, exclude_seen = whole_number("k", k), switch("exclude_seen", exclude_seen)
        graph = self._checked_index(index)
        user_ids = raw_ids(user_ids, "user_ids")
        users = positions(self.user_ids, user_ids, "user_ids")
        seen = self.seen if exclude_seen else None
        candidates = Candidates(self.item_ids, user_ids, items, exclude, seen, users)
        at_once = int(np.clip(SCORES_AT_ONCE // max(len(self.item_ids), 1), 1, USERS_AT_ONCE))

        def lists(start: int) -> pd.DataFrame:
            found = self._lists(np.arange(start, min(start + at_once, len(users))), k, candidates, graph)
            return pd.DataFrame({"user_id": user_ids[found.rows]} | self.columns_of(found), copy=False)

        return map(lists, range(0, max(len(users), 1), at_once))

    def rank(self, user_ids, item_ids) -> np.ndarray:
        """Score pairs of raw ids as lists are made by, shape (n,); arguments and errors as `score`."""
        return pair_scores(self.list_vectors, self.item_vectors, *self.pairs(user_ids, item_ids))

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

    def list_scores(self, users: np.ndarray) -> np.ndarray:
        """Score all items for the users at some positions as lists are made by, shape (n, n_items)."""
        return self.list_vectors[users] @ self.item_vectors[:-1].T

    def columns_of(self, found: Places) -> dict:
        """Give the columns ``rank, item_id, list_score`` of lists."""
        return {"rank": found.ranks, "item_id": self.item_ids[found.items], "list_score": found.scores}

    def _exact_lists(self, rows: np.ndarray, k: int, candidates: Candidates) -> Places:
        """List the k best items of the users in some rows."""
        found = top_places(candidates.hide(self.list_scores(candidates.users[rows]), rows), k)
        return found._replace(rows=rows[found.rows])

    def _lists(self, rows: np.ndarray, k: int, candidates: Candidates, index: "ItemIndex | None") -> Places:
        """List what an index finds as `_exact_lists` would; exactly for users for whom it finds too few."""
        if index is None or candidates.only is not None:
            return self._exact_lists(rows, k, candidates)
        vectors = self.list_vectors[candidates.users[rows]]
        left_out = [candidates.left_out(row) for row in rows]
        items = np.sort(index.search(vectors, k, left_out)[0], axis=1)
        short = (items < 0).any(axis=1)
        found = items[~short]
        scores = np.einsum("nd,nkd->nk", vectors[~short], self.item_vectors[found])
        lists = top_places(scores, k, found)
        lists = lists._replace(rows=rows[~short][lists.rows])
        if not short.any():
            return lists
        both = map(np.concatenate, zip(lists, self._exact_lists(rows[short], k, candidates), strict=True))
        lists = Places(*both)
        order = np.lexsort((lists.ranks, lists.rows))
        return Places(*(column[order] for column in lists))


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
