"""What a reader may count on in every lesson: its size, order and links, and its place in the contents."""

import json
import re
from pathlib import Path

import pytest
import readme_from_lessons

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
LESSONS = sorted(path for path in NOTEBOOKS.glob("[0-9][0-9]_*.ipynb") if not path.name.startswith("00"))
PAGES = [*LESSONS, NOTEBOOKS / "00_contents.ipynb", *sorted((NOTEBOOKS / "solutions").glob("*.ipynb"))]
MOST_WORDS, CELLS = 1500, (25, 45)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def cells(path: Path, kind: str) -> list[str]:
    """Read the sources of one kind of cell."""
    found = json.loads(path.read_text("utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in found if cell["cell_type"] == kind]


def headings(path: Path) -> list[str]:
    """List the headings of a notebook, with their marks."""
    text = "\n".join(cells(path, "markdown"))
    return re.findall(r"^#+ .*$", re.sub(r"```.*?```", "", text, flags=re.S), re.M)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_is_no_longer_than_a_lesson(path):
    prose, code = cells(path, "markdown"), cells(path, "code")
    assert CELLS[0] <= len(prose) + len(code) <= CELLS[1]
    words = sum(
        len(re.sub(r"\$\$.*?\$\$|```.*?```|^\|.*$", "", text, flags=re.S | re.M).split()) for text in prose
    )
    assert words <= MOST_WORDS
    assert max(len(source.splitlines()) for source in code) <= 25


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_begins_and_ends_as_all_do(path):
    found = headings(path)
    assert [line for line in found if line.startswith("# ")] == found[:1]
    assert found[0].startswith(f"# {int(path.name[:2])}. ")
    assert [line[3:] for line in found[-4:]] == ["Her list", "Check yourself", "Recap", "References"]
    first = cells(path, "markdown")[0]
    assert "**You will be able to**" in first and "[Contents](00_contents.ipynb)" in first


@pytest.mark.parametrize("path", PAGES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_link_of_a_page_leads_to_a_file_of_the_folder_that_jupyterlab_serves(path):
    for text in cells(path, "markdown"):
        for target in LINK.findall(text):
            if not re.match(r"https?://|#", target):
                place = (path.parent / target.partition("#")[0]).resolve()
                assert place.is_file(), target
                assert NOTEBOOKS in place.parents, f"{target} lies above the folder that `make lab` serves"


def test_the_contents_name_every_lesson_and_every_term_once():
    text = "\n".join(cells(NOTEBOOKS / "00_contents.ipynb", "markdown"))
    assert [name for name in LINK.findall(text) if re.match(r"\d\d_", name)] == [
        path.name for path in LESSONS
    ]
    terms = re.findall(r"^\| \*\*(.+?)\*\*", text, re.M)
    assert terms == sorted(set(terms), key=str.lower) and len(terms) > 40


def test_the_picture_of_the_whole_model_is_the_one_of_architecture_md():
    picture = re.search(
        r"## Three parts\n\n(```.*?```)", (NOTEBOOKS.parent / "ARCHITECTURE.md").read_text("utf-8"), re.S
    )[1]
    [recommend] = NOTEBOOKS.glob("09_*.ipynb")
    assert any(picture in source for source in cells(recommend, "markdown"))


def test_readme_shows_what_the_lessons_show():
    readme = readme_from_lessons.README.read_text("utf-8")
    assert readme_from_lessons.filled(readme) == readme
    assert readme_from_lessons.film_map() == readme_from_lessons.MAP.read_bytes()


def test_readme_s_map_of_lessons_names_each_of_them():
    named = re.findall(r"\(notebooks/(\d\d_\w+\.ipynb)\)", readme_from_lessons.README.read_text("utf-8"))
    assert [name for name in named if not name.startswith("00")] == [path.name for path in LESSONS]
