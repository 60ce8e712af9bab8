"""What lessons 1 and 2 draw: ratings as rows of a matrix, people and films as arrows."""

import textwrap
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.ticker import MultipleLocator

from dbrec.lessons.drawn.labels import name_points, room_of

FILM, PERSON = "C0", "C1"
"""The colours of films and people."""

STARS = plt.get_cmap("Blues")
PLACES = {
    "she": (0.0, 2.0),
    "a film\nshe liked": (0.0, 1.0),
    "others who\nliked it": (1.5, 2.0),
    "its genres,\nits year": (1.5, 0.0),
    "a film she\ndoesn't know": (3.0, 1.0),
}
ENDS = {"she": PERSON, "a film\nshe liked": FILM, "a film she\ndoesn't know": FILM}
ROADS = {"others who\nliked it": PERSON, "its genres,\nits year": FILM}
KINDS = {
    "content-based": ("its genres,\nits year",),
    "collaborative": ("others who\nliked it",),
    "hybrid": ("others who\nliked it", "its genres,\nits year"),
}
"""The three kinds of recommender, by what leads from a film that she liked to one that she doesn't know."""


def draw_ratings(stars: pd.DataFrame, asked) -> Axes:
    """Draw a small matrix of ratings: stars where there is one, and question marks in the row asked about.

    Args:
        stars: A row per person, a column per film, 1 to 5 stars, missing where there is no rating; the labels
            of rows and columns are drawn.
        asked: Label of the row whose empty cells get a question mark and which is framed.

    Raises:
        KeyError: If `asked` is no row.
    """
    n_people, n_films = stars.shape
    row = stars.index.get_loc(asked)
    ax = plt.subplots(figsize=(1.05 * n_films + 1.5, 0.62 * n_people + 1.8))[1]
    for (y, x), value in np.ndenumerate(stars.to_numpy(float, na_value=np.nan)):
        known = not np.isnan(value)
        colour = STARS(0.15 * value) if known else "white"
        ax.add_patch(Rectangle((x, y), 1, 1, facecolor=colour, edgecolor="0.8"))
        text = f"{value:.0f}" if known else "?" if y == row else ""
        ink = PERSON if not known else "white" if value > 3 else "0.2"
        ax.text(x + 0.5, y + 0.5, text, ha="center", va="center", color=ink, weight="bold", fontsize=14)
    ax.add_patch(Rectangle((0, row), n_films, 1, fill=False, edgecolor=PERSON, linewidth=3, clip_on=False))
    ax.set(xlim=(0, n_films), ylim=(n_people, 0))
    ax.set_xticks(np.arange(n_films) + 0.5, stars.columns, rotation=30, ha="left", rotation_mode="anchor")
    ax.set_yticks(np.arange(n_people) + 0.5, stars.index)
    ax.xaxis.tick_top()
    ax.grid(False)
    return ax


def draw_scores(films: pd.DataFrame, person: pd.Series, ax: Axes | None = None) -> Axes:
    """Draw films and a person as arrows, the films' shadows on the person's line, and the scores.

    A score is the length of the person's arrow times the length of the film's shadow, with a minus where
    the shadow falls behind the person.

    Args:
        films: A row per film, labelled by its title, and two columns: the axes, labelled by their names.
        person: The person's two numbers, in the order of the columns; its name is drawn.
        ax: Axes to draw on and to return; None makes new ones.
    """
    ax = ax or plt.subplots(figsize=(6, 6))[1]
    vector, points = person.to_numpy(float), films.to_numpy(float)
    scores = points @ vector
    shadows = np.outer(scores / (vector @ vector), vector)
    reach = 1.25 * max(np.abs(points).max(), np.abs(vector).max())
    ax.axline((0, 0), vector, color=PERSON, linewidth=1, alpha=0.6)
    _arrow(ax, vector, PERSON)
    _name(ax, person.name, vector)
    for title, point, shadow, score in zip(films.index, points, shadows, scores, strict=True):
        _arrow(ax, point, FILM)
        ax.plot(*zip(point, shadow, strict=True), color="0.4", linestyle=":", linewidth=2)
        ax.plot(*shadow, marker="o", color=PERSON, markersize=7)
        look: dict[str, Any] = {"textcoords": "offset points", "color": FILM, "fontsize": 12}
        ax.annotate(f"{title}: {score:g}", point, (4, 6), **look)
    low = min(points.min(), vector.min(), shadows.min(), 0) - 0.6
    ax.set(xlim=(low, reach + 2.2), ylim=(low, reach), xlabel=films.columns[0], ylabel=films.columns[1])
    ax.axhline(0, color="0.6", linewidth=1)
    ax.axvline(0, color="0.6", linewidth=1)
    ax.xaxis.set_major_locator(MultipleLocator(1))
    ax.yaxis.set_major_locator(MultipleLocator(1))
    ax.set_aspect("equal")
    return ax


