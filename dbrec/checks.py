"""Check numbers, ids and labels that people give; each error says what was received and what is allowed."""

import math
import reprlib
from collections.abc import Iterable, Mapping
from numbers import Integral, Real

import numpy as np
import pandas as pd

LARGEST_SEED = 2**31 - 1
PAIR = ["user_id", "item_id"]
NUMBERS = ("floating", "integer", "mixed-integer-float", "decimal", "boolean", "empty")
NO_NUMBERS = bool, np.bool_, np.timedelta64  # though Python counts them among numbers
LARGEST_WEIGHT = 1e200  # so that the sum of any number of them is finite
USUAL = np.int64, np.int32, np.int16, np.int8  # whole numbers as ids are kept


def whole_number(name: str, value, least: int = 1, most: int | None = None) -> int:
    """Return a whole number as a Python int, or refuse what isn't one from `least` to `most`.

    Raises:
        ValueError: If it isn't; booleans, floats and text aren't either.
    """
    whole = isinstance(value, Integral) and not isinstance(value, NO_NUMBERS)
    if not whole or value < least or (most is not None and value > most):
        bound = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name} is {reprlib.repr(value)}: give a whole number {bound}")
    return int(value)


def number(name: str, value, allowed: str = "[-inf, inf]") -> float:
    """Return a finite number as a Python int or float, or refuse what lies outside an interval.

    Args:
        name: What the caller calls it.
        value: What was given.
        allowed: The interval as one writes it: ``"[0, 1)"`` holds 0 and not 1.

    Raises:
        ValueError: If it isn't a number, isn't finite or lies outside.
    """
    low, high = (float(part) for part in allowed[1:-1].split(","))
    above = _is_finite(value) and (value >= low if allowed[0] == "[" else value > low)
    if not above or not (value <= high if allowed[-1] == "]" else value < high):
        where = "" if math.isinf(low) and math.isinf(high) else f" in {allowed}"
        raise ValueError(f"{name} is {reprlib.repr(value)}: give a finite number{where}")
    return int(value) if isinstance(value, Integral) else float(value)


def _is_finite(value) -> bool:
    try:
        return isinstance(value, Real) and not isinstance(value, NO_NUMBERS) and math.isfinite(value)
    except OverflowError:  # a whole number of more than 300 digits
        return False


def switch(name: str, value) -> bool:
    """Return a boolean, or refuse what is neither true nor false nor 1 nor 0.

    Raises:
        ValueError: If it isn't.
    """
    if not isinstance(value, (bool, np.bool_, int)) or value not in (0, 1):
        raise ValueError(f"{name} is {reprlib.repr(value)}: give True or False")
    return bool(value)


def seed_number(seed) -> int:
    """Return a seed, or refuse what isn't a whole number from 0 to 2^31 - 1.

    Raises:
        ValueError: If it isn't.
    """
    return whole_number("seed", seed, 0, LARGEST_SEED)


def raw_ids(values, name: str = "ids") -> pd.Index:
    """Take one raw id or many, from any array, frame column or iterable, as an index of ints or of text.

    Categoricals, nullable and Arrow types and whole floats become what they stand for.

    Args:
        values: One id, or an iterable of n.
        name: What the caller calls them.

    Raises:
        TypeError: If they aren't a row of ids, mix ints and text, or are of another type, such as dates.
        ValueError: If one is missing.
    """
    what = f"{name} must be one id or a row of ids, ints or text"
    if isinstance(values, (pd.DataFrame, pd.MultiIndex, Mapping, bytes, bytearray)):
        raise TypeError(f"{what}, and not a {type(values).__name__}: {reprlib.repr(values)}")
    if getattr(values, "ndim", 1) == 0 and not isinstance(values, np.generic):
        values = np.atleast_1d(values)  # an array of one, which has no length
    if isinstance(values, str) or not isinstance(values, Iterable):
        values = [values]
    if (usual := _usual_ids(values)) is not None:
        return usual
    is_array = isinstance(values, (np.ndarray, pd.Series, pd.Index, pd.api.extensions.ExtensionArray))
    if is_array and (values.ndim != 1 or getattr(values.dtype, "names", None)):
        raise TypeError(f"{what}, and not a table of shape {values.shape}: give one column of it")
    ids = pd.Series(values).reset_index(drop=True) if is_array else pd.Series(list(values), dtype=object)
    if isinstance(ids.dtype, pd.CategoricalDtype):
        ids = ids.astype(ids.cat.categories.dtype) if ids.notna().all() else ids.astype(object)
    if (missing := ids.isna()).any():
        raise ValueError(f"{name} has a missing value at position {missing.argmax()}: leave such rows out")
    if ids.empty:
        return pd.Index([], dtype=np.int64)
    kind = pd.api.types.infer_dtype(ids, skipna=False)
    advice = f"turn them into text, as by [str(x) for x in {name}]"
    if kind in ("floating", "mixed-integer-float") and (ids % 1 == 0).all():
        if ids.abs().max() < _exact_below(ids):
            return pd.Index(ids.to_numpy(np.float64).astype(np.int64))
        advice = "read them as ints, since floats as large as here stand for several"
    if kind == "integer" and ids.max() < 2**63 and ids.min() >= -(2**63):
        return pd.Index(ids.to_numpy(ids.dtype if ids.dtype in USUAL else np.int64))
    if kind == "string" and not ids.str.endswith("\0").any():  # which numpy's text arrays drop
        return pd.Index(ids.to_numpy(object), dtype="str")
    raise TypeError(f"{what}, and these are {kind}, such as {reprlib.repr(ids.tolist()[0])}: {advice}")


