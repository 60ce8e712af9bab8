import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.linear_model import Ridge

from dbrec.features.columns import MultiHot
from dbrec.features.encoder import FeatureEncoder
from dbrec.scoring import newcomers
from dbrec.scoring.newcomers import ENOUGH, L2, FeatureMap

RANDOM = np.random.default_rng(0)
FLAGS = np.eye(2)[RANDOM.integers(0, 2, 400)]
EFFECTS = np.array([[1.0, -1.0, 1.0], [-1.0, 3.0, 1.0]])
VECTORS = FLAGS @ EFFECTS
TELLS = np.ones(1)  # of the one column


def known(flags):
    """Make the encoder of ids 0, 1, 2 ... with these flags, some of which may hold nothing."""
    flags, ids = np.asarray(flags, np.int32), pd.RangeIndex(len(flags))
    tags = MultiHot("tags", tuple(f"t{number}" for number in range(flags.shape[1])))
    return FeatureEncoder(
        ids, [tags], ids, np.hstack([1 + np.arange(len(ids))[:, None], flags], dtype=np.int32)
    )


def test_a_guess_is_the_mean_of_those_who_share_the_feature():
    vectors = VECTORS + RANDOM.normal(0, 0.1, (400, 3))
    guess = FeatureMap.fit(known(FLAGS), TELLS, vectors, np.full(400, 50))(sparse.csr_matrix(np.eye(2)))
    means = np.stack([vectors[FLAGS[:, j] > 0].mean(axis=0) for j in (0, 1)])
    assert guess == pytest.approx(means, abs=0.08)  # drawn together a little by the penalty
    assert abs(guess[0] - guess[1]).max() < abs(means[0] - means[1]).max()


def test_where_no_feature_is_known_the_guess_is_the_mean_vector():
    for flags in (FLAGS, np.zeros((400, 0))):
        guess = FeatureMap.fit(known(flags), TELLS, VECTORS, np.ones(400))
        nothing = sparse.csr_matrix((1, flags.shape[1]))
        assert guess(nothing) == pytest.approx(VECTORS.mean(axis=0)[None], abs=1e-6)


def test_vectors_of_many_ratings_count_more_where_numbers_are_given():
    vectors = np.r_[np.zeros((200, 1)), np.ones((200, 1))]
    everyone, n_ratings = known(np.ones((400, 1))), np.r_[np.full(200, 5), np.full(200, 1000)]
    one = sparse.csr_matrix(np.ones((1, 1)))
    assert FeatureMap.fit(everyone, TELLS, vectors, n_ratings)(one)[0, 0] > 0.8
    assert FeatureMap.fit(everyone, TELLS, vectors)(one)[0, 0] == pytest.approx(0.5)


def test_where_everybody_has_rated_little_features_count_as_much():
    numbers = None, np.full(400, 1), np.full(400, 1000)
    guesses = [FeatureMap.fit(known(FLAGS), TELLS, VECTORS, n)(sparse.eye(2, format="csr")) for n in numbers]
    assert guesses[0] == pytest.approx(guesses[1], abs=1e-6)
    assert guesses[0] == pytest.approx(guesses[2], abs=1e-6)


def test_the_covariance_is_that_of_what_features_do_not_tell():
    noise = RANDOM.normal(0, [0.1, 0.5, 0.0], (400, 3))
    covariance = FeatureMap.fit(known(FLAGS), TELLS, VECTORS + noise, np.full(400, 50)).covariance
    assert np.diag(covariance) == pytest.approx([0.01, 0.25, 0], abs=0.04)


def exact_ridge(flags, told, vectors, n_ratings):
    """Solve the weighted ridge regression with an intercept, dense and in one step."""
    weights = n_ratings / (n_ratings + ENOUGH) / np.mean(n_ratings / (n_ratings + ENOUGH))
    centred = flags - np.average(flags, axis=0, weights=weights)
    middle = np.average(vectors, axis=0, weights=weights)
    equations = centred.T @ (weights[:, None] * centred) + L2 / told * np.eye(flags.shape[1])
    effects = np.linalg.solve(equations, centred.T @ (weights[:, None] * (vectors - middle)))
    return effects, middle - (flags - centred)[0] @ effects


SHAPES = [(300, 40, 20), (60, 200, 33), (50, 1, 1), (1, 5, 2), (40, 30, 16)]  # rows, columns, targets


def made(rows, columns, targets):
    """Draw flags with a long tail, whose last ones may hold nothing, and targets of unlike sizes."""
    random = np.random.default_rng(rows)
    flags = random.random((rows, columns)) < 1 / np.arange(1, columns + 1)
    vectors = random.normal(size=(rows, targets)) * np.logspace(0, -6, targets)
    return flags.astype(float), vectors, random.integers(1, 500, rows)


def with_solver(monkeypatch, flags, vectors, n_ratings, few_ones, told=TELLS):
    monkeypatch.setattr(newcomers, "FEW_ONES", few_ones)
    return FeatureMap.fit(known(flags), told, vectors, n_ratings)


