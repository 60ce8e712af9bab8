from pathlib import Path

import pandas as pd

from dbrec import progress


def test_a_long_call_says_how_far_it_has_come_and_gives_all_parts_on(monkeypatch, capsys):
    monkeypatch.setattr(progress, "SECONDS", 0)
    parts = [pd.DataFrame({"user_id": users}) for users in (["a", "a", "b"], ["c"])]
    assert list(progress.told(iter(parts), "lists", 1234)) == parts
    assert capsys.readouterr().out == "lists of 2 of 1,234 users\nlists of 3 of 1,234 users\n"


def test_a_short_call_says_nothing(capsys):
    assert len(list(progress.told([pd.DataFrame({"user_id": ["a"]})], "lists", 1))) == 1
    assert capsys.readouterr().out == ""


def test_no_clock_that_can_go_back_is_read():
    calls = {"time.time", "datetime.now", "datetime.utcnow", "date.today"}
    modules = [file for file in Path(progress.__file__).parent.rglob("*.py")]
    assert len(modules) > 100
    assert not [file.name for file in modules if any(call in file.read_text("utf-8") for call in calls)]
