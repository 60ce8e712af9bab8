from collections import Counter

import numpy as np
import pandas as pd
import pytest

from dbrec._quiet import keras, tf
from dbrec.features.encoder import FeatureEncoder
from dbrec.lessons.original_post import build_post_model
from dbrec.training.layers import FeatureTower, TripletLossLayer
from dbrec.training.losses import sigmoid_loss
from dbrec.training.towers import build_model, build_predict, build_towers


def encoders():
    users = pd.DataFrame({"job": ["cook", "spy", "spy"]}, index=[1, 2, 3])
    items = pd.DataFrame({"year": [1990, 2000, 2010], "genres": [("a",), ("b", "a"), ()]}, index=[7, 8, 9])
    return FeatureEncoder.fit([1, 2, 3], users), FeatureEncoder.fit([7, 8, 9], items)


def kinds(network):
    return Counter(type(layer).__name__ for layer in network.layers)


def test_the_posts_network_has_the_layers_it_lists():
    network_train, network_predict = build_post_model(3, 18, 60, 4000)
    assert kinds(network_train) == {
        "InputLayer": 3,
        "Embedding": 2,
        "Flatten": 3,
        "Dense": 3,
        "TripletLossLayer": 1,
    }
    assert kinds(network_predict)["ScoreLayer"] == 1
    scores = network_predict.predict([np.zeros((5, 3)), np.ones((5, 18))], verbose=0)
    assert scores.shape == (5,) and ((scores > 0) & (scores < 1)).all()  # softmax on both sides


def test_both_networks_hold_the_same_towers_and_so_the_same_weights():
    network_train, network_predict = build_model(*encoders(), embedding_dim=4)
    for name in ("user_tower", "item_tower"):
        assert network_train.get_layer(name) is network_predict.get_layer(name)
    rows = encoders()[0]([1, 2]), encoders()[1]([7, 8])
    before = network_predict.predict([*rows], verbose=0)
    for weight in network_train.trainable_weights:
        weight.assign(weight + 0.1)
    assert not np.allclose(before, network_predict.predict([*rows], verbose=0))


def test_a_tower_adds_the_rows_of_its_tables_and_pins_the_other_sides_bias():
    users, items = encoders()
    network = build_model(users, items, embedding_dim=4)[1]
    for side, encoder, ids in (("user", users, [2]), ("item", items, [8])):
        tower = network.get_layer(f"{side}_tower")
        tables = [table.weights[0].numpy() for table in tower.tables]
        row = encoder(ids)[0]
        if side == "user":
            total = tables[0][row[0]] + tables[1][row[1]]
            expected = [*total[:4], total[4], 1]
        else:
            total = tables[0][row[0]] + tables[1][row[1]] + row[2:] @ tables[2]
            expected = [*total[:4], 1, total[4]]
        assert tower(row[None]).numpy()[0] == pytest.approx(expected, abs=1e-6)


def test_a_score_is_the_dot_product_and_does_not_depend_on_its_batch_mates():
    users, items = encoders()
    network = build_model(users, items, embedding_dim=4)[1]
    user_rows, item_rows = users([1, 2, 3]), items([7, 8, 9])
    together = network.predict([user_rows, item_rows], verbose=0)
    u, i = (
        network.get_layer(f"{side}_tower")(rows) for side, rows in (("user", user_rows), ("item", item_rows))
    )
    assert together == pytest.approx(np.sum(u * i, axis=1), abs=1e-6)
    for place in range(3):
        alone = network.predict([user_rows[[place]], item_rows[[place]]], verbose=0)
        assert alone[0] == pytest.approx(together[place], abs=1e-6)


def test_a_tower_adds_the_product_of_a_history_and_nothing_where_none_comes():
    tower = FeatureTower([("id", "one-hot", 2)], "user", embedding_dim=1, history_dim=2)
    rows = np.ones((1, 1), np.int32)
    whole = tower([rows, np.float32([[1, -1]])]).numpy()[0]
    table, matrix = (part.weights[0].numpy() for part in (tower.tables[0], tower.history))
    assert whole[:2] == pytest.approx(table[1] + matrix[0] - matrix[1], abs=1e-6)
    assert tower(rows).numpy()[0, :2] == pytest.approx(table[1], abs=1e-6)


