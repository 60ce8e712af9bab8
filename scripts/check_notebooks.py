"""Check every notebook: how it was stored, then that it runs to the same outputs.

Usage: check_notebooks.py FOLDER. The stored outputs are those of ML-1M. Where `default_dataset()`
gives another data set, every cell is run and every assert must hold, but no output is compared.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from nbformat.validator import iter_validate

STORED_DATASET = "ml-1m"
CELL_TIMEOUT = 600  # seconds
AT_A_TIME = 2  # notebooks: each takes up to 2 GiB
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|root|work|tmp|usr|opt|Users)/|\b[A-Z]:\\+Users\b")
MEMORY_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{4,}")


def find_notebooks(folder: Path) -> list[Path]:
    """List the notebooks in a folder and below it, in order, without JupyterLab's checkpoints."""
    return sorted(p for p in folder.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)


def faults(notebook: dict) -> Iterator[str]:
    """Find what a clean run would not have stored.

    Args:
        notebook: A notebook as its JSON reads.

    Yields:
        One line for each fault: an invalid notebook, a missing or repeated cell id, a code cell
        that was not run in order (nbval would compare nothing there), a stored error or stderr, a
        path of one machine or a memory address in an output. Empty code cells are passed over, as
        Jupyter does.
    """
    invalid = next(iter_validate(notebook), None)
    if invalid:
        yield f"not a valid notebook: {str(invalid).splitlines()[0]}"
        return
    ids = [cell.get("id") for cell in notebook["cells"]]
    if None in ids or len(set(ids)) < len(ids):
        yield "each cell needs an id of its own (nbformat 4.5 or later)"
    code_cells = [c for c in notebook["cells"] if c["cell_type"] == "code" and "".join(c["source"])]
    for count, cell in enumerate(code_cells, start=1):
        for fault in cell_faults(cell, count):
            yield f"code cell {count}: {fault}"


def faults_of(path: Path) -> Iterator[str]:
    """Find the faults of a file, which may hold no JSON at all, or be none."""
    try:
        notebook = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        yield f"not a notebook: {error}"
    else:
        yield from faults(notebook) if isinstance(notebook, dict) else ["not a notebook: no JSON object"]


def cell_faults(cell: dict, count: int) -> Iterator[str]:
    """Find the faults of one code cell, the `count`-th of its notebook."""
    if cell["execution_count"] != count:
        yield f"execution count {cell['execution_count']} where a clean run gives {count}"
    for output in cell["outputs"]:
        yield from output_faults(output, cell["metadata"].get("tags", []))


def output_faults(output: dict, tags: list[str]) -> Iterator[str]:
    """Find the faults of one stored output of a cell with these tags."""
    if output["output_type"] == "error" and "raises-exception" not in tags:
        yield f"stored error {output['ename']}: {output['evalue']}"
    if output.get("name") == "stderr":
        yield f"stored stderr: {''.join(output['text'])[:80]!r}"
    texts = {mime: text for mime, text in output.get("data", {}).items() if "image" not in mime}
    text = json.dumps({**output, "data": texts})
    if MACHINE_PATH.search(text):
        yield "a path of one machine in the output"
    if MEMORY_ADDRESS.search(text):
        yield "a memory address in the output"


def run_nbval(notebooks: list[Path], strict: bool) -> bool:
    """Run the notebooks under nbval with this interpreter as the kernel.

    Args:
        notebooks: The files to run, each with a kernel of its own and in its own folder.
        strict: Whether to compare stored outputs; if not, a cell only has to run.

    Returns:
        Whether every cell passed.
    """
    mode = "--nbval" if strict else "--nbval-lax"
    options = f"-p no:cacheprovider --nbval-current-env --nbval-cell-timeout={CELL_TIMEOUT}".split()
    options += ["-n", str(min(AT_A_TIME, len(notebooks))), "--dist=loadscope"]  # cells of one in one process
    command = [sys.executable, "-m", "pytest", mode, *options, *map(str, notebooks)]
    return subprocess.run(command, check=False).returncode == 0


def check(folder: Path, dataset: str) -> bool:
    """Check every notebook of a folder and print what is wrong.

    Args:
        folder: Where to look for notebooks, below it too.
        dataset: Name of the data set that the notebooks will load.

    Returns:
        Whether there is a notebook and all of them are well stored and pass nbval.
    """
    notebooks = find_notebooks(folder)
    if not notebooks:
        print(f"error: no notebook in {folder}: there is nothing to check")
        return False
    found = [f"{path}: {fault}" for path in notebooks for fault in faults_of(path)]
    if found:
        print(*found, sep="\n")
        print("error: notebooks were not stored clean; `make refresh` runs and stores them anew")
        return False
    strict = dataset == STORED_DATASET
    notice = (
        f"Stored outputs are NOT compared: they are those of {STORED_DATASET} and these runs load "
        f"{dataset}. Every cell must still run and every assert hold."
    )
    comparing = f"Comparing with the stored outputs of {STORED_DATASET}."
    print(comparing if strict else notice, flush=True)
    passed = run_nbval(notebooks, strict)
    if not strict:
        print(notice)
    return passed


def main(folder: str) -> int:
    """Check a folder with the data set that its notebooks will load; 0 if all is well, else 1."""
    from dbrec.data.movielens import DataError, default_dataset  # here: only the command line needs data

    try:
        dataset = default_dataset().name
    except DataError as error:
        sys.exit(f"error: {error}")
    return 0 if check(Path(folder), dataset) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="where the notebooks are, below it too")
    sys.exit(main(parser.parse_args().folder))
