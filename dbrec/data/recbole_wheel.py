"""Take MovieLens 100K out of the RecBole wheel, where only the package index can be reached."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import zipfile
from collections.abc import Iterator
from pathlib import Path

from dbrec.data.parsing import GENRES

SHA256 = "9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407"
TABLES = "recbole/dataset_example/ml-100k/ml-100k."
# For each of the commands below; most of it is for a slow line, as the wheel has 2 MB.
SECONDS = 40


def fetch_ml_100k(folder: Path) -> None:
    """Write `u.data`, `u.user` and `u.item`, as the original zip has them, into a folder.

    The wheel comes from the package index that pip or uv is set up for, by name and checked by
    its SHA-256. Nothing is installed. The release dates and addresses in `u.item` stay empty, as
    the wheel lacks them.

    Args:
        folder: An existing folder.

    Raises:
        RuntimeError: The index can't be reached or has no such wheel; the message is what each
            of the commands answered.
    """
    with tempfile.TemporaryDirectory() as scratch:
        root = _fetch_wheel(Path(scratch))
        ratings, users, movies = (_rows(root, table) for table in ("inter", "user", "item"))
        _write(folder / "u.data", ("\t".join(row) for row in ratings))
        _write(folder / "u.user", ("|".join(row) for row in users))
        _write(folder / "u.item", (_item_line(*row) for row in movies))


def _fetch_wheel(scratch: Path) -> Path | zipfile.Path:
    """Fetch the wheel into an empty folder, and give where its files lie."""
    wanted = scratch / "wanted.txt"
    wanted.write_text(f"recbole==1.2.1 --hash=sha256:{SHA256}\n")
    options = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(wanted)]
    answers = []
    for name, command in _commands(scratch):
        print(f"Fetching MovieLens 100K inside the RecBole wheel, by {name} ...", file=sys.stderr)
        answer = _run([*command, *options])
        if answer is None:
            wheels = list(scratch.glob("*.whl"))
            return zipfile.Path(wheels[0]) if wheels else scratch
        answers.append(f"{name}: {answer}")
    raise RuntimeError("; ".join(answers))


def _commands(scratch: Path) -> Iterator[tuple[str, list[str]]]:
    download = ["-m", "pip", "--quiet", "download", "--retries", "1", "--dest", str(scratch)]
    has_pip = importlib.util.find_spec("pip") is not None
    if has_pip:
        yield "pip", [sys.executable, *download]
    # An environment made by uv has no pip, and uv can't download; but it can unpack to a folder.
    if uv := shutil.which("uv"):
        unpack = ["pip", "install", "--quiet", "--python", sys.executable, "--target", str(scratch)]
        yield "uv", [uv, *unpack]
    if not has_pip:
        borrowed = scratch / "venv"
        if _run([sys.executable, "-m", "venv", str(borrowed)]) is None:
            scripts = borrowed / ("Scripts" if os.name == "nt" else "bin")
            yield "a borrowed pip", [str(scripts / "python"), *download]


def _run(command: list[str]) -> str | None:
    """Run a command; return None if it succeeds, else its complaint, in one line."""
    environment = {"PIP_DEFAULT_TIMEOUT": "5", "UV_HTTP_TIMEOUT": "5", "UV_HTTP_RETRIES": "1"}
    try:
        subprocess.run(
            command,
            env=environment | os.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=True,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"no end within {SECONDS} s"
    except subprocess.CalledProcessError as error:
        said = [line for line in error.stdout.splitlines() if not line.startswith("WARNING")]
        return textwrap.shorten(" ".join(said), 300, placeholder=" ...") or "no reason given"
    except OSError as error:
        return f"it can't be started ({error.strerror})"
    return None


def _rows(root: Path | zipfile.Path, table: str) -> list[list[str]]:
    header, *lines = (root / f"{TABLES}{table}").read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines]


def _item_line(item: str, title: str, year: str, genres: str) -> str:
    # RecBole splits a title at its last parenthesis: usually the year, but "V" (video) in item
    # 1412. Item 267, which has neither title nor year, is spelled "unkonwn" in both columns.
    full_title = "unknown" if title == "unkonwn" else f"{title} ({year})"
    flags = ("1" if genre in genres.split() else "0" for genre in ("unknown", *GENRES))
    return "|".join((item, full_title, "", "", "", *flags))


def _write(path: Path, lines: Iterator[str]) -> None:
    path.write_bytes("".join(f"{line}\n" for line in lines).encode("latin-1"))
