"""Users and items without ratings: a vector from what features tell."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from sklearn.linear_model import Ridge

from dbrec.features.encoder import FeatureEncoder
from dbrec.features.evidence import by_place

L2 = 1.0  # over the evidence of a column, which is about the variance it explains over the rest
ENOUGH = 100  # ratings that make a trained vector half as certain as it can be
FEW_ONES = 50_000  # among the features: up to here scikit-learn solves, a target at a time
TOLERANCE, MOST_STEPS = 1e-4, 1000  # beyond
TARGETS_AT_ONCE = 16  # stay in the processor's cache


@dataclass(frozen=True, eq=False)
class FeatureMap:
    """Guess the vector of an id without ratings from its features: ``features @ weights + intercept``.

    Attributes:
        mean: The guess for an id of which nothing is known, shape (dim,).
        covariance: Of what the features don't tell of a vector, shape (dim, dim).
        weights: Float32, shape (width, dim); the width may be 0.
        intercept: Float32, shape (dim,).

    Source:
        Gantner et al. 2010, "Learning Attribute-to-Feature Mappings for Cold-Start ...", section III-C.
    """

    mean: np.ndarray
    covariance: np.ndarray
    weights: np.ndarray
    intercept: np.ndarray

    @classmethod
    def fit(cls, encoder: FeatureEncoder, evidence, vectors: np.ndarray, n_ratings=None) -> "FeatureMap":
        """Learn a ridge regression from the vectors of those who have ratings.

        Args:
            encoder: Gives the features of those ids.
            evidence: What its columns tell, of `dbrec.features.evidence`: a column's penalty is divided by
                it.
            vectors: Shape (n, dim).
            n_ratings: Shape (n,): those who have many count more, by ``n / (n + 100)``; None counts all
                alike.

        Raises:
            ValueError: If a vector isn't finite.
        """
        if not (finite := np.isfinite(vectors)).all():
            raise ValueError(
                f"the trained vectors hold {vectors[~finite][0]}, and all must be finite: fit again with a "
                "lower learning_rate, or look for an extreme setting or rating"
            )
        certainty = np.ones(len(vectors)) if n_ratings is None else n_ratings / (n_ratings + ENOUGH)
        features = encoder.features_of(encoder.rows[: len(vectors)])
        scale = by_place(encoder, evidence) ** 0.5
        # a mean of 1, so that the penalty weighs as much where everybody has rated little
        scaled = sparse.csr_matrix(features @ sparse.diags_array(scale))
        weights, intercept = _ridge(scaled, vectors, certainty / certainty.mean())
        weights = (scale[:, None] * weights).astype(np.float32)
        guess = cls(vectors.mean(axis=0), np.empty(0), weights, intercept.astype(np.float32))
        rest = vectors - guess(features)
        return replace(guess, covariance=rest.T @ rest / len(rest))

    def __call__(self, features: sparse.csr_matrix) -> np.ndarray:
        """Guess vectors, shape (n, dim); the mean vector where no feature is known."""
        nothing = np.asarray(features.sum(axis=1)).ravel() == 0
        guess = features @ self.weights + self.intercept
        return np.where(nothing[:, None], self.mean, guess).astype(np.float32)


def _ridge(features, vectors, certainty) -> tuple[np.ndarray, np.ndarray]:
    """Give weights and intercept; the features stay sparse, as centring subtracts a product of rank one."""
    if 0 < features.nnz <= FEW_ONES and vectors.shape[1]:
        ridge = Ridge(L2).fit(features, vectors, sample_weight=certainty)
        return ridge.coef_.reshape(vectors.shape[1], -1).T, ridge.intercept_
    features, total = sparse.csr_array(features, dtype=float), certainty.sum()
    centre, middle = certainty @ features / total, certainty @ vectors / total
    # with columns of this scale the diagonal of the equations is 1 (Jacobi)
    scale = (certainty @ features.power(2) - total * centre**2 + L2)[:, None] ** -0.5
    scaled = features.multiply(certainty[:, None] ** 0.5).multiply(scale.T).tocsr()
    column = centre * scale[:, 0] * total**0.5

    def product(block: np.ndarray) -> np.ndarray:
        centred = np.outer(column, np.einsum("i,ij->j", column, block))  # BLAS would spend more on threads
        return scaled.T @ (scaled @ block) - centred + L2 * scale**2 * block

    targets = scale * (features.T @ (certainty[:, None] * (vectors - middle)))
    blocks = np.split(targets, range(TARGETS_AT_ONCE, targets.shape[1], TARGETS_AT_ONCE), axis=1)
    weights = scale * np.hstack([_conjugate_gradients(product, block) for block in blocks])
    return weights, middle - centre @ weights


def _conjugate_gradients(product, targets: np.ndarray) -> np.ndarray:
    """Solve ``product(x) = targets`` for all columns at once, each with its own steps."""
    x, residual, direction = np.zeros_like(targets), targets.copy(), targets.copy()
    error = (residual**2).sum(axis=0)
    goal, tiny = TOLERANCE**2 * error, np.finfo(float).tiny
    for _ in range(MOST_STEPS):
        if (error <= goal).all():
            break
        change = product(direction)
        step = error / np.maximum((direction * change).sum(axis=0), tiny)
        x += step * direction
        residual -= step * change
        before, error = error, (residual**2).sum(axis=0)
        direction = residual + error / np.maximum(before, tiny) * direction
    return x
