"""Take MovieLens 100K out of the RecBole wheel, where only the package index can be reached."""

import importlib.util
import io
import logging
import os
import shutil
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Iterator
from pathlib import Path

from dbrec.data.files import refuse_hash, unfinished_folder
from dbrec.data.parsing import GENRES

SHA256 = "9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407"
TABLES = "recbole/dataset_example/ml-100k/ml-100k."
TABLE_SHA256 = {
    "inter": "4edb74e2a81178c2ba9ff381495f754f996c4aea351b1272ca36b43da0935eff",
    "user": "4f670007d9cfbeb9807e757209af1555b9bcc186bde25e767f67cb67c6dd5972",
    "item": "51d7cdf777ce5c0f5b32c1d947a4a81fe07d75e78abbe761e0cd4d0756064532",
}
SECONDS = 40  # for each of the commands below; most of it is for a slow line, as the wheel has 2 MB
MODULE = ["-I", "-m"]  # isolated, so that no pip.py or venv.py of the working folder is run
logger = logging.getLogger(__name__)


def fetch_ml_100k(folder: Path) -> None:
    """Write `u.data`, `u.user` and `u.item`, as the original zip has them, into an existing folder.

    The wheel comes from the package index that pip or uv is set up for. Nothing is installed. The release
    dates and addresses in `u.item` stay empty, as the wheel lacks them.

    Raises:
        RuntimeError: The index can't be reached or has no such wheel; the message is what each command said.
        DataError: What came isn't the wheel known here, by its SHA-256.
    """
    with unfinished_folder(folder.parent, "wheel") as scratch:
        _fetch_wheel(scratch)
        ratings, users, movies = (table.decode("utf-8").splitlines()[1:] for table in _tables(scratch))
    files = {
        "u.data": ratings,
        "u.user": [line.replace("\t", "|") for line in users],
        "u.item": [_item_line(*line.split("\t")) for line in movies],
    }
    for name, lines in files.items():
        (folder / name).write_bytes("".join(f"{line}\n" for line in lines).encode("latin-1"))


def _fetch_wheel(scratch: Path) -> None:
    (wanted := scratch / "wanted.txt").write_text(f"recbole==1.2.1 --hash=sha256:{SHA256}\n")
    options = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(wanted)]
    answers = []
    for name, command in _commands(scratch):
        logger.info("Fetching MovieLens 100K inside the RecBole wheel, by %s", name)
        if (answer := _run([*command, *options])) is None:
            return
        answers.append(f"{name}: {answer}")
    raise RuntimeError("; ".join(answers))


def _tables(scratch: Path) -> list[bytes]:
    """Read ratings, users and movies out of the wheel, or, where uv unpacked it, from its files."""
    for path in scratch.glob("*.whl"):
        wheel = path.read_bytes()
        refuse_hash("the wheel", wheel, SHA256)
        with zipfile.ZipFile(io.BytesIO(wheel)) as opened:
            return [opened.read(TABLES + table) for table in TABLE_SHA256]
    tables = [(scratch / (TABLES + table)).read_bytes() for table in TABLE_SHA256]
    for (name, digest), table in zip(TABLE_SHA256.items(), tables, strict=True):
        refuse_hash(f"ml-100k.{name} of the wheel", table, digest)
    return tables


def _commands(scratch: Path) -> Iterator[tuple[str, list[str]]]:
    download = [*MODULE, "pip", "--quiet", "download", "--retries", "1", "--dest", str(scratch)]
    if has_pip := importlib.util.find_spec("pip") is not None:
        yield "pip", [sys.executable, *download]
    # An environment made by uv has no pip, and uv can't download; but it can unpack to a folder.
    if uv := shutil.which("uv"):
        yield "uv", [uv, *"pip install --quiet --python".split(), sys.executable, "--target", str(scratch)]
    if not has_pip:
        borrowed = scratch / "venv"
        if _run([sys.executable, *MODULE, "venv", str(borrowed)]) is None:
            scripts = borrowed / ("Scripts" if os.name == "nt" else "bin")
            yield "a borrowed pip", [str(scripts / "python"), *download]


def _run(command: list[str]) -> str | None:
    """Run a command; return None if it succeeds, else its complaint, in one line."""
    environment = {"PIP_DEFAULT_TIMEOUT": "5", "UV_HTTP_TIMEOUT": "5", "UV_HTTP_RETRIES": "1"} | os.environ
    try:
        done = subprocess.run(
            command, input="", capture_output=True, env=environment, timeout=SECONDS, errors="replace"
        )
    except subprocess.TimeoutExpired:
        return f"no end within {SECONDS} s"
    except OSError as error:
        return f"it can't be started ({error.strerror})"
    if done.returncode == 0:
        return None
    lines = (done.stdout + done.stderr).splitlines()
    said = [line for line in lines if not line.startswith("WARNING")]
    return textwrap.shorten(" ".join(said), 300, placeholder=" ...") or "no reason given"


def _item_line(item: str, title: str, year: str, genres: str) -> str:
    # RecBole splits a title at its last parenthesis: usually the year, but "V" (video) in item 1412. Item
    # 267, which has neither title nor year, is spelled "unkonwn" in both columns.
    full_title = "unknown" if title == "unkonwn" else f"{title} ({year})"
    flags = ("1" if genre in genres.split() else "0" for genre in ("unknown", *GENRES))
    return "|".join((item, full_title, "", "", "", *flags))
