"""Tell a learner whether an answer is right; what is right is computed here, not in the lesson."""

import contextlib
import functools
import importlib
import io
import math
import reprlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from numbers import Real

import numpy as np

from dbrec.data.movielens import default_dataset

NOT_YET = "Not yet: put your answer in place of the gap and run the cell again."
_wrong_tries: Counter = Counter()  # by the name of the exercise


@dataclass(frozen=True)
class Exercise:
    """Hold what is right in an exercise of a lesson, and what helps who is wrong.

    Args:
        right: Takes the data set of the lessons, and by name what the lesson hands on of its own; gives the
            right answer: a number, a text, a truth value, or a list of such.
        hints: At least two, from a nudge to nearly the answer; each wrong try shows the next.
        tolerance: How far a number may be off.
        because: A sentence that a right answer is met with.
        example: What a lesson could hand on, for the tests.
    """

    right: Callable
    hints: tuple[str, ...]
    tolerance: float = 0.0
    because: str = ""
    example: dict = field(default_factory=dict)


def check(name: str, answer, **given) -> None:
    """Print whether an answer is right; if it is wrong, with a hint, and after each further try the next.

    Args:
        name: Of the exercise: the lesson and the number, such as ``"L1.3"``.
        answer: The learner's. None or ``...``, or a list with such in it, is no answer yet.
        **given: What the exercise is about, where only the lesson has it, such as a trained model.

    Raises:
        ValueError: If there is no exercise of this name.
    """
    print(verdict(name, exercise_named(name), answer, **given))


def exercise_named(name: str) -> Exercise:
    """Find an exercise of `dbrec.lessons.answers` by its name."""
    lesson = name.removeprefix("L").partition(".")[0]
    try:
        return importlib.import_module(f"dbrec.lessons.answers.lesson_{lesson:>02}").EXERCISES[name]
    except (ModuleNotFoundError, KeyError):
        raise ValueError(f"there is no exercise {name!r}: give lesson and number, such as 'L1.3'") from None


def verdict(name: str, exercise: Exercise, answer, **given) -> str:
    """Say whether an answer is right, and count the wrong ones."""
    if _has_gap(answer):
        return NOT_YET
    right = exercise.right(_data(), **given)
    if is_equal(answer, right, exercise.tolerance):
        _wrong_tries[name] = 0
        return f"Right. {exercise.because}".rstrip()
    hint = exercise.hints[min(_wrong_tries[name], len(exercise.hints) - 1)]
    _wrong_tries[name] += 1
    if _kind(answer) != _kind(right):
        return f"Wrong: {reprlib.repr(answer)} is {_kind(answer)}, and {_kind(right)} is asked for. {hint}"
    return f"Wrong: {reprlib.repr(answer)}. {hint}"


def is_equal(answer, right, tolerance: float = 0.0) -> bool:
    """Compare an answer with the right one: numbers within a tolerance, texts but for case, lists in order.

    Example:
        >>> is_equal(0.31, 0.3, tolerance=0.02), is_equal("  BPR", "bpr"), is_equal([1, 2], (2, 1))
        (True, True, False)
    """
    answer, right = _plain(answer), _plain(right)
    if _kind(answer) != _kind(right):
        return False
    if isinstance(right, Real):
        return math.isclose(answer, right, rel_tol=1e-9, abs_tol=tolerance)
    if isinstance(right, str):
        return answer.strip().lower() == right.strip().lower()
    pairs = list(zip(answer, right, strict=False))
    return len(answer) == len(right) and all(is_equal(*pair, tolerance) for pair in pairs)


@functools.cache
def _data():
    """Load the data set of the lessons, which says which one it is where a lesson loads it, and not again."""
    with contextlib.redirect_stdout(io.StringIO()):
        return default_dataset()


def _has_gap(answer) -> bool:
    return (
        answer is None or answer is ... or (isinstance(answer, (list, tuple)) and any(map(_has_gap, answer)))
    )


def _plain(value):
    """Turn numbers and arrays of NumPy and pandas into Python's, and other lists into a list."""
    if getattr(value, "ndim", None) == 0:
        return np.asarray(value).item()
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str) else value


def _kind(value) -> str:
    value = _plain(value)
    kinds = (bool, "True or False"), (Real, "a number"), (str, "a text"), (list, "a list")
    return next((name for kind, name in kinds if isinstance(value, kind)), f"a {type(value).__name__}")
