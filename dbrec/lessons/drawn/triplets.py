"""What lessons 3 and 4 draw: a look-up in a table, networks that share weights, the steps of a triplet."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Rectangle

from dbrec.lessons.drawn.labels import name_points, room_of

ANCHOR, POSITIVE, NEGATIVE = ROLES = ("C1", "C0", "0.35")
"""The colours of a triplet's three members."""

NAMES = ("anchor", "positive", "negative")
MARKERS = ("o", "^", "s")
MARGIN = 1.0  # how much farther than the positive the negative has to be


def draw_lookup(table, code: int, names) -> Axes:
    """Draw that a one-hot row times a table is a row of the table.

    Args:
        table: The vectors, one row per category, shape (m, d).
        code: Which row is looked up, in 0..m-1.
        names: The categories' names, m of them.

    Raises:
        ValueError: If `code` is no row of the table, or the number of names isn't m.
    """
    table = np.asarray(table, float)
    m, d = table.shape
    if code not in range(m) or len(names) != m:
        raise ValueError(f"code must be in 0..{m - 1} and names be {m}, not {code} and {len(names)}")
    ax = plt.subplots(figsize=(13, 0.55 * m + 1.2))[1]
    one_hot, middle, right = np.eye(m)[[code]], m + 2.6, m + d + 3.6
    _cells(ax, one_hot, 0, code, "{:.0f}", lambda _, column: column == code)
    _cells(ax, table, middle, 0, "{:.2f}", lambda row, _: row == code)
    _cells(ax, table[[code]], right, code, "{:.2f}", lambda *_: True)
    for row, name in enumerate(names):
        weight = "bold" if row == code else "normal"
        ax.text(middle - 0.15, row + 0.5, name, ha="right", va="center", fontsize=14, weight=weight)
    signs = {m + 0.4: "×", right - 0.5: "="}
    for x, sign in signs.items():
        ax.text(x, code + 0.5, sign, ha="center", va="center", fontsize=22)
    titles = {m / 2: "one-hot row", middle + d / 2: "table", right + d / 2: "row of the table"}
    for x, title in titles.items():
        ax.text(x, -0.35, title, ha="center", fontsize=15)
    ax.set(xlim=(-0.1, right + d + 0.1), ylim=(m + 0.1, -1))
    ax.axis("off")
    return ax


def draw_categories(worlds: dict, names) -> np.ndarray:
    """Draw the vectors of ordered categories around their mean, with a line through them in order.

    Args:
        worlds: The vectors in each world, by its title: one row per category, in order, shape (m, 2).
        names: The categories' names, m of them.

    Raises:
        ValueError: If the number of names isn't m.
    """
    if any(len(vectors) != len(names) for vectors in worlds.values()):
        raise ValueError(f"each world must have {len(names)} vectors, one per name")
    axes = plt.subplots(1, len(worlds), figsize=(6.5 * len(worlds), 6), squeeze=False)[1][0]
    centred = {title: np.asarray(v, float) - np.mean(v, axis=0) for title, v in worlds.items()}
    reach = max(np.abs(points).max() for points in centred.values())
    for ax, (title, points) in zip(axes, centred.items(), strict=True):
        ax.plot(*points.T, color="0.6", linewidth=2, zorder=1)
        ax.scatter(
            points[:, 0],
            points[:, 1],
            c=range(len(points)),
            cmap="viridis",
            s=110,
            edgecolor="white",
            zorder=3,
        )
        ax.set(title=title, xlim=(-1.4 * reach, 1.4 * reach), ylim=(-1.2 * reach, 1.2 * reach))
        ax.set(xlabel="first number", ylabel="second number", aspect="equal")
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.8}
        name_points(ax, names, points, room_of(ax, points), fontsize=14, bbox=box)
    return axes


def draw_sharing() -> np.ndarray:
    """Draw a Siamese network with two inputs, and the two towers that a triplet of this series goes through.

    A network is one box, however many inputs it has: each arrow into it is a call with the same weights.

    Returns:
        Two axes.
    """
    axes = plt.subplots(1, 2, figsize=(14, 5))[1]
    left, right = axes
    left.set_title("a Siamese network: one set of weights")
    _tower(left, "network", 2, {"one input": (1, POSITIVE), "another input": (3, POSITIVE)}, ("", ""))
    right.set_title("our triplet: two sets of weights")
    _tower(right, "user\ntower", 1, {"she": (1, ANCHOR)}, ("$a$",))
    films = {"a film\nshe liked": (3, POSITIVE), "a film she\ndidn't like": (5, NEGATIVE)}
    _tower(right, "film\ntower", 4, films, ("$p$", "$n$"))
    for ax, width in ((left, 4), (right, 6)):
        ax.set(xlim=(0, width), ylim=(-0.4, 4))
        ax.axis("off")
    return axes


