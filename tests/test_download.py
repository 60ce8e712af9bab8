import hashlib
import logging
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pandas as pd
import pytest
from movielens_files import WHEEL, write_movielens, write_wheel, zip_bytes

from dbrec.data import download, recbole_wheel
from dbrec.data.download import find_folder
from dbrec.data.movielens import DataError, UnavailableError, default_dataset, load_movielens


class Server(ThreadingHTTPServer):
    """Serve bytes or a status for each path on loopback; a path without an answer hangs."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = {}
        self.asked = Counter()
        self.stopping = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def url(self, site, scheme="http"):
        return f"{scheme}://127.0.0.1:{self.server_port}/{site}/"

    def stop(self):
        self.stopping.set()
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked[self.path] += 1
        answer = self.server.answers.get(self.path)
        if answer is None:
            self.server.stopping.wait()
        elif callable(answer):
            answer(self)
        elif isinstance(answer, int):
            self.send_error(answer)
        else:
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    """Stand in for both sites: /one/ml-1m.zip, then /two/ml-1m.zip."""
    server = Server()
    monkeypatch.setattr(download, "SITES", {"One": server.url("one"), "Two": server.url("two")})
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    """Shut out this machine's own data, cache, proxies and package index."""
    cache = tmp_path / "cache"
    monkeypatch.setenv("DBREC_CACHE_DIR", str(cache))
    monkeypatch.setenv("NO_PROXY", "*")
    for name in ("DBREC_DATA_DIR", "DBREC_DATASET"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "uv.toml").write_text("no-index = true\n")
    for name, value in (
        ("PIP_NO_INDEX", "1"),
        ("PIP_FIND_LINKS", tmp_path),
        ("UV_CONFIG_FILE", tmp_path / "uv.toml"),
        ("UV_FIND_LINKS", tmp_path),
        ("UV_CACHE_DIR", tmp_path / "uv-cache"),
    ):
        monkeypatch.setenv(name, str(value))
    monkeypatch.setattr(download, "_unreachable_since", {})
    good = hashlib.sha256(zip_bytes()).hexdigest()
    monkeypatch.setitem(download.SHA256, "ml-1m", good)
    return cache


def left_in(folder):
    return sorted(path.name for path in folder.iterdir())


def failure(name="ml-1m", data_dir=None):
    with pytest.raises(DataError) as caught:
        find_folder(name, data_dir)
    return caught.value


def pin(monkeypatch, content):
    """Let the SHA-256 of these bytes pass for the right one."""
    monkeypatch.setitem(download.SHA256, "ml-1m", hashlib.sha256(content).hexdigest())


def test_a_fetched_set_is_kept_whole_and_read_from_the_cache_afterwards(server, cache):
    server.answers["/one/ml-1m.zip"] = zip_bytes()
    first, second = load_movielens("ml-1m"), load_movielens("ml-1m")
    assert server.asked == {"/one/ml-1m.zip": 1}
    pd.testing.assert_frame_equal(first.ratings, second.ratings)
    assert left_in(cache) == ["ml-1m"]
    assert left_in(cache / "ml-1m") == ["movies.dat", "ratings.dat", "users.dat"]


def test_a_download_shows_its_progress(server, capsys):
    server.answers["/one/ml-1m.zip"] = zip_bytes()
    find_folder("ml-1m")
    assert "100%" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (404, "404 Client Error"),
        (b"<html>A page to log in on</html>", "ml-1m.zip has the SHA-256"),
        (zip_bytes()[:-30], "ml-1m.zip has the SHA-256"),
    ],
)
def test_a_source_that_fails_gives_way_to_the_next(server, cache, answer, said):
    server.answers["/one/ml-1m.zip"] = answer
    server.answers["/two/ml-1m.zip"] = 503
    assert said in failure().answers["One"]
    assert left_in(cache) == []
    server.answers["/two/ml-1m.zip"] = zip_bytes()
    assert find_folder("ml-1m") == cache / "ml-1m"
    assert left_in(cache) == ["ml-1m"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (zip_bytes()[:-30], "not a zip file"),
        (zip_bytes(without="users.dat"), "no item named 'ml-1m/users.dat' in the archive"),
    ],
    ids=["cut off", "incomplete"],
)
def test_a_zip_that_can_not_be_unpacked_is_not_kept(server, cache, monkeypatch, content, said):
    pin(monkeypatch, content)
    server.answers = {"/one/ml-1m.zip": content, "/two/ml-1m.zip": 404}
    assert said in failure().answers["One"]
    assert left_in(cache) == []


