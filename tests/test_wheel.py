"""The wheel alone: built from a clean clone, installed with the core's dependencies, used elsewhere.

What is tested is the last commit, since only that is in a clone.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
UV = shutil.which("uv")
NOT_CORE = {
    "jupyterlab",
    "matplotlib",
    "seaborn",
    "optuna",
    "zipcodes",
    "ipywidgets",
    "usearch",
    "pytest",
}
PROGRAM = """
import json
import sys
from importlib.metadata import distributions
from pathlib import Path

import numpy as np
import pandas as pd

import dbrec

rows = [(f"u{user}", f"i{item}", 5 if user % 2 == item % 2 else 1) for user in range(8) for item in range(6)]
ratings = pd.DataFrame(rows, columns=["user_id", "item_id", "rating"])
users = pd.DataFrame({"town": ["Ulm", "Bonn"] * 4}, index=[f"u{user}" for user in range(8)])
items = pd.DataFrame({"year": range(1990, 1996)}, index=[f"i{item}" for item in range(6)])

fitted = dbrec.HybridRecommender(embedding_dim=4, epochs=2, verbose=False)
fitted.fit(ratings, users, items)
fitted.save("saved")
loaded = dbrec.HybridRecommender.load("saved")
fitted_scores = fitted.score(ratings["user_id"], ratings["item_id"])
loaded_scores = loaded.score(ratings["user_id"], ratings["item_id"])
facts = {
    "folder": str(Path(dbrec.__file__).parent),
    "prefix": sys.prefix,
    "typed": Path(dbrec.__file__).with_name("py.typed").is_file(),
    "installed": sorted(found.metadata["Name"].lower() for found in distributions()),
    "finite": bool(np.isfinite(fitted_scores).all()),
    "farthest": float(np.abs(fitted_scores - loaded_scores).max()),
    "list": loaded.recommend("u0", k=2, exclude_seen=False)["item_id"].tolist(),
}
Path("facts.json").write_text(json.dumps(facts))
"""


def run(*command, cwd=None) -> None:
    """Run a command, and show all it said if it fails."""
    result = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"


def install(python, *arguments) -> list:
    """Give the command that installs packages beside a Python; their bytecode would take a minute more."""
    pip = [UV, "pip", "install", "--python", python] if UV else [python, "-m", "pip", "install"]
    return [*pip, "--no-compile", *arguments]


@pytest.fixture(scope="module")
def scratch():
    """Give a folder outside the repository that goes at the end: an environment takes 2 GB."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def clone(scratch):
    if not shutil.which("git"):
        pytest.skip("git is not installed")
    if not (ROOT / ".git").exists():
        pytest.skip("this folder is no git repository")
    run("git", "clone", "--quiet", ROOT, scratch / "clone")
    return scratch / "clone"


@pytest.fixture(scope="module")
def built(clone, scratch):
    """Build what would be published, with the setuptools at hand, so that nothing is downloaded."""
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", scratch / "dist", clone)
    return sorted((scratch / "dist").iterdir())


@pytest.fixture(scope="module")
def wheel(built):
    [found] = [file for file in built if file.suffix == ".whl"]
    return found


@pytest.fixture(scope="module")
def python(scratch):
    """Make a fresh environment, and give its Python."""
    environment = scratch / "environment"
    if UV:
        run(UV, "venv", "--python", sys.executable, environment)
    else:
        run(sys.executable, "-m", "venv", environment)
    return environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


@pytest.fixture(scope="module")
def facts(wheel, python, scratch):
    """Install the wheel alone at the locked versions, run the program there, and give what it found."""
    versions, elsewhere = scratch / "versions.txt", scratch / "elsewhere"
    lock = (ROOT / "requirements.lock").read_text()
    versions.write_text("\n".join(re.findall(r"^(\S+==.*) \\$", lock, re.MULTILINE)))
    skip_without_index(python, versions)
    run(*install(python, "--constraint", versions, wheel))
    elsewhere.mkdir()
    (elsewhere / "program.py").write_text(PROGRAM)
    run(python, "-I", "program.py", cwd=elsewhere)
    return json.loads((elsewhere / "facts.json").read_text())


def skip_without_index(python, versions) -> None:
    """Install a small package that the core needs anyway, as a trial."""
    trial = install(python, "--no-cache-dir", "--no-deps", "--constraint", versions, "absl-py")
    try:
        subprocess.run(trial, capture_output=True, text=True, check=True, timeout=60)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"the package index can't be reached: {str(error.stderr or error)[-300:]}")


def test_the_wheel_holds_the_package_as_committed_and_nothing_else(clone, wheel):
    listed = subprocess.run(
        ["git", "ls-files", "dbrec"], cwd=clone, capture_output=True, text=True, check=True
    )
    with zipfile.ZipFile(wheel) as archive:
        held = [name for name in archive.namelist() if ".dist-info/" not in name]
    assert sorted(held) == sorted(listed.stdout.split())
    assert "dbrec/py.typed" in held


def test_what_would_be_published_is_a_wheel_and_its_source_and_both_would_be_taken(built):
    assert [file.name.endswith((".whl", ".tar.gz")) for file in built] == [True, True]
    run(sys.executable, "-m", "twine", "check", "--strict", *built)


def test_the_wheel_alone_brings_no_package_of_lessons_index_or_tests(facts):
    assert "dbrec" in facts["installed"]
    assert NOT_CORE & set(facts["installed"]) == set()


def test_the_installed_package_is_used_and_says_that_it_has_types(facts):
    assert Path(facts["folder"]).is_relative_to(facts["prefix"])
    assert facts["typed"]


def test_the_installed_package_fits_saves_and_loads(facts):
    assert facts["finite"]
    assert facts["farthest"] < 1e-5
    assert len(set(facts["list"])) == 2
