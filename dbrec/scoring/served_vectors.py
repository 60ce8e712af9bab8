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

    Raises:
        ValueError: If a number isn't finite, so that neither a fit nor a load ends with one.
    """

    user_ids: pd.Index
    item_ids: pd.Index
    users: np.ndarray
    lists: np.ndarray
    items: np.ndarray
    widths: tuple[int, ...]

    def __post_init__(self):
        if not all(np.isfinite(part).all() for part in (self.users, self.lists, self.items)):
            raise ValueError("served vectors aren't finite: fit again with a smaller learning_rate or l2")

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
        return cls(**ids, **rows, widths=tuple(arrays["widths"].tolist()))


def newcomer_rows(side: str, others_say: np.ndarray, above: np.ndarray) -> np.ndarray:
    """Lay out the block newcomer.

    Args:
        side: ``"user"`` or ``"item"``.
        others_say: How much of the other side's ratings to take, shape (n,).
        above: What one's own ratings say, shape (n,).
    """
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
    shown[:, :places] += ((FEW_RATINGS / (FEW_RATINGS + np.asarray(n_rated, float))) ** 2)[:, None] * guess
    to_list = np.concatenate([LIKING_WEIGHT * has_disliked * liking, shown, shown[:, :places]], axis=1)
    return np.concatenate([liking, choice, np.zeros_like(guess)], axis=1), to_list


def item_rows(liking: np.ndarray, as_candidate: np.ndarray, guess: np.ndarray) -> np.ndarray:
    """Join blocks to the row of each item.

    Args:
        liking: The blocks taste, bias and newcomer, shape (n, width).
        as_candidate: What those with ratings are found by, shape (m, dim); they stand first.
        guess: What features say of its first places, shape (n, places).
    """
    n_known = len(as_candidate)
    known = np.zeros((len(liking), as_candidate.shape[1]))
    known[:n_known] = as_candidate
    return np.concatenate(
        [liking, known, np.where(np.arange(len(liking))[:, None] < n_known, 0, guess)], axis=1
    )