def test_a_zip_can_write_nothing_but_the_three_files(server, cache, monkeypatch):
    content = zip_bytes(**{"../../escaped": "x", "ml-1m/../escaped": "x", "ml-1m/README": "x"})
    pin(monkeypatch, content)
    server.answers["/one/ml-1m.zip"] = content
    assert left_in(find_folder("ml-1m")) == ["movies.dat", "ratings.dat", "users.dat"]
    assert not list(cache.parent.rglob("escaped"))


def test_a_server_that_hangs_is_given_up(server, monkeypatch):
    monkeypatch.setattr(download, "READ_SECONDS", 0.2)
    server.answers["/two/ml-1m.zip"] = 404
    assert "timed out" in failure().answers["One"]


def pour(size, pause):
    """Make an answer that sends some bytes after each pause, and never ends."""

    def answer(handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            while not handler.server.stopping.wait(pause):
                handler.wfile.write(bytes(size))
        except OSError:
            pass

    return answer


def drip_a_header(handler):
    handler.wfile.write(b"HTTP/1.0 200 OK\r\nX-Drip: ")
    while not handler.server.stopping.wait(0.05):
        handler.wfile.write(b"x")


def test_a_download_without_an_end_is_given_up_after_so_many_bytes(server, cache, monkeypatch):
    monkeypatch.setattr(download, "MOST_BYTES", 1_000_000)
    server.answers = {"/one/ml-1m.zip": pour(2**16, 0), "/two/ml-1m.zip": 404}
    assert failure().answers["One"] == "the download has more than 1,000,000 bytes"
    assert left_in(cache) == []


@pytest.mark.parametrize("answer", [pour(1, 0.05), drip_a_header], ids=["body", "header"])
def test_a_download_that_drips_is_given_up_after_some_time(server, cache, monkeypatch, answer):
    monkeypatch.setattr(download, "MOST_SECONDS", 0.5)
    server.answers = {"/one/ml-1m.zip": answer, "/two/ml-1m.zip": zip_bytes()}
    start = time.monotonic()
    assert find_folder("ml-1m").is_dir()
    assert 0.5 < time.monotonic() - start < 5
    assert left_in(cache) == ["ml-1m"]
    server.answers["/two/ml-1m.zip"] = 404
    (cache / "ml-1m").rename(cache.parent / "away")
    assert failure().answers["One"] == "the download had no end within 0.5 s"


def test_the_bounds_leave_room_for_the_larger_zip():
    assert download.MOST_BYTES > 5_917_549
    assert 5_917_549 / download.MOST_SECONDS < 50_000


@pytest.mark.skipif(os.name == "nt", reason="no folder is swept on Windows")
def test_what_a_killed_download_left_is_swept_by_the_next_and_nothing_else(server, cache):
    site, program = server.url("one"), "from dbrec.data import download as d; d.SITES = {'One': %r}; %s"
    program %= site, "d.find_folder('ml-1m')"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    killed, busy = (subprocess.Popen([sys.executable, "-c", program], env=environment) for _ in range(2))
    try:
        for _ in range(600):
            if server.asked["/one/ml-1m.zip"] == 2:
                break
            time.sleep(0.1)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        (cache / "unfinished-thoughts").mkdir()
        assert len(left_in(cache)) == 3  # two fetches and what isn't one
        server.answers["/one/ml-1m.zip"] = zip_bytes()
        find_folder("ml-1m")
        left = set(left_in(cache)) - {"ml-1m", "unfinished-thoughts"}
        assert len(left) == 1 and f"-{busy.pid}-" in left.pop()
    finally:
        busy.kill()
        busy.wait()


@pytest.mark.parametrize("lacking", ["requests", "tqdm"])
def test_a_fetch_without_the_packages_for_it_says_how_to_get_them(server, monkeypatch, lacking):
    monkeypatch.setitem(sys.modules, lacking, None)
    answers = failure().answers
    assert answers == {"a download": f"it needs {lacking}: pip install 'dbrec[lessons]'"}
    assert not server.asked


def test_files_in_a_folder_are_read_and_split_without_those_packages(tmp_path, cache):
    write_movielens(tmp_path)
    write_movielens(cache)
    program = (
        "import sys; sys.modules.update(dict.fromkeys(['pooch', 'requests', 'tqdm', 'zipcodes']))\n"
        "from dbrec.data import movielens, splits, synthetic\n"
        "for folder in (sys.argv[1], None):\n"
        "    print(len(splits.split_ratings(movielens.load_movielens('ml-1m', folder).ratings)[0]))"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["3", "3"]


def test_downloads_log_what_they_ask_and_print_nothing(server, monkeypatch, caplog, capsys):
    monkeypatch.setattr(recbole_wheel, "_commands", lambda scratch: [("pip", ["no such program"])])
    server.answers = {"/one/ml-100k.zip": 404, "/two/ml-100k.zip": 404}
    with caplog.at_level(logging.INFO, "dbrec.data"):
        failure("ml-100k")
    said = [record.getMessage() for record in caplog.records if record.name.startswith("dbrec.data.")]
    assert said == [
        f"Fetching {server.url('one')}ml-100k.zip",
        f"Fetching {server.url('two')}ml-100k.zip",
        "Fetching MovieLens 100K inside the RecBole wheel, by pip",
    ]
    assert capsys.readouterr() == ("", "")


def test_a_look_up_of_a_name_that_hangs_is_given_up(server, monkeypatch):
    never = threading.Event()

    def look_up(*args, **kwargs):
        never.wait()
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(download, "CONNECT_SECONDS", 0.2)
    answer = failure().answers["One"]
    assert answer == "no connection to 127.0.0.1 (no answer within 0.2 s)"
    assert not server.asked
    never.set()


def test_a_host_without_connection_is_asked_once_for_both_sets(server, monkeypatch, capfd):
    asked = []
    monkeypatch.setattr(download, "SITES", {"Two": "http://two.invalid/"})

    def look_up(host, *args, **kwargs):
        asked.append(host)
        raise OSError("refused")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(recbole_wheel, "_commands", lambda scratch: [])
    with pytest.raises(UnavailableError) as caught:
        default_dataset()
    assert asked == ["two.invalid"]
    assert "ml-1m, Two: no connection to two.invalid (refused)" in str(caught.value)
    assert "ml-100k, Two: two.invalid gave no connection a moment ago" in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_a_closed_port_is_no_connection(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setattr(download, "SITES", {"One": f"http://127.0.0.1:{port}/"})
    assert failure().answers["One"].startswith("no connection to 127.0.0.1 (")


def test_a_proxy_is_reached_in_place_of_the_site(server, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("http_proxy", f"127.0.0.1:{server.server_port}")
    monkeypatch.setattr(download, "SITES", {"One": "http://files.invalid/"})
    server.answers["http://files.invalid/ml-1m.zip"] = zip_bytes()
    assert find_folder("ml-1m").is_dir()


def test_a_certificate_that_nobody_vouches_for_is_refused(server, monkeypatch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).with_name("self_signed.pem"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.answers["/one/ml-1m.zip"] = zip_bytes()
    monkeypatch.setattr(download, "SITES", {"One": server.url("one", "https")})
    assert "certificate verify failed" in failure().answers["One"]
    assert not server.asked


def test_the_last_error_tells_each_answer_in_a_line_and_what_to_do(server, cache, monkeypatch):
    server.answers = {"/one/ml-1m.zip": 404, "/two/ml-1m.zip": b"no zip"}
    monkeypatch.setenv("DBREC_DATA_DIR", str(cache.parent / "elsewhere"))
    lines = str(failure()).splitlines()
    assert lines[0] == "MovieLens 'ml-1m' can't be had:"
    assert lines[1].startswith("  $DBREC_DATA_DIR: there is no folder ")
    assert lines[2].startswith("  One: 404 Client Error: Not Found")
    assert lines[3].startswith("  Two: ml-1m.zip has the SHA-256 ")
    assert "https://grouplens.org/datasets/movielens/" in lines[4]
    assert lines[4].endswith(f" and unpack it in {cache}")


def test_a_cache_that_can_not_be_written_is_named_and_nothing_is_fetched(server, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("DBREC_CACHE_DIR", str(tmp_path / "file" / "cache"))
    message = str(failure())
    assert f"the cache: {tmp_path / 'file' / 'cache'} can't be written" in message
    assert "set $DBREC_CACHE_DIR to a folder that is" in message
    assert not server.asked


def test_a_copy_that_another_process_finished_first_is_used(server, cache, monkeypatch):
    def fetch_while_another_finishes(folder):
        (folder / "ratings.dat").write_text("ours")
        write_movielens(cache)

    monkeypatch.setattr(download, "_sources", lambda name: {"One": fetch_while_another_finishes})
    assert (find_folder("ml-1m") / "ratings.dat").read_text() != "ours"
    assert left_in(cache) == ["ml-1m"]


def test_once_data_is_there_no_connection_is_opened(cache, monkeypatch):
    write_movielens(cache)

    def refuse(*arguments):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert len(load_movielens("ml-1m").ratings)


def test_a_given_folder_is_the_only_place_looked_in(server, tmp_path, monkeypatch):
    monkeypatch.setenv("DBREC_DATA_DIR", str(write_movielens(tmp_path / "own").parent))
    message = str(failure(data_dir=tmp_path / "given"))
    assert f"there is no folder {tmp_path / 'given' / 'ml-1m'}" in message
    assert "data_dir must be a folder that holds ml-1m/ratings.dat" in message
    assert not server.asked


def test_the_environments_folder_comes_before_the_cache(cache, tmp_path, monkeypatch):
    write_movielens(cache)
    own = write_movielens(tmp_path / "own")
    monkeypatch.setenv("DBREC_DATA_DIR", str(own.parent))
    assert find_folder("ml-1m") == own
    monkeypatch.setenv("DBREC_DATA_DIR", str(tmp_path / "elsewhere"))
    assert find_folder("ml-1m") == cache / "ml-1m"


@pytest.mark.parametrize("place", ["data_dir", "DBREC_DATA_DIR", "the cache"])
def test_a_folder_that_lacks_a_file_is_refused_wherever_it_is(server, cache, monkeypatch, place):
    folder = write_movielens(cache)
    (folder / "users.dat").unlink()
    if place == "DBREC_DATA_DIR":
        monkeypatch.setenv(place, str(cache))
        monkeypatch.setenv("DBREC_CACHE_DIR", str(cache.parent / "empty"))
    message = str(failure(data_dir=cache if place == "data_dir" else None))
    assert message.startswith(f"{folder}: users.dat is missing; ratings.dat, users.dat, movies")
    assert not server.asked


def test_without_a_chosen_cache_the_users_own_is_used(monkeypatch):
    monkeypatch.delenv("DBREC_CACHE_DIR")
    assert download.cache_folder().name == "dbrec"


def only_a_known_wheel(folder, monkeypatch) -> None:
    """Let nothing answer but the package index, which has a made wheel of known hashes for pip or uv."""
    wheel = write_wheel(folder)
    monkeypatch.setattr(recbole_wheel, "SHA256", hashlib.sha256(wheel.read_bytes()).hexdigest())
    know_tables(monkeypatch)
    monkeypatch.setattr(download, "SITES", {})


def know_tables(monkeypatch) -> None:
    for table, text in WHEEL.items():
        monkeypatch.setitem(recbole_wheel.TABLE_SHA256, table, hashlib.sha256(text.encode()).hexdigest())


def test_the_wheel_becomes_the_files_that_the_original_zip_has(tmp_path, monkeypatch):
    only_a_known_wheel(tmp_path, monkeypatch)
    write_movielens(tmp_path / "original", "ml-100k")
    ours, original = load_movielens("ml-100k"), load_movielens("ml-100k", tmp_path / "original")
    for frame in ("ratings", "users", "movies"):
        pd.testing.assert_frame_equal(getattr(ours, frame), getattr(original, frame))


def test_another_wheel_of_that_name_is_refused(tmp_path, cache, monkeypatch):
    write_wheel(tmp_path)
    monkeypatch.setattr(download, "SITES", {})
    answers = failure("ml-100k").answers
    assert list(answers) == ["the package index"]
    assert "hash" in answers["the package index"].lower()
    assert left_in(cache) == []


def test_no_module_of_the_working_folder_is_run(tmp_path, monkeypatch):
    only_a_known_wheel(tmp_path, monkeypatch)
    working = tmp_path / "working"
    working.mkdir()
    for name in ("pip", "venv", "zipfile"):
        (working / f"{name}.py").write_text("open('it ran', 'w')")
    monkeypatch.chdir(working)
    monkeypatch.setenv("PYTHONPATH", ".")
    assert find_folder("ml-100k").is_dir()
    assert not (working / "it ran").exists()


def test_a_wheel_is_checked_by_its_hash_whatever_the_command_said(tmp_path):
    path = write_wheel(tmp_path)
    with pytest.raises(DataError, match=f"the wheel has the SHA-256 .*, not {recbole_wheel.SHA256}"):
        recbole_wheel._tables(tmp_path)
    path.unlink()


def test_unpacked_tables_are_checked_by_their_hashes(tmp_path, monkeypatch):
    for table, text in WHEEL.items():
        path = tmp_path / (recbole_wheel.TABLES + table)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    know_tables(monkeypatch)
    assert recbole_wheel._tables(tmp_path) == [text.encode() for text in WHEEL.values()]
    path.write_bytes(WHEEL["item"].replace("1987", "1988").encode())
    with pytest.raises(DataError, match="ml-100k.item of the wheel has the SHA-256"):
        recbole_wheel._tables(tmp_path)


@pytest.mark.parametrize(
    ("has_pip", "has_uv", "names"),
    [
        (True, False, ["pip"]),
        (True, True, ["pip", "uv"]),
        (False, True, ["uv", "a borrowed pip"]),
        (False, False, ["a borrowed pip"]),
    ],
)
def test_whatever_can_fetch_a_wheel_is_tried(tmp_path, monkeypatch, has_pip, has_uv, names):
    monkeypatch.setattr(recbole_wheel.importlib.util, "find_spec", lambda name: has_pip or None)
    monkeypatch.setattr(recbole_wheel.shutil, "which", lambda name: "uv" if has_uv else None)
    monkeypatch.setattr(recbole_wheel, "_run", lambda command: None)
    assert [name for name, _ in recbole_wheel._commands(tmp_path)] == names


@pytest.mark.parametrize(
    ("program", "answer"),
    [
        ("raise SystemExit('WARNING: old\\nno\\n  such wheel')", "no such wheel"),
        ("raise SystemExit(1)", "no reason given"),
        ("print('fine')", None),
    ],
)
def test_a_command_gives_its_complaint_in_one_line_where_it_fails(program, answer):
    assert recbole_wheel._run([sys.executable, "-c", program]) == answer


def test_a_command_that_hangs_is_given_up(monkeypatch):
    monkeypatch.setattr(recbole_wheel, "SECONDS", 0.2)
    hang = [sys.executable, "-c", "import time; time.sleep(60)"]
    assert recbole_wheel._run(hang) == "no end within 0.2 s"


def test_a_command_that_is_not_there_is_an_answer_too(tmp_path):
    assert recbole_wheel._run([str(tmp_path / "uv")]).startswith("it can't be started")
