"""Name the state of the code that measured a row, so that a row of other code can be told."""

import ast
import hashlib
from functools import cache
from pathlib import Path

from dbrec import _HOMES

ROOT = Path(__file__).parents[2]
STUDIES, SYSTEMS = "benchmarks.studies.", "benchmarks.systems."
UPDATES = "dbrec.scoring.updates"

ALL_COUNTS = {STUDIES + name for name in "growth newcomers speed updates".split()}
"""The studies of time, for which surroundings count by their code, too."""
ALSO_COUNTS = {
    f"{STUDIES}choice": {"dbrec.interactions"},  # that is in what it times
    f"{STUDIES}questions": {"dbrec.newcomer_queries"},  # no made example asks
    f"{STUDIES}retrieval": {"dbrec.scoring.index"},  # that is what it times
    # where a model is updated
    UPDATES: {UPDATES, "dbrec.scoring.choice_updates", "dbrec.scoring.merging", "dbrec.changes"},
}
"""Studies, and what they use, for which some of the surroundings count by their code."""


def digest(*modules: str, settings: str = "") -> str:
    """Give "s" and 11 hex digits of modules' statements, of all that they import here, and of settings.

    Docstrings, comments and empty lines don't count: to explain the code better makes no row stale. What
    surrounds a model counts by what it gives, but in `ALL_COUNTS` and `ALSO_COUNTS`. The facade counts by all
    that it imports.
    """
    from benchmarks.harness import surroundings  # which imports much, and here is little else

    by_code = set().union(*(ALSO_COUNTS.get(name, set()) for name in modules))
    passed_over = set() if ALL_COUNTS & set(modules) else surroundings.MODULES - by_code
    held_by_test = {surroundings.FACADE} if passed_over else set()
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        if (name := waiting.pop()) not in found | passed_over:
            found.add(name)
            waiting += _imported(name)
    parts = [settings] + [f"{name}\n{_statements(name)}" for name in sorted(found - held_by_test)]
    if passed_over:
        parts.append(surroundings.digest_of_results())
    return "s" + hashlib.sha256("\n".join(parts).encode()).hexdigest()[:11]  # never read as a number


def _path(name: str) -> Path | None:
    """Find the file of a module of this project; None where the name isn't one."""
    place = ROOT.joinpath(*name.split("."))
    files = place.with_suffix(".py"), place / "__init__.py"
    return next((file for file in files if file.exists()), None)


@cache
def _source(name: str) -> str:
    return _path(name).read_text("utf-8")


@cache
def _imported(name: str) -> list[str]:
    """List the modules of this project that a module imports, anywhere in it."""
    names = []
    for node in ast.walk(ast.parse(_source(name))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "dbrec":
            names += [f"dbrec.{_HOMES.get(alias.name, alias.name)}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [found for found in names if found.split(".")[0] in ("dbrec", "benchmarks") and _path(found)]


@cache
def _statements(name: str) -> str:
    """Give the lines of a module without docstrings, comment lines and empty ones."""
    source, documented = _source(name), set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            text = node.body[0]
            documented |= set(range(text.lineno, text.end_lineno + 1))
    lines = enumerate(source.splitlines(), start=1)
    kept = [line.rstrip() for number, line in lines if number not in documented]
    return "\n".join(line for line in kept if line and not line.lstrip().startswith("#"))
