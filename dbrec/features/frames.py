"""Take a frame of features as people have it: ids in the index or in a column, columns of any name."""

import pandas as pd
from pandas.api import types

from dbrec.checks import PAIR, raw_ids


def by_id(
    features: pd.DataFrame | None, trained_ids: pd.Index, side: str | None, new_ids: bool = False
) -> pd.DataFrame:
    """Return features, or None, with ids as index, as `raw_ids` gives them, and text as names of columns.

    The ids are the index or a column ``user_id`` or ``item_id``, by `side`, and some are trained, but where
    all may be `new_ids`.

    Raises:
        TypeError: If `features` is no frame, or its ids are no ints or text.
        ValueError: If there are no rows, an id is missing, an id or the name of a column stands twice, none
            of `trained_ids` is there, it isn't clear where the ids are, or they are named as those of
            the other side are.
    """
    table, key = (f"{side}s", f"{side}_id") if side else ("features", "id")
    if features is None:
        return pd.DataFrame(index=trained_ids)
    if not isinstance(features, pd.DataFrame):
        made = "{0}.to_frame()" if isinstance(features, pd.Series) else "pd.DataFrame({0}).set_index({1!r})"
        such = made.format(table, key)
        raise TypeError(f"{table} is a {type(features).__name__}: give a DataFrame by id, such as {such}")
    if not len(features):
        raise ValueError(f"{table} has no rows: give a row an id, or None")
    frame = features.set_axis([str(name) for name in features], axis=1)
    if len(twice := frame.columns[frame.columns.duplicated()]):
        raise ValueError(f"{table} has two columns named {twice[0]!r}: give them names that differ as text")
    frame = _index_by_id(frame, trained_ids, table, key)
    if len(twice := frame.index[frame.index.duplicated()].tolist()):
        raise ValueError(f"id {twice[0]!r} has more than one row of features: keep one row an id")
    if not new_ids and not trained_ids.isin(frame.index).any():
        raise ValueError(
            f"no id of the ratings (such as {trained_ids.tolist()[0]!r}) stands in the index of the features "
            f"(such as {frame.index.tolist()[:1]}): index the features by id, of the same type"
        )
    return frame


def _index_by_id(frame: pd.DataFrame, trained_ids: pd.Index, table: str, key: str) -> pd.DataFrame:
    index, where = frame.index, f"{table}.index"
    of_pair = {*PAIR} & ({*frame} if index.name is None else {index.name})
    if key in PAIR and key not in frame and (other := of_pair - {key}):
        raise ValueError(
            f"{table} has {other.pop()!r} and no {key!r}: are users and items swapped? Give them by name, "
            f"users=..., items=..., or name the index if it is right: {table}.rename_axis({key!r})"
        )
    if key in frame:
        index, where, frame = frame[key], f"{table}[{key!r}]", frame.drop(columns=key)
        if frame.index.name == key and _listed(index) != _listed(frame.index):
            raise ValueError(f"{table} has {key} as index and as a column, and they differ: drop one of them")
    ids = raw_ids(index.tolist() if isinstance(index, pd.MultiIndex) else index, where)
    if index.name is None:
        _refuse_ids_beside(frame, ids, trained_ids, table, key)
    return frame.set_axis(ids.rename(key), axis=0)


def _refuse_ids_beside(frame, ids: pd.Index, trained_ids: pd.Index, table: str, key: str) -> None:
    """Refuse an index without a name where a column looks more like ids.

    It finds more of the trained ids, or as many where the index is 0, 1, 2 ... or the name is like ``uid``.
    """
    found, numbered = trained_ids.isin(ids).sum(), ids.equals(pd.RangeIndex(len(ids)))
    for name, column in frame.items():
        as_many = numbered or name.lower().endswith(("id", "index"))
        least = found + (not as_many) if found else len(trained_ids) // 2 + 1
        may_be = types.infer_dtype(column) in ("integer", "floating", "string", "categorical")
        differs = may_be and column.is_unique and _listed(column) != ids.tolist()
        if differs and trained_ids.isin(column).sum() >= least:
            such = ", ".join(map(str, ids[:3]))
            raise ValueError(
                f"the index of {table} is {such} ... and column {name!r} holds the ids: give "
                f"{table}.set_index({name!r}), or name the index if it is right: {table}.rename_axis({key!r})"
            )


def _listed(values: pd.Series | pd.Index) -> list:
    """List values, None where one is missing: of pandas' NA no comparison is true or false."""
    cells = pd.Series(values).astype(object)
    return cells.where(cells.notna(), None).tolist()
