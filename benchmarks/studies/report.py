"""Write README's figures, and RESULTS.md, from the stored rows: no figure is typed by hand.

README holds each block between ``<!-- figures: NAME -->`` and ``<!-- end -->``; a test finds any that differs
from its rows.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from benchmarks.harness.data import NAMES
from benchmarks.harness.markdown import number, rate, signed, table
from benchmarks.harness.process import ROOT
from benchmarks.harness.tables import RESULTS, RESULTS_OF
from benchmarks.harness.tasks import TASKS
from benchmarks.studies.paired import MEASURES, OF_ALL, PEERS
from benchmarks.systems.registry import SYSTEMS

README, ALL = ROOT / "README.md", RESULTS.parent / "RESULTS.md"
TITLES = {
    "auc_pooled": "AUC pooled",
    "auc_per_user": "AUC per user",
    "log_loss": "log loss",
    "ndcg": "NDCG@10",
    "recall": "recall@10",
    "mrr": "MRR@10",
    "hit": "hit@10",
    "precision": "precision@10",
    "coverage": "coverage",
    "new_items_share": "new items' share",
    "recall_20": "recall@20",
    "recall_50": "recall@50",
    "ndcg_100": "NDCG@100",
}
DATA = {"ml-1m": "MovieLens 1M", "ml-100k": "MovieLens 100K", "anime": "anime", "shop": "the shop's clicks"}
WHAT = {
    "warm": "a random fifth of each person's ratings",
    "new_users": "never-seen people",
    "new_items": "never-seen films",
    "protocol_a": "protocol A",
    "protocol_b": "protocol B",
    "protocol_b_without_core": "protocol B without the 10-core",
    "strong": "strong generalisation",
    "by_time": "the latest fifth of all ratings",
    "positives": "positives only",
    "thin": "a twentieth of the ratings",
}


def read(name: str) -> pd.DataFrame:
    """Read a stored table; an empty one where there is none."""
    path = RESULTS / f"{name}.csv"
    return pd.read_csv(path) if path.exists() else pd.DataFrame()


def means(data: str, task: str) -> pd.DataFrame:
    """Give the mean over draws of each measure that a task has, a row a system."""
    path = RESULTS_OF[data] / f"{task}.csv"
    if not path.exists():
        return pd.DataFrame()
    rows = pd.read_csv(path)
    measured = [name for name in TITLES if name in rows and rows[name].notna().any()]
    return rows.groupby("system", sort=False)[[*measured, "fit_cpu_seconds"]].mean()


def systems(data: str, task: str, columns: list[str]) -> str:
    """Write the means of all systems on a task; the best of each column is bold."""
    found = means(data, task)
    columns = [name for name in columns if name in found]
    best = {name: found[name].min() if name == "log_loss" else found[name].max() for name in columns}
    rows = []
    for system, row in found.iterrows():
        cells = [
            f"**{number(row[name])}**" if row[name] == best[name] else number(row[name]) for name in columns
        ]
        rows.append([f"`{system}`" if system.startswith("dbrec") else system, *cells])
    return table(rows, ["system", *[TITLES[name] for name in columns]])


def claim() -> str:
    """Say in which measures ours is first, level and behind, by the intervals and nothing else."""
    rows, parts = read("paired"), []
    for data in [name for name in NAMES if name in set(rows["data"])]:
        of_data = rows[rows["data"] == data]
        n = of_data["verdict"].value_counts().reindex(["first", "level", "behind"], fill_value=0)
        count = f"first in {n['first']}, level with the best peer in {n['level']}, behind in {n['behind']}"
        parts.append(f"**{DATA[data]}**: {count} of {len(of_data)} measures.{pending(data)}")
        parts.append(verdicts(of_data))
    return "\n\n".join(parts)


def verdicts(rows: pd.DataFrame) -> str:
    """Write the verdict of each measure, a row a task."""
    shown = [measure for measure in MEASURES if measure in set(rows["measure"])]
    by_task = rows.pivot(index="task", columns="measure", values="verdict").reindex(columns=shown).fillna("-")
    found = [[WHAT[task], *by_task.loc[task]] for task in TASKS if task in by_task.index]
    return table(found, ["test part", *[TITLES[name] for name in shown]])


def pending(data: str) -> str:
    """Say which peers of the tasks compared on aren't measured yet, so that the claim can change."""
    compared_on, found = set(read("paired").query("data == @data")["task"]), []
    for task in (task for task in TASKS if task in compared_on):
        peers = [
            name for name in PEERS if task in SYSTEMS[name].tasks and data in (SYSTEMS[name].data or NAMES)
        ]
        missing = [name for name in peers if name not in means(data, task).index]
        found += [f"{', '.join(missing)} ({WHAT[task]})"] if missing else []
    return f" Peers not measured yet: {'; '.join(found)}." if found else ""


