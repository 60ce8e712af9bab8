import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import Ridge

from dbrec.scoring.newcomers import FeatureMap, after_ratings, log_odds_liked

RANDOM = np.random.default_rng(0)
FEATURES = sparse.csr_matrix(np.eye(2)[RANDOM.integers(0, 2, 400)])
EFFECTS = np.array([[1.0, -1.0, 1.0], [-1.0, 3.0, 1.0]])


def test_a_guess_is_the_mean_of_those_who_share_the_feature():
    vectors = FEATURES @ EFFECTS + RANDOM.normal(0, 0.1, (400, 3))
    guess = FeatureMap(FEATURES, vectors, np.full(400, 50))(sparse.csr_matrix(np.eye(2)))
    means = np.stack([vectors[FEATURES[:, j].toarray()[:, 0] > 0].mean(axis=0) for j in (0, 1)])
    assert guess == pytest.approx(means, abs=0.08)  # drawn together a little by the penalty
    assert abs(guess[0] - guess[1]).max() < abs(means[0] - means[1]).max()


def test_where_no_feature_is_known_the_guess_is_the_mean_vector():
    vectors = FEATURES @ EFFECTS
    for known in (FEATURES, sparse.csr_matrix((400, 0))):
        guess = FeatureMap(known, vectors, np.ones(400))
        nothing = sparse.csr_matrix((1, known.shape[1]))
        assert guess(nothing) == pytest.approx(vectors.mean(axis=0)[None], abs=1e-6)


def test_vectors_of_many_ratings_count_more():
    vectors = np.r_[np.zeros((200, 1)), np.ones((200, 1))]
    features = sparse.csr_matrix(np.ones((400, 1)))
    guess = FeatureMap(features, vectors, np.r_[np.full(200, 5), np.full(200, 1000)])
    assert guess(features[:1])[0, 0] > 0.8


def test_where_everybody_has_rated_little_features_count_as_much():
    vectors = FEATURES @ EFFECTS
    guesses = [FeatureMap(FEATURES, vectors, np.full(400, n))(FEATURES[:5]) for n in (1, 1000)]
    assert guesses[0] == pytest.approx(guesses[1], abs=1e-6)


def test_the_covariance_is_that_of_what_features_do_not_tell():
    noise = RANDOM.normal(0, [0.1, 0.5, 0.0], (400, 3))
    covariance = FeatureMap(FEATURES, FEATURES @ EFFECTS + noise, np.full(400, 50)).covariance
    assert np.diag(covariance) == pytest.approx([0.01, 0.25, 0], abs=0.04)


def test_log_odds_are_drawn_towards_those_of_all():
    index, liked = np.array([0] * 95 + [1]), np.array([True] * 60 + [False] * 35 + [False])
    everyone, many, one, none = 60 / 96, *log_odds_liked(index, liked, 3)
    assert many == pytest.approx(np.log((60 + 5 * everyone) / (35 + 5 * (1 - everyone))))
    assert np.log(everyone / (1 - everyone)) == pytest.approx(none)
    assert none - 1 < one < none


def test_without_ratings_the_guess_stays():
    start = np.array([1.0, 2.0])
    nothing = np.zeros((0, 2)), np.zeros(0, bool), np.zeros(0)
    assert after_ratings(start, np.eye(2), *nothing).tolist() == start.tolist()


def test_ratings_move_the_vector_as_bayesian_linear_regression_does():
    items, liked = RANDOM.normal(size=(30, 4)), RANDOM.random(30) < 0.5
    told = after_ratings(np.zeros(4), 0.5 * np.eye(4), items, liked, np.zeros(30))
    surprise = np.where(liked, 2.0, -2.0)
    ridge = Ridge(alpha=1.0 / 0.5, fit_intercept=False)  # noise over variance
    assert told == pytest.approx(ridge.fit(items, surprise).coef_)


def test_what_was_expected_moves_nothing_and_a_surprise_moves_much():
    item = np.array([[1.0, 0.0]])
    moved = [after_ratings(np.zeros(2), np.eye(2), item, [True], [odds])[0] for odds in (9.0, 0.0, -9.0)]
    assert moved[0] == pytest.approx(0, abs=1e-3) and moved[0] < moved[1] < moved[2]


def test_a_direction_in_which_nobody_differs_stays():
    told = after_ratings(np.zeros(2), np.diag([1.0, 0.0]), np.ones((3, 2)), [True] * 3, np.zeros(3))
    assert told[1] == 0 and told[0] > 0
