"""What is known of a vector before and after ratings: a guess, moved by each, and how sure it is.

A vector is a draw from a normal distribution around the guess from its features, as widely as the trained
vectors scatter around theirs. Each rating is liked or not with the log odds of a dot product, so it tells by
its surprise: how much more, or less, it was liked than expected.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import eigh, solve_triangular
from scipy.special import expit

# Of a liked or not liked one, p (1 - p), at even odds: the most that it can be. A step to the most likely
# vector with this in place of each rating's own never goes too far.
VARIANCE = 0.25
AT_ONCE = 256  # systems of equations


class Scatter(NamedTuple):
    """How a side's vectors scatter around what features tell, and how much ratings tell of them.

    Shapes (dim, dim) and (dim,). With z standard normal, ``guess + basis @ z`` scatters as the vectors do;
    and an average rating tells of each place of z by its own.

    Attributes:
        basis: ``basis @ basis.T`` is the covariance of the vectors about their guesses.
        told: How many units of precision one average rating adds to each place of z; at least 0.
    """

    basis: np.ndarray
    told: np.ndarray

    @classmethod
    def of(cls, covariance: np.ndarray, others: np.ndarray, n_ratings: np.ndarray) -> "Scatter":
        """Make it of a covariance, and of the other side's vectors, met as often as they have ratings.

        Args:
            covariance: Shape (dim, dim).
            others: Shape (n, dim).
            n_ratings: Shape (n,).
        """
        size, axes = eigh(covariance.astype(float))
        root = axes * np.sqrt(np.maximum(size, 0.0))
        met = others @ root
        told, axes = eigh(met.T @ (n_ratings[:, None] * met) / n_ratings.sum())
        return cls(root @ axes, VARIANCE * np.maximum(told, 0.0))

    def after(self, vector, others, surprise, n_before: float = 0) -> "Posterior":
        """Move a vector by what some ratings say, and say how sure it is then.

        Args:
            vector: What is known before, shape (dim,).
            others: The other side's vectors in these ratings, shape (n, dim); n may be 0.
            surprise: Of each of them, by `surprise`, shape (n,).
            n_before: Number of ratings that the vector was made of, which count as average ones.

        Source:
            Bishop 2006, "Pattern Recognition and Machine Learning", equation 4.97, with the bound of 1/4 on
            the curvature: Böhning 1992, "Multinomial logistic regression algorithm".
        """
        met = others @ self.basis
        precision = np.diag(1 + n_before * self.told) + VARIANCE * met.T @ met
        step = self.basis @ np.linalg.solve(precision, met.T @ surprise)
        return Posterior(vector + step, self.basis, precision)

    def all_after(self, vectors, others, surprise, starts, n_before) -> np.ndarray:
        """Move many vectors as `after` does.

        Args:
            vectors: Shape (m, dim).
            others: Of the ratings of the first vector, then of the second, and so on, shape (n, dim).
            surprise: Shape (n,).
            starts: Where the ratings of each vector begin, ascending, shape (m,).
            n_before: Shape (m,).

        Returns:
            The means, shape (m, dim).
        """
        met, bounds = others @ self.basis, np.append(starts, len(others))
        told, steps = met * surprise[:, None], np.empty((len(vectors), len(self.told)))
        for first in range(0, len(vectors), AT_ONCE):
            ends = bounds[first : first + AT_ONCE + 1]
            rows = [slice(*pair) for pair in zip(ends[:-1], ends[1:], strict=True)]
            precision = VARIANCE * np.stack([met[own].T @ met[own] for own in rows])
            before = 1 + np.asarray(n_before, float)[first : first + AT_ONCE, None] * self.told
            np.einsum("nii->ni", precision)[:] += before
            sums = np.stack([told[own].sum(axis=0) for own in rows])
            steps[first : first + AT_ONCE] = np.linalg.solve(precision, sums[..., None])[..., 0]
        return vectors + steps @ self.basis.T

    def after_average(self, n_ratings: np.ndarray) -> np.ndarray:
        """Give the variance of each place of z after so many average ratings, shape (n,) -> (n, dim)."""
        return 1 / (1 + np.asarray(n_ratings, float)[:, None] * self.told)


class Posterior(NamedTuple):
    """What is known of a vector after some ratings.

    Attributes:
        mean: Shape (dim,).
        basis: As in `Scatter`, shape (dim, dim).
        precision: Of each place of the basis, and of pairs of them, shape (dim, dim).
    """

    mean: np.ndarray
    basis: np.ndarray
    precision: np.ndarray

    @property
    def root(self) -> np.ndarray:
        """A matrix whose product with its transpose is the covariance, shape (dim, dim)."""
        lower = np.linalg.cholesky(self.precision)
        return solve_triangular(lower, self.basis.T, lower=True).T


def variances(users: np.ndarray, items: np.ndarray, of_users, of_items) -> np.ndarray:
    """Give the variances of products of pairs of vectors that are both known with an error.

    Args:
        users: Means of the users' vectors, shape (n, dim).
        items: Means of the items', shape (n, dim).
        of_users: ``(root, variance)``: an error is ``root @ z``, and places of z have variances of shape (n,
            dim), or are standard normal where it is None.
        of_items: Likewise.

    Returns:
        Variances, shape (n,): of what either error does alone, and of what both do together.
    """
    (root, variance), (other_root, other_variance) = of_users, of_items
    one = np.ones((1, root.shape[1]))
    variance = one if variance is None else variance
    other_variance = one if other_variance is None else other_variance
    alone = ((items @ root) ** 2 * variance).sum(axis=1)
    other_alone = ((users @ other_root) ** 2 * other_variance).sum(axis=1)
    together = ((variance @ (root.T @ other_root) ** 2) * other_variance).sum(axis=1)
    return alone + other_alone + together


def surprise(liked, log_odds) -> np.ndarray:
    """Say how much more ratings were liked than expected, in (-1, 1), shape (n,)."""
    return np.asarray(liked, float) - expit(log_odds)
