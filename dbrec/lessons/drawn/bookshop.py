"""Drawings of the made bookshop: the way of its files, and its shelves."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from dbrec.lessons.bookshop import TASTES

BOXES = {
    "purchases": (0, 0.7, "purchases.csv\n\ncustomer_no, sku, qty, ...\n26791, 021902, 1, ..."),
    "books": (0, 0.2, "books.csv\n\nsku, title, genres, ...\n021902, The Broken Kitchen, ..."),
    "interactions": (1, 0.85, "interactions\nuser_id, item_id, weight"),
    "users": (1, 0.53, "users\nuser_id: newsletter"),
    "items": (1, 0.2, "items\nitem_id: genres, author, price"),
    "fit": (2, 0.53, "fit"),
    "list": (3, 0.53, "recommend\n\n1  The Silent Whale\n2  The Crooked Sailor\n3  ..."),
}
"""Column, height and text of each box."""

ARROWS = (
    ("purchases", "interactions"),
    ("purchases", "users"),
    ("books", "items"),
    ("interactions", "fit"),
    ("users", "fit"),
    ("items", "fit"),
    ("fit", "list"),
)
COLUMN_X = (0, 4.1, 6.6, 8.4)


def plot_way() -> Figure:
    """Draw the way from two CSV files over three frames to a list: boxes and arrows, from left to right."""
    fig, ax = plt.subplots(figsize=(12, 3.8))
    ax.set(xlim=(-1.4, 9.6), ylim=(0, 1.05))
    ax.axis("off")
    drawn = {}
    for name, (column, y, text) in BOXES.items():
        box = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": f"C{column}", "linewidth": 2}
        drawn[name] = ax.text(COLUMN_X[column], y, text, ha="center", va="center", fontsize=13, bbox=box)
    fig.canvas.draw()  # boxes have a size only now, and arrows end at them
    for start, end in ARROWS:
        arrow = {"arrowstyle": "-|>", "color": "0.4", "linewidth": 1.8, "mutation_scale": 18}
        arrow |= {"patchA": drawn[start].get_bbox_patch(), "patchB": drawn[end].get_bbox_patch()}
        tip, tail = ((COLUMN_X[BOXES[name][0]], BOXES[name][1]) for name in (end, start))
        ax.annotate("", tip, tail, arrowprops=arrow)
    ax.text(1.8, 1.04, "read, rename, mend", ha="center", va="top", fontsize=13, style="italic")
    return fig


def plot_shelves(shelves: dict[str, pd.Series], taste: pd.Series) -> Figure:
    """Draw books on shelves, a panel for each way to shelve them; the colour of a spine is its taste.

    Args:
        shelves: A panel's title to the shelf of each book: text or numbers, indexed by SKU.
        taste: One of `dbrec.lessons.bookshop.TASTES` for each book, indexed by SKU.

    Returns:
        A figure with a panel a title, side by side. On a shelf, books of one taste stand together.
    """
    palette = sns.color_palette("colorblind")
    colours = {kind: palette[place] for kind, place in zip(TASTES, (1, 2, 4, 7, 8, 0), strict=True)}
    fig, axes = plt.subplots(1, len(shelves), figsize=(12, 4.8), squeeze=False)
    for ax, (title, shelf) in zip(axes[0], shelves.items(), strict=True):
        names = sorted(shelf.dropna().unique())
        for row, name in enumerate(names):
            kinds = sorted(taste.reindex(shelf.index[shelf == name]), key=TASTES.index)
            heights = [0.7 - 0.06 * (place % 3) for place in range(len(kinds))]
            bars = range(len(kinds)), heights, 0.9, -row
            ax.bar(bars[0], bars[1], bars[2], bottom=bars[3], color=[colours[kind] for kind in kinds])
            ax.axhline(-row, color="0.3", linewidth=1.5)
        ax.set(title=title, xlabel="books on the shelf", yticks=[0.35 - row for row in range(len(names))])
        ax.set_yticklabels([str(name) for name in names])
        ax.grid(False)
        ax.set_ylim(0.85 - len(names), 0.9)
    patches = [Patch(color=colour, label=kind) for kind, colour in colours.items()]
    fig.legend(handles=patches, title="planted taste", ncols=6, loc="lower center")
    fig.tight_layout(rect=(0, 0.13, 1, 1))
    return fig
