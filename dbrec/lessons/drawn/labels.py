"""Words beside what they name, where they cover nothing else."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

_DIRECTIONS = [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)]
_STEPS = range(5, 125, 6)  # how far a word may stand from its point, in points of print


def room_of(ax: Axes, points, half: float = 6) -> list[Bbox]:
    """Give the squares on paper that points take up, of twice `half` pixels; limits must stand by then."""
    ax.figure.canvas.draw()  # fixes where the points are on paper
    return [Bbox.from_extents(*(at - half), *(at + half)) for at in ax.transData.transform(points)]


def name_points(ax: Axes, names, points: np.ndarray, taken: list[Bbox], **style: Any) -> None:
    """Write a name beside each point, the highest point first, with a line to it where it stands apart.

    Args:
        ax: Axes to draw on.
        names: A text a point.
        points: Where they lie, shape (n, 2).
        taken: Where something is, on paper; what is written is added.
        **style: Of the texts.
    """
    for row in np.argsort(-points[:, 1], kind="stable"):
        places = [(tuple(points[row]), direction) for direction in _DIRECTIONS]
        written = write(ax, names[row], places, taken, **style)
        if np.abs(written.get_position()).max() > _STEPS[1]:
            line = {"arrowstyle": "-", "color": "0.6", "linewidth": 0.8}
            end = written.get_position()
            ax.annotate("", points[row], end, textcoords="offset points", arrowprops=line)


def write(ax: Axes, text: str, places, taken: list[Bbox], **style: Any) -> Annotation:
    """Write a text where nothing else is, as near as can be to one of several places.

    What is drawn is added to `taken`. Where all is taken, the text stands at the last place that was tried.

    Args:
        ax: Axes to draw on.
        text: What is written.
        places: Points, each with the direction in which the text may move away from it.
        taken: Where something is, on paper.
        **style: Of the text.
    """
    written = ax.annotate(text, places[0][0], (0, 0), textcoords="offset points", linespacing=0.9, **style)
    for step, (point, (right, up)) in ((step, place) for step in _STEPS for place in places):
        written.xy = point
        written.set_position((step * right, step * up))
        written.set(ha={1: "left", 0: "center", -1: "right"}[right])
        written.set(va={1: "bottom", 0: "center", -1: "top"}[up])
        box = written.get_window_extent().padded(1)
        inside = ax.bbox.x0 < box.x0 and box.x1 < ax.bbox.x1 and ax.bbox.y0 < box.y0 and box.y1 < ax.bbox.y1
        if inside and not box.count_overlaps(taken):
            break
    taken.append(box)
    return written
