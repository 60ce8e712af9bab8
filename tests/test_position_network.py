import numpy as np
import pandas as pd
import pytest

from dbrec._quiet import keras, tf
from dbrec.features.encoder import FeatureEncoder
from dbrec.interactions import Interactions
from dbrec.scoring.choice import item_factors
from dbrec.training.accumulate import number_of_parts
from dbrec.training.batches import position_dataset
from dbrec.training.histories import Histories
from dbrec.training.position_network import PositionNetwork
from dbrec.training.sampling import RatedTriplets, TripletSampler
from dbrec.training.towers import build_model, build_towers

USERS, ITEMS = np.array([0, 0, 0, 1, 1, 2, 2, 3]), np.array([0, 1, 2, 0, 1, 1, 2, 2])
STARS = np.array([5, 4, 1, 5, 2, 3, 4, 5])
JOBS = pd.DataFrame({"job": ["cook", "spy", "spy", "cook"]}, index=range(4))
GENRES = pd.DataFrame({"genres": [("a",), ("b", "a"), ()]}, index=range(3))
ENCODERS = FeatureEncoder.fit(range(4), JOBS), FeatureEncoder.fit(range(3), GENRES)
ROWS = [encoder(encoder.trained_ids) for encoder in ENCODERS]
SAMPLERS = TripletSampler(USERS, ITEMS, STARS), TripletSampler(ITEMS, USERS, STARS, 4)


def batch(members=1, size=6):
    drawn = [sampler.sample_rated(size * members) for sampler in SAMPLERS]
    return tuple(RatedTriplets(*(part.reshape(size, members) for part in triplets)) for triplets in drawn)


def histories():
    factors = item_factors(USERS, ITEMS, STARS >= 4, n_items=3, dim=3)
    frame = pd.DataFrame({"user_id": USERS, "item_id": ITEMS, "rating": STARS})
    return Histories(factors.as_rated, Interactions.from_frame(frame, liked_from=4))


def gradients(network, inputs, weights):
    with tf.GradientTape() as tape:
        network(inputs)
        loss = sum(network.losses)
    return float(loss), [tf.convert_to_tensor(g).numpy() for g in tape.gradient(loss, weights)]


def test_losses_and_gradients_are_those_of_the_network_that_takes_rows():
    by_rows, _ = build_model(*ENCODERS, embedding_dim=4, l2=0.1, dropout=0)
    towers = [by_rows.get_layer(f"{side}_tower") for side in ("user", "item")]
    of_user, of_item = batch()
    user, item = ROWS
    rows = [user[of_user.anchor], item[of_user.positive], item[of_user.negative]]
    rows += [item[of_item.anchor], user[of_item.positive], user[of_item.negative]]
    expected = gradients(by_rows, [part[:, 0] for part in rows], by_rows.trainable_weights)
    by_table = PositionNetwork(*towers, *ROWS, l2=0.1)
    found = gradients(by_table, (of_user, of_item), by_rows.trainable_weights)
    assert found[0] == pytest.approx(expected[0], rel=1e-6)
    for ours, theirs in zip(found[1], expected[1], strict=True):
        assert ours == pytest.approx(theirs, abs=1e-7)


@pytest.mark.parametrize("members", [1, 2])
def test_a_batch_in_parts_gives_the_losses_and_gradients_of_the_whole(monkeypatch, members):
    towers = build_towers(*ENCODERS, embedding_dim=4, dropout=0, history_dim=6, members=members)
    network, triplets = PositionNetwork(*towers, *ROWS, histories=histories()), batch(members)
    network.build(None)
    whole = gradients(network, triplets, network.trainable_weights)
    monkeypatch.setattr("dbrec.training.accumulate.TRIPLETS_AT_ONCE", 2)
    parts = gradients(network, triplets, network.trainable_weights)
    assert number_of_parts(6) == 3 and parts[0] == pytest.approx(whole[0], rel=1e-6)
    for ours, theirs in zip(parts[1], whole[1], strict=True):
        assert ours == pytest.approx(theirs, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("members", [1, 2])
def test_users_are_computed_as_if_they_had_not_rated_the_items_compared(members):
    towers = build_towers(*ENCODERS, embedding_dim=4, dropout=0, history_dim=6, members=members)
    network, whole, triplets = (
        PositionNetwork(*towers, *ROWS, histories=histories()),
        histories(),
        batch(members),
    )
    network.build(None)
    found = [part.numpy() for part in network.triplet_losses(network.tables(), triplets)]

    def score(user, item, left_out, member):
        row = whole.inputs[user].copy()
        for other in left_out:
            stars = STARS[(USERS == user) & (ITEMS == other)][0]
            above = (stars - STARS.mean()) / STARS.std()
            row -= np.concatenate([whole.brought[other], above * whole.brought[other]]) * whole.scale[user]
        vectors = towers[0]([ROWS[0][[user]], row[None]]), towers[1](ROWS[1][[item]])
        user, item = (np.asarray(v).reshape(members, 6)[member] * members**0.5 for v in vectors)
        return user @ item

    for place, member in np.ndindex(6, members):
        user, better, worse = (part[place, member] for part in triplets[0][:3])
        x = score(user, better, (better, worse), member) - score(user, worse, (better, worse), member)
        assert found[0][place, member] == pytest.approx(np.log1p(np.exp(-x)), abs=1e-5)
        item, fan, other = (part[place, member] for part in triplets[1][:3])
        x = score(fan, item, (item,), member) - score(other, item, (item,), member)
        assert found[1][place, member] == pytest.approx(np.log1p(np.exp(-x)), abs=1e-5)


def test_a_member_learns_from_its_own_triplets_alone():
    towers = build_towers(*ENCODERS, embedding_dim=4, dropout=0, members=2)
    network, (of_user, of_item) = PositionNetwork(*towers, *ROWS), batch(members=2)
    network.build(None)
    table = towers[0].tables[0].weights[0]
    with tf.GradientTape() as tape:
        losses = network.triplet_losses(network.tables(), (of_user, of_item))
        loss = sum(keras.ops.sum(part[:, 0]) for part in losses)
    gradient = tf.convert_to_tensor(tape.gradient(loss, table)).numpy()
    assert gradient[:, :5].any() and not gradient[:, 5:].any()


def test_rows_and_histories_are_no_weights_to_train():
    towers = build_towers(*ENCODERS, embedding_dim=4, history_dim=6)
    network = PositionNetwork(*towers, *ROWS, histories=histories())
    network.compile("sgd")
    network.fit(position_dataset(SAMPLERS, 8), steps_per_epoch=1, verbose=0)
    assert len(network.trainable_weights) == len(towers[0].trainable_weights + towers[1].trainable_weights)
    assert np.array_equal(network.user_columns.rows, ROWS[0])
    assert np.array_equal(network.histories.inputs, histories().inputs)
