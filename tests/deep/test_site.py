"""The site is whole: links lead somewhere, figures have words, and nothing is fetched from elsewhere."""

import re
from html.parser import HTMLParser
from pathlib import Path

import make_site
import nbformat
import pytest

LESSONS = sorted((make_site.ROOT / "notebooks").glob("*.ipynb"))
FETCHED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


class Page(HTMLParser):
    """What a page links to, fetches, shows and names."""

    def __init__(self, path: Path):
        super().__init__()
        self.links, self.fetched, self.figures, self.ids = [], [], [], set()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids.add(found.get("id"))
        if tag == "a":
            self.links.append(found.get("href") or "")
        if tag in FETCHED and found.get("rel") != "canonical":
            self.fetched.append(found.get(FETCHED[tag]) or "")
        if tag == "img" and "_images" in found["src"]:
            self.figures.append(found.get("alt") or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    assert make_site.build(folder) == 0, "a warning of Sphinx is an error"
    return folder


@pytest.fixture(scope="module")
def pages(site):
    return {path.relative_to(site).as_posix(): Page(path) for path in site.rglob("*.html")}


def test_nothing_is_fetched_from_elsewhere(pages):
    fetched = {address for page in pages.values() for address in page.fetched}
    assert not [address for address in fetched if re.match(r"(https?:)?//", address)]


def test_each_link_leads_to_a_page_and_to_a_place_on_it(site, pages):
    for name, page in pages.items():
        for link in page.links:
            place, _, part = link.partition("#")
            if re.match(r"[a-z]+:", place) or not link:
                continue
            target = (site / name).parent / place if place else site / name
            assert target.resolve().is_file(), (name, link)
            other = pages.get(target.resolve().relative_to(site.resolve()).as_posix())
            assert not part or other is None or part in other.ids, (name, link)


def test_each_figure_of_a_lesson_has_words_for_who_can_not_see_it(pages):
    for lesson in LESSONS:
        figures = pages[f"notebooks/{lesson.stem}.html"].figures
        outputs = [o for cell in nbformat.read(lesson, 4).cells for o in cell.get("outputs", [])]
        assert len(figures) >= sum("image/png" in output.get("data", {}) for output in outputs)
        assert all(len(words) > 20 for words in figures), (lesson.stem, figures)


def test_each_exercise_has_its_solution_folded_below(site):
    for lesson in LESSONS[1:]:
        asked = re.findall(r'check\(\\"(L[\d.]+)\\"', lesson.read_text("utf-8"))
        text = (site / "notebooks" / f"{lesson.stem}.html").read_text("utf-8")
        assert asked and re.findall(r"<summary>A solution of (L[\d.]+)</summary>", text) == asked
