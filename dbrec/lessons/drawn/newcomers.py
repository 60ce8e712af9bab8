"""How a vector is found for somebody new, and how a film that they name moves it: two drawings."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Ellipse

WAYS = {
    "nothing: the mean of all people": (0.0, 0.0),
    "a form: the regression's guess": (0.9, 0.75),
    "a form and films:\nthe guess, moved by each film": (2.1, 1.75),
    "ratings in training:\na trained vector": (3.0, 1.9),
}
"""Where a person's vector is put, the more is known of them: a plane that is made up."""

SHARE = 2 / 3  # of a normal distribution, inside of an ellipse


def draw_ways() -> Axes:
    """Draw a cloud of people's vectors, and where somebody is put by each of four kinds of knowledge."""
    ax = plt.subplots(figsize=(10, 5.5))[1]
    cloud = np.random.default_rng(3).normal(0, [1.7, 1.0], (300, 2))
    ax.scatter(cloud[:, 0], cloud[:, 1], s=14, color="0.8", label="trained vectors of other people")
    places = list(WAYS.values())
    for start, end in zip(places[:-2], places[1:-1], strict=True):
        _arrow(ax, start, end)
    for number, (text, (x, y)) in enumerate(WAYS.items()):
        level = 1.2 * number - 1.2
        ax.plot([x, 5.1], [y, level], color=f"C{number}", linewidth=1, zorder=2)
        ax.plot(x, y, marker="o", markersize=13, color=f"C{number}", zorder=3)
        ax.text(5.2, level, text, va="center", fontsize=12.5)
    ax.set(xticks=[], yticks=[], xlim=(-5, 11.2), ylim=(-3.4, 3.2), aspect="equal")
    ax.legend(loc="lower left")
    return ax


def draw_moves(before, film, after: Mapping[str, tuple]) -> np.ndarray:
    """Draw what is known of a vector in a plane, before and after a film was named.

    An ellipse holds two in three of the vectors that are possible, and a dot is their middle.

    Args:
        before: Mean, shape (2,), and covariance, shape (2, 2).
        film: The film's vector, shape (2,).
        after: Likewise after the film, by what is written above the panel.

    Returns:
        The axes, one per panel, shape (n,).
    """
    size = 5.5 * len(after), 5
    axes = plt.subplots(1, len(after), figsize=size, sharex=True, sharey=True, squeeze=False)[1]
    for ax, (title, known) in zip(axes[0], after.items(), strict=True):
        ax.axhline(0, color="0.85", zorder=0)
        ax.axvline(0, color="0.85", zorder=0)
        _known(ax, before, "C0", "--", "before")
        _known(ax, known, "C1", "-", "after")
        _arrow(ax, (0, 0), film, colour="0.5")
        ax.plot(film[0], film[1], alpha=0)  # makes room for the arrow
        ax.annotate("film", film, xytext=(-8, 0), textcoords="offset points", ha="right", color="0.35")
        ax.set(title=title, aspect="equal", xlabel="first number of the vector")
    axes[0, 0].set_ylabel("second number of the vector")
    axes[0, 0].legend(loc="upper left")
    return axes[0]


def _known(ax: Axes, known, colour: str, line: str, label: str) -> None:
    """Draw a mean as a dot, and the ellipse that holds `SHARE` around it."""
    mean, covariance = known
    size, directions = np.linalg.eigh(np.asarray(covariance, float))
    width, height = 2 * np.sqrt(size * -2 * np.log(1 - SHARE))
    angle = float(np.degrees(np.arctan2(directions[1, 0], directions[0, 0])))
    look: dict[str, Any] = {"edgecolor": colour, "linestyle": line, "linewidth": 2.2, "facecolor": "none"}
    ax.add_patch(Ellipse(tuple(mean), width, height, angle=angle, label=label, **look))
    ax.plot(*mean, marker="o", markersize=9, color=colour, zorder=3)


def _arrow(ax: Axes, start, end, colour: str = "0.35") -> None:
    look = {"arrowstyle": "-|>", "color": colour, "linewidth": 1.8, "mutation_scale": 18}
    ax.annotate("", end, start, arrowprops=look | {"shrinkA": 0, "shrinkB": 4}, zorder=2)