def draw_map(films: pd.DataFrame, person, name: str) -> Axes:
    """Draw films as points on two axes, and the direction of a person as an arrow from the origin.

    The dotted line stands at a right angle to the arrow: all films on such a line get the same score.

    Args:
        films: A row per film, labelled by its title, and two columns: the axes, labelled by their names.
        person: The person's two numbers; only their direction is drawn.
        name: What the arrow is called.
    """
    ax = plt.subplots(figsize=(10, 9))[1]
    points = films.to_numpy(float)
    direction = np.asarray(person, float) / np.linalg.norm(person)
    farthest = (points @ direction).max()
    tip = 0.8 * farthest * direction
    ax.scatter(*points.T, color=FILM, zorder=3)
    _arrow(ax, tip, PERSON)
    _name(ax, name, tip)
    foot = farthest * direction
    ax.axline(foot, foot + direction[::-1] * (-1, 1), color=PERSON, linestyle=":")
    ax.axhline(0, color="0.6", linewidth=1)
    edge = 0.12 * np.ptp(points, axis=0).max()
    ax.set(xlabel=films.columns[0], ylabel=films.columns[1])
    ax.set_xlim(-edge / 2, points[:, 0].max() + 3.5 * edge)
    ax.set_ylim(min(points[:, 1].min(), 0) - edge, max(points[:, 1].max(), 0) + edge)
    ax.set_aspect("equal")
    taken = room_of(ax, np.vstack([points, np.linspace((0, 0), tip, 40)]), half=4)
    name_points(ax, films.index, points, taken, fontsize=11)
    return ax


def draw_three_kinds() -> np.ndarray:
    """Draw what leads from a film that she liked to one that she doesn't know, in the three kinds.

    Returns:
        Three axes, one per kind.
    """
    axes = plt.subplots(1, 3, figsize=(14, 4))[1]
    for ax, (kind, roads) in zip(axes, KINDS.items(), strict=True):
        she, liked, unknown = (_box(ax, *part) for part in ENDS.items())
        _road(ax, she, liked, "0.4")
        for road in roads:
            via = _box(ax, road, ROADS[road])
            _road(ax, liked, via, ROADS[road])
            _road(ax, via, unknown, ROADS[road])
        ax.set_title(kind, weight="bold")
        ax.set(xlim=(-0.8, 3.8), ylim=(-0.5, 2.4))
        ax.axis("off")
    return axes


def short_title(title: str) -> str:
    """Put a film's article first, and cut what stands in brackets, after a dash or beyond 34 letters.

    Example:
        >>> short_title("Matrix, The"), short_title("Star Wars: Episode IV - A New Hope")
        ('The Matrix', 'Star Wars: Episode IV')
    """
    head = title.split(" (")[0].split(" - ")[0]
    name, comma, article = head.rpartition(", ")
    whole = f"{article} {name}" if comma and article in ("The", "A", "An") else head
    return textwrap.shorten(whole, 34, placeholder=" ...")


def _arrow(ax: Axes, tip, colour: str) -> None:
    look = {"arrowstyle": "-|>", "color": colour, "linewidth": 2.5, "mutation_scale": 20, "shrinkA": 0}
    ax.annotate("", tip, (0, 0), arrowprops=look | {"shrinkB": 0}, zorder=4)


def _name(ax: Axes, name: str, tip) -> None:
    """Write a person's name below the tip of their arrow, to the side."""
    x, y = np.asarray(tip, float) / np.linalg.norm(tip)
    aside = (20 * abs(y), -20 * abs(x)) if x >= 0 else (-20 * abs(y), -20 * abs(x))
    look: dict[str, Any] = {"color": PERSON, "weight": "bold", "ha": "center", "va": "center"}
    ax.annotate(name, tip, aside, textcoords="offset points", **look)


def _box(ax: Axes, text: str, colour: str) -> Text:
    look = {"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": colour, "linewidth": 2}
    return ax.text(*PLACES[text], text, ha="center", va="center", fontsize=12, bbox=look, zorder=3)


def _road(ax: Axes, start: Text, end: Text, colour: str) -> None:
    look = {"arrowstyle": "-|>", "color": colour, "linewidth": 2.5, "mutation_scale": 20}
    look |= {"patchA": start.get_bbox_patch(), "patchB": end.get_bbox_patch()}
    ax.annotate("", end.get_position(), start.get_position(), arrowprops=look, zorder=4)
