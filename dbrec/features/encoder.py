"""Turn raw ids and features into rows of whole numbers that an embedding layer can look up.

A row is ``[id, one-hot codes and multi-hot flags ..., flags of words ...]``. In every one-hot place code 0
means "unknown or missing" and the known values count from 1; a multi-hot place is 0 or 1. The towers take
rows without the words, which are hundreds or thousands: those tell of newcomers only.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy import sparse

from dbrec.features.columns import Column, MultiHot, Words, fit_column


class FeatureEncoder:
    """Encode the users, or the items, of a data set as rows of whole numbers.

    Args:
        ids: Raw ids that get an embedding of their own: those with training ratings. ``ids[j]`` has
            code ``j + 1`` in the first place of a row.
        columns: Fitted feature columns, in the order of the row's places; words come last.
        known: Raw ids whose row is known, trained or not.
        rows: Their rows, int32, shape (len(known), width + number of words).
    """

    def __init__(self, ids: pd.Index, columns: list[Column], known: pd.Index, rows: np.ndarray):
        self.ids = ids
        self.columns = columns
        self.known = known
        self.rows = rows

    @classmethod
    def fit(cls, ids: Iterable, features: pd.DataFrame | None = None) -> "FeatureEncoder":
        """Fit the columns on the features of the trained ids.

        Args:
            ids: Raw ids with training ratings, ints or strings; repeats are fine.
            features: One row an id, the id as index, any columns; None for ids alone. It may hold
                further ids, which will be scored from their features.

        Raises:
            ValueError: If an id stands twice in the index of `features`, none of `ids` stands there, or a
                column can't be encoded.
        """
        ids = pd.Index(pd.unique(pd.Series(ids))).sort_values()
        features = pd.DataFrame(index=ids) if features is None else features
        if not features.index.is_unique:
            twice = features.index[features.index.duplicated()].tolist()[0]
            raise ValueError(f"id {twice!r} has more than one row of features: keep one row an id")
        shared = ids.intersection(features.index)
        if not len(shared):
            raise ValueError(
                f"no id of the ratings (such as {ids.tolist()[0]!r}) stands in the index of the features "
                f"(such as {features.index.tolist()[:1]}): index the features by id, of the same type"
            )
        trained = features.reindex(shared)
        columns = [fit_column(str(name), trained[name]) for name in features]
        columns.sort(key=lambda column: isinstance(column, Words))
        encoder = cls(ids, columns, ids.union(features.index), np.empty((0, 0), np.int32))
        encoder.rows = encoder.encode(encoder.known, features)
        return encoder

    @property
    def names(self) -> list[str]:
        """Names of the places a tower takes, such as ``['id', 'gender', 'genres: Drama', ...]``."""
        flags = [
            [f"{c.name}: {v}" for v in c.categories] if isinstance(c, MultiHot) else [c.name]
            for c in self._in_tower
        ]
        return ["id", *sum(flags, [])]

    @property
    def spec(self) -> list[tuple[str, str, int]]:
        """``(name, kind, size)`` of each column, as `FeatureTower` takes them; the id comes first."""
        kinds = [("multi-hot" if isinstance(c, MultiHot) else "one-hot") for c in self._in_tower]
        rest = [(c.name, kind, c.size) for c, kind in zip(self._in_tower, kinds, strict=True)]
        return [("id", "one-hot", len(self.ids) + 1), *rest]

    @property
    def width(self) -> int:
        """Places of a row that a tower takes: all but the words."""
        return 1 + sum(column.width for column in self._in_tower)

    @property
    def _in_tower(self) -> list[Column]:
        return [column for column in self.columns if not isinstance(column, Words)]

    def encode(self, ids: pd.Index, features: pd.DataFrame) -> np.ndarray:
        """Encode ids with the features given here; rows as in `rows`.

        An id without training ratings gets code 0; a row or column missing in `features` is missing.
        """
        parts = [(self.ids.get_indexer(ids) + 1).astype(np.int32)[:, None]]
        return np.concatenate([*parts, *self._encode_features(features.reindex(ids))], axis=1)

    def encode_new(self, features: pd.DataFrame) -> np.ndarray:
        """Encode newcomers, who have features but no id; rows as in `rows`.

        A column missing in `features`, or an unseen value, is missing.
        """
        no_id = np.zeros((len(features), 1), np.int32)
        return np.concatenate([no_id, *self._encode_features(features)], axis=1)

    def _encode_features(self, features: pd.DataFrame) -> list[np.ndarray]:
        missing = pd.Series(None, index=features.index, dtype=object)
        return [column.encode(features.get(column.name, missing)) for column in self.columns]

    def __call__(self, ids: Iterable) -> np.ndarray:
        """Look up the rows of raw ids as a tower takes them, shape (len(ids), width).

        An id never met is all zeros.
        """
        return self._whole_rows(ids)[:, : self.width]

    def _whole_rows(self, ids: Iterable) -> np.ndarray:
        position = self.known.get_indexer(pd.Index(ids))
        rows = self.rows[position]
        rows[position < 0] = 0
        return rows

    def features(self, ids: Iterable) -> sparse.csr_matrix:
        """Spread the features of raw ids into 0/1 columns, words included and the ids themselves not."""
        return self.features_of(self._whole_rows(ids))

    def features_of(self, rows: np.ndarray) -> sparse.csr_matrix:
        """Spread the features of whole rows, as `encode_new` gives them."""
        return one_hot(self, rows)[:, len(self.ids) :]

    def status(self, ids: Iterable) -> np.ndarray:
        """Tell what each raw id is scored from: ``"ratings"``, ``"features"`` or ``"population"``."""
        rows = self._whole_rows(ids)
        return np.select([rows[:, 0] > 0, rows.any(axis=1)], ["ratings", "features"], "population")


def one_hot(encoder: FeatureEncoder, rows: np.ndarray) -> sparse.csr_matrix:
    """Spread codes into 0/1 columns; code 0 (unknown or missing) gets none.

    Args:
        encoder: What the rows were encoded by.
        rows: Whole rows, as in ``encoder.rows``.

    Returns:
        A sparse matrix, shape (n, ids + categories of all features): ids in the first columns.
    """
    parts, place = [], 0
    for column in [None, *encoder.columns]:
        if isinstance(column, MultiHot):
            parts.append(sparse.csr_matrix(rows[:, place : place + column.width]))
            place += column.width
        else:
            codes, size = rows[:, place], (len(encoder.ids) if column is None else column.size - 1)
            known = np.flatnonzero(codes)
            ones = (np.ones(len(known)), (known, codes[known] - 1))
            parts.append(sparse.csr_matrix(ones, shape=(len(rows), size)))
            place += 1
    return sparse.hstack(parts, "csr")
