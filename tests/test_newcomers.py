import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.linear_model import Ridge

from dbrec.features.encoder import FeatureEncoder
from dbrec.scoring import newcomers
from dbrec.scoring.newcomers import ENOUGH, L2, FeatureMap, after_ratings, log_odds_liked, with_newcomers

RANDOM = np.random.default_rng(0)
FEATURES = sparse.csr_matrix(np.eye(2)[RANDOM.integers(0, 2, 400)])
EFFECTS = np.array([[1.0, -1.0, 1.0], [-1.0, 3.0, 1.0]])


def test_a_guess_is_the_mean_of_those_who_share_the_feature():
    vectors = FEATURES @ EFFECTS + RANDOM.normal(0, 0.1, (400, 3))
    guess = FeatureMap.fit(FEATURES, vectors, np.full(400, 50))(sparse.csr_matrix(np.eye(2)))
    means = np.stack([vectors[FEATURES[:, j].toarray()[:, 0] > 0].mean(axis=0) for j in (0, 1)])
    assert guess == pytest.approx(means, abs=0.08)  # drawn together a little by the penalty
    assert abs(guess[0] - guess[1]).max() < abs(means[0] - means[1]).max()


def test_where_no_feature_is_known_the_guess_is_the_mean_vector():
    vectors = FEATURES @ EFFECTS
    for known in (FEATURES, sparse.csr_matrix((400, 0))):
        guess = FeatureMap.fit(known, vectors, np.ones(400))
        nothing = sparse.csr_matrix((1, known.shape[1]))
        assert guess(nothing) == pytest.approx(vectors.mean(axis=0)[None], abs=1e-6)


def test_vectors_of_many_ratings_count_more():
    vectors = np.r_[np.zeros((200, 1)), np.ones((200, 1))]
    features = sparse.csr_matrix(np.ones((400, 1)))
    guess = FeatureMap.fit(features, vectors, np.r_[np.full(200, 5), np.full(200, 1000)])
    assert guess(features[:1])[0, 0] > 0.8


def test_where_everybody_has_rated_little_features_count_as_much():
    vectors = FEATURES @ EFFECTS
    guesses = [FeatureMap.fit(FEATURES, vectors, np.full(400, n))(FEATURES[:5]) for n in (1, 1000)]
    assert guesses[0] == pytest.approx(guesses[1], abs=1e-6)


def test_the_covariance_is_that_of_what_features_do_not_tell():
    noise = RANDOM.normal(0, [0.1, 0.5, 0.0], (400, 3))
    covariance = FeatureMap.fit(FEATURES, FEATURES @ EFFECTS + noise, np.full(400, 50)).covariance
    assert np.diag(covariance) == pytest.approx([0.01, 0.25, 0], abs=0.04)


def exact_ridge(features, vectors, n_ratings):
    """Solve the weighted ridge regression with an intercept, dense and in one step."""
    weights = n_ratings / (n_ratings + ENOUGH) / np.mean(n_ratings / (n_ratings + ENOUGH))
    centred = features.toarray() - np.average(features.toarray(), axis=0, weights=weights)
    middle = np.average(vectors, axis=0, weights=weights)
    equations = centred.T @ (weights[:, None] * centred) + L2 * np.eye(features.shape[1])
    effects = np.linalg.solve(equations, centred.T @ (weights[:, None] * (vectors - middle)))
    return effects, middle - (features.toarray() - centred)[0] @ effects


SHAPES = [(300, 40, 20), (60, 200, 33), (50, 1, 1), (1, 5, 2), (40, 30, 16)]  # rows, columns, targets


def made(rows, columns, targets):
    """Draw features with a long tail, whose last columns may hold nothing, and targets of unlike sizes."""
    random = np.random.default_rng(rows)
    features = random.random((rows, columns)) < 1 / np.arange(1, columns + 1)
    vectors = random.normal(size=(rows, targets)) * np.logspace(0, -6, targets)
    return sparse.csr_matrix(features.astype(float)), vectors, random.integers(1, 500, rows)


def with_solver(monkeypatch, features, vectors, n_ratings, few_ones):
    monkeypatch.setattr(newcomers, "FEW_ONES", few_ones)
    return FeatureMap.fit(features, vectors, n_ratings)


