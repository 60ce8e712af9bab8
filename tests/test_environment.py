"""Files that say the same thing must say the same: what dbrec needs, and what the model is made of."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "pyproject.toml").read_text()
PROJECT = tomllib.loads(TEXT)["project"]
EXTRAS = PROJECT["optional-dependencies"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
CONDA_PIP = CONDA[-1]["pip"]
LOCK = (ROOT / "requirements.lock").read_text()
REQUIRED = "jupyterlab tensorflow pandas numpy matplotlib seaborn scikit-learn nbval".split()
# What may import more than the core installs, and the extra that brings it.
MORE_THAN_CORE = {"lessons/": "lessons", "data/download.py": "lessons", "scoring/index.py": "index"}


def requirements(lines: list[str]) -> list[Requirement]:
    return [Requirement(line) for line in lines if Requirement(line).name != "dbrec"]


CORE = requirements(PROJECT["dependencies"])
TO_RUN_LESSONS = CORE + requirements(EXTRAS["lessons"]) + requirements(EXTRAS["index"])
ALL = TO_RUN_LESSONS + requirements(EXTRAS["site"]) + requirements(EXTRAS["test"])


def locked_versions(name: str) -> list[str]:
    return re.findall(rf"^{re.escape(canonicalize_name(name))}==(\S+)", LOCK, flags=re.MULTILINE)


def conda_requirements() -> dict[str, Requirement]:
    lines = [Requirement(line) for line in CONDA_PIP if not line.startswith("-e")]
    return {requirement.name: requirement for requirement in lines}


@pytest.mark.parametrize("dependency", ALL, ids=str)
def test_every_dependency_is_locked_at_versions_it_allows(dependency):
    versions = locked_versions(dependency.name)
    assert versions, f"{dependency} is not in requirements.lock; run `make lock`"
    assert [v for v in versions if v not in dependency.specifier] == []


@pytest.mark.parametrize("dependency", TO_RUN_LESSONS, ids=str)
def test_environment_yml_names_all_that_a_lesson_needs_with_the_same_range(dependency):
    assert conda_requirements()[dependency.name].specifier == dependency.specifier


def test_environment_yml_names_nothing_else_and_installs_dbrec_with_all_extras():
    known = {d.name: d.specifier for d in ALL}
    named = {name: requirement.specifier for name, requirement in conda_requirements().items()}
    assert named.items() <= known.items()
    assert set(REQUIRED) <= set(named)
    assert CONDA_PIP[-1] == f"-e .[{','.join(EXTRAS)}]"


def test_the_extra_for_tests_brings_the_others():
    assert f"dbrec[{','.join(name for name in EXTRAS if name != 'test')}]" in EXTRAS["test"]


def test_every_dependency_has_one_place():
    assert len({requirement.name for requirement in ALL}) == len(ALL)


def test_every_dependency_has_its_reason_beside_it():
    entries = [line for line in TEXT.splitlines() if line.startswith('  "') and " :: " not in line]
    assert len(entries) == len(ALL) + 1  # and the tests' line on dbrec itself
    assert [line for line in entries if not re.search(r'", # \w', line)] == []


def imported(module: Path) -> set[str]:
    """Name the packages from elsewhere that a module imports, at its top or in a function."""
    nodes = list(ast.walk(ast.parse(module.read_text())))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.level == 0}
    return {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) - {"dbrec"}


def allowed_in(place: str) -> set[str]:
    extras = [extra for start, extra in MORE_THAN_CORE.items() if place.startswith(start)]
    lists = [PROJECT["dependencies"], *(EXTRAS[extra] for extra in extras)]
    return {requirement.name for lines in lists for requirement in requirements(lines)}


def test_each_module_imports_only_what_its_part_of_the_install_brings():
    brought_by = packages_distributions()
    strangers = {}
    for module in (ROOT / "dbrec").rglob("*.py"):
        place = module.relative_to(ROOT / "dbrec").as_posix()
        allowed = allowed_in(place)
        unmet = {name for name in imported(module) if not allowed & set(brought_by.get(name, []))}
        if unmet:
            strangers[place] = unmet
    assert strangers == {}


def test_the_citation_is_of_this_version_and_counts_the_lessons():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert {"cff-version", "message", "title", "type", "version", "authors", "references"} <= set(citation)
    assert citation["version"] == PROJECT["version"]
    assert len(list((ROOT / "notebooks").glob("[01][0-9]_*.ipynb"))) == 1 + 15  # and the contents
    assert "in fifteen lessons" in citation["title"] and "in fifteen lessons" in PROJECT["description"]


def test_the_classifiers_name_the_pythons_that_are_allowed():
    allowed = Requirement(f"python{PROJECT['requires-python']}").specifier
    named = [line.rsplit(" ", 1)[1] for line in PROJECT["classifiers"] if ":: 3." in line]
    assert named == [f"3.{minor}" for minor in range(20) if f"3.{minor}" in allowed]


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


def test_the_workflow_runs_on_windows_what_make_test_runs_elsewhere():
    recipe = (ROOT / "Makefile").read_text().split("\ntest: venv")[1].split("\n\n")[0].splitlines()[1:]
    commands = [line.strip().removeprefix("$(IN_VENV) ") for line in recipe]
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "gate.yml").read_text())["jobs"]
    [windows] = [step for step in jobs["gate"]["steps"] if step.get("name") == "gate on Windows"]
    assert windows["run"].splitlines() == ["set -e", *(f"python {command}" for command in commands)]


@pytest.mark.parametrize(
    "file", sorted(ROOT.glob(".github/ISSUE_TEMPLATE/*.yml")), ids=lambda file: file.stem
)
def test_a_template_of_an_issue_has_what_its_form_needs(file):
    form = yaml.safe_load(file.read_text())
    assert {"name", "description", "body"} <= set(form)
    assert all(
        {"type", "id", "attributes"} <= set(part) and part["attributes"]["label"] for part in form["body"]
    )
