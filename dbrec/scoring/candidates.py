"""Which items may stand in whose list."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from dbrec.checks import id_frame, positions, raw_ids


class Pairs(NamedTuple):
    """Users (or rows) and items by position, sorted by user, shapes (n,)."""

    users: np.ndarray
    items: np.ndarray

    @classmethod
    def of(cls, users, items) -> "Pairs":
        """Sort pairs; those of an id that is unknown, -1, are left out."""
        users, items = np.asarray(users, np.int32), np.asarray(items, np.int32)
        known = (users >= 0) & (items >= 0)
        order = np.argsort(users[known], kind="stable")
        return cls(users[known][order], items[known][order])

    def of_user(self, user: int) -> np.ndarray:
        """Give the items of the user at a position; none of an unknown one, -1."""
        return self.items[slice(*np.searchsorted(self.users, np.array([user, user + 1], np.int32)))]


class Candidates:
    """The items that may stand in the lists of some users.

    Args:
        item_ids: All raw ids of items.
        user_ids: Raw ids of the users who are asked for, shape (n,).
        items: None for all items, or raw ids of those that may be listed, or a frame ``user_id, item_id`` of
            those that each may get; who isn't in it gets none.
        exclude: Raw ids, or such a frame, of what isn't to be listed; what is unknown can't be anyway.
        seen: What each user has seen, by position in the order of `users`, and isn't to be listed; or None.
        users: Positions of the users, shape (n,), -1 for one never met.

    Raises:
        KeyError: If one of `items` is unknown.
        TypeError, ValueError: If ids aren't of the type of those known, or are missing.
    """

    def __init__(self, item_ids, user_ids: pd.Index, items=None, exclude=None, seen=None, users=()):
        self.item_ids, self.user_ids, self.seen, self.users = item_ids, user_ids, seen, users
        self.only, self.out = self._places("items", items), self._places("exclude", exclude)

    def left_out(self, row: int) -> np.ndarray:
        """Give the positions of what isn't to be listed for the user in a row, whatever `items` says."""
        parts = [] if self.seen is None else [self.seen.of_user(self.users[row])]
        if self.out is not None:
            parts.append(self.out.of_user(row) if isinstance(self.out, Pairs) else self.out)
        return np.concatenate(parts) if parts else np.empty(0, int)

    def hide(self, scores: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Set what isn't to be listed to minus infinity, in the scores of the users in some rows."""
        if self.only is not None:
            hidden = np.ones(scores.shape[1], bool)
            for row, user in enumerate(rows):
                allowed = self.only.of_user(user) if isinstance(self.only, Pairs) else self.only
                hidden[allowed] = False
                scores[row, hidden] = -np.inf
                hidden[allowed] = True
        for row, user in enumerate(rows):
            scores[row, self.left_out(user)] = -np.inf
        return scores

    def _places(self, name: str, given) -> "Pairs | np.ndarray | None":
        """Find positions of items: pairs with the rows of the users, or one array for all of them."""
        if given is None:
            return None
        if not isinstance(given, pd.DataFrame):
            places = self._items(name, given)
            return places[places >= 0]
        frame = id_frame(given, name)
        names = self.user_ids.unique()
        asked = positions(names, frame["user_id"], f"{name}['user_id']")
        frame, asked = frame[asked >= 0], asked[asked >= 0]
        by_name = Pairs.of(asked, self._items(f"{name}['item_id']", frame["item_id"]))
        each = [by_name.of_user(code) for code in names.get_indexer(self.user_ids)]
        rows = np.repeat(np.arange(len(each)), [len(part) for part in each])
        return Pairs.of(rows, np.concatenate(each) if each else [])

    def _items(self, name: str, item_ids) -> np.ndarray:
        ids = raw_ids(item_ids, name)
        places = positions(self.item_ids, ids, name)
        if name.startswith("items") and (places < 0).any():
            raise KeyError(
                f"{name} holds {ids[places < 0].tolist()[:3]}, which are unknown: give ids that were in the "
                "ratings or items of the fit, or bring new ones in by update"
            )
        return places
