"""Draw how several workers train one model."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

BATCH, WORKERS, GRADIENTS, MEAN, RIGHT = 0.6, 3.2, 6.1, 9.0, 10.2
"""Where each part of the picture has its middle, and where the picture ends, on the axis of x."""

ROW = 2.0  # height of a worker's row
STEP_BACK = -0.75  # height of the line that leads from the mean back to the workers, below the last row
ARROW = {"arrowstyle": "-|>", "color": "0.35", "linewidth": 1.8, "mutation_scale": 18}


def draw_workers(parts: Sequence[np.ndarray]) -> Axes:
    """Draw a batch that is cut among workers, the gradient of each one's part, and the mean of these.

    A square is a triplet, in the colour of the worker that gets it. The bars are the numbers of a gradient,
    all on one scale.

    Args:
        parts: For each worker the gradients of its triplets, shape (n, d); n and d are the same for all.

    Raises:
        ValueError: If there is no part, or the shapes of the parts differ.
    """
    gradients = mean_gradients(parts)
    mean = gradients.mean(axis=0)
    ax = plt.subplots(figsize=(10, 1.9 + 1.2 * len(parts)))[1]
    rows = ROW * np.arange(len(parts))[::-1] + ROW / 2
    centre = rows.mean()
    scale = 0.85 / max(abs(gradients).max(), 1e-12)
    for number, (y, part) in enumerate(zip(rows, parts, strict=True)):
        colour = f"C{number}"
        _squares(ax, y, len(part), colour)
        box = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": colour, "linewidth": 2.5}
        text = f"worker {number + 1}\nsame weights"
        ax.text(WORKERS, y, text, ha="center", va="center", fontsize=13, bbox=box, zorder=3)
        _bars(ax, GRADIENTS, y, gradients[number] * scale, colour)
        _arrow(ax, (BATCH + 0.6, y), (WORKERS - 1.15, y))
        _arrow(ax, (WORKERS + 1.15, y), (GRADIENTS - 0.8, y))
        _arrow(ax, (GRADIENTS + 0.8, y), (MEAN - 0.9, centre))
    _bars(ax, MEAN, centre, mean * scale, "0.35")
    _road_back(ax, rows)
    titles = {BATCH: "one batch", WORKERS: "two halves" if len(parts) == 2 else f"{len(parts)} parts"}
    titles |= {GRADIENTS: "a gradient each", MEAN: "their mean"}
    for x, title in titles.items():
        ax.text(x, ROW * len(parts) + 0.3, title, ha="center", fontsize=14, weight="bold")
    ax.set(xlim=(-0.2, RIGHT), ylim=(STEP_BACK - 0.5, ROW * len(parts) + 0.8))
    ax.axis("off")
    return ax


def mean_gradients(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Average the gradients of each part: shape (n_parts, d), errors as `draw_workers`."""
    shapes = {np.shape(part) for part in parts}
    if len(shapes) != 1 or len(next(iter(shapes))) != 2:
        raise ValueError(f"parts have shapes {sorted(shapes)}: give at least one, all of one shape (n, d)")
    return np.array([np.mean(part, axis=0) for part in parts])


def _squares(ax: Axes, y: float, n: int, colour: str) -> None:
    """Draw the triplets of a part as squares, one above the other."""
    height = ROW / n
    for place in range(n):
        corner = BATCH - 0.4, y - ROW / 2 + place * height
        ax.add_patch(Rectangle(corner, 0.8, height, facecolor=colour, edgecolor="white", linewidth=2.5))


def _bars(ax: Axes, x: float, y: float, values: np.ndarray, colour: str) -> None:
    """Draw numbers as bars that stand on a line, or hang from it where they are below 0."""
    places = x + 1.2 * (np.arange(len(values)) - (len(values) - 1) / 2) / len(values)
    ax.bar(places, values, width=0.9 / len(values), bottom=y, color=colour, zorder=3)
    ax.plot([x - 0.7, x + 0.7], [y, y], color="0.35", linewidth=1)


def _road_back(ax: Axes, rows: np.ndarray) -> None:
    """Lead from the mean back to all workers, behind the lower ones to those above."""
    steps = [MEAN, MEAN, WORKERS], [rows.mean() - 1, STEP_BACK, STEP_BACK]
    ax.plot(*steps, color="0.35", linewidth=1.8, solid_capstyle="butt")
    for y in rows:
        _arrow(ax, (WORKERS, STEP_BACK), (WORKERS, y - 0.75))
    middle, text = (MEAN + WORKERS) / 2, " all take the same step "
    ax.text(middle, STEP_BACK, text, ha="center", va="center", fontsize=13, backgroundcolor="white")


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    ax.annotate("", end, start, arrowprops=ARROW, zorder=2)
