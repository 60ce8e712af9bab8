"""Draw triplets (anchor, positive, negative) from ratings, and feed them to a network."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from random import Random
from typing import Literal, NamedTuple

import numpy as np
from scipy import sparse

Negatives = Literal["explicit", "unobserved"]
ROWS_AT_ONCE = 1 << 18


class Triplets(NamedTuple):
    """Arrays of one length: an anchor, a partner that goes with it, and one that doesn't."""

    anchor: np.ndarray
    positive: np.ndarray
    negative: np.ndarray


class RatedTriplets(NamedTuple):
    """Triplets, and the ratings that made them so, float32."""

    anchor: np.ndarray
    positive: np.ndarray
    negative: np.ndarray
    positive_rating: np.ndarray
    negative_rating: np.ndarray


def random_triplet(liked: Mapping, not_liked: Mapping[object, Sequence], random: Random) -> tuple:
    """Draw one triplet as the post does: a user, one of their liked films, one of their not-liked ones.

    Each user comes equally often, however few films they rated. Clear, and slow: `TripletSampler` draws
    by array operations.

    Args:
        liked: User to a sequence of the films they liked.
        not_liked: User to a sequence of the films they rated and didn't like.
        random: Source of the draws.

    Returns:
        ``(user, liked film, not-liked film)``.

    Raises:
        ValueError: If no user has films of both kinds.

    Example:
        >>> random_triplet({1: ["Heat"], 2: ["Babe"]}, {1: ["Jaws"]}, Random(0))
        (1, 'Heat', 'Jaws')
    """
    if not any(liked[user] and not_liked.get(user) for user in liked):
        raise ValueError("no user has both liked and not-liked films: a triplet needs one of each")
    users = list(liked)
    while not (liked[user := random.choice(users)] and not_liked.get(user)):
        pass
    return user, random.choice(liked[user]), random.choice(not_liked[user])


