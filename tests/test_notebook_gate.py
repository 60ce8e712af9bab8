"""The gate turns red when a notebook is wrong: shown on tiny notebooks made by hand."""

import json

import check_notebooks
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output


def stream(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def cell(source, *outputs, count=1, tags=()):
    metadata = {"tags": list(tags)}
    return new_code_cell(source, outputs=list(outputs), execution_count=count, metadata=metadata)


def folder_with(tmp_path, *cells):
    nbformat.write(new_notebook(cells=list(cells)), tmp_path / "01_tiny.ipynb")
    return tmp_path


def faults(*cells):
    return list(check_notebooks.faults(json.loads(nbformat.writes(new_notebook(cells=list(cells))))))


GOOD = cell("print(1 + 1)", stream("2\n"))
WRONG_OUTPUT = cell("print(1 + 1)", stream("3\n"))
RAISING = cell("assert 1 + 1 == 3")


@pytest.mark.parametrize("dataset", ["ml-1m", "ml-100k"])
def test_a_good_notebook_passes(tmp_path, dataset):
    assert check_notebooks.check(folder_with(tmp_path, GOOD), dataset)


def test_an_unrun_cell_turns_the_run_red(tmp_path, capfd):
    folder = folder_with(tmp_path, GOOD, cell("print(4)", count=None))
    assert not check_notebooks.check(folder, "ml-1m")
    assert "code cell 2: execution count None where a clean run gives 2" in capfd.readouterr().out


def test_a_wrong_stored_output_turns_the_run_red_on_the_stored_data_set(tmp_path, capfd):
    assert not check_notebooks.check(folder_with(tmp_path, WRONG_OUTPUT), "ml-1m")
    assert "1 failed" in capfd.readouterr().out


def test_another_data_set_compares_no_outputs_and_says_so_first_and_last(tmp_path, capfd):
    assert check_notebooks.check(folder_with(tmp_path, WRONG_OUTPUT), "ml-100k")
    lines = capfd.readouterr().out.strip().splitlines()
    assert lines[0] == lines[-1]
    assert lines[0].startswith("Stored outputs are NOT compared: they are those of ml-1m")
    assert "load ml-100k" in lines[0]


@pytest.mark.parametrize("dataset", ["ml-1m", "ml-100k"])
def test_a_raising_cell_turns_the_run_red_on_every_data_set(tmp_path, capfd, dataset):
    assert not check_notebooks.check(folder_with(tmp_path, GOOD, cell(RAISING.source, count=2)), dataset)
    assert "1 failed, 1 passed" in capfd.readouterr().out


def test_a_solution_in_a_folder_below_is_checked_too(tmp_path):
    (tmp_path / "solutions").mkdir()
    folder_with(tmp_path, GOOD)
    folder_with(tmp_path / "solutions", WRONG_OUTPUT)
    assert not check_notebooks.check(tmp_path, "ml-1m")


def test_a_folder_without_notebooks_turns_the_run_red(tmp_path, capsys):
    assert not check_notebooks.check(tmp_path, "ml-1m")
    assert f"no notebook in {tmp_path}" in capsys.readouterr().out


def test_jupyterlabs_checkpoints_are_not_notebooks(tmp_path):
    (tmp_path / ".ipynb_checkpoints").mkdir()
    folder_with(tmp_path / ".ipynb_checkpoints", GOOD)
    assert check_notebooks.find_notebooks(tmp_path) == []


def test_a_clean_notebook_has_no_faults():
    assert faults(GOOD, cell("", count=None), cell("1", count=2)) == []


@pytest.mark.parametrize(
    ("output", "fault"),
    [
        (stream("careful\n", name="stderr"), "stored stderr: 'careful\\n'"),
        (new_output("error", ename="KeyError", evalue="'b'"), "stored error KeyError: 'b'"),
        (stream("saved to /home/ada/model\n"), "a path of one machine"),
        (stream(r"saved to C:\Users\ada\model"), "a path of one machine"),
        (stream("<Dense object at 0x7f10cafe>"), "a memory address"),
    ],
)
def test_a_stored_output_that_no_clean_run_leaves_is_a_fault(output, fault):
    assert [f for f in faults(cell("f()", output)) if f.startswith(f"code cell 1: {fault}")]


def test_paths_relative_to_the_project_and_pictures_are_no_fault():
    picture = new_output("display_data", data={"image/png": "/tmp/", "text/plain": "<Figure>"})
    assert faults(cell("f()", picture, stream("build/home/x, ../tmp/y, 18/19\n"))) == []


def test_an_error_that_the_cell_is_tagged_to_raise_is_no_fault():
    error = new_output("error", ename="KeyError", evalue="'b'")
    assert faults(cell("{}['b']", error, tags=["raises-exception"])) == []


def test_cells_run_out_of_order_are_faults():
    assert len(faults(cell("a = 1", count=2), cell("b = 2", count=1))) == 2


def test_a_cell_without_an_id_and_two_cells_of_one_id_are_faults():
    without_id = {key: value for key, value in GOOD.items() if key != "id"}
    for minor, cells in [(4, [without_id]), (5, [GOOD, {**GOOD, "execution_count": 2}])]:
        notebook = {"nbformat": 4, "nbformat_minor": minor, "metadata": {}, "cells": cells}
        assert list(check_notebooks.faults(notebook)) == [
            "each cell needs an id of its own (nbformat 4.5 or later)"
        ]


def test_an_invalid_notebook_is_a_fault():
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {},
        "cells": [{"cell_type": "poem"}],
    }
    assert "not a valid notebook" in next(check_notebooks.faults(notebook))


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "{}", '{"cells": 1}'])
def test_a_file_that_holds_no_notebook_turns_the_run_red_with_its_name(tmp_path, capsys, text):
    (tmp_path / "01_broken.ipynb").write_text(text)
    assert not check_notebooks.check(tmp_path, "ml-1m")
    assert "01_broken.ipynb: not a " in capsys.readouterr().out


def test_a_name_that_is_no_file_turns_the_run_red_too(tmp_path, capsys):
    (tmp_path / "01_folder.ipynb").mkdir()
    assert not check_notebooks.check(tmp_path, "ml-1m")
    assert "01_folder.ipynb: not a notebook: " in capsys.readouterr().out


def test_a_data_set_that_cannot_be_had_is_told_without_a_traceback(tmp_path, monkeypatch):
    monkeypatch.setenv("DBREC_DATASET", "ml-2m")
    with pytest.raises(SystemExit, match=r"^error: \$DBREC_DATASET must be one of"):
        check_notebooks.main(str(folder_with(tmp_path, GOOD)))
