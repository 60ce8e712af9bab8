"""Folders that are one whole version or another, whatever happens to the process, the disk or the files."""

import json
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from dbrec import storage
from dbrec.storage import read, read_arrays, write_arrays, writing

KIND, FORMAT = "index", 5
posix = pytest.mark.skipif(os.name != "posix", reason="signals, limits and modes of POSIX")

# a process that writes versions n, n + 1, ... at a path: every array is full of its number
WRITER = """
import sys, itertools, numpy as np
from dbrec.storage import write_arrays
path, first, count, size = sys.argv[1], *map(int, sys.argv[2:5])
for number in range(first, first + count):
    files = {name: {"x": np.full(size, number), "y": np.full(3, number)} for name in ("a.npz", "b.npz")}
    write_arrays(path, "index", 5, {"number": number}, files)
    print(number, flush=True)
"""


def save(path, number: int = 1, size: int = 100) -> None:
    files = {name: {"x": np.full(size, number), "y": np.full(3, number)} for name in ("a.npz", "b.npz")}
    write_arrays(path, KIND, FORMAT, {"number": number}, files)


def number_of(path) -> int:
    """Read the version at a path, and see that no part of it is of another."""
    description, files = read_arrays(path, KIND, FORMAT)
    found = {description["number"]}
    for arrays in files.values():
        found |= set(arrays["x"].tolist()) | set(arrays["y"].tolist())
    assert len(files) == 2 and len(found) == 1
    return found.pop()


def writer(path, first: int, count: int = 10**6, size: int = 100, **options) -> subprocess.Popen:
    command = [sys.executable, "-c", WRITER, *map(str, (path, first, count, size))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def data_folders(path) -> list[Path]:
    return [entry for entry in Path(path).iterdir() if entry.is_dir()]


def resealed(path, **changes) -> None:
    """Change a manifest as somebody would who knows how its checksum is made."""
    manifest = Path(path) / "index.json"
    content = json.loads(manifest.read_text())["content"] | changes
    manifest.write_bytes(storage._manifest(content))


def test_what_is_written_is_read(tmp_path):
    description = {"text": "ä ☃", "list": [1, 0.1, None, True], "inner": {"b": 1, "a": 2}}
    arrays = {"table": np.arange(6).reshape(2, 3), "words": np.array(["a", "bc"]), "half": np.float16([0.5])}
    write_arrays(tmp_path / "new" / "here", KIND, FORMAT, description, {"some.npz": arrays})
    stored = read(tmp_path / "new" / "here", KIND, FORMAT)
    assert stored.description == description and list(stored.description["inner"]) == ["b", "a"]
    found = stored.arrays("some.npz")
    assert list(stored.files) == ["some.npz"] and list(found) == list(arrays)
    for name, values in arrays.items():
        assert found[name].dtype == values.dtype and found[name].tolist() == values.tolist()


def test_numpy_alone_reads_the_arrays(tmp_path):
    save(tmp_path, 7)
    data = json.loads((tmp_path / "index.json").read_text())["content"]["data"]
    with np.load(tmp_path / data / "a.npz") as arrays:
        assert arrays["y"].tolist() == [7, 7, 7]


def test_files_of_any_make_lie_in_folders_too_and_are_given_by_path(tmp_path):
    with writing(tmp_path, KIND, FORMAT, {}) as folder:
        (folder / "shards").mkdir()
        np.save(folder / "shards" / "one.npy", np.arange(4))
        (folder / "notes.txt").write_text("two")
    stored = read(tmp_path, KIND, FORMAT)
    assert sorted(stored.files) == ["notes.txt", "shards/one.npy"]
    assert np.load(stored.file("shards/one.npy"), mmap_mode="r")[3] == 3
    stored.file("notes.txt").write_text("too")
    with pytest.raises(ValueError, match="damaged: notes.txt in .* isn't what was written"):
        stored.file("notes.txt")
    with pytest.raises(ValueError, match="damaged: one.npy in .*shards holds no plain arrays"):
        stored.arrays("shards/one.npy")


def test_each_version_has_an_id_of_its_own_that_a_copy_shares(tmp_path):
    save(tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "copy")
    first = read(tmp_path / "one", KIND, FORMAT).digest
    save(tmp_path / "one", 2)
    assert (
        read(tmp_path / "copy", KIND, FORMAT).digest == first != read(tmp_path / "one", KIND, FORMAT).digest
    )


def test_a_save_replaces_the_version_before_and_keeps_what_else_is_there(tmp_path):
    save(tmp_path, 1)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "data-index-mine").mkdir()
    save(tmp_path, 2)
    assert number_of(tmp_path) == 2 and (tmp_path / "notes.txt").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 4 and (tmp_path / "data-index-mine").is_dir()


