"""A copy for Colab is the lesson, after one cell that installs only what lacks."""

import make_colab
import nbformat
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
