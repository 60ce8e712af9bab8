import re
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dbrec.interactions import Interactions
from dbrec.settings import Settings
from dbrec.training.batches import position_dataset
from dbrec.training.fit import default_batch_size, prepare
from dbrec.training.loop import train
from dbrec.training.workers import distributed
from dbrec.training.workers.jobs import TRIPLET, batches, check_job, read_job, write_job
from dbrec.training.workers.launcher import Worker, launch, running, watch
from dbrec.training.workers.state import build_network, trained_network, write_state

SETTINGS = Settings(embedding_dim=8, epochs=6, learning_rate=0.01, choice_dim=6, verbose=False)
USERS, ITEMS = [part.ravel() for part in np.indices((40, 30))]
STARS = 1 + (3 * USERS + 5 * ITEMS + USERS * ITEMS) % 5
EVERY = 20


def prepared(settings=SETTINGS, stars=STARS):
    users = pd.DataFrame({"job": ["cook", "spy"] * 20}, index=range(40))
    items = pd.DataFrame({"genres": [("a",), ("b", "a"), ()] * 10}, index=range(30))
    frame = pd.DataFrame({"user_id": USERS, "item_id": ITEMS, "rating": stars})
    return prepare(settings, Interactions.from_frame(frame, settings.liked_from), users, items)


def write(folder, settings=SETTINGS, n_shards=4, stars=STARS):
    return write_job(folder, prepared(settings, stars), n_shards)


def weights(network):
    return [weight.numpy() for weight in network.trainable_weights]


def largest_difference(network, other):
    return max(abs(a - b).max() for a, b in zip(weights(network), weights(other), strict=True))


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    return write(tmp_path_factory.mktemp("job"))


@pytest.fixture(scope="module")
def by_one(tmp_path_factory):
    job = write(tmp_path_factory.mktemp("one"))
    distributed.train(job, every=EVERY)
    return trained_network(job)


def kill_after_two_checkpoints(job, process):
    manifest = job.folder / "checkpoint" / "checkpoint.json"
    while not manifest.exists() or f'"n_batches":{EVERY}}}' in manifest.read_text().replace(" ", ""):
        time.sleep(0.005)
    process.kill()


def test_one_process_does_what_fit_does(tmp_path):
    job = write(tmp_path)
    distributed.train(job)
    network = build_network(job)
    triplets = position_dataset(list(prepared().samplers.values()), job.batch_size)
    train(network, triplets, job.steps, SETTINGS.epochs, SETTINGS.learning_rate, verbose=False)
    assert largest_difference(network, build_network(job)) > 0.1
    assert largest_difference(network, trained_network(job)) < 1e-5


def test_two_workers_come_to_the_weights_of_one_process(job, by_one, caplog):
    with caplog.at_level("INFO"):
        launch(job.folder, 2, every=EVERY)
    assert largest_difference(trained_network(job), by_one) < 1e-5
    total = job.steps * SETTINGS.epochs
    assert caplog.messages[-1].startswith(f"batch {total} of {total} | loss ")


def test_a_run_whose_worker_was_killed_goes_on_to_the_same_weights(tmp_path, by_one):
    job = write(tmp_path)
    with pytest.raises(RuntimeError, match="worker 1 of 2 ended with code -9 and the others were stopped"):
        with running(job, 2, EVERY) as workers:
            threading.Thread(target=kill_after_two_checkpoints, args=(job, workers[1].process)).start()
            watch(workers)
    assert all(worker.process.poll() for worker in workers)
    with pytest.raises(FileNotFoundError, match="holds no trained weights: train the job to its end"):
        trained_network(job)
    launch(job.folder, 2, every=EVERY)
    first = int(workers[0].log.read_text().split()[1])
    assert 2 * EVERY < first < job.steps * SETTINGS.epochs
    assert largest_difference(trained_network(job), by_one) < 1e-5


@pytest.mark.parametrize("n_workers", [1, 2, 4])
def test_workers_read_every_triplet_once_and_share_each_batch(job, n_workers):
    parts = [list(batches(job, worker, n_workers)) for worker in range(n_workers)]
    expected = iter(position_dataset(list(prepared().samplers.values()), job.batch_size))
    for of_workers in zip(*parts, strict=True):
        whole = next(expected)[0]
        for side in range(2):
            for place in range(len(TRIPLET.names)):
                found = np.concatenate([part[side][place] for part in of_workers])
                assert np.array_equal(found, whole[side][place])
    assert len(parts[0]) == job.steps * SETTINGS.epochs


def test_batches_go_on_where_they_are_told_to(job):
    whole, rest = list(batches(job)), list(batches(job, start=job.steps + 3))
    assert len(rest) == len(whole) - job.steps - 3
    assert all(np.array_equal(a, b) for a, b in zip(rest[0], whole[job.steps + 3], strict=True))
    assert not list(batches(job, start=len(whole)))


