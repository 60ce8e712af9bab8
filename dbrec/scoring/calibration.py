"""Turn scores into probabilities, by ratings that no score was learned from."""

from typing import NamedTuple

import numpy as np
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from dbrec.interactions import Interactions

ROUNDS, WEAK = 5, 10.0  # steps to find the line, and how little it is drawn to even odds (scikit-learn's C)


class Calibration(NamedTuple):
    """From liking and choice to log odds; how unsure a score is draws them towards even odds.

    Attributes:
        liking, choice: What each counts, at least 0, so that more of it is never a lower probability.
        start: Log odds where both are 0.
    """

    liking: float
    choice: float
    start: float

    @classmethod
    def of_log_odds(cls, interactions: Interactions) -> "Calibration":
        """Take scores as the log odds that they are made as; of choices, as against pairs drawn from all."""
        if interactions.has_disliked:
            return cls(1.0, 1.0, 0.0)
        n_pairs = len(interactions.user_ids) * len(interactions.item_ids)
        return cls(1.0, 1.0, -float(logit(len(interactions) / n_pairs)))

    @classmethod
    def fit(cls, liking, choice, variances, liked) -> "Calibration":
        """Learn it from pairs that training hasn't seen.

        Args:
            liking: That part of the scores, shape (n,).
            choice: That part of them, shape (n,).
            variances: How unsure they are, shape (n,).
            liked: Labels, of both kinds, shape (n,).

        Source:
            Platt 1999, "Probabilistic Outputs for Support Vector Machines and Comparisons to Regularized
            Likelihood Methods".
        """
        weights, counts = np.ones(3), np.ones(3, bool)
        table = np.column_stack([liking, choice, np.ones(len(liking))])
        for _ in range(ROUNDS):  # how far log odds are drawn hangs on the weight that is learned
            drawn = table[:, counts] * _drawn(weights[0], variances)[:, None]
            weights[counts] = LogisticRegression(C=WEAK, fit_intercept=False).fit(drawn, liked).coef_[0]
            counts[:2] &= weights[:2] >= 0  # what seems to speak against liking counts nothing
            weights[~counts] = 0.0
        return cls(*weights.tolist())

    def __call__(self, liking, choice, variances) -> np.ndarray:
        """Give probabilities, shape (n,), float32, in [0, 1]; arguments as in `fit`.

        Source:
            MacKay 1992, "The Evidence Framework Applied to Classification Networks", equation 10: the mean of
            a probability over what isn't known of its log odds.
        """
        log_odds = self.liking * liking + self.choice * choice + self.start
        return expit(log_odds * _drawn(self.liking, variances)).astype(np.float32)


def _drawn(weight: float, variances) -> np.ndarray:
    return 1 / np.sqrt(1 + np.pi / 8 * weight**2 * np.asarray(variances, float))
