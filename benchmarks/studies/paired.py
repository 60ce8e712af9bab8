"""Tell in which measures dbrec is first, level or behind: its paired difference from the best peer of each.

It reads what `compare` kept of each fit, and fits again what isn't there. What is compared already, of the
rows as `compare` has them now, is passed over. The best peer of a measure is the one
with the highest mean over the draws of the test part. dbrec is first where the whole 95 % interval of the
difference lies above zero, behind where it lies below, and else level.
"""

import argparse
from functools import cache

import numpy as np
import pandas as pd

from benchmarks.harness.data import NAMES, load_data
from benchmarks.harness.judging import labelled
from benchmarks.harness.paired import Draw, intervals
from benchmarks.harness.tables import RESULTS, Table, origin
from benchmarks.harness.tasks import TASKS, load_task
from benchmarks.studies.compare import Comparison
from benchmarks.studies.compare import digest_of as code_of
from benchmarks.systems.registry import SYSTEMS

OURS = "dbrec: HybridRecommender"
MEASURES = "auc_pooled auc_per_user ndcg recall mrr hit precision recall_20 recall_50 ndcg_100".split()
OF_ALL = "log_loss", "coverage", "new_items_share"  # one number a fit: told, without an interval
PEERS = [name for name, system in SYSTEMS.items() if system.is_peer]
KEY = ["data", "task", "measure"]


def best_peers(rows: pd.DataFrame) -> dict[str, str]:
    """Name for each measure the peer with the highest mean."""
    means = rows[rows["system"].isin(PEERS)].groupby("system")[[m for m in MEASURES if m in rows]].mean()
    return {measure: means[measure].idxmax() for measure in means if means[measure].notna().any()}


def current(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out rows of other code than that which is there: what they brought isn't kept."""
    return rows[[row["code"] == code_of(row) for row in rows.to_dict("records")]]


def verdict(low: float, high: float) -> str:
    """Say what an interval bears."""
    return "first" if low > 0 else "behind" if high < 0 else "level"


def compared(data: str, task: str) -> pd.DataFrame:
    """Read the rows of a task that `compare` measured by the code as it is."""
    return current(Comparison(data).table(task).rows())


@cache
def origin_of(data: str, task: str) -> dict[str, str]:
    """Say what makes the rows of a task: this study's code, and the rows that it compares."""
    rows = compared(data, task)
    settings = rows.to_csv(index=False, columns=["system", "split", "params", "code"]) if len(rows) else ""
    return origin("python -m benchmarks paired", "numpy", settings=settings)


def digest_of(row: dict) -> str:
    """Give the digest that a stored row has if it compares the rows as they are."""
    return origin_of(row["data"], row["task"])["code"]


def read(data: str, task, rows: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
    """Read what one fit brought: scores of rows, and measures of users."""
    row = rows.iloc[0]
    with np.load(Comparison(data).brought(task.name, row)) as found:
        own = {name: found[name] for name in found if name not in ("users", "scores")}
        return found["scores"], pd.DataFrame(own, index=found["users"])


def draws_of(data: str, tasks: dict, rows: pd.DataFrame, peer: str) -> list[Draw]:
    """Read what ours and a peer brought on each draw; of a peer that draws nothing, the same for all."""
    found = []
    for split, task in tasks.items():
        own = []
        for name in (OURS, peer):
            mine = rows[rows["system"] == name]
            own.append(
                read(data, task, mine[mine["split"] == split] if (mine["split"] == split).any() else mine)
            )
        users, liked = labelled(task)
        scores, by_user = zip(*own, strict=True)
        found.append(Draw(users, task.judged["item_id"].to_numpy(), liked, scores, by_user))
    return found


def measured(data: str, task: str, rows: pd.DataFrame) -> list[dict]:
    """Compare ours with the best peer of each measure on all draws of a task."""
    loaded = load_data(data)
    splits = rows.loc[rows["system"] == OURS, "split"].unique()
    tasks = {split: load_task(task, loaded, split=int(split)) for split in splits}
    means = rows.groupby("system")[[m for m in (*MEASURES, *OF_ALL) if m in rows]].mean()
    best, found = best_peers(rows), []
    for peer in dict.fromkeys(best.values()):
        table = intervals(draws_of(data, tasks, rows, peer), items_too=task == "new_items")
        for measure in (m for m in table.index if best.get(m) == peer):
            row = {
                "data": data,
                "task": task,
                "measure": measure,
                "ours": means.loc[OURS, measure],
                "peer": peer,
            }
            row |= {"peers": means.loc[peer, measure], **table.loc[measure]}
            numbers = {key: round(float(value), 5) for key, value in row.items() if isinstance(value, float)}
            found.append(row | numbers | {"verdict": verdict(row["low"], row["high"]), "n_draws": len(tasks)})
    return sorted(found, key=lambda row: MEASURES.index(row["measure"]))


def main() -> None:
    """Compare on all that `compare` has stored, and store a row a measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=list(NAMES), choices=NAMES)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=list(TASKS))
    asked = parser.parse_args()
    table = Table(RESULTS / "paired.csv", KEY)
    for data in asked.data:
        for task in asked.tasks:
            rows = compared(data, task)
            systems = set(rows["system"]) if len(rows) else set()
            if OURS not in systems or systems.isdisjoint(PEERS):
                continue
            made, done = origin_of(data, task), table.rows(data=data, task=task)
            if len(done) and (done["code"] == made["code"]).all():
                continue
            for row in measured(data, task, rows):
                table.store(row | made)