def test_an_empty_folder_is_taken(tmp_path):
    save(tmp_path)
    assert number_of(tmp_path) == 1


def test_a_link_to_a_folder_is_written_through(tmp_path):
    save(tmp_path / "real", 1)
    for target in ("real", "later"):
        (tmp_path / "link").unlink(missing_ok=True)
        (tmp_path / "link").symlink_to(tmp_path / target)
        save(tmp_path / "link", 2)
        assert (tmp_path / "link").is_symlink()
        assert number_of(tmp_path / target) == number_of(tmp_path / "link") == 2


def test_where_something_else_is_nothing_is_written(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    save(tmp_path / "linked")
    (tmp_path / "linked" / "index.json").rename(tmp_path / "real.json")
    (tmp_path / "linked" / "index.json").symlink_to(tmp_path / "real.json")
    for path in (".", "notes.txt", "notes.txt/model", "linked"):
        with pytest.raises(FileExistsError, match="holds something else than an index: choose another path"):
            save(tmp_path / path)
    write_arrays(tmp_path / "model", "recommender", FORMAT, {}, {})
    with pytest.raises(FileExistsError, match="model holds something else than an index"):
        save(tmp_path / "model")
    assert sorted(os.listdir(tmp_path)) == ["linked", "model", "notes.txt", "real.json"]


@pytest.mark.parametrize("path", [None, 5, b"model", "", "a\0b", ["model"]])
def test_what_is_no_path_is_refused(path):
    for call in (lambda: save(path), lambda: read(path, KIND, FORMAT)):
        with pytest.raises(TypeError, match="path is .*: give the path of a folder, as text or a Path"):
            call()


@pytest.mark.parametrize(
    "description", [{"at": np.datetime64("2026-01-01")}, {"n": np.int64(3)}, {"set": {1}}, {(1, 2): 3}]
)
def test_a_description_that_json_can_t_hold_is_refused_before_anything_is_written(tmp_path, description):
    with pytest.raises(TypeError, match="description: .*: give text, numbers, and lists or dicts of them"):
        write_arrays(tmp_path / "model", KIND, FORMAT, description, {})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("values", [np.array([{}, None]), ["a", None], np.array([1, "a"], object)])
def test_arrays_of_objects_are_refused(tmp_path, values):
    with pytest.raises(TypeError, match=r"\['x'\] of a.npz hold objects: give arrays of numbers or text"):
        write_arrays(tmp_path / "model", KIND, FORMAT, {}, {"a.npz": {"x": values}})
    assert not list(tmp_path.iterdir())


def test_where_nothing_is_that_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    for path in ("nowhere", "file", "file/model", "."):
        with pytest.raises(
            FileNotFoundError, match=r"holds no index: give a folder that save\(\) has written"
        ):
            read(tmp_path / path, KIND, FORMAT)
    with pytest.raises(FileNotFoundError, match="holds no job: give a folder that write_job has written"):
        read(tmp_path, "job", FORMAT)


@pytest.mark.parametrize("older", ['{"format": 4, "settings": {}}', '{\n "format": 4\n}'])
def test_another_format_is_told_from_damage(tmp_path, older):
    write_arrays(tmp_path / "newer", "recommender", 6, {}, {})
    (tmp_path / "older").mkdir()
    (tmp_path / "older" / "recommender.json").write_text(older)
    for name, format in (("older", 4), ("newer", 6)):
        expected = f"{name} has format {format}, this version reads format 5: fit anew and save"
        with pytest.raises(ValueError, match=expected):
            read(tmp_path / name, "recommender", 5)
    write_arrays(tmp_path / "older", "recommender", 5, {"mended": True}, {})
    assert read(tmp_path / "older", "recommender", 5).description == {"mended": True}


def test_any_flipped_bit_of_the_manifest_is_seen(tmp_path):
    write_arrays(tmp_path, KIND, FORMAT, {"number": 1}, {"a.npz": {}})
    manifest = tmp_path / "index.json"
    whole = manifest.read_bytes()
    for place in range(len(whole)):
        for bit in range(8):
            manifest.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])
            with pytest.raises(ValueError, match="^damaged: index.json in .*: restore .*, or build it anew"):
                read(tmp_path, KIND, FORMAT)
    manifest.write_bytes(whole)
    assert read(tmp_path, KIND, FORMAT).description == {"number": 1}


