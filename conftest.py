"""What the examples in docstrings need: a small shop, fitted once."""

import copy
import dataclasses

import pandas as pd
import pytest
from _pytest.doctest import DoctestItem

NAMES = ["ann", "bob", "cem", "dan", "eva", "fay", "gus", "hal", "ida", "joe", "kim", "leo"]
ITEMS = ["tea", "cup", "pot", "milk", "beer", "glass", "nuts", "chips"]
OF_THE_SHOP = "dbrec.queries", "dbrec.newcomer_queries", "dbrec.recommender"


def pytest_addoption(parser):
    """Let all tests that name no seed fit by another one: what they hold to has to hold there too."""
    parser.addoption("--seed", type=int, help="the seed of fits for which a test names none")


def pytest_configure(config):
    """Set the default of the settings where one is given, before the recommender takes it up as its own."""
    if (seed := config.getoption("--seed")) is None:
        return
    from dbrec.settings import Settings

    Settings.seed = Settings.__dataclass_fields__["seed"].default = seed
    Settings.__init__.__defaults__ = tuple(field.default for field in dataclasses.fields(Settings))


@pytest.fixture(scope="session")
def fitted_shop():
    """Half of the customers like what goes with tea, and half what goes with beer."""
    from dbrec import HybridRecommender

    rows = [
        (name, item, 5 if (place % 2 == 0) == (item in ITEMS[:4]) else 2)
        for place, name in enumerate(NAMES)
        for number, item in enumerate(ITEMS)
        if (place + number) % 4 or number in (0, 4)
    ]
    ratings = pd.DataFrame(rows, columns=["user_id", "item_id", "rating"])
    users = pd.DataFrame({"town": ["Ely", "Bath"] * 6}, index=NAMES)
    items = pd.DataFrame({"shelf": ["hot"] * 4 + ["cold"] * 4}, index=ITEMS)
    shop = HybridRecommender(embedding_dim=8, choice_dim=4, epochs=20, learning_rate=0.05, verbose=False)
    return ratings, users, items, shop.fit(ratings, users, items)


@pytest.fixture(autouse=True)
def _examples(request, doctest_namespace, tmp_path):
    """Give each example a shop of its own."""
    if isinstance(request.node, DoctestItem) and request.node.name.startswith(OF_THE_SHOP):
        ratings, users, items, shop = request.getfixturevalue("fitted_shop")
        own = {"ratings": ratings, "users": users, "items": items, "shop": copy.deepcopy(shop)}
        doctest_namespace.update(own | {"pd": pd, "folder": tmp_path})