def _exact_below(ids: pd.Series) -> int:
    """Give the number below which a whole float, of any type that is here, stands for no other."""
    types = {*map(type, ids)} if ids.dtype == object else {ids.to_numpy().dtype.type}
    digits = [np.finfo(kind).nmant for kind in types if issubclass(kind, np.floating)]
    return 2 ** (min([52, *digits]) + 1)


def _usual_ids(values: Iterable) -> pd.Index | None:
    """Take ids of an index or a list that are plain ints or text; None where each needs a closer look."""
    if isinstance(values, pd.Index):
        return values.rename(None) if values.dtype in USUAL else None
    if not isinstance(values, (list, tuple)):
        return None
    types = {*map(type, values)}
    if types and types <= {int, *USUAL} and max(values) < 2**63 and min(values) >= -(2**63):
        return pd.Index(values, dtype=np.int64)
    if types == {str} and not any(text.endswith("\0") for text in values):  # which numpy's text arrays drop
        return pd.Index(values, dtype="str")
    return pd.Index([], dtype=np.int64) if not values else None


def positions(index: pd.Index, values, name: str = "ids") -> np.ndarray:
    """Find the positions of raw ids in an index, -1 where unknown.

    Args:
        index: Ids as `raw_ids` gives them.
        values: One raw id, or an iterable of n.
        name: What the caller calls them.

    Raises:
        TypeError: As `raw_ids`, or if text is looked up among numbers or numbers among text.
        ValueError: If one is missing.
    """
    ids = raw_ids(values, name)
    if len(ids) and len(index) and pd.api.types.is_numeric_dtype(ids) != pd.api.types.is_numeric_dtype(index):
        raise TypeError(
            f"{name} holds {ids.tolist()[0]!r}, ids here are like {index.tolist()[0]!r}: "
            "give ids of the type used in fitting"
        )
    if len(ids) and ids.dtype != index.dtype and {ids.dtype, index.dtype} <= {*map(np.dtype, USUAL)}:
        limits = np.iinfo(index.dtype)
        if limits.min <= ids.min() and ids.max() <= limits.max:
            ids = ids.astype(index.dtype)  # else pandas looks up in a wider copy of all of the index
    return index.get_indexer(ids)


def one_place(index: pd.Index, one, side: str) -> int:
    """Find the position of one raw id of a side, ``"user"`` or ``"item"``.

    Raises:
        KeyError: If it is unknown.
        TypeError, ValueError: As `positions`, or if it isn't one id.
    """
    places = positions(index, one, f"{side}_id")
    if len(places) != 1:
        raise ValueError(f"{side}_id holds {len(places)} ids: give one {side}")
    if places[0] < 0:
        raise KeyError(f"{side} {one!r} is unknown: give one of the {len(index)} {side}s of the fit")
    return int(places[0])


def labels(liked) -> np.ndarray:
    """Return labels as booleans, shape (n,); only true and false, or 1 and 0, are labels.

    Raises:
        ValueError: If there are others.
    """
    if getattr(liked := unmasked(liked), "dtype", None) == "bool":
        return np.asarray(liked)
    values = pd.Series(np.asarray(liked, object).ravel())
    wrong = values.isna() | ~values.isin([0, 1])
    if wrong.any():
        raise ValueError(f"liked holds {values[wrong].iloc[0]!r}: give true or false, as by rating >= 4")
    return np.asarray(liked, bool)


def id_frame(frame: pd.DataFrame, name: str, *others: str) -> pd.DataFrame:
    """Return ``user_id``, ``item_id`` and other columns of a frame, its ids as `raw_ids` gives them.

    Raises:
        TypeError: If it isn't a frame, or as `raw_ids`.
        ValueError: If a column isn't there once, or as `raw_ids`.
    """
    columns = [*PAIR, *others]
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"{name} is a {type(frame).__name__}: give a frame with the columns {columns}")
    texts = [label for label in frame if isinstance(label, str)]  # pd.NA can't be compared
    if any(texts.count(column) != 1 for column in columns):
        raise ValueError(f"{name} has the columns {list(frame)}: {columns} must be there, each once")
    ids = {column: raw_ids(frame[column], f"{name}[{column!r}]") for column in PAIR if len(frame)}
    return frame[columns].assign(**ids)


def unmasked(values):
    """Give a masked array as one that lacks what is masked; any other as it is."""
    masked = isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values)
    return values.astype(object).filled(np.nan) if masked else values


def positive_numbers(values, name: str, n: int) -> np.ndarray:
    """Return n finite numbers above 0 as floats, shape (n,), or refuse them."""
    values = finite_numbers(values, name)
    if values.shape != (n,) or not ((values > 0) & (values <= LARGEST_WEIGHT)).all():
        low, high = values.min(initial=np.inf), values.max(initial=-np.inf)
        raise ValueError(
            f"{name} has shape {values.shape} and numbers from {low:g} to {high:g}: give a number above 0, "
            f"of up to {LARGEST_WEIGHT:g}, for each of {n} rows"
        )
    return values


def finite_numbers(values, name: str) -> np.ndarray:
    """Return numbers as floats, or refuse text and other types, and what is missing or infinite."""
    values = unmasked(values)
    values = np.asarray(values, None if hasattr(values, "dtype") else object)
    if (kind := pd.api.types.infer_dtype(values.ravel())) not in NUMBERS:
        raise ValueError(f"{name} are {kind}, such as {values.ravel()[:3].tolist()}: give numbers")
    try:
        values = pd.to_numeric(values.ravel(), errors="coerce").astype(float).reshape(values.shape)
    except OverflowError:
        raise ValueError(f"{name} hold a number of more than 300 digits: give finite numbers") from None
    if wrong := (~np.isfinite(values)).sum():
        raise ValueError(f"{wrong} {name} are not finite numbers: give one a row, or leave the row out")
    return values
