"""The site on a telephone and in the dark: no page is wider than the screen, and all of it can be read."""

import make_site
import pytest

NAMES = [
    "index",
    "api",
    *(f"notebooks/{path.stem}" for path in (make_site.ROOT / "notebooks").glob("*.ipynb")),
]
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


@pytest.mark.parametrize("name", NAMES)
def test_no_page_is_wider_than_a_telephone(page, site, name):
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"file://{site / name}.html")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_its_ground(page, site, theme):
    page.goto(f"file://{site / 'notebooks' / '05_derive_bpr'}.html")
    page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
    assert page.evaluate(CONTRAST) >= 4.5  # of WCAG 2.1, level AA
