"""The facade: fit a hybrid recommender on your own ratings, score, recommend, save and load."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dbrec.checks import check_ratings
from dbrec.data.splits import split_ratings
from dbrec.features.columns import Categorical
from dbrec.features.encoder import FeatureEncoder
from dbrec.scoring.choice import SHRINKAGE
from dbrec.scoring.newcomers import FeatureMap, after_ratings, log_odds_liked, with_newcomers
from dbrec.scoring.scorer import VectorScorer, positions
from dbrec.storage import read_folder, write_folder
from dbrec.training.fit import Settings, build, learn, prepare, rows_or_zeros, sum_up
from dbrec.training.towers import build_predict
from dbrec.training.workers.jobs import Job, check_job, item_factors_of, trained_network, write_job

if TYPE_CHECKING:
    from dbrec.scoring.index import ItemIndex

# Of the liking score in lists: choice decides, unless there are no ratings to tell it from.
LIKING_WEIGHT, NEWCOMER_LIKING_WEIGHT = 0.01, 0.1
# Of what the other side's ratings say of a newcomer's score, and the number of ratings that halves it again.
HALF, FEW_RATINGS = 0.5, 10
SIDES = "user", "item"


class HybridRecommender:
    """Recommend items to users by what they rated and by what is known of both.

    A user tower and an item tower sum the embeddings of an id and of its features; the score is the dot
    product of the two vectors. Training minimises the BPR loss of two kinds of triplet: a user with two
    items, one of which they rated higher; and an item with two users, one of whom liked it and rated it
    higher than the other.

    An id with training ratings is scored from its own embedding and its features; an id that only `users` or
    `items` of the fit knows, from its features, by what training made of those who share them (`FeatureMap`);
    any other as the population. `user_status` and `item_status` tell which.

    Args:
        embedding_dim: Length of the vectors.
        liked_from: Lowest rating that counts as liked.
        epochs: Epochs to train; at most, where there is `validation`. None finds the number: by early
            stopping on `validation`, or, where none is given, on a tenth of the ratings, after which all of
            them are learned anew; that takes more than twice as long.
        batch_size: Triplets a batch. None makes at most 56 batches an epoch.
        learning_rate: Adam's learning rate.
        l2: Weight of the penalty on the vectors.
        dropout: Chance that an id or a feature is dropped in training, in [0, 1).
        history_dim: Length of the items' factors that a user's history sums up; 0 leaves histories out.
        choice_weight: What the choice score counts in the liking score.
        members: Models of this kind to train side by side, from other first weights and on other triplets; a
            score is the mean of theirs. One trains in a third of the time of four, and is a little worse.
        seed: Seed of all draws: the same seed gives the same losses on the same machine.
        verbose: Whether to print a line an epoch.

    Attributes:
        settings: The arguments above.
        history: Frame with a row an epoch of the last training: ``loss`` and, where watched, ``val_auc`` and
            ``val_auc_per_user``; empty after `from_job`.
        network_train: The Keras network that was trained.
        network_predict: The Keras network that shares its towers, and scores; of an id without ratings it
            knows the features' embeddings alone.
    """

    def __init__(
        self,
        embedding_dim: int = 64,
        liked_from: float = 4,
        epochs: int | None = 9,
        batch_size: int | None = None,
        learning_rate: float = 0.003,
        l2: float = 0.005,
        dropout: float = 0.0,
        history_dim: int = 256,
        choice_weight: float = 1.0,
        members: int = 4,
        seed: int = 0,
        verbose: bool = True,
    ):
        self.settings = Settings(
            embedding_dim,
            liked_from,
            epochs,
            batch_size,
            learning_rate,
            l2,
            dropout,
            history_dim,
            choice_weight,
            members,
            seed,
            verbose,
        )
        self.scorer: VectorScorer | None = None

    def __repr__(self) -> str:
        if self.scorer is None:
            return "HybridRecommender(not fitted)"
        users, items = len(self.scorer.user_ids), len(self.scorer.item_ids)
        return f"HybridRecommender(fitted: {users:,} users, {items:,} items)"

    def fit(
        self,
        ratings: pd.DataFrame,
        users: pd.DataFrame | None = None,
        items: pd.DataFrame | None = None,
        validation: pd.DataFrame | None = None,
    ) -> "HybridRecommender":
        """Learn from ratings and, where given, from features.

        Args:
            ratings: Columns ``user_id``, ``item_id`` (ints or text) and ``rating`` (numbers), a row a pair.
            users: User features, indexed by user id. Columns of any name: numbers, text, booleans or pandas
                categoricals, or tuples of categories; missing values are allowed.
            items: Item features, indexed by item id, likewise.
            validation: Ratings to watch for early stopping, with the columns of `ratings`.

        Returns:
            The recommender itself.

        Raises:
            ValueError: If a column or a value is missing in the ratings, a pair stands twice, all ratings are
                liked or none is, no triplet can be drawn, or a feature can't be encoded. What was fitted
                before stays as it was.
        """
        settings, epochs = self.settings, self.settings.epochs
        check_ratings(ratings, settings.liked_from)
        if validation is not None:
            check_ratings(validation, settings.liked_from, "validation")
        elif epochs is None:
            kept, watched = split_ratings(ratings, 0.1, settings.seed)
            search = learn(settings, kept, users, items, watched)
            epochs = int(search.history["val_auc"].idxmax()) + 1
            if settings.verbose:
                print(f"best after {epochs} epochs; now on all {len(ratings):,} ratings", flush=True)
        vars(self).update(vars(learn(settings, ratings, users, items, validation, epochs)))
        self._make_scorer(ratings[["user_id", "item_id", "rating"]].reset_index(drop=True))
        return self

    def write_job(
        self,
        folder,
        ratings: pd.DataFrame,
        users: pd.DataFrame | None = None,
        items: pd.DataFrame | None = None,
        n_shards: int = 4,
    ) -> Job:
        """Write what `fit` would train as a job for several processes; see `jobs.write_job`.

        ``python -m dbrec.training.workers FOLDER --workers 2`` trains it; `from_job` takes what it learned.

        Args:
            folder: Folder to write, new or empty.
            ratings: As in `fit`.
            users: As in `fit`.
            items: As in `fit`.
            n_shards: Parts that each batch is cut into: the most workers that can share the job.

        Raises:
            FileExistsError: If the folder holds something.
            ValueError: As `fit`; if a batch can't be cut into that many equal parts, `epochs` is None, or
                `dropout` isn't 0.
        """
        check_job(folder, self.settings, n_shards)
        check_ratings(ratings, self.settings.liked_from)
        ready = prepare(self.settings, ratings, users, items)
        parts = ready.user_encoder, ready.item_encoder, ready.samplers, ready.user_history
        return write_job(folder, self.settings, *parts, n_shards, _digest(ratings))

    @classmethod
    def from_job(
        cls,
        job: Job,
        ratings: pd.DataFrame,
        users: pd.DataFrame | None = None,
        items: pd.DataFrame | None = None,
    ) -> "HybridRecommender":
        """Make the recommender that a trained job has learned.

        Args:
            job: From `write_job` or `dbrec.training.workers.jobs.read_job`, trained to its end.
            ratings: What `write_job` got.
            users: What `write_job` got.
            items: What `write_job` got.

        Raises:
            FileNotFoundError: If the job hasn't been trained to its end.
            ValueError: If the job was written of other ratings or features.
        """
        network, recommender = trained_network(job), cls(**asdict(job.settings))
        user_encoder = FeatureEncoder.fit(ratings["user_id"], users)
        item_encoder = FeatureEncoder.fit(ratings["item_id"], items)
        rows = [(network.user_columns.rows, user_encoder), (network.item_columns.rows, item_encoder)]
        same = all(np.array_equal(part, encoder(encoder.ids)) for part, encoder in rows)
        if not same or job.source != _digest(ratings):
            raise ValueError(
                f"the job in {job.folder} was written of other ratings or features: give those that "
                "write_job got"
            )
        factors = item_factors_of(job)
        history = sum_up(recommender.settings, ratings, user_encoder, item_encoder, factors)
        recommender.user_encoder, recommender.item_encoder = user_encoder, item_encoder
        recommender.user_history, recommender.network_train = history, network
        widths = user_encoder.width, item_encoder.width
        recommender.network_predict = build_predict(network.user_tower, network.item_tower, *widths)
        recommender.history = pd.DataFrame({"loss": []})
        recommender._make_scorer(ratings[["user_id", "item_id", "rating"]].reset_index(drop=True))
        return recommender

    def _make_scorer(self, seen: pd.DataFrame) -> None:
        """Compute the vectors of each known id once, and of the population last."""
        self.seen = seen
        liking, item_vectors = self._with_newcomers(*self._trained_vectors())
        choice, found, n_rated = self._choice()
        self.scorer = VectorScorer(
            self.user_encoder.known,
            self.item_encoder.known,
            self._would_like(liking, choice),
            np.column_stack([item_vectors, found]),
            seen,
            self._to_show(liking, choice, n_rated),
        )

    @property
    def _encoders(self) -> tuple[FeatureEncoder, FeatureEncoder]:
        return self.user_encoder, self.item_encoder

    def _trained_vectors(self) -> list[np.ndarray]:
        """Let the towers compute the vectors of the users and of the items that have ratings."""
        inputs = [encoder(encoder.ids) for encoder in self._encoders]
        if self.user_history:
            inputs[0] = [inputs[0], self.user_history.tower]
        towers = [self.network_predict.get_layer(f"{side}_tower") for side in SIDES]
        return [np.asarray(tower(part)) for tower, part in zip(towers, inputs, strict=True)]

    def _with_newcomers(self, users: np.ndarray, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Lay out a row a known user, and one a known item, with two places more than the trained vectors.

        Who has no ratings gets the vector that `FeatureMap` guesses. The two places set their score halfway
        between what the product of the vectors says and what the other side's ratings say: a trained item
        brings how far its log odds to be liked lie above the mean user's score of it, and a new user takes
        `HALF` of that; and likewise the other way round.
        """
        liked = (self.seen["rating"] >= self.settings.liked_from).to_numpy()
        self.feature_maps, sides = [], []
        for encoder, side, trained, others in zip(
            self._encoders, SIDES, (users, items), (items, users), strict=True
        ):
            index = encoder.ids.get_indexer(self.seen[f"{side}_id"])
            above = log_odds_liked(index, liked, len(encoder.ids)) - trained @ others.mean(axis=0)
            guess = FeatureMap.fit(encoder.features(encoder.ids), trained, np.bincount(index))
            self.feature_maps.append(guess)
            sides.append(with_newcomers(encoder, guess, trained, above))
        (users, user_new, user_above), (items, item_new, item_above) = sides
        return (
            np.column_stack([users, HALF * user_new, user_above]),
            np.column_stack([items, item_above, HALF * item_new]),
        )

    def _choice(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Give users' choices, what items are found by, and users' numbers of ratings, of all known ids."""
        history = self.user_history
        users, items = (np.append(encoder.ids.get_indexer(encoder.known), -1) for encoder in self._encoders)
        if not history:
            return np.zeros((len(users), 0)), np.zeros((len(items), 0)), np.zeros(len(users))
        n_rated = history.n_rated[users] * (users >= 0)
        return rows_or_zeros(history.choice, users), rows_or_zeros(history.factors.found, items), n_rated

    def _would_like(self, liking: np.ndarray, choice: np.ndarray) -> np.ndarray:
        """Join the vectors that ask what users would like, shape (n, dim)."""
        return np.concatenate([liking, self.settings.choice_weight * choice], axis=1)

    def _to_show(self, liking: np.ndarray, choice: np.ndarray, n_rated: np.ndarray) -> np.ndarray:
        """Make the vectors that ask what to show to users, shape (n, dim).

        Who has rated nothing is shown what people usually choose, by how much they would like it; with each
        rating their own choice takes over.
        """
        if not self.user_history:
            return liking
        own = np.concatenate([LIKING_WEIGHT * liking, choice], axis=1)
        usual = np.broadcast_to(self.user_history.choice.mean(axis=0), choice.shape)
        newcomer = np.concatenate([NEWCOMER_LIKING_WEIGHT * liking, usual], axis=1)
        left = (SHRINKAGE / (SHRINKAGE + np.asarray(n_rated))) ** 2
        return own + newcomer * left[:, None]

    def _fitted(self) -> VectorScorer:
        if self.scorer is None:
            raise RuntimeError("this recommender has learned nothing yet: call fit or load first")
        return self.scorer

    def score(self, user_ids, item_ids) -> np.ndarray:
        """Score pairs of raw ids; see `VectorScorer.score`.

        Args:
            user_ids: One id, or an array of shape (n,).
            item_ids: One id, or an array of shape (n,).

        Returns:
            Scores, shape (n,), float32: any real number, higher is better.

        Raises:
            RuntimeError: If nothing was fitted yet.
            TypeError: If ids are of another type than those of the fit.
            ValueError: If the two arrays have different lengths.
        """
        return self._fitted().score(user_ids, item_ids)

    def recommend(
        self, user_ids, k: int = 10, exclude_seen: bool = True, index: "str | ItemIndex" = "exact"
    ) -> pd.DataFrame:
        """List the k items of the highest score for each user; see `VectorScorer.recommend`.

        Args:
            user_ids: One id, or an array of shape (n,).
            k: Length of a list, at least 1.
            exclude_seen: Whether to leave out the items that the user rated in training.
            index: ``"exact"``, ``"approximate"`` for very many items, or an `ItemIndex` that was saved.

        Returns:
            A frame ``user_id, rank, item_id, score``; ranks from 1.

        Raises:
            RuntimeError: If nothing was fitted yet.
            ValueError: If `k` isn't a whole number of at least 1, or `index` is another word or was made of
                other vectors.
            TypeError: If ids are of another type than those of the fit.
        """
        return self._fitted().recommend(user_ids, k, exclude_seen, index)

    def item_index(self) -> "ItemIndex":
        """Build the index that ``recommend(index="approximate")`` searches, to save it apart.

        Raises:
            RuntimeError: If nothing was fitted yet.
        """
        return self._fitted().item_index()

    def recommend_for(
        self,
        features: Mapping | None = None,
        liked: Iterable = (),
        disliked: Iterable = (),
        k: int = 10,
    ) -> pd.DataFrame:
        """List items for a person who isn't in the data, without training.

        Their features give a first vector, and each item they name moves it; see `dbrec.scoring.newcomers`.

        Args:
            features: Name of a user feature to its value; those left out, or None, are missing.
            liked: Raw ids of items they like.
            disliked: Raw ids of items they don't.
            k: Length of the list, at least 1.

        Returns:
            A frame ``rank, item_id, score`` without the items named.

        Raises:
            RuntimeError: If nothing was fitted yet.
            KeyError: If a feature or an item is unknown.
            ValueError: If an item is named as liked and as disliked, a category was never seen in the fit,
                or `k` isn't at least 1.
        """
        scorer = self._fitted()
        (_, showing), named = self._newcomer(features, liked, disliked)
        scores = scorer.item_vectors[:-1] @ showing
        scores[named] = -np.inf
        return scorer.top_items(scores[None], k).drop(columns="row")

    def score_for(
        self,
        item_ids,
        features: Mapping | None = None,
        liked: Iterable = (),
        disliked: Iterable = (),
    ) -> np.ndarray:
        """Score items for a person who isn't in the data: how much they would like each.

        Args:
            item_ids: One raw id, or an array of shape (n,).
            features: As in `recommend_for`.
            liked: As in `recommend_for`.
            disliked: As in `recommend_for`.

        Returns:
            Scores, shape (n,), float32, on the scale of `score`.

        Raises:
            RuntimeError, KeyError, ValueError: As `recommend_for`.
        """
        scorer = self._fitted()
        (liking, _), _ = self._newcomer(features, liked, disliked)
        return scorer.item_vectors[positions(scorer.item_ids, item_ids)] @ liking.astype(np.float32)

    def _newcomer(self, features, liked, disliked) -> tuple[list[np.ndarray], np.ndarray]:
        """Make the two vectors of a newcomer, and the places of the items they named."""
        liked, disliked = self._places(liked), self._places(disliked)
        if set(liked) & set(disliked):
            both = self.item_encoder.known[list(set(liked) & set(disliked))].tolist()
            raise ValueError(f"items {both} are named as liked and as disliked: name each once")
        named = np.concatenate([liked, disliked])
        is_liked = np.arange(len(named)) < len(liked)
        new = self.user_encoder.features_of(self._new_row(features or {}))
        vector, items = self.feature_maps[0](new)[0], self.scorer.item_vectors[named]
        dim = len(vector)
        # the whole of `above`, and not half: only so is it a log odds
        log_odds = items[:, :dim] @ vector + items[:, dim]
        told = after_ratings(vector, self.feature_maps[0].covariance, items[:, :dim], is_liked, log_odds)
        still_new = HALF * FEW_RATINGS / (FEW_RATINGS + len(named))
        liking, choice = np.append(told, [still_new, 0.0])[None], self._new_choice(named, is_liked)
        vectors = self._would_like(liking, choice), self._to_show(liking, choice, np.array([len(named)]))
        return [rows[0] for rows in vectors], named

    def _places(self, item_ids: Iterable) -> np.ndarray:
        ids = list(item_ids)
        places = positions(self.item_encoder.known, ids)
        unknown = [item for item, place in zip(ids, places, strict=True) if place < 0]
        if unknown:
            raise KeyError(
                f"items {unknown} are unknown: give ids that were in the ratings or items of the fit"
            )
        return places

    def _new_choice(self, named: np.ndarray, is_liked: np.ndarray) -> np.ndarray:
        """Sum up the items at the places named, shape (1, dim)."""
        if not self.user_history:
            return np.zeros((1, 0))
        places = self.item_encoder.ids.get_indexer(self.item_encoder.known[named])
        trained = places >= 0
        return self.user_history.choice_of(places[trained], is_liked[trained])[None]

    def _new_row(self, features: Mapping) -> np.ndarray:
        """Encode the features of a person who isn't in the data."""
        names = [column.name for column in self.user_encoder.columns]
        if unknown := [name for name in features if name not in names]:
            raise KeyError(f"user features {unknown} are unknown: this recommender was fitted with {names}")
        for column in self.user_encoder.columns:
            value = features.get(column.name)
            if isinstance(column, Categorical) and value is not None and value not in column.categories:
                raise ValueError(
                    f"{column.name} is {value!r}: give one of {list(column.categories)}, or None"
                )
        # a Series of objects keeps a tuple of categories in one cell
        frame = pd.DataFrame(
            {name: pd.Series([features[name]], dtype=object) for name in features}, index=[0]
        )
        return self.user_encoder.encode_new(frame)

    def similar_items(self, item_id, k: int = 10) -> pd.DataFrame:
        """List the k items most similar to one; see `VectorScorer.similar_items`.

        Args:
            item_id: A raw item id.
            k: Length of the list, at least 1.

        Returns:
            A frame ``rank, item_id, similarity``: cosines in [-1, 1].

        Raises:
            RuntimeError: If nothing was fitted yet.
            KeyError: If the item is unknown.
            ValueError: If `k` isn't at least 1.
        """
        dim, members = self.settings.embedding_dim, self.settings.members
        place = np.arange(members * (dim + 2))  # each member's taste is followed by a bias and a 1
        return self._fitted().similar_items(item_id, k, place[place % (dim + 2) < dim])

    def user_status(self, user_ids) -> np.ndarray:
        """Tell what each user is scored from: ``"ratings"``, ``"features"`` or ``"population"``."""
        self._fitted()
        return self.user_encoder.status(user_ids)

    def item_status(self, item_ids) -> np.ndarray:
        """Tell what each item is scored from: ``"ratings"``, ``"features"`` or ``"population"``."""
        self._fitted()
        return self.item_encoder.status(item_ids)

    def save(self, path) -> None:
        """Write the recommender to a folder: JSON, HDF5 and plain arrays, no pickle.

        Args:
            path: Folder to make. A recommender saved there before is replaced once the new one is whole.

        Raises:
            RuntimeError: If nothing was fitted yet.
            FileExistsError: If `path` holds something else. Nothing is changed.
        """
        self._fitted()
        encoders = {"user": self.user_encoder, "item": self.item_encoder}
        factors = self.user_history.factors if self.user_history else None
        settings = asdict(self.settings)
        write_folder(path, settings, encoders, self.network_predict, self.seen, self.history, factors)

    @classmethod
    def load(cls, path) -> "HybridRecommender":
        """Read a recommender that `save` has written; it scores as it did then.

        Args:
            path: Folder of the recommender.

        Raises:
            FileNotFoundError: If there is none at `path`.
            ValueError: If it has a format that this version doesn't know.
        """
        settings, encoders, seen, history, factors, weights = read_folder(path)
        recommender = cls(**settings)
        recommender.user_encoder, recommender.item_encoder = encoders["user"], encoders["item"]
        recommender.history = history
        sides = encoders["user"], encoders["item"]
        recommender.user_history = sum_up(recommender.settings, seen, *sides, factors)
        networks = build(recommender.settings, *sides, recommender.user_history)
        recommender.network_train, recommender.network_predict = networks
        recommender.network_predict.load_weights(weights)
        recommender._make_scorer(seen)
        return recommender


def _digest(ratings: pd.DataFrame) -> str:
    """Tell ratings apart, whatever the order of the rows."""
    rows = pd.util.hash_pandas_object(ratings[["user_id", "item_id", "rating"]], index=False)
    return hashlib.sha256(np.sort(rows.to_numpy()).tobytes()).hexdigest()
