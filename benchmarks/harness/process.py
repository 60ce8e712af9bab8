"""Run a measured function in a process of its own: its figures hold no other's memory, threads or libraries.

Usage: python -m benchmarks.harness.process MODULE:FUNCTION ARGUMENTS (a list, as JSON)
"""

import importlib
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PEERS_PYTHON = ROOT / ".venv-peers" / "bin" / "python"
THREAD_SETTINGS = (
    "OMP_NUM_THREADS OPENBLAS_NUM_THREADS MKL_NUM_THREADS TF_NUM_INTRAOP_THREADS TF_NUM_INTEROP_THREADS"
).split()
MARK = "RESULT "  # libraries print too


def named(place: str) -> Callable:
    """Import what ``"module:function"`` names; only an environment with its libraries can."""
    module, name = place.split(":")
    return getattr(importlib.import_module(module), name)


def peak_mib() -> float:
    """Give the highest memory of this process so far, in MiB; `ru_maxrss` alone begins with its parent's."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text() if status.exists() else "")
    if found:
        return int(found[1]) / 1024
    unit = 1024**2 if sys.platform == "darwin" else 1024  # the system's, bytes or KiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def run(place: str, *arguments, what: str, threads: int, peers: bool = False) -> Iterator[dict]:
    """Start a process, and give each result of a function as it comes.

    The function takes what JSON can hold, and yields dicts of such; its libraries may use some `threads`.

    Raises:
        FileNotFoundError: If it is to run in the peers' environment, and there is none.
        RuntimeError: If it fails: `what` it was to measure, and the end of what it said.
    """
    python = PEERS_PYTHON if peers else Path(sys.executable)
    if not python.exists():
        raise FileNotFoundError(f"there is no {python.relative_to(ROOT)}: make it by `make peers`")
    environment = os.environ | dict.fromkeys(THREAD_SETTINGS, str(threads)) | {"PYTHONPATH": str(ROOT)}
    command = [str(python), "-m", "benchmarks.harness.process", place, json.dumps(arguments)]
    pipes = {"stdout": subprocess.PIPE, "text": True}
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=errors, **pipes)
        for line in process.stdout:
            if line.startswith(MARK):
                yield json.loads(line.removeprefix(MARK))
        if process.wait():
            errors.seek(0)
            raise RuntimeError(f"{what} ended with code {process.returncode}:\n{errors.read()[-2000:]}")


if __name__ == "__main__":
    for result in named(sys.argv[1])(*json.loads(sys.argv[2])):
        print(MARK + json.dumps(result), flush=True)
