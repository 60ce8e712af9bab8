"""A map of films that many people know, with labels that don't cover each other."""

import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.transforms import Bbox

from dbrec.data.movielens import MovieLens
from dbrec.lessons.drawn.labels import name_points, room_of, write
from dbrec.lessons.drawn.vectors import short_title

GROUPS = {
    "animated": "Toy Story|Lion King, The|Aladdin|Beauty and the Beast|Pinocchio|Dumbo|Cinderella",
    "Hitchcock": "Vertigo|Psycho|Rear Window|North by Northwest|Rebecca|Notorious",
    "musicals": "Singin' in the Rain|Sound of Music, The|My Fair Lady|Mary Poppins|Wizard of Oz, The",
    "robots and aliens": "Alien|Aliens|Terminator, The|Terminator 2: Judgment Day|Blade Runner",
    "space and adventure": (
        "Star Wars: Episode IV - A New Hope|Star Wars: Episode V - The Empire Strikes Back|"
        "Star Wars: Episode VI - Return of the Jedi|Star Wars|Empire Strikes Back, The|Return of the Jedi|"
        "Raiders of the Lost Ark|Back to the Future"
    ),
    "gangsters": "Godfather, The|Godfather: Part II, The|GoodFellas|Pulp Fiction|Reservoir Dogs|Fargo",
    "love stories": "Sleepless in Seattle|Pretty Woman|When Harry Met Sally...|Titanic|Ghost",
    "horror": "Shining, The|Halloween|Nightmare on Elm Street, A|Carrie|Omen, The|Scream",
    "nineties action": "Armageddon|Independence Day (ID4)|Twister|Con Air|Batman & Robin",
}
"""Films that a film lover would put together, by a name for them; MovieLens 1M has 50 of these titles."""


def well_known(data: MovieLens) -> pd.DataFrame:
    """Find the films of `GROUPS`.

    Returns:
        A frame indexed by item_id, in the order of `GROUPS`: ``label``, a short title on a line or two, and
        ``group``. Of several films of one title it has the one with most ratings; a title that isn't there is
        left out.
    """
    n_ratings = data.ratings["item_id"].value_counts().reindex(data.movies.index, fill_value=0)
    by_title = data.movies.assign(n=n_ratings).sort_values("n").reset_index().groupby("title")
    best = by_title["item_id"].last()
    rows = [(title, name) for name, titles in GROUPS.items() for title in titles.split("|") if title in best]
    films = pd.DataFrame(rows, columns=["title", "group"])
    films.index = pd.Index(films["title"].map(best), name="item_id")
    return pd.DataFrame({"label": films["title"].map(_label), "group": films["group"]})


def draw_film_map(points, labels, groups) -> Axes:
    """Draw films as dots with their titles, a colour per group, and the name of each group above or below.

    Args:
        points: Where each film lies, shape (n, 2).
        labels: What is written at each dot, shape (n,).
        groups: The name of each one's group, shape (n,).

    Raises:
        ValueError: If the numbers of points, labels and groups differ.
    """
    points, labels, groups = np.asarray(points, float), list(labels), np.asarray(groups)
    if points.shape != (len(labels), 2) or groups.shape != (len(labels),):
        shapes = f"{points.shape}, {len(labels)} labels and {groups.shape}"
        raise ValueError(
            f"points, labels and groups are {shapes}: give two numbers, a label and a group each"
        )
    ax = plt.subplots(figsize=(11, 9))[1]
    names = list(dict.fromkeys(groups.tolist()))
    colours = {name: f"C{number % 10}" for number, name in enumerate(names)}
    own_colours = [colours[name] for name in groups.tolist()]
    ax.scatter(points[:, 0], points[:, 1], s=40, c=own_colours, zorder=2)
    ax.set(xticks=[], yticks=[])
    ax.margins(0.1)
    taken = room_of(ax, points)
    for name in names:
        _name_group(ax, name, points[groups == name], colours[name], taken)
    name_points(ax, labels, points, taken, color="0.15", fontsize=10.5)
    return ax


def _name_group(ax: Axes, name: str, own: np.ndarray, colour: str, taken: list[Bbox]) -> None:
    """Write a group's name above its points or below, in a darker tone of its colour."""
    middle, bottom, top = own[:, 0].mean(), own[:, 1].min(), own[:, 1].max()
    dark = [0.75 * part for part in to_rgb(colour)]
    places = [((middle, top), (0, 1)), ((middle, bottom), (0, -1))]
    write(ax, name, places, taken, color=dark, weight="bold", fontsize=14)


def _label(title: str) -> str:
    return textwrap.fill(short_title(title), 26)