@pytest.mark.parametrize("n_shards", [1, 3, 5])
def test_a_batch_has_as_many_triplets_for_each_shard(tmp_path, n_shards):
    job = write(tmp_path, replace(SETTINGS, epochs=1), n_shards)
    least = default_batch_size(job.prepared.n_positives)
    assert job.batch_size % n_shards == 0 and least <= job.batch_size < least + n_shards
    assert (job.steps - 1) * job.batch_size < job.prepared.n_positives <= job.steps * job.batch_size
    parts = [next(batches(job, worker, n_shards)) for worker in range(n_shards)]
    assert {len(triplets.anchor) for part in parts for triplets in part} == {job.batch_size // n_shards}


def test_a_job_may_have_one_side_alone_as_its_anchors(tmp_path):
    # each user rated one item, so that only items tell who likes them more
    frame = pd.DataFrame({"user_id": range(40), "item_id": np.arange(40) % 5, "rating": [5, 1, 4, 2] * 10})
    rated = Interactions.from_frame(frame, SETTINGS.liked_from)
    job = write_job(tmp_path, prepare(SETTINGS, rated, None, None))
    assert {len(batch) for batch in batches(job)} == {1}
    distributed.train(job)
    network = build_network(read_job(tmp_path))
    assert network.anchors == ("item",)
    samplers = list(prepare(SETTINGS, rated, None, None).samplers.values())
    triplets = position_dataset(samplers, job.batch_size)
    train(network, triplets, job.steps, SETTINGS.epochs, SETTINGS.learning_rate, verbose=False)
    assert largest_difference(network, trained_network(job)) < 1e-5


def test_a_job_of_choices_holds_negatives_that_were_never_chosen(tmp_path):
    chosen = (3 * USERS + ITEMS) % 4 == 0
    frame = pd.DataFrame({"user_id": USERS[chosen], "item_id": ITEMS[chosen]})
    ready = prepare(SETTINGS, Interactions.from_frame(frame, SETTINGS.liked_from), None, None)
    job = read_job(write_job(tmp_path, ready).folder)
    assert not job.prepared.interactions.has_disliked and not build_network(job).negatives_rated
    pairs = set(zip(USERS[chosen].tolist(), ITEMS[chosen].tolist(), strict=True))
    of_user, of_item = next(batches(job))
    assert pairs.issuperset(zip(of_user.anchor.tolist(), of_user.positive.tolist(), strict=True))
    assert pairs.isdisjoint(zip(of_user.anchor.tolist(), of_user.negative.tolist(), strict=True))
    assert pairs.issuperset(zip(of_item.positive.tolist(), of_item.anchor.tolist(), strict=True))
    assert pairs.isdisjoint(zip(of_item.negative.tolist(), of_item.anchor.tolist(), strict=True))
    assert not of_user.negative_rating.any() and not of_item.negative_rating.any()


def test_a_failing_worker_is_reported_by_its_last_lines(tmp_path):
    def worker(number, code):
        log = tmp_path / f"{number}.txt"
        with log.open("w") as output:
            command = [sys.executable, "-c", code]
            return Worker(subprocess.Popen(command, stdout=output, stdin=subprocess.PIPE), log)

    broken = worker(1, "print('first'); [print('line', n) for n in range(15)]; raise SystemExit(3)")
    waiting = worker(0, "input()")
    with pytest.raises(RuntimeError, match=r"worker 1 of 2 ended with code 3 .*\nline 0\n(.*\n)*line 14$"):
        watch([waiting, broken])
    waiting.process.communicate(b"\n")


def test_a_worker_ends_with_its_launcher(job):
    command = [sys.executable, "-m", "dbrec.training.workers", str(job.folder), "--launched"]
    worker = subprocess.Popen(command, stdin=subprocess.PIPE)
    worker.stdin.close()
    assert worker.wait(timeout=120) == 1


@pytest.mark.parametrize("n_workers", [0, 3, 8])
def test_workers_that_cannot_share_a_batch_are_refused(job, n_workers):
    with pytest.raises(
        ValueError,
        match=f"{n_workers}(: give a whole number| workers can't share a global batch of 32 in 4 shards)",
    ):
        launch(job.folder, n_workers)


def test_a_folder_without_a_job_or_a_shard_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no job: give a folder that write_job has written"):
        launch(tmp_path)
    job = write(tmp_path, replace(SETTINGS, epochs=1))
    (job.stored.folder / "epoch-000-shard-003.npy").unlink()
    with pytest.raises(ValueError, match="damaged: .*epoch-000-shard-003.npy"):
        launch(tmp_path)


@pytest.mark.parametrize("options", [[], ["--workers", "2"]])
def test_a_folder_without_a_job_ends_the_command_with_one_line(tmp_path, options):
    command = [sys.executable, "-m", "dbrec.training.workers", str(tmp_path / "nowhere"), *options]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    expected = f"{tmp_path / 'nowhere'} holds no job: give a folder that write_job has written\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", expected)


def test_a_job_without_a_name_ends_the_command_with_the_usage():
    command = [sys.executable, "-m", "dbrec.training.workers", ""]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    assert done.returncode == 2
    assert done.stderr.endswith("error: job is '': give the folder that write_job has written\n")