def test_any_flipped_bit_of_the_arrays_is_seen(tmp_path):
    save(tmp_path)
    file = data_folders(tmp_path)[0] / "a.npz"
    whole = file.read_bytes()
    for place in range(0, len(whole), 7):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :])
        with pytest.raises(ValueError, match="^damaged: a.npz in .* isn't what was written: restore"):
            read_arrays(tmp_path, KIND, FORMAT)


def cut(file: Path, share: float) -> None:
    os.truncate(file, int(share * file.stat().st_size))


def to_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def to_link(file: Path) -> None:
    file.rename(file.parent.parent / "elsewhere")
    file.symlink_to(file.parent.parent / "elsewhere")


@pytest.mark.parametrize("name", ["index.json", "a.npz"])
@pytest.mark.parametrize(
    "harm",
    [
        lambda file: cut(file, 0),
        lambda file: cut(file, 0.5),
        lambda file: cut(file, 0.95),
        lambda file: file.write_bytes(file.read_bytes() + b" "),
        lambda file: file.write_bytes(os.urandom(1000)),
        lambda file: file.write_text("[1, 2]"),
        lambda file: file.write_text('"content"'),
        lambda file: file.write_text('{"content": [], "sha256": ""}'),
        lambda file: file.write_text("[" * 100_000),
        lambda file: file.write_text('{"format": 5}'),
        lambda file: file.write_bytes(file.read_bytes().decode("latin-1").encode("utf-16")),
        to_folder,
    ],
)
def test_a_file_that_is_cut_replaced_or_no_file_is_damaged(tmp_path, name, harm):
    save(tmp_path)
    harm(tmp_path / name if name == "index.json" else data_folders(tmp_path)[0] / name)
    with pytest.raises(
        ValueError, match=f"^damaged: {name} in .*: restore the folder from a copy, or build it"
    ):
        read_arrays(tmp_path, KIND, FORMAT)
    if (tmp_path / "index.json").is_file():
        save(tmp_path, 2)  # as the message advises
        assert number_of(tmp_path) == 2


@pytest.mark.parametrize("harm", [os.unlink, to_link])
def test_a_file_that_is_missing_or_a_link_is_damaged(tmp_path, harm):
    save(tmp_path)
    harm(data_folders(tmp_path)[0] / "a.npz")
    with pytest.raises(ValueError, match="^damaged: a.npz in .* is (missing|a link)"):
        read(tmp_path, KIND, FORMAT)


def test_a_foreign_file_among_the_data_is_refused_and_one_beside_them_is_not(tmp_path):
    save(tmp_path)
    (tmp_path / "c.npz").write_text("mine")
    assert number_of(tmp_path) == 1
    (data_folders(tmp_path)[0] / "c.npz").write_text("whose?")
    with pytest.raises(ValueError, match="^damaged: c.npz in .* is foreign: remove it$"):
        read(tmp_path, KIND, FORMAT)


FILES_OF_SYSTEMS = [".DS_Store", "._a.npz", ".nfs0001", "desktop.ini", "Desktop.ini", "Thumbs.db"]


@pytest.mark.parametrize("name", FILES_OF_SYSTEMS)
def test_what_systems_put_into_folders_that_are_looked_at_does_no_harm(tmp_path, name):
    (tmp_path / name).write_text("looked at")
    save(tmp_path, 1)
    (data_folders(tmp_path)[0] / name).write_text("looked at")
    assert number_of(tmp_path) == 1
    save(tmp_path, 2)
    assert number_of(tmp_path) == 2 and len(data_folders(tmp_path)) == 1
    assert (tmp_path / name).read_text() == "looked at"


@pytest.mark.parametrize("name", ["my-desktop.ini", "Thumbs.db.npz", "a.DS_Store"])
def test_a_name_that_is_only_like_that_of_a_file_of_a_system_is_foreign(tmp_path, name):
    save(tmp_path / "model")
    (data_folders(tmp_path / "model")[0] / name).write_text("whose?")
    with pytest.raises(ValueError, match=f"^damaged: {name} in .* is foreign: remove it$"):
        read(tmp_path / "model", KIND, FORMAT)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / name).write_text("mine")
    with pytest.raises(FileExistsError, match="holds something else than an index"):
        save(tmp_path / "other")


