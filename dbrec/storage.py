"""Keep a folder that is one whole version or another: a model, a job, an index.

It holds ``KIND.json``, the manifest, which has a checksum of itself and names a folder ``data-...`` and each
file in it with its checksum. A save writes another such folder, and changes the manifest by one rename.
"""

import contextlib
import hashlib
import io
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

if os.name == "posix":
    import fcntl

WORDS = {  # what a kind is called, what writes it, what to do where it can't be read
    "recommender": ("a recommender", "save()", "fit anew and save"),
    "job": ("a job", "write_job", "write it anew with write_job"),
    "index": ("an index", "save()", "build it anew and save"),
    "checkpoint": ("a checkpoint", "training", "remove that folder and train anew"),
    "weights": ("weights", "training", "remove that folder and train anew"),
}
OF_THE_SYSTEM = re.compile(r"\.|(desktop\.ini|thumbs\.db)$", re.IGNORECASE)  # put where people look at files


@dataclass(frozen=True)
class Stored:
    """One version: its description, the folder of its files, the SHA-256 of each by name, and its own id."""

    place: "_Place"
    description: dict
    folder: Path
    files: dict[str, str]
    digest: str

    def file(self, name: str) -> Path:
        """Check a file and give its path, or raise a ValueError: ``damaged: FILE``."""
        with open(self.folder / name, "rb") as content:
            return self._checked(name, content)

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """Read arrays from the very bytes that were checked, with the error of `file`."""
        content = io.BytesIO((self.folder / name).read_bytes())
        path = self._checked(name, content)
        try:
            with np.load(content, allow_pickle=False) as arrays:
                return dict(arrays)
        except Exception as error:  # numpy and zipfile each raise their own
            raise self.place.damaged(path, "holds no plain arrays") from error

    def _checked(self, name: str, content) -> Path:
        if hashlib.file_digest(content, "sha256").hexdigest() != self.files[name]:
            raise self.place.damaged(self.folder / name, "isn't what was written")
        return self.folder / name


@contextlib.contextmanager
def writing(path, kind: str, format: int, description: dict) -> Iterator[Path]:
    """Give an empty folder to write files into; when the block ends they become what `path` holds.

    Until then, after an error or when killed, `path` holds what it held. Other files there stay. Of two
    processes that write at once, the last to end wins.

    Args:
        path: A folder that is new, empty or holds this kind; a link to one is followed.
        kind: A word, such as one of `WORDS`.
        format: Number of the layout: `read` refuses another.
        description: Anything that JSON can hold.

    Raises:
        OSError: If `path` can't be written; a FileExistsError if it holds something else.
        TypeError: If `path` isn't a path, or JSON can't hold the description.
    """
    place = _Place(path, kind)
    content = {"kind": kind, "format": format, "description": description}
    try:
        _manifest(content)
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"description: {error}: give text, numbers, and lists or dicts of them") from error
    place.refuse_other()
    made = [folder for folder in (place.path, *place.path.parents) if not folder.exists()]
    place.path.mkdir(parents=True, exist_ok=True)
    replaced = new = place.path / f"data-{kind}-{secrets.token_hex(8)}"
    with place.shared() as sync:
        try:
            new.mkdir()
            yield new
            place.finish(new, content)
            replaced = place.path / (place.live() or new.name)
            os.replace(new / "manifest", place.manifest)
            sync()
        finally:
            for old in {new, replaced} - {place.path / (place.live() or "")}:
                shutil.rmtree(old, ignore_errors=True)
            with contextlib.suppress(OSError):  # what isn't empty stays
                for folder in made:
                    folder.rmdir()


def write_arrays(path, kind: str, format: int, description: dict, files: dict[str, dict]) -> None:
    """Write ``.npz`` files of arrays by name, as `writing` does; a TypeError if one holds Python objects."""
    with writing(path, kind, format, description) as folder:
        for name, arrays in files.items():
            if objects := [part for part in arrays if np.asarray(arrays[part]).dtype.hasobject]:
                raise TypeError(f"{objects} of {name} hold objects: give arrays of numbers or text")
            with open(folder / name, "wb") as file:
                np.savez(file, **arrays)


def read(path, kind: str, format: int, build: Callable[[Stored], Any] = lambda stored: stored) -> Any:
    """Give what `build` makes of the `Stored` at `path`, or that itself, whose files go when others save.

    Where others save meanwhile, `build` is called again: it has one version, never a mixture.

    Raises:
        FileNotFoundError: If `path` holds none of this kind.
        ValueError: If it has another format, or if a file isn't what was written: ``damaged: FILE``.
    """
    place = _Place(path, kind)
    while True:
        live = place.live()
        try:
            return build(place.stored(format))
        except Exception:
            if place.live() == live:
                raise


def read_arrays(path, kind: str, format: int) -> tuple[dict, dict[str, dict[str, np.ndarray]]]:
    """Give the description and all files of `write_arrays`, with the errors of `read`."""
    return read(path, kind, format, lambda s: (s.description, {name: s.arrays(name) for name in s.files}))


