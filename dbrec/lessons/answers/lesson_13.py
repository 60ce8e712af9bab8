"""The answers of lesson 13."""

from pathlib import Path

import pandas as pd

from dbrec.lessons.bookshop import SEA, Bookshop
from dbrec.lessons.exercises import Exercise

ROWS = pd.DataFrame({"user_id": ["1", "1", "2"], "item_id": ["7", "7", "7"], "weight": [1, -1, 2]})
TASTES = pd.Series(["crime", SEA], ["ann", "bob"]), pd.Series([SEA, "crime"], ["x", "y"])
SHOP = Bookshop(Path("purchases.csv"), Path("books.csv"), *TASTES)
LISTS = pd.DataFrame({"user_id": ["ann", "bob", "bob"], "item_id": ["x", "x", "y"]})
SIZES = pd.DataFrame({"low": [0.2, 0.5], "high": [0.6, 0.6], "customers": [30, 500]})


def n_given_back(_data, sound: pd.DataFrame) -> int:
    """Count the pairs of which nothing is left after the refunds."""
    return int((sound.groupby(["user_id", "item_id"])["weight"].sum() <= 0).sum())


def right_for_the_sea(_data, lists: pd.DataFrame, shop: Bookshop) -> float:
    """Give the share of right books in the lists of those who like the sea."""
    return shop.share_right(lists[lists["user_id"].map(shop.customer_taste) == SEA])


def n_customers_needed(_data, sizes: pd.DataFrame) -> float:
    """Tell how many customers make the interval of the whole shop .05 wide."""
    whole = sizes.iloc[-1]
    return whole["customers"] * ((whole["high"] - whole["low"]) / 0.05) ** 2


def n_named(_data, recommend_for, sea_books: list, book_taste: pd.Series) -> int:
    """Count the books of the sea that a newcomer names until eight in ten of their list are such."""
    for n in range(len(sea_books) + 1):
        shown = recommend_for({"newsletter": "crime"}, liked=sea_books[:n])["item_id"]
        if (shown.map(book_taste) == SEA).sum() >= 8:
            return n
    return -1


def _eight_of_the_sea(features, liked) -> pd.DataFrame:
    return pd.DataFrame({"item_id": ["x"] * 8 if liked else ["y"] * 8})


EXERCISES = {
    "L13.1": Exercise(
        n_given_back,
        hints=(
            "Compare what she keeps, sound[sound['weight'] > 0], with what we keep.",
            "We keep the pairs that have something left. The answer is the difference of the two lengths.",
        ),
        because="To delete a refund is to believe that the book was wanted.",
        example={"sound": ROWS},
    ),
    "L13.2": Exercise(
        right_for_the_sea,
        hints=(
            "Which customers have the taste? lists['user_id'].map(shop.customer_taste) tells it a row.",
            "Keep the rows of lists where that equals SEA, and give them to shop.share_right.",
        ),
        tolerance=0.005,
        because="No column tells this taste, so the purchases alone have done it.",
        example={"lists": LISTS, "shop": SHOP},
    ),
    "L13.3": Exercise(
        n_customers_needed,
        hints=(
            "Half the width takes four times the customers. How many times narrower is .05?",
            "customers * (width / 0.05) ** 2, with the width high - low of the last row.",
        ),
        tolerance=1.0,
        because="The width falls with the square root of the number of customers.",
        example={"sizes": SIZES},
    ),
    "L13.4": Exercise(
        n_named,
        hints=(
            "For n from 0, ask recommender.recommend_for(form, liked=sea_books[:n]) and count.",
            "Count by ['item_id'].map(shop.book_taste) == SEA. Stop at the first n with 8 or more.",
        ),
        because="From there on the books that are named outweigh the form.",
        example={"recommend_for": _eight_of_the_sea, "sea_books": ["x"], "book_taste": TASTES[1]},
    ),
    "L13.5": Exercise(
        lambda data: ["population", "ratings"],
        hints=(
            "Ask loaded.user_status('99999'), then loaded.update(purchase), then ask again.",
            "user_status gives an array of one word. The first word is that of somebody unknown.",
        ),
        because="A loaded model learns on, in closed form.",
    ),
}
