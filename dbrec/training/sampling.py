"""Draw triplets (anchor, positive, negative) from ratings."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from dbrec.checks import number, whole_number

ROWS_AT_ONCE = 1 << 18
Negatives = Literal["explicit", "unobserved"]


class NoTripletsError(ValueError):
    """No rating can start a triplet."""


class Triplets(NamedTuple):
    """Arrays of one length: an anchor, a partner that goes with it, and one that doesn't."""

    anchor: np.ndarray
    positive: np.ndarray
    negative: np.ndarray


class RatedTriplets(NamedTuple):
    """Triplets, and the ratings that made them so, float32; that of an unobserved negative is 0."""

    anchor: np.ndarray
    positive: np.ndarray
    negative: np.ndarray
    positive_rating: np.ndarray
    negative_rating: np.ndarray


def random_triplet(liked: Mapping, not_liked: Mapping[object, Sequence], random: Random) -> tuple:
    """Draw one triplet as the post does: a user, one of their liked films, one of their not-liked ones.

    Each user comes equally often, however few films they rated. `TripletSampler` is less plain, and fast.

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
    ``"unobserved"`` one among all those it never rated. Either side may be the anchor: a user says which of
    two films they prefer, a film who likes it more.

    Args:
        anchors: Position of each rating's anchor, shape (n,), whole numbers from 0 to 2^31 - 1.
        partners: Position of each rating's partner, likewise; no pair of the two comes twice.
        ratings: The ratings, shape (n,), finite, or liked and not liked as true and false.
        positive_from: Lowest rating of a positive; None takes any that has a negative.
        negatives: ``"explicit"`` or ``"unobserved"``.
        n_partners: Number of partners, for unobserved negatives; None takes the largest position plus one.
        seed: Seed of the draws, a whole number from 0.
        importance: How often each rating is drawn as a positive beside the others, above 0, shape (n,); None
            for equally often.

    Raises:
        ValueError: If an argument isn't as said here.
        NoTripletsError: If no rating can start a triplet.

    Source:
        Rendle et al. 2009, "BPR: Bayesian Personalized Ranking from Implicit Feedback", section 4.2.
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
        importance: np.ndarray | None = None,
    ):
        anchors, partners = _positions("anchors", anchors), _positions("partners", partners)
        ratings = _array("ratings", ratings, "biuf", "numbers, or true and false")
        if ratings.ndim != 1 or not anchors.shape == partners.shape == ratings.shape:
            which = f"{anchors.shape}, {partners.shape} and {ratings.shape}"
            raise ValueError(f"anchors, partners and ratings have shapes {which}: give one of each a rating")
        if negatives not in ("explicit", "unobserved"):
            raise ValueError(f"negatives is {negatives!r}: give 'explicit' or 'unobserved'")
        self.explicit = negatives == "explicit"
        self.random = np.random.default_rng(whole_number("seed", seed, 0))
        least = int(partners.max(initial=-1)) + 1
        self.n_partners = (
            least if n_partners is None else whole_number("n_partners", n_partners, least, 2**31)
        )
        lowest = -np.inf if positive_from is None else number("positive_from", positive_from)
        pairs = np.multiply(anchors, self.n_partners, dtype=np.int64)
        pairs += partners
        pairs.sort()
        if len(twice := pairs[1:][pairs[1:] == pairs[:-1]]):
            anchor, partner = divmod(int(twice[0]), self.n_partners)
            raise ValueError(f"anchor {anchor} has partner {partner} more than once: keep one row a pair")
        if not self.explicit:
            self.rated = pairs
        self._keep_runs(anchors, partners, ratings, lowest, importance)

    def _keep_runs(self, anchors, partners, ratings, lowest: float, importance) -> None:
        # Rows are sorted by anchor, then from the lowest rating up. Those of one anchor and one rating are a
        # run, and whatever stands before a run of its anchor is a possible negative of all its rows. All but
        # partner and rating is kept once a run: of few different ratings there are far fewer runs than rows.
        levels, codes = _coded(ratings)
        order, run_anchors, run_codes, starts = _runs(anchors, codes, len(levels))
        self.partners, self.codes = partners[order], codes[order]
        ends = starts + np.diff(starts, append=np.int32(len(order)))
        first = starts[np.searchsorted(run_anchors, run_anchors)]
        n_rated = ends[np.searchsorted(run_anchors, run_anchors, side="right") - 1] - first
        wanted = starts > first if self.explicit else n_rated < self.n_partners
        wanted &= levels[run_codes] >= lowest
        if not wanted.any():
            raise NoTripletsError(
                f"none of {len(ratings)} ratings can start a triplet: an anchor needs a positive and a "
                f"partner {'rated lower' if self.explicit else 'never rated'}"
            )
        self.anchors, self.first, self.lower = run_anchors[wanted], first[wanted], (starts - first)[wanted]
        self.levels = levels.astype(np.float32)
        self.ratings = self.levels[run_codes[wanted]]
        self.ends = np.cumsum((ends - starts)[wanted], dtype=np.int32)
        self.skipped = ends[wanted] - self.ends
        self.chances = None
        if importance is not None:
            runs = np.searchsorted(self.ends, np.arange(len(self)), side="right")
            self.chances = np.cumsum(importance[order[np.arange(len(self)) + self.skipped[runs]]])

    def __len__(self) -> int:
        """Count the ratings that can be a positive: a natural length of an epoch."""
        return int(self.ends[-1])

    def sample(self, size: int) -> Triplets:
        """Draw triplets, with replacement: int32 positions, shape (size,); the anchors ascend."""
        return Triplets(*self.sample_rated(size)[:3])

    def sample_rated(self, size: int) -> RatedTriplets:
        """Draw triplets as `sample` does, with their ratings."""
        rows, runs = self._draw(size)
        anchors, positive_rating = self.anchors[runs], self.ratings[runs]
        if self.explicit:
            lower = self._lower(runs)
            negatives, negative_rating = self.partners[lower], self.levels[self.codes[lower]]
        else:
            negatives, negative_rating = self.unobserved(anchors), np.zeros(len(runs), np.float32)
        return RatedTriplets(anchors, self.partners[rows], negatives, positive_rating, negative_rating)

    def _draw(self, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Draw positives, ascending: their rows, and the places of their runs."""
        drawn = self._positives(whole_number("size", size, 0))
        drawn.sort()  # in order, their runs are found several times as fast
        runs = np.searchsorted(self.ends, drawn, side="right")
        return drawn + self.skipped[runs], runs

    def _positives(self, size: int) -> np.ndarray:
        """Draw numbers of positives, from 0."""
        if self.chances is None:
            return self.random.integers(0, len(self), size, dtype=np.int32)
        drawn = self.random.random(size) * self.chances[-1]
        return np.searchsorted(self.chances, drawn, side="right").astype(np.int32)

    def _lower(self, runs: np.ndarray) -> np.ndarray:
        """Draw for each positive the row of a partner rated lower."""
        chance, lower = self.random.random(runs.shape, dtype=np.float32), self.lower[runs]
        return self.first[runs] + (chance * lower).astype(np.int32)  # the product is float64, below lower

    def unobserved(self, anchors: np.ndarray) -> np.ndarray:
        """Draw a partner that each anchor never rated, shape (n,), redrawing those it did."""
        drawn, wrong = np.empty(len(anchors), np.int32), np.arange(len(anchors))
        while len(wrong):
            drawn[wrong] = self.random.integers(0, self.n_partners, len(wrong), dtype=np.int32)
            keys = anchors[wrong].astype(np.int64) * self.n_partners + drawn[wrong]
            places = np.minimum(np.searchsorted(self.rated, keys), len(self.rated) - 1)
            wrong = wrong[self.rated[places] == keys]
        return drawn


