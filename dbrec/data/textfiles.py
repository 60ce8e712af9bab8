"""Read text files of one row a line, and name the line where one is damaged."""

import io
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd


class DataError(ValueError):
    """Report data that can't be had, or that breaks the rules of its format."""


@dataclass(frozen=True)
class Line:
    """Hold a line of a file, its number from 1 and its text without the end, to read it and to refuse it."""

    path: Path
    number: int
    text: str

    def error(self, rule: str) -> DataError:
        """Make an error that names the line, quotes it, and says what is allowed."""
        return DataError(f"{self.path}, line {self.number}: {rule}; the line reads {self.text!r}")

    def split(self, separator: str, columns: str) -> list[str]:
        """Split the line into fields, as many as there are words in `columns`."""
        fields = self.text.split(separator)
        if len(fields) != len(columns.split()):
            raise self.error(f"expected {separator.join(columns.split())!r}")
        return fields

    def choose(self, value: str, allowed: Collection[str], what: str) -> str:
        """Return a field that is one of its allowed values."""
        if value not in allowed:
            raise self.error(f"the {what} must be one of {', '.join(allowed)}, not {value!r}")
        return value

    def whole_number(self, value: str, largest: int, what: str) -> int:
        """Read a field as a whole number in 1..largest."""
        if not re.fullmatch("[0-9]{1,10}", value) or not 1 <= int(value) <= largest:
            raise self.error(f"the {what} must be a whole number 1..{largest}, not {value!r}")
        return int(value)


def refuse_rows(path: Path, wrong: np.ndarray, rule: str) -> None:
    """Raise a DataError that names rule and line of the first wrong row; `wrong` are booleans, a row each."""
    if wrong.any():
        number = int(wrong.argmax()) + 1
        text = path.read_bytes().split(b"\n", number)[number - 1]
        raise Line(path, number, text.decode("latin-1").rstrip("\r")).error(rule)


def read_lines(path: Path) -> Iterator[Line]:
    """Give the lines of a file without empty ones at its end; it must be whole lines of Latin-1 text."""
    for number, text in enumerate(_read_text(path).decode("latin-1").split("\n"), 1):
        yield Line(path, number, text.removesuffix("\r"))


def read_whole_numbers(path: Path, columns: Sequence[str], separator: str) -> pd.DataFrame:
    """Read a table of whole numbers, int64; row i is line i + 1."""
    raw = _read_text(path)
    # pandas' fast parser takes one character between columns, reads 3.0 as a whole number, and names no sure
    # line where it fails. So it gets files without other characters; what it can't read is read by line.
    if not raw.translate(None, b"-0123456789\r\n" + separator.encode()):
        table = io.BytesIO(raw.replace(separator.encode(), b"\t"))
        try:
            frame = pd.read_csv(table, sep="\t", header=None, dtype=np.int64, skip_blank_lines=False)
        except (ValueError, OverflowError):
            frame = pd.DataFrame()
        if frame.shape[1] == len(columns):
            return frame.set_axis(list(columns), axis=1)
    row = re.compile(separator.join([r"-?[0-9]{1,18}"] * len(columns)))
    for line in read_lines(path):
        if not row.fullmatch(line.text):
            raise line.error(f"expected {separator.join(columns)!r} in whole numbers")
    raise DataError(f"{path}: expected {separator.join(columns)!r} in every line")


def _read_text(path: Path) -> bytes:
    """Read a file of ASCII or Latin-1 lines, without the end of its last line."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: it can't be read ({error.strerror})") from error
    if b"\0" in raw:
        raise DataError(
            f"{path}, line {raw[: raw.index(0)].count(10) + 1}: there is a zero byte, so this is UTF-16 or "
            "no text; MovieLens is Latin-1 text: unpack the file again from its zip"
        )
    if inside := re.search(rb"\r(?!\n)", raw):
        raise DataError(
            f"{path}, line {raw[: inside.start()].count(10) + 1}: a carriage return (CR) stands without a "
            "line feed (LF) after it; unpack the file again from its zip, or end its lines by LF or by CR LF"
        )
    if not raw.endswith(b"\n"):
        raise DataError(
            f"{path}, line {raw.count(10) + 1}: the last line has no line end, so the file is empty or cut "
            "off; unpack it again from its zip, or end the line if it is complete"
        )
    # Latin-1 has a character for every byte, so a wrong encoding shows only where the bytes spell something
    # that Latin-1 text doesn't: a UTF-8 sequence, or its control codes 0x80-0x9f, which are letters in
    # Windows, DOS and Mac encodings. Latin-2 and its like can't be told apart.
    lines = [] if raw.isascii() else raw.split(b"\n")
    for number, text in enumerate(lines, 1):
        line = Line(path, number, text.decode("latin-1"))
        if not text.isascii() and text == text.decode("utf-8", "ignore").encode():
            raise line.error("the encoding must be Latin-1, but this is UTF-8; save it as Latin-1")
        if re.search(r"[\x80-\x9f]", line.text):
            raise line.error("the encoding must be Latin-1, which has no such letter as here")
    return raw.rstrip(b"\r\n")
