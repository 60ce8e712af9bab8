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
from nbformat.v4 import new_code_cell, new_markdown_cell

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
# of an exercise, in a notebook of solutions: its heading, and on to the last question mark, if there is one
QUESTION = re.compile(r"^(?:## |\*\*Exercise )(?:.*\?|.*)", re.DOTALL | re.MULTILINE)
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


def exercise_of(code: str) -> str | None:
    """Give the name of the exercise that some code checks, such as ``"L2.1"``."""
    found = re.search(r'check\(\s*"(L[\d.]+)"', code)
    return found and found[1]


def solutions_of(lesson: Path) -> dict[str, list[NotebookNode]]:
    """Give the cells of each solution by the name of its exercise, without the question."""
    path = lesson.parent / "solutions" / lesson.name
    solutions = [[]]  # the first is the title and what the notebook of solutions imports
    for cell in nbformat.read(path, as_version=4).cells if path.exists() else []:
        if cell.cell_type == "code":
            solutions[-1].append(new_code_cell(cell.source, outputs=cell.outputs))
            continue
        told, *begun = QUESTION.split(cell.source)
        solutions[-1].append(new_markdown_cell(told))
        if begun:
            solutions.append([new_markdown_cell(begun[0])])
    return {exercise_of("\n".join(cell.source for cell in cells)): cells for cells in solutions[1:]}


def with_solutions(cells: list[NotebookNode], solutions: dict[str, list[NotebookNode]]) -> list[NotebookNode]:
    """Give the cells, and below each exercise its solution, folded."""
    found = []
    for cell in cells:
        found.append(cell)
        name = exercise_of(cell.source)
        if name in solutions:
            summary = f"<details><summary>A solution of {name}</summary>"
            found += [new_markdown_cell(summary), *solutions[name], new_markdown_cell("</details>")]
    return found


def figures_of(cell: NotebookNode) -> list[NotebookNode]:
    """Give the outputs of a cell that are figures."""
    return [output for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]


def words_of_figures(cells: list[NotebookNode]) -> list[list[str]]:
    """Give a text a figure for each cell: what its metadata says as "alt", else the paragraph below."""
    words = []
    for cell, after in zip(cells, [*cells[1:], new_markdown_cell()], strict=True):
        below = plain(after.source.split("\n\n")[0])
        words.append(cell.metadata.get("alt") or [below] * len(figures_of(cell)))
    return words


def plain(text: str) -> str:
    """Write Markdown, and the few signs of formulas that stand beside figures, as words without marks."""
    for tex, sign in {r"\sigma": "σ", r"\cdot": "·", r"\,": " "}.items():
        text = text.replace(tex, sign)
    return re.sub(r"[*`$#\[\]]|\(.*?\.ipynb\)", "", text).replace("\n", " ").strip()


def described(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Give each figure its alternative text. Sphinx takes one a cell, so a second one moves to a new cell."""
    found = []
    for cell, words in zip(cells, words_of_figures(cells), strict=True):
        found.append(cell)
        for place, (figure, text) in enumerate(zip(figures_of(cell), words, strict=True)):
            if place:
                cell.outputs.remove(figure)
                found.append(
                    new_code_cell(cell.source, outputs=[figure], metadata={"tags": ["remove-input"]})
                )
            found[-1].metadata["mystnb"] = {"image": {"alt": text}}
    return found


def copy_notebooks() -> None:
    """Copy the lessons, with words for their figures and folded solutions."""
    target = SOURCE / "notebooks"
    target.mkdir(parents=True)
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        notebook.cells = with_solutions(described(notebook.cells), solutions_of(path))
        for cell in notebook.cells:  # solutions are folded here, and have no pages of their own
            cell.source = re.sub(r"^.*\]\(solutions/.*\n", "", cell.source, flags=re.MULTILINE)
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
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"{error}: give a folder to write into")
    if code := build(folder):
        sys.exit(code)
    print(f"open {folder / 'index.html'}")
    print(f"for excerpts in its search: python -m http.server -d {folder}, then open http://localhost:8000")


if __name__ == "__main__":
    main()
