"""The recommender to try by hand as a page, for who never saw a notebook."""

import urllib.request
from urllib.error import URLError

import pytest
from test_lessons import rate_three

from conftest import serving


def test_three_films_rated_on_the_page_change_the_list_and_leave_it(page):
    with serving("dbrec.lessons.app", "--no-browser") as address:
        page.set_default_timeout(120_000)
        page.goto(address)
        rate_three(page)
        assert page.locator("select", has=page.locator("option", has_text="★")).locator("option").count() == 4
    with pytest.raises(URLError):  # whoever ends the command ends its server
        urllib.request.urlopen(address, timeout=5)
