"""The site is whole: links lead somewhere, figures have words, and nothing is fetched from elsewhere."""

import ast
import builtins
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
        words = make_site.words_of_figures(nbformat.read(lesson, 4).cells)
        assert pages[f"notebooks/{lesson.stem}.html"].figures == sum(words, [])


def test_each_exercise_has_its_solution_folded_below(site):
    for number, lesson in enumerate(LESSONS[1:], start=1):
        prose = "\n".join(
            cell.source for cell in nbformat.read(lesson, 4).cells if cell.cell_type == "markdown"
        )
        asked = [f"L{number}.{exercise}" for exercise in re.findall(r"\*\*Exercise (\d+)\.", prose)]
        text = (site / "notebooks" / f"{lesson.stem}.html").read_text("utf-8")
        assert asked and re.findall(r"<summary>A solution of (L[\d.]+)</summary>", text) == asked
        assert "Worked solutions" not in text and "solutions/" not in text


def test_a_folded_solution_works_out_what_it_checks_and_says_why_and_does_not_ask_again():
    for lesson in LESSONS[1:]:
        for name, cells in make_site.solutions_of(lesson).items():
            code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
            said = "".join(cell.source for cell in cells if cell.cell_type == "markdown")
            nodes = list(ast.walk(ast.parse(code)))
            made = {
                node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            }
            [call] = [
                node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func) == "check"
            ]
            answer = {node.id for node in ast.walk(call.args[1]) if isinstance(node, ast.Name)}
            assert answer and answer <= made | set(dir(builtins)), name
            assert len(said.split()) > 5 and not re.search(r"^##|\*\*Exercise", said, re.MULTILINE), name


def test_names_of_the_api_are_whole_and_none_is_taken_for_an_address(site, pages):
    text = (site / "api.html").read_text("utf-8")
    for name in ("fitted_", "training_log_", "network_train_", "network_predict_"):
        assert f"<strong>{name}</strong>" in text
    assert not [link for page in pages.values() for link in page.links if link.startswith("mailto:")]
