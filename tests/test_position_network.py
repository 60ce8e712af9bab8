import numpy as np
import pandas as pd
import pytest

from dbrec._quiet import tf
from dbrec.features.encoder import FeatureEncoder
from dbrec.interactions import Interactions
from dbrec.scoring.choice import item_factors
from dbrec.training.accumulate import number_of_parts
from dbrec.training.batches import position_dataset
from dbrec.training.histories import Histories
from dbrec.training.position_network import PositionNetwork, Prior
from dbrec.training.sampling import RatedTriplets, TripletSampler
from dbrec.training.towers import build_model, build_towers

USERS, ITEMS = np.array([0, 0, 0, 1, 1, 2, 2, 3]), np.array([0, 1, 2, 0, 1, 1, 2, 2])
STARS = np.array([5, 4, 1, 5, 2, 3, 4, 5])
JOBS = pd.DataFrame({"job": ["cook", "spy", "spy", "cook"]}, index=range(4))
GENRES = pd.DataFrame({"genres": [("a",), ("b", "a"), ()]}, index=range(3))
ENCODERS = FeatureEncoder.fit(range(4), JOBS), FeatureEncoder.fit(range(3), GENRES)
ROWS = [encoder(encoder.trained_ids) for encoder in ENCODERS]
SAMPLERS = TripletSampler(USERS, ITEMS, STARS), TripletSampler(ITEMS, USERS, STARS, 4)


def batch(size=6):
    return tuple(sampler.sample_rated(size) for sampler in SAMPLERS)


def histories():
    frame = pd.DataFrame({"user_id": USERS, "item_id": ITEMS, "rating": STARS})
    interactions = Interactions.from_frame(frame, liked_from=4)
    return Histories(item_factors(interactions, dim=3).as_rated, interactions)


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
    expected = gradients(by_rows, rows, by_rows.trainable_weights)
    by_table = PositionNetwork(*towers, *ROWS, l2=0.1)
    found = gradients(by_table, (of_user, of_item), by_rows.trainable_weights)
    assert found[0] == pytest.approx(expected[0], rel=1e-6)
    for ours, theirs in zip(found[1], expected[1], strict=True):
        assert ours == pytest.approx(theirs, abs=1e-7)


def test_a_batch_in_parts_gives_the_losses_and_gradients_of_the_whole(monkeypatch):
    towers = build_towers(*ENCODERS, embedding_dim=4, dropout=0, history_dim=6)
    network, triplets = PositionNetwork(*towers, *ROWS, histories=histories()), batch()
    network.build(None)
    whole = gradients(network, triplets, network.trainable_weights)
    monkeypatch.setattr("dbrec.training.accumulate.TRIPLETS_AT_ONCE", 2)
    parts = gradients(network, triplets, network.trainable_weights)
    assert number_of_parts(6) == 3 and parts[0] == pytest.approx(whole[0], rel=1e-6)
    for ours, theirs in zip(parts[1], whole[1], strict=True):
        assert ours == pytest.approx(theirs, rel=1e-6, abs=1e-7)


def left_out_score(towers, user, item, left_out):
    """Score a pair by the towers, with some of the user's ratings taken out of their history."""
    whole = histories()
    row = whole.inputs[user].copy()
    for other in left_out:
        stars = STARS[(USERS == user) & (ITEMS == other)][0]
        above = (stars - STARS.mean()) / STARS.std()
        row -= np.concatenate([whole.brought[other], above * whole.brought[other]]) * whole.scale[user]
    of_user, of_item = towers[0]([ROWS[0][[user]], row[None]]), towers[1](ROWS[1][[item]])
    return (of_user.numpy() @ of_item.numpy().T)[0, 0]


