"""The vectors that are multiplied to serve: the only place that knows how they are laid out.

A vector is a row of named blocks, one after the other:

    block     of a user                        of an item
    taste     v                                v'
    bias      b, 1                             1, b'
    newcomer  n, above                         above', n'
    choice    what they rated, summed up       what it is found by
    guess     the first places of choice       what a new item is found by, as its features tell

Models may stand side by side, each divided by the root of their number: a product is the mean of theirs.
The products of the blocks are v.v' + b + b' (liking); what the other side's ratings say of who has none
(newcomer; n is 1/2 or less for those and 0 for others, `above` 0 for those); choice, of items with ratings;
and guess, of new ones. A person has two rows: one to score with, by liking and choice, and one to make lists
with, by choice and guess. Both meet the same row of an item.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dbrec.interactions import id_array, id_index

BLOCKS = "taste", "bias", "newcomer", "choice", "guess"
SIDES = "user", "item"
LIKING_WEIGHT = 0.01  # of liking in lists, where ratings tell it from choice
FEW_RATINGS = 5  # as many quarter what features say of a choice
# Of what the other side's ratings say of a newcomer's score, and the number of ratings that halves it again.
OTHERS_SAY, TOLD_RATINGS = 0.5, 10
ROOM = 16  # one more row in so many, for ids to come


@dataclass(frozen=True, eq=False)
class ServedVectors:
    """Hold a row an id and side, and a last one for the ids never met.

    Attributes:
        user_ids: Raw ids, those with ratings first, shape (n,).
        item_ids: Likewise, shape (m,).
        users: Rows to score with, shape (n + 1, dim), float32.
        lists: Rows to make lists with, shape (n + 1, dim), float32.
        items: Shape (m + 1, dim), float32.
        widths: Places of each block, in the order of `BLOCKS`.
    """

    user_ids: pd.Index
    item_ids: pd.Index
    users: np.ndarray
    lists: np.ndarray
    items: np.ndarray
    widths: tuple[int, ...]

    def checked(self) -> "ServedVectors":
        """Return itself, or raise a ValueError if a number isn't finite; fits and loads end with it."""
        if not all(np.isfinite(part).all() for part in (self.users, self.lists, self.items)):
            raise ValueError("served vectors aren't finite: fit again with a smaller learning_rate or l2")
        return self

    def block(self, vectors: np.ndarray, *names: str) -> np.ndarray:
        """Cut blocks out of rows.

        Args:
            vectors: Rows of this layout, shape (..., dim).
            *names: Blocks that stand side by side, such as ``"taste", "bias"``.
        """
        start = BLOCKS.index(names[0])
        before, width = sum(self.widths[:start]), sum(self.widths[start : start + len(names)])
        return vectors[..., before : before + width]

    def liking_rows(self, vectors: np.ndarray) -> np.ndarray:
        """Cut out what the towers trained: taste and bias."""
        return self.block(vectors, "taste", "bias")

    def with_more(self, user_ids: pd.Index, item_ids: pd.Index) -> "ServedVectors":
        """Make room for more ids, which come after those that are known; their rows are zeros yet."""
        n_users, n_items = len(user_ids) - len(self.user_ids), len(item_ids) - len(self.item_ids)
        users, lists = with_room(self.users, n_users), with_room(self.lists, n_users)
        return ServedVectors(user_ids, item_ids, users, lists, with_room(self.items, n_items), self.widths)

    def arrays(self) -> dict[str, np.ndarray]:
        """Give all of it as arrays of numbers and text, to be saved; `from_arrays` takes them back."""
        ids = {"user_ids": id_array(self.user_ids), "item_ids": id_array(self.item_ids)}
        rows = {"users": self.users, "lists": self.lists, "items": self.items}
        return ids | rows | {"widths": np.array(self.widths)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "ServedVectors":
        """Make what `arrays` gave."""
        ids = {f"{side}_ids": id_index(arrays[f"{side}_ids"]) for side in SIDES}
        rows = {name: arrays[name] for name in ("users", "lists", "items")}
        return cls(**ids, **rows, widths=tuple(arrays["widths"].tolist())).checked()


def newcomer_rows(side: str, n_rated: np.ndarray, above: np.ndarray | None) -> np.ndarray:
    """Lay out the block newcomer.

    Args:
        side: ``"user"`` or ``"item"``.
        n_rated: Number of ratings of each newcomer, who takes the less of what the other side's ratings say,
            shape (n,).
        above: What one's own ratings say, shape (n,), of those whom the fit had ratings of, who take nothing;
            None for newcomers.
    """
    others_say = OTHERS_SAY * TOLD_RATINGS / (TOLD_RATINGS + np.asarray(n_rated, float))
    others_say, above = (others_say, np.zeros(len(others_say))) if above is None else (0 * others_say, above)
    return np.column_stack([others_say, above] if side == "user" else [above, others_say])


def user_rows(
    liking: np.ndarray, choice: np.ndarray, guess: np.ndarray, n_rated: np.ndarray, has_disliked: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Join blocks to the two rows of each user: to score with, and to make lists with.

    Lists are made by choice and, where ratings tell what people like from what they choose, a hundredth of
    liking. Who has rated nothing is shown what people of their features choose; with
    each rating their own choice takes over.

    Args:
        liking: The blocks taste, bias and newcomer, shape (n, width).
        choice: Shape (n, dim); where dim is 0, lists are made by liking alone.
        guess: What features say of its first places, shape (n, m).
        n_rated: Number of each one's ratings, shape (n,).
        has_disliked: Whether some ratings are below what is liked.
    """
    if not choice.shape[1]:
        return liking, liking
    shown, places = choice.copy(), guess.shape[1]
    shown[:, :places] += _of_guess(n_rated)[:, None] * guess
    to_list = np.concatenate([LIKING_WEIGHT * has_disliked * liking, shown, shown[:, :places]], axis=1)
    return np.concatenate([liking, choice, np.zeros_like(guess)], axis=1), to_list


def item_rows(
    liking: np.ndarray, as_candidate: np.ndarray, guess: np.ndarray, n_rated: np.ndarray | None = None
) -> np.ndarray:
    """Join blocks to the row of each item.

    Args:
        liking: The blocks taste, bias and newcomer, shape (n, width).
        as_candidate: What those with ratings are found by, shape (n, dim).
        guess: What features say of its first places, shape (n, places).
        n_rated: Number of ratings of each newcomer, shape (n,); None for those whom the fit had ratings of,
            who are found without a guess.
    """
    weight = np.zeros(len(liking)) if n_rated is None else _of_guess(n_rated)
    return np.concatenate([liking, as_candidate, weight[:, None] * guess], axis=1)


def _of_guess(n_rated: np.ndarray) -> np.ndarray:
    """Weigh what features say of a choice beside so many ratings."""
    return (FEW_RATINGS / (FEW_RATINGS + np.asarray(n_rated, float))) ** 2


def with_room(rows: np.ndarray, n_more: int) -> np.ndarray:
    """Add so many rows of zeros before the last one, which serves the ids never met.

    Rows that an earlier call left room behind aren't copied: they and those returned are then the same.
    """
    if not n_more:
        return rows
    n, wanted = len(rows), len(rows) + n_more
    room = rows.base if isinstance(rows.base, np.ndarray) else rows
    where = [(part.dtype, part.shape[1:], part.strides, part.ctypes.data) for part in (rows, room)]
    if where[0] != where[1] or len(room) < wanted:
        room = np.zeros((wanted + wanted // ROOM, *rows.shape[1:]), rows.dtype)
        room[:n] = rows
    more = room[:wanted]
    more[-1] = rows[-1]
    more[n - 1 : -1] = 0
    return more
