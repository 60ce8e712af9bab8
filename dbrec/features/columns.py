"""Kinds of feature columns: each learns its codes from a column and encodes others by them.

Each kind has a ``width``, its places in a row, and a ``size``, the rows of its embedding table. Its `encode`
raises a ValueError that says what is allowed where a column holds values of another type than in `fit`.
"""

import re
import reprlib
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dbrec.features.values import PLAIN, members, plain_categories, type_of, type_of_all, types_in

MAX_BINS = 16
FEWEST_TEXTS = 10


@dataclass(frozen=True)
class Categorical:
    """A column with one category a row, such as an occupation: ``categories[j]`` has code ``j + 1``."""

    name: str
    categories: tuple

    width, allowed = 1, "one of"

    @property
    def size(self) -> int:
        """One row a category, and row 0 for the unknown."""
        return len(self.categories) + 1

    @classmethod
    def fit(cls, name: str, values: pd.Series) -> "Categorical":
        """Collect the categories of a column; those of a pandas categorical keep their order."""
        known = plain_categories(values.dropna())
        type_of_all(name, known)
        if isinstance(known.dtype, pd.CategoricalDtype):
            return cls(name, tuple(known.cat.categories.tolist()))
        return cls(name, tuple(sorted(known.unique().tolist())))

    def encode(self, values: pd.Series) -> np.ndarray:
        """Encode a column of n values as codes, shape (n, 1); unseen and missing values are 0."""
        given = plain_categories(values)
        _refuse_others(self, given, set(map(type_of, self.categories)))
        codes = pd.Index(self.categories, dtype=object).get_indexer(pd.Index(given, dtype=object)) + 1
        return codes.astype(np.int32)[:, None]


@dataclass(frozen=True)
class Numeric:
    """A column of numbers, such as a year, cut into bins that hold about equally many rows.

    Bins let an embedding bend where the taste bends; a number times one vector couldn't. `edges` are the
    inner borders of the bins, ascending; code 1 is below the first of them.
    """

    name: str
    edges: tuple

    width, allowed = 1, "a finite number"

    @property
    def size(self) -> int:
        """One row a bin, and row 0 for a missing number."""
        return len(self.edges) + 2

    @classmethod
    def fit(cls, name: str, values: pd.Series) -> "Numeric":
        """Find up to 16 bins; a column of few different numbers gets a bin for each of them."""
        known = np.sort(values.dropna().astype(object).to_numpy(float))
        distinct = np.unique(known)
        if len(distinct) <= MAX_BINS:
            edges = (distinct[1:] + distinct[:-1]) / 2
        else:
            edges = np.unique(np.quantile(known, np.arange(1, MAX_BINS) / MAX_BINS))
        return cls(name, tuple(edges.tolist()))

    def encode(self, values: pd.Series) -> np.ndarray:
        """Encode a column of n numbers as bin codes, shape (n, 1); a missing number is 0."""
        _refuse_others(self, values, {"numbers"})
        codes, known = np.zeros((len(values), 1), np.int32), values.notna().to_numpy()
        numbers = values[known].astype(object).to_numpy(float)
        codes[known, 0] = np.searchsorted(self.edges, numbers, side="right") + 1
        return codes


@dataclass(frozen=True)
class MultiHot:
    """A column with a tuple of categories a row, such as genres: ``categories[j]`` has flag ``j``."""

    name: str
    categories: tuple

    allowed = "a tuple of some of"

    @property
    def width(self) -> int:
        """One flag a category."""
        return len(self.categories)

    size = width

    @classmethod
    def fit(cls, name: str, values: pd.Series) -> "MultiHot":
        """Collect the categories that occur in any of the tuples."""
        known = members(values)
        if known.empty:
            raise ValueError(f"feature {name!r} has no category in any row: leave the column out")
        type_of_all(name, known)
        return cls(name, tuple(sorted(known.unique().tolist())))

    def encode(self, values: pd.Series) -> np.ndarray:
        """Encode a column of n tuples as flags, shape (n, width).

        A single text is a tuple of one. Unseen categories and missing values are left out.
        """
        _refuse_others(self, values, {"tuples", "text"})
        given = members(values)
        _refuse_others(self, given, set(map(type_of, self.categories)) or {"text"})
        flag = pd.Index(self.categories, dtype=object).get_indexer(pd.Index(given, dtype=object))
        flags = np.zeros((len(values), self.width), np.int32)
        flags[given.index[flag >= 0], flag[flag >= 0]] = 1
        return flags


