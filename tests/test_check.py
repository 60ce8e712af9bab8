"""`python -m dbrec.check`: what is here, and for each gap what to do."""

import importlib.metadata
import subprocess
import sys

import pytest
from movielens_files import write_movielens

from dbrec import check


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
    monkeypatch.setattr(check, "trial", lambda: 2 * check.TRIAL_SECONDS)
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
    assert packages["keras"] == ("not here", "pip install 'dbrec', which takes <4,>=3.12")
    assert packages["matplotlib"] == ("not here", "pip install 'dbrec[lessons]', which takes >=3.9")
    assert packages["usearch"][1].startswith("pip install 'dbrec[index]'")
    assert packages["nbval"] == packages["sphinx"] == ("not here; no lesson needs it", "")
    assert packages["pandas"] == ("1.0", "pip install 'dbrec', which takes <4,>=3.1")
    assert packages["numpy"] == (real("numpy"), "")


def test_data_is_looked_for_in_the_own_folder_and_then_in_the_cache(elsewhere, monkeypatch):
    for what, todo in found(check.data()).values():  # a lesson needs one of them, and fetches it
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


def test_a_trial_that_breaks_is_a_gap_and_the_exit_code_is_one(elsewhere, monkeypatch, capsys):
    def broken() -> float:
        raise OSError("no room")

    monkeypatch.setattr(check, "trial", broken)
    monkeypatch.setattr(sys, "argv", ["check"])
    with pytest.raises(SystemExit) as end:
        check.main()
    said = capsys.readouterr().out
    assert end.value.code == 1 and "the trial ended with OSError: no room. To do: make venv" in said
    assert "\n1 to do\n" in said


def test_it_is_quick_without_a_trial_and_imports_no_tensorflow():
    code = "import dbrec.check, sys; list(dbrec.check.facts()); print('tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_trial_gives_seconds():
    assert 0 < check.trial() < 600
