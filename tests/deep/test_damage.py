"""Two thousand models and two thousand jobs with bytes of a file changed: each is called damaged."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from made_models import drawn, made

from dbrec.recommender import HybridRecommender
from dbrec.training.workers.jobs import batches, read_job
from dbrec.training.workers.state import build_network, write_state

CHANGES = 2_000


def flipped(data: bytearray, draw: random.Random) -> bytearray:
    data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return data


def overwritten(data: bytearray, draw: random.Random) -> bytearray:
    start, size = draw.randrange(len(data)), draw.randint(1, 64)
    before = bytes(data[start : start + size])
    data[start : start + size] = bytes(byte ^ draw.randint(1, 255) for byte in before)
    return data


def cut(data: bytearray, draw: random.Random) -> bytearray:
    return data[: draw.randrange(len(data))]


def grown(data: bytearray, draw: random.Random) -> bytearray:
    place = draw.randrange(len(data) + 1)
    return data[:place] + draw.randbytes(draw.randint(1, 64)) + data[place:]


def cut_out(data: bytearray, draw: random.Random) -> bytearray:
    start = draw.randrange(len(data))
    return data[:start] + data[start + draw.randint(1, 64) :]


HARMS = flipped, overwritten, cut, grown, cut_out


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A saved model whose numbers were drawn."""
    folder = tmp_path_factory.mktemp("model") / "model"
    made(*drawn(0)).save(folder)
    return folder


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """A written job, with the weights it starts with in the place of trained ones."""
    folder = tmp_path_factory.mktemp("job") / "job"
    recommender = HybridRecommender(embedding_dim=3, choice_dim=4, epochs=1, verbose=False)
    written = recommender.write_job(folder, *drawn(0))
    write_state(written, "weights", build_network(written).trainable_weights, written.steps)
    return folder


def read_whole(folder: Path) -> None:
    list(batches(read_job(folder)))
    HybridRecommender.from_job(folder)


@pytest.mark.parametrize(("kind", "read"), [("model", HybridRecommender.load), ("job", read_whole)])
def test_a_changed_file_is_called_damaged(kind, read: Callable, request):
    folder, draw = request.getfixturevalue(kind), random.Random(0)
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    read(folder)
    for number in range(CHANGES):
        file, harm = draw.choice(files), draw.choice(HARMS)
        whole = file.read_bytes()
        changed = bytes(harm(bytearray(whole), draw))
        if changed == whole:
            continue
        file.write_bytes(changed)
        try:
            with pytest.raises(ValueError, match=f"^damaged: {file.name} "):
                read(folder)
        except BaseException:
            print(f"change {number}: {file.name} {harm.__name__}")
            raise
        finally:
            file.write_bytes(whole)
    read(folder)
