"""Keep measured rows in CSV files, and what they were made by."""

import datetime
import os
import time
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from platform import python_version

import pandas as pd

from benchmarks.harness.code import STUDIES, digest

ORIGIN = "versions", "command", "date", "code"
RESULTS = Path(__file__).parents[1] / "results"
RESULTS_OF = {"ml-1m": RESULTS} | {name: RESULTS / name for name in ("ml-100k", "anime", "shop")}


def versions(*packages: str) -> str:
    """Name the versions of Python and of some packages."""
    found = {"python": python_version()} | {name: version(name) for name in packages}
    return "; ".join(f"{name} {number}" for name, number in found.items())


def origin(command: str, *packages: str, settings: str = "") -> dict[str, str]:
    """Say what makes a row: versions, the command (``python -m benchmarks STUDY ...``), the day and the code.

    ``code`` is the digest of the study, of all that it imports, and of `settings` that lie in no module.
    """
    code = digest(STUDIES + command.split()[3], settings=settings)
    return {"versions": versions(*packages), "command": command, "date": today(), "code": code}


def today() -> str:
    """Name the day."""
    return datetime.date.today().isoformat()


class Table:
    """A CSV file of measured rows; each change writes it in one step, so that a break leaves the old one.

    `key` names the columns that tell measurements apart, and `columns` all those of a new file. Rows are
    sorted by `sort_by`, or else by the key; the first of these columns as its values stand in `order`.
    """

    def __init__(self, path: Path, key: list[str], columns=None, sort_by=None, order: Iterable = ()):
        self.path, self.key, self.columns, self.sort_by = path, key, columns, sort_by or key
        self.places = {value: place for place, value in enumerate(order)}

    def rows(self, **values) -> pd.DataFrame:
        """Read the rows that have these values; none where there is no file yet."""
        table = pd.read_csv(self.path) if self.path.exists() else pd.DataFrame()
        return table[have(table, values)]

    def store(self, *rows: dict) -> None:
        """Put the rows of one measurement in the place of those with the same key, and print them."""
        table = pd.DataFrame(rows, columns=self.columns)
        if self.path.exists():
            old = self.rows()
            same = have(old, {name: rows[0][name] for name in self.key})
            # As objects: an empty cell of one row must not decide the type of a column.
            table = pd.concat([old[~same].astype(object), table.astype(object)])
        self._write(table.sort_values(self.sort_by, key=self._sortable, kind="stable"))
        for row in rows:
            print(time.strftime("%X"), {name: row[name] for name in row if name not in ORIGIN}, flush=True)

    def keep(self, wanted: Callable[[pd.DataFrame], pd.Series]) -> None:
        """Drop the rows that aren't wanted."""
        if self.path.exists() and not (kept := wanted(table := self.rows())).all():
            self._write(table[kept])

    def _sortable(self, column: pd.Series) -> pd.Series:
        return column.map(self.places) if self.places and column.name == self.sort_by[0] else column

    def _write(self, table: pd.DataFrame) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial")
        table.to_csv(partial, index=False, lineterminator="\n")
        os.replace(partial, self.path)


def have(table: pd.DataFrame, values: dict) -> pd.Series:
    """Tell which rows have all these values; none has a column that isn't there."""
    if not set(values) <= set(table):
        return pd.Series(False, table.index)
    return (table[list(values)] == pd.Series(values, dtype=object)).all(axis=1)
