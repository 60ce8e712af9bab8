"""The site on a telephone, on a screen and in the dark: all of it can be read, and no page is too wide."""

import make_site
import pytest

OPENED = """() => {
  document.querySelectorAll('details').forEach(folded => { folded.open = true; });
  return window.MathJax?.startup?.promise;
}"""
CUT_OFF = (
    "() => [...document.querySelectorAll('mjx-math')].some(part => part.getBoundingClientRect().left < 0)"
)
BROKEN = """() => [...document.querySelectorAll('td, th')].flatMap(cell => {
  const broken = [], texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) for (const word of texts.currentNode.data.matchAll(/[\\w.,%]+/g)) {
    const range = new Range();
    range.setStart(texts.currentNode, word.index);
    range.setEnd(texts.currentNode, word.index + word[0].length);
    if (new Set([...range.getClientRects()].map(line => line.top)).size > 1) broken.push(word[0]);
  }
  return broken;
})"""
CONTRAST = """() => {
  const light = colour => colour.match(/[\\d.]+/g).slice(0, 3).map(Number).map(value => {
    const part = value / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }).reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const text = light(getComputedStyle(document.querySelector('article p')).color);
  const ground = light(getComputedStyle(document.body).backgroundColor);
  return (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
}"""


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    assert make_site.build(folder) == 0
    return folder


@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_is_too_wide_and_no_formula_cut_off_and_no_word_of_a_table_broken(page, site, width):
    page.set_viewport_size({"width": width, "height": 800})
    places = sorted(site.rglob("*.html"))
    assert len(places) > 20
    for place in places:
        page.goto(f"file://{place}")
        page.evaluate(OPENED)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, place.name
        assert not page.evaluate(CUT_OFF), place.name
        assert page.evaluate(BROKEN) == [], place.name


def test_a_page_has_one_field_for_a_search_and_the_browser_reports_no_error(page, site):
    said = []
    page.on("console", lambda message: said.append((message.type, message.text)))
    page.goto(f"file://{site / 'index.html'}")
    assert page.locator(".search-button-field:visible").count() == 1
    assert [text for kind, text in said if kind in ("error", "warning")] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_its_ground(page, site, theme):
    page.goto(f"file://{site / 'notebooks' / '05_derive_bpr'}.html")
    page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
    assert page.evaluate(CONTRAST) >= 4.5  # of WCAG 2.1, level AA
