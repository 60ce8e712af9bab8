"""Users and items without training ratings: a vector from features, and from a few ratings named later."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.special import expit
from sklearn.linear_model import Ridge

from dbrec.features.encoder import FeatureEncoder

L2 = 4.0
NOISE = 1.0
SHRINKAGE = 5
ENOUGH = 100  # ratings that make a trained vector half as certain as it can be
FEW_ONES = 50_000  # in the features: up to here scikit-learn solves, one target after another
TOLERANCE, TARGETS_AT_ONCE = 1e-7, 16  # of the solver beyond; its blocks stay in the processor's cache


@dataclass(frozen=True, eq=False)
class FeatureMap:
    """Guess the vector of an id without ratings from its features: ``features @ weights + intercept``.

    Attributes:
        mean: The mean vector, shape (dim,): the guess for an id of which nothing is known.
        covariance: Of what the features don't tell of a vector, shape (dim, dim).
        weights: Float32, shape (width, dim); the width may be 0.
        intercept: Float32, shape (dim,).
    """

    mean: np.ndarray
    covariance: np.ndarray
    weights: np.ndarray
    intercept: np.ndarray

    def arrays(self) -> dict[str, np.ndarray]:
        """Give all of it, to be saved."""
        return dict(vars(self))

    @classmethod
    def fit(cls, features: sparse.csr_matrix, vectors: np.ndarray, n_ratings: np.ndarray) -> "FeatureMap":
        """Regress trained vectors on features (ridge); those of many ratings count more, by n / (n + 100).

        Args:
            features: Of the trained ids, 0 and 1, shape (n, width), from `FeatureEncoder.features`.
            vectors: Their trained vectors, shape (n, dim).
            n_ratings: Number of their ratings, shape (n,).

        Raises:
            ValueError: If there is no rating, lengths differ or a vector isn't finite.

        Source:
            Gantner et al. 2010, "Learning Attribute-to-Feature Mappings for Cold-Start Recommendations", III-C.
        """
        if not features.shape[0] == len(vectors) == len(n_ratings) or not np.sum(n_ratings) > 0:
            raise ValueError(
                f"{features.shape[0]} rows of features, {len(vectors)} vectors and {len(n_ratings)} numbers of "
                f"ratings that sum to {np.sum(n_ratings)}: give one of each an id, and a rating or more"
            )
        if not (finite := np.isfinite(vectors).all(axis=1)).all():
            raise ValueError(
                f"the vector in row {finite.argmin()} isn't finite: the training went astray, so lower "
                "learning_rate, or look for extreme settings and ratings"
            )
        certainty = n_ratings / (n_ratings + ENOUGH)
        certainty = certainty / certainty.mean()  # so the penalty is as strong where all have rated little
        solve = _ridge if 0 < features.nnz <= FEW_ONES else _ridge_of_many
        weights, intercept = (part.astype(np.float32) for part in solve(features, vectors, certainty))
        mean = vectors.mean(axis=0)
        rest = vectors - cls(mean, np.empty(0), weights, intercept)(features)
        return cls(mean, rest.T @ rest / len(rest), weights, intercept)

    def __call__(self, features: sparse.csr_matrix) -> np.ndarray:
        """Guess vectors, shape (n, dim); the mean vector where no feature is known."""
        nothing = np.asarray(features.sum(axis=1)).ravel() == 0
        guess = features @ self.weights + self.intercept
        return np.where(nothing[:, None], self.mean, guess).astype(np.float32)


def _ridge(features, vectors, certainty) -> tuple[np.ndarray, np.ndarray]:
    ridge = Ridge(L2).fit(features, vectors, sample_weight=certainty)
    return ridge.coef_.reshape(vectors.shape[1], -1).T, ridge.intercept_


def _ridge_of_many(features, vectors, certainty) -> tuple[np.ndarray, np.ndarray]:
    """Solve what `Ridge` solves by conjugate gradients, for many targets at once.

    Columns are centred by subtracting a product of rank one, which leaves the features sparse, and scaled so
    that the diagonal of the equations is 1 (Jacobi's preconditioner).
    """
    features, total = sparse.csr_array(features, dtype=float), certainty.sum()
    centre, middle = certainty @ features / total, certainty @ vectors / total
    targets = features.T @ (certainty[:, None] * (vectors - middle))
    scale = (certainty @ features.power(2) - total * centre**2 + L2) ** -0.5
    rows = (sparse.diags_array(certainty**0.5) @ features @ sparse.diags_array(scale)).tocsr()
    column, penalty = centre * scale * total**0.5, L2 * scale[:, None] ** 2

    def product(block: np.ndarray) -> np.ndarray:
        centred = np.outer(column, np.einsum("i,ij->j", column, block))  # threads of BLAS would only wait
        return rows.T @ (rows @ block) - centred + penalty * block

    weights = np.empty(targets.shape)
    for start in range(0, targets.shape[1], TARGETS_AT_ONCE):
        part = np.s_[:, start : start + TARGETS_AT_ONCE]
        weights[part] = scale[:, None] * _conjugate_gradients(product, scale[:, None] * targets[part])
    return weights, middle - centre @ weights


def _conjugate_gradients(product, targets: np.ndarray) -> np.ndarray:
    """Solve ``product(x) = targets``; each column has its own steps and stops on its own."""
    x, residual, direction = np.zeros_like(targets), targets.copy(), targets.copy()
    error = np.einsum("ij,ij->j", residual, residual)
    goal = TOLERANCE**2 * error
    while (unsolved := error > goal).any():
        change = product(direction)
        curvature = np.einsum("ij,ij->j", direction, change)
        step = np.divide(error, curvature, out=np.zeros_like(error), where=unsolved)
        x += step * direction
        residual -= step * change
        before, error = error, np.einsum("ij,ij->j", residual, residual)
        direction = residual + direction * np.divide(error, before, out=np.zeros_like(error), where=unsolved)
    return x


def with_newcomers(
    encoder: FeatureEncoder, guess: FeatureMap, trained: np.ndarray, above: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lay out a row a known id, those with ratings first, and a last one for the ids never met.

    Args:
        encoder: Of the users, or of the items.
        guess: Gives the vectors of those that have no ratings.
        trained: Vectors of those that have, shape (n, dim).
        above: A further number of each of those, shape (n,).

    Returns:
        ``(vectors, is_new, above)`` in the order of ``encoder.all_ids``: shapes (m + 1, dim), (m + 1,) and
        (m + 1,); `above` is 0 where an id is new.
    """
    new_rows = np.vstack([encoder.rows[len(trained) :], np.zeros_like(encoder.rows[:1])])
    vectors = np.vstack([trained, guess(encoder.features_of(new_rows))])
    is_new = np.arange(len(vectors)) >= len(trained)
    return vectors, is_new, np.append(above, np.zeros(len(new_rows)))


def log_odds_liked(index: np.ndarray, liked: np.ndarray, n: int) -> np.ndarray:
    """Compute the log odds that a rating of each user, or of each item, is a liked one.

    Args:
        index: Position of each rating's user or item, shape (m,).
        liked: Whether each rating is a liked one, shape (m,); some are, and some aren't.
        n: Number of users or items.

    Returns:
        Shape (n,); few ratings are drawn towards the share of all, which counts as five ratings.
    """
    n_rated, n_liked = np.bincount(index, minlength=n), np.bincount(index, liked, minlength=n)
    share = (n_liked + SHRINKAGE * np.mean(liked)) / (n_rated + SHRINKAGE)
    return np.log(share / (1 - share))


def after_ratings(
    vector: np.ndarray,
    covariance: np.ndarray,
    items: np.ndarray,
    liked: np.ndarray,
    log_odds: np.ndarray,
) -> np.ndarray:
    """Move a user's vector by what a few ratings say, as far as the trained users' vectors scatter.

    Before the ratings the vector is a draw from a normal distribution around the guess from features.
    Each rating tells by how much it was more, or less, liked than expected, with noise; the mean of the
    distribution given the ratings has a closed form. No network is trained.

    Args:
        vector: The guess from features, shape (dim,).
        covariance: Of the trained users' vectors about their guesses, shape (dim, dim).
        items: Vectors of the items rated, shape (n, dim); n may be 0.
        liked: Whether each was liked, shape (n,).
        log_odds: Log odds that each would be liked, as the features tell, shape (n,).

    Returns:
        The vector, shape (dim,); `vector` itself where nothing is rated.

    Source:
        Bayesian linear regression: Bishop 2006, "Pattern Recognition and Machine Learning", equations 3.50
        and 3.51, in the form with one equation a rating. The surprise ``4 (liked - p)`` is a step of logistic
        regression from the point where the odds are even.
    """
    surprise = 4 * (np.asarray(liked, float) - expit(log_odds))
    scatter = items @ covariance
    return vector + scatter.T @ np.linalg.solve(scatter @ items.T + NOISE * np.eye(len(items)), surprise)
