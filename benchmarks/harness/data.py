"""Load what is compared on: MovieLens, or other data that lies beside it."""

import os
from pathlib import Path

import pandas as pd

from dbrec.data.movielens import MovieLens, load_movielens

FOLDER = "other-data"  # beside the folder that $DBREC_DATA_DIR names
NAMES = "ml-1m", "ml-100k", "anime", "shop"


def load_data(name: str) -> MovieLens:
    """Load ratings and features by name; of ``"shop"`` only what was viewed is known.

    Raises:
        FileNotFoundError: If data other than MovieLens isn't there: it is never fetched.
    """
    if name.startswith("ml-"):
        return load_movielens(name)
    folder = Path(os.environ.get("DBREC_DATA_DIR") or "nowhere").resolve().parent / FOLDER
    if not folder.is_dir():
        raise FileNotFoundError(f"no folder {FOLDER} beside $DBREC_DATA_DIR: {name!r} can't be compared on")
    return {"anime": _anime, "shop": _shop}[name](folder)


def _anime(folder: Path) -> MovieLens:
    ratings, items = (
        pd.read_csv(folder / "anime" / f"anime_{file}.dat", sep="\t") for file in ("ratings", "info")
    )
    ratings.columns = ["user_id", "item_id", "rating"]
    items = items.set_index("anime_ids").rename_axis("item_id")
    genres = items["genre"].fillna("").str.split(", ").map(lambda names: tuple(filter(None, names)))
    # not `rating` and `members`, which the file has of all users, those of the test part too
    items = items[["type", "episodes"]].assign(genres=genres)
    return MovieLens("anime", ratings, _nothing_of(ratings["user_id"]), items)


def _shop(folder: Path) -> MovieLens:
    views = pd.read_csv(folder / "retailrocket" / "view_ecommerce.dat", sep="\t")
    views.columns = ["user_id", "item_id", "rating"]
    views["rating"] = 5  # all liked
    return MovieLens("shop", views, *(_nothing_of(views[name]) for name in ("user_id", "item_id")))


def _nothing_of(ids: pd.Series) -> pd.DataFrame:
    """Make features for ids of which nothing is known."""
    return pd.DataFrame(index=pd.Index(ids.unique(), name=ids.name))
