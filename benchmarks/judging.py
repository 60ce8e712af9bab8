"""Judge a fitted system on a task."""

from collections.abc import Iterable

import pandas as pd

from benchmarks.tasks import Task
from dbrec.evaluation.auc import auc, auc_per_user, bootstrap_auc
from dbrec.evaluation.ranking import coverage, ranking_metrics

K = 10


def judge(task: Task, scorer, metrics: Iterable[str], intervals: bool = True) -> dict[str, float]:
    """Measure a fitted system.

    Args:
        task: The task that `scorer` was fitted on.
        scorer: Has ``score(user_ids, item_ids)`` and ``recommend(user_ids, k)``.
        metrics: Which are asked, of those in `Task.metrics`.
        intervals: Whether to add the bounds of the 95 % bootstrap intervals of AUC.

    Returns:
        The figures by the name of their column.
    """
    figures = {}
    if "auc" in metrics:
        figures |= _auc(task, scorer, intervals)
    if "ranking" in metrics:
        figures |= _ranking(task, scorer)
    return figures


def objective(figures: dict[str, float], goal: str) -> float:
    """Give the figure that settings are chosen by: NDCG, or the mean of AUC pooled and per user."""
    return figures["ndcg"] if goal == "ndcg" else (figures["auc_pooled"] + figures["auc_per_user"]) / 2


def _auc(task: Task, scorer, intervals: bool) -> dict[str, float]:
    judged = task.judged
    rows = (judged["user_id"].to_numpy(), (judged["rating"] >= task.liked_from).to_numpy())
    scores = scorer.score(judged["user_id"].to_numpy(), judged["item_id"].to_numpy())
    if not intervals:
        return {"auc_pooled": auc(rows[1], scores), "auc_per_user": float(auc_per_user(*rows, scores).mean())}
    table = bootstrap_auc(*rows, scores)
    figures = {}
    for column, row in (("auc_pooled", "pooled"), ("auc_per_user", "per user")):
        found = table.loc[row]
        figures |= {column: found["auc"], f"{column}_low": found["low"], f"{column}_high": found["high"]}
    return figures


def _ranking(task: Task, scorer) -> dict[str, float]:
    relevant = task.judged[task.judged["rating"] >= task.liked_from]
    # A list that is longer by the films to be hidden still holds K others.
    longer = 0 if task.hidden.empty else int(task.hidden.groupby("user_id").size().max())
    lists = scorer.recommend(task.judged["user_id"].unique(), k=K + longer)
    lists = _without(lists, task.hidden)
    means = ranking_metrics(lists, relevant, K).mean()
    return {**means.to_dict(), "coverage": coverage(lists, task.train["item_id"].nunique(), K)}


def _without(lists: pd.DataFrame, hidden: pd.DataFrame) -> pd.DataFrame:
    """Take pairs out of the lists and number the ranks anew."""
    pairs = pd.MultiIndex.from_frame(lists[["user_id", "item_id"]])
    kept = lists[~pairs.isin(pd.MultiIndex.from_frame(hidden[["user_id", "item_id"]]))]
    return kept.assign(rank=kept.groupby("user_id").cumcount() + 1)