def _manifest(content: dict) -> bytes:
    checksum = hashlib.sha256(json.dumps(content).encode()).hexdigest()
    return json.dumps({"content": content, "sha256": checksum}).encode()


class _Place:
    """A folder for one kind."""

    def __init__(self, path, kind: str):
        text = os.fspath(path) if isinstance(path, (str, os.PathLike)) else None
        if not isinstance(text, str) or not text or "\0" in text:
            raise TypeError(f"path is {path!r}: give the path of a folder, as text or a Path")
        self.path, self.kind = Path(os.path.realpath(text)), kind
        self.manifest = self.path / f"{kind}.json"
        self.called, self.writer, self.anew = WORDS.get(kind, (f"a {kind}", "dbrec", "write it anew"))

    def damaged(self, file: Path, how: str, advice="restore the folder from a copy, or {anew}") -> ValueError:
        return ValueError(f"damaged: {file.name} in {file.parent} {how}: {advice.format(anew=self.anew)}")

    def parsed(self) -> dict:
        """Give the content of the manifest, just the format if of an earlier make, nothing if damaged."""
        raw = self.manifest.read_bytes() if self.manifest.is_file() else b""
        try:
            found = json.loads(raw)
            if "content" not in found:
                return {"format": found["format"]}
            content = found["content"]
            named = re.fullmatch(f"data-{self.kind}-[0-9a-f]{{16}}", content["data"])
            whole = named and content["kind"] == self.kind and raw == _manifest(content)
            return content | {"digest": found["sha256"]} if whole else {}
        except (ValueError, TypeError, KeyError, RecursionError):
            return {}

    def live(self) -> str | None:
        return self.parsed().get("data")

    def stored(self, format: int) -> Stored:
        path, kind, content = self.path, self.kind, self.parsed()
        if not os.path.lexists(self.manifest):
            raise FileNotFoundError(f"{path} holds no {kind}: give a folder that {self.writer} has written")
        if (other := content.get("format", format)) != format:
            raise ValueError(f"{path} has format {other}, this version reads format {format}: {self.anew}")
        if "data" not in content:
            raise self.damaged(self.manifest, "isn't what was written")
        data, files = path / content["data"], content["files"]
        there = self.names(data)
        for name in files.keys() - there:
            raise self.damaged(data / name, "is missing")
        for name in there - files.keys():
            if not OF_THE_SYSTEM.match(Path(name).name):
                raise self.damaged(data / name, "is foreign", "remove it")
        return Stored(self, content["description"], data, files, content["digest"])

    def names(self, data: Path) -> set[str]:
        """Name all files in a data folder, and refuse links."""
        files = [entry for entry in data.rglob("*") if entry.is_symlink() or not entry.is_dir()]
        for file in files:
            if data.is_symlink() or file.is_symlink() or not file.is_file():
                raise self.damaged(file, "is a link or no file")
        return {file.relative_to(data).as_posix() for file in files}

    def finish(self, new: Path, content: dict) -> None:
        """Bring the files of a new data folder to the disk, and a manifest with their checksums."""
        content |= {"data": new.name, "files": {}}
        for name in sorted(self.names(new)):
            with open(new / name, "rb+") as file:
                content["files"][name] = hashlib.file_digest(file, "sha256").hexdigest()
                os.fsync(file.fileno())
        with open(new / "manifest", "xb") as file:
            file.write(_manifest(content))
            file.flush()
            os.fsync(file.fileno())

    def refuse_other(self) -> None:
        """Refuse a folder with anything but this kind, or what a killed writer of it left."""
        place = next(folder for folder in (self.path, *self.path.parents) if os.path.lexists(folder))
        others = set(self.path.glob("*")) - set(self.path.glob(f"data-{self.kind}-*"))
        others = {entry for entry in others if not entry.is_file() or not OF_THE_SYSTEM.match(entry.name)}
        is_ours = self.manifest.is_file() and not self.manifest.is_symlink()
        if not place.is_dir() or (others and not is_ours):
            raise FileExistsError(f"{place} holds something else than {self.called}: choose another path")

    @contextlib.contextmanager
    def shared(self) -> Iterator[Callable[[], None]]:
        """Hold a lock with all who write here, and give a call that brings the folder to the disk."""
        if os.name != "posix":  # elsewhere folders can't be opened, and what killed writers left stays
            yield lambda: None
            return
        lock = os.open(self.path, os.O_RDONLY)
        try:
            self.sweep(lock, fcntl.LOCK_SH)
            yield lambda: os.fsync(lock)
        finally:
            self.sweep(lock, fcntl.LOCK_UN)
            os.close(lock)

    def sweep(self, lock: int, then: int) -> None:
        """Remove what killed writers left, if nobody is writing; then hold the lock in the way `then`."""
        with contextlib.suppress(OSError):  # others are writing, or the disk has no locks
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            live = self.live()
            if live or not self.manifest.exists():
                for folder in self.path.glob(f"data-{self.kind}-{'[0-9a-f]' * 16}"):
                    if folder.name != live:
                        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            fcntl.flock(lock, then)