def test_the_network_that_predicts_takes_the_history_of_the_user_at_the_end():
    users, items = encoders()
    network = build_predict(
        *build_towers(users, items, embedding_dim=4, history_dim=2), users.width, items.width
    )
    assert [layer.name for layer in network.inputs] == ["user", "item", "user_history"]
    rows, history = [users([1]), items([7])], np.float32([[3, 4]])
    user_tower, item_tower = (network.get_layer(f"{side}_tower") for side in ("user", "item"))
    expected = user_tower([rows[0], history]).numpy() @ item_tower(rows[1]).numpy()[0]
    assert network.predict([*rows, history], verbose=0) == pytest.approx(expected, abs=1e-6)


def test_codes_are_dropped_in_training_alone_and_in_the_share_asked_for():
    tower = FeatureTower([("id", "one-hot", 2)], "user", embedding_dim=1, dropout=0.25)
    rows = np.ones((4000, 1), np.int32)
    tower(rows)
    tower.tables[0].set_weights([np.array([[5.0, 0.0], [1.0, 0.0]])])
    assert set(tower(rows).numpy()[:, 0]) == {1.0}
    assert (tower(rows, training=True).numpy()[:, 0] == 5).mean() == pytest.approx(0.25, abs=0.03)


def test_the_loss_layer_gives_the_loss_and_adds_its_mean_and_the_penalty():
    a, p, n = np.array([[1.0, 2]]), np.array([[3.0, 0]]), np.array([[0.0, 1]])
    layer = TripletLossLayer(sigmoid_loss, l2=0.5)
    x = 3.0 - 2.0
    assert layer([a, p, n]).numpy() == pytest.approx([1 / (1 + np.exp(x))])
    assert sum(float(loss) for loss in layer.losses) == pytest.approx(1 / (1 + np.exp(x)) + 0.5 * (5 + 9 + 1))


def test_the_gradient_of_the_loss_agrees_with_the_formula():
    random = np.random.default_rng(0)
    a, p, n = (tf.Variable(random.normal(size=(1, 3))) for _ in range(3))
    with tf.GradientTape() as tape:
        loss = TripletLossLayer(dtype="float64")([a, p, n])[0]
    slope = -1 / (1 + np.exp(np.sum(a * (p - n))))
    expected = [slope * (p - n), slope * a, -slope * a]
    for found, formula in zip(tape.gradient(loss, [a, p, n]), expected, strict=True):
        assert found.numpy() == pytest.approx(np.asarray(formula), rel=1e-5)


def test_without_item_anchors_the_network_takes_one_triplet():
    network_train, _ = build_model(*encoders(), embedding_dim=4, item_anchors=False)
    assert [tensor.name for tensor in network_train.inputs] == [
        "user_anchor",
        "item_positive",
        "item_negative",
    ]
    assert network_train.count_params() == build_model(*encoders(), embedding_dim=4)[0].count_params()


def test_the_networks_survive_keras_own_format(tmp_path):
    rows = [encoders()[0]([1, 3]), encoders()[1]([9, 7])]
    network = build_model(*encoders(), embedding_dim=4)[1]
    network.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    assert loaded.predict(rows, verbose=0) == pytest.approx(network.predict(rows, verbose=0), abs=1e-6)
    build_model(*encoders(), embedding_dim=4)[0].save(tmp_path / "train.keras")
    assert keras.models.load_model(tmp_path / "train.keras").get_layer("user_triplet_loss").l2 == 0.01


def test_the_seed_decides_the_first_weights():
    first, again, other = (build_model(*encoders(), seed=seed)[0].get_weights()[1] for seed in (0, 0, 1))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"embedding_dim": 0}, "embedding_dim is 0: give a whole number of at least 1"),
        ({"dropout": 1.0}, r"dropout is 1.0: give a finite number in \[0, 1\)"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        build_model(*encoders(), **arguments)


def test_a_tower_of_no_side_is_refused():
    with pytest.raises(ValueError, match="side is 'film': give 'user' or 'item'"):
        FeatureTower([], "film")


def test_a_film_as_positive_and_as_negative_is_the_same_only_where_both_share_a_dense_layer():
    rows = [np.array([[1, 2, 3]]), np.array([[0, 1, 1]]), np.array([[0, 1, 1]])]
    siamese, separate = (build_post_model(3, 3, 9, 9, siamese=shared)[0] for shared in (True, False))
    assert siamese(rows).numpy() == pytest.approx([0.5], abs=1e-7)  # x = a.p - a.p
    outputs = [separate.get_layer(f"{name}_dense").output for name in ("positive", "negative")]
    as_positive, as_negative = keras.Model(separate.inputs, outputs)(rows)
    assert np.abs(as_positive - as_negative).max() > 1e-3
    assert kinds(siamese)["Dense"] == 2
