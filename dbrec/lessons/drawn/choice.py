"""Figures of lessons 10 and 12: choice, the ladder, and the differences to the peers."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

VERDICTS = {"first": "C2", "level": "0.5", "behind": "C3"}
ARROW = {"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0, "mutation_scale": 16}


def draw_watched(watched: pd.DataFrame, asked: str) -> Axes:
    """Draw who watched what: a dot where they did, and a question mark where we ask.

    Args:
        watched: 1 where the person of the row watched the film of the column, else 0.
        asked: The person whose other films we ask about.
    """
    ax = plt.subplots(figsize=(7, 3.4))[1]
    for row, (person, films) in enumerate(watched.iterrows()):
        columns = np.flatnonzero(films)
        ax.scatter(columns, np.full(len(columns), row), s=420, color="C1" if person == asked else "C0")
        for column in np.flatnonzero(films == 0).tolist() if person == asked else []:
            ax.text(column, row, "?", ha="center", va="center", fontsize=18, color="C1", weight="bold")
    ax.set_xticks(range(watched.shape[1]), watched.columns, fontsize=13)
    ax.set_yticks(range(len(watched)), watched.index, fontsize=13)
    ax.set(xlim=(-0.5, watched.shape[1] - 0.5), ylim=(len(watched) - 0.5, -0.5))
    ax.xaxis.tick_top()
    ax.grid(alpha=0.4)
    return ax


def draw_sum(as_rated: pd.DataFrame, as_candidate: pd.DataFrame, chosen: list[str], name: str) -> Axes:
    """Draw a person as the sum of the films they chose, beside the films that they could choose next.

    Args:
        as_rated: What each film brings along, two columns, indexed by film.
        as_candidate: What each film is found by, likewise.
        chosen: Films of the person, whose rows of `as_rated` are laid tip to tail.
        name: Of the person.
    """
    ax = plt.subplots(figsize=(7.5, 5))[1]
    start = x, y = 0.0, 0.0
    for film in chosen:
        dx, dy = as_rated.loc[film]
        _arrow(ax, (x, y), (x + dx, y + dy), "C0", linewidth=2)
        _label(ax, film, (x + dx / 2, y + dy / 2), (-58, 6), "C0")
        x, y = x + dx, y + dy
    _arrow(ax, start, (x, y), "C1", linewidth=5, alpha=0.5)
    _label(ax, f"{name}, the sum", (x, y), (8, -2), "C1")
    candidates = as_candidate.drop(index=chosen)
    for film, (right, up) in zip(candidates.index, candidates.to_numpy(), strict=True):
        ax.plot([0, right], [0, up], color="C2", linewidth=1, linestyle=":")
        ax.plot(right, up, "o", color="C2", markersize=9)
        _label(ax, f"{film}: {x * right + y * up:.2f}", (right, up), (9, -4), "C2")
    reach = np.vstack([candidates, [start, (x, y)]])
    low, high = reach.min(axis=0) - 0.2, reach.max(axis=0) + 0.25
    ax.set(xlim=(low[0], high[0] + 0.2), ylim=(low[1], high[1]))
    ax.set(xlabel="first place", ylabel="second place")
    return ax


def draw_slider(table: pd.DataFrame) -> Axes:
    """Draw one mark a weight of choice: how well likings are told, and how good the lists are.

    Args:
        table: Columns ``auc_per_user`` and ``ndcg``, indexed by the weight w, ascending.
    """
    ax = plt.subplots(figsize=(7, 4.5))[1]
    ax.plot(table["auc_per_user"], table["ndcg"], "o-", markersize=8)
    for w, row in table.iterrows():
        where = (10, -5) if w < 10 else (8, 6)
        _label(ax, f"w = {w:g}", row[["auc_per_user", "ndcg"]].to_numpy(), where, "black")
    ax.set(xlabel="AUC per user: would she like it?", ylabel="NDCG@10: what to show next?")
    ax.margins(x=0.2, y=0.12)
    return ax


def draw_climb(stations: pd.DataFrame, names: dict[str, str]) -> Figure:
    """Draw a climb as stairs: a bar from each station's value to the next, with what it adds.

    Args:
        stations: A row a station, in order; a column a measure.
        names: What to call each measure that is drawn, a panel each.
    """
    fig, axes = plt.subplots(1, len(names), figsize=(5 * len(names), 0.5 * len(stations) + 1), sharey=True)
    heights = np.arange(len(stations))
    for ax, (measure, name) in zip(np.atleast_1d(axes), names.items(), strict=True):
        values = stations[measure].to_numpy()
        steps = np.diff(values)
        ax.scatter(values[0], 0, s=60, color="0.3", zorder=3)
        ax.barh(heights[1:], steps, left=values[:-1], color=np.where(steps < 0, "C3", "C0"), height=0.6)
        ax.plot(np.repeat(values, 2)[:-1], np.repeat(heights, 2)[1:], color="0.6", linewidth=1, zorder=0)
        for height, right, step in zip(heights[1:], np.maximum(values[1:], values[:-1]), steps, strict=True):
            told = f"{step:+.2f}"
            _label(ax, told if told[1:] != "0.00" else "0.00", (right, height), (5, -5), "black")
        ax.set_yticks(heights, stations.index, fontsize=13)
        ax.set_xlabel(name)
        ax.set_xlim(values.min() - 0.06 * np.ptp(values), values.max() + 0.25 * np.ptp(values))
    np.atleast_1d(axes)[0].invert_yaxis()
    fig.tight_layout()
    return fig


def draw_differences(table: pd.DataFrame) -> Axes:
    """Draw differences with their intervals around zero, in the colour of their verdict.

    Args:
        table: A row a difference, from top to bottom: the index is its label; columns ``difference``,
            ``low``, ``high`` and ``verdict``, one of first, level and behind.
    """
    ax = plt.subplots(figsize=(9, 0.5 * len(table) + 1.2))[1]
    for height, (_, row) in enumerate(table.iterrows()):
        colour, ends = VERDICTS[row["verdict"]], [row["low"], row["high"]]
        ax.plot(ends, [height, height], color=colour, linewidth=4, solid_capstyle="butt")
        ax.plot(row["difference"], height, "o", color=colour, markersize=8)
        beside = (ends[1], (10, -5), "left") if row["difference"] > 0 else (ends[0], (-10, -5), "right")
        _label(ax, row["verdict"], (beside[0], height), beside[1], colour, beside[2])
    ax.axvline(0, color="black", linewidth=1.2)
    ax.set_yticks(range(len(table)), table.index, fontsize=12)
    ax.set(xlabel="ours minus the best peer, with the paired 95 % interval", ylim=(len(table) - 0.5, -0.5))
    ax.margins(x=0.18)
    return ax


def _arrow(ax: Axes, start: tuple[float, float], tip: tuple[float, float], colour: str, **style) -> None:
    ax.annotate("", tip, start, arrowprops=ARROW | {"color": colour} | style)


def _label(ax: Axes, text: str, place, beside: tuple[int, int], colour: str, side: str = "left") -> None:
    ax.annotate(text, place, beside, textcoords="offset points", color=colour, fontsize=12, ha=side, zorder=5)
