"""From ratings and features to trained networks: what `HybridRecommender.fit` does once or twice."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dbrec._quiet import keras
from dbrec.features.encoder import FeatureEncoder
from dbrec.scoring.choice import ItemFactors, UserHistory, item_factors
from dbrec.training.batches import position_dataset
from dbrec.training.loop import ValidationAUC, train
from dbrec.training.position_network import TableNetwork
from dbrec.training.sampling import TripletSampler
from dbrec.training.towers import Networks, build_predict, build_towers

MOST_EPOCHS = 50
STEPS, FEWEST_TRIPLETS = 56, 32


@dataclass(frozen=True)
class Settings:
    """The arguments of `HybridRecommender`, which says what they mean."""

    embedding_dim: int = 64
    liked_from: float = 4
    epochs: int | None = 9
    batch_size: int | None = None
    learning_rate: float = 0.003
    l2: float = 0.005
    dropout: float = 0.0
    history_dim: int = 256
    choice_weight: float = 1.0
    members: int = 4
    seed: int = 0
    verbose: bool = True

    def __post_init__(self):
        for name in ("epochs", "batch_size"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} is {value}: give a number of at least 1, or None")


@dataclass(frozen=True)
class Prepared:
    """What training starts from: two encoders, a sampler for each, and what users rated."""

    user_encoder: FeatureEncoder
    item_encoder: FeatureEncoder
    samplers: list[TripletSampler]
    user_history: UserHistory | None


@dataclass(frozen=True)
class Learned:
    """Two encoders, the two networks, and a frame with a row an epoch."""

    user_encoder: FeatureEncoder
    item_encoder: FeatureEncoder
    network_train: keras.Model
    network_predict: keras.Model
    history: pd.DataFrame
    user_history: UserHistory | None


def build(
    settings: Settings, users: FeatureEncoder, items: FeatureEncoder, user_history: UserHistory | None
) -> Networks:
    """Build the two networks that the settings ask for; they share their towers."""
    s, width = settings, user_history.width if user_history else 0
    towers = build_towers(users, items, s.embedding_dim, s.dropout, s.seed, width, s.members)
    rows = users(users.trained_ids), items(items.trained_ids)
    network_train = TableNetwork(*towers, *rows, s.l2, history=user_history, name="network_train")
    return network_train, build_predict(*towers, users.width, items.width)


def sum_up(
    settings: Settings,
    ratings: pd.DataFrame,
    users: FeatureEncoder,
    items: FeatureEncoder,
    factors: ItemFactors | None = None,
) -> UserHistory | None:
    """Sum up what each trained user rated, by given factors or by new ones; None where it isn't wanted."""
    if not settings.history_dim:
        return None
    user_index, item_index = (
        users.trained_ids.get_indexer(ratings["user_id"]),
        items.trained_ids.get_indexer(ratings["item_id"]),
    )
    stars = ratings["rating"].to_numpy()
    liked = stars >= settings.liked_from
    if factors is None:
        size = len(items.trained_ids), settings.history_dim
        factors = item_factors(user_index, item_index, liked, *size, seed=settings.seed)
    return UserHistory(factors, user_index, item_index, stars, liked, len(users.trained_ids))


def prepare(
    settings: Settings, ratings: pd.DataFrame, users: pd.DataFrame | None, items: pd.DataFrame | None
) -> Prepared:
    """Prepare training on checked ratings.

    Raises:
        ValueError: If a feature can't be encoded, or no triplet can be drawn.
    """
    encoders = FeatureEncoder.fit(ratings["user_id"], users), FeatureEncoder.fit(ratings["item_id"], items)
    samplers = _samplers(settings, ratings, *encoders)
    return Prepared(*encoders, samplers, sum_up(settings, ratings, *encoders))


def learn(
    settings: Settings,
    ratings: pd.DataFrame,
    users: pd.DataFrame | None,
    items: pd.DataFrame | None,
    validation: pd.DataFrame | None = None,
    epochs: int | None = None,
) -> Learned:
    """Train new networks on checked ratings.

    Args:
        settings: Settings of the recommender.
        ratings: Columns ``user_id``, ``item_id`` and ``rating``.
        users: User features, indexed by user id, or None.
        items: Item features, indexed by item id, or None.
        validation: Ratings to watch for early stopping, or None.
        epochs: Epochs at most; None takes 50.

    Raises:
        ValueError: If a feature can't be encoded, or no triplet can be drawn.
    """
    prepared = prepare(settings, ratings, users, items)
    encoders, samplers = (prepared.user_encoder, prepared.item_encoder), prepared.samplers
    user_history = prepared.user_history
    batch_size = settings.batch_size or default_batch_size(len(samplers[1]))
    network_train, network_predict = build(settings, *encoders, user_history)
    history = train(
        network_train,
        position_dataset(samplers, batch_size, settings.members),
        steps_per_epoch=-(-len(samplers[1]) // batch_size),
        epochs=MOST_EPOCHS if epochs is None else epochs,
        learning_rate=settings.learning_rate,
        validation=_watch(settings, network_predict, *encoders, user_history, validation),
        verbose=settings.verbose,
    )
    frame = pd.DataFrame(history.history)
    return Learned(*encoders, network_train, network_predict, frame, user_history)


def default_batch_size(n_positives: int) -> int:
    """Take a multiple of 32 that makes at most 56 batches an epoch, whatever the size of the data.

    A step computes the vector of every id, so with more steps for more data the time of an epoch would grow
    by the square of the data's size.

    Example:
        >>> default_batch_size(458_000), default_batch_size(44_000), default_batch_size(10)
        (8192, 800, 32)
    """
    return FEWEST_TRIPLETS * -(-n_positives // (FEWEST_TRIPLETS * STEPS))


def _samplers(settings, ratings, user_encoder, item_encoder) -> list[TripletSampler]:
    """Draw users' triplets from any two of their ratings, and items' from a liked rating and a lower one."""
    user_index = user_encoder.trained_ids.get_indexer(ratings["user_id"])
    item_index = item_encoder.trained_ids.get_indexer(ratings["item_id"])
    stars = ratings["rating"].to_numpy()
    return [
        TripletSampler(user_index, item_index, stars, seed=settings.seed),
        TripletSampler(item_index, user_index, stars, settings.liked_from, seed=settings.seed + 1),
    ]


def _watch(
    settings, network_predict, user_encoder, item_encoder, user_history, validation
) -> ValidationAUC | None:
    if validation is None:
        return None
    rows = user_encoder(validation["user_id"]), item_encoder(validation["item_id"])
    histories = None
    if user_history:
        histories = rows_or_zeros(
            user_history.tower, user_encoder.trained_ids.get_indexer(validation["user_id"])
        )
    liked = validation["rating"].to_numpy() >= settings.liked_from
    return ValidationAUC(network_predict, *rows, validation["user_id"].to_numpy(), liked, histories)


def rows_or_zeros(table: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Take rows of a table, and zeros where the place is -1."""
    return np.where(places[:, None] >= 0, table[places], table.dtype.type(0))