@pytest.mark.parametrize("told", [1.0, 0.3, 0.001])
@pytest.mark.parametrize("shape", SHAPES)
def test_all_targets_at_once_get_the_exact_solution_whatever_their_size(monkeypatch, shape, told):
    monkeypatch.setattr(newcomers, "TOLERANCE", 1e-7)
    flags, vectors, n_ratings = made(*shape)
    guess = with_solver(monkeypatch, flags, vectors, n_ratings, few_ones=0, told=np.array([told]))
    effects, intercept = exact_ridge(flags, told, vectors, n_ratings)
    size = np.abs(vectors).max(axis=0)
    assert guess.weights / size == pytest.approx(effects / size, abs=1e-6)
    assert guess.intercept / size == pytest.approx(intercept / size, abs=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_where_the_solver_stops_no_guess_is_off_by_a_thousandth(monkeypatch, shape):
    flags, vectors, n_ratings = made(*shape)
    guess = with_solver(monkeypatch, flags, vectors, n_ratings, few_ones=0)
    effects, intercept = exact_ridge(flags, 1.0, vectors, n_ratings)
    off = flags @ (guess.weights - effects) + guess.intercept - intercept
    assert (np.abs(off) / np.abs(vectors).max(axis=0)).max() < 1e-3


def test_the_penalty_of_each_column_is_divided_by_what_it_tells(monkeypatch):
    monkeypatch.setattr(newcomers, "FEW_ONES", 0)  # the solver that goes on to the end
    kind, tags = RANDOM.integers(0, 2, 400), RANDOM.integers(0, 2, (400, 2))
    frame = pd.DataFrame({"kind": kind, "tags": [tuple(np.array(["x", "y"])[row > 0]) for row in tags]})
    encoder = FeatureEncoder.fit(frame.index, frame.assign(kind=kind.astype(str)))
    guess = FeatureMap.fit(encoder, np.array([0.5, 0.01]), VECTORS, np.full(400, 50))
    flags = np.column_stack([kind == 0, kind == 1, tags]).astype(float)
    told = np.array([0.5, 0.5, 0.01, 0.01])
    effects, _ = exact_ridge(flags, told, VECTORS, np.full(400, 50))
    assert guess.weights == pytest.approx(effects, abs=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_both_solvers_agree_as_far_as_that_of_scikit_learn_goes(monkeypatch, shape):
    data = made(*shape)
    one, other = (with_solver(monkeypatch, *data, few_ones=few) for few in (0, 10**9))
    assert one(sparse.csr_matrix(data[0])) == pytest.approx(other(sparse.csr_matrix(data[0])), abs=1e-3)
    assert one.covariance == pytest.approx(other.covariance, abs=1e-3)


def test_small_features_keep_the_weights_of_scikit_learn_which_stops_early():
    flags, vectors, n_ratings = made(300, 40, 20)
    found = FeatureMap.fit(known(flags), TELLS, vectors, n_ratings).weights
    certainty = n_ratings / (n_ratings + ENOUGH)
    features = known(flags).features_of(known(flags).rows) @ sparse.diags_array(np.ones(40))
    ridge = Ridge(L2).fit(sparse.csr_matrix(features), vectors, sample_weight=certainty / certainty.mean())
    assert np.array_equal(found, ridge.coef_.T.astype(np.float32))
    assert abs(found - exact_ridge(flags, 1.0, vectors, n_ratings)[0]).max() > 1e-5


@pytest.mark.parametrize("few_ones", [0, 10**9])
def test_columns_that_all_have_or_none_has_tell_nothing(monkeypatch, few_ones):
    same = np.hstack([FLAGS, np.ones((400, 1)), np.zeros((400, 1))])
    guess = with_solver(monkeypatch, same, VECTORS, np.full(400, 50), few_ones)
    assert guess.weights[2:] == pytest.approx(np.zeros((2, 3)), abs=1e-6)
    assert abs(guess.weights[:2, :2]).min() > 0.9  # the third number is the same for both colours


@pytest.mark.parametrize("width", [0, 3])
@pytest.mark.parametrize("few_ones", [0, 10**9])
def test_without_a_feature_of_anyone_weights_are_nought(monkeypatch, few_ones, width):
    guess = with_solver(monkeypatch, np.zeros((400, width)), VECTORS, np.full(400, 50), few_ones)
    assert guess.weights.shape == (width, 3) and not guess.weights.any()
    assert guess.intercept == pytest.approx(VECTORS.mean(axis=0), abs=1e-6)


@pytest.mark.parametrize("few_ones", [0, 10**9])
def test_a_fit_again_gives_the_same_bits(monkeypatch, few_ones):
    one, other = (with_solver(monkeypatch, *made(60, 200, 33), few_ones=few_ones) for _ in range(2))
    assert all(np.array_equal(part, vars(other)[name]) for name, part in vars(one).items())


def test_a_map_is_its_four_arrays():
    flags, vectors, n_ratings = made(300, 40, 20)
    guess = FeatureMap.fit(known(flags), TELLS, vectors.astype(np.float32), n_ratings)
    assert {name: (part.shape, str(part.dtype)) for name, part in vars(guess).items()} == {
        "mean": ((20,), "float32"),
        "covariance": ((20, 20), "float32"),
        "weights": ((40, 20), "float32"),
        "intercept": ((20,), "float32"),
    }
    features = sparse.csr_matrix(flags)
    assert np.array_equal(FeatureMap(**vars(guess))(features), guess(features))


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_vectors_that_are_not_finite_are_refused(broken):
    vectors = VECTORS.copy()
    vectors[7, 1] = broken
    with pytest.raises(ValueError, match=f"trained vectors hold {broken}.*lower learning_rate"):
        FeatureMap.fit(known(FLAGS), TELLS, vectors, np.ones(400))


def test_only_ids_with_vectors_are_learned_from():
    features = pd.DataFrame({"colour": ["red", "blue", "red", "green"]}, index=["a", "b", "c", "d"])
    encoder = FeatureEncoder.fit(["a", "c"], features)  # red is the only colour of the trained
    guess = FeatureMap.fit(encoder, TELLS, np.array([[7.0, 8.0], [9.0, 10.0]]))
    assert guess(encoder.features(["a", "b", "d", "nobody"])) == pytest.approx(np.tile([8, 9], (4, 1)))
