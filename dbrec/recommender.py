"""The facade: fit a hybrid recommender on your own ratings, score, recommend, save and load."""

import copy
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd
from sklearn.base import BaseEstimator

from dbrec.changes import Changes
from dbrec.interactions import Interactions
from dbrec.newcomer_queries import NewcomerQueries
from dbrec.queries import Queries
from dbrec.scoring.building import mean_of
from dbrec.scoring.model import FittedModel
from dbrec.scoring.updates import updated
from dbrec.settings import Settings

if TYPE_CHECKING:
    import keras

    from dbrec.training.workers.jobs import Job


class HybridRecommender(Queries, NewcomerQueries, BaseEstimator):
    """Recommend items to users by what they rated and by what is known of both.

    Three parts make it. *Liking*: a user tower and an item tower sum the embeddings of an id and of its
    features; they are trained on triplets by the BPR loss. *Choice*: each item is explained by the others
    that a person rated, in closed form. *Newcomers*: an id without ratings gets the vector that its features
    tell, by what training made of those who share them.

    `score` is how much a person would like an item, or how likely they choose it: liking plus choice. In
    lists choice decides (``list_score``): what to show isn't just what people would like.

    Settings are stored as given and checked when a fit or a job starts.

    Args:
        embedding_dim: Length of the vectors of taste, from 1 to 1,024.
        choice_dim: Length of the items' factors of choice, from 0, which leaves choice out, to 4,096. Where
            there are fewer users or items, choice is exact.
        liked_from: Lowest rating that counts as liked.
        epochs: Epochs to train, at most, from 1 to 10,000. None finds the number by early stopping: on
            `validation` or, without, on a tenth of the ratings, after which all of them are learned anew.
        learning_rate: Adam's learning rate, in (0, 1].
        l2: Weight of the penalty on the vectors, from 0 to 1,000.
        seed: Seed of all draws: the same seed gives the same losses on the same machine.
        verbose: Whether to print a line an epoch, and one each ten seconds of long lists.

    Attributes:
        fitted_: What serves: settings, interactions, encoders, feature maps and vectors (`FittedModel`).
        training_log_: Frame with a row an epoch: ``loss`` and, where watched, ``val_auc`` and
            ``val_auc_per_user`` of the score; empty after `from_job`.
        network_train_: The Keras network that was trained; None after `load` and in copies.
        network_predict_: The Keras network that scores by the same towers; likewise.
    """

    fitted_: FittedModel
    training_log_: pd.DataFrame
    network_train_: "keras.Model | None"
    network_predict_: "keras.Model | None"

    def __init__(
        self,
        embedding_dim: int = Settings.embedding_dim,
        choice_dim: int = Settings.choice_dim,
        liked_from: float = Settings.liked_from,
        epochs: int | None = Settings.epochs,
        learning_rate: float = Settings.learning_rate,
        l2: float = Settings.l2,
        seed: int = Settings.seed,
        verbose: bool = Settings.verbose,
    ):
        self.embedding_dim = embedding_dim
        self.choice_dim = choice_dim
        self.liked_from = liked_from
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.l2 = l2
        self.seed = seed
        self.verbose = verbose

    def fit(
        self,
        interactions: pd.DataFrame,
        users: pd.DataFrame | None = None,
        items: pd.DataFrame | None = None,
        validation: pd.DataFrame | None = None,
        callbacks=(),
        sample_weight=None,
    ) -> "HybridRecommender":
        """Learn from ratings, counts or clicks and, where given, from features.

        Args:
            interactions: Columns ``user_id`` and ``item_id`` (ints or text), and ``rating`` (numbers, a row a
                pair), or ``weight`` (numbers above 0, such as counts, hours or money; the rows of a pair are
                added up), or neither. Where no rating is below `liked_from`, or there is none, only choices
                are known: what a user didn't choose is compared with them, `score` says how likely they
                choose an item, and a weight counts by its place among all weights, from 1 to 2.
            users: User features, indexed by user id or with a column ``user_id``. Columns of any name:
                numbers, text, booleans or pandas categoricals, or tuples of categories; missing is allowed.
            items: Item features, likewise.
            validation: What to watch for early stopping, with the columns of `interactions`.
            callbacks: A Keras callback, or some, for the training that ends in the model.
            sample_weight: How much each row counts beside the others, above 0, such as less for what is old:
                how often it starts a triplet, and what it adds to choice. None for all alike.

        Raises:
            TypeError, ValueError: If a setting, an interaction or a feature can't be understood, no triplet
                can be drawn, or training ends in numbers that aren't finite. What was fitted before stays.
            RuntimeError: In a process forked from one that had imported TensorFlow.

        Example:
            >>> HybridRecommender(epochs=1, verbose=False).fit(ratings, users, items).item_ids[0]
            'beer'
        """
        # here, so that loading and serving need no TensorFlow
        from dbrec.training.asked import checked_callbacks, refuse_one_kind
        from dbrec.training.fit import fit_model

        settings, callbacks = Settings(**self.get_params()), checked_callbacks(callbacks)
        known = Interactions.from_frame(interactions, settings.liked_from, sample_weight=sample_weight)
        watched = None
        if validation is not None:
            watched = Interactions.from_frame(validation, settings.liked_from, "validation")
        refuse_one_kind(known, watched, settings)
        trained = fit_model(settings, known, users, items, watched, callbacks)
        return self._serve(trained.model, trained.network_train, trained.network_predict)

    def update(self, interactions=None, users=None, items=None) -> "HybridRecommender":
        """Learn what came after the fit, in closed form and without training.

        New ids, new features of known ones, and ratings that are new, changed or, where the rating or weight
        is missing, taken back. A pair's new number takes the place of the old one, so that the same update
        twice is one; the rows of a pair in one call are added up where they aren't ratings. What came first
        hardly matters, and what serves is written into the vectors in place: don't ask from another thread
        meanwhile.

        Args:
            interactions: As in `fit`, or None. Where the fit had no numbers, ``weight`` may say how many
                times.
            users: Features as in `fit`, of any ids, or None; a column that is left out stays as it was.
            items: Likewise.

        Returns:
            The recommender. `share_changed` says when a fit is due.

        Raises:
            KeyError: If a column of features is unknown.
            TypeError, ValueError: As `fit`; if ids are of another type than there, or a rating below
                `liked_from` comes where there was none. The model stays as it was.

        Example:
            >>> bought = pd.DataFrame({"user_id": ["zoe"], "item_id": ["tea"], "rating": [5]})
            >>> shop.update(bought).user_status("zoe").tolist()
            ['ratings']
        """
        model = self._fitted()
        changes = Changes.none()
        if interactions is not None:
            changes = Changes.from_frame(interactions, rated=model.interactions.weight is None)
        self.fitted_ = updated(model, changes, users, items)
        return self

    @property
    def share_changed(self) -> float:
        """Interactions that came, changed or went since the fit, per one that was trained on.

        From .2 on a fit is due: on MovieLens 1M what is updated is at .25 behind a fit by .001 of AUC, .002
        of AUC per user and .005 of ``NDCG@10`` (`python -m benchmarks updates`).
        """
        model = self._fitted()
        return model.n_changed / max(int(model.sides[0].n_fit.sum()), 1)

    def write_job(self, folder, interactions, users=None, items=None, n_shards: int = 4) -> "Job":
        """Write what `fit` would train as a job for several processes.

        ``python -m dbrec.training.workers FOLDER --workers 2`` trains it; `from_job` takes what it learned.
        The frames are those of `fit`; each batch is cut into `n_shards`, the most workers that can share it.

        Raises:
            OSError: If the folder holds something or can't be written; nothing is left behind.
            TypeError, ValueError: As `fit`; if `n_shards` isn't from 1 to 512, or `epochs` is None.

        Example:
            >>> HybridRecommender(epochs=1).write_job(folder / "job", ratings, users, items).epochs
            1
        """
        from dbrec.training.fit import prepare
        from dbrec.training.workers.jobs import check_job, write_job

        settings = Settings(**self.get_params())
        check_job(folder, settings, n_shards)
        known = Interactions.from_frame(interactions, settings.liked_from)
        return write_job(folder, prepare(settings, known, users, items), n_shards)

    @classmethod
    def from_job(cls, folder) -> "HybridRecommender":
        """Make the recommender that the job in a folder, trained to its end, has learned.

        Raises:
            FileNotFoundError: If there is no job, or it hasn't been trained to its end.
            ValueError: If a file is damaged, or of another job.
        """
        from dbrec.training.workers.state import trained_model

        trained = trained_model(folder)
        recommender = cls(**vars(trained.model.settings))
        return recommender._serve(trained.model, trained.network_train, trained.network_predict)

    @classmethod
    def mean_of(cls, recommenders: Iterable["HybridRecommender"]) -> "HybridRecommender":
        """Make one of several that were fitted on the same data, with different seeds or in parallel.

        Liking is the mean of theirs; choice, which hardly has a seed, and settings are those of the first.

        Raises:
            TypeError: If one isn't a recommender.
            ValueError: If there are none, their interactions or features differ, or one was updated since.

        Example:
            >>> HybridRecommender.mean_of([shop, shop]).user_ids.equals(shop.user_ids)
            True
        """
        given = list(recommenders) if isinstance(recommenders, Iterable) else [recommenders]
        if others := [type(one).__name__ for one in given if not isinstance(one, HybridRecommender)]:
            raise TypeError(f"recommenders holds a {others[0]}: give a list of fitted recommenders")
        if not (models := [recommender._fitted() for recommender in given]):
            raise ValueError("there are no recommenders: give at least one")
        return cls(**vars(models[0].settings))._serve(mean_of(models))

    def _serve(self, model: FittedModel, network_train=None, network_predict=None) -> "HybridRecommender":
        """Take all that was fitted, at once."""
        self.fitted_, self.training_log_ = model, model.training_log
        self.network_train_, self.network_predict_ = network_train, network_predict
        return self

    def __copy__(self) -> "HybridRecommender":
        return copy.deepcopy(self)  # an update writes into vectors, which two may not share

    def __getstate__(self) -> dict:
        """Leave the networks out of copies and pickles, which serve without them."""
        state = dict(super().__getstate__())
        return state | {name: None for name in ("network_train_", "network_predict_") if name in state}

    def save(self, path) -> None:
        """Write the recommender to a folder: JSON and plain arrays, each with its digest, and no pickle.

        Args:
            path: Folder to make, an empty one, or one that holds a recommender: the new version takes its
                place in one step, and other files there are kept.

        Raises:
            OSError: If `path` holds something else or can't be written. Nothing is changed.
        """
        self._fitted().save(path)

    @classmethod
    def load(cls, path) -> "HybridRecommender":
        """Read the recommender that `save` has written to a folder; it scores as it did then.

        Raises:
            FileNotFoundError: If there is none at `path`.
            ValueError: If a file is damaged, or of a format that this version doesn't know.

        Example:
            >>> shop.save(folder / "shop")
            >>> HybridRecommender.load(folder / "shop").score("ann", "tea") == shop.score("ann", "tea")
            array([ True])
        """
        model = FittedModel.load(path)
        return cls(**vars(model.settings))._serve(model)