def test_users_are_computed_as_if_they_had_not_rated_the_items_compared():
    towers = build_towers(*ENCODERS, embedding_dim=4, dropout=0, history_dim=6)
    network, triplets = PositionNetwork(*towers, *ROWS, histories=histories()), batch()
    network.build(None)
    found = [part.numpy() for part in network.triplet_losses(network.tables(), triplets)]
    for place in range(6):
        user, better, worse = (part[place] for part in triplets[0][:3])
        both = better, worse
        x = left_out_score(towers, user, better, both) - left_out_score(towers, user, worse, both)
        assert found[0][place] == pytest.approx(np.log1p(np.exp(-x)), abs=1e-5)
        item, fan, other = (part[place] for part in triplets[1][:3])
        x = left_out_score(towers, fan, item, [item]) - left_out_score(towers, other, item, [item])
        assert found[1][place] == pytest.approx(np.log1p(np.exp(-x)), abs=1e-5)


def test_what_was_never_rated_is_not_taken_out_of_a_history():
    towers = build_towers(*ENCODERS, embedding_dim=4, dropout=0, history_dim=6)
    network = PositionNetwork(*towers, *ROWS, histories=histories(), negatives_rated=False)
    network.build(None)
    # user 1 rated items 0 and 1 and never 2; item 0 was rated by users 0 and 1 and never by 3
    of_user = RatedTriplets(*np.array([[1], [0], [2]]), *np.float32([[5], [0]]))
    of_item = RatedTriplets(*np.array([[0], [1], [3]]), *np.float32([[5], [0]]))
    found = [part.numpy() for part in network.triplet_losses(network.tables(), (of_user, of_item))]
    x = left_out_score(towers, 1, 0, [0]) - left_out_score(towers, 1, 2, [0])
    assert found[0] == pytest.approx(np.log1p(np.exp(-x)), abs=1e-5)
    x = left_out_score(towers, 1, 0, [0]) - left_out_score(towers, 3, 0, [])
    assert found[1] == pytest.approx(np.log1p(np.exp(-x)), abs=1e-5)


def test_a_side_alone_can_be_the_anchor():
    towers = build_towers(*ENCODERS, embedding_dim=4, dropout=0)
    both = PositionNetwork(*towers, *ROWS, l2=0.1)
    of_user, of_item = batch()
    whole = float(both((of_user, of_item)))
    alone = [
        float(PositionNetwork(*towers, *ROWS, l2=0.1, anchors=(side,))((triplets,)))
        for side, triplets in (("user", of_user), ("item", of_item))
    ]
    assert sum(alone) == pytest.approx(whole, rel=1e-5)


def test_training_starts_from_the_prior_and_is_drawn_back_to_it():
    towers = build_towers(*ENCODERS, embedding_dim=4, dropout=0)
    starts = np.array([1.0, 2, 3, 4]), np.array([-1.0, 0, 1])
    strengths = np.array([0.5, 2.0]), np.array([0.25, 4.0])
    network = PositionNetwork(*towers, *ROWS, l2=0.0, prior=Prior(starts, strengths))
    network.build(None)
    tables = [[table.weights[0].numpy() for table in tower.tables] for tower in towers]
    assert tables[0][0][:, -1].tolist() == [0, 1, 2, 3, 4] and tables[1][0][:, -1].tolist() == [0, -1, 0, 1]
    of_id, of_job, of_film, of_genres = *tables[0], *tables[1]
    expected = 0.5 * (of_id[:, :-1] ** 2).sum() + 2 * (of_job**2).sum()
    expected += 0.25 * (of_film[:, :-1] ** 2).sum() + 4 * (of_genres**2).sum()
    assert float(network.prior.penalty(*towers)) == pytest.approx(expected, rel=1e-5)
    moved = of_id.copy()
    moved[2, -1] += 3.0
    towers[0].tables[0].set_weights([moved])
    assert float(network.prior.penalty(*towers)) == pytest.approx(expected + 0.5 * 9, rel=1e-5)


def test_items_alone_learn_from_the_histories_of_who_chose_them():
    towers = build_towers(*ENCODERS, embedding_dim=4, dropout=0, history_dim=6)
    how = {"histories": histories(), "anchors": ("item",), "negatives_rated": False}
    network = PositionNetwork(*towers, *ROWS, l2=0.0, **how)
    network.build(None)
    # item 0 was rated by users 0 and 1 and never by 2 and 3, item 1 by 0, 1 and 2, item 2 by 0, 2 and 3
    items, fans, others = [0, 1, 2], [1, 2, 3], [3, 3, 1]
    stars = np.float32([5, 3, 5])
    triplets = RatedTriplets(*map(np.array, (items, fans, others)), stars, np.zeros(3, np.float32))
    losses = [
        np.log1p(np.exp(left_out_score(towers, other, item, []) - left_out_score(towers, fan, item, [item])))
        for item, fan, other in zip(items, fans, others, strict=True)
    ]
    assert float(network((triplets,))) == pytest.approx(np.mean(losses), abs=1e-6)


