"""Somebody who tries the recommender by hand: what they tell, and what they are shown for it."""

from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from dbrec import HybridRecommender
from dbrec.checks import whole_number

MOST_STARS = 5
NOBODY_TOLD = "what most people choose"


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

    def find(self, text: str, k: int = 8) -> pd.Series:
        """Give up to k titles that hold a text in any case, those that begin with it first; none for "".

        Only films that the recommender knows are found.
        """
        if not (wanted := text.strip().lower()):
            return self.names[:0]
        places = self.names.str.lower().str.find(wanted)
        return self.names[places[places >= 0].sort_values(kind="stable").index[:k]]

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
        """Name the rated film that speaks most for an item, or else the feature that does."""
        parts = self.recommender.explain_for(item, **self.told)
        for name, part, of, gain in parts[["name", "part", "of", "contribution"]].itertuples(index=False):
            if (part, of) == ("choice", "rated item") and gain > 0:
                return f"you rated {self.names[name]}"
        told = parts.loc[(parts["of"] == "user feature") & (parts["contribution"] > 0), "name"]
        return told.iloc[0] if len(told) else NOBODY_TOLD
