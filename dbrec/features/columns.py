"""Kinds of feature columns: each learns its codes from a column and encodes others by them.

Each kind has a ``width``, its places in a row, and a ``size``, the rows of its embedding table. Its `encode`
raises a ValueError that says what is allowed where a column holds values of another type than in `fit`.
"""

import reprlib
import warnings
from collections.abc import Set
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd

from dbrec.features.values import (
    PLAIN,
    members,
    plain,
    plain_categories,
    type_of,
    type_of_all,
    types_in,
    words,
)

MAX_BINS, FEWEST_TEXTS = 16, 10
HEAVY = 4  # a number that one row in so many has, or more, gets a bin of its own


@dataclass(frozen=True)
class Categorical:
    """A column with one category a row, such as an occupation: ``categories[j]`` has code ``j + 1``."""

    name: str
    categories: tuple

    kind, allowed, listed = "one-hot", "one of {}", staticmethod(plain_categories)

    @property
    def width(self) -> int:
        """One place, for the code."""
        return 1

    @property
    def size(self) -> int:
        """One row a category, and row 0 for the unknown."""
        return len(self.categories) + 1

    @cached_property
    def places(self) -> dict:
        """The place of each category."""
        return {category: place for place, category in enumerate(self.categories)}

    @cached_property
    def type_of_categories(self) -> str:
        """The one type that all categories are of."""
        return type_of(self.categories[0]) if self.categories else "text"

    @property
    def names(self) -> list[str]:
        """A name for each category, such as ``"gender: F"``."""
        return [f"{self.name}: {category}" for category in self.categories]

    @classmethod
    def fit(cls, name: str, values: pd.Series) -> Self:
        """Collect the categories that occur; those of a pandas categorical keep their order."""
        known = cls.listed(values).dropna()
        if known.empty:
            raise ValueError(
                f"feature {name!r} has no category in any row of an id with ratings: leave the column out"
            )
        type_of_all(name, known)
        return cls(name, tuple(pd.Categorical(known).categories.tolist()))

    def encode(self, values: pd.Series) -> np.ndarray:
        """Encode a column of n values as codes, shape (n, 1); unseen and missing values are 0."""
        return self._positions(values).astype(np.int32)[:, None] + 1

    def _positions(self, values: pd.Series) -> np.ndarray:
        """Find the place of each category that is listed, -1 where it is unseen or missing."""
        given = self.listed(values)
        _refuse_others(self, given, {self.type_of_categories})
        return np.array([self.places.get(category, -1) for category in given], np.int64)


@dataclass(frozen=True)
class MultiHot(Categorical):
    """A column with a tuple of categories a row, such as genres: ``categories[j]`` has flag ``j``."""

    kind, allowed, listed = "multi-hot", "a tuple of some of {}", staticmethod(members)
    types = frozenset({"tuples"})

    @property
    def width(self) -> int:
        """One flag a category."""
        return len(self.categories)

    size = width

    def encode(self, values: pd.Series) -> np.ndarray:
        """Encode a column of n values as flags, shape (n, width); unseen and missing ones are left out."""
        known = np.array([isinstance(text, str) and text in self.places for text in values], bool)
        _refuse_others(self, values[~known], self.types)  # a text such as "Drama|War" is no category
        flags = np.zeros((len(values), self.width + 1), np.int8)  # of thousands of words they are many
        flags[self.listed(values).index, self._positions(values)] = 1  # unseen ones, at -1, are cut off
        return flags[:, :-1]


@dataclass(frozen=True)
class Words(MultiHot):
    """A column of free text, such as a title: a flag for each word that stands in two values or more."""

    types, allowed, listed = frozenset({"text"}), "text", staticmethod(words)

    @classmethod
    def fit(cls, name: str, values: pd.Series) -> Self:
        """Collect the words that more than one text holds."""
        counts = words(values).value_counts()
        return cls(name, tuple(sorted(counts.index[counts > 1])))


