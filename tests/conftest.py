import os
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

# A first call may compile for seconds on a busy machine: time is no sign of a fault here.
settings.register_profile("dbrec", deadline=None, max_examples=50)
settings.load_profile("dbrec")

os.environ.setdefault("MPLBACKEND", "Agg")  # figures are drawn without a window


@pytest.fixture(autouse=True)
def no_open_figure():
    """Close what a test has drawn."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(scope="session")
def planted():
    """Make a world with one right answer: even users like even items, odd users odd ones.

    Each of 80 users rated 20 of 60 items, 10 of either kind: 5 for their own kind, 2 for the other. The
    feature ``colour`` of both sides tells the kind; ``size`` tells nothing.
    """
    random = np.random.default_rng(0)
    users, items = [f"u{number}" for number in range(80)], np.arange(100, 160)
    rows = []
    for number, user in enumerate(users):
        for kind in (0, 1):
            for item in random.choice(items[items % 2 == kind], 10, replace=False):
                rows.append((user, item, 5 if item % 2 == number % 2 else 2))
    colour = np.array(["red", "blue"])
    return {
        "ratings": pd.DataFrame(rows, columns=["user_id", "item_id", "rating"]),
        "users": pd.DataFrame({"colour": colour[np.arange(80) % 2]}, index=users),
        "items": pd.DataFrame({"colour": colour[items % 2], "size": random.random(60)}, index=items),
    }
