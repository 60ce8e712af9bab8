"""Open the recommender of `dbrec.lessons.by_hand` as a page: ``python -m dbrec.lessons.app``."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import ipywidgets as widgets

from dbrec import HybridRecommender
from dbrec.checks import whole_number
from dbrec.data.download import cache_folder
from dbrec.data.movielens import MovieLens, default_dataset
from dbrec.lessons.by_hand import ByHand
from dbrec.lessons.lists import whole_model
from dbrec.lessons.visitor import Visitor

TITLE = "Ten films for you"
CELL = "from dbrec.lessons.app import page\npage()"
NAMES = "gender", "age_group", "occupation"


def page() -> widgets.VBox:
    """Make the page of the model that `main` has saved: a heading, and below it the recommender."""
    data = default_dataset()
    told = widgets.HTML(f"<h1>{TITLE}</h1><p>Say who you are, and rate films: the list follows.</p>")
    return widgets.VBox([told, by_hand(HybridRecommender.load(model_folder(data)), data)])


def by_hand(recommender: HybridRecommender, data: MovieLens, features=None, stars=None) -> ByHand:
    """Make the recommender to try by hand.

    Args:
        recommender: Fitted with the users' gender, age_group and occupation.
        data: The data set, for titles and for the values to choose from.
        features: What is told at first: name to value; None for nothing.
        stars: What is rated at first: id of a film to stars, 1 to 5; None for nothing.
    """
    visitor = Visitor(recommender, data.movies, dict(features or {}), dict(stars or {}))
    return ByHand(visitor, {name: data.users[name].cat.categories.to_list() for name in NAMES})


def model_folder(data: MovieLens) -> Path:
    """Give the folder of the page's model, beside the data that was downloaded."""
    return cache_folder() / f"by-hand-{data.name}"


def main() -> None:
    """Fit and save a model where none can be read, and serve the page with Voilà until it is stopped."""
    parser = argparse.ArgumentParser("python -m dbrec.lessons.app", description=__doc__)
    parser.add_argument("--anew", action="store_true", help="fit anew, though a model is there")
    parser.add_argument("--port", type=int, default=8866, help="of the page (%(default)s)")
    parser.add_argument("--no-browser", action="store_true", help="don't open the page")
    asked = parser.parse_args()
    try:
        port = whole_number("--port", asked.port, 1, 65535)
        data = default_dataset()
        if asked.anew or not has_model(data):
            print(f"fitting {data}, once; it takes about a minute", flush=True)
            whole_model(data, data.ratings, verbose=True).save(model_folder(data))
    except (ValueError, OSError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("interrupted")
    serve(f"--port={port}", *asked.no_browser * ["--no-browser"])


def has_model(data: MovieLens) -> bool:
    """Tell whether the page's model is there and can be read; where it is damaged, say so."""
    try:
        HybridRecommender.load(model_folder(data))
    except FileNotFoundError:
        return False
    except ValueError as error:
        print(error)
        return False
    return True


def serve(*options: str) -> None:
    """Serve a notebook of one cell, `CELL`, with Voilà and its options, in this very process."""
    from voila.app import Voila  # here, since its kernel needs the page alone

    with tempfile.TemporaryDirectory() as folder:
        notebook = Path(folder) / f"{TITLE}.ipynb"
        cell = {"cell_type": "code", "id": "page", "metadata": {}, "source": CELL, "outputs": []}
        cells = [cell | {"execution_count": None}]
        notebook.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}))
        Voila.launch_instance([str(notebook), *options])


if __name__ == "__main__":
    main()
