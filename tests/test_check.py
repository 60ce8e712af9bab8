"""`python -m dbrec.check`: what is here, and for each gap what to do."""

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import pytest
from movielens_files import write_movielens

from dbrec import check

ROOT = Path(__file__).parents[1]


def found(facts) -> dict[str, tuple[str, str]]:
    return {name: (what, todo) for name, what, todo in facts}


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Have no data of one's own, and an empty cache."""
    monkeypatch.delenv("DBREC_DATA_DIR", raising=False)
    monkeypatch.setenv("DBREC_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


def test_where_all_is_here_nothing_is_to_do(elsewhere, monkeypatch, capsys):
    for name in ("ml-1m", "ml-100k"):
        write_movielens(elsewhere / "cache", name)
    monkeypatch.setattr(check, "trial_elsewhere", lambda: (2 * check.TRIAL_SECONDS, ""))
    monkeypatch.setattr(sys, "argv", ["check"])
    with pytest.raises(SystemExit) as end:
        check.main()
    said = capsys.readouterr().out
    assert end.value.code == 0 and said.endswith("\nall is here\n")
    assert "about 19 minutes for all fifteen" in said


def test_a_package_that_lacks_is_named_with_what_brings_it(monkeypatch):
    real = importlib.metadata.version

    def version(name: str) -> str:
        if name in ("keras", "matplotlib", "usearch", "nbval", "sphinx"):
            raise importlib.metadata.PackageNotFoundError(name)
        return "1.0" if name == "pandas" else real(name)

    monkeypatch.setattr(check, "version", version)
    packages = found(check.packages())
    assert packages["keras"] == ("not here", f"{check.SET_UP}: dbrec takes <4,>=3.12")
    assert packages["matplotlib"] == ("not here", f"{check.SET_UP}: dbrec[lessons] takes >=3.9")
    assert packages["usearch"][1].startswith(f"{check.SET_UP}: dbrec[index] takes")
    assert packages["nbval"] == packages["sphinx"] == ("not here; no lesson needs it", "")
    assert packages["pandas"] == ("1.0", f"{check.SET_UP}: dbrec takes <4,>=3.1")
    assert packages["numpy"] == (real("numpy"), "")


def test_data_is_looked_for_in_the_own_folder_and_then_in_the_cache(elsewhere, monkeypatch):
    nothing = found(check.data())
    assert nothing.pop("data") == (check.NO_DATA, "")
    for what, todo in nothing.values():  # a lesson needs one of them, and fetches it
        assert what.startswith("not here; a lesson downloads it") and todo == ""
    cached = write_movielens(elsewhere / "cache", "ml-1m")
    assert found(check.data())["ml-1m"] == (str(cached), "")
    own = write_movielens(elsewhere / "own", "ml-1m")
    monkeypatch.setenv("DBREC_DATA_DIR", str(elsewhere / "own"))
    assert found(check.data())["ml-1m"] == (str(own), "")
    (own / "users.dat").unlink()
    what, todo = found(check.data())["ml-1m"]
    assert what == f"{own}, without users.dat" and todo.startswith("unpack ml-1m.zip")


@pytest.mark.parametrize(
    ("number", "todo"),
    [
        ("3.10.9", "take a Python <3.14,>=3.11"),
        ("3.11.0", ""),
        ("3.13.9", ""),
        ("3.14.0", "take a Python <3.14,>=3.11"),
    ],
)
def test_another_python_is_told(monkeypatch, number, todo):
    monkeypatch.setattr(check.platform, "python_version", lambda: number)
    assert found(check.facts())["Python"][1] == todo


@pytest.mark.parametrize(
    ("gib", "shown", "todo"),
    [(8.0, "8.0 GiB", ""), (1.5, "1.5 GiB", "a lesson takes up to 2 GiB: close other programs")],
)
def test_little_memory_is_told(monkeypatch, gib, shown, todo):
    monkeypatch.setattr(check, "memory_gib", lambda: gib)
    assert found(check.facts())["memory"] == (shown, todo)


@pytest.mark.parametrize("inside", ["", "ml-1m", "not/there"])
def test_a_folder_of_ones_own_without_a_set_is_a_gap(elsewhere, monkeypatch, inside):
    write_movielens(elsewhere / "cache", "ml-100k")  # which lessons would take, without a word
    write_movielens(elsewhere / "own", "ml-1m")
    monkeypatch.setenv("DBREC_DATA_DIR", str(elsewhere / "own" / inside))
    told = [todo for name, _, todo in check.data() if name == "data"]
    assert told == (["give the folder that holds one, or unset it"] if inside else [])


@pytest.mark.parametrize(
    ("chosen", "todo"), [("ml-10m", ["give ml-1m or ml-100k, or unset it"]), ("ml-1m", [])]
)
def test_a_set_that_the_lessons_do_not_know_is_a_gap(elsewhere, monkeypatch, chosen, todo):
    write_movielens(elsewhere / "cache", "ml-1m")
    monkeypatch.setenv("DBREC_DATASET", chosen)
    assert [todo for name, _, todo in check.data() if name == "data"] == todo


@pytest.mark.parametrize("name", ["DBREC_DATA_DIR", "DBREC_CACHE_DIR"])
def test_the_home_of_nobody_is_a_gap(elsewhere, monkeypatch, name):
    monkeypatch.setenv(name, "~nobody-of-that-name/data")
    what, todo = found(check.facts())["data"]
    assert what.startswith(f"${name} is '~nobody-of-that-name/data': give the path") and todo


def test_without_any_data_it_says_that_the_first_lesson_needs_a_network(elsewhere, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["check", "--no-trial"])
    with pytest.raises(SystemExit) as end:
        check.main()
    assert end.value.code == 0
    assert capsys.readouterr().out.endswith(
        "all is here but the data, for which the first lesson needs a network\n"
    )


@pytest.mark.parametrize(
    ("limit", "gib"), [(f"{2**29}\n", 0.5), ("max\n", None), (None, None), (f"{2**60}", None)]
)
def test_a_container_may_take_less_than_the_machine_has(tmp_path, monkeypatch, limit, gib):
    monkeypatch.setattr(check, "CONTAINER", tmp_path / "none")
    machine = check.memory_gib()
    if limit:
        (tmp_path / "memory.max").write_text(limit)
        monkeypatch.setattr(check, "CONTAINER", tmp_path / "memory.max")
    assert check.memory_gib() == (gib or machine)


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ("raise OSError('no room')", "exit code 1: OSError: no room"),
        ("os.abort()", "exit code -6: without a word"),
    ],
)
def test_a_trial_that_breaks_is_a_gap_and_the_exit_code_is_one(elsewhere, monkeypatch, capsys, ends, said):
    broken = f"import os\ndef trial(): {ends}\n"  # in the place of the module, for the trial's own process
    (elsewhere / "dbrec").mkdir()
    (elsewhere / "dbrec" / "__init__.py").touch()
    (elsewhere / "dbrec" / "check.py").write_text(broken)
    monkeypatch.chdir(elsewhere)
    monkeypatch.setattr(sys, "argv", ["check"])
    with pytest.raises(SystemExit) as end:
        check.main()
    shown = capsys.readouterr().out
    assert end.value.code == 1 and f"the trial ended with {said}. To do: make venv" in shown
    assert "\n1 to do\n" in shown


def test_where_packages_lack_one_line_says_which_and_what_to_do(tmp_path):
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import dbrec.check"
    bare = [sys.executable, "-S", "-c", program]  # without what is installed
    done = subprocess.run(bare, env=alone, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "isn't here, in" in done.stderr and "To do: make venv" in done.stderr


def test_it_is_quick_without_a_trial_and_imports_no_tensorflow():
    code = "import dbrec.check, sys; list(dbrec.check.facts()); print('tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_trial_gives_seconds():
    assert 0 < check.trial() < 600