@dataclass(frozen=True)
class Numeric:
    """A column of numbers, such as a year, cut into bins of about equally many rows by ascending `edges`.

    Bins let an embedding bend where the taste bends; a number times one vector couldn't. A number that a
    quarter of the rows or more have, such as 0 among sales, has a bin of its own.
    """

    name: str
    edges: tuple

    kind, allowed, width, categories = "one-hot", "a finite number", 1, ()

    @property
    def size(self) -> int:
        """One row a bin, and row 0 for a missing number."""
        return len(self.edges) + 2

    @property
    def names(self) -> list[str]:
        """A name for each bin, such as ``"year: from 1990 to below 1995"``."""
        numbers = [f"{edge:g}" for edge in self.edges]
        low, high = ["", *[f" from {n}" for n in numbers]], [*[f" below {n}" for n in numbers], ""]
        parts = [" to".join(filter(None, pair)) or " any" for pair in zip(low, high, strict=True)]
        return [f"{self.name}:{part}" for part in parts]

    @classmethod
    def fit(cls, name: str, values: pd.Series) -> Self:
        """Find up to 16 bins; a column of few different numbers gets a bin for each of them."""
        known = np.sort(values.dropna().astype(object).to_numpy(float))
        distinct, n_each = np.unique(known, return_counts=True)
        if len(distinct) <= MAX_BINS:
            edges = (distinct[1:] + distinct[:-1]) / 2
        else:
            after_heavy = distinct[1:][n_each[:-1] * HEAVY >= len(known)]
            edges = np.unique([*np.quantile(known, np.arange(1, MAX_BINS) / MAX_BINS), *after_heavy])
        return cls(name, tuple(edges.tolist()))

    def encode(self, values: pd.Series) -> np.ndarray:
        """Encode a column of n numbers as bin codes, shape (n, 1); a missing number is 0."""
        _refuse_others(self, values, {"numbers"})
        codes, known = np.zeros((len(values), 1), np.int32), values.notna().to_numpy()
        numbers = values[known].astype(object).to_numpy(float)
        codes[known, 0] = np.searchsorted(self.edges, numbers, side="right") + 1
        return codes


Column = Categorical | Numeric
KINDS = {kind.__name__: kind for kind in (Categorical, Numeric, MultiHot, Words)}


def fit_column(name: str, values: pd.Series, frame: str = "features") -> Column:
    """Choose the kind of a feature column by its values and fit it.

    Numbers become `Numeric`; tuples, lists, sets or arrays `MultiHot`; text, booleans and pandas categoricals
    `Categorical`. Ten texts or more are `Words` where most are different and most hold several words.
    Categories of other types in a pandas categorical, as of `pd.cut`, become their text. Where text such as
    ``"Drama|War"`` lists several, a warning names the `frame`.

    Raises:
        ValueError: If no value is there, or mixed ones, others or numbers that aren't finite.
    """
    known = values.dropna()
    if known.empty:
        raise ValueError(
            f"feature {name!r} has no value in any row of an id with ratings: leave the column out"
        )
    if not isinstance(known.dtype, pd.CategoricalDtype):
        if types_in(known).keys() == {"tuples"}:
            return MultiHot.fit(name, known)
        kind = type_of_all(name, known)
        if kind == "numbers":
            return Numeric.fit(name, known)
        has_spaces = kind == "text" and known.str.contains(r"\s").mean() > 0.5
        if has_spaces and len(known) >= FEWEST_TEXTS and known.nunique() > len(known) / 2:
            return Words.fit(name, known)
    column = Categorical.fit(name, known)
    texts = [text for text in column.categories if isinstance(text, str)]
    if len({part for text in texts for part in text.split("|")}) < len(texts):
        such, whole = max(texts, key=len), f"{frame}[{name!r}]"
        hint = f"to tell the parts, {whole} = {whole}.str.split('|')"
        warnings.warn(f"each text in {whole} is one category, such as {such!r}: {hint}", stacklevel=3)
    return column


def encode_value(column: Column, value) -> np.ndarray:
    """Encode one value, or None, as `column` does, shape (1, width); refuse categories unseen in the fit."""
    if value is None:
        return np.zeros((1, column.width), np.int32)
    if type(column) is Categorical and type_of(value) == column.type_of_categories:
        if plain(value) not in column.places:
            raise _refusal(column, value)
        return np.array([[column.places[plain(value)] + 1]], np.int32)
    cell = pd.Series([value], dtype=object)
    if type(column) is Categorical and type_of(value) not in PLAIN | {"tuples"}:
        cell = cell.map(str, na_action="ignore")  # such as an interval
    codes = column.encode(cell)
    if type(column) in (Categorical, MultiHot) and set(members(cell)) - set(column.categories):
        raise _refusal(column, value)
    return codes


def restore_column(described: dict) -> Column:
    """Make a column of its fields and its ``kind``, the name of the class; refuse what no column has."""
    kind, name = KINDS[described["kind"]], described["name"]
    values = tuple(described["edges" if kind is Numeric else "categories"])
    types = set(map(type_of, values))
    sound = values == tuple(sorted(values)) if kind is Numeric else len(set(values)) == len(values)
    if not isinstance(name, str) or not sound or len(types) > 1 or not types <= PLAIN:
        raise ValueError(f"feature {name!r} can't have {reprlib.repr(values)}")
    return kind(name, values)


def _refuse_others(column: Column, values: pd.Series, types: Set[str]) -> None:
    for kind, value in types_in(values).items():
        if kind not in types:
            raise _refusal(column, value)


def _refusal(column: Column, value) -> ValueError:
    allowed = column.allowed.format(reprlib.repr(list(column.categories)))
    return ValueError(f"{column.name} is {reprlib.repr(value)}: give {allowed}, or None where it is missing")