def compared(rows: pd.DataFrame) -> str:
    """Write ours beside the best peer of each measure, with the interval of the difference."""
    found = []
    for task in TASKS:
        for row in rows[rows["task"] == task].to_dict("records"):
            interval = f"{signed(row['difference'])} [{signed(row['low'])}, {signed(row['high'])}]"
            best, measure = f"{number(row['peers'])} {row['peer']}", TITLES[row["measure"]]
            found.append([WHAT[task], measure, number(row["ours"]), best, interval, row["verdict"]])
    return table(found, ["test part", "measure", "ours", "best peer", "difference, 95 %", ""])


def paired(data: str, measures: tuple[str, ...] = tuple(MEASURES)) -> str:
    """Write the comparison on one set of data."""
    rows = read("paired")
    return compared(rows[(rows["data"] == data) & rows["measure"].isin(measures)])


def vault() -> str:
    """Write the last opening of the vault."""
    rows = read("vault")
    if rows.empty:
        return "Not opened yet."
    rows = rows[rows["commit"] == rows["commit"].iloc[-1]]
    date, commit, settings = rows[["date", "commit", "settings"]].iloc[0]
    return f"Opened on {date}, of commit {commit[:10]}, settings {settings}.\n\n{compared(rows)}"


def ranks() -> str:
    """Write the rank of each system on MovieLens 100K by chance and by time."""
    both = [means("ml-100k", task) for task in ("warm", "by_time")]
    measures = [m for m in ("auc_pooled", "auc_per_user", "ndcg") if all(m in part for part in both)]
    shared = [name for name in both[0].index if name in both[1].index]
    places = [part.loc[shared, measures].rank(ascending=False) for part in both]
    rows = []
    for name in shared:
        pairs = zip(places[0].loc[name], places[1].loc[name], strict=True)
        rows.append([name, *["-" if pd.isna(pair[0]) else f"{pair[0]:.0f}, {pair[1]:.0f}" for pair in pairs]])
    return table(rows, ["rank by chance, by time", *[TITLES[m] for m in measures]])


def updates() -> str:
    """Write how far what is updated is behind a fit of all ratings."""
    found = []
    for (data, late), part in read("updates").groupby(["data", "late"], sort=False):
        mean = part.mean(numeric_only=True)
        measures = "auc_pooled", "auc_per_user", "ndcg"
        behind = [mean[f"{name}_anew"] - mean[f"{name}_updated"] for name in measures]
        seconds = f"{mean['update_cpu_seconds']:.1f}"
        found.append([data, f"{late:.0%}", *[number(value) for value in behind], seconds])
    head = "data, ratings that arrive late, behind in AUC pooled, per user, NDCG@10, processor seconds"
    return table(found, head.split(", "))


def probability() -> str:
    """Write how far probabilities can be believed."""
    found = []
    for (data, task), part in read("probability").groupby(["data", "task"], sort=False):
        mean = part.mean(numeric_only=True)
        names = "predicted", "liked", "log_loss", "log_loss_of_share", "brier", "calibration_error"
        found.append([f"{DATA[data]}, {WHAT[task]}", *[number(mean[name], 3) for name in names]])
    head = "test part, predicted, liked, log loss, that of the share, Brier score, calibration error"
    return table(found, head.split(", "))


