"""Tell a learner whether the answer to an exercise is right."""

import math
from collections.abc import Iterable
from numbers import Real


def check(answer, expected, tolerance: float = 0.0, hint: str = "") -> bool:
    """Compare an answer with the expected one, print what came of it, and return whether it is right.

    Args:
        answer: The learner's answer; None or ``...`` counts as not yet given.
        expected: The right answer: a number, a text, a truth value, or a list of such.
        tolerance: How far a number may be off.
        hint: What to think about where the answer is wrong.

    Example:
        >>> check(0.5, 0.5)
        Right.
        True
        >>> check(2, 3, hint="Count the anchor too.")
        Not yet: 2 is not the answer. Count the anchor too.
        False
        >>> check(None, 3)
        No answer yet: put yours in place of None and run the cell again.
        False
    """
    if answer is None or answer is ...:
        print("No answer yet: put yours in place of None and run the cell again.")
        return False
    right = _equal(answer, expected, tolerance)
    print("Right." if right else f"Not yet: {answer} is not the answer. {hint}".rstrip())
    return right


def _equal(answer, expected, tolerance: float) -> bool:
    if isinstance(expected, Real) and isinstance(answer, Real):
        return math.isclose(answer, expected, rel_tol=1e-9, abs_tol=tolerance)
    if isinstance(expected, str) or isinstance(answer, str):
        return str(answer).strip().lower() == str(expected).strip().lower()
    if isinstance(expected, Iterable) and isinstance(answer, Iterable):
        answer, expected = list(answer), list(expected)
        return len(answer) == len(expected) and all(map(_equal, answer, expected, [tolerance] * len(answer)))
    return False
