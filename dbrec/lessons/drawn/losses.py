"""The pictures of lesson 5: a chance as a coin, and what a loss makes of a difference."""

from collections.abc import Callable, Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.offsetbox import AnnotationBbox, DrawingArea
from matplotlib.patches import Wedge
from scipy.special import expit

RADIUS = 17  # of a coin, in points


def draw_coins(differences: Mapping[str, float]) -> Axes:
    """Draw each triplet as a coin on the curve of the sigmoid; the coloured part is the chance of "in order".

    Args:
        differences: Name of a triplet to its difference x, in score units.
    """
    ax = plt.subplots(figsize=(8, 4.2))[1]
    x = np.linspace(-5, 5, 201)
    ax.plot(x, expit(x), color="0.5", zorder=0)
    ax.axvline(0, color="0.7", linestyle=":", zorder=0)
    for name, difference in differences.items():
        chance = expit(difference)
        ax.add_artist(AnnotationBbox(_coin(chance), (difference, chance), frameon=False))
        label, below = f"{name}: {chance:.2f}", (RADIUS, -RADIUS)
        ax.annotate(label, (difference, chance), xytext=below, textcoords="offset points", va="center")
    ax.set(xlabel="difference x (score units)", ylabel="chance of the right order, σ(x)", ylim=(-0.1, 1.12))
    return ax


def _coin(chance: float) -> DrawingArea:
    """Draw a disc, `chance` of it filled, clockwise from the top."""
    area = DrawingArea(2 * RADIUS, 2 * RADIUS)
    angle = 90 - 360 * chance
    area.add_artist(Wedge((RADIUS, RADIUS), RADIUS, 0, 360, facecolor="white", edgecolor="0.3"))
    area.add_artist(Wedge((RADIUS, RADIUS), RADIUS, angle, 90, facecolor="C0", edgecolor="0.3"))
    return area


def draw_losses(losses: Mapping[str, tuple[Callable, Callable]]) -> tuple[Axes, Axes]:
    """Draw losses of one triplet (left) and their slopes (right) by the difference, from -8 to 8.

    Args:
        losses: Name to loss and slope, each of which takes differences and gives an array of their shape.
    """
    x = np.linspace(-8, 8, 401)
    _, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    for (name, (loss, slope)), style in zip(losses.items(), ["-", "--", "-."], strict=False):
        left.plot(x, np.asarray(loss(x)), style, label=name)
        right.plot(x, np.asarray(slope(x)), style, label=name)
    left.plot(x, x <= 0, ":", color="0.4", label="step: 1 if not in order")
    left.set(xlabel="difference x (score units)", ylabel="loss of one triplet")
    right.set(xlabel="difference x (score units)", ylabel="slope of the loss")
    left.legend()
    return left, right
