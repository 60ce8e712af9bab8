"""In an environment without dbrec, the first cell of a copy for Colab brings what a lesson needs."""

import os
import subprocess
import sys

import make_colab
import nbformat
from make_site import ROOT
from nbformat.v4 import new_code_cell, new_notebook


def test_the_cell_fetches_the_lessons_and_installs_them_once(tmp_path):
    origin, room = tmp_path / "the origin", tmp_path / "room"
    subprocess.run(["git", "clone", "--quiet", ROOT, origin], check=True)
    subprocess.run([sys._base_executable, "-m", "venv", room], check=True)
    python = room / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "nbclient", "ipykernel"], check=True)
    [lesson] = [path for path in make_colab.write(str(origin), tmp_path / "copies") if "01" in path.name]
    cell = nbformat.read(lesson, as_version=4).cells[1].source
    asks = 'import dbrec, os; print(dbrec.__file__, os.path.exists("../benchmarks/results/warm.csv"))'
    cells = [
        new_code_cell(text) for text in (cell, asks, cell, asks)
    ]  # as after "Restart", in the same place
    nbformat.write(new_notebook(cells=cells), room / "made.ipynb")
    run = ["-m", "jupyter", "execute", "--inplace", "made.ipynb"]
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([python, *run], cwd=room, env=alone, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    outputs = [
        "".join(output.get("text", "") for output in each.outputs)
        for each in nbformat.read(room / "made.ipynb", as_version=4).cells
    ]
    assert str(room / "lib") in outputs[1] and outputs[1].strip().endswith("True")
    assert outputs[3] == outputs[1] and "Cloning" not in outputs[2]
