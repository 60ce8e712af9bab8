"""A copy for Colab is the lesson, after one cell that installs only what lacks."""

import subprocess

import make_colab
import nbformat
import pytest
from make_site import ROOT

ADDRESS = "https://example.org/a team/dbrec.git"


def test_a_copy_differs_from_the_lesson_by_one_cell_at_its_top(tmp_path):
    copies = make_colab.write(ADDRESS, tmp_path / "new")
    assert [copy.name for copy in copies] == sorted(
        path.name for path in (ROOT / "notebooks").glob("*.ipynb")
    )
    for copy in copies:
        cells = nbformat.read(copy, as_version=4).cells
        installs = cells.pop(1)
        assert cells == nbformat.read(ROOT / "notebooks" / copy.name, as_version=4).cells
        assert f"git clone --quiet --depth 1 '{ADDRESS}' lessons" in installs.source  # one word of the shell
        nbformat.validate(nbformat.read(copy, as_version=4))


def test_where_dbrec_is_installed_the_cell_does_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    as_python = make_colab.CELL.replace("!git", "raise AssertionError #").replace(
        "%", "raise AssertionError #"
    )
    exec(as_python, {})


@pytest.mark.parametrize(
    ("origin", "address"),
    [
        ("https://example.org/team/dbrec.git", "https://example.org/team/dbrec.git"),
        ("https://somebody:secret@example.org/team/dbrec", "https://example.org/team/dbrec"),
        ("git@example.org:team/dbrec.git", "https://example.org/team/dbrec.git"),
        ("ssh://git@example.org/team/dbrec.git", "https://example.org/team/dbrec.git"),
        ("/home/somebody/dbrec", ""),
        ("file:///home/somebody/dbrec", ""),
        (None, ""),
    ],
)
def test_without_an_address_it_is_the_one_that_the_clone_comes_from(tmp_path, origin, address):
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    if origin:
        subprocess.run(["git", "-C", tmp_path, "remote", "add", "origin", origin], check=True)
    assert make_colab.origin_of(tmp_path) == address


def test_a_clone_of_no_address_says_what_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(make_colab, "ROOT", tmp_path)
    monkeypatch.setattr("sys.argv", ["make_colab.py", ""])  # as `make colab` calls it
    with pytest.raises(SystemExit):
        make_colab.main()
    assert "make colab ADDRESS=https://" in capsys.readouterr().err
