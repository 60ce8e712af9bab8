"""Gradient boosting on what is known of a user and a film, without their ids."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from dbrec.features.columns import MultiHot, Words
from dbrec.features.encoder import FeatureEncoder
from dbrec.scoring.scorer import VectorScorer, positions

PAIRS_AT_ONCE = 1_000_000


def fit_boosting(train, users, items, liked_from, seed, hidden_share, **params):
    """Fit scikit-learn's gradient boosting on features and on the counts and means of others' ratings.

    `hidden_share` of the rows are learned without the user's figures, and as many without the film's, so
    that it meets newcomers in training too.
    """
    features = RatedFeatures(train, users, items)
    x = features.leave_one_out(train, hidden_share, np.random.default_rng(seed))
    model = HistGradientBoostingClassifier(
        early_stopping=False, categorical_features=features.categorical, random_state=seed, **params
    )
    model.fit(x, train["rating"] >= liked_from)
    return BoostedScorer(model, features, train)


class RatedFeatures:
    """Hold the features of users and films, and how many ratings they have and of what mean.

    Args:
        train: Training ratings.
        users: User features, indexed by user id.
        items: Film features, indexed by item id.
    """

    def __init__(self, train: pd.DataFrame, users: pd.DataFrame, items: pd.DataFrame):
        self.encoders = (
            FeatureEncoder.fit(train["user_id"], users),
            FeatureEncoder.fit(train["item_id"], items),
        )
        self.ids = [encoder.known for encoder in self.encoders]
        places = [
            positions(ids, train[name]) for ids, name in zip(self.ids, ("user_id", "item_id"), strict=True)
        ]
        rating = train["rating"].to_numpy(float)
        self.counts = [
            np.bincount(place, minlength=len(ids)) for place, ids in zip(places, self.ids, strict=True)
        ]
        self.sums = [
            np.bincount(place, rating, len(ids)) for place, ids in zip(places, self.ids, strict=True)
        ]
        # An id that is in neither frame has missing features; its row comes last.
        self.tables = [
            np.vstack([encoder.rows[:, 1 : encoder.width], np.zeros(encoder.width - 1)]).astype(np.float32)
            for encoder in self.encoders
        ]

    @property
    def categorical(self) -> list[int]:
        """Places of the columns whose numbers are names of categories: no order is in them."""
        place, found = 0, []
        for encoder in self.encoders:
            for column in encoder.columns:
                if isinstance(column, Words):
                    continue
                if not isinstance(column, MultiHot) and column.name != "year":
                    found.append(place)
                place += column.width
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
        return self._rows(places, train["rating"].to_numpy(float), hidden)

    def rows(self, user_places: np.ndarray, item_places: np.ndarray) -> np.ndarray:
        """Compute the rows of pairs that aren't among the training ratings."""
        return self._rows((user_places, item_places))

    def places(self, user_ids, item_ids) -> tuple[np.ndarray, np.ndarray]:
        """Find the positions of raw ids; unknown ones get -1, the last row."""
        return tuple(positions(ids, raw) for ids, raw in zip(self.ids, (user_ids, item_ids), strict=True))

    def _rows(self, places, own=None, hidden=(None, None)) -> np.ndarray:
        parts = [table[place] for table, place in zip(self.tables, places, strict=True)]
        for count, total, place, is_hidden in zip(self.counts, self.sums, places, hidden, strict=True):
            count, total = np.append(count, 0)[place], np.append(total, 0)[place]
            if own is not None:
                count, total = np.where(is_hidden, 0, count - 1), np.where(is_hidden, 0, total - own)
            mean = np.divide(total, count, out=np.full(len(place), np.nan), where=count > 0)
            parts.append(np.column_stack([count, mean]).astype(np.float32))
        return np.concatenate(parts, axis=1)


class BoostedScorer(VectorScorer):
    """Score pairs by a fitted classifier; the rest is `VectorScorer`'s.

    Args:
        model: Fitted on the rows of `features`.
        features: The features.
        train: Training ratings, which recommendations leave out.
    """

    def __init__(self, model, features: RatedFeatures, train: pd.DataFrame):
        users, items = features.ids
        super().__init__(users, items, np.zeros((len(users) + 1, 1)), np.zeros((len(items) + 1, 1)), train)
        self.model, self.features = model, features

    def score(self, user_ids, item_ids) -> np.ndarray:
        """Score pairs of raw ids by their log odds."""
        return self._decide(*self.features.places(user_ids, item_ids))

    def recommend(self, user_ids, k: int = 10) -> pd.DataFrame:
        """List the k unseen films of the highest score for each user."""
        user_ids, n_items = np.asarray(user_ids), len(self.item_ids)
        users, at_once, parts = positions(self.user_ids, user_ids), PAIRS_AT_ONCE // n_items, []
        for start in range(0, len(users), at_once):
            part = users[start : start + at_once]
            pairs = np.repeat(part, n_items), np.tile(np.arange(n_items), len(part))
            scores = self._decide(*pairs).reshape(len(part), n_items)
            for row, user in enumerate(part):
                scores[row, self._seen(user)] = -np.inf
            parts.append(self.top_items(scores, k))
            parts[-1].insert(0, "user_id", user_ids[start + parts[-1].pop("row").to_numpy()])
        return pd.concat(parts, ignore_index=True)

    def _decide(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return self.model.decision_function(self.features.rows(users, items))
