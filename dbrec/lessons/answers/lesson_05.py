"""The answers of lesson 5."""

import numpy as np
from scipy.special import expit as sigmoid

from dbrec.lessons.exercises import Exercise

USER = np.array([1.0, 2.0])
FILMS = np.array([[1.0, 0.5], [0.5, -0.5], [-0.5, 0.5]])


def chances_after_a_rise(data) -> list[float]:
    """Give the chances of A over B and of B over A; a rise of both scores is gone from the difference."""
    difference = FILMS[0] @ USER - FILMS[1] @ USER
    return [sigmoid(difference), sigmoid(-difference)]


def three_steps(data) -> list[float]:
    """Give likelihood, its log, and that less the penalty, with film C at (-0.5, -0.5)."""
    films = np.array([*FILMS[:2], [-0.5, -0.5]])
    scores = films @ USER
    likelihood = sigmoid(scores[[0, 0, 1]] - scores[[1, 2, 2]]).prod()
    penalty = ((USER**2).sum() + (films**2).sum()) / 8
    return [likelihood, np.log(likelihood), np.log(likelihood) - penalty]


def gradient_for_the_negative(data) -> np.ndarray:
    """Weigh the user's vector by the chance of a fair coin."""
    return sigmoid(0) * USER


def ratio_of_slopes(data) -> np.ndarray:
    """Divide BPR's slope by that of 1 - sigmoid, at -5 and -12."""
    return 1 / sigmoid(np.array([-5.0, -12.0]))


def difference_after_a_step(data) -> float:
    """Move the triplet B over C once, half of its gradient far."""
    a, p, n = USER, FILMS[1], FILMS[2]
    pull = 0.5 * sigmoid(-(a @ (p - n)))
    return (a + pull * (p - n)) @ ((p + pull * a) - (n - pull * a))


EXERCISES = {
    "L5.1": Exercise(
        chances_after_a_rise,
        hints=(
            "A coin is bent by the difference of two scores.",
            "What is added to both scores is gone from x. The other order has the rest of the chance.",
        ),
        tolerance=0.0051,
        because="Only the difference counts, and the chances of both orders sum to 1.",
    ),
    "L5.2": Exercise(
        three_steps,
        hints=(
            "Three differences and their chances: the product, its log, and less λ times all squares.",
            "The score of C is now -1.5: compute each x anew. The squares of all eight numbers sum to 7.25.",
        ),
        tolerance=0.0051,
        because="All three triplets are in order now, so the likelihood has risen from 0.20.",
    ),
    "L5.3": Exercise(
        gradient_for_the_negative,
        hints=("The third part of (6).", "A fair coin's chance, times the vector a."),
        tolerance=0.001,
        because="It is σ(0) = 1/2 times a.",
    ),
    "L5.4": Exercise(
        ratio_of_slopes,
        hints=("One factor stands in both slopes and cancels.", "What is left is 1/σ(x), or 1 + exp(-x)."),
        tolerance=0.51,
        because="The ratio is 1/σ(x): the more wrong the triplet, the more the post's loss leaves untaught.",
    ),
    "L5.5": Exercise(
        difference_after_a_step,
        hints=(
            "Subtract rate times the gradient by hand from each of a, p and n; then compute x again.",
            "Use the old vectors in all three steps: a + pull (p - n), p + pull a, n - pull a.",
        ),
        tolerance=0.0051,
        because="One step took x from -1 to above 3: the triplet is in order.",
    ),
}
