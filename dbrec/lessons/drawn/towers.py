"""The picture of lesson 6: a vector as the sum of its columns' vectors."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle


def draw_sum(parts: Mapping[str, np.ndarray], total: str) -> Axes:
    """Draw vectors as rows of boxes, one below the other, and their sum under a line, as sums are written.

    Blue boxes are below 0, red ones above; the deeper the colour, the farther from 0.

    Args:
        parts: What a vector stands for, to the vector; all of one length, rounded to what the boxes can show.
        total: What the sum stands for.
    """
    vectors = [np.asarray(vector) for vector in parts.values()]
    rows = {**dict(zip(parts, vectors, strict=True)), total: np.sum(vectors, axis=0)}
    width, lowest = len(vectors[0]), len(rows) - 0.7
    ax = plt.subplots(figsize=(1.1 * width + 3.2, 0.62 * len(rows) + 0.3))[1]
    largest = max(np.abs(vector).max() for vector in rows.values())
    for place, (name, vector) in enumerate(rows.items()):
        y = -place - 0.3 * (name == total)
        ax.text(-0.3, y, name, ha="right", va="center", weight="bold" if name == total else "normal")
        sign = "=" if name == total else "+" if place else ""
        ax.text(-0.12, y, sign, ha="center", va="center")
        for x, value in enumerate(vector):
            colour = plt.cm.RdBu_r(0.5 + 0.3 * value / largest)
            ax.add_patch(Rectangle((x, y - 0.4), 0.92, 0.8, facecolor=colour, edgecolor="0.3"))
            ax.text(x + 0.46, y, f"{value + 0:.1f}", ha="center", va="center")
    ax.plot([0, width - 0.08], [0.55 - lowest] * 2, color="0.2")
    ax.set(xlim=(-3.2, width), ylim=(-lowest - 0.5, 0.5))
    ax.axis("off")
    return ax
