"""Write slides of the lessons' figures: one page, with the questions of the plans and what each figure says.

Usage: make_slides.py [PAGE]. It shows the notebooks as they are committed, and fetches nothing. The space bar
goes to the next slide. Printed, or saved as PDF from the browser, each slide is a page.
"""

import argparse
import re
from collections import defaultdict
from collections.abc import Iterator
from html import escape
from pathlib import Path

import nbformat
from make_site import ROOT, figures_of, plain, words_of_figures
from nbformat import NotebookNode

LESSONS = sorted(path for path in (ROOT / "notebooks").glob("*.ipynb") if not path.name.startswith("00"))
TEACHING = ROOT / "docs" / "teaching.md"
WORDS = 45  # that a slide has at most below its figure, but a first sentence is never cut
PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>dbrec: slides of the lessons' figures</title>
<style>
html {{ scroll-snap-type: y mandatory; font: 3vh/1.4 sans-serif; color: #222; background: #fff; }}
body {{ margin: 0; }}
section {{ box-sizing: border-box; height: 100vh; padding: 4vh 6vw; scroll-snap-align: start;
  break-after: page; display: flex; flex-direction: column; align-items: center; justify-content: center;
  gap: 2vh; }}
h1 {{ font-size: 7vh; margin: 0; text-align: center; }}
h2 {{ font-size: 4vh; margin: 0; }}
p {{ margin: 0; max-width: 46em; }}
h1 ~ p {{ font-size: 4vh; text-align: center; }}
img {{ flex: 1; min-height: 0; max-width: 100%; object-fit: contain; }}
@page {{ size: 16in 9in; margin: 0; }}
</style>
{slides}
</html>
"""


def questions() -> dict[int, list[str]]:
    """Give what the plans for teachers ask before a reveal, by the number of the lesson."""
    found = defaultdict(list)
    for line in TEACHING.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        numbers = re.findall(r"\d+", re.sub(r"\(.*?\)", "", cells[1])) if len(cells) == 4 else []
        question = re.sub(r" \([^()]*exercise[^()]*\)", "", cells[-1])
        if numbers and "?" in question and question not in found[int(numbers[-1])]:
            found[int(numbers[-1])].append(question)  # "4 and 5" leads up to lesson 5
    return found


def figures(cells: list[NotebookNode]) -> Iterator[tuple[str, str, str]]:
    """Give each figure: the heading it stands under, the PNG in base 64, and what it shows, shortened."""
    heading = ""
    for cell, words in zip(cells, words_of_figures(cells), strict=True):
        if cell.cell_type == "markdown":
            heading = ([heading] + re.findall(r"^##+ (.*)", cell.source, re.MULTILINE))[-1]
        for figure, text in zip(figures_of(cell), words, strict=True):
            yield plain(heading), figure.data["image/png"].replace("\n", ""), shortened(text)


def shortened(text: str) -> str:
    """Give the first sentences, up to `WORDS` words, and one at least."""
    first, *others = re.split(r"(?<=[.?!]) (?=[A-Z(])", text)
    for sentence in others:
        if len(f"{first} {sentence}".split()) > WORDS:
            break
        first = f"{first} {sentence}"
    return first


def slides() -> Iterator[str]:
    """Give the HTML of slide after slide."""
    asked = questions()
    for number, path in enumerate(LESSONS, start=1):
        cells = nbformat.read(path, as_version=4).cells
        title = plain(cells[0].source.splitlines()[0].lstrip("# "))
        lines = [f"<h1>{escape(title)}</h1>", *(f"<p>{escape(plain(text))}</p>" for text in asked[number])]
        yield "<section>" + "".join(lines) + "</section>"
        for heading, png, words in figures(cells):
            image = f'<img alt="" src="data:image/png;base64,{png}">'  # the words stand below it
            yield f"<section><h2>{escape(heading)}</h2>{image}<p>{escape(words)}</p></section>"


def main() -> None:
    """Write the page, and say where it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", nargs="?", type=Path, default=ROOT / "build" / "slides.html")
    page = parser.parse_args().page
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(PAGE.format(slides="\n".join(slides())), "utf-8")
    except OSError as error:
        parser.error(f"{error}: give the file to write")
    print(f"open {page}; the space bar goes to the next slide")


if __name__ == "__main__":
    main()
