"""scripts/make_venv.sh decides when to make .venv; shown with a stand-in for Python and pip."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="make_venv.sh needs a POSIX shell")

SCRIPT = Path(__file__).parents[1] / "scripts" / "make_venv.sh"
TOOLS = "sh cat cksum cp date dirname head mkdir rm".split()  # all that the script may count on

# Suits unless a file `unsuitable` lies beside it; its pip fails where the project holds `offline`.
PYTHON = """#!/bin/sh
case "$*" in
  *sys.exit*) [ ! -f "$(dirname "$0")/unsuitable" ] ;;
  *_base_executable*) echo "$0" ;;
  *version_info*) echo 3.12 ;;
  --version) echo Python 3.14.0 ;;
  "-m venv .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
  "-m pip"*) echo "pip: $*"; [ ! -f offline ] ;;
esac
"""


@pytest.fixture
def bin_folder(tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        (folder / tool).symlink_to(shutil.which(tool))
    put_python(folder / "python3")
    return folder


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "a project"
    (folder / "scripts").mkdir(parents=True)
    shutil.copy(SCRIPT, folder / "scripts")
    (folder / "requirements.lock").write_text("numpy==2.4\n")
    (folder / "pyproject.toml").write_text("[project]\n")
    return folder


def put_python(path):
    path.parent.mkdir(exist_ok=True)
    path.write_text(PYTHON)
    path.chmod(0o755)


def make(project, bin_folder, python=""):
    command = ["sh", str(project / "scripts" / "make_venv.sh"), python]
    return subprocess.run(command, env={"PATH": str(bin_folder)}, capture_output=True, text=True, check=False)


def test_the_lock_is_installed_with_hashes_and_then_dbrec_without_a_download(project, bin_folder):
    result = make(project, bin_folder)
    assert result.returncode == 0
    assert [line for line in result.stdout.splitlines() if line.startswith("pip:")] == [
        "pip: -m pip install --require-hashes --requirement requirements.lock",
        "pip: -m pip install --quiet --no-deps --no-build-isolation --editable .",
    ]


def test_a_second_call_does_nothing(project, bin_folder):
    make(project, bin_folder)
    assert make(project, bin_folder).stdout == ""


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_changed_file_brings_the_venv_up_to_date_in_place(project, bin_folder, name):
    make(project, bin_folder)
    (project / ".venv" / "kept").touch()
    (project / name).write_text("changed\n")
    assert "Bringing .venv up to date" in make(project, bin_folder).stdout
    assert (project / ".venv" / "kept").exists()
    assert make(project, bin_folder).stdout == ""


def test_a_half_made_venv_is_made_anew(project, bin_folder):
    (project / "offline").touch()
    assert make(project, bin_folder).returncode == 1
    (project / ".venv" / "half").touch()
    (project / "offline").unlink()
    assert "Making .venv" in make(project, bin_folder).stdout
    assert not (project / ".venv" / "half").exists()


def test_a_venv_that_moved_with_its_folder_is_made_anew(project, bin_folder):
    make(project, bin_folder)
    moved = project.rename(project.with_name("moved"))
    assert "Making .venv" in make(moved, bin_folder).stdout


def test_a_later_plain_call_keeps_the_python_that_was_asked_for(project, bin_folder):
    put_python(bin_folder.parent / "other" / "python3.12")
    make(project, bin_folder, str(bin_folder.parent / "other" / "python3.12"))
    (bin_folder / "unsuitable").touch()
    assert make(project, bin_folder).stdout == ""


def test_a_python_that_does_not_suit_is_refused_and_nothing_is_made(project, bin_folder):
    (bin_folder / "unsuitable").touch()
    result = make(project, bin_folder, "python3")
    assert result.returncode == 1
    assert "PYTHON=python3 is Python 3.14.0" in result.stderr
    assert "needs Python 3.11, 3.12 or 3.13" in result.stderr
    assert "make notebooks PYTHON=/path/to/python3.13" in result.stderr
    assert not (project / ".venv").exists()


def test_where_python3_does_not_suit_another_on_path_is_taken(project, bin_folder):
    (bin_folder / "python3").write_text("#!/bin/sh\nexit 1\n")
    put_python(bin_folder / "python3.12")
    assert make(project, bin_folder).returncode == 0


def test_where_no_python_suits_it_says_what_is_needed(project, bin_folder):
    (bin_folder / "python3").unlink()
    result = make(project, bin_folder)
    assert result.returncode == 1
    assert "no python3, python3.13, python3.12 or python3.11 on PATH suits" in result.stderr
    assert not (project / ".venv").exists()