def _array(name: str, values, kinds: str, allowed: str) -> np.ndarray:
    """Return values as an array of one of the kinds of numpy's types; an empty one may be of any."""
    array = np.asarray(values) if hasattr(values, "__array__") else pd.Series(values).to_numpy()
    if array.size and array.dtype.kind not in kinds:
        raise ValueError(f"{name} is of dtype {array.dtype}, such as {array.flat[0]}: give {allowed}")
    return array


def _positions(name: str, values) -> np.ndarray:
    array = _array(name, values, "iu", "whole numbers, as an array of ints")
    outside = (array < 0) | (array >= 2**31)
    if outside.any():
        raise ValueError(f"{name} holds {array[outside][0]}: give positions from 0 to {2**31 - 1}")
    return array.astype(np.int32, copy=False)


def _runs(anchors: np.ndarray, codes: np.ndarray, n_codes: int) -> tuple[np.ndarray, ...]:
    """Sort rows by anchor, then by code: their order, and each run's anchor, code and first row, int32."""
    n_keys = (int(anchors.max(initial=-1)) + 1) * n_codes
    keys: np.ndarray = anchors.astype(np.int32 if n_keys < 2**31 else np.int64)
    keys *= n_codes
    keys += codes.astype(keys.dtype)
    if n_keys <= len(keys):
        names = np.arange(n_keys)
    else:
        names, keys = np.unique(keys, return_inverse=True)
    # a sparse matrix sorts its entries by row in two passes, without comparing them
    places = keys.astype(np.int32, copy=False), np.arange(len(keys), dtype=np.int32)
    by_key = sparse.csr_matrix((np.ones(len(keys), bool), places), (len(names), len(keys)))
    del places, keys
    starts, filled = by_key.indptr[:-1], np.diff(by_key.indptr) > 0
    run_anchors, run_codes = np.divmod(names[filled], n_codes)
    return by_key.indices, run_anchors.astype(np.int32), run_codes, starts[filled]


def _coded(ratings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the different ratings, ascending, and each one's place among them in as few bytes as hold it."""
    parts = np.array_split(ratings, range(ROWS_AT_ONCE, len(ratings), ROWS_AT_ONCE))
    levels = np.unique(np.concatenate([np.unique(part) for part in parts]))
    if not (np.abs(levels) <= np.finfo(np.float32).max).all():
        raise ValueError(f"ratings go from {levels[0]} to {levels[-1]}: give finite numbers")
    kind = np.min_scalar_type(len(levels))
    return levels, np.concatenate([np.searchsorted(levels, part).astype(kind) for part in parts])