def test_a_hidden_folder_is_something_else_and_a_hidden_file_that_was_written_is_kept(tmp_path):
    (tmp_path / "work" / ".git").mkdir(parents=True)
    with pytest.raises(FileExistsError, match="holds something else than an index"):
        save(tmp_path / "work")
    with writing(tmp_path / "model", KIND, FORMAT, {}) as folder:
        (folder / ".hidden").write_text("ours")
    hidden = data_folders(tmp_path / "model")[0] / ".hidden"
    assert read(tmp_path / "model", KIND, FORMAT).file(".hidden").read_text() == "ours"
    hidden.unlink()
    with pytest.raises(
        ValueError, match="^damaged: .hidden in .* is missing: restore the folder from a copy, or"
    ):
        read(tmp_path / "model", KIND, FORMAT)


def test_parts_of_another_folder_are_refused(tmp_path):
    save(tmp_path / "one", 1)
    save(tmp_path / "two", 2)
    shutil.copy(data_folders(tmp_path / "two")[0] / "b.npz", data_folders(tmp_path / "one")[0] / "b.npz")
    with pytest.raises(ValueError, match="^damaged: b.npz in .* isn't what was written"):
        read_arrays(tmp_path / "one", KIND, FORMAT)
    shutil.copy(tmp_path / "two" / "index.json", tmp_path / "one" / "index.json")
    with pytest.raises(ValueError, match="^damaged: [ab].npz in .* is missing"):
        read_arrays(tmp_path / "one", KIND, FORMAT)
    (tmp_path / "two" / "index.json").rename(tmp_path / "two" / "job.json")
    with pytest.raises(ValueError, match="^damaged: job.json in .*, or write it anew with write_job"):
        read_arrays(tmp_path / "two", "job", FORMAT)


@pytest.mark.parametrize("data", ["../elsewhere", "/etc", ".", "", "data-index-../x", 5, None])
def test_a_data_folder_elsewhere_is_neither_read_nor_removed(tmp_path, data):
    save(tmp_path / "model")
    (tmp_path / "elsewhere").mkdir()
    resealed(tmp_path / "model", data=data)
    with pytest.raises(ValueError, match="^damaged: index.json in"):
        read(tmp_path / "model", KIND, FORMAT)
    save(tmp_path / "model", 2)
    assert number_of(tmp_path / "model") == 2 and (tmp_path / "elsewhere").is_dir()


def test_a_data_folder_that_is_a_link_is_refused(tmp_path):
    save(tmp_path / "model")
    data = data_folders(tmp_path / "model")[0]
    data.rename(tmp_path / "elsewhere")
    data.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match="^damaged: .* is a link"):
        read(tmp_path / "model", KIND, FORMAT)


def test_an_error_while_writing_leaves_the_version_before_and_nothing_else(tmp_path):
    save(tmp_path / "old", 1)
    before = sorted(tmp_path.rglob("*"))
    for path in ("old", "new/deep/model"):
        with pytest.raises(RuntimeError, match="mine"), writing(tmp_path / path, KIND, FORMAT, {}) as folder:
            (folder / "half").write_text("a")
            raise RuntimeError("mine")
    assert sorted(tmp_path.rglob("*")) == before and number_of(tmp_path / "old") == 1


@posix
@pytest.mark.parametrize("umask, folder, file", [(0o022, 0o755, 0o644), (0o077, 0o700, 0o600)])
def test_modes_are_those_of_the_umask(tmp_path, umask, folder, file):
    before = os.umask(umask)
    try:
        save(tmp_path / "model")
    finally:
        os.umask(before)
    for entry in (tmp_path / "model", *(tmp_path / "model").rglob("*")):
        assert stat.S_IMODE(entry.stat().st_mode) == (folder if entry.is_dir() else file)


@posix
@pytest.mark.parametrize("size", [0, 10, 500, 2_000, 30_000, 80_100])
def test_a_full_disk_is_an_error_and_leaves_the_version_before(tmp_path, size):
    save(tmp_path, 1)
    before = sorted(tmp_path.rglob("*"))
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))  # noqa: E731
    process = writer(tmp_path, 2, 1, 10_000, preexec_fn=limit)  # 80 kB an array
    assert "OSError: [Errno 27] File too large" in process.communicate()[1]
    assert number_of(tmp_path) == 1 and sorted(tmp_path.rglob("*")) == before


