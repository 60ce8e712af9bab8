"""The three files that say what dbrec needs must say the same."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DEPENDENCIES = [Requirement(line) for line in PROJECT["dependencies"]]
TEST_DEPENDENCIES = [Requirement(line) for line in PROJECT["optional-dependencies"]["test"]]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
CONDA_PIP = CONDA[-1]["pip"]
LOCK = (ROOT / "requirements.lock").read_text()
REQUIRED = "jupyterlab tensorflow pandas numpy matplotlib seaborn scikit-learn nbval".split()


def locked_versions(name: str) -> list[str]:
    return re.findall(rf"^{re.escape(canonicalize_name(name))}==(\S+)", LOCK, flags=re.MULTILINE)


def conda_requirements() -> dict[str, Requirement]:
    lines = [Requirement(line) for line in CONDA_PIP if not line.startswith("-e")]
    return {requirement.name: requirement for requirement in lines}


@pytest.mark.parametrize("dependency", DEPENDENCIES + TEST_DEPENDENCIES, ids=str)
def test_every_dependency_is_locked_at_versions_it_allows(dependency):
    versions = locked_versions(dependency.name)
    assert versions, f"{dependency} is not in requirements.lock; run `make lock`"
    assert [v for v in versions if v not in dependency.specifier] == []


@pytest.mark.parametrize("dependency", DEPENDENCIES, ids=str)
def test_environment_yml_names_every_dependency_with_the_same_range(dependency):
    assert conda_requirements()[dependency.name].specifier == dependency.specifier


def test_environment_yml_names_nothing_else_and_installs_dbrec_with_its_tests():
    known = {d.name: d.specifier for d in DEPENDENCIES + TEST_DEPENDENCIES}
    named = {name: requirement.specifier for name, requirement in conda_requirements().items()}
    assert named.items() <= known.items()
    assert set(REQUIRED) <= set(named)
    assert CONDA_PIP[-1] == "-e .[test]"


def test_environment_yml_takes_a_python_that_pyproject_allows():
    assert "python=3.11" in CONDA
    assert "3.11" in Requirement(f"python{PROJECT['requires-python']}").specifier


def test_the_lock_holds_no_address_and_no_path():
    lines = [line for line in LOCK.splitlines() if not line.startswith("    --hash=sha256:")]
    assert [line for line in lines if "/" in line or "@" in line or line.startswith("-")] == []


def test_the_lock_gives_a_hash_for_every_package():
    packages = re.findall(r"^\S+==.*$", LOCK, re.MULTILINE)
    hashed = re.findall(r"^\S+==.* \\\n    --hash=sha256:[0-9a-f]{64}\b", LOCK, re.MULTILINE)
    assert len(packages) == len(hashed) > 0


def test_the_lock_holds_the_build_backend_so_that_dbrec_installs_without_a_download():
    assert locked_versions("setuptools")
