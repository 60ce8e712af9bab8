"""What really happens to processes and disks: kill -9 at fifty moments of all that writes, full disks."""

import itertools
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_models import drawn, made

from benchmarks.harness.tables import Table
from dbrec import HybridRecommender
from dbrec.training.workers.jobs import batches, read_job, write_job
from tests.test_distributed import largest_difference, prepared, trained_network, write

pytestmark = pytest.mark.skipif(os.name != "posix", reason="forks, signals and limits of POSIX")

KILLS, TOGETHER_SECONDS = 50, 60
FORK = multiprocessing.get_context("fork")
ROOT = Path(__file__).parents[2]
FRAME, PEOPLE, THINGS = drawn(0)
OLD, NEW = (made(FRAME, PEOPLE, THINGS, seed=seed) for seed in (1, 2))
CAME = pd.DataFrame({"user_id": ["u1", "u2"], "item_id": [115, 116], "rating": [5, 1]})


def lists(model: HybridRecommender) -> pd.DataFrame:
    return model.recommend(OLD.user_ids, k=4)


def is_one_of(path, *models) -> bool:
    """Tell whether the model at a path gives the lists of one of these."""
    found = lists(HybridRecommender.load(path))
    return any(found.equals(lists(model)) for model in models)


def kill_at(event: int, folder: str) -> None:
    """Let this process be killed when it touches a file of a folder for so many times."""
    count = itertools.count(1)

    def hook(name: str, given: tuple) -> None:
        if name in ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.listdir", "os.scandir"):
            path = given[0] if isinstance(given[0], str | os.PathLike) else ""
            if os.fspath(path).startswith(folder) and next(count) == event:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def is_killed(work, folder, event: int | None = None, seconds: float | None = None) -> bool:
    """Work in another process; tell whether it was killed on the way, at an event or after some time."""

    def run() -> None:
        if event:
            kill_at(event, str(folder))
        work()

    process = FORK.Process(target=run)
    process.start()
    process.join(seconds)
    process.kill()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


def fifty_kills(work, folder):
    """Kill a work at each file that it touches, then at moments spread over its time; pause after each."""
    event = 1
    while is_killed(work, folder, event):
        event += 1
        yield
    yield
    start = time.perf_counter()
    assert not is_killed(work, folder)
    took, random = time.perf_counter() - start, np.random.default_rng(0)
    yield
    while event <= KILLS:
        event += is_killed(work, folder, seconds=took * random.random())
        yield


@pytest.mark.parametrize("what", ["save", "update"])
def test_a_saved_model_is_the_old_one_or_the_new_one(tmp_path, what):
    path, after = tmp_path / "model", NEW

    def update_and_save() -> None:
        HybridRecommender.load(path).update(CAME).save(path)

    work = {"save": lambda: NEW.save(path), "update": update_and_save}[what]
    OLD.save(path)
    if what == "update":
        after = HybridRecommender.load(path).update(CAME)
    for _ in fifty_kills(work, path):
        assert is_one_of(path, OLD, after)
        OLD.save(path)
        assert is_one_of(path, OLD) and len(list(path.iterdir())) == 2  # what was left is swept


def test_a_job_is_whole_or_not_there_and_can_be_written_at_the_same_place(tmp_path):
    path, ready = tmp_path / "job", prepared()
    expected = [triplets.anchor for part in batches(write(tmp_path / "other")) for triplets in part]
    for _ in fifty_kills(lambda: write_job(path, ready), path):
        try:
            found = [triplets.anchor for part in batches(read_job(path)) for triplets in part]
        except FileNotFoundError:
            continue
        assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))
        for file in sorted(path.rglob("*"), reverse=True):
            file.rmdir() if file.is_dir() else file.unlink()
    write_job(path, ready)
    assert len(list(path.iterdir())) == 2


TRAINING = """
import sys
from tests.deep.test_faults import kill_at
from dbrec.training.workers import distributed, jobs
folder, event = sys.argv[1], int(sys.argv[2])
job = jobs.read_job(folder)
kill_at(event, folder + "/checkpoint")
distributed.train(job, every=2)
"""


def test_training_goes_on_from_its_last_checkpoint_to_the_same_weights(tmp_path):
    job, undisturbed = write(tmp_path / "job"), write(tmp_path / "other")

    def train(folder, event: int) -> int:
        command = [sys.executable, "-c", TRAINING, str(folder), str(event)]
        found = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
        return subprocess.run(command, cwd=ROOT, env=found, capture_output=True).returncode

    for number in range(KILLS):  # each gets a checkpoint or two further, and all of them not to the end
        assert train(job.folder, 1 + number % (KILLS // 2)) == -signal.SIGKILL
    assert train(job.folder, 0) == train(undisturbed.folder, 0) == 0
    assert largest_difference(trained_network(job), trained_network(undisturbed)) < 1e-5


def test_a_table_of_trials_has_all_rows_of_before(tmp_path):
    path, rows = tmp_path / "trials.csv", [{"system": f"s{n}", "goal": n} for n in range(3)]
    table = Table(path, ["system"])
    for row in rows[:2]:
        table.store(row)
    for _ in fifty_kills(lambda: table.store(rows[2]), tmp_path):
        assert table.rows()["goal"].to_list() in ([0, 1], [0, 1, 2])
        table.keep(lambda found: found["goal"] < 2)


@pytest.mark.parametrize("kind", ["model", "job"])
@pytest.mark.parametrize("size", [0, 100, 200, 500, 1_000, 2_000, 4_000, 8_000, 12_000, 14_000])
def test_a_full_disk_is_an_error_and_what_was_there_stays(tmp_path, kind, size):
    path, ready = tmp_path / kind, prepared()
    if kind == "model":
        OLD.save(path)
    before, big = sorted(path.rglob("*")), made(*drawn(1, n_users=200, n_items=60))

    def write_all() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        with pytest.raises(OSError, match="File too large"):
            big.save(path) if kind == "model" else write_job(path, ready)

    assert not is_killed(write_all, path)
    assert sorted(path.rglob("*")) == before
    assert kind == "job" or is_one_of(path, OLD)


def test_two_writers_and_a_reader_for_a_minute(tmp_path):
    path, reads, until = tmp_path / "model", 0, time.monotonic() + TOGETHER_SECONDS
    OLD.save(path)

    def save_on_and_on(model: HybridRecommender) -> None:
        while time.monotonic() < until:
            model.save(path)

    writers = [FORK.Process(target=save_on_and_on, args=(model,)) for model in (OLD, NEW)]
    for writer in writers:
        writer.start()
    while time.monotonic() < until:
        assert is_one_of(path, OLD, NEW)
        reads += 1
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    OLD.save(path)
    assert reads > 100 and len(list(path.iterdir())) == 2


def test_it_fits_saves_and_serves_where_the_home_can_not_be_written(tmp_path):
    program = """
import sys
sys.path.insert(0, "tests")
from made_models import drawn
from dbrec import HybridRecommender
HybridRecommender(epochs=1, embedding_dim=4, choice_dim=4).fit(*drawn(0)).save(sys.argv[1])
print(len(HybridRecommender.load(sys.argv[1]).recommend("u1", k=3)))
"""
    nowhere = {"HOME": "/proc/self", "XDG_CACHE_HOME": "/proc/self", "XDG_CONFIG_HOME": "/proc/self"}
    command = [sys.executable, "-c", program, str(tmp_path / "model")]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | nowhere, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.endswith("\n3\n"), done.stderr
