"""Run the unit tests as another machine would: another Python or versions, other threads, seed or arithmetic.

Usage: test_elsewhere.py [--python PYTHON] [--lowest] [--threads N] [--seed N] [--without-onednn] [PYTEST ...]
Each pair of a Python and versions has an environment of its own in build/elsewhere. What is exact and what is
in a range, and so may differ there, stands in CONTRIBUTING.md. `uv` has to be on PATH.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
THREADS = "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"


def environment(python: str, lowest: bool) -> Path:
    """Make an environment of the locked or the lowest versions; give its interpreter."""
    folder = ROOT / "build" / "elsewhere" / f"{Path(python).name}{'-lowest' * lowest}"
    inside = folder / "bin" / "python"
    wanted = ROOT / "requirements.lock"
    if lowest:
        wanted = folder.parent / f"{folder.name}.txt"
        wanted.parent.mkdir(parents=True, exist_ok=True)
        resolve = ["uv", "pip", "compile", "--quiet", "--resolution", "lowest-direct", "--all-extras"]
        made_for = ["--python-version", "3.11", "--output-file", wanted]
        subprocess.run([*resolve, *made_for, ROOT / "pyproject.toml"], check=True)
    subprocess.run(["uv", "venv", "--quiet", "--clear", "--python", python, folder], check=True)
    subprocess.run(["uv", "pip", "sync", "--quiet", "--python", inside, wanted], check=True)
    install = ["uv", "pip", "install", "--quiet", "--python", inside, "--no-deps", "--no-build-isolation"]
    subprocess.run([*install, "--editable", ROOT], check=True)
    return inside


def main() -> None:
    """Read the command line, make the environment and run; the exit code is that of pytest."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", default="python3.11")
    parser.add_argument("--lowest", action="store_true", help="the lowest versions allowed")
    parser.add_argument("--threads", type=int, help="threads of each library; theirs to choose by default")
    parser.add_argument("--seed", type=int, default=0, help="where a test names none")
    parser.add_argument("--without-onednn", action="store_true", help="TensorFlow's other arithmetic")
    parser.add_argument("pytest", nargs="*", help="what pytest is told, such as a file")
    asked = parser.parse_args()
    if asked.threads is not None and asked.threads < 1:
        parser.error(f"--threads is {asked.threads}: give a whole number of at least 1")
    if not shutil.which("uv"):
        sys.exit("uv isn't on PATH: pip install uv, in an environment of its own")
    variables = os.environ | {"TF_ENABLE_ONEDNN_OPTS": "0" if asked.without_onednn else "1"}
    if asked.threads:
        variables |= dict.fromkeys(THREADS, str(asked.threads))
    try:
        python = environment(asked.python, asked.lowest)
    except subprocess.CalledProcessError as error:  # of uv: it has said why
        sys.exit(str(error))
    command = [python, "-m", "pytest", "-q", f"--seed={asked.seed}"]
    sys.exit(subprocess.run([*command, *asked.pytest], cwd=ROOT, env=variables).returncode)


if __name__ == "__main__":
    main()
