import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss
from sklearn.metrics import log_loss as sklearns_log_loss

from dbrec.evaluation.calibration import brier, calibration_error, log_loss, reliability, row_losses

MEASURES = [brier, log_loss, row_losses, reliability, calibration_error]


def random_rows(seed, n=60, distinct=None):
    random = np.random.default_rng(seed)
    probabilities = random.random(n) if distinct is None else random.integers(0, distinct, n) / distinct
    return random.random(n) < probabilities, probabilities


def test_the_brier_score_is_the_mean_squared_distance():
    assert brier([1, 0, 1], [1, 0, 1]) == 0
    assert brier([1, 0], [0, 1]) == 1
    assert brier([1, 1, 0], [0.5, 1, 0.1]) == pytest.approx((0.25 + 0 + 0.01) / 3)


def test_the_log_loss_is_the_mean_surprise_in_nats():
    assert log_loss([1, 0], [0.5, 0.5]) == pytest.approx(np.log(2))
    assert log_loss([1, 0], [0.25, 0.25]) == pytest.approx((np.log(4) + np.log(4 / 3)) / 2)


def test_labels_may_all_be_the_same():
    assert brier([1, 1], [1, 0.5]) == 0.125
    assert brier([0, 0], [1, 0.5]) == 0.625
    assert log_loss([1, 1], [1, 0.5]) == pytest.approx(np.log(2) / 2)
    assert log_loss([0, 0], [0, 0.5]) == pytest.approx(np.log(2) / 2)
    assert calibration_error([0, 0], [0.25, 0.25]) == 0.25


def test_what_was_called_impossible_costs_36_nats_and_not_infinitely_many():
    assert log_loss([1, 0], [0, 1]) == pytest.approx(-np.log(np.finfo(float).eps))
    assert row_losses([1, 0], [0, 1])["log_loss"].tolist() == pytest.approx([36.04, 36.04], abs=0.01)


@given(st.integers(0, 10_000), st.sampled_from([None, 4]))
def test_the_means_of_what_rows_cost_are_scikit_learns_losses(seed, distinct):
    liked, probabilities = random_rows(seed, distinct=distinct)
    means = row_losses(liked, probabilities).mean()
    assert means["brier"] == pytest.approx(brier_score_loss(liked, probabilities))
    assert means["brier"] == pytest.approx(brier(liked, probabilities))
    expected = sklearns_log_loss(liked, probabilities, labels=[False, True])
    assert means["log_loss"] == pytest.approx(expected)
    assert log_loss(liked, probabilities) == pytest.approx(expected)


def test_bins_hold_equally_many_rows_in_ascending_order_of_probability():
    probabilities = np.arange(20) / 20
    bins = reliability(probabilities >= 0.5, probabilities, n_bins=5)
    assert list(bins) == ["predicted", "liked", "n"]
    assert bins["n"].tolist() == [4, 4, 4, 4, 4]
    assert bins["predicted"].tolist() == pytest.approx([0.075, 0.275, 0.475, 0.675, 0.875])
    assert bins["liked"].tolist() == [0, 0, 0.5, 1, 1]  # the third bin holds 0.40, 0.45, 0.50 and 0.55
    shuffled = np.random.default_rng(0).permutation(20)
    again = reliability((probabilities >= 0.5)[shuffled], probabilities[shuffled], n_bins=5)
    pd.testing.assert_frame_equal(again, bins)


def test_bins_are_fewer_where_there_are_fewer_probabilities():
    bins = reliability([0, 1, 1, 1, 0, 1], [0.25, 0.25, 0.5, 0.5, 0.5, 0.75])
    assert bins["predicted"].tolist() == [0.25, 0.5, 0.75]
    assert bins["liked"].tolist() == pytest.approx([1 / 2, 2 / 3, 1])
    assert bins["n"].tolist() == [2, 3, 1]
    assert reliability([0, 1], [0.5, 0.5]).to_numpy().tolist() == [[0.5, 0.5, 2]]
    one_beside_many = reliability([0] * 99 + [1], [0.25] * 99 + [0.75])
    assert one_beside_many["n"].tolist() == [99, 1]


def test_one_bin_holds_all_rows():
    assert reliability([0, 1, 1, 1], [0.25, 0.5, 0.75, 1], n_bins=1).to_numpy().tolist() == [[0.625, 0.75, 4]]