def questions() -> str:
    """Write what answers bring, by who chose the questions."""
    found = [
        [str(row["answers"]), row["how"], number(row["auc_per_user"]), number(row["ndcg"], 3)]
        for row in read("questions").to_dict("records")
        if row["answers"]
    ]
    return table(found, ["answers", "questions by", "AUC per user", "NDCG@10"])


def speed() -> str:
    """Write all speeds that were measured."""
    rows, found = read("speed"), []
    for row in rows[rows["data"] == "ml-1m"].to_dict("records"):
        value = "not reached" if pd.isna(row["value"]) else rate(row["value"])
        found.append([row["what"], row["system"], value, number(row.get("reached"))])
    return table(found, ["what", "system", "value", "reached"])


def growth() -> str:
    """Write time and memory by the number of ratings."""
    found = [
        [f"{row['n_ratings']:,}", f"{row['n_users']:,}, {row['n_items']:,}", f"{row['fit_seconds']:.1f}"]
        + [f"{row['ns_per_triplet']:.0f}", f"{row['bytes_per_rating']:.0f}"]
        + [f"{number(row['auc'], 3)}, {number(row['auc_planted'], 3)}"]
        for row in read("growth").to_dict("records")
    ]
    head = ["ratings", "users, items", "seconds of the fit", "ns a triplet", "bytes a rating beyond it"]
    return table(found, [*head, "AUC, and of the planted score"])


WARM = ["auc_pooled", "auc_per_user", "ndcg", "recall", "mrr", "hit", "coverage"]
BLOCKS: dict[str, Callable[[], str]] = {
    "claim": claim,
    "paired": lambda: paired("ml-1m", ("auc_pooled", "auc_per_user", "ndcg", "ndcg_100")),
    "warm": lambda: systems("ml-1m", "warm", WARM),
    "vault": vault,
}
STUDIES: dict[str, Callable[[], str]] = {
    "How far what is updated is behind a fit of all ratings (`updates`)": updates,
    "How far probabilities can be believed (`probability`)": probability,
    "What withheld people's answers bring, by who chose the questions (`questions`)": questions,
    "Speed, on MovieLens 1M (`speed`)": speed,
    "Growth, on ratings with planted tastes that lie on the disk (`growth`)": growth,
}


def filled(text: str) -> str:
    """Put each block's figures into a text that has a place for it.

    Raises:
        ValueError: If a place names no block.
    """
    for name in re.findall(r"<!-- figures: (.*?) -->", text):
        if name not in BLOCKS:
            raise ValueError(f"README has a place for {name!r}: give one of {list(BLOCKS)}")
        start, end = f"<!-- figures: {name} -->\n", "<!-- end -->"
        before, rest = text.split(start)
        text = f"{before}{start}{BLOCKS[name]()}\n{end}{rest.split(end, 1)[1]}"
    return text


def everything() -> str:
    """Write all systems on all tasks in all stored measures, and ours beside the best peers."""
    made = "Made by `python -m benchmarks report`; means over the draws of the test part."
    parts = [f"# All that was measured\n\n{made}"]
    for data in NAMES:
        tasks = [task for task in TASKS if len(means(data, task))]
        parts += [f"## {DATA[data]}\n\n{paired(data)}"] if tasks else []
        parts += [f"### {WHAT[task]}\n\n{systems(data, task, [*MEASURES, *OF_ALL])}" for task in tasks]
        if data == "ml-100k" and "by_time" in tasks:
            parts.append(f"### Ranks by chance and by time\n\n{ranks()}")
    parts += [f"## {title}\n\n{study()}" for title, study in STUDIES.items()]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Write both files."""
    README.write_text(filled(README.read_text("utf-8")), "utf-8")
    Path(ALL).write_text(everything(), "utf-8")
