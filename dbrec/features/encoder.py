"""Turn raw ids and features into rows of whole numbers that an embedding layer can look up.

A row is ``[id, one-hot codes and multi-hot flags ..., flags of words ...]``. One-hot code 0 means "unknown or
missing" and known values count from 1; a flag is 0 or 1. The towers take rows without the words, which are
hundreds or thousands: those tell of newcomers only.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd
from scipy import sparse

from dbrec.checks import positions, raw_ids
from dbrec.features.columns import Column, MultiHot, Words, encode_value, fit_column, restore_column
from dbrec.features.frames import by_id


@dataclass(frozen=True, eq=False, repr=False)
class FeatureEncoder:
    """Encode the users, or the items, of a data set as rows of whole numbers.

    Attributes:
        trained_ids: Raw ids with training ratings: ``trained_ids[j]`` has code ``j + 1``.
        columns: Fitted feature columns, in the order of the row's places; words come last.
        all_ids: Raw ids whose row is known: the trained ones, then those that only features know.
        rows: Their rows, int32, shape (len(all_ids), width + number of words).
    """

    trained_ids: pd.Index
    columns: list[Column]
    all_ids: pd.Index
    rows: np.ndarray

    @classmethod
    def fit(cls, ids: Iterable, features: pd.DataFrame | None = None, side: str | None = None) -> Self:
        """Fit the columns on the features of the trained ids.

        Args:
            ids: Raw ids with training ratings, ints or text, at least one; repeats are fine.
            features: A row an id, as `by_id` takes them; further ids will be scored from their features.
            side: ``"user"`` or ``"item"``, to be named in messages and to find that column.

        Raises:
            TypeError, ValueError: As `raw_ids`, `by_id` and `fit_column`, or if there are no ids.
        """
        trained_ids = raw_ids(ids, f"{side}_ids" if side else "ids").unique().sort_values()
        if not len(trained_ids):
            raise ValueError("there are no ids: give at least one that has ratings")
        frame = by_id(features, trained_ids, side)
        trained = frame.reindex(trained_ids.intersection(frame.index))
        columns = [fit_column(name, trained[name], f"{side or 'feature'}s") for name in frame]
        columns.sort(key=lambda column: isinstance(column, Words))
        all_ids = trained_ids.append(frame.index.difference(trained_ids))
        codes, frame = trained_ids.get_indexer(all_ids).astype(np.int32) + 1, frame.reindex(all_ids)
        rows = np.hstack([codes[:, None], *[column.encode(frame[column.name]) for column in columns]])
        return cls(trained_ids, columns, all_ids, rows)

    def extended(self, features: pd.DataFrame | None, ids: pd.Index, side: str) -> Self:
        """Know more ids, and more of those that are known.

        Args:
            features: A row an id, as in `fit`; columns that it lacks stay what they are, or missing. Or None.
            ids: Raw ids, repeats are fine; of those that nothing else tells of no feature is known.
            side: ``"user"`` or ``"item"``, to be named in messages.

        Returns:
            An encoder whose `all_ids` begin with those here; itself where nothing is new.

        Raises:
            KeyError: If a column is unknown.
            TypeError, ValueError: As `by_id`, or if a value isn't understood; ids of another type than here.
        """
        frame = by_id(features, self.all_ids, side, new_ids=True) if features is not None else None
        names = [column.name for column in self.columns]
        if frame is not None and (unknown := [name for name in frame if name not in names]):
            raise KeyError(f"{side} features {unknown} are unknown: this recommender was fitted with {names}")
        given = [part for part in (() if frame is None else (frame.index,)) + (ids,) if len(part)]
        more = [part[positions(self.all_ids, part, f"{side}_ids") < 0] for part in given]
        new = more[0].append(more[1:]).unique().sort_values() if more else self.all_ids[:0]
        if frame is None and not len(new):
            return self
        all_ids = self.all_ids.append(raw_ids(new)) if len(new) else self.all_ids
        rows = np.vstack([self.rows, np.zeros((len(new), self.rows.shape[1]), np.int32)])
        place = 1
        for column in self.columns:
            if frame is not None and column.name in frame:
                rows[all_ids.get_indexer(frame.index), place : place + column.width] = column.encode(
                    frame[column.name]
                )
            place += column.width
        return self if np.array_equal(rows, self.rows) else replace(self, all_ids=all_ids, rows=rows)

    @property
    def n_trained(self) -> int:
        """Number of trained ids, which come first in `all_ids` and `rows`."""
        return len(self.trained_ids)

    @property
    def _in_tower(self) -> list[Column]:
        return [column for column in self.columns if not isinstance(column, Words)]

    def in_tower(self, numbers: np.ndarray) -> np.ndarray:
        """Give a number of each table of a tower, from one a column: 1 for the ids, the words left out."""
        return np.append(1.0, numbers[: len(self._in_tower)])

    @property
    def names(self) -> list[str]:
        """Names of the places a tower takes, such as ``['id', 'gender', 'genres: Drama', ...]``."""
        names = ["id"]
        for column in self._in_tower:
            names += column.names if isinstance(column, MultiHot) else [column.name]
        return names

    @property
    def feature_names(self) -> list[str]:
        """Names of the columns of `features`, such as ``["gender: F", "genres: Drama", ...]``."""
        return [name for column in self.columns for name in column.names]

    @property
    def spec(self) -> list[tuple[str, str, int]]:
        """``(name, kind, size)`` of each column, as `FeatureTower` takes them; the id comes first."""
        columns = [(column.name, column.kind, column.size) for column in self._in_tower]
        return [("id", "one-hot", self.n_trained + 1), *columns]

    @property
    def width(self) -> int:
        """Places of a row that a tower takes: all but the words."""
        return 1 + sum(column.width for column in self._in_tower)

    @cached_property
    def largest_codes(self) -> np.ndarray:
        """Largest code in each place of a whole row: 1 for a flag."""
        codes = [[1] * c.width if isinstance(c, MultiHot) else [c.size - 1] for c in self.columns]
        return np.array([self.n_trained, *sum(codes, [])])

    def encode_person(self, features: Mapping | pd.Series | None) -> np.ndarray:
        """Encode somebody, or something, that has features and no id; a row as in `rows`, shape (1, n).

        Args:
            features: Name to value, or a row of a frame; what it lacks, and None or NaN, is missing. An entry
                ``user_id``, as a frame with its ids in a column has, is passed over.

        Raises:
            TypeError: If `features` is neither.
            KeyError: If a feature is unknown.
            ValueError: If one is named twice, its value isn't understood or its category was never seen.
        """
        features = {} if features is None else features
        if not isinstance(features, (Mapping, pd.Series)):
            what = type(features).__name__
            raise TypeError(f"features is a {what}: give a dict of names and values, or a row of a frame")
        given = {str(name): value for name, value in features.items()}
        if len(given) < len(features):
            raise ValueError(f"features has a name twice in {[*map(str, features.keys())]}: give each once")
        names = [column.name for column in self.columns]
        if unknown := [name for name in given if name not in [*names, "user_id"]]:
            raise KeyError(f"user features {unknown} are unknown: this recommender was fitted with {names}")
        parts = [encode_value(column, given.get(column.name)) for column in self.columns]
        return np.hstack([np.zeros((1, 1), np.int32), *parts])

    def __call__(self, ids: Iterable) -> np.ndarray:
        """Look up the rows of n raw ids as a tower takes them, shape (n, width); zeros where never met."""
        return self._whole_rows(ids)[:, : self.width]

    def _whole_rows(self, ids: Iterable) -> np.ndarray:
        position = positions(self.all_ids, ids)
        return np.where(position[:, None] >= 0, self.rows[position], 0)

    def status(self, ids: Iterable) -> np.ndarray:
        """Tell what each raw id is scored from: ``"ratings"``, ``"features"`` or ``"population"``."""
        rows = self._whole_rows(ids)
        return np.select([rows[:, 0] > 0, rows.any(axis=1)], ["ratings", "features"], "population")

    def features(self, ids: Iterable) -> sparse.csr_matrix:
        """Spread the features of raw ids into 0/1 columns, words included and the ids themselves not."""
        return self.features_of(self._whole_rows(ids))

    def features_of(self, rows: np.ndarray) -> sparse.csr_matrix:
        """Spread the features of whole rows, as `encode_person` gives them."""
        return one_hot(self, rows)[:, self.n_trained :]

    def describe(self) -> dict:
        """Describe the columns, as JSON can hold them, for `restore`."""
        return {"columns": [{"kind": type(column).__name__} | asdict(column) for column in self.columns]}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return ids, as ints or unicode, and rows, for `restore`."""
        trained_ids, all_ids = (np.array(ids.tolist()) for ids in (self.trained_ids, self.all_ids))
        return {"trained_ids": trained_ids, "all_ids": all_ids, "rows": self.rows}

    @classmethod
    def restore(cls, description: dict, arrays: Mapping[str, np.ndarray]) -> Self:
        """Make the encoder that `describe` and `arrays` gave; a ValueError if no encoder gives such."""
        try:
            columns = [restore_column(column) for column in description["columns"]]
            trained_ids, all_ids = raw_ids(arrays["trained_ids"]), raw_ids(arrays["all_ids"])
            encoder = cls(trained_ids, columns, all_ids, arrays["rows"])
            if not encoder._is_sound():
                raise ValueError("ids, features and codes don't fit together")
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"damaged: unreadable features, {error!r}: restore them or save anew") from error
        return encoder

    def _is_sound(self) -> bool:
        most, shape = self.largest_codes, (len(self.all_ids), len(self.largest_codes))
        return (
            len({column.name for column in self.columns}) == len(self.columns)
            and self.all_ids.is_unique
            and self.trained_ids.equals(self.all_ids[: self.n_trained])
            and (self.rows.dtype, self.rows.shape) == (np.int32, shape)
            and bool(((self.rows >= 0) & (self.rows <= most)).all())
            and np.array_equal(self.rows[:, 0], self.trained_ids.get_indexer(self.all_ids) + 1)
        )


def one_hot(encoder: FeatureEncoder, rows: np.ndarray) -> sparse.csr_matrix:
    """Spread n whole rows into 0 and 1, shape (n, ids + categories of all features); code 0 has no column."""
    sizes = encoder.largest_codes
    row, place = np.nonzero(rows)
    column = (np.cumsum(sizes) - sizes)[place] + rows[row, place] - 1
    return sparse.csr_matrix((np.ones(len(row)), (row, column)), shape=(len(rows), sizes.sum()))
