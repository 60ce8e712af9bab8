"""Kinds of feature columns: each learns its codes from a column and encodes others by them."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api import types

MAX_BINS = 16
FEWEST_TEXTS = 10


@dataclass(frozen=True)
class Categorical:
    """A column with one category a row, such as an occupation.

    Attributes:
        name: Name of the column in the frame.
        categories: The values seen while fitting; ``categories[j]`` has code ``j + 1``.
    """

    name: str
    categories: tuple

    width = 1

    @property
    def size(self) -> int:
        """Rows of its embedding table: one a category, and row 0 for the unknown."""
        return len(self.categories) + 1

    @classmethod
    def fit(cls, name: str, values: pd.Series) -> "Categorical":
        """Collect the categories of a column; those of a pandas categorical keep their order."""
        known = values.dropna()
        if isinstance(known.dtype, pd.CategoricalDtype):
            return cls(name, tuple(known.cat.remove_unused_categories().cat.categories.tolist()))
        return cls(name, tuple(sorted(known.unique().tolist(), key=lambda v: (str(type(v)), v))))

    def encode(self, values: pd.Series) -> np.ndarray:
        """Encode a column of n values as codes, shape (n, 1); unseen and missing values are 0."""
        categories, given = pd.Index(self.categories, dtype=object), pd.Index(values, dtype=object)
        codes = categories.get_indexer(given) + 1
        return codes.astype(np.int32)[:, None]


@dataclass(frozen=True)
class Numeric:
    """A column of numbers, such as a year, cut into bins that hold about equally many rows.

    Bins let an embedding bend where the taste bends; a number times one vector couldn't.

    Attributes:
        name: Name of the column in the frame.
        edges: Inner borders of the bins, ascending; code 1 is below the first of them.
    """

    name: str
    edges: tuple

    width = 1

    @property
    def size(self) -> int:
        """Rows of its embedding table: one a bin, and row 0 for a missing number."""
        return len(self.edges) + 2

    @classmethod
    def fit(cls, name: str, values: pd.Series) -> "Numeric":
        """Find up to 16 bins; a column of few different numbers gets a bin for each of them."""
        known = np.sort(values.dropna().to_numpy(float))
        distinct = np.unique(known)
        if len(distinct) <= MAX_BINS:
            edges = (distinct[1:] + distinct[:-1]) / 2
        else:
            edges = np.unique(np.quantile(known, np.arange(1, MAX_BINS) / MAX_BINS))
        return cls(name, tuple(edges.tolist()))

    def encode(self, values: pd.Series) -> np.ndarray:
        """Encode a column of n numbers as bin codes, shape (n, 1); a missing number is 0."""
        numbers = pd.to_numeric(values).to_numpy(float, na_value=np.nan)
        codes = np.searchsorted(self.edges, numbers, side="right") + 1
        return np.where(np.isnan(numbers), 0, codes).astype(np.int32)[:, None]


@dataclass(frozen=True)
class MultiHot:
    """A column with a tuple of categories a row, such as the genres of a film.

    Attributes:
        name: Name of the column in the frame.
        categories: The values seen while fitting; ``categories[j]`` has flag ``j``.
    """

    name: str
    categories: tuple

    @property
    def width(self) -> int:
        """Flags a row."""
        return len(self.categories)

    @property
    def size(self) -> int:
        """Rows of its embedding table: one a category."""
        return len(self.categories)

    @classmethod
    def fit(cls, name: str, values: pd.Series) -> "MultiHot":
        """Collect the categories that occur in any of the tuples."""
        return cls(name, tuple(sorted({value for row in values.dropna() for value in row})))

    def encode(self, values: pd.Series) -> np.ndarray:
        """Encode a column of n tuples as flags, shape (n, width); unseen categories are left out."""
        place = {value: j for j, value in enumerate(self.categories)}
        flags = np.zeros((len(values), self.width), np.int32)
        for i, row in enumerate(values):
            if isinstance(row, (tuple, list, set, frozenset, np.ndarray)):
                flags[i, [place[value] for value in row if value in place]] = 1
        return flags


@dataclass(frozen=True)
class Words(MultiHot):
    """A column of free text, such as a title: a flag for each word that stands in two values or more."""

    @classmethod
    def fit(cls, name: str, values: pd.Series) -> "Words":
        """Collect the words that more than one text holds."""
        counts = values.dropna().map(_words).explode().value_counts()
        return cls(name, tuple(sorted(counts.index[counts > 1])))

    def encode(self, values: pd.Series) -> np.ndarray:
        """Encode a column of n texts as flags, shape (n, width); a missing text has no word."""
        return super().encode(values.map(_words, na_action="ignore"))


def _words(text: str) -> set[str]:
    return set(re.findall(r"[\w']+", text.lower()))


Column = Categorical | Numeric | MultiHot


def fit_column(name: str, values: pd.Series) -> Column:
    """Choose the kind of a feature column by its dtype and fit it.

    Numbers become `Numeric`; tuples, lists or sets `MultiHot`; text, booleans and pandas categoricals
    `Categorical`. Ten texts or more are `Words` where most are different and most hold several words.

    Args:
        name: Name of the column.
        values: The column; missing values are allowed, though not all may be missing.

    Returns:
        The fitted column.

    Raises:
        ValueError: If the column holds nothing but missing values or empty tuples, or values of another kind.
    """
    known = values.dropna()
    if known.empty:
        raise ValueError(f"feature {name!r} has no value in any row: leave the column out")
    if types.is_bool_dtype(known) or isinstance(known.dtype, pd.CategoricalDtype):
        return Categorical.fit(name, values)
    if types.is_numeric_dtype(known):
        return Numeric.fit(name, values)
    if known.map(lambda v: isinstance(v, (tuple, list, set, frozenset))).all():
        if not known.map(len).any():
            raise ValueError(f"feature {name!r} has no category in any row: leave the column out")
        return MultiHot.fit(name, values)
    if known.map(lambda v: isinstance(v, str)).all() and _is_free_text(known):
        return Words.fit(name, values)
    if known.map(lambda v: isinstance(v, (str, bool, int))).all():
        return Categorical.fit(name, values)
    raise ValueError(
        f"feature {name!r} has dtype {values.dtype} and values such as {known.iloc[0]!r}: give numbers, "
        "text, booleans, a pandas categorical, or tuples of categories"
    )


def _is_free_text(known: pd.Series) -> bool:
    different, several = known.nunique() > len(known) / 2, known.str.contains(r"\s").mean() > 0.5
    return len(known) >= FEWEST_TEXTS and different and several
