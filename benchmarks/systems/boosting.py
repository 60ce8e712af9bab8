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
    """Fit scikit-learn's gradient boosting on features and on the counts and means of others' ratings.

    `hidden_share` of the rows are learned without the user's figures, and as many without the film's, so
    that it meets newcomers in training too.
    """
    features = RatedFeatures(train, users, items)
    x = features.leave_one_out(train, hidden_share, np.random.default_rng(seed))
    params |= {"categorical_features": features.categorical, "random_state": seed}
    model = HistGradientBoostingClassifier(early_stopping=False, **params)
    return BoostedScorer(model.fit(x, train["rating"] >= liked_from), features, train)


class RatedFeatures:
    """Hold the features of users and films, and how many training ratings they have and of what mean."""

    def __init__(self, train: pd.DataFrame, users: pd.DataFrame, items: pd.DataFrame):
        fit = FeatureEncoder.fit
        self.encoders = fit(train["user_id"], users), fit(train["item_id"], items)
        self.ids = [encoder.known for encoder in self.encoders]
        self.counts, self.sums, self.tables = [], [], []
        rating = train["rating"].to_numpy(float)
        # An id that is in neither frame has no ratings, and missing features; its row comes last.
        for encoder, place in zip(
            self.encoders, self.places(train["user_id"], train["item_id"]), strict=True
        ):
            n_rows, width = len(encoder.known) + 1, encoder.width
            self.counts.append(np.bincount(place, minlength=n_rows))
            self.sums.append(np.bincount(place, rating, n_rows))
            table = np.vstack([encoder.rows[:, 1:width], np.zeros(width - 1)])
            self.tables.append(table.astype(np.float32))

    @property
    def categorical(self) -> list[int]:
        """Places of the columns whose numbers are names of categories: no order is in them."""
        place, found = 0, []
        for encoder in self.encoders:
            for column in encoder.columns:
                if not isinstance(column, (MultiHot, Words)) and column.name != "year":
                    found.append(place)
                place += 0 if isinstance(column, Words) else column.width
        return found

    def leave_one_out(self, train: pd.DataFrame, hidden_share: float, rng: np.random.Generator) -> np.ndarray:
        """Compute the training rows, each without its own rating in the counts and means.

        Args:
            train: The ratings given before.
            hidden_share: Share of the rows whose user is made a newcomer, and whose film is one.
            rng: Draws those rows.

        Returns:
            Shape (n, number of features), float32, missing as NaN.
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

    def _exact_lists(self, users: np.ndarray, k: int, exclude_seen: bool) -> pd.DataFrame:
        n_items, parts = len(self.item_ids), []
        for part in np.array_split(users, -(-len(users) * n_items // PAIRS_AT_ONCE)):
            pairs = np.repeat(part, n_items), np.tile(np.arange(n_items), len(part))
            parts.append(self._decide(*pairs).reshape(len(part), n_items))
        scores = np.concatenate(parts)
        for row, user in enumerate(users if exclude_seen else []):
            scores[row, self._seen(user)] = -np.inf
        return self.top_items(scores, k)

    def _decide(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return self.model.decision_function(self.features.rows(users, items))
