"""Judge a fitted system on a task."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.harness.tasks import Task
from dbrec.evaluation.auc import auc, auc_per_user, bootstrap_auc
from dbrec.evaluation.calibration import log_loss
from dbrec.evaluation.ranking import coverage, ranking_metrics

K = 10
LONG = {"recall": (20, 50), "ndcg": (100,)}  # of Liang et al. 2018


@dataclass(frozen=True)
class Judged:
    """Hold what was measured: means by the name of their column, and what they are the means of."""

    figures: dict[str, float]
    scores: np.ndarray | None  # of the judged rows, in their order
    by_user: pd.DataFrame  # a row a user, a column a measure; missing where a user has none


def judge(task: Task, scorer, metrics: Iterable[str], intervals: bool = True) -> dict[str, float]:
    """Measure what was fitted on a task by some of its metrics; give the figures by the name of their column.

    `intervals` adds the bounds of the 95 % bootstrap intervals of AUC.
    """
    judged = measure(task, scorer, metrics)
    if judged.scores is None or not intervals:
        return judged.figures
    table, bounds = bootstrap_auc(*labelled(task), judged.scores), {}
    for column, row in (("auc_pooled", "pooled"), ("auc_per_user", "per user")):
        bounds |= {f"{column}_{bound}": table.loc[row, bound] for bound in ("low", "high")}
    return judged.figures | bounds


def measure(task: Task, scorer, metrics: Iterable[str]) -> Judged:
    """Measure what was fitted on a task, and keep what each user and each row brings to it."""
    figures, scores, parts = {}, None, []
    if "auc" in metrics:
        users, liked = labelled(task)
        scores = scorer.score(users, task.judged["item_id"].to_numpy())
        parts.append(auc_per_user(users, liked, scores).rename("auc_per_user"))
        figures |= {"auc_pooled": auc(liked, scores), "auc_per_user": float(parts[-1].mean())}
    if "log_loss" in metrics and hasattr(scorer, "probability"):
        told = scorer.probability(task.judged["user_id"].to_numpy(), task.judged["item_id"].to_numpy())
        figures["log_loss"] = log_loss(labelled(task)[1], told)
    if {"lists", "long_lists", "ranking"} & set(metrics):
        own, of_all = _lists(task, scorer, LONG if "long_lists" in metrics else None)
        parts.append(own)
        figures |= own.mean().to_dict() | of_all
    return Judged(figures, scores, pd.concat(parts, axis=1) if parts else pd.DataFrame())


def objective(figures: dict[str, float], goal: str) -> float:
    """Give the figure that settings are chosen by: NDCG, or the mean of AUC pooled and per user."""
    if goal == "ndcg":
        return figures["ndcg"] if "ndcg" in figures else figures["ndcg_100"]
    return (figures["auc_pooled"] + figures["auc_per_user"]) / 2


def labelled(task: Task) -> tuple[np.ndarray, np.ndarray]:
    """Give the users of the judged rows, and whether they liked the items."""
    return task.judged["user_id"].to_numpy(), (task.judged["rating"] >= task.liked_from).to_numpy()


def _lists(task: Task, scorer, long: dict | None) -> tuple[pd.DataFrame, dict[str, float]]:
    """Judge the lists of all users; give the measures of each, and those of all lists together."""
    relevant, users = task.judged[labelled(task)[1]], task.judged["user_id"].unique()
    hidden = task.hidden if len(task.hidden) else None
    k = max(max(numbers) for numbers in long.values()) if long else K
    lists = scorer.recommend(users, k=k, items=task.only, exclude=hidden)
    catalogue = task.train["item_id"].nunique() if task.only is None else len(task.only)
    of_all = {"coverage": coverage(lists, catalogue, K)}
    if task.only is not None:
        free = scorer.recommend(users, k=K)
        of_all["new_items_share"] = float(free["item_id"].isin(task.only).mean())
    if not long:
        return ranking_metrics(lists, relevant, K), of_all
    found = {f"{name}_{n}": ranking_metrics(lists, relevant, n)[name] for name in long for n in long[name]}
    n_relevant = relevant.groupby("user_id").size()
    for n in long["recall"]:  # as published: of what a list of n can hold
        found[f"recall_{n}"] *= n_relevant / n_relevant.clip(upper=n)
    return pd.DataFrame(found), of_all
