"""Find the folder of a MovieLens data set, and fetch it where it isn't on this machine."""

import importlib.util
import io
import logging
import os
import socket
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import Future, wait
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from dbrec.data import recbole_wheel
from dbrec.data.files import folder_path, refuse_hash, unfinished_folder
from dbrec.data.textfiles import DataError

FILES = {"ml-1m": ("ratings.dat", "users.dat", "movies.dat"), "ml-100k": ("u.data", "u.user", "u.item")}
SHA256 = {
    "ml-1m": "a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20",
    "ml-100k": "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
}
SITES = {
    "GroupLens": "https://files.grouplens.org/datasets/movielens/",
    "the Hugging Face mirror": "https://huggingface.co/datasets/Recommenders/MovieLens/resolve/main/",
}
PAGE = "https://grouplens.org/datasets/movielens/"
CONNECT_SECONDS = 3.0
READ_SECONDS = 8.0  # without a byte
MOST_SECONDS = 120.0  # for the larger zip's 6 MB at 50 kB/s; who drips bytes never runs into READ_SECONDS
MOST_BYTES = 8_000_000  # what is longer than the larger zip is something else, and may have no end
REST_SECONDS = 30.0  # before a host without connection is asked again, as for the second data set
_unreachable_since: dict[tuple[str, int], float] = {}
logger = logging.getLogger(__name__)


class UnavailableError(DataError):
    """Report a data set that isn't here and can't be fetched; `answers` holds a line for each place asked."""

    def __init__(self, name: str, answers: dict[str, str]):
        self.answers = answers
        lines = [f"  {place}: {answer}\n" for place, answer in answers.items()]
        super().__init__(
            f"{name} can't be had:\n{''.join(lines)}Download its zip from {PAGE} and unpack it in "
            f"{cache_folder()}\n(or in another folder, and set $DBREC_DATA_DIR to that one)."
        )


def cache_folder() -> Path:
    """Give `$DBREC_CACHE_DIR` where set, else the operating system's place for caches."""
    if chosen := os.environ.get("DBREC_CACHE_DIR"):
        return folder_path("$DBREC_CACHE_DIR", chosen)
    on_windows = f"{os.environ.get('LOCALAPPDATA') or '~/AppData/Local'}/dbrec/dbrec/Cache"
    elsewhere = f"{os.environ.get('XDG_CACHE_HOME') or '~/.cache'}/dbrec"
    places = {"win32": on_windows, "darwin": "~/Library/Caches/dbrec"}
    return folder_path("the cache", places.get(sys.platform, elsewhere))


def find_folder(name: str, data_dir: str | Path | None = None) -> Path:
    """Find the folder of a data set, with all three files, and fetch it into the cache if there is none.

    Args:
        name: `"ml-1m"` or `"ml-100k"`.
        data_dir: The only folder to look in. None looks in `$DBREC_DATA_DIR`, in the cache, and then asks
            GroupLens, the Hugging Face mirror and, for ML-100K, the package index.

    Raises:
        DataError: `data_dir` is no path or has no folder of that name, or a folder lacks a file.
        UnavailableError: The set is nowhere and can't be fetched or written.
    """
    if data_dir is not None:
        folder = folder_path("data_dir", data_dir) / name
        if not folder.is_dir():
            raise DataError(
                f"there is no folder {folder}; data_dir must be a folder that holds {name}/{FILES[name][0]} "
                f"(not {name} itself). Unpack {name}.zip from {PAGE} there, or leave data_dir out"
            )
        return _whole(folder, name)
    answers = {}
    if own := os.environ.get("DBREC_DATA_DIR"):
        folder = folder_path("$DBREC_DATA_DIR", own) / name
        if folder.is_dir():
            return _whole(folder, name)
        answers["$DBREC_DATA_DIR"] = f"there is no folder {folder}"
    folder = cache_folder() / name
    if not folder.is_dir():
        _fetch_into(folder, name, answers)
    return _whole(folder, name)


def _whole(folder: Path, name: str) -> Path:
    if missing := [file for file in FILES[name] if not (folder / file).is_file()]:
        raise DataError(
            f"{folder}: {', '.join(missing)} is missing; {', '.join(FILES[name])} must be there. "
            f"Unpack {name}.zip from {PAGE} anew, or remove the folder"
        )
    return folder


