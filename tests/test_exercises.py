"""The exercises: what `check` says, and that each lesson, its answers and its solutions belong together."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dbrec.data.movielens import default_dataset
from dbrec.lessons import exercises
from dbrec.lessons.exercises import NOT_YET, Exercise, check, exercise_named, is_equal, verdict

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
LESSONS = sorted(path for path in NOTEBOOKS.glob("[0-9][0-9]_*.ipynb") if not path.name.startswith("00"))
CHECKED = re.compile(r'check\(\s*"(L\d+\.\d+)"')


def code_cells(path: Path) -> list[dict]:
    """Read the code cells of a notebook."""
    return [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]


def said_in(path: Path) -> dict[str, str]:
    """Give what the stored run of each exercise's cell printed last, by the exercise's name."""
    found = {}
    for cell in code_cells(path):
        for name in CHECKED.findall("".join(cell["source"])):
            found[name] = "".join("".join(output.get("text", "")) for output in cell["outputs"])
    return found


NAMES = [name for path in LESSONS for name in said_in(path)]


@pytest.fixture
def learner(monkeypatch):
    """Begin without a wrong try, on made data."""
    monkeypatch.setattr(exercises, "_data", lambda: {"films": 3})
    exercises._wrong_tries.clear()
    return Exercise(lambda data, more=0: data["films"] + more, ("Think.", "Count."), because="Three it is.")


def test_a_right_answer_is_met_with_its_reason(learner):
    assert verdict("L0.1", learner, 3) == "Right. Three it is."


def test_that_another_data_set_stands_in_is_said_by_the_lesson_and_not_again_by_check(monkeypatch, capsys):
    monkeypatch.setattr(exercises, "default_dataset", lambda: print("Using MovieLens 100K, because"))
    exercises._data.cache_clear()
    check("L5.4", 0)
    exercises._data.cache_clear()
    assert capsys.readouterr().out.startswith(("Right. ", "Wrong: "))


def test_each_wrong_try_gives_the_next_hint_and_a_right_one_begins_anew(learner):
    said = [verdict("L0.1", learner, 5) for _ in range(3)]
    assert said == ["Wrong: 5. Think.", "Wrong: 5. Count.", "Wrong: 5. Count."]
    verdict("L0.1", learner, 3)
    assert verdict("L0.1", learner, 5) == "Wrong: 5. Think."


@pytest.mark.parametrize("gap", [None, ..., [1, ...], (None, 2)])
def test_a_gap_is_no_answer_and_costs_no_hint(learner, gap):
    assert verdict("L0.1", learner, gap) == NOT_YET
    assert verdict("L0.1", learner, 5) == "Wrong: 5. Think."


def test_what_the_lesson_hands_on_counts(learner):
    assert verdict("L0.1", learner, 5, more=2).startswith("Right.")


def test_an_answer_of_another_kind_is_told_so(learner):
    assert verdict("L0.1", learner, "3") == "Wrong: '3' is a text, and a number is asked for. Think."


def test_an_array_without_a_length_is_the_number_it_holds(learner):
    assert verdict("L0.1", learner, np.array(3)).startswith("Right.")
    assert verdict("L0.1", learner, np.array("3")).endswith("is a text, and a number is asked for. Think.")


@pytest.mark.parametrize("name", ["L1.99", "L99.1", "1", "lesson", ""])
def test_an_exercise_that_is_not_there_is_refused(name):
    with pytest.raises(ValueError, match="give lesson and number, such as 'L1.3'"):
        check(name, 1)


@pytest.mark.parametrize(
    ("answer", "right", "tolerance", "equal"),
    [
        (3, 3, 0, True),
        (3.05, 3, 0.1, True),
        (3.2, 3, 0.1, False),
        (float("nan"), 3, 0.1, False),
        (np.float32(3), 3, 0, True),
        (np.array(3), 3, 0, True),
        (np.array(3.05), 3, 0.1, True),
        (np.array(4), 3, 0, False),
        (np.array(True), True, 0, True),
        (np.array("BPR"), "bpr", 0, True),
        (np.array(3), [3], 0, False),
        ([np.array(1), 2], [1, 2], 0, True),
        (True, 1, 0, False),
        ("bpr", " BPR", 0, True),
        ([1, 2], (1, 2), 0, True),
        (np.array([1.0, 2.0]), [1, 2], 0, True),
        (pd.Series([1, 2]), [1, 2], 0, True),
        ([1], [1, 2], 0, False),
        ([2, 1], [1, 2], 0, False),
        ([1.05, 2], [1, 2], 0.1, True),
        (["A", True], ["a", True], 0, True),
        ([1], 1, 0, False),
    ],
)
def test_an_answer_is_compared_by_its_kind(answer, right, tolerance, equal):
    assert is_equal(answer, right, tolerance) is equal


def spoiled(right, tolerance: float):
    """Give a wrong answer of the same kind."""
    right = exercises._plain(right)
    if isinstance(right, bool):
        return not right
    if isinstance(right, str):
        return right + "?"
    if isinstance(right, list):
        return [spoiled(right[0], tolerance), *right[1:]]
    return right + 1 + 3 * tolerance


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_answer_gets_the_first_hint_and_then_the_second(name):
    exercise = exercise_named(name)
    assert len(exercise.hints) >= 2 and all(exercise.hints)
    try:
        right = exercise.right(default_dataset(), **exercise.example)
    except OSError:
        pytest.skip("no MovieLens here")
    exercises._wrong_tries.clear()
    wrong = spoiled(right, exercise.tolerance)
    said = [verdict(name, exercise, wrong, **exercise.example) for _ in range(2)]
    assert [text.endswith(hint) for text, hint in zip(said, exercise.hints, strict=False)] == [True, True]
    assert all(text.startswith("Wrong:") for text in said)
    assert verdict(name, exercise, right, **exercise.example).startswith("Right.")


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_untouched_exercises_say_not_yet_and_the_solutions_are_right(path):
    asked, solved = said_in(path), said_in(NOTEBOOKS / "solutions" / path.name)
    assert asked and set(asked) == set(solved)
    assert set(asked.values()) == {NOT_YET + "\n"}
    # what else a cell printed would be compared with it, on data that has other numbers
    assert [name for name, text in solved.items() if not re.fullmatch(r"Right\..*\n", text)] == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_what_check_says_is_compared_on_any_data(path):
    for place in (path, NOTEBOOKS / "solutions" / path.name):
        for cell in code_cells(place):
            if CHECKED.search("".join(cell["source"])):
                assert "nbval-check-output" in cell["metadata"].get("tags", []), "".join(cell["source"])


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_no_lesson_computes_what_is_right(path):
    text = "\n".join("".join(cell["source"]) for cell in code_cells(path))
    assert "expected =" not in text and "lessons.answers" not in text