class TripletSampler:
    """Draw triplets by array operations, millions a second.

    A rating that can be a positive is drawn, each equally often; its two ends are the anchor and the positive
    partner. An ``"explicit"`` negative is drawn among the partners that the anchor rated lower, an
    ``"unobserved"`` one among all those it never rated. Triplets come in the order of their anchors.

    Either side may be the anchor. A user as anchor says which of two films a person prefers; a film as
    anchor says which of two people likes it more.

    Args:
        anchors: Position of each rating's anchor, shape (n,), from 0.
        partners: Position of each rating's partner, shape (n,), from 0.
        ratings: The ratings, shape (n,), or liked and not liked as true and false.
        positive_from: Lowest rating of a positive; None takes any that has a negative.
        negatives: ``"explicit"`` or ``"unobserved"``.
        n_partners: Number of partners there are, for unobserved negatives; None takes the largest position
            plus one.
        seed: Seed of the draws.

    Raises:
        ValueError: If the shapes differ, `negatives` is another word, `n_partners` is less than there are, or
            no rating can start a triplet.

    Source:
        Rendle et al. 2009, "BPR: Bayesian Personalized Ranking from Implicit Feedback", section 4.2
        (drawing triplets with replacement; there the negatives are unobserved).
    """

    def __init__(
        self,
        anchors: np.ndarray,
        partners: np.ndarray,
        ratings: np.ndarray,
        positive_from: float | None = None,
        negatives: Negatives = "explicit",
        n_partners: int | None = None,
        seed: int = 0,
    ):
        anchors, partners = np.asarray(anchors, np.int32), np.asarray(partners, np.int32)
        ratings = np.asarray(ratings)
        if not anchors.shape == partners.shape == ratings.shape:
            raise ValueError(
                f"anchors, partners and ratings have shapes {anchors.shape}, {partners.shape} and "
                f"{ratings.shape}: give one of each a rating"
            )
        if negatives not in ("explicit", "unobserved"):
            raise ValueError(f"negatives is {negatives!r}: give 'explicit' or 'unobserved'")
        self.explicit = negatives == "explicit"
        self.random = np.random.default_rng(seed)
        least = int(partners.max(initial=-1)) + 1
        self.n_partners = least if n_partners is None else int(n_partners)
        if self.n_partners < least:
            raise ValueError(
                f"n_partners is {n_partners} and a partner is {least - 1}: give at least {least}"
            )
        # Rows are sorted by anchor, then from the lowest rating up. Those of one anchor and one rating are a
        # run, and whatever stands before a run of its anchor is a possible negative of all its rows. All but
        # partner and rating is kept once a run: of few different ratings there are far fewer runs than rows.
        levels, codes = _coded(ratings)
        order, run_anchors, run_codes, starts = _runs(anchors, codes, len(levels))
        self.partners, self.codes = partners[order], codes[order]
        self.n_rated = np.bincount(anchors)
        n_rows = np.diff(starts, append=np.int32(len(partners)))
        n_rated = self.n_rated[run_anchors]
        first = (np.cumsum(self.n_rated)[run_anchors] - n_rated).astype(np.int32)
        wanted = starts > first if self.explicit else n_rated < self.n_partners
        if positive_from is not None:
            wanted &= levels[run_codes] >= positive_from
        if not n_rows[wanted].any():
            raise ValueError(
                f"none of {len(ratings)} ratings can start a triplet: an anchor needs a positive and a "
                f"partner {'rated lower' if self.explicit else 'never rated'}"
            )
        self.anchors, self.first, self.lower = run_anchors[wanted], first[wanted], (starts - first)[wanted]
        self.levels = levels.astype(np.float32)
        self.ratings = self.levels[run_codes[wanted]]
        self.ends = np.cumsum(n_rows[wanted], dtype=np.int32)
        self.skipped = starts[wanted] + n_rows[wanted] - self.ends

    @cached_property
    def rated(self) -> np.ndarray:
        """Pairs that were rated, as ``anchor * n_partners + partner``, ascending, shape (n,), int64."""
        anchors = np.repeat(np.arange(len(self.n_rated)), self.n_rated)
        return np.sort(anchors * self.n_partners + self.partners)

    def __len__(self) -> int:
        """Count the ratings that can be a positive: a natural length of an epoch."""
        return int(self.ends[-1])

    def sample(self, size: int) -> Triplets:
        """Draw triplets, with replacement.

        Args:
            size: Number of triplets.

        Returns:
            Three int32 arrays of positions, shape (size,); the anchors ascend.
        """
        rows, runs = self._draw(size)
        anchors = self.anchors[runs]
        negatives = self.partners[self._lower(runs)] if self.explicit else self.unobserved(anchors)
        return Triplets(anchors, self.partners[rows], negatives)

    def sample_rated(self, size: int | tuple[int, int]) -> RatedTriplets:
        """Draw triplets as `sample` does, with their ratings.

        Args:
            size: Number of triplets, or the shape (batch, members); then each member's anchors ascend.

        Raises:
            ValueError: If negatives are unobserved: those have no rating.
        """
        if not self.explicit:
            raise ValueError("unobserved negatives have no ratings: draw them by sample")
        rows, runs = self._draw(size)
        lower = self._lower(runs)
        return RatedTriplets(
            self.anchors[runs],
            self.partners[rows],
            self.partners[lower],
            self.ratings[runs],
            self.levels[self.codes[lower]],
        )

    def _draw(self, size: int | tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        """Draw positives, ascending: their rows, and the places of their runs."""
        drawn = self.random.integers(0, len(self), size, dtype=np.int32)
        drawn.sort(axis=0)  # in order, their runs are found several times as fast
        runs = np.searchsorted(self.ends, drawn, side="right")
        return drawn + self.skipped[runs], runs

    def _lower(self, runs: np.ndarray) -> np.ndarray:
        """Draw for each positive the row of a partner rated lower."""
        chance, lower = self.random.random(runs.shape, dtype=np.float32), self.lower[runs]
        return self.first[runs] + (chance * lower).astype(np.int32)  # the product is float64, below lower

    def unobserved(self, anchors: np.ndarray) -> np.ndarray:
        """Draw a partner that each anchor never rated, shape (n,), redrawing those it did."""
        drawn = self.random.integers(0, self.n_partners, len(anchors), dtype=np.int32)
        wrong = np.arange(len(anchors))
        while True:
            keys = anchors[wrong].astype(np.int64) * self.n_partners + drawn[wrong]
            places = np.minimum(np.searchsorted(self.rated, keys), len(self.rated) - 1)
            wrong = wrong[self.rated[places] == keys]
            if not len(wrong):
                return drawn
            drawn[wrong] = self.random.integers(0, self.n_partners, len(wrong), dtype=np.int32)


def _runs(anchors: np.ndarray, codes: np.ndarray, n_codes: int) -> tuple[np.ndarray, ...]:
    """Sort rows by anchor, then by code: their order, and each run's anchor, code and first row, int32."""
    n_keys = (int(anchors.max(initial=-1)) + 1) * n_codes
    keys = anchors.astype(np.int32 if n_keys < 2**31 else np.int64)
    keys *= n_codes
    keys += codes.astype(keys.dtype)
    names = np.arange(n_keys) if n_keys <= len(keys) else None
    if names is None:
        names, keys = np.unique(keys, return_inverse=True)
        keys = keys.astype(np.int32)
    # a sparse matrix sorts its entries by row in two passes, without comparing them
    entries = np.ones(len(keys), bool), (keys, np.arange(len(keys), dtype=np.int32))
    by_key = sparse.csr_matrix(entries, (len(names), len(keys)))
    del entries, keys
    starts, filled = by_key.indptr[:-1], np.diff(by_key.indptr) > 0
    run_anchors, run_codes = np.divmod(names[filled], n_codes)
    return by_key.indices, run_anchors.astype(np.int32), run_codes, starts[filled]


def _coded(ratings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the different ratings, ascending, and each one's place among them in as few bytes as hold it."""
    parts = [ratings[start : start + ROWS_AT_ONCE] for start in range(0, len(ratings), ROWS_AT_ONCE)]
    levels = np.unique(np.concatenate([np.unique(part) for part in parts] or [ratings]))
    codes = np.empty(len(ratings), np.min_scalar_type(len(levels)))
    for place, part in enumerate(parts):
        codes[place * ROWS_AT_ONCE :][: len(part)] = np.searchsorted(levels, part)
    return levels, codes
