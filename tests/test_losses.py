import numpy as np
import pytest

from dbrec._quiet import tf
from dbrec.training.losses import bpr_loss, margin_loss, sigmoid_loss

X = np.array([-120, -50, -3, 0, 3, 50, 120], np.float32)


def slopes(loss, x):
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = loss(x)
    return tape.gradient(value, x).numpy()


def test_bpr_is_minus_the_log_of_the_sigmoid():
    exact = np.log1p(np.exp(-X[2:5].astype(float)))
    assert bpr_loss(X[2:5]).numpy() == pytest.approx(exact, rel=1e-6)
    assert bpr_loss(np.float32(0)).numpy() == pytest.approx(np.log(2))


def test_bpr_stays_finite_where_the_log_of_a_sigmoid_is_not():
    assert bpr_loss(X)[0] == 120
    assert np.isinf(tf.math.log(tf.sigmoid(X))[0])


def test_bpr_has_its_full_slope_at_the_worst_triplets_and_none_at_the_best():
    assert slopes(bpr_loss, X)[[0, 1, 3, 6]] == pytest.approx([-1, -1, -0.5, 0], abs=1e-6)


def test_the_posts_loss_has_no_slope_at_the_worst_triplets():
    assert abs(slopes(sigmoid_loss, X)[[0, 1]]).max() < 1e-20
    assert slopes(sigmoid_loss, X)[3] == -0.25


def test_slopes_agree_with_finite_differences():
    points, step = np.linspace(-4, 4, 17), 1e-4
    for loss in (bpr_loss, sigmoid_loss):
        measured = (loss(points + step).numpy() - loss(points - step).numpy()) / (2 * step)
        assert slopes(loss, points) == pytest.approx(measured, abs=1e-6)


def test_the_margin_loss_is_zero_once_the_negative_is_farther_by_the_margin():
    losses = margin_loss(np.array([1.0, 1.0, 1.0]), np.array([0.5, 1.5, 2.0]), margin=1.0)
    assert losses.numpy().tolist() == [1.5, 0.5, 0.0]


def test_the_margin_is_one_by_default():
    # the negative is farther by a half, then by just 1, then by more
    assert margin_loss(np.array([1.0, 1.0, 1.0]), np.array([1.5, 2.0, 2.5])).numpy().tolist() == [
        0.5,
        0.0,
        0.0,
    ]


@pytest.mark.parametrize("margin", [0, -1, np.nan, np.inf, "a", None, True])
def test_a_margin_that_is_not_a_finite_number_above_zero_is_refused(margin):
    with pytest.raises(ValueError, match=r"margin is .*: give a finite number in \(0, inf\)"):
        margin_loss(1.0, 2.0, margin=margin)


def test_the_posts_loss_falls_from_one_to_zero_with_the_difference():
    # sigmoid(log 3) is three quarters
    x = np.log([1 / 3, 1, 3])
    assert sigmoid_loss(x).numpy() == pytest.approx([0.75, 0.5, 0.25])
