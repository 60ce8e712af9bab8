"""Put into README what lessons show: her list of lesson 1, and the film map of lesson 9.

Usage: readme_from_lessons.py   (after `make refresh`; a test finds what differs)
"""

import argparse
import base64
import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README, MAP = ROOT / "README.md", ROOT / "notebooks" / "film_map.png"
ROW = re.compile(r"^(\d+) +(.+?) +(\d{4})(?: +(liked|not liked))? *$", re.M)
START, END = "<!-- her list, from lesson 1 -->\n", "<!-- end of her list -->"


def output_of(lesson: int, line: str) -> dict:
    """Give the data of the last output of the cell of a lesson that has this line."""
    [path] = (ROOT / "notebooks").glob(f"{lesson:02}_*.ipynb")
    cells = json.loads(path.read_text("utf-8"))["cells"]
    [cell] = [cell for cell in cells if line in "".join(cell["source"]).splitlines()]
    return [output["data"] for output in cell["outputs"] if "data" in output][-1]


def film_map() -> bytes:
    """Give the picture of lesson 9."""
    line = 'draw_film_map(points, shown["label"], shown["group"])'
    return base64.b64decode(output_of(9, line)["image/png"])


def filled(text: str) -> str:
    """Put her list of lesson 1 in its place in a text."""
    rows = ROW.findall("".join(output_of(1, "opening")["text/plain"]))
    lines = [f"| {rank} | {title} | {year} | {told} |" for rank, title, year, told in rows]
    table = "\n".join(["| | film | year | held out |", "|---|---|---|---|", *lines])
    before, rest = text.split(START)
    return f"{before}{START}{table}\n{END}{rest.split(END)[1]}"


def main() -> None:
    """Write README and the picture."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()  # it takes nothing
    README.write_text(filled(README.read_text("utf-8")), "utf-8")
    MAP.write_bytes(film_map())


if __name__ == "__main__":
    main()