def test_a_shard_that_was_changed_is_refused_before_it_trains(tmp_path):
    job = write(tmp_path, replace(SETTINGS, epochs=1))
    shard = job.stored.folder / "epoch-000-shard-001.npy"
    triplets = np.load(shard)
    triplets["anchor"] = 999
    np.save(shard, triplets)
    with pytest.raises(ValueError, match="damaged: .*epoch-000-shard-001.npy"):
        distributed.train(read_job(tmp_path))


def test_what_another_job_was_trained_to_is_refused(tmp_path, by_one):
    mine, other = write(tmp_path / "mine"), write(tmp_path / "other", stars=6 - STARS)
    for name in ("checkpoint", "weights"):
        write_state(other, name, by_one.trainable_weights, 1)
        (other.folder / name).rename(mine.folder / name)
        with pytest.raises(
            ValueError, match=f"{name} belongs to another job.*: remove that folder and train"
        ):
            trained_network(mine) if name == "weights" else distributed.train(mine)


def test_a_full_disk_is_told_when_a_job_is_written_and_nothing_is_left(tmp_path):
    program = """
import resource, signal, sys
import tests.test_distributed as t
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
ready = t.prepared()
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    t.write_job(sys.argv[1], ready, 4)
except OSError as error:
    sys.exit(f"refused: {error}")
"""
    command = [sys.executable, "-c", program, str(tmp_path / "job")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    assert done.returncode == 1 and done.stderr.startswith("refused: ")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "settings, n_shards, message",
    [
        (SETTINGS, 0, "n_shards is 0: give a whole number from 1 to 512"),
        (SETTINGS, 10**9, "n_shards is 1000000000: give a whole number from 1 to 512"),
        (SETTINGS, 1.5, "n_shards is 1.5: give a whole number"),
        (replace(SETTINGS, epochs=None), 4, "epochs is None"),
    ],
)
def test_a_job_that_cannot_be_shared_is_not_written(tmp_path, settings, n_shards, message):
    with pytest.raises(ValueError, match=message):
        write(tmp_path / "job", settings, n_shards)
    assert not (tmp_path / "job").exists()


def test_what_a_killed_writer_left_is_swept_by_the_next(tmp_path):
    left = tmp_path / "data-job-0123456789abcdef"
    left.mkdir()
    (left / "epoch-000-shard-000.npy").touch()
    job = write(tmp_path, replace(SETTINGS, epochs=1))
    assert not left.exists() and len(list(batches(job))) == job.steps


def test_a_folder_that_holds_something_is_not_written_to(tmp_path):
    (tmp_path / "mine.txt").touch()
    with pytest.raises(FileExistsError, match="isn't empty: give a new folder for the job"):
        write(tmp_path)


@pytest.mark.parametrize("inside", ["", "job"])
def test_a_file_in_the_place_of_a_job_is_refused_before_anything_is_computed(tmp_path, inside):
    (file := tmp_path / "mine.txt").touch()
    for folder in (file / inside, str(file / inside)):
        with pytest.raises(FileExistsError, match=r"mine\.txt is no folder: give a new folder for the job"):
            check_job(folder, SETTINGS, 4)
    with pytest.raises(TypeError, match="give the path of the folder to write"):
        check_job("a\0b", SETTINGS, 4)


def test_no_batches_between_two_checkpoints_are_refused(job):
    with pytest.raises(ValueError, match="every is 0: give a whole number of at least 1"):
        distributed.train(job, every=0)


ONE = '{"cluster": {"worker": %s}, "task": {"type": "worker", "index": %s}}'


@pytest.mark.parametrize(
    "config",
    [
        *("not json", "3", "[1]", '{"cluster": 3}', '{"cluster": []}'),
        *('{"cluster": {"worker": []}}', '{"cluster": {"worker": ["a:1"]}}'),
        *(ONE % (workers, 0) for workers in ("[]", '"a:1"', "[1]", "[[]]", '["a"]', '["a:1", "a:1"]')),
        *(ONE % ('["a:1"]', index) for index in ("1", "-1", "0.5", '"0"', "[0]", "null")),
        '{"cluster": {"chief": ["a:1"], "worker": ["b:1"]}, "task": {"type": "worker", "index": 0}}',
        '{"cluster": {"worker": ["b:1"]}, "task": {"type": "chief", "index": 0}}',
    ],
)
def test_a_cluster_that_tensorflow_could_not_start_or_would_wait_for_is_refused(job, monkeypatch, config):
    monkeypatch.setenv("TF_CONFIG", config)
    with pytest.raises(ValueError, match=rf"TF_CONFIG is '{re.escape(config)}': give JSON such as .* index"):
        distributed.train(job)


def test_an_interrupted_training_says_how_it_goes_on(job, monkeypatch, capsys):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(distributed, "train", interrupted)
    monkeypatch.setattr(sys, "argv", ["workers", str(job.folder)])
    with pytest.raises(SystemExit) as end:
        distributed.main()
    assert end.value.code == 130
    assert capsys.readouterr().err == "interrupted: the same command goes on from the last checkpoint\n"


def test_job_is_read_as_it_was_written(job):
    found = read_job(job.folder)
    assert found.settings == SETTINGS and found.steps == job.steps
