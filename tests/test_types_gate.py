"""The gate's mypy step turns red on a type error: shown by running it on a tiny package."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WELL_TYPED = """
import keras  # brings no types: no error


def double(number: int) -> int:
    return 2 * number


def plain(number):  # without annotations: allowed
    return double(number)
"""
# A wrong argument; a value that may be None; an attribute that nothing declares.
ILL_TYPED = {
    "arg-type": "double('3')",
    "union-attr": "found: str | None = {'a': 'b'}.get('c')\nfound.upper()",
    "attr-defined": "double.undeclared",
}


def mypy_step() -> list[str]:
    """Read the command out of the recipe of `make test`."""
    recipe = re.search(r"^test:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]
    (line,) = [line for line in recipe.splitlines() if "mypy" in line]
    return shlex.split(line.replace("$(IN_VENV)", shlex.quote(sys.executable)))


def run_gate_on(folder: Path, code: str) -> subprocess.CompletedProcess:
    room = folder / "dbrec" / "room"
    room.mkdir(parents=True)
    for package in (room.parent, room):
        (package / "__init__.py").touch()
    (room / "module.py").write_text(code)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return subprocess.run(mypy_step(), cwd=folder, capture_output=True, text=True, check=False)


def test_well_typed_code_passes(tmp_path):
    result = run_gate_on(tmp_path, WELL_TYPED)
    assert (result.returncode, result.stderr) == (0, "")
    assert "no issues found in 3 source files" in result.stdout


@pytest.mark.parametrize("kind", ILL_TYPED)
def test_a_type_error_in_any_room_turns_the_run_red(tmp_path, kind):
    result = run_gate_on(tmp_path, f"{WELL_TYPED}\n\n{ILL_TYPED[kind]}\n")
    assert result.returncode == 1
    assert re.search(rf"dbrec.room.module\.py:\d+: error: .*\[{kind}\]", result.stdout)
