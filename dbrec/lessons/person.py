"""The person whose list ends every lesson."""

import pandas as pd

from dbrec.data.movielens import MovieLens

PERSON = {"ml-1m": 931, "ml-100k": 330}
"""A woman who teaches. She was picked because her list changes visibly from lesson to lesson."""


def our_person(data: MovieLens) -> int:
    """Give the id of the person that the lessons follow."""
    return PERSON[data.name]


def her_list(data: MovieLens, item_ids, test: pd.DataFrame) -> pd.DataFrame:
    """Show films as a list for our person, and mark those among them that she liked in `test`.

    Args:
        data: The data set, for the titles.
        item_ids: Ids of films, the best first, any number of them.
        test: Ratings that were held out: columns ``user_id``, ``item_id`` and ``rating``.

    Returns:
        A frame by rank from 1, with ``title``, ``year`` and ``held out``: "liked" (4 or 5 stars),
        "not liked", or "" where she has no held-out rating of the film.
    """
    hers = test[test["user_id"] == our_person(data)].set_index("item_id")["rating"]
    shown = data.movies.loc[list(item_ids), ["title", "year"]]
    told = (hers >= 4).map({True: "liked", False: "not liked"}).reindex(shown.index)
    ranks = pd.RangeIndex(1, len(shown) + 1, name="rank")
    return shown.assign(**{"held out": told.fillna("").astype(str)}).set_index(ranks)
