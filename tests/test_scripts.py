"""The command lines of scripts/: what they can't do is told in one line, before anything is made."""

import importlib
import sys

import pytest


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("classroom FILE/archive.tar", "FILE"),
        ("make_colab https://example.org FILE", "FILE': give a folder to write into"),
        ("make_colab https://example.org FILE/new", "new': give a folder to write into"),
        ("make_site FILE", "FILE': give a folder to write into"),
        ("make_slides FOLDER", "FOLDER': give the file to write"),
        ("make_slides FILE/slides.html", "FILE': give the file to write"),
        ("mutate nothing", "['nothing'] aren't listed: give some of training/losses, "),
        ("mutate --each 0", "--each is 0: give a whole number of at least 1"),
        ("readme_from_lessons extra", "unrecognized arguments: extra"),
        ("test_elsewhere --threads 0", "--threads is 0: give a whole number of at least 1"),
    ],
)
def test_a_script_says_in_one_line_what_it_cannot_do(tmp_path, monkeypatch, capsys, line, message):
    (tmp_path / "FILE").touch()
    (tmp_path / "FOLDER").mkdir()
    name, *words = line.split()
    words = [str(tmp_path / word) if word.startswith("F") else word for word in words]
    monkeypatch.setattr(sys, "argv", [name, *words])
    with pytest.raises(SystemExit) as end:
        importlib.import_module(name).main()
    said = capsys.readouterr().err if end.value.code == 2 else end.value.code
    assert message in said.splitlines()[-1]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["FILE", "FOLDER"]
