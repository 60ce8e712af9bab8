"""Gradient boosting on what is known of a user and a film, without their ids."""

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier

from benchmarks.systems.baselines import without_words
from dbrec.checks import positions
from dbrec.features.columns import MultiHot, Words
from dbrec.features.encoder import FeatureEncoder

FOLDS = 5


def fit_boosting(train, users, items, liked_from, seed, hidden_share, words=True, **params):
    """Fit scikit-learn's gradient boosting on features, and on counts and means of other folds' ratings."""
    features = RatedFeatures(train, users, without_words(items, words))
    x = features.out_of_fold(train, hidden_share, np.random.default_rng(seed))
    params |= {"categorical_features": features.categorical, "random_state": seed}
    model = HistGradientBoostingClassifier(early_stopping=False, **params)
    return BoostedScorer(model.fit(x, train["rating"] >= liked_from), features)


class RatedFeatures:
    """Hold the features of users and films, and how many training ratings they have and of what mean."""

    def __init__(self, train: pd.DataFrame, users: pd.DataFrame, items: pd.DataFrame):
        sides = (train["user_id"], users), (train["item_id"], items)
        self.encoders = [FeatureEncoder.fit(*side) for side in sides]
        self.ids = [encoder.all_ids for encoder in self.encoders]
        places, rating = self.places(train["user_id"], train["item_id"]), train["rating"].to_numpy(float)
        self.counted = [self._sums(side, place, rating) for side, place in enumerate(places)]
        tables = [np.pad(e.rows, [(0, 1), (0, 0)])[:, 1 : e.width] for e in self.encoders]
        self.tables = [table.astype(np.float32) for table in tables]

    @property
    def width(self) -> int:
        """Number of columns of a row: features, and a count and a mean for each side."""
        return sum(table.shape[1] + 2 for table in self.tables)

    def _sums(self, side: int, places: np.ndarray, rating: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Count and sum up ratings by position; the last is that of ids in neither frame, which have none."""
        size = len(self.ids[side]) + 1
        return np.bincount(places, minlength=size), np.bincount(places, rating, size)

    @property
    def categorical(self) -> list[int]:
        """Places of the columns whose numbers are names of categories: no order is in them."""
        columns = [c for encoder in self.encoders for c in encoder.columns if not isinstance(c, Words)]
        places = np.cumsum([0] + [column.width for column in columns]).tolist()
        named = [not isinstance(column, MultiHot) and column.name != "year" for column in columns]
        return [place for place, is_named in zip(places, named, strict=False) if is_named]

    def out_of_fold(self, train: pd.DataFrame, hidden_share: float, rng: np.random.Generator) -> np.ndarray:
        """Compute the training rows, each from the ratings of the other folds; missing is NaN.

        Without a row's own rating alone, a mean would be the label turned round. In a `hidden_share` of the
        rows the user is made a newcomer, and in as many the item: training meets both.
        """
        places, folds = self.places(train["user_id"], train["item_id"]), rng.integers(0, FOLDS, len(train))
        hidden = [rng.random(len(train)) < hidden_share for _ in places]
        rating = train["rating"].to_numpy(float)
        rows = np.empty((len(train), self.width), np.float32)
        for fold in range(FOLDS):
            mine = folds == fold
            own = [place[mine] for place in places]
            without = [self._sums(side, place, rating[mine]) for side, place in enumerate(own)]
            rows[mine] = self.rows(*own, without, [is_hidden[mine] for is_hidden in hidden])
        return rows

    def places(self, user_ids, item_ids) -> list[np.ndarray]:
        """Find the positions of raw ids; unknown ones get -1, the last row."""
        return [positions(ids, raw) for ids, raw in zip(self.ids, (user_ids, item_ids), strict=True)]

    def rows(self, users: np.ndarray, items: np.ndarray, without=None, hidden=None) -> np.ndarray:
        """Compute the rows of pairs of positions, `without` the counts and sums of some ratings."""
        parts = [self.tables[0][users], self.tables[1][items]]
        for side, place in enumerate((users, items)):
            count, total = self.counted[side]
            if without:
                count, total = count - without[side][0], total - without[side][1]
            count, total = count[place], total[place]
            if hidden:
                count, total = np.where(hidden[side], 0, count), np.where(hidden[side], 0, total)
            mean = np.divide(total, count, out=np.full(len(place), np.nan), where=count > 0)
            parts.append(np.column_stack([count, mean]))
        return np.concatenate(parts, axis=1, dtype=np.float32)


class BoostedScorer:
    """Score pairs by a fitted classifier."""

    def __init__(self, model, features: RatedFeatures):
        self.model, self.features = model, features

    def score(self, user_ids, item_ids) -> np.ndarray:
        """Score pairs of raw ids by their log odds."""
        return self.model.decision_function(self.features.rows(*self.features.places(user_ids, item_ids)))

    def probability(self, user_ids, item_ids) -> np.ndarray:
        """Tell how likely each pair is liked."""
        return expit(self.score(user_ids, item_ids))
