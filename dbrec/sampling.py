"""Draw triplets (anchor, positive, negative) from ratings, and feed them to a network."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from random import Random
from typing import Literal, NamedTuple

import numpy as np

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
    ``"unobserved"`` one among all those it never rated.

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
        ValueError: If the shapes differ, `negatives` is another word, or no rating can start a triplet.

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
        self.n_partners = int(n_partners or partners.max(initial=-1) + 1)
        # By anchor, then from the lowest rating up: whatever stands before a row of its anchor and is
        # rated lower is a possible negative of that row, and the positives of an anchor are its last rows.
        self.levels, codes = _coded(ratings)
        order = _order(anchors, codes, len(self.levels))
        anchors, self.partners, self.codes = anchors[order], partners[order], codes[order]
        del order  # the largest array: nothing below needs it
        self.ends = np.cumsum(np.bincount(anchors))
        self.starts = np.concatenate([[0], self.ends[:-1]]).astype(np.int32)
        lower = _first_of_run(anchors, self.codes) - self.starts[anchors]
        if self.explicit:
            wanted = lower > 0
        else:
            wanted = (self.n_partners > np.diff(self.ends, prepend=0))[anchors]
        if positive_from is not None:
            wanted &= (self.levels >= positive_from)[self.codes]
        if not wanted.any():
            raise ValueError(
                f"none of {len(ratings)} ratings can start a triplet: an anchor needs a positive and a "
                f"partner {'rated lower' if self.explicit else 'never rated'}"
            )
        self.anchors, self.lower = anchors[wanted], lower[wanted]
        n_wanted = np.bincount(self.anchors, minlength=len(self.ends))
        self.skipped = (self.ends - np.cumsum(n_wanted)).astype(np.int32)

    @cached_property
    def rated(self) -> np.ndarray:
        """Pairs that were rated, as ``anchor * n_partners + partner``, ascending, shape (n,), int64."""
        anchors = np.repeat(np.arange(len(self.ends)), np.diff(self.ends, prepend=0))
        return np.sort(anchors * self.n_partners + self.partners)

    def __len__(self) -> int:
        """Count the ratings that can be a positive: a natural length of an epoch."""
        return len(self.anchors)

    def sample(self, size: int) -> Triplets:
        """Draw triplets, with replacement.

        Args:
            size: Number of triplets.

        Returns:
            Three int32 arrays of positions, shape (size,).
        """
        drawn = self._draw(size)
        anchors = self.anchors[drawn]
        negatives = self.partners[self._lower(drawn)] if self.explicit else self.unobserved(anchors)
        return Triplets(anchors, self.partners[self._rows(drawn)], negatives)

    def sample_rated(self, size: int) -> RatedTriplets:
        """Draw triplets as `sample` does, with their ratings.

        Raises:
            ValueError: If negatives are unobserved: those have no rating.
        """
        if not self.explicit:
            raise ValueError("unobserved negatives have no ratings: draw them by sample")
        drawn = self._draw(size)
        rows, lower = self._rows(drawn), self._lower(drawn)
        ratings = self.levels.astype(np.float32)
        return RatedTriplets(
            self.anchors[drawn],
            self.partners[rows],
            self.partners[lower],
            ratings[self.codes[rows]],
            ratings[self.codes[lower]],
        )

    def _draw(self, size: int) -> np.ndarray:
        return self.random.integers(0, len(self.anchors), size, dtype=np.int32)

    def _rows(self, drawn: np.ndarray) -> np.ndarray:
        """Give the row of each positive: those of an anchor are its last, so all skip alike."""
        return drawn + self.skipped[self.anchors[drawn]]

    def _lower(self, drawn: np.ndarray) -> np.ndarray:
        """Draw for each positive the place of a partner rated lower."""
        chance, lower = self.random.random(len(drawn), dtype=np.float32), self.lower[drawn]
        # float32 may round chance * lower up to lower itself, one past the end
        return self.starts[self.anchors[drawn]] + np.minimum((chance * lower).astype(np.int32), lower - 1)

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


def _coded(ratings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the different ratings, ascending, and each one's place among them in as few bytes as hold it."""
    parts = [ratings[start : start + ROWS_AT_ONCE] for start in range(0, len(ratings), ROWS_AT_ONCE)]
    levels = np.unique(np.concatenate([np.unique(part) for part in parts] or [ratings]))
    codes = np.empty(len(ratings), np.min_scalar_type(len(levels)))
    for place, part in enumerate(parts):
        codes[place * ROWS_AT_ONCE :][: len(part)] = np.searchsorted(levels, part)
    return levels, codes