@dataclass(frozen=True)
class Words(MultiHot):
    """A column of free text, such as a title: a flag for each word that stands in two values or more."""

    allowed = "text"

    @classmethod
    def fit(cls, name: str, values: pd.Series) -> "Words":
        """Collect the words that more than one text holds."""
        counts = values.dropna().map(_words).explode().value_counts()
        return cls(name, tuple(sorted(counts.index[counts > 1])))

    def encode(self, values: pd.Series) -> np.ndarray:
        """Encode a column of n texts as flags, shape (n, width); a missing text has no word."""
        _refuse_others(self, values, {"text"})
        return super().encode(values.astype(object).map(_words, na_action="ignore"))


Column = Categorical | Numeric | MultiHot
KINDS = {kind.__name__: kind for kind in (Categorical, Numeric, MultiHot, Words)}


def fit_column(name: str, values: pd.Series, frame: str = "features") -> Column:
    """Choose the kind of a feature column by its values and fit it.

    Numbers become `Numeric`; tuples, lists, sets or arrays `MultiHot`; text, booleans and pandas categoricals
    `Categorical`. Ten texts or more are `Words` where most are different and most hold several words.

    Args:
        name: Name of the column.
        values: The column; missing values are allowed, though not all may be missing. Categories of a pandas
            categorical that are neither text, numbers nor booleans, as of `pd.cut`, become their text.
        frame: Name of the frame, for a warning where text such as ``"Drama|War"`` lists several.

    Raises:
        ValueError: If the column holds nothing but missing values or empty tuples, mixes text, numbers and
            booleans, or holds anything else or numbers that aren't finite.
    """
    known = values.dropna()
    if known.empty:
        raise ValueError(f"feature {name!r} has no value in any row: leave the column out")
    if not isinstance(known.dtype, pd.CategoricalDtype):
        if types_in(known).keys() == {"tuples"}:
            return MultiHot.fit(name, values)
        kind = type_of_all(name, known)
        if kind == "numbers":
            return Numeric.fit(name, values)
        if kind == "text" and _is_free_text(known):
            return Words.fit(name, values)
    column = Categorical.fit(name, values)
    _hint_at_lists(column, f"{frame}[{name!r}]")
    return column


def encode_value(column: Column, value) -> np.ndarray:
    """Encode one value, or None, as `column` does, shape (1, width).

    Raises:
        ValueError: If the value isn't understood, or is a category that was never seen in the fit.
    """
    cell = pd.Series([value], dtype=object)
    if isinstance(column, Categorical) and type_of(value) not in PLAIN | {"tuples"}:
        cell = cell.map(str, na_action="ignore")  # such as an interval
    codes = column.encode(cell)
    if type(column) in (Categorical, MultiHot) and set(members(cell)) - set(column.categories):
        raise _refusal(column, value)
    return codes


def restore_column(described: dict) -> Column:
    """Make a column of its fields and its ``kind``, the name of the class.

    Raises:
        KeyError, TypeError, ValueError: If they can't be those of a column.
    """
    kind, name = KINDS[described["kind"]], described["name"]
    values = tuple(described["edges" if kind is Numeric else "categories"])
    types = set(map(type_of, values))
    sound = values == tuple(sorted(values)) if kind is Numeric else len(set(values)) == len(values)
    if not isinstance(name, str) or not sound or len(types) > 1 or not types <= PLAIN:
        raise ValueError(f"feature {name!r} can't have {reprlib.repr(values)}")
    return kind(name, values)


def _refuse_others(column: Column, values: pd.Series, types: set[str]) -> None:
    for kind, value in types_in(values).items():
        if kind not in types:
            raise _refusal(column, value)


def _refusal(column: Column, value) -> ValueError:
    allowed = column.allowed
    if allowed.endswith("of"):
        allowed = f"{allowed} {reprlib.repr(list(column.categories))}"
    return ValueError(f"{column.name} is {reprlib.repr(value)}: give {allowed}, or None where it is missing")


def _hint_at_lists(column: Categorical, whole: str) -> None:
    texts = [text for text in column.categories if isinstance(text, str)]
    if len({part for text in texts for part in text.split("|")}) < len(texts):
        warnings.warn(
            f"each text in {whole} is one category, such as {max(texts, key=len)!r}: to tell the parts, "
            f"{whole} = {whole}.str.split('|')",
            stacklevel=4,
        )


def _words(text: str) -> set[str]:
    return set(re.findall(r"[\w']+", text.lower()))


def _is_free_text(known: pd.Series) -> bool:
    different, several = known.nunique() > len(known) / 2, known.str.contains(r"\s").mean() > 0.5
    return len(known) >= FEWEST_TEXTS and different and several
