"""Write the files of a made bookshop: purchases by planted tastes, with the faults that real files have."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from dbrec.checks import seed_number

N_CUSTOMERS, N_BOOKS = 600, 300
GENRES = {
    "crime": "crime|thriller",
    "fantasy": "fantasy|fairy tales",
    "history": "history|biography",
    "cooking": "cooking|travel",
    "poetry": "poetry|letters",
}
"""The tastes that a genre tells, and the genres of their books."""

SEA = "the sea"
"""The taste that no column tells: its books stand under all genres."""

TASTES = (*GENRES, SEA)
FIRST = ("Last", "Silent", "Golden", "Broken", "Second", "Hidden", "Winter", "Crooked", "Painted", "Lost")
SECOND = {
    "crime": ("Alibi", "Witness", "Verdict", "Suspect", "Motive", "Inspector", "Clue", "Confession"),
    "fantasy": ("Dragon", "Sorcerer", "Griffin", "Oracle", "Spell", "Unicorn", "Goblin", "Rune"),
    "history": ("Empire", "Treaty", "Dynasty", "Siege", "Chronicle", "Regent", "Republic", "Senate"),
    "cooking": ("Kitchen", "Bakery", "Orchard", "Spice Box", "Dumpling", "Picnic", "Pantry", "Soup"),
    "poetry": ("Sonnet", "Nightingale", "Elegy", "Meadow", "Ode", "Lullaby", "Moon", "Verse"),
    SEA: ("Lighthouse", "Harbour", "Whale", "Tide", "Sailor", "Shipwreck", "Lagoon", "Anchor"),
}
"""Words of the titles: who reads them knows the taste."""

GIVEN = ("Ada", "Ben", "Clara", "Dev", "Edith", "Felix", "Grace", "Hugo", "Ines", "Jonas", "Kira", "Luis")
FAMILY = ("Abara", "Brook", "Castell", "Dimov", "Eriksen", "Falk", "Garnier", "Hoshino", "Ivers", "Jha")
START, MINUTES = pd.Timestamp("2025-01-02 09:00"), 360 * 24 * 60
PULL = 15
"""How many times as likely a book of their own taste is to be bought."""


class Bookshop(NamedTuple):
    """Where the files of the shop are, and the truth that isn't in them.

    Attributes:
        purchases: Path of ``purchases.csv``, a row a purchase, by time: ``customer_no``, ``sku``, ``qty``,
            ``bought_at``, ``newsletter`` (the one that the customer takes; may be empty), ``stars`` (1 to 5;
            mostly empty).
        books: Path of ``books.csv``, a row a book: ``sku``, ``title``, ``author``, ``genres``, ``price``.
        customer_taste: The taste of each customer, one of `TASTES`, indexed by customer number.
        book_taste: The taste of each book, likewise, indexed by SKU.
    """

    purchases: Path
    books: Path
    customer_taste: pd.Series
    book_taste: pd.Series

    def share_right(self, lists: pd.DataFrame) -> float:
        """Tell the share of places in lists that hold a book of the customer's taste, in [0, 1].

        Args:
            lists: Columns ``user_id`` and ``item_id``: customers and books of the shop.

        Raises:
            ValueError: If there are no rows, or one names a customer or a book that isn't in the shop.
        """
        wanted, shown = lists["user_id"].map(self.customer_taste), lists["item_id"].map(self.book_taste)
        if lists.empty or wanted.isna().any() or shown.isna().any():
            unknown = lists[wanted.isna() | shown.isna()].to_dict("records")[:1]
            raise ValueError(
                f"lists has {len(lists)} rows, unknown {unknown}: give customers and books of it"
            )
        return float((wanted == shown).mean())


def write_bookshop(folder, seed: int = 0) -> Bookshop:
    """Write two CSV files as a shop exports them: 600 customers, 300 books, some 8,000 purchases.

    A customer has one taste. About two thirds of the books they buy are of this taste, and the rest is what
    anybody buys. Half of the customers and a tenth of the books come in the course of the year. Customer
    numbers (five digits) and SKUs (six) are text with leading zeros. Of the rows 120 are faulty: 40 have no
    customer, 35 stand twice, 25 are refunds with a negative ``qty``, and 20 have an SKU without its zeros.

    Args:
        folder: Folder to write to; it is made where it isn't there.
        seed: Seed of all draws: the same seed writes the same files.

    Raises:
        ValueError: If `seed` isn't a whole number from 0 to 2^31 - 1.
        OSError: If the folder can't be written.
    """
    random, folder = np.random.default_rng(seed_number(seed)), Path(folder)
    books, book_taste = _books(random)
    numbers = np.sort(random.choice(np.arange(20, 40_000), N_CUSTOMERS, replace=False))
    customers = pd.Index([f"{number:05}" for number in numbers], name="customer_no")
    customer_taste = pd.Series(_mixed(TASTES, N_CUSTOMERS, random), customers, name="taste")
    purchases = _with_faults(_purchases(customer_taste, book_taste, random), random)
    folder.mkdir(parents=True, exist_ok=True)
    shop = Bookshop(folder / "purchases.csv", folder / "books.csv", customer_taste, book_taste)
    purchases.to_csv(shop.purchases, index=False, date_format="%Y-%m-%d %H:%M")
    books.to_csv(shop.books, index=False)
    return shop


def _mixed(values, n: int, random: np.random.Generator) -> np.ndarray:
    """Repeat values until there are n, in a random order."""
    return random.permutation(np.resize(values, n))


def _books(random: np.random.Generator) -> tuple[pd.DataFrame, pd.Series]:
    """Make the books, as many of each taste, and their tastes."""
    numbers = np.sort(random.choice(np.arange(1000, 250_000), N_BOOKS, replace=False))
    skus = pd.Index([f"{number:06}" for number in numbers], name="sku")
    taste = pd.Series(_mixed(TASTES, N_BOOKS, random), skus, name="taste")
    shelf = taste.where(taste != SEA, _mixed(list(GENRES), N_BOOKS, random))
    titles = {t: iter(random.permutation([f"The {a} {b}" for a in FIRST for b in SECOND[t]])) for t in TASTES}
    names = random.permutation([f"{given} {family}" for given in GIVEN for family in FAMILY])
    writers = dict(zip(GENRES, names.reshape(len(GENRES), -1), strict=True))
    columns = {
        "title": [next(titles[kind]) for kind in taste],
        "author": [random.choice(writers[genre]) for genre in shelf],
        "genres": shelf.where(random.random(N_BOOKS) < 0.5, shelf.map(GENRES)),
        "price": random.integers(5, 40, N_BOOKS) - 0.01,
    }
    books = pd.DataFrame(columns, index=skus)
    for column in ("genres", "price"):
        books[column] = books[column].mask(random.random(N_BOOKS) < 0.04)
    return books.reset_index(), taste


def _purchases(customer_taste, book_taste, random: np.random.Generator) -> pd.DataFrame:
    """Draw who buys what and when, and what some of them think of it; by time."""
    fame = random.permutation(1 / (np.arange(N_BOOKS) + 15))
    comes = random.uniform(0.7, 0.95, N_BOOKS) * (random.random(N_BOOKS) < 0.1)
    joins = random.uniform(0, 0.95, N_CUSTOMERS) * (random.random(N_CUSTOMERS) < 0.5)
    n_bought = 3 + random.poisson(random.gamma(2, 7.4 * (1 - joins)))
    is_own = customer_taste.to_numpy()[:, None] == book_taste.to_numpy()
    pull = fame * np.where(is_own, PULL, 1)
    chosen = [
        random.choice(N_BOOKS, n, replace=False, p=own / own.sum())
        for n, own in zip(n_bought, pull, strict=True)
    ]
    who, what = np.repeat(np.arange(N_CUSTOMERS), n_bought), np.concatenate(chosen)
    when = random.uniform(np.maximum(comes[what], joins[who]), 1)
    well = random.random(len(who)) < np.where(is_own[who, what], 0.85, 0.3)
    stars = pd.Series(np.where(well, 4, 2) + random.integers(0, 2, len(who)), dtype="Int64")
    columns = {
        "customer_no": customer_taste.index[who],
        "sku": book_taste.index[what],
        "qty": 1 + (random.random(len(who)) < 0.1),
        "bought_at": START + pd.to_timedelta((when * MINUTES).astype(int), "min"),
        "newsletter": _newsletters(customer_taste.to_numpy(), random)[who],
        "stars": stars.mask(random.random(len(who)) < 0.6),
    }
    return pd.DataFrame(columns).sort_values(["bought_at", "customer_no"], ignore_index=True)


def _newsletters(tastes: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Draw the newsletter that each customer takes: a third none, most others that of their taste, if any."""
    other = random.choice(list(GENRES), len(tastes))
    fits = (random.random(len(tastes)) < 0.85) & (tastes != SEA)
    return np.where(random.random(len(tastes)) < 0.33, "", np.where(fits, tastes, other))


def _with_faults(purchases: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Break 120 rows in four ways, no row in two."""
    with_zeros = purchases.index[purchases["sku"].str.startswith("0")]
    no_zeros = random.choice(with_zeros, 20, replace=False)
    others = random.permutation(purchases.index.difference(no_zeros))
    nobody, twice, refunded = others[:40], others[40:75], others[75:100]
    faulty = purchases.copy()
    faulty.loc[no_zeros, "sku"] = faulty.loc[no_zeros, "sku"].str.lstrip("0")
    faulty.loc[nobody, "customer_no"] = None
    days = pd.to_timedelta(random.integers(1, 15, 25), "D")
    refunds = purchases.loc[refunded].assign(qty=-1, stars=pd.NA)
    refunds["bought_at"] += days
    rows = pd.concat([faulty, purchases.loc[twice], refunds])
    return rows.sort_values("bought_at", kind="stable", ignore_index=True)
