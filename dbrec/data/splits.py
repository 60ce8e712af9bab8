"""Split ratings into a part to learn from and a part to be judged by."""

import reprlib

import numpy as np
import pandas as pd

from dbrec.checks import number, raw_ids, seed_number

Parts = tuple[pd.DataFrame, pd.DataFrame]


def split_ratings(ratings: pd.DataFrame, test_share: float = 0.2, seed: int = 0) -> Parts:
    """Hold out a random share of each user's ratings.

    Of n ratings ``round(test_share * n)`` go to the test part, but one or more always stay in the training
    part, so that no user of the test part is new.

    Args:
        ratings: One row a rating, with a column ``user_id``; any index.
        test_share: Share of each user's ratings to hold out, in [0, 1).
        seed: Seed of the shuffle, at least 0: the same seed and rows give the same split.

    Returns:
        ``(train, test)``: both with the columns, the order and the index labels of `ratings`.

    Raises:
        ValueError: If an argument isn't as said here, or an id is missing.
        TypeError: If the ids aren't all ints or all text.

    Example:
        >>> ratings = pd.DataFrame({"user_id": [1] * 5 + [2] * 5, "item_id": list(range(10))})
        >>> train, test = split_ratings(ratings, test_share=0.2)
        >>> test.user_id.tolist()
        [1, 2]
    """
    user_index = pd.factorize(_ids(ratings, "user_id"))[0]
    is_test = held_out_rows(user_index, test_share, seed)
    return ratings[~is_test], ratings[is_test]


def held_out_rows(user_index: np.ndarray, test_share: float, seed: int) -> np.ndarray:
    """Choose the rows that `split_ratings` holds out, by positions in place of ids, as booleans, shape (n,).

    Each row draws a number, and each user's rows with the least numbers are held out: which rows those are
    hangs on their order, and not on which position a user has.

    Args:
        user_index: Position of each row's user, from 0 and in any numbering, shape (n,).
        test_share: As in `split_ratings`.
        seed: As in `split_ratings`.
    """
    share, draws = _share(test_share), np.random.default_rng(seed_number(seed)).random(len(user_index))
    rank = pd.Series(draws).groupby(user_index).rank(method="first").to_numpy()
    counts = np.bincount(user_index)
    n_held_out = np.minimum(np.round(share * counts), counts - 1)
    return rank <= n_held_out[user_index]


def split_users(ratings: pd.DataFrame, test_share: float = 0.1, seed: int = 0) -> Parts:
    """Hold out all ratings of a random share of the users: in the test part everybody is new.

    Of n users, ``round(test_share * n)`` go to the test part, and at least one goes to either part. The same
    seed and the same users give the same split, in any order of rows. All else is as in `split_ratings`, but
    `test_share` must lie in (0, 1), and fewer than two users are refused by a ValueError.

    Example:
        >>> ratings = pd.DataFrame({"user_id": [1, 1, 2, 2, 3], "item_id": [7, 8, 7, 9, 7]})
        >>> train, test = split_users(ratings, test_share=0.3)
        >>> train.user_id.nunique(), test.user_id.nunique()
        (2, 1)
    """
    return _split_ids(ratings, "user_id", test_share, seed)


def split_items(ratings: pd.DataFrame, test_share: float = 0.1, seed: int = 0) -> Parts:
    """Hold out all ratings of a random share of the items: in the test part every item is new.

    As `split_users`, by a column ``item_id``. A user may be in one of the two parts only.
    """
    return _split_ids(ratings, "item_id", test_share, seed)


def split_by_time(ratings: pd.DataFrame, test_share: float = 0.2, missing: str = "raise") -> Parts:
    """Hold out the latest ratings of all users together: learn from the past, be judged by what came next.

    No row of the training part is later than one of the test part. Rows of one timestamp aren't parted:
    those at the border go to the training part, so the test part is at most the share. Users and items of
    the test part may be new.

    Args:
        ratings: One row a rating, with a column ``timestamp`` of numbers or datetimes; any index.
        test_share: Share of the rows with a timestamp to hold out, in (0, 1); rounded down to whole rows.
        missing: What becomes of rows without a timestamp: ``"raise"`` refuses them, ``"drop"`` leaves them
            out, ``"train"`` learns from them. They may be later than what is tested: a leak you accept.

    Returns:
        ``(train, test)``: both with the columns, the order and the index labels of `ratings`.

    Raises:
        ValueError: If an argument or a timestamp isn't as said here, or no row would be left to test.

    Source:
        Ji et al. 2023, "A critical study on data leakage in recommender system offline evaluation".

    Example:
        >>> ratings = pd.DataFrame({"user_id": [1, 2, 1, 2], "timestamp": [40, 20, 30, 10]})
        >>> train, test = split_by_time(ratings, test_share=0.5)
        >>> test.timestamp.tolist()
        [40, 30]
    """
    if not isinstance(missing, str) or missing not in ("raise", "train", "drop"):
        raise ValueError(f"missing is {reprlib.repr(missing)}: give 'raise', 'train' or 'drop'")
    share, times = _share(test_share, "(0, 1)"), _timestamps(ratings)
    is_missing = times.isna().to_numpy()
    if missing == "raise" and is_missing.any():
        raise ValueError(
            f"{is_missing.sum()} of {len(times)} rows have no timestamp: leave them out by missing='drop', "
            "or learn from them by missing='train', though they may be later than what is tested"
        )
    is_test = _latest(times, share)
    is_train = ~is_test & ~is_missing if missing == "drop" else ~is_test
    return ratings[is_train], ratings[is_test]


