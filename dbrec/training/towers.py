"""Build the two networks that share their towers: one to train, one to predict."""

from dbrec._quiet import keras
from dbrec.checks import number, seed_number, whole_number
from dbrec.features.encoder import FeatureEncoder
from dbrec.training.layers import FeatureTower, ScoreLayer, TripletLossLayer


def build_towers(
    users: FeatureEncoder,
    items: FeatureEncoder,
    embedding_dim: int = 64,
    dropout: float = 0.1,
    seed: int = 0,
    history_dim: int = 0,
) -> tuple[FeatureTower, FeatureTower]:
    """Build a tower for each side, ``user_tower`` and ``item_tower``.

    Args:
        users: Encoder of the users' rows.
        items: Encoder of the items' rows.
        embedding_dim: Length of the taste vectors.
        dropout: Chance that a one-hot code is dropped in training, in [0, 1).
        seed: Seed of the first weights.
        history_dim: Length of a user's history (`Histories.inputs`); 0 for towers without.

    Raises:
        ValueError: If `embedding_dim` isn't at least 1, or `dropout` isn't in [0, 1).
    """
    dropout, seed = number("dropout", dropout, "[0, 1)"), seed_number(seed)
    both = {"embedding_dim": whole_number("embedding_dim", embedding_dim), "dropout": dropout}
    return (
        FeatureTower(users.spec, "user", seed=seed, history_dim=history_dim, name="user_tower", **both),
        FeatureTower(items.spec, "item", seed=seed + 1000, name="item_tower", **both),
    )


def build_model(
    users: FeatureEncoder,
    items: FeatureEncoder,
    embedding_dim: int = 64,
    l2: float = 0.01,
    dropout: float = 0.1,
    item_anchors: bool = True,
    seed: int = 0,
) -> tuple[keras.Model, keras.Model]:
    """Build the series' model of the towers of `build_towers`, each used wherever its kind of row comes in.

    The arguments that aren't told of here, and the errors, are those of `build_towers`. `l2` is the weight of
    the penalty on the vectors of each triplet. With `item_anchors`, the training network takes a second
    triplet, (item, a user who liked it, one who didn't), beside (user, liked item, not-liked item); without
    it scores of different users are never compared.

    Returns:
        ``(network_train, network_predict)``. Inputs of the first: rows ``[user, positive item, negative
        item]``, and with `item_anchors` also ``[item, positive user, negative user]``; its outputs are the
        losses of the triplets. The second is as in `build_predict`. Both hold the very same towers.
    """
    towers = build_towers(users, items, embedding_dim, dropout, seed)
    sides = {"user": (towers[0], users.width), "item": (towers[1], items.width)}
    inputs, losses = [], []
    for anchor_side, other_side in [("user", "item"), ("item", "user")][: 1 + item_anchors]:
        vectors = []
        for side, part in [(anchor_side, "anchor"), (other_side, "positive"), (other_side, "negative")]:
            tower, width = sides[side]
            inputs.append(keras.Input((width,), dtype="int32", name=f"{side}_{part}"))
            vectors.append(tower(inputs[-1]))
        losses.append(TripletLossLayer(l2=l2, name=f"{anchor_side}_triplet_loss")(vectors))
    network_train = keras.Model(inputs, losses, name="network_train")
    return network_train, build_predict(*towers, users.width, items.width)


def build_predict(
    user_tower: FeatureTower, item_tower: FeatureTower, user_width: int, item_width: int
) -> keras.Model:
    """Build the network that scores rows ``[user, item]``, and the user's history third where there is one.

    The user tower's ``history_dim`` tells whether there is. Widths are those of a user's and an item's row.
    """
    user = keras.Input((user_width,), dtype="int32", name="user")
    item = keras.Input((item_width,), dtype="int32", name="item")
    dim = user_tower.history_dim
    histories = [keras.Input((dim,), dtype="float32", name="user_history")] if dim else []
    vectors = [user_tower([user, *histories] if dim else user), item_tower(item)]
    return keras.Model([user, item, *histories], ScoreLayer(name="score")(vectors), name="network_predict")
