"""Gradient boosting on what is known of a user and a film, without their ids."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from dbrec.checks import positions
from dbrec.features.columns import MultiHot, Words
from dbrec.features.encoder import FeatureEncoder
from dbrec.scoring.scorer import VectorScorer

PAIRS_AT_ONCE = 1_000_000


def fit_boosting(train, users, items, liked_from, seed, hidden_share, **params):
    """Fit scikit-learn's gradient boosting on features and on the counts and means of others' ratings."""
    features = RatedFeatures(train, users, items)
    x = features.leave_one_out(train, hidden_share, np.random.default_rng(seed))
    params |= {"categorical_features": features.categorical, "random_state": seed}
    model = HistGradientBoostingClassifier(early_stopping=False, **params)
    return BoostedScorer(model.fit(x, train["rating"] >= liked_from), features, train)


class RatedFeatures:
    """Hold the features of users and films, and how many training ratings they have and of what mean."""

    def __init__(self, train: pd.DataFrame, users: pd.DataFrame, items: pd.DataFrame):
        sides = (train["user_id"], users), (train["item_id"], items)
        self.encoders = [FeatureEncoder.fit(*side) for side in sides]
        self.ids = [encoder.all_ids for encoder in self.encoders]
        places, rating = self.places(train["user_id"], train["item_id"]), train["rating"].to_numpy(float)
        # An id that is in neither frame has no ratings, and missing features; its row comes last.
        sized = [(place, len(ids) + 1) for place, ids in zip(places, self.ids, strict=True)]
        self.counts = [np.bincount(place, minlength=size) for place, size in sized]
        self.sums = [np.bincount(place, rating, size) for place, size in sized]
        tables = [np.pad(e.rows, [(0, 1), (0, 0)])[:, 1 : e.width] for e in self.encoders]
        self.tables = [table.astype(np.float32) for table in tables]

    @property
    def categorical(self) -> list[int]:
        """Places of the columns whose numbers are names of categories: no order is in them."""
        columns = [c for encoder in self.encoders for c in encoder.columns if not isinstance(c, Words)]
        places = np.cumsum([0] + [column.width for column in columns]).tolist()
        named = [not isinstance(column, MultiHot) and column.name != "year" for column in columns]
        return [place for place, is_named in zip(places, named, strict=False) if is_named]

    def leave_one_out(self, train: pd.DataFrame, hidden_share: float, rng: np.random.Generator) -> np.ndarray:
        """Compute the training rows, each without its own rating; missing is NaN.

        In a `hidden_share` of them the user is made a newcomer, and in as many the film: training meets both.
        """
        places = self.places(train["user_id"], train["item_id"])
        hidden = [rng.random(len(train)) < hidden_share for _ in places]
        return self.rows(*places, train["rating"].to_numpy(float), hidden)

    def places(self, user_ids, item_ids) -> list[np.ndarray]:
        """Find the positions of raw ids; unknown ones get -1, the last row."""
        return [positions(ids, raw) for ids, raw in zip(self.ids, (user_ids, item_ids), strict=True)]

    def rows(self, users: np.ndarray, items: np.ndarray, own=None, hidden=(None, None)) -> np.ndarray:
        """Compute the rows of pairs of positions, without `own` ratings where those are given."""
        places = users, items
        parts = [table[place] for table, place in zip(self.tables, places, strict=True)]
        for count, total, place, is_hidden in zip(self.counts, self.sums, places, hidden, strict=True):
            count, total = count[place], total[place]
            if own is not None:
                count, total = np.where(is_hidden, 0, count - 1), np.where(is_hidden, 0, total - own)
            mean = np.divide(total, count, out=np.full(len(place), np.nan), where=count > 0)
            parts.append(np.column_stack([count, mean]).astype(np.float32))
        return np.concatenate(parts, axis=1)


class BoostedScorer(VectorScorer):
    """Score pairs by a fitted classifier, and rank by it; the rest is `VectorScorer`'s."""

    def __init__(self, model, features: RatedFeatures, train: pd.DataFrame):
        nothing = [np.zeros((len(ids) + 1, 1)) for ids in features.ids]
        super().__init__(*features.ids, *nothing, train)
        self.model, self.features = model, features

    def score(self, user_ids, item_ids) -> np.ndarray:
        """Score pairs of raw ids by their log odds."""
        return self._decide(*self.features.places(user_ids, item_ids))

    def list_scores(self, users: np.ndarray) -> np.ndarray:
        """Score all items for users at some positions."""
        items = np.arange(len(self.item_ids))
        parts = np.array_split(users, len(users) * len(items) // PAIRS_AT_ONCE + 1)
        pairs = [(np.repeat(part, len(items)), np.tile(items, len(part))) for part in parts]
        return np.concatenate([self._decide(*pair) for pair in pairs]).reshape(len(users), len(items))

    def _decide(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return self.model.decision_function(self.features.rows(users, items))
