"""Losses of a triplet (anchor a, positive p, negative n). Lesson 5 derives BPR.

Two of them are functions of the difference ``x = a.p - a.n``: positive where the triplet is in order.
"""

from dbrec._quiet import keras
from dbrec.checks import number

ops = keras.ops


@keras.saving.register_keras_serializable("dbrec")
def bpr_loss(difference):
    """Compute the BPR loss of each triplet, ``-log sigmoid(x) = softplus(-x)``.

    Softplus keeps both ends exact: for x = -120 the loss is 120, where the log of a rounded sigmoid is
    infinite. Its slope is ``-sigmoid(-x)``: -1 for the worst triplets, 0 for the best. Losses are in
    (0, inf), in the shape of x; log 2 where x = 0.

    Source:
        Rendle et al. 2009, "BPR: Bayesian Personalized Ranking from Implicit Feedback", section 4.1, without
        its regularisation.
    """
    return ops.softplus(-difference)


@keras.saving.register_keras_serializable("dbrec")
def sigmoid_loss(difference):
    """Compute the post's loss of each triplet, ``1 - sigmoid(x)``.

    It is minimised by large x too, but its slope ``-sigmoid(x) sigmoid(-x)`` is zero at both ends: the
    triplets ranked worst teach nothing. Losses are in (0, 1), in the shape of x; 1/2 where x = 0.
    """
    return ops.sigmoid(-difference)


def margin_loss(positive_distance, negative_distance, margin: float = 1.0):
    """Compute the margin loss of each triplet, ``max(d(a, p) - d(a, n) + margin, 0)``, in [0, inf).

    Args:
        positive_distance: d(a, p), any shape, at least 0.
        negative_distance: d(a, n), same shape.
        margin: How much farther than the positive the negative has to be, finite and more than 0: with 0,
            all points in one place would be a solution.

    Raises:
        ValueError: If `margin` isn't such a number.

    Source:
        Schroff, Kalenichenko and Philbin 2015, "FaceNet", equation 3 (there with squared distances).
    """
    return ops.relu(positive_distance - negative_distance + number("margin", margin, "(0, inf)"))