def _order(anchors: np.ndarray, codes: np.ndarray, n_levels: int) -> np.ndarray:
    """Order rows by anchor, then by code; a joint key sorts in half the memory of `np.lexsort`."""
    largest = (int(anchors.max(initial=0)) + 1) * n_levels
    keys = anchors.astype(np.int32 if largest < 2**31 else np.int64)
    keys *= n_levels
    keys += codes.astype(keys.dtype)
    return np.argsort(keys, kind="stable")


def _first_of_run(anchors: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Give each row of a sorted list the first row with the same anchor and code, int32."""
    first = np.arange(len(anchors), dtype=np.int32)
    first[1:][(anchors[1:] == anchors[:-1]) & (codes[1:] == codes[:-1])] = 0
    return np.maximum.accumulate(first, out=first)


def triplet_dataset(
    samplers: Sequence[TripletSampler], rows: Sequence[tuple[np.ndarray, np.ndarray]], batch_size: int
):
    """Make an endless tf.data pipeline of batches of rows, for the `network_train` of `build_model`.

    Args:
        samplers: One sampler a triplet of the network: users as anchors, then films as anchors.
        rows: For each sampler the encoded rows ``(of its anchors, of its partners)``, int32, in the order
            of the positions.
        batch_size: Triplets a batch, of each sampler.

    Returns:
        A ``tf.data.Dataset`` of ``((A, P, N),)`` or, with two samplers, ``((A, P, N, A', P', N'),)``; each
        has shape (batch_size, width of its rows). It never ends: give ``steps_per_epoch`` to ``fit``.

    Raises:
        ValueError: If `batch_size` isn't at least 1, or there isn't one pair of rows a sampler.
    """
    from dbrec._quiet import tf

    _check_batch_size(batch_size)
    if len(samplers) != len(rows):
        raise ValueError(f"{len(samplers)} samplers and {len(rows)} pairs of rows: give one pair each")
    tables = [tf.constant(side) for anchor, partner in rows for side in (anchor, partner, partner)]
    positions = tf.TensorSpec((batch_size,), tf.int32)

    def draw() -> Iterator[tuple]:
        while True:
            yield sum((sampler.sample(batch_size) for sampler in samplers), ())

    def look_up(*drawn):
        return (tuple(tf.gather(table, place) for table, place in zip(tables, drawn, strict=True)),)

    dataset = tf.data.Dataset.from_generator(draw, output_signature=(positions,) * len(tables))
    return dataset.map(look_up, num_parallel_calls=2, deterministic=True).prefetch(4)


def position_dataset(samplers: Sequence[TripletSampler], batch_size: int, members: int = 1):
    """Make an endless tf.data pipeline of batches of positions, for `TableNetwork`.

    Args:
        samplers: One sampler a triplet of the network: users as anchors, then films as anchors.
        batch_size: Triplets a batch, of each sampler, for each member.
        members: Members of the towers; each gets triplets of its own.

    Returns:
        A ``tf.data.Dataset`` of ``((triplets, ...),)``, a `RatedTriplets` a sampler, with arrays of shape
        (batch_size, members). It never ends.

    Raises:
        ValueError: If `batch_size` isn't at least 1.
    """
    from dbrec._quiet import tf

    _check_batch_size(batch_size)
    shape = batch_size, members
    positions, ratings = (tf.TensorSpec(shape, dtype) for dtype in (tf.int32, tf.float32))
    triplets = (positions,) * 3 + (ratings,) * 2

    def draw() -> Iterator[tuple]:
        while True:
            drawn = [sampler.sample_rated(batch_size * members) for sampler in samplers]
            yield (tuple(tuple(part.reshape(shape) for part in triplets) for triplets in drawn),)

    signature = ((triplets,) * len(samplers),)
    return tf.data.Dataset.from_generator(draw, output_signature=signature).prefetch(4)


def _check_batch_size(batch_size: int) -> None:
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}: give at least 1 triplet a batch")
