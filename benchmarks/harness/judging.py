"""Judge a fitted system on a task."""

from collections.abc import Iterable

import pandas as pd

from benchmarks.harness.tasks import Task
from dbrec.evaluation.auc import auc, auc_per_user, bootstrap_auc
from dbrec.evaluation.ranking import coverage, ranking_metrics

K = 10


def judge(task: Task, scorer, metrics: Iterable[str], intervals: bool = True) -> dict[str, float]:
    """Measure what was fitted on a task by some of its metrics; give the figures by the name of their column.

    `intervals` adds the bounds of the 95 % bootstrap intervals of AUC.
    """
    figures = _auc(task, scorer, intervals) if "auc" in metrics else {}
    return figures | (_ranking(task, scorer) if "ranking" in metrics else {})


def objective(figures: dict[str, float], goal: str) -> float:
    """Give the figure that settings are chosen by: NDCG, or the mean of AUC pooled and per user."""
    return figures["ndcg"] if goal == "ndcg" else (figures["auc_pooled"] + figures["auc_per_user"]) / 2


def _auc(task: Task, scorer, intervals: bool) -> dict[str, float]:
    users, items, ratings = (task.judged[name].to_numpy() for name in ("user_id", "item_id", "rating"))
    rows = users, ratings >= task.liked_from, scorer.score(users, items)
    if not intervals:
        return {"auc_pooled": auc(*rows[1:]), "auc_per_user": float(auc_per_user(*rows).mean())}
    table, figures = bootstrap_auc(*rows), {}
    for column, row in (("auc_pooled", "pooled"), ("auc_per_user", "per user")):
        found = table.loc[row]
        figures |= {column: found["auc"], f"{column}_low": found["low"], f"{column}_high": found["high"]}
    return figures


def _ranking(task: Task, scorer) -> dict[str, float]:
    relevant = task.judged[task.judged["rating"] >= task.liked_from]
    # A list that is longer by the films to be hidden still holds K others.
    longer = 0 if task.hidden.empty else int(task.hidden.groupby("user_id").size().max())
    lists = scorer.recommend(task.judged["user_id"].unique(), k=K + longer)
    pairs, out = (pd.MultiIndex.from_frame(frame[["user_id", "item_id"]]) for frame in (lists, task.hidden))
    lists = lists[~pairs.isin(out)]
    lists = lists.assign(rank=lists.groupby("user_id").cumcount() + 1)
    means = ranking_metrics(lists, relevant, K).mean()
    return {**means.to_dict(), "coverage": coverage(lists, task.train["item_id"].nunique(), K)}