@pytest.mark.parametrize("shape", SHAPES)
def test_all_targets_at_once_get_the_exact_solution_whatever_their_size(monkeypatch, shape):
    data = made(*shape)
    guess = with_solver(monkeypatch, *data, few_ones=0)
    effects, intercept = exact_ridge(*data)
    size = np.abs(data[1]).max(axis=0)
    assert guess.weights / size == pytest.approx(effects / size, abs=1e-6)
    assert guess.intercept / size == pytest.approx(intercept / size, abs=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_both_solvers_agree_as_far_as_that_of_scikit_learn_goes(monkeypatch, shape):
    data = made(*shape)
    one, other = (with_solver(monkeypatch, *data, few_ones=few) for few in (0, 10**9))
    assert one(data[0]) == pytest.approx(other(data[0]), abs=1e-3)
    assert one.covariance == pytest.approx(other.covariance, abs=1e-3)


def test_small_features_keep_the_weights_of_scikit_learn_which_stops_early():
    features, vectors, n_ratings = made(300, 40, 20)
    found = FeatureMap.fit(features, vectors, n_ratings).weights
    certainty = n_ratings / (n_ratings + ENOUGH)
    theirs = Ridge(L2).fit(features, vectors, sample_weight=certainty / certainty.mean()).coef_.T
    assert np.array_equal(found, theirs.astype(np.float32))
    assert abs(found - exact_ridge(features, vectors, n_ratings)[0]).max() > 1e-5


@pytest.mark.parametrize("few_ones", [0, 10**9])
def test_columns_that_all_have_or_none_has_tell_nothing(monkeypatch, few_ones):
    same = sparse.hstack([FEATURES, np.ones((400, 1)), np.zeros((400, 1))], "csr")
    guess = with_solver(monkeypatch, same, FEATURES @ EFFECTS, np.full(400, 50), few_ones)
    assert guess.weights[2:] == pytest.approx(np.zeros((2, 3)), abs=1e-6)
    assert abs(guess.weights[:2, :2]).min() > 0.9  # the third number is the same for both colours


@pytest.mark.parametrize("width", [0, 3])
@pytest.mark.parametrize("few_ones", [0, 10**9])
def test_without_a_feature_of_anyone_weights_are_nought(monkeypatch, few_ones, width):
    nothing = sparse.csr_matrix((400, width))
    guess = with_solver(monkeypatch, nothing, FEATURES @ EFFECTS, np.full(400, 50), few_ones)
    assert guess.weights.shape == (width, 3) and not guess.weights.any()
    assert guess.intercept == pytest.approx((FEATURES @ EFFECTS).mean(axis=0), abs=1e-6)


@pytest.mark.parametrize("few_ones", [0, 10**9])
def test_a_fit_again_gives_the_same_bits(monkeypatch, few_ones):
    one, other = (with_solver(monkeypatch, *made(60, 200, 33), few_ones=few_ones) for _ in range(2))
    assert all(np.array_equal(part, vars(other)[name]) for name, part in vars(one).items())


def test_a_map_is_its_four_arrays():
    features, vectors, n_ratings = made(300, 40, 20)
    guess = FeatureMap.fit(features, vectors.astype(np.float32), n_ratings)
    assert {name: (part.shape, str(part.dtype)) for name, part in vars(guess).items()} == {
        "mean": ((20,), "float32"),
        "covariance": ((20, 20), "float32"),
        "weights": ((40, 20), "float32"),
        "intercept": ((20,), "float32"),
    }
    assert np.array_equal(FeatureMap(**vars(guess))(features), guess(features))


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_vectors_that_are_not_finite_are_refused(broken):
    vectors = FEATURES @ EFFECTS
    vectors[7, 1] = broken
    with pytest.raises(ValueError, match=f"trained vectors hold {broken}.*lower learning_rate"):
        FeatureMap.fit(FEATURES, vectors, np.ones(400))


def test_a_new_id_and_the_population_have_no_number_of_their_own():
    features = pd.DataFrame({"colour": ["red", "blue", "red", "green"]}, index=["a", "b", "c", "d"])
    encoder = FeatureEncoder.fit(["a", "c"], features)  # red is the only colour of the trained
    guess = FeatureMap(np.array([5.0, 5.0]), np.eye(2), np.array([[1.0, 2.0]]), np.zeros(2))
    trained = np.array([[7.0, 8.0], [9.0, 10.0]])
    vectors, is_new, above = with_newcomers(encoder, guess, trained, np.array([0.5, -0.5]))
    assert vectors.tolist() == [[7, 8], [9, 10], [5, 5], [5, 5], [5, 5]]
    assert is_new.tolist() == [False, False, True, True, True]
    assert above.tolist() == [0.5, -0.5, 0, 0, 0]


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
