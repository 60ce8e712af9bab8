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
