"""Merge interactions that came, changed or went after a fit into those that are known."""

from typing import NamedTuple

import numpy as np

from dbrec.changes import Changes
from dbrec.interactions import ROWS, Interactions, Levels, is_liked


class Delta(NamedTuple):
    """What an update takes away and adds: a changed rating is one that goes and one that comes.

    Shapes (n,).

    Attributes:
        users, items: Positions.
        sign: 1 of what comes, -1 of what goes.
        liked: Whether it is a liked one.
        given: The rating or weight.
        importance: As in `Interactions`; None where all are alike.
    """

    users: np.ndarray
    items: np.ndarray
    sign: np.ndarray
    liked: np.ndarray
    given: np.ndarray
    importance: np.ndarray | None

    def of_sign(self, sign: int) -> "Delta":
        """Keep what comes, by 1, or what goes, by -1."""
        rows = self.sign == sign
        importance = None if self.importance is None else self.importance[rows]
        ids = self.users[rows], self.items[rows]
        return Delta(*ids, self.sign[rows], self.liked[rows], self.given[rows], importance)


def merge(
    interactions: Interactions, changes: Changes, ids, levels: Levels, liked_from: float, has_disliked: bool
) -> tuple[Interactions, Delta, int]:
    """Put changes among interactions that are sorted by user and item.

    Args:
        interactions: Of ids that stand first among `ids`.
        changes: What came, changed or went.
        ids: Raw ids of all users and of all items, those of `changes` included.
        levels: Of the fit, by which a weight becomes a value.
        liked_from: Lowest rating that counts as liked.
        has_disliked: Whether the fit had ratings of both kinds.

    Returns:
        All interactions, sorted; what went and came; and how many pairs came, changed or went.

    Raises:
        ValueError: If a rating below `liked_from` comes where all have been choices, or nothing is left.
    """
    users, items = (i.get_indexer(c) for i, c in zip(ids, changes[:2], strict=True))
    given = changes.given
    keys, known = _keys(users, items), _keys(interactions.user_index, interactions.item_index)
    place = np.searchsorted(known, keys)
    at = np.minimum(place, len(known) - 1)
    there, gone = known[at] == keys, np.isnan(given)
    before = interactions.given[at]
    comes, goes = ~gone & ~there, there & gone
    # as many digits as ratings have that came as float32
    differs = given.astype(np.float32) != before.astype(np.float32)
    changed = there & ~gone & differs & changes.replaces
    liked = np.ones(len(given), bool)
    if interactions.weight is None:
        liked = is_liked(given, liked_from)
    _refuse(given[(comes | changed) & ~liked], liked_from, has_disliked)
    if goes.sum() == len(known) and not comes.any():
        raise ValueError(f"all {len(known)} interactions would be taken back: leave some of them")
    old, new = goes | changed, comes | changed
    importance = np.ones(len(given)) if changes.importance is None else changes.importance
    delta = Delta(
        np.concatenate([users[old], users[new]]),
        np.concatenate([items[old], items[new]]),
        np.repeat([-1, 1], [old.sum(), new.sum()]),
        np.concatenate([interactions.liked[at[old]], liked[new]]),
        np.concatenate([before[old], given[new]]),
        None
        if interactions.importance is None
        else np.append(interactions.importance[at[old]], importance[new]),
    )
    value = given if interactions.weight is None else levels(given)
    columns = users, items, value, liked, given, importance
    rows = dict(zip(ROWS, columns, strict=True))
    parts = _merged(interactions, rows, place, keys, comes, changed)
    if goes.any():
        stays = ~np.isin(_keys(parts["user_index"], parts["item_index"]), keys[goes])
        parts = {name: part[stays] for name, part in parts.items()}
    return Interactions(*ids, **parts), delta, int((comes | changed | goes).sum())


def _refuse(not_liked: np.ndarray, liked_from: float, has_disliked: bool) -> None:
    if len(not_liked) and not has_disliked:
        raise ValueError(
            f"the rating {not_liked[0]} isn't a liked one (>= {liked_from}), and all of the fit were: leave "
            "it out, or fit anew with ratings of both kinds"
        )


def _merged(interactions, rows, place, keys, comes, changed) -> dict[str, np.ndarray]:
    """Write what changed into copies of the columns, and insert what came where it belongs."""
    order, parts = np.argsort(keys[comes], kind="stable"), {}
    for name in ROWS:
        part = getattr(interactions, name)
        if part is None:
            continue
        if changed.any() and name not in ("user_index", "item_index"):
            part = part.copy()
            part[place[changed]] = rows[name][changed]
        if comes.any():
            part = np.insert(part, place[comes][order], rows[name][comes][order])
        parts[name] = part
    return parts


def _keys(users: np.ndarray, items: np.ndarray) -> np.ndarray:
    return (np.asarray(users, np.int64) << 32) + items
