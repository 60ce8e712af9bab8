"""Notebooks are executed by the interpreter at hand and stored clean, whole or not at all."""

import signal
import subprocess
import sys
import time

import check_notebooks
import nbformat
import pytest
import run_notebooks
from nbformat.v4 import new_code_cell, new_notebook


def notebook_at(path, *sources):
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in sources]), path)
    return path


def test_a_refreshed_notebook_passes_the_gate_and_a_second_run_changes_nothing(tmp_path):
    path = notebook_at(tmp_path / "01_tiny.ipynb", "x = 20", "print('once')\nprint('more')", "x + 1")
    assert run_notebooks.main(["--in-place", str(path)]) == 0
    first = path.read_text()
    assert check_notebooks.check(tmp_path, "ml-1m")
    assert run_notebooks.main(["--in-place", str(path)]) == 0
    assert path.read_text() == first


def test_of_a_widget_its_table_and_its_text_are_stored_and_nothing_that_needs_a_kernel(tmp_path):
    source = "import ipywidgets\nipywidgets.IntSlider(3)"
    path = notebook_at(tmp_path / "01_widget.ipynb", source)
    assert run_notebooks.main(["--in-place", str(path)]) == 0
    notebook = nbformat.read(path, as_version=4)
    assert set(notebook.cells[0].outputs[0].data) == {"text/plain"} and "widgets" not in notebook.metadata


def test_runs_and_checks_use_this_interpreter_whatever_kernels_the_machine_has(tmp_path, monkeypatch):
    foreign = tmp_path / "share" / "kernels" / "python3" / "kernel.json"
    foreign.parent.mkdir(parents=True)
    foreign.write_text('{"argv": ["no-such-python"], "display_name": "", "language": "python"}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share"))
    ours = (sys.executable, str(tmp_path))
    source = f"import os, sys\nassert (sys.executable, os.getcwd()) == {ours}"
    path = notebook_at(tmp_path / "01_tiny.ipynb", source)
    assert run_notebooks.main(["--in-place", str(path)]) == 0
    assert check_notebooks.check(tmp_path, "ml-1m")


def test_copies_are_stored_elsewhere_in_order_and_the_notebooks_stay_as_they_were(tmp_path, capsys):
    paths = [notebook_at(tmp_path / f"0{n}_tiny.ipynb", f"print({n})") for n in (1, 2)]
    before = [path.read_text() for path in paths]
    assert run_notebooks.main(["--into", str(tmp_path / "build"), *map(str, paths)]) == 0
    assert [path.read_text() for path in paths] == before
    copy = nbformat.read(tmp_path / "build" / "02_tiny.ipynb", as_version=4)
    assert copy.cells[0].outputs[0].text == "2\n"
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" in ")[0] for line in lines] == [
        f"[1/2] {paths[0]} ...",
        f"[1/2] {paths[0]}: 1 of 1 code cells",
        f"[2/2] {paths[1]} ...",
        f"[2/2] {paths[1]}: 1 of 1 code cells",
    ]


def test_a_failing_cell_stops_the_run_shows_its_traceback_and_stores_nothing(tmp_path, capsys):
    bad = notebook_at(tmp_path / "01_bad.ipynb", "a = 1", "a / 0", "a")
    good = notebook_at(tmp_path / "02_good.ipynb", "1")
    before = bad.read_text()
    assert run_notebooks.main(["--in-place", str(bad), str(good)]) == 1
    assert (bad.read_text(), sorted(p.name for p in tmp_path.iterdir())) == (
        before,
        ["01_bad.ipynb", "02_good.ipynb"],
    )
    captured = capsys.readouterr()
    assert f"[1/2] {bad}: 2 of 3 code cells" in captured.err
    assert "ZeroDivisionError: division by zero" in captured.err
    assert "\x1b" not in captured.err
    assert "[2/2]" not in captured.out


def test_a_kernel_that_dies_is_reported_with_its_last_words(tmp_path, capsys):
    source = "import os\nos.write(2, b'out of memory')\nos._exit(1)"
    path = notebook_at(tmp_path / "01_dies.ipynb", source)
    assert run_notebooks.main(["--in-place", str(path)]) == 1
    assert "out of memory" in capsys.readouterr().err


def test_ctrl_c_ends_the_run_without_a_traceback_and_stores_nothing(tmp_path):
    source = "import pathlib, time\npathlib.Path('running').touch()\ntime.sleep(60)"
    path = notebook_at(tmp_path / "01_slow.ipynb", source)
    before = path.read_text()
    command = [sys.executable, run_notebooks.__file__, "--in-place", str(path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not (tmp_path / "running").exists():
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        assert "then interrupted" in process.stderr.read()
    assert process.returncode == 1
    assert path.read_text() == before


@pytest.mark.parametrize("source", ["import sys\nprint('careful', file=sys.stderr)", "object()"])
def test_outputs_that_the_gate_would_refuse_are_not_stored(tmp_path, capsys, source):
    path = notebook_at(tmp_path / "01_unclean.ipynb", source)
    before = path.read_text()
    assert run_notebooks.main(["--in-place", str(path)]) == 1
    assert path.read_text() == before
    assert "not stored, since its outputs hold\ncode cell 1:" in capsys.readouterr().err


INVALID = '{"cells": [{"cell_type": "code"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"cells": 1}', INVALID])
def test_what_is_no_notebook_ends_the_run_with_its_name_before_another_has_run(tmp_path, capsys, text):
    good, path = notebook_at(tmp_path / "00_good.ipynb", "1"), tmp_path / "01_broken.ipynb"
    if text is not None:
        path.write_text(text)
    assert run_notebooks.main(["--into", str(tmp_path / "new"), str(good), str(path)]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert "01_broken.ipynb: it can't be read as a notebook" in line
    assert not (tmp_path / "new").exists()


def test_copies_into_what_is_no_folder_are_refused_before_a_notebook_has_run(tmp_path, capsys):
    path = notebook_at(tmp_path / "01_tiny.ipynb", "1")
    with pytest.raises(SystemExit) as end:
        run_notebooks.main(["--into", str(path), str(path)])
    assert end.value.code == 2
    assert capsys.readouterr().err.endswith("01_tiny.ipynb is no folder: give one, or a new one\n")