def _latest(times: pd.Series, share: float) -> np.ndarray:
    """Choose the latest rows, at most a share of those with a timestamp, as booleans, shape (n,)."""
    known = times.dropna().sort_values()
    n_test = min(int(share * len(known) + 1e-9), len(known) - 1)  # 0.29 * 100 is a little less than 29
    if n_test < 1:
        raise ValueError(
            f"no row would be left to test: {share} of {len(known)} rows with a timestamp is less than one: "
            "give a larger test_share or more rows"
        )
    border = known.iloc[-n_test - 1]
    is_test = (times > border).fillna(False).to_numpy(bool)  # a missing one is not later
    if not is_test.any():
        raise ValueError(
            f"no row would be left to test: the latest {n_test} rows all have the timestamp {border}, as the "
            "row before them, which goes to the training part with its like: give a larger test_share or "
            "finer timestamps"
        )
    return is_test


def _timestamps(ratings: pd.DataFrame) -> pd.Series:
    """Return the column of timestamps, or say what is wrong with it."""
    column = _column(ratings, "timestamp")
    column = column.convert_dtypes() if column.dtype == object else column
    is_number = pd.api.types.is_any_real_numeric_dtype(column)
    if not is_number and not pd.api.types.is_datetime64_any_dtype(column) and column.notna().any():
        raise ValueError(
            f"ratings['timestamp'] has dtype {column.dtype}, such as {column.dropna().tolist()[0]!r}: "
            "give numbers or datetimes, as by pd.to_datetime"
        )
    if is_number and (n := int(column.isin([np.inf, -np.inf]).sum())):
        raise ValueError(f"{n} rows have an infinite timestamp: give finite ones, or leave the rows out")
    return column


def _split_ids(ratings: pd.DataFrame, column: str, test_share: float, seed: int) -> Parts:
    if (share := _share(test_share)) == 0:
        raise ValueError("test_share is 0, and at least one id is held out: give a share in (0, 1)")
    index, ids = pd.factorize(_ids(ratings, column), sort=True)
    if len(ids) < 2:
        raise ValueError(f"column {column!r} holds {len(ids)} ids: at least 2 are needed, one for each part")
    n_held_out = np.clip(round(share * len(ids)), 1, len(ids) - 1)
    order = np.random.default_rng(seed_number(seed)).permutation(len(ids))
    is_test = np.isin(index, order[:n_held_out])
    return ratings[~is_test], ratings[is_test]


def _ids(ratings: pd.DataFrame, column: str) -> pd.Index:
    ids = _column(ratings, column)
    return raw_ids(ids if len(ids) else [], f"ratings[{column!r}]")


def _column(ratings: pd.DataFrame, column: str) -> pd.Series:
    """Return a column that a frame has once, or say what is wrong with the frame."""
    if not isinstance(ratings, pd.DataFrame):
        raise ValueError(f"ratings is a {type(ratings).__name__}: give a DataFrame with a column {column!r}")
    columns = [label for label in ratings if isinstance(label, str)]  # pd.NA can't be compared
    if column not in columns:
        raise ValueError(f"ratings has the columns {reprlib.repr(columns)}: a column {column!r} is needed")
    if (n := columns.count(column)) > 1:
        raise ValueError(f"ratings has {n} columns {column!r}: leave one of them")
    return ratings[column]


def _share(test_share: float, allowed: str = "[0, 1)") -> float:
    try:
        return number("test_share", test_share, allowed)
    except ValueError:
        raise ValueError(f"test_share is {reprlib.repr(test_share)}: give a share in {allowed}") from None
