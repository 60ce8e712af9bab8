"""Take the folders that people name, give folders to fill, and know contents by their SHA-256."""

import hashlib
import os
import platform
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dbrec.data.textfiles import DataError


def folder_path(name: str, value: str | os.PathLike) -> Path:
    """Return a path, with the home for ``~``, or raise a DataError that calls it `name`: it isn't one."""
    try:
        path = Path(value).expanduser()
    except (TypeError, RuntimeError):
        path = None
    if path is None or "\0" in str(path):
        raise DataError(f"{name} is {value!r}: give the path of a folder, as text or pathlib.Path")
    return path


@contextmanager
def unfinished_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """Give a folder to fill in `parent`, removed at the end with all that wasn't moved out of it.

    Its name holds machine and process, so what killed processes of this machine left is removed first.
    """
    start = f"{prefix}-{platform.node()}-"
    for folder in parent.iterdir():
        named = re.fullmatch(re.escape(start) + r"(\d+)-\w{8}", folder.name)
        if named and not _runs(int(named[1])):
            shutil.rmtree(folder, ignore_errors=True)
    start += f"{os.getpid()}-"
    with tempfile.TemporaryDirectory(prefix=start, dir=parent, ignore_cleanup_errors=True) as name:
        yield Path(name)


def _runs(process: int) -> bool:
    try:
        if os.name != "nt":  # there, it would end the process
            os.kill(process, 0)  # sends nothing
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def refuse_hash(what: str, content: bytes, sha256: str) -> None:
    """Raise a DataError if the content has another SHA-256."""
    if (found := hashlib.sha256(content).hexdigest()) != sha256:
        raise DataError(f"{what} has the SHA-256 {found}, not {sha256}")
