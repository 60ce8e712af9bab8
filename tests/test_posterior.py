import numpy as np
import pytest

from dbrec.scoring import posterior
from dbrec.scoring.posterior import Scatter, surprise, variances

RANDOM = np.random.default_rng(0)
ROOT = RANDOM.normal(size=(4, 4))
COVARIANCE = ROOT @ ROOT.T
OTHERS, N_RATINGS = RANDOM.normal(size=(50, 4)), RANDOM.integers(1, 9, 50)
SCATTER = Scatter.of(COVARIANCE, OTHERS, N_RATINGS)
AVERAGE = np.average([np.outer(v, v) for v in OTHERS], axis=0, weights=N_RATINGS)


def dense(met, surprises, n_before=0):
    """Add up precisions: of the prior, of average ratings, and of those met."""
    precision = np.linalg.inv(COVARIANCE) + n_before * AVERAGE / 4 + met.T @ met / 4
    covariance = np.linalg.inv(precision)
    return covariance @ met.T @ surprises, covariance


def test_the_basis_scatters_as_the_vectors_do():
    assert SCATTER.basis @ SCATTER.basis.T == pytest.approx(COVARIANCE)


@pytest.mark.parametrize("n_before", [0, 7])
def test_ratings_move_a_vector_as_a_step_of_logistic_regression_does(n_before):
    met, surprises = RANDOM.normal(size=(6, 4)), RANDOM.normal(size=6)
    start = RANDOM.normal(size=4)
    after = SCATTER.after(start, met, surprises, n_before)
    step, covariance = dense(met, surprises, n_before)
    assert after.mean == pytest.approx(start + step)
    assert after.root @ after.root.T == pytest.approx(covariance)


@pytest.mark.parametrize("at_once", [1, 2, 256])
def test_many_vectors_move_as_each_of_them_does(at_once, monkeypatch):
    monkeypatch.setattr(posterior, "AT_ONCE", at_once)
    met, surprises, starts = RANDOM.normal(size=(9, 4)), RANDOM.normal(size=9), [0, 2, 3]
    vectors, n_before = RANDOM.normal(size=(3, 4)), [0, 5, 100]
    ends = [2, 3, 9]
    alone = [
        SCATTER.after(vector, met[s:e], surprises[s:e], n).mean
        for vector, s, e, n in zip(vectors, starts, ends, n_before, strict=True)
    ]
    assert SCATTER.all_after(vectors, met, surprises, starts, n_before) == pytest.approx(np.array(alone))


def test_average_ratings_make_as_sure_as_so_many_of_them_do():
    for n in (0, 5, 1000):
        covariance = dense(np.zeros((0, 4)), np.zeros(0), n)[1]
        found = SCATTER.basis * SCATTER.after_average([n]) @ SCATTER.basis.T
        assert found == pytest.approx(covariance)


def test_the_variance_of_a_product_is_that_of_drawn_ones():
    roots, means = 0.3 * RANDOM.normal(size=(2, 4, 4)), RANDOM.normal(size=(2, 4))
    size = np.array([1.0, 0.5, 2.0, 0.1])
    users = means[0] + RANDOM.normal(size=(200_000, 4)) @ roots[0].T
    items = means[1] + (RANDOM.normal(size=(200_000, 4)) * size**0.5) @ roots[1].T
    pair = means[0][None], means[1][None]
    found = variances(*pair, (roots[0], None), (roots[1], size[None]))
    assert found == pytest.approx([(users * items).sum(axis=1).var()], rel=0.02)


def test_without_ratings_the_guess_stays():
    start = np.array([1.0, 2.0, 3.0, 4.0])
    assert SCATTER.after(start, np.zeros((0, 4)), np.zeros(0)).mean.tolist() == start.tolist()


def test_what_was_expected_moves_nothing_and_a_surprise_moves_much():
    item = np.array([[1.0, 0.0, 0.0, 0.0]])
    moved = [SCATTER.after(np.zeros(4), item, surprise([True], [odds])).mean[0] for odds in (9.0, 0.0, -9.0)]
    assert moved[0] == pytest.approx(0, abs=1e-2) and moved[0] < moved[1] < moved[2]


def test_a_direction_in_which_nobody_differs_stays():
    flat = Scatter.of(np.diag([1.0, 0.0]), np.ones((3, 2)), np.ones(3))
    told = flat.after(np.zeros(2), np.ones((3, 2)), np.full(3, 0.5)).mean
    assert told[1] == 0 and told[0] > 0
