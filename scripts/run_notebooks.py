"""Execute notebooks, each in a fresh kernel of this interpreter, and store them clean.

Usage: run_notebooks.py (--into FOLDER | --in-place) NOTEBOOK ...
"""

import argparse
import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from check_notebooks import CELL_TIMEOUT, faults
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError
from nbformat import NotebookNode
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, NbvalKernelspecManager

ANSI_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# The same in every stored notebook, so that a diff shows only what a run changed.
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class NotebookFailed(Exception):
    """A notebook that did not run to its end or can't be stored; the message says where and why."""


class Progress:
    """Follow a running notebook: count its cells and keep the kernel's peak memory."""

    def __init__(self, client: NotebookClient, label: str):
        self.client = client
        self.label = label
        self.cells = sum(c.cell_type == "code" and bool(c.source.strip()) for c in client.nb.cells)
        self.done = 0
        self.peak = ""
        self.start = time.monotonic()
        client.on_cell_executed = self.advance
        print(f"{label} ...", flush=True)

    def advance(self, **_) -> None:
        """Count one more executed cell."""
        self.done += 1
        self.peak = peak_memory(self.client.km.provisioner.pid) or self.peak

    def __str__(self):
        seconds = time.monotonic() - self.start
        return f"{self.label}: {self.done} of {self.cells} code cells in {seconds:.0f} s{self.peak}"


def peak_memory(pid: int) -> str:
    """Tell a process's peak memory; nothing where the system has no /proc (macOS, Windows)."""
    try:
        peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return ""
    return f", peak memory {int(peak[1]) / 2**20:.1f} GiB" if peak else ""


def client_of(notebook: NotebookNode) -> NotebookClient:
    """Make the client that will execute the notebook in a kernel of this interpreter."""
    # Notebooks name the kernel "python3"; which one that is depends on the machine. This is ours.
    kernel = AsyncKernelManager(
        kernel_name=CURRENT_ENV_KERNEL_NAME, kernel_spec_manager=NbvalKernelspecManager()
    )
    return NotebookClient(
        notebook, km=kernel, timeout=CELL_TIMEOUT, record_timing=False, coalesce_streams=True
    )


def read(path: Path) -> NotebookNode:
    """Read a notebook, or raise a NotebookFailed if it is none."""
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except Exception as error:  # nbformat's own, and whatever it stumbles over in JSON of another kind
        why = f"{error}\n".splitlines()[0]
        raise NotebookFailed(f"{path}: it can't be read as a notebook ({why})") from None
    return notebook


def execute(path: Path, label: str) -> NotebookNode:
    """Execute one notebook in its own folder.

    Args:
        path: The notebook; its file is not touched.
        label: How the progress lines name it.

    Returns:
        The notebook with the outputs of this run and the project's metadata.

    Raises:
        NotebookFailed: As `read`, or if a cell raises, takes too long, ends the kernel or is interrupted.
    """
    notebook = read(path)
    client = client_of(notebook)
    progress = Progress(client, label)
    # Under pytest, so under nbval, ipykernel does not capture what C++ code writes to stderr.
    # TensorFlow's notes must not be in the stored outputs either.
    env = {**os.environ, "PYTEST_CURRENT_TEST": "run_notebooks"}
    with tempfile.TemporaryFile("w+") as kernel_stderr:
        try:
            client.execute(cwd=str(path.parent), env=env, stderr=kernel_stderr, cleanup_kc=True)
        except CellControlSignal as error:
            raise NotebookFailed(f"{progress}, then\n{error}") from None
        except DeadKernelError as error:
            kernel_stderr.seek(0)
            last_words = "".join(kernel_stderr.readlines()[-20:])
            raise NotebookFailed(f"{progress}, then\n{error}\n{last_words}") from None
        except AssertionError:
            if client.km is not None:
                raise
            # Ctrl-C: nbclient ends the kernel, then stumbles over its being gone.
            raise NotebookFailed(f"{progress}, then interrupted") from None
    notebook.metadata.update(METADATA)
    leave_out_widgets(notebook)
    print(progress, flush=True)
    return notebook


def leave_out_widgets(notebook: NotebookNode) -> None:
    """Leave of each widget what stands for it where no kernel runs: its table and its text."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)


def store(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    nbformat.write(notebook, partial)
    os.replace(partial, path)


def run(path: Path, destination: Path, label: str) -> None:
    """Execute the notebook at `path` and store it at `destination`.

    Raises:
        NotebookFailed: If it fails, or if what would be stored in place of the notebook itself is
            not clean. The destination is then left as it was.
    """
    notebook = execute(path, label)
    unclean = list(faults(json.loads(nbformat.writes(notebook)))) if path == destination else []
    if unclean:
        raise NotebookFailed("\n".join([f"{label}: not stored, since its outputs hold", *unclean]))
    store(notebook, destination)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; stops at the first notebook that fails, with exit code 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--into", type=Path, metavar="FOLDER", help="store the executed copies here")
    where.add_argument("--in-place", action="store_true", help="store them over the notebooks")
    parser.add_argument("notebooks", type=Path, nargs="+", metavar="NOTEBOOK")
    options = parser.parse_args(arguments)
    if options.into and not options.into.is_dir() and os.path.lexists(options.into):
        parser.error(f"{options.into} is no folder: give one, or a new one")
    try:
        for path in options.notebooks:
            read(path)  # all of them, before the first one takes its minutes
        for number, path in enumerate(options.notebooks, start=1):
            destination = path if options.in_place else options.into / path.name
            run(path, destination, f"[{number}/{len(options.notebooks)}] {path}")
    except NotebookFailed as failure:
        text = str(failure)
        print(text if sys.stderr.isatty() else ANSI_COLOUR.sub("", text), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
