"""Read the columns of a frame of interactions, or say what is wrong with them."""

import numpy as np
import pandas as pd

from dbrec.checks import PAIR, positive_numbers
from dbrec.features.values import type_of

LARGEST_RATING = 1e9  # what float32 holds with its squares and sums


def importance_of(sample_weight, n: int) -> np.ndarray:
    """Give weights of rows in units of their mean, or refuse them."""
    weights = positive_numbers(sample_weight, "sample_weight", n)
    return weights / weights.mean()


def numbered(column: pd.Series) -> tuple[pd.Index, np.ndarray]:
    """Number ids in ascending order."""
    index, ids = pd.factorize(pd.Index(column), sort=True)
    return pd.Index(ids), index.astype(np.int32)


def kind_of(frame, name: str) -> list[str]:
    """Name the column of numbers, where there is one."""
    # a label may be NA, which can't be compared
    names = [label for label in getattr(frame, "columns", []) if isinstance(label, str)]
    given: list[str] = [column for column in ("rating", "weight") if column in names]
    for label in getattr(frame, "columns", []):
        like = str(label).strip("b' ").lower().removesuffix("s")
        if like in ("rating", "weight") and label not in given:
            raise ValueError(f"{name} has a column {label!r}: name it {like!r}, or leave it out")
    if len(given) > 1:
        raise ValueError(f"{name} has a rating and a weight: leave one of the two columns out")
    return given


def refuse_twice(keys: np.ndarray, frame: pd.DataFrame, name: str) -> None:
    """Refuse a pair that stands twice."""
    if (twice := pd.Series(keys).duplicated()).any():
        user, item = frame.loc[twice.to_numpy(), PAIR].to_numpy(object)[0]
        raise ValueError(f"{name} has user {user!r} with item {item!r} more than once: keep one row a pair")


def added_up(keys: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the first row of each pair, in the order of the rows, and the sum of its values."""
    codes, _ = pd.factorize(keys)
    return np.flatnonzero(~pd.Series(codes).duplicated()), np.bincount(codes, value)


def finite(frame: pd.DataFrame, kind: str, name: str) -> np.ndarray:
    """Give ratings, or weights, as an array of finite numbers."""
    column = frame[kind]
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype if column.notna().all() else object)
    if column.dtype == object and column.dropna().map(type_of).isin(["numbers", "booleans"]).all():
        column = column.mask(column.isna(), np.nan).astype(float)
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_complex_dtype(column)
    if not numeric:
        raise ValueError(f"{name}[{kind!r}] has dtype {column.dtype}: give numbers")
    plain = isinstance(column.dtype, np.dtype)
    value = column.to_numpy() if plain else column.to_numpy(float, na_value=np.nan)
    broken = ~(np.abs(value.astype(float)) <= LARGEST_RATING) | ((value <= 0) & (kind == "weight"))
    if broken.any():
        row, wrong = column.index[broken].tolist()[0], column[broken].tolist()[0]
        raise ValueError(
            f"row {row!r} of {name} has the {kind} {wrong!r}: give finite numbers "
            f"{'above 0 and ' if kind == 'weight' else ''}of up to {LARGEST_RATING:g}, "
            f"and leave rows without a {kind} out"
        )
    return value