def draw_triplet(points, ax: Axes | None = None) -> Axes:
    """Draw a triplet as three points, and the circle outside of which its margin loss is 0.

    The circle is around the anchor, as far away as the positive and the margin of 1 more.

    Args:
        points: Anchor, positive and negative, shape (3, 2).
        ax: Axes to draw on and to return; None makes new ones.
    """
    ax = ax or plt.subplots(figsize=(6, 5))[1]
    anchor, positive, negative = points = np.asarray(points, float)
    to_positive, to_negative = np.linalg.norm([positive - anchor, negative - anchor], axis=1)
    ax.add_patch(Circle(anchor, to_positive + MARGIN, facecolor="0.93", edgecolor="0.5", linestyle="--"))
    for place, other in ((1, positive), (2, negative)):
        ax.plot(*zip(anchor, other, strict=True), color=ROLES[place], linewidth=2)
    for point, name, colour, marker in zip(points, NAMES, ROLES, MARKERS, strict=True):
        ax.scatter(point[0], point[1], color=colour, marker=marker, s=150, label=name, zorder=3)
    loss = max(to_positive - to_negative + MARGIN, 0)
    title = f"to the positive {to_positive:.2f}, to the negative {to_negative:.2f}\nloss {loss:.2f}"
    ax.set_title(title)
    ax.set(xlabel="first coordinate", ylabel="second coordinate", aspect="equal")
    return ax


def draw_paths(path) -> Axes:
    """Draw how a triplet's points move: hollow where they start, an arrow per step, filled where they end.

    Args:
        path: Anchor, positive and negative at each step, shape (steps, 3, 2).
    """
    ax = plt.subplots(figsize=(9, 5))[1]
    path = np.asarray(path, float)
    for place, (name, colour, marker) in enumerate(zip(NAMES, ROLES, MARKERS, strict=True)):
        way = path[:, place]
        for start, end in zip(way[:-1], way[1:], strict=True):
            if not np.allclose(start, end):
                _arrow(ax, start, end, colour)
        ax.scatter(
            way[0][0],
            way[0][1],
            facecolor="white",
            edgecolor=colour,
            marker=marker,
            s=150,
            linewidth=2,
            zorder=3,
        )
        ax.scatter(way[-1][0], way[-1][1], color=colour, marker=marker, s=150, label=name, zorder=3)
    ax.plot([], [], "o", markersize=11, markerfacecolor="white", markeredgecolor="0.2", label="start")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    ax.set(xlabel="first coordinate", ylabel="second coordinate", aspect="equal")
    return ax


def draw_order(vectors, ax: Axes | None = None) -> Axes:
    """Draw a triplet as arrows, and the shadows of the films on the line of the anchor.

    The triplet is in order when the shadow of the positive reaches farther along the anchor's arrow.

    Args:
        vectors: Anchor, positive and negative, shape (3, 2).
        ax: Axes to draw on and to return; None makes new ones.
    """
    ax = ax or plt.subplots(figsize=(6, 6))[1]
    anchor, *films = vectors = np.asarray(vectors, float)
    ax.axline((0, 0), anchor, color=ANCHOR, linewidth=1, alpha=0.6)
    for vector, name, colour in zip(vectors, ("$a$", "$p$", "$n$"), ROLES, strict=True):
        _arrow(ax, (0, 0), vector, colour)
        style: dict[str, Any] = {"color": colour, "fontsize": 17, "weight": "bold"}
        ax.annotate(name, vector, (6, 4), textcoords="offset points", **style)
    for film, colour in zip(films, (POSITIVE, NEGATIVE), strict=True):
        shadow = film @ anchor / (anchor @ anchor) * anchor
        ax.plot(*zip(film, shadow, strict=True), color=colour, linestyle=":", linewidth=2)
        ax.scatter(shadow[0], shadow[1], color=colour, s=60, zorder=3)
    positive, negative = (film @ anchor for film in films)
    scores = f"scores {positive:.2f} and {negative:.2f}"
    ax.set_title(f"{scores}\n$x$ = {positive - negative:.2f}")
    ax.margins(0.15)
    ax.set(xlabel="axis 1", ylabel="axis 2", aspect="equal")
    return ax


def _cells(ax: Axes, numbers: np.ndarray, left: float, top: float, pattern: str, is_strong) -> None:
    """Draw a block of numbers as cells from a corner, the strong ones in colour."""
    for (row, column), value in np.ndenumerate(numbers):
        strong = is_strong(row, column)
        colour = POSITIVE if strong else "white"
        ax.add_patch(Rectangle((left + column, top + row), 1, 1, facecolor=colour, edgecolor="0.7"))
        style: dict[str, Any] = {"color": "white", "weight": "bold"} if strong else {"color": "0.35"}
        place = left + column + 0.5, top + row + 0.5
        ax.text(*place, pattern.format(value), ha="center", va="center", fontsize=14, **style)


def _tower(ax: Axes, name: str, x: float, inputs: Mapping[str, tuple[float, str]], outputs) -> None:
    """Draw a network as a box, its inputs below with an arrow each, its vectors above."""
    width = 1.5 if len(inputs) == 1 else 3.2
    ax.add_patch(Rectangle((x - width / 2, 1.6), width, 0.9, facecolor="0.93", edgecolor="0.2", linewidth=2))
    ax.text(x, 2.05, name, ha="center", va="center", fontsize=15)
    for (text, (place, colour)), output in zip(inputs.items(), outputs, strict=True):
        _arrow(ax, (place, 0.75), (place, 1.55), colour)
        _arrow(ax, (place, 2.55), (place, 3.35), colour)
        ax.text(place, 0.6, text, ha="center", va="top", color=colour, fontsize=15, weight="bold")
        ax.text(place, 3.5, f"vector {output}".strip(), ha="center", color=colour, fontsize=15)


def _arrow(ax: Axes, start, end, colour: str) -> None:
    style = {"arrowstyle": "-|>", "color": colour, "linewidth": 2, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", end, start, arrowprops=style)
    ax.update_datalim([start, end])
