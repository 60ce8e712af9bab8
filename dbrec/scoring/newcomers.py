"""Users and items without training ratings: a vector from features, and from a few ratings named later."""

import numpy as np
from scipy import sparse
from scipy.special import expit
from sklearn.linear_model import Ridge

from dbrec.features.encoder import FeatureEncoder

L2 = 4.0
NOISE = 1.0
SHRINKAGE = 5
ENOUGH = 100  # ratings that make a trained vector half as certain as it can be


class FeatureMap:
    """Guess the vector of an id without ratings from its features.

    A ridge regression from features to the vectors that training gave to those who have ratings: closed
    form, so it costs next to nothing, and training needn't know of newcomers. Vectors of many ratings count
    more, by ``n / (n + 100)``.

    Args:
        features: Features of the trained ids as 0 and 1, shape (n, width), from `FeatureEncoder.features`.
            The width may be 0.
        vectors: Their trained vectors, shape (n, dim).
        n_ratings: Number of their ratings, shape (n,).

    Attributes:
        mean: The mean vector, shape (dim,): the guess for an id of which nothing is known.
        covariance: Of what the features don't tell of a vector, shape (dim, dim).

    Source:
        Gantner et al. 2010, "Learning Attribute-to-Feature Mappings for Cold-Start Recommendations",
        section III-C.
    """

    def __init__(self, features: sparse.csr_matrix, vectors: np.ndarray, n_ratings: np.ndarray):
        self.mean = vectors.mean(axis=0)
        self.ridge = None
        if features.shape[1]:
            weights = n_ratings / (n_ratings + ENOUGH)
            # a mean of 1, so that the penalty weighs as much where everybody has rated little
            self.ridge = Ridge(L2).fit(features, vectors, sample_weight=weights / weights.mean())
        rest = vectors - self(features)
        self.covariance = rest.T @ rest / len(rest)

    def __call__(self, features: sparse.csr_matrix) -> np.ndarray:
        """Guess vectors, shape (n, dim); the mean vector where no feature is known."""
        nothing = np.asarray(features.sum(axis=1)).ravel() == 0
        guess = self.mean if self.ridge is None else self.ridge.predict(features)
        return np.where(nothing[:, None], self.mean, guess).astype(np.float32)


def with_newcomers(
    encoder: FeatureEncoder, guess: FeatureMap, trained: np.ndarray, above: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lay out a row a known id, and a last one for the population.

    Args:
        encoder: Of the users, or of the items.
        guess: Gives the vectors of those that have no ratings.
        trained: Vectors of those that have, in the order of ``encoder.trained_ids``, shape (n, dim).
        above: A further number of each of those, shape (n,).

    Returns:
        ``(vectors, is_new, above)`` in the order of ``encoder.all_ids``: shapes (m + 1, dim), (m + 1,) and
        (m + 1,); `above` is 0 where an id is new.
    """
    places = np.append(encoder.trained_ids.get_indexer(encoder.all_ids), -1)
    rows = np.vstack([encoder.rows, np.zeros_like(encoder.rows[:1])])
    vectors, is_new = guess(encoder.features_of(rows)), places < 0
    vectors[~is_new] = trained[places[~is_new]]
    return vectors, is_new, np.where(is_new, 0.0, above[places])


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