@given(st.integers(0, 10_000), st.sampled_from([None, 3, 12]), st.integers(1, 15))
def test_bins_part_the_rows_and_no_probability_is_in_two(seed, distinct, n_bins):
    liked, probabilities = random_rows(seed, distinct=distinct)
    bins = reliability(liked, probabilities, n_bins)
    assert 1 <= len(bins) <= min(n_bins, len(set(probabilities)))
    assert bins["n"].sum() == len(liked)
    assert (bins["n"] * bins["liked"]).sum() == pytest.approx(liked.sum())
    # Rows in order of probability, cut where bins end: the neighbours of each cut differ.
    ordered, ends = np.sort(probabilities), np.cumsum(bins["n"])[:-1]
    assert (ordered[ends - 1] < ordered[ends]).all()
    starts = np.append(0, ends)
    assert bins["predicted"].to_numpy() == pytest.approx(np.add.reduceat(ordered, starts) / bins["n"])
    if distinct is None:
        assert bins["n"].max() - bins["n"].min() <= 1


def test_the_calibration_error_is_the_mean_distance_over_rows_and_not_over_bins():
    # Three rows of 0.5 of which two are liked, a row of 1 that isn't.
    assert calibration_error([1, 1, 0, 0], [0.5, 0.5, 0.5, 1]) == pytest.approx((3 * (2 / 3 - 0.5) + 1) / 4)
    assert calibration_error([1, 0, 1, 1], [0.5, 0.5, 1, 1]) == 0


def test_too_high_and_too_low_do_not_cancel_across_bins_but_do_in_one():
    rows = [0, 1], [0.25, 0.75]
    assert calibration_error(*rows) == 0.25
    assert calibration_error(*rows, n_bins=1) == 0


def test_true_probabilities_have_a_small_error_and_those_rounded_to_certainty_a_large_one():
    liked, probabilities = random_rows(0, n=20_000)
    surer = np.where(probabilities < 0.5, 0.0, 1.0)
    assert calibration_error(liked, probabilities) < 0.02
    assert calibration_error(liked, surer) == pytest.approx(0.25, abs=0.01)  # the mean distance to 0 or 1


def test_by_default_there_are_ten_bins():
    rows = random_rows(1, n=200)
    assert len(reliability(*rows)) == 10
    assert calibration_error(*rows) == calibration_error(*rows, n_bins=10)


def test_labels_and_probabilities_may_come_in_any_wrapping():
    assert brier(pd.array([True, False], "boolean"), pd.array([0.5, 0.5], "Float64")) == 0.25
    assert brier(pd.Series([1, 0], index=[7, 7]), np.array([0.5, 0.5], np.float32)) == 0.25


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(
    ("liked", "probabilities", "message"),
    [
        ([1, 2], [0.5, 0.5], "liked holds 2: give true or false"),
        ([1, None], [0.5, 0.5], "liked holds None: give true or false"),
        (np.ma.array([1, 0], mask=[0, 1]), [0.5, 0.5], "liked holds nan: give true or false"),
        ([1, 0], np.ma.array([0.5, 0.5], mask=[0, 1]), "1 probabilities are not finite numbers"),
        ([1, 0], [0.5, 1.5], r"1 probabilities are outside \[0, 1\], such as 1.5: give probabilities of"),
        ([1, 0], [-0.5, -1], r"2 probabilities are outside \[0, 1\], such as -0.5: .* not scores"),
        ([1, 0], [0.5, np.nan], "1 probabilities are not finite numbers: give one a row"),
        ([1, 0], [np.inf, 0.5], "1 probabilities are not finite numbers"),
        ([1, 0], ["0.5", "1"], r"probabilities are string, such as \['0.5', '1'\]: give numbers"),
        ([1, 0], [0.5], r"liked has shape \(2,\) and probabilities \(1,\): give one label and one"),
        ([[1, 0]], [[0.5, 1]], r"liked has shape \(1, 2\) and probabilities \(1, 2\): give one label"),
        ([], [], "liked and probabilities have no rows: give at least one"),
    ],
)
def test_what_is_no_label_or_no_probability_is_refused(measure, liked, probabilities, message):
    with pytest.raises(ValueError, match=message):
        measure(liked, probabilities)


@pytest.mark.parametrize("measure", [reliability, calibration_error])
@pytest.mark.parametrize("n_bins", [0, -1, 2.5, "10", None, True])
def test_a_number_of_bins_that_is_not_a_whole_number_from_one_is_refused(measure, n_bins):
    with pytest.raises(ValueError, match="n_bins is .*: give a whole number of at least 1"):
        measure([1, 0], [0.5, 0.5], n_bins)
