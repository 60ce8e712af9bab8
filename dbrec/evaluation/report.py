"""One table of all measures of a fitted model: of all rows, of known pairs, of new users and new items."""

import numpy as np
import pandas as pd

from dbrec.checks import PAIR, finite_numbers, id_frame, number, raw_ids, whole_number
from dbrec.evaluation.measures import COLUMNS, NO_BOUNDS, Resampling, of_lists, of_probabilities, of_scores
from dbrec.evaluation.ranking import coverage
from dbrec.interactions import is_liked


def evaluate(
    scorer,
    test: pd.DataFrame,
    liked_from: float = 4,
    k: int = 10,
    n_resamples: int = 200,
    level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Judge a fitted model, or any scorer, on rows that it hasn't learned from: the whole table in one call.

    Each measure answers a question:

    - ``auc``: does a liked row score above a not-liked one, whoever's they are? 0.5 is chance.
    - ``auc_per_user``: does it, among the rows of one person? 0.5 is chance.
    - ``precision``: what share of the k places in a list holds items that the person liked?
    - ``recall``: what share of the items that a person liked is in their list?
    - ``ndcg``: do lists hold liked items, and high up? 1 is the best order.
    - ``mrr``: how high up is the first liked item? 1 is the first place, 0.5 the second.
    - ``hit``: what share of people finds a liked item in their list?
    - ``coverage``: what share of the catalogue is shown to anybody?
    - ``new_items_share``: what share of the places in lists holds items without ratings?
    - ``brier``: how far are probabilities from what happened, squared? 0 is best.
    - ``log_loss``: how surprising is what happened, given the probabilities, in nats? 0 is best.
    - ``calibration_error``: how far is a probability from the share that was liked? 0 is best.

    Lists are made once, for all users of the test. An item in a list that the test doesn't know counts as
    wrong, even if the person would like it: these measures compare models, and their size says little.

    Args:
        scorer: What has ``score(user_ids, item_ids)``, numbers of shape (n,). Measures of lists need
            ``recommend(user_ids, k)``, a frame ``user_id, rank, item_id``; those of probabilities need
            ``probability(user_ids, item_ids)``, numbers in [0, 1] of shape (n,). An id has ratings where
            ``user_status(ids)`` or ``item_status(ids)`` says ``"ratings"``; or, in their absence, where it
            is in ``user_ids`` or ``item_ids``; or, without these, always.
        test: A row a rating, with columns ``user_id``, ``item_id`` and ``rating``; or, without ratings, a
            row a choice, each counting as liked.
        liked_from: Lowest rating that counts as liked.
        k: Length of the lists, at least 1.
        n_resamples: Number of resamples of the users for the intervals, at least 1.
        level: Share of the resamples inside an interval, in (0, 1).
        seed: Seed of the resamples.

    Returns:
        A frame with a row a part and measure, and these columns:

        - ``part``, each only where it has rows: ``all``; ``warm``, where user and item have ratings;
          ``new users``, whose user has none; ``new items``, whose item has none.
        - ``measure``, only where the rows tell it. AUC needs rows of both kinds in the part, AUC per user a
          person with both, measures of lists a liked row. Where the whole test is liked, AUC and the
          measures of probabilities are left out. Coverage and the share of new items are of all lists.
        - ``value``; of lists the mean over users with a liked row in the part, of which alone they are
          judged.
        - ``low`` and ``high``: the interval; users are resampled, as in `bootstrap_auc`. Missing for
          ``coverage``, ``new_items_share`` and ``calibration_error``, and for ``auc`` where nobody has rows
          of both kinds.
        - ``n_rows`` and ``n_users``: what the value is made of: rows and their users; for lists the liked
          rows; for coverage and the share of new items the places in lists.

        The catalogue is ``scorer.item_ids`` where it has that, else all items of test and lists.

    Raises:
        TypeError: If the scorer has no method ``score``, `test` isn't a frame, or ids aren't of the type
            used in fitting.
        ValueError: If a column, an id or a rating is missing, there are no rows or no liked ones, nothing
            can be measured, or another argument, or what the scorer gives, isn't as said here.

    Source:
        Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13 (percentile interval).

    Example:
        >>> from dbrec.scoring.baselines import popularity
        >>> train = pd.DataFrame({"user_id": [1, 1, 2], "item_id": [7, 8, 7]})
        >>> test = pd.DataFrame({"user_id": [2, 3, 3], "item_id": [8, 7, 8], "rating": [5, 4, 1]})
        >>> table = evaluate(popularity(train), test, k=1).set_index(["part", "measure"])
        >>> table.loc[[("warm", "hit"), ("new users", "auc")], "value"].tolist()
        [1.0, 1.0]
    """
    k, resampling = whole_number("k", k), Resampling(n_resamples, level, seed)
    rows = _judged(scorer, test, liked_from)
    lists = _lists(scorer, rows, k) if hasattr(scorer, "recommend") else None
    if lists is None and "score" not in rows:
        raise ValueError(
            f"all {len(rows)} rows of test are liked, and {type(scorer).__name__} has no method recommend: "
            "give rows with a rating below liked_from, or a scorer that makes lists"
        )
    tables = []
    for name, part in _parts(scorer, rows).items():
        found = of_scores(part, resampling) if "score" in rows else []
        if lists is not None:
            found += of_lists(part, lists, k, resampling)
            found += _of_all_lists(scorer, rows, lists, k) if name == "all" else []
        found += of_probabilities(part, resampling) if "probability" in rows else []
        tables.append(pd.DataFrame(found, columns=COLUMNS).assign(part=name))
    filled = [table for table in tables if len(table)]  # pandas takes no types from an empty one
    return pd.concat(filled, ignore_index=True)[["part", *COLUMNS]]


def _judged(scorer, test: pd.DataFrame, liked_from: float) -> pd.DataFrame:
    """Return ids and labels, and scores and probabilities where there are labels of both kinds."""
    if isinstance(scorer, type) or not callable(getattr(scorer, "score", None)):
        what = f"the class {scorer.__name__}" if isinstance(scorer, type) else f"a {type(scorer).__name__}"
        raise TypeError(f"scorer is {what}: give a fitted model, or one with score(user_ids, item_ids)")
    liked_from = number("liked_from", liked_from)
    kind = _kind(test)
    rows = id_frame(test, "test", *kind).reset_index(drop=True)
    if rows.empty:
        raise ValueError("test has no rows: give at least one")
    rating = finite_numbers(rows["rating"], "ratings of test") if kind else np.full(len(rows), liked_from)
    liked = is_liked(rating, liked_from)
    if not liked.any():
        raise ValueError(
            f"none of {len(rows)} rows in test is liked (rating >= {liked_from}): choose liked_from up to "
            f"the highest rating, {rating.max()}"
        )
    rows = rows[PAIR].assign(liked=liked)
    for column in ("score", "probability") if not liked.all() else ():
        if hasattr(scorer, column):
            rows[column] = _told(scorer, column, rows)
    return rows


def _kind(test) -> list[str]:
    """Name the column of ratings, where there is one."""
    # a label may be NA, which can't be compared, or bytes
    names = [label for label in getattr(test, "columns", []) if isinstance(label, (str, bytes))]
    for name in names:
        like = str(name).strip("b' ").lower().removesuffix("s")
        if name != "rating" and like == "rating":
            raise ValueError(f"test has a column {name!r}: name it 'rating', or leave it out")
    return ["rating"] if "rating" in names else []


def _told(scorer, method: str, rows: pd.DataFrame) -> np.ndarray:
    """Ask a scorer for a number a row."""
    told = getattr(scorer, method)(*(rows[column].to_numpy() for column in PAIR))
    told = finite_numbers(told, f"numbers by scorer.{method}")
    if told.shape != (len(rows),):
        raise ValueError(f"scorer.{method} gave shape {told.shape} for {len(rows)} pairs: give one a pair")
    return told


def _lists(scorer, rows: pd.DataFrame, k: int) -> pd.DataFrame:
    """Ask a scorer for the lists of all users."""
    lists = scorer.recommend(rows["user_id"].unique(), k)
    if not isinstance(lists, pd.DataFrame):
        what = type(lists).__name__
        raise ValueError(f"scorer.recommend gave a {what}: give a frame with user_id, rank and item_id")
    return lists


def _parts(scorer, rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Cut the rows into parts, and leave out those that are empty."""
    new_user, new_item = (~_with_ratings(scorer, side, rows[f"{side}_id"]) for side in ("user", "item"))
    parts = {
        "all": rows,
        "warm": rows[~new_user & ~new_item],
        "new users": rows[new_user],
        "new items": rows[new_item],
    }
    return {name: part for name, part in parts.items() if len(part)}


def _with_ratings(scorer, side: str, ids: pd.Series) -> np.ndarray:
    """Tell which ids a scorer has learned from ratings of, as booleans, shape (n,)."""
    if hasattr(scorer, f"{side}_status"):
        unique = ids.unique()
        status = np.asarray(getattr(scorer, f"{side}_status")(unique))
        if status.shape != (len(unique),):
            raise ValueError(
                f"scorer.{side}_status gave shape {status.shape} for {len(unique)} ids: give one an id"
            )
        known = unique[status == "ratings"]
    elif hasattr(scorer, f"{side}_ids"):
        known = raw_ids(getattr(scorer, f"{side}_ids"), f"scorer.{side}_ids")
    else:
        known = ids
    return ids.isin(known).to_numpy()


def _of_all_lists(scorer, rows: pd.DataFrame, lists: pd.DataFrame, k: int) -> list[tuple]:
    """Compute what is told of all lists together: coverage and, where there are places, the share new."""
    shown = lists[lists["rank"] <= k]
    either = pd.concat([rows["item_id"], shown["item_id"]])
    catalogue = len(scorer.item_ids) if hasattr(scorer, "item_ids") else either.nunique()
    size = len(shown), shown["user_id"].nunique()
    found = [("coverage", coverage(shown, catalogue, k), *NO_BOUNDS, *size)]
    if len(shown):
        new = ~_with_ratings(scorer, "item", shown["item_id"])
        found.append(("new_items_share", new.mean(), *NO_BOUNDS, *size))
    return found