@posix
@pytest.mark.parametrize("kib", [16, 64, 120])
def test_a_small_disk_that_is_full_holds_the_version_before(tmp_path, kib):
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(tmp_path)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs the right to mount")
    try:
        save(tmp_path / "model", 1)
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(OSError, match="No space left on device"):
            save(tmp_path / "model", 2, 20_000)
        assert number_of(tmp_path / "model") == 1 and sorted(tmp_path.rglob("*")) == before
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


@posix
def test_killed_at_any_moment_a_version_is_whole_and_the_next_save_sweeps(tmp_path):
    for turn in range(12):
        process = writer(tmp_path / "model", 1000 * turn, size=50_000)
        written = process.stdout.readline()  # at least one, so there is something to read
        time.sleep(0.007 * turn)
        process.send_signal(signal.SIGKILL)
        written += process.communicate()[0]
        last = int(written.split()[-1])
        assert number_of(tmp_path / "model") in (last, last + 1)
    save(tmp_path / "model", 7)
    assert number_of(tmp_path / "model") == 7 and len(list((tmp_path / "model").iterdir())) == 2


# where a process stops for ever: before the files, amid them, before the rename and right after it
STOPS = {
    "mkdir": "import pathlib; stop_after(pathlib.Path, 'mkdir', 2)",
    "savez": "stop_after(np, 'savez', 1)",
    "fsync": "import os; stop_after(os, 'fsync', 3)",
    "replace": "import os; stop_after(os, 'replace', 1)",
}
STOPPING = """
import time, numpy as np
def stop_after(owner, name, calls):
    real, count = getattr(owner, name), 0
    def stopping(*a, **k):
        nonlocal count
        result, count = real(*a, **k), count + 1
        if count == calls:
            print("stopped", flush=True); time.sleep(600)
        return result
    setattr(owner, name, stopping)
"""


@posix
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("stop", STOPS)
def test_killed_at_each_step_it_is_the_old_or_the_new_one(tmp_path, stop, first):
    path = tmp_path / "model"
    if not first:
        save(path, 1)
    code = STOPPING + STOPS[stop] + WRITER
    command = [sys.executable, "-c", code, str(path), "2", "1", "100"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "stopped\n"
    if stop != "replace":
        save(path, 3)  # beside one that is writing, which must not lose its folder
        assert len(data_folders(path)) == 2
    process.kill()
    process.wait()
    process.stdout.close()
    assert number_of(path) == (2 if stop == "replace" else 3)
    save(path, 4)
    assert number_of(path) == 4 and len(list(path.iterdir())) == 2


@posix
def test_what_a_killed_first_save_left_is_taken_over(tmp_path):
    command = [
        sys.executable,
        "-c",
        STOPPING + STOPS["savez"] + WRITER,
        str(tmp_path / "model"),
        "2",
        "1",
        "9",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    process.kill()
    process.communicate()
    with pytest.raises(FileNotFoundError, match="model holds no index"):
        number_of(tmp_path / "model")
    save(tmp_path / "model", 4)
    assert number_of(tmp_path / "model") == 4 and len(data_folders(tmp_path / "model")) == 1


@posix
@pytest.mark.parametrize("size", [100, 20_000])
def test_two_writers_and_a_reader_see_whole_versions_only(tmp_path, size):
    path = tmp_path / "model"
    save(path, 0)
    writers = [writer(path, first, size=size) for first in (1, 10**6)]
    for process in writers:
        process.stdout.readline()
    seen, until = set(), time.monotonic() + 2.5
    while time.monotonic() < until:
        seen.add(number_of(path))
    for process in writers:
        assert process.poll() is None, process.stderr.read()  # nobody failed
        process.kill()
        process.communicate()
    save(path, 5)
    assert len(seen) > 3 and number_of(path) == 5 and len(list(path.iterdir())) == 2


def test_a_version_that_goes_while_it_is_read_is_read_anew(tmp_path):
    save(tmp_path, 1)
    calls = []

    def build(stored):
        calls.append(stored.description["number"])
        if len(calls) < 3:
            save(tmp_path, len(calls) + 1)
        return int(stored.arrays("b.npz")["y"][0])

    assert read(tmp_path, KIND, FORMAT, build) == 3 and calls == [1, 2, 3]


def test_an_error_of_the_reader_itself_comes_out(tmp_path):
    save(tmp_path)
    with pytest.raises(ZeroDivisionError):
        read(tmp_path, KIND, FORMAT, lambda stored: 1 / 0)
