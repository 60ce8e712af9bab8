"""A planted world: people with tastes, films that suit them more or less, and who rates which."""

import numpy as np
import pandas as pd

from dbrec.data.parsing import AGE_GROUPS, GENRES, OCCUPATIONS

FEWEST_RATINGS = 10  # of a user
SHARES = 0.06, 0.11, 0.26, 0.35, 0.22  # of the ratings 1 to 5, about as in MovieLens 1M
USERS_A_BLOCK = 1024
DIM = 8
USER_FEATURES = {
    "gender": ("F", "M"),
    "age_group": tuple(AGE_GROUPS.values()),
    "occupation": tuple(OCCUPATIONS["ml-1m"].values()),
}
YEARS = 1920, 2000
FEATURE_SHARE = 0.4  # of the variance of tastes and biases; the rest is each user's and item's own
USER_BIAS, ITEM_BIAS, TASTE, NOISE = 0.45, 0.55, 0.6, 0.75  # standard deviations over all pairs
FAME = 0.4  # correlation of an item's bias with the logarithm of its popularity
CHOICE = 1.0  # how far people rate what they will like; 0: whatever they come across
BALLS = 64  # in the urn for an item, on average


class PlantedWorld:
    """Hold what is drawn before any rating, and draw the ratings of one block of 1,024 users at a time.

    A block draws from a stream of its own, so its ratings don't hang on which blocks were drawn before it.

    Attributes:
        user_codes: Positions of each user's features in `USER_FEATURES`, shape (n_users, 3), int8.
        genres, year: Whether an item is of a genre, shape (n_items, 18), and its year, shape (n_items,).
        user_vectors: ``[taste, bias, 1]``, shape (n_users, DIM + 2), float32.
        item_vectors: ``[taste, 1, bias]``, shape (n_items, DIM + 2), float32.
        n_rated, n_blocks: Number of ratings of each user, shape (n_users,), and number of blocks.
    """

    def __init__(self, n_users: int, n_items: int, n_ratings: int, seed: int):
        self.seed, self.n_items = seed, n_items
        self.n_blocks = -(-n_users // USERS_A_BLOCK)
        rng = np.random.default_rng([seed, 0])
        self._plant_users(rng, n_users)
        popularity = (rng.permutation(n_items) + n_items / 20) ** -2.0
        self._plant_items(rng, popularity)
        balls = np.ceil(popularity / popularity.mean() * BALLS).astype(np.int64)
        self.urn = np.repeat(np.arange(n_items, dtype=np.int32), balls)
        self.draws, self.met = _draws_and_met(balls / balls.sum())
        self.n_rated = _activity(rng, n_users, n_ratings, n_items // 2)
        # One block shows where to cut: its users are as any others.
        self.thresholds = np.quantile(self._felt(0)[2], np.cumsum(SHARES[:-1]))

    def _plant_users(self, rng: np.random.Generator, n_users: int) -> None:
        sizes = [len(values) for values in USER_FEATURES.values()]
        self.user_codes = np.column_stack([rng.integers(0, size, n_users, np.int8) for size in sizes])
        effects = [rng.normal(size=(size, DIM + 1)) for size in sizes]
        effect = sum(table[codes] for table, codes in zip(effects, self.user_codes.T, strict=True))
        taste, bias = _with_own(rng, effect)
        self.user_vectors = _vectors(taste, USER_BIAS * bias, np.ones(n_users))

    def _plant_items(self, rng: np.random.Generator, popularity: np.ndarray) -> None:
        n_items = len(popularity)
        n_genres = rng.integers(1, 4, n_items)[:, None]
        self.genres = rng.random((n_items, len(GENRES))).argsort(axis=1) < n_genres
        self.year = rng.triangular(YEARS[0], YEARS[1], YEARS[1], n_items).astype(np.int16)
        by_genre = self.genres @ rng.normal(size=(len(GENRES), DIM + 1)) / np.sqrt(n_genres)
        by_year = 0.5 * _standard(self.year.astype(float))[:, None] * rng.normal(size=DIM + 1)
        taste, bias = _with_own(rng, by_genre + by_year)
        bias = FAME * _standard(np.log(popularity)) + np.sqrt(1 - FAME**2) * bias
        self.item_vectors = _vectors(taste, np.ones(n_items), ITEM_BIAS * bias)

    def ratings(self, block: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draw ``(user_index, item_index, rating)`` of a block, from 0, ordered by user, then by item."""
        users, items, felt = self._felt(block)
        return users, items, 1 + np.searchsorted(self.thresholds, felt)

    def _felt(self, block: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draw the pairs of a block, and the planted scores with noise that become the ratings."""
        rng = np.random.default_rng([self.seed, 1, block])
        first = block * USERS_A_BLOCK
        counts = self.n_rated[first : first + USERS_A_BLOCK]
        users, items = self._come_across(rng, counts)
        scores = np.einsum("nd,nd->n", self.user_vectors[first + users], self.item_vectors[items])
        wish = pd.Series(CHOICE * scores + rng.gumbel(size=len(scores)))
        kept = wish.groupby(users).rank(method="first", ascending=False).to_numpy() <= counts[users]
        noise = NOISE * rng.standard_normal(kept.sum(), np.float32)
        return first + users[kept], items[kept], scores[kept] + noise

    def _come_across(self, rng: np.random.Generator, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Draw different items for each user by popularity: up to twice as many as they rate."""
        wanted = counts + np.minimum(counts, (self.n_items - counts) // 4)
        draws = np.ceil(np.interp(wanted, self.met, self.draws)).astype(int)
        short, keys = np.arange(len(counts)), np.empty(0, np.int64)
        while len(short):
            users = np.repeat(short, draws[short])
            items = self.urn[rng.integers(0, len(self.urn), len(users), np.int32)]
            keys = np.sort(np.concatenate([keys, users * self.n_items + items]))
            keys = keys[np.diff(keys, prepend=-1) > 0]  # np.unique hashes, 30 times as long
            users, items = np.divmod(keys, self.n_items)
            short = np.flatnonzero(np.bincount(users, minlength=len(counts)) < counts)
        return users, items


def _standard(values: np.ndarray) -> np.ndarray:
    spread = values.std(axis=0)
    return (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1)


def _with_own(rng: np.random.Generator, effect: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Add each one's own draw to the effect of their features; give taste and bias, of variance 1."""
    own = rng.normal(size=effect.shape)
    both = np.sqrt(FEATURE_SHARE) * _standard(effect) + np.sqrt(1 - FEATURE_SHARE) * own
    return both[:, :DIM], both[:, DIM]


def _vectors(taste: np.ndarray, *ends: np.ndarray) -> np.ndarray:
    """Scale tastes so that the products of two have the standard deviation `TASTE`; add the last columns."""
    return np.column_stack([np.sqrt(TASTE / np.sqrt(DIM)) * taste, *ends]).astype(np.float32)


def _draws_and_met(popularity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tell how many different items some numbers of draws with replacement bring, on average."""
    draws, missed = np.geomspace(1, BALLS * len(popularity), 128), np.log1p(-popularity)
    return draws, np.array([-np.expm1(n * missed).sum() for n in draws])


def _activity(rng: np.random.Generator, n_users: int, n_ratings: int, most: int) -> np.ndarray:
    """Share the ratings out: lognormal above `FEWEST_RATINGS`, none above `most`, and exactly `n_ratings`."""
    weights = rng.lognormal(size=n_users)
    low, high = 0.0, most / weights.min()
    for _ in range(100):
        middle = (low + high) / 2
        n = np.minimum(FEWEST_RATINGS + middle * weights, most).sum()
        low, high = (middle, high) if n < n_ratings else (low, middle)
    whole, rest = np.divmod(np.minimum(FEWEST_RATINGS + high * weights, most), 1)
    whole[np.argsort(-rest, kind="stable")[: int(n_ratings - whole.sum())]] += 1
    return whole.astype(np.int64)