def _fetch_into(folder: Path, name: str, answers: dict[str, str]) -> None:
    """Fill a folder from the first source that works; it appears only when it is whole."""
    if lacking := [package for package in ("requests", "tqdm") if importlib.util.find_spec(package) is None]:
        answers["a download"] = f"it needs {' and '.join(lacking)}: pip install 'dbrec[lessons]'"
        raise UnavailableError(f"MovieLens {name!r}", answers)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with unfinished_folder(folder.parent, "unfinished") as scratch:
            (unfinished := scratch / name).mkdir()
            for source, fetch in _sources(name).items():
                try:
                    fetch(unfinished)
                    return os.replace(unfinished, folder)
                except (zipfile.BadZipFile, EOFError, LookupError, ValueError, RuntimeError) as error:
                    answers[source] = _one_line(error)
    except OSError as error:
        if folder.is_dir():
            return  # another process has put its own copy there in the meantime: as good as ours
        answers["the cache"] = (
            f"{folder.parent} can't be written ({error.strerror or error}); make it writable, "
            "or set $DBREC_CACHE_DIR to a folder that is"
        )
    raise UnavailableError(f"MovieLens {name!r}", answers)


def _sources(name: str) -> dict[str, Callable[[Path], None]]:
    sources: dict[str, Callable[[Path], None]]
    sources = {site: partial(_fetch_zip, f"{url}{name}.zip", name) for site, url in SITES.items()}
    if name == "ml-100k":
        sources["the package index"] = recbole_wheel.fetch_ml_100k
    return sources


def _fetch_zip(url: str, name: str, folder: Path) -> None:
    logger.info("Fetching %s", url)
    _knock(url)
    try:
        archive = _within(MOST_SECONDS, "the download had no end", _read, url)
    except Exception as error:
        raise RuntimeError(str(error)) from error  # an OSError would be taken for one of the cache
    refuse_hash(f"{name}.zip", archive, SHA256[name])
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        for file in FILES[name]:
            (folder / file).write_bytes(opened.read(f"{name}/{file}"))


def _within(seconds: float, what: str, work: Callable, *args):
    """Return what `work` returns, raise what it raises, or give it up with a TimeoutError."""
    # It works in a thread, since requests bounds neither the look-up of a name, nor the number of addresses
    # that it tries one after the other, nor how slowly a server drips its answer.
    future: Future = Future()

    def run() -> None:
        try:
            future.set_result(work(*args))
        except Exception as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    if not wait([future], seconds).done:
        raise TimeoutError(f"{what} within {seconds:g} s")
    return future.result()


def _read(url: str) -> bytes:
    import requests
    from tqdm.auto import tqdm

    content = bytearray()
    with requests.get(url, timeout=(CONNECT_SECONDS, READ_SECONDS), stream=True) as response:
        response.raise_for_status()
        size = int(response.headers.get("Content-Length", 0))
        with tqdm(total=size, ncols=79, ascii=os.name == "nt", unit="B", unit_scale=True) as bar:
            for chunk in response.iter_content(2**16):
                content += chunk
                bar.update(len(chunk))
                if len(content) > MOST_BYTES:
                    raise ValueError(f"the download has more than {MOST_BYTES:,} bytes")
    return bytes(content)


def _knock(url: str) -> None:
    """Refuse a host that gives no connection in time."""
    import requests

    proxy = requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url))
    target = urlsplit(requests.utils.prepend_scheme_if_needed(proxy, "http") if proxy else url)
    host = (target.hostname or "", target.port or (80 if target.scheme == "http" else 443))
    if time.monotonic() - _unreachable_since.get(host, -REST_SECONDS) < REST_SECONDS:
        raise RuntimeError(f"{target.hostname} gave no connection a moment ago")
    try:
        return _within(CONNECT_SECONDS, "no answer", _connect, *host)
    except OSError as error:
        reason = error.strerror or str(error)
    _unreachable_since[host] = time.monotonic()
    raise RuntimeError(f"no connection to {target.hostname} ({reason})")


def _connect(host: str, port: int) -> None:
    reason = OSError("no address")
    # IPv4 first: a broken IPv6 route would use up the time.
    for *_, address in sorted(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), key=lambda x: x[0]):
        try:
            return socket.create_connection((str(address[0]), port), CONNECT_SECONDS).close()
        except OSError as error:
            reason = error
    raise reason


def _one_line(error: BaseException) -> str:
    # The first cause says it plainly; what wraps it repeats addresses and names of classes.
    while error.__context__ is not None:
        error = error.__context__
    return " ".join(str(error).split()) or type(error).__name__
