"""Build a site to read in any browser: lessons with folded solutions, how each number was obtained, the API.

Usage: make_site.py [FOLDER]. It shows the notebooks as they are committed; nothing is executed, and nothing
that a page needs lies elsewhere.
"""

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "build" / "site-source"
MODULES = {
    "The recommender": ["dbrec.recommender", "dbrec.queries", "dbrec.newcomer_queries", "dbrec.settings"],
    "Data and splits": ["dbrec.data.movielens", "dbrec.data.splits", "dbrec.data.synthetic"],
    "Measures": ["dbrec.evaluation.auc", "dbrec.evaluation.ranking", "dbrec.evaluation.calibration"],
    "All in one table": ["dbrec.evaluation.report"],
    "Training": ["dbrec.training.losses", "dbrec.training.layers", "dbrec.training.towers"],
    "Choice and newcomers": ["dbrec.scoring.choice", "dbrec.scoring.newcomers", "dbrec.scoring.index"],
}
PAGES = {  # where it is to lie, and what it is made of
    "teaching": ROOT / "docs" / "teaching.md",
    "troubleshooting": ROOT / "docs" / "troubleshooting.md",
    "architecture": ROOT / "ARCHITECTURE.md",
    "numbers": ROOT / "benchmarks" / "README.md",
    "results": ROOT / "benchmarks" / "RESULTS.md",
    "changelog": ROOT / "CHANGELOG.md",
}
INDEX = """# dbrec

Deep hybrid recommenders, from the ratings to a list of films: fifteen lessons, and a small tested package.
Begin with [lesson 1](notebooks/01_explore_the_data), or with [the map, the notation and the
glossary](notebooks/00_contents).

```{toctree}
:caption: Lessons
:maxdepth: 1

LESSONS
```

```{toctree}
:caption: Around them
:maxdepth: 1

teaching
troubleshooting
api
architecture
numbers
results
changelog
```
"""


def solutions_of(lesson: Path) -> dict[str, str]:
    """Give the code of each solution by the name of its exercise, such as ``"L2.1"``."""
    path = lesson.parent / "solutions" / lesson.name
    cells = nbformat.read(path, as_version=4).cells if path.exists() else []
    found = {}
    for cell in cells:
        if cell.cell_type == "code" and (name := re.search(r'check\("(L[\d.]+)"', cell.source)):
            found[name[1]] = cell.source
    return found


def with_solutions(notebook: NotebookNode, solutions: dict[str, str]) -> list[NotebookNode]:
    """Give the cells, and below each exercise its solution, folded."""
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        name = re.search(r'check\("(L[\d.]+)"', cell.source) if cell.cell_type == "code" else None
        if name and name[1] in solutions:
            code = f"```python\n{solutions[name[1]]}\n```"
            folded = f"<details><summary>A solution of {name[1]}</summary>\n\n{code}\n\n</details>"
            cells.append(new_markdown_cell(folded, id=f"solution-{name[1].replace('.', '-')}"))
    return cells


def words_of_figures(cells: list[NotebookNode]) -> list[str]:
    """Give the paragraph below each cell that shows a figure, which reads it, and "" for other cells."""
    words = []
    for cell, after in zip(cells, [*cells[1:], None], strict=True):
        if any("image/png" in output.get("data", {}) for output in cell.get("outputs", [])):
            text = after.source.split("\n\n")[0] if after and after.cell_type == "markdown" else "a figure"
            words.append(re.sub(r"[*`$#\[\]]|\(.*?\.ipynb\)", "", text).replace("\n", " ").strip())
        else:
            words.append("")
    return words


def described(cells: list[NotebookNode]) -> None:
    """Give each figure, as its alternative text, the sentences below it."""
    for cell, words in zip(cells, words_of_figures(cells), strict=True):
        if words:
            cell.metadata["mystnb"] = {"image": {"alt": words[:400]}}


def copy_notebooks() -> None:
    """Copy lessons with folded solutions, and what they show."""
    target = SOURCE / "notebooks"
    target.mkdir(parents=True)
    shutil.copy(ROOT / "notebooks" / "film_map.png", target)
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        described(notebook.cells)
        notebook.cells = with_solutions(notebook, solutions_of(path))
        for cell in notebook.cells:  # solutions are folded here, and have no pages of their own
            cell.source = re.sub(r"\[([^\]]*)\]\(solutions/[^)]*\)", r"\1", cell.source)
        nbformat.write(notebook, target / path.name)


def copy_pages() -> None:
    """Copy the other pages, with links to where things lie here; what has no page here is named only."""
    places = {path.relative_to(ROOT).as_posix(): name for name, path in PAGES.items()}
    for name, path in PAGES.items():

        def relinked(link: re.Match, folder: Path = path.parent) -> str:
            words, target = link[1], link[2]
            if target.startswith(("http", "#")):
                return link[0]
            place = (folder / target.split("#")[0]).resolve().relative_to(ROOT).as_posix()
            if re.fullmatch(r"notebooks/[^/]*\.ipynb", place):
                return f"[{words}]({place.removesuffix('.ipynb')})"
            return f"[{words}]({places[place]})" if place in places else words

        text = re.sub(r"\[([^\]]*)\]\(([^)\s]*)\)", relinked, path.read_text("utf-8"))
        (SOURCE / f"{name}.md").write_text(text, "utf-8")


def write_api() -> None:
    """Write a page that shows the docstrings of all modules that a user calls."""
    lines = ["# The package, by its docstrings\n"]
    for title, modules in MODULES.items():
        lines.append(f"## {title}\n")
        for module in modules:
            lines.append(f"### {module}\n\n```{{eval-rst}}\n.. automodule:: {module}\n   :members:\n```\n")
    (SOURCE / "api.md").write_text("\n".join(lines), "utf-8")


def build(folder: Path) -> int:
    """Lay out the source, and build; a warning is an error. Gives Sphinx's exit code."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    copy_notebooks()
    copy_pages()
    write_api()
    lessons = "\n".join(f"notebooks/{path.stem}" for path in sorted((SOURCE / "notebooks").glob("*.ipynb")))
    (SOURCE / "index.md").write_text(INDEX.replace("LESSONS", lessons), "utf-8")
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet", "-b", "html"]
    return subprocess.run([*command, "-c", ROOT / "docs" / "site", SOURCE, folder]).returncode


def main() -> None:
    """Build, and say where it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build" / "site")
    folder = parser.parse_args().folder
    if code := build(folder):
        sys.exit(code)
    print(f"open {folder / 'index.html'}")


if __name__ == "__main__":
    main()
