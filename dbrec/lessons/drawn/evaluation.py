"""The pictures of lessons 7 and 8: when to stop, which negative is hard, and what a threshold decides."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle
from sklearn.metrics import roc_curve

from dbrec.evaluation.auc import auc

RIGHT, WRONG = "C2", "C1"  # of a recommendation
RATES = {"xlabel": "false positive rate", "ylabel": "true positive rate"}
MARKERS = "osD^v"


def draw_epochs(curves: Mapping[str, Sequence[float]], ax: Axes | None = None) -> Axes:
    """Draw what was measured after each epoch; a star marks the best epoch of each curve, the legend says it.

    Args:
        curves: Name of a training to one number an epoch, the larger the better.
        ax: Axes to draw on and to return; None makes new ones.
    """
    outside = {} if ax or len(curves) == 1 else {"loc": "center left", "bbox_to_anchor": (1, 0.5)}
    ax = ax or plt.subplots(figsize=(8, 4.4))[1]
    for number, ((name, values), marker) in enumerate(zip(curves.items(), MARKERS, strict=False)):
        best, colour = int(np.argmax(values)), f"C{number}"
        label = f"{name}\nbest: epoch {best + 1}, {values[best]:.3f}"
        ax.plot(range(1, len(values) + 1), values, marker=marker, color=colour, label=label)
        _star(ax, best + 1, values[best], colour)
    ax.set(xlabel="epoch", xticks=range(1, 1 + max(map(len, curves.values()))))
    ax.legend(**outside)
    return ax


def draw_negatives(marked: Mapping[str, tuple[str, float]], others: Sequence[float], lane: str) -> Axes:
    """Draw films by the score that the model gives a person for them, each kind of film on a line of its own.

    Args:
        marked: Kind of a film, such as ``"hard"``, to its title and its score; the first is drawn on top, and
            its score as a line through all kinds.
        others: Scores of further films, small dots.
        lane: Kind on whose line these stand.
    """
    ax, kinds = plt.subplots(figsize=(9, 3.6))[1], list(marked)[::-1]
    ax.plot(others, np.full(len(others), kinds.index(lane)), "o", color="0.6", markersize=8)
    for place, kind in enumerate(kinds):
        (title, score), colour = marked[kind], f"C{place}"
        ax.plot(score, place, MARKERS[place % len(MARKERS)], color=colour, markersize=14)
        _note(ax, title, (score, place), (0, 11), va="bottom", color=colour, weight="bold")
    ax.axvline(marked[kinds[-1]][1], color="0.5", linestyle="--", zorder=0)
    ax.set(xlabel="score", yticks=range(len(kinds)), yticklabels=kinds, ylim=(-0.5, len(kinds) - 0.2))
    ax.margins(x=0.3)
    return ax


def draw_roc_steps(scores: Sequence[float], liked: Sequence[int]) -> Axes:
    """Draw a ROC curve film by film: an arrow up for a liked film, and to the right for another.

    Each arrow bears the film's score, and under each arrow to the right lies its rectangle of the area.

    Args:
        scores: Scores that all differ, the highest first, shape (n,).
        liked: 1 or 0 for each, of both kinds.
    """
    ax = plt.subplots(figsize=(5.6, 5.2))[1]
    n_liked, x, y = sum(liked), 0.0, 0.0
    for score, is_liked in zip(scores, liked, strict=True):
        end = (x, y + 1 / n_liked) if is_liked else (x + 1 / (len(liked) - n_liked), y)
        if not is_liked:
            ax.add_patch(Rectangle((x, 0), end[0] - x, y, facecolor="0.92", edgecolor="white"))
        look = {"arrowstyle": "-|>", "color": RIGHT if is_liked else WRONG, "linewidth": 2.5, "shrinkA": 0}
        ax.annotate("", end, (x, y), arrowprops={**look, "shrinkB": 0, "mutation_scale": 18})
        middle = (x + end[0]) / 2, (y + end[1]) / 2
        _note(ax, str(score), middle, (10, 0) if is_liked else (0, -14))
        x, y = end
    ax.plot([0, 1], [0, 1], "--", color="0.5")
    ax.set(**RATES, xlim=(-0.05, 1.05), ylim=(-0.05, 1.05))
    return ax


def draw_costs(thresholds, costs) -> Axes:
    """Draw what each threshold costs in all, and mark the cheapest by a star.

    Args:
        thresholds: In ascending order, from one that says yes to all to one that says yes to next to none.
        costs: Total cost of each.
    """
    thresholds, costs = np.asarray(thresholds), np.asarray(costs)
    ax, best = plt.subplots(figsize=(8, 4.2))[1], int(np.argmin(costs))
    ax.plot(thresholds, costs)
    _star(ax, thresholds[best], costs[best])
    names = {0: "always yes", best: f"threshold {thresholds[best]:.2f}", -1: "nearly always no"}
    for place, text in names.items():
        shift, side = ((0, -14), "top") if place == best else ((0, 14), "bottom")
        _note(ax, f"{text}\n{costs[place]:,}", (thresholds[place], costs[place]), shift, va=side)
    ax.set(xlabel="threshold (score units)", ylabel="total cost on validation", ylim=(0, 1.25 * costs.max()))
    ax.margins(x=0.2)
    ax.yaxis.set_major_formatter("{x:,.0f}")
    return ax


def draw_roc(liked, scores: Mapping[str, np.ndarray], marked: tuple[str, float] | None = None) -> Axes:
    """Draw the ROC curves of several systems for the same rows, with their areas.

    Args:
        liked: Labels as `dbrec.evaluation.auc.auc` takes them, shape (n,).
        scores: Name of a system to its scores, shape (n,).
        marked: A system and a threshold, to be marked on its curve: what scores at least that much is
            recommended.
    """
    liked, ax = np.asarray(liked, bool), plt.subplots(figsize=(7, 5.6))[1]
    for (name, values), style in zip(scores.items(), [":", "-.", "--", (0, (1, 3)), "-"], strict=False):
        ax.plot(*roc_curve(liked, values)[:2], linestyle=style, label=f"{name}: {auc(liked, values):.2f}")
    if marked:
        name, threshold = marked
        said = np.asarray(scores[name]) >= threshold
        spot = said[~liked].mean(), said[liked].mean()
        _star(ax, *spot)
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        _note(ax, f"threshold {threshold:.2f}", spot, (14, -14), ha="left", bbox=box)
    ax.plot([0, 1], [0, 1], color="0.8", linewidth=1)
    ax.set(**RATES)
    ax.legend(title="area under the curve", loc="lower right")
    return ax


def draw_confusion(liked, said) -> Axes:
    """Draw a confusion matrix as a square that is cut by what is true and then by what was said.

    Each of the four parts has the area of its share of the rows, and its count.

    Args:
        liked: Whether each row was liked, shape (n,), of both kinds.
        said: Whether each was recommended, shape (n,).
    """
    liked, said = np.asarray(liked, bool), np.asarray(said, bool)
    ax, x = plt.subplots(figsize=(7, 4.4))[1], 0.0
    names = {(True, True): "good tips", (True, False): "missed films"}
    names |= {(False, True): "wasted evenings", (False, False): "spared evenings"}
    for truth in (True, False):
        width, y = (liked == truth).mean(), 0.0
        for answer in (True, False):
            count = ((liked == truth) & (said == answer)).sum()
            height = count / (liked == truth).sum()
            colour = to_rgba(RIGHT if truth == answer else WRONG, 0.45)
            ax.add_patch(Rectangle((x, y), width, height, facecolor=colour, edgecolor="white", linewidth=4))
            place = x + width / 2, y + height / 2
            ax.text(*place, f"{count:,}\n{names[truth, answer]}", ha="center", va="center")
            y += height
        ax.text(x + width / 2, 1.03, "liked" if truth else "not liked", ha="center", weight="bold")
        x += width
    cut = said[liked].mean()
    ax.set(xlim=(0, 1), ylim=(0, 1), xticks=[], yticks=[cut / 2, (1 + cut) / 2], yticklabels=["yes", "no"])
    ax.set_ylabel("what we say")
    ax.grid(False)
    return ax


def draw_two_aucs(results: Mapping[str, tuple[float, float]]) -> Axes:
    """Draw each system as a point: pooled AUC to the right, AUC per user upward; on the line they are equal.

    Args:
        results: Name of a system to ``(pooled, per user)``.
    """
    ax = plt.subplots(figsize=(9.6, 4.8))[1]
    for number, (name, (pooled, per_user)) in enumerate(results.items()):
        ax.plot(pooled, per_user, MARKERS[number % len(MARKERS)], markersize=13, color=f"C{number}")
        crowded = any(0 < x - pooled < 0.2 and abs(y - per_user) < 0.02 for x, y in results.values())
        shift, side = ((-12, 0), "right") if crowded else ((12, 0), "left")
        _note(ax, f"{name}: {pooled:.3f}, {per_user:.3f}", (pooled, per_user), shift, ha=side)
    ax.plot([0.5, 0.8], [0.5, 0.8], "--", color="0.7", zorder=0)
    ax.set(xlabel="AUC, pooled", ylabel="AUC per user", xlim=(0.45, 1.05), ylim=(0.5, 0.8))
    return ax


def _star(ax: Axes, x: float, y: float, colour: str = "white") -> None:
    ax.plot(x, y, "*", markersize=20, color=colour, markeredgecolor="black", zorder=3)


def _note(
    ax: Axes, text: str, spot: tuple, shift: tuple[float, float], ha="center", va="center", **look: Any
):
    """Write at a spot of the axes, shifted by points."""
    ax.annotate(text, spot, shift, textcoords="offset points", ha=ha, va=va, **look)
