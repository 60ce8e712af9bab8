"""What README promises is kept by tests that are there."""

import re
from pathlib import Path

TESTS = Path(__file__).parent


def test_every_test_that_a_promise_names_is_there():
    text = (TESTS.parent / "README.md").read_text("utf-8")
    section = re.search(r"## What you can rely on\n(.*?)\n## ", text, re.S)[1]
    rows = re.findall(r"^\| (?!promise|---)(.+) \| (.+) \|$", section, re.M)
    assert len(rows) >= 10
    for promise, kept_by in rows:
        named = re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", kept_by)
        assert named, promise
        for file, test in named:
            assert re.search(rf"^def {test or 'test_'}", (TESTS / file).read_text("utf-8"), re.M), (
                file,
                test,
            )
