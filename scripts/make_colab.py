"""Write copies of the lessons for Colab, with a first cell that fetches the series and installs what lacks.

Usage: make_colab.py [ADDRESS [FOLDER]]. ADDRESS is where git finds the series; without one, where this clone
comes from. Put the copies where Colab can open them: a branch of your repository, or your Drive. Each keeps
its stored outputs.
"""

import argparse
import re
import shlex
import subprocess
from pathlib import Path

import nbformat
from make_site import ROOT
from nbformat.v4 import new_code_cell

CELL = """# Where dbrec isn't installed, as on Colab: fetch the lessons, and install what they need.
import importlib.util, os

if not importlib.util.find_spec("dbrec"):
    !git clone --quiet --depth 1 {address} lessons
    %pip install --quiet "./lessons[lessons,index]"
if os.path.isdir("lessons/notebooks"):
    %cd lessons/notebooks"""


def origin_of(clone: Path) -> str:
    """Give the address that a clone comes from, for a reader without a key; "" where it's none of the web."""
    ask = ["git", "-C", clone, "remote", "get-url", "origin"]
    address = subprocess.run(ask, capture_output=True, text=True).stdout.strip()
    address = re.sub(r"^(?:ssh://)?git@([^/:]+)[:/]", r"https://\1/", address)
    return re.sub("//[^/@]*@", "//", address) if address.startswith("https://") else ""


def write(address: str, folder: Path) -> list[Path]:
    """Write a copy of each lesson and of the contents; the new cell is the first of code."""
    folder.mkdir(parents=True, exist_ok=True)
    copies = []
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        notebook.cells.insert(1, new_code_cell(CELL.format(address=shlex.quote(address)), id="install"))
        copies.append(folder / path.name)
        nbformat.write(notebook, copies[-1])
    return copies


def main() -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address", nargs="?", default="", help="as in `git clone ADDRESS`")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build" / "colab")
    asked = parser.parse_args()
    if not (address := asked.address or origin_of(ROOT)):
        parser.error("this clone comes from no address of the web: make colab ADDRESS=https://...")
    try:
        copies = write(address, asked.folder)
    except OSError as error:
        parser.error(f"{error}: give a folder to write into")
    print(f"{len(copies)} notebooks are in {asked.folder}; they fetch {address}")


if __name__ == "__main__":
    main()
