"""Tell what the values of a feature are, and make them plain, so that JSON can hold them."""

import re
import reprlib
from decimal import Decimal
from numbers import Integral, Real

import numpy as np
import pandas as pd

PLAIN = {"text", "booleans", "numbers"}
LARGEST = 1e300  # of larger numbers, the middle between two may be infinite


def type_of(value) -> str:
    """Name the type of a value: one of `PLAIN`, ``"tuples"``, or the class of what can't be learned from."""
    if isinstance(value, str):
        return "text"
    if isinstance(value, (bool, np.bool_)):
        return "booleans"
    if isinstance(value, (tuple, list, set, frozenset, np.ndarray)):
        return "tuples"
    number = isinstance(value, (Real, Decimal)) and not isinstance(value, np.timedelta64)
    size = abs(float(value) if isinstance(value, np.floating) else value) if number else np.inf
    return "numbers" if size <= LARGEST else type(value).__name__


def types_in(values: pd.Series) -> dict:
    """Map each type in a column to a value of it; missing values have none."""
    known = values.dropna()
    if isinstance(known.dtype, np.dtype) and known.dtype.kind in "iuf" and len(known):
        known = known.iloc[[known.abs().argmax()]]  # the largest tells whether all are finite
    return {type_of(value): value for value in known}


def type_of_all(name: str, known: pd.Series) -> str:
    """Return the type in `PLAIN` that all values of a feature are of, or refuse several types, or others."""
    examples = types_in(known)
    if len(examples) > 1 or not examples.keys() <= PLAIN:
        such = " and ".join(reprlib.repr(value) for value in examples.values())
        raise ValueError(
            f"feature {name!r} has dtype {known.dtype} and values such as {such}: give numbers, text, "
            "booleans, a pandas categorical, or tuples of categories. Make a mixture text; numbers must be "
            "finite; of dates take .dt.year or the like, of time spans .dt.days"
        )
    return next(iter(examples))


def plain(value):
    """Return a number, text or boolean as the Python value that JSON can hold."""
    if isinstance(value, (Real, Decimal)) and not isinstance(value, Integral):
        return float(value)
    return value.item() if isinstance(value, np.generic) else value


def plain_categories(values: pd.Series) -> pd.Series:
    """Make a column plain; of a pandas categorical, categories of other types become their text."""
    if not isinstance(values.dtype, pd.CategoricalDtype):
        return values.astype(object).map(plain, na_action="ignore")
    used = values.cat.remove_unused_categories()
    others = [c for c in used.cat.categories if type_of(c) not in PLAIN and not isinstance(c, float)]
    return used.map(str if others else plain, na_action="ignore")


def members(values: pd.Series) -> pd.Series:
    """List what the tuples of a column hold, indexed by the tuple's position, without missing values."""
    return values.astype(object).reset_index(drop=True).explode().dropna().map(plain)


def words(values: pd.Series) -> pd.Series:
    """List what words the texts of a column hold, each once a text, as `members` does."""
    in_text = re.compile(r"[\w']+").findall
    return members(values.astype(object).map(lambda text: set(in_text(text.lower())), na_action="ignore"))