def test_the_penalty_is_on_the_vectors_with_the_whole_histories():
    towers = build_towers(*ENCODERS, embedding_dim=4, dropout=0, history_dim=6)
    network = PositionNetwork(*towers, *ROWS, l2=0.1, histories=histories())
    network.build(None)
    users, items = towers[0]([ROWS[0], histories().inputs]).numpy(), towers[1](ROWS[1]).numpy()
    of_user, of_item = batch()
    vectors = [users[of_user.anchor], items[of_user.positive], items[of_user.negative]]
    vectors += [items[of_item.anchor], users[of_item.positive], users[of_item.negative]]
    expected = 0.1 * sum((part**2).sum(axis=1).mean() for part in vectors)
    found = network.penalty(network.tables(), (of_user, of_item))
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_the_prior_draws_the_map_of_histories_to_0_as_strongly_as_the_ids():
    starts, strengths = (np.zeros(4), np.zeros(3)), (np.array([0.5, 2.0]), np.array([0.25, 4.0]))
    prior = Prior(starts, strengths)
    plain, with_history = (
        build_towers(*ENCODERS, embedding_dim=4, dropout=0, history_dim=dim) for dim in (0, 6)
    )
    for towers in (plain, with_history):
        PositionNetwork(*towers, *ROWS).build(None)
    added = float(prior.penalty(*with_history)) - float(prior.penalty(*plain))
    kernel = with_history[0].history.kernel.numpy()
    assert added == pytest.approx(0.5 * (kernel**2).sum(), rel=1e-3)


@pytest.mark.parametrize("anchors", [("user",), ("item",), ("user", "item")])
def test_the_gradient_of_the_prior_is_twice_its_strength_whatever_the_anchors(anchors):
    towers = build_towers(*ENCODERS, embedding_dim=4, dropout=0)
    starts = np.array([1.0, 2, 3, 4]), np.array([-1.0, 0, 1])
    prior = Prior(starts, (np.array([0.5, 2.0]), np.array([0.25, 4.0])))
    drawn = dict(zip(("user", "item"), batch(), strict=True))
    triplets = tuple(drawn[side] for side in anchors)
    with_prior = PositionNetwork(*towers, *ROWS, prior=prior, anchors=anchors)
    with_prior.build(None)
    weights = [table.weights[0] for tower in towers for table in tower.tables]
    weights[0].assign_add(np.full(weights[0].shape, 0.1))  # away from the start
    without = PositionNetwork(*towers, *ROWS, anchors=anchors)
    found, plain = (gradients(network, triplets, weights)[1] for network in (with_prior, without))
    targets = [np.zeros(weight.shape) for weight in weights]
    targets[0][1:, -1], targets[2][1:, -1] = starts
    for of_both, of_loss, weight, target, strength in zip(
        found, plain, weights, targets, (0.5, 2, 0.25, 4), strict=True
    ):
        assert of_both - of_loss == pytest.approx(2 * strength * (weight.numpy() - target), abs=1e-5)


def test_rows_and_histories_are_no_weights_to_train():
    towers = build_towers(*ENCODERS, embedding_dim=4, history_dim=6)
    network = PositionNetwork(*towers, *ROWS, histories=histories())
    network.compile("sgd")
    network.fit(position_dataset(SAMPLERS, 8), steps_per_epoch=1, verbose=0)
    assert len(network.trainable_weights) == len(towers[0].trainable_weights + towers[1].trainable_weights)
    assert np.array_equal(network.user_columns.rows, ROWS[0])
    assert np.array_equal(network.histories.inputs, histories().inputs)
