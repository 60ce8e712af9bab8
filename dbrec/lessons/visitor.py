"""Somebody who tries the recommender by hand: what they tell, and what they are shown for it."""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from dbrec import HybridRecommender
from dbrec.checks import whole_number

MOST_STARS = 5
NOBODY_TOLD = "what most people choose"


def plain(text: str) -> str:
    """Give a title as it is typed in a hurry: small letters without accents, and no signs."""
    letters = unicodedata.normalize("NFKD", text).casefold()
    return re.sub(r"\s+", " ", re.sub(r"[^\w\s]|_", "", letters)).strip()


@dataclass(eq=False)
class Visitor:
    """Hold what a person who isn't in the data tells of themselves, and ask the recommender with it.

    Attributes:
        recommender: A fitted one.
        films: Frame indexed by ``item_id``: title and year.
        features: Name of a user feature to its value; any may be left out.
        stars: Id of each film they rated to its stars, 1 to 5, in the order in which they rated.
    """

    recommender: HybridRecommender
    films: pd.DataFrame
    features: dict[str, object] = field(default_factory=dict)
    stars: dict[int, int] = field(default_factory=dict)

    @cached_property
    def names(self) -> pd.Series:
        """Title and year of each film that the recommender knows, indexed by ``item_id``."""
        known = self.films.reindex(self.recommender.item_ids)
        years = known["year"].map("{:.0f}".format, na_action="ignore")
        return known["title"].where(years.isna(), known["title"] + " (" + years + ")").astype(object).dropna()

    @cached_property
    def _plain_names(self) -> pd.Series:
        return self.names.map(plain)

    def find(self, text: str) -> pd.Series:
        """Give the titles that hold all words of a text, in any order and as `plain` as may be; none for "".

        Titles that begin with the text come first, and then those that hold it as it stands. Only films that
        the recommender knows are found.
        """
        if not (wanted := plain(text)):
            return self.names[:0]
        found = self._plain_names[self._plain_names.map(lambda name: all(w in name for w in wanted.split()))]
        places = found.str.find(wanted)
        return self.names[places.where(places >= 0, places.max() + 1).sort_values(kind="stable").index]

    def rate(self, item_id: int, stars: int) -> None:
        """Give a film 1 to 5 stars, or take back what it had by 0.

        Raises:
            KeyError: If the recommender doesn't know the film.
            ValueError: If the stars are another number.
        """
        if item_id not in self.recommender.item_ids:
            raise KeyError(f"film {item_id!r} is unknown: give an id that find() has shown")
        stars = whole_number("stars", stars, 0, MOST_STARS)
        self.stars.pop(item_id, None)
        if stars:
            self.stars[item_id] = stars

    @property
    def told(self) -> dict:
        """What `recommend_for` and its like take: features, and films liked (from `liked_from` on) or not."""
        enough = self.recommender.liked_from
        liked = [item for item, stars in self.stars.items() if stars >= enough]
        disliked = [item for item, stars in self.stars.items() if stars < enough]
        return {"features": self.features, "liked": liked, "disliked": disliked}

    def listed(self, k: int = 10) -> pd.DataFrame:
        """List films with the reason for each, how likely they like it, and how unsure the score is.

        Returns:
            A frame indexed by ``item_id``: film (title and year), because, likely (in [0, 1]) and unsure
            (on the scale of scores).
        """
        items = self.recommender.recommend_for(**self.told, k=k)["item_id"].to_numpy()
        return pd.DataFrame(
            {
                "film": self.names[items].to_numpy(),
                "because": [self._reason(item) for item in items],
                "likely": self.recommender.probability_for(items, **self.told),
                "unsure": self.recommender.uncertainty_for(items, **self.told),
            },
            index=pd.Index(items, name="item_id"),
        )

    def asked(self, k: int = 3) -> pd.Series:
        """Name the films whose rating would tell most, indexed by ``item_id``."""
        return self.names[self.recommender.ask_next(**self.told, k=k)["item_id"]]

    def rated(self) -> pd.Series:
        """Name the films they rated with their stars, indexed by ``item_id``."""
        names = [f"{self.names[item]} {'★' * stars}" for item, stars in self.stars.items()]
        return pd.Series(names, pd.Index(self.stars, name="item_id"), dtype=object)

    def _reason(self, item: int) -> str:
        """Name the liked film that speaks most for an item, or else another they saw, or a feature."""
        parts, told = self.recommender.explain_for(item, **self.told), self.told
        speaks = parts[parts["contribution"] > 0]
        rated = speaks.loc[(speaks["part"] == "choice") & (speaks["of"] == "rated item"), "name"]
        for verb, films in (("rated", told["liked"]), ("saw", told["disliked"])):
            if (of_these := rated[rated.isin(films)]).size:
                return f"you {verb} {self.names[of_these.iloc[0]]}"
        features = speaks.loc[speaks["of"] == "user feature", "name"]
        return features.iloc[0] if len(features) else NOBODY_TOLD
