"""A training job as a folder: what a fit starts from, and every batch's triplets in shards.

Triplets are drawn once, when the job is written. So each process that trains knows its own part of every
batch, and a run that was broken off goes on with the very triplets that come next. The folder holds all that
a fitted model needs, too.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from dbrec.checks import whole_number
from dbrec.features.encoder import FeatureEncoder
from dbrec.interactions import Interactions
from dbrec.scoring.choice import Choice, ItemFactors
from dbrec.settings import Settings
from dbrec.storage import Stored, read, writing
from dbrec.training.fit import Prepared, default_batch_size
from dbrec.training.sampling import RatedTriplets, TripletSampler

FORMAT = 4
MOST_SHARDS = (
    512  # a file each, all open while an epoch is drawn, of the 1,024 that Linux lets a process open
)
TRIPLET = np.dtype(list(zip(RatedTriplets._fields, ["i4"] * 3 + ["f4"] * 2, strict=True)))

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Job:
    """What `write_job` wrote: batches for a number of epochs, of so many steps each, all cut into shards."""

    folder: Path
    prepared: Prepared
    batch_size: int
    steps: int
    epochs: int
    n_shards: int
    stored: Stored

    @property
    def settings(self) -> Settings:
        """All settings."""
        return self.prepared.settings


def write_job(folder, prepared: Prepared, n_shards: int = 4) -> Job:
    """Draw the triplets that `position_dataset` would give, and write them with all that training needs.

    Each batch is cut into `n_shards` parts: the most workers that can share the job. An epoch takes 20 bytes
    for each triplet of each sampler.

    Raises:
        OSError: If the folder holds something or can't be written. Nothing is left behind.
        ValueError: As `check_job`, or if no triplet can be drawn.
    """
    epochs = check_job(folder, prepared.settings, n_shards)
    samplers, choice, n_positives = list(prepared.samplers.values()), prepared.choice, prepared.n_positives
    size = n_shards * -(-default_batch_size(n_positives) // n_shards)
    steps = -(-n_positives // size)
    encoders = {"user": prepared.user_encoder, "item": prepared.item_encoder}
    described = {side: encoder.describe() for side, encoder in encoders.items()}
    numbers = {"batch_size": size, "steps": steps, "n_shards": n_shards, "held": prepared.held is not None}
    description = {"settings": asdict(prepared.settings), "encoders": described} | numbers
    arrays: dict[str, dict] = {f"{side}_features": encoder.arrays() for side, encoder in encoders.items()}
    arrays |= {"interactions": prepared.interactions.arrays(), "choice": choice.factors._asdict()}
    if prepared.held is not None:
        arrays["held"] = prepared.held.arrays()
    with writing(folder, "job", FORMAT, description) as new:
        for name, parts in arrays.items():
            np.savez(new / f"{name}.npz", **parts)
        for epoch in range(epochs):
            shards = [new / _shard(epoch, number) for number in range(n_shards)]
            _write_epoch(shards, samplers, steps, size)
            logger.info("drawn: epoch %d of %d", epoch + 1, epochs)
    return read_job(folder)


def check_job(folder, settings: Settings, n_shards: int) -> int:
    """Refuse what no job can be written of, before anything is computed; give the number of epochs.

    Raises:
        FileExistsError: If the folder holds something, or is or lies in something that is no folder.
        TypeError: If it isn't a path.
        ValueError: If `n_shards` isn't from 1 to 512, or no number of epochs is given.
    """
    path = os.fspath(folder) if isinstance(folder, (str, os.PathLike)) else None
    if not isinstance(path, str) or not path or "\0" in path:
        raise TypeError(f"folder is {folder!r}: give the path of the folder to write, as text or a Path")
    folder, n_shards = Path(os.path.realpath(path)), whole_number("n_shards", n_shards, 1, MOST_SHARDS)
    place = next(place for place in (folder, *folder.parents) if os.path.lexists(place))
    if not place.is_dir():
        raise FileExistsError(f"{place} is no folder: give a new folder for the job")
    # what a killed writer left is swept by the next, which is this one
    if folder.is_dir() and any(not entry.name.startswith("data-job-") for entry in folder.iterdir()):
        raise FileExistsError(f"{folder} isn't empty: give a new folder for the job")
    if settings.epochs is None:
        raise ValueError(f"epochs is {settings.epochs}: give the number of epochs to draw, at least 1")
    return settings.epochs


def _shard(epoch: int, number: int) -> str:
    return f"epoch-{epoch:03}-shard-{number:03}.npy"


def _write_epoch(paths: list[Path], samplers: list[TripletSampler], steps: int, size: int) -> None:
    """Draw and write batch by batch: on a full disk that raises, where mapped files would end the process."""
    drawn = np.empty(size, TRIPLET)
    shape = steps, len(samplers), size // len(paths)
    header = {"descr": np.lib.format.dtype_to_descr(TRIPLET), "fortran_order": False, "shape": shape}
    with ExitStack() as stack:
        files = [stack.enter_context(path.open("wb")) for path in paths]
        for file in files:
            np.lib.format.write_array_header_1_0(file, header)
        for sampler in samplers * steps:
            for name, part in sampler.sample_rated(size)._asdict().items():
                drawn[name] = part
            for file, part in zip(files, np.split(drawn, len(files)), strict=True):
                file.write(part.tobytes())


def read_job(folder) -> Job:
    """Read a job; its shards are checked when they are used.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If a file is damaged or missing.
    """
    stored = read(folder, "job", FORMAT)
    described, factors = stored.description, ItemFactors(**stored.arrays("choice.npz"))
    interactions = Interactions.from_arrays(stored.arrays("interactions.npz"))
    user_encoder, item_encoder = (
        FeatureEncoder.restore(described["encoders"][side], stored.arrays(f"{side}_features.npz"))
        for side in ("user", "item")
    )
    prepared = Prepared(
        Settings(**described["settings"]),
        interactions,
        user_encoder,
        item_encoder,
        Choice.of(factors, interactions),
        Interactions.from_arrays(stored.arrays("held.npz")) if described["held"] else None,
    )
    epochs, n_shards = described["settings"]["epochs"], described["n_shards"]
    numbers = described["batch_size"], described["steps"], epochs, n_shards
    return Job(Path(folder), prepared, *numbers, stored)


def shards_of(job: Job, worker: int, n_workers: int) -> range:
    """Tell which shards a worker reads, such as 2 and 3 of 4 for worker 1 of 2.

    Raises:
        ValueError: If the shards can't be dealt out evenly.
    """
    if job.n_shards % whole_number("n_workers", n_workers):
        raise ValueError(
            f"{n_workers} workers can't share a global batch of {job.batch_size} in {job.n_shards} "
            f"shards: give a divisor of {job.n_shards}, or write the job with other n_shards"
        )
    each = job.n_shards // n_workers
    return range(worker * each, (worker + 1) * each)


def batches(job: Job, worker: int = 0, n_workers: int = 1, start: int = 0) -> Iterator[tuple]:
    """Give a worker's part of each global batch, epoch after epoch, but for `start` batches at the start.

    Yields:
        A `RatedTriplets` a sampler, arrays of shape (batch_size / n_workers,).

    Raises:
        ValueError: As `shards_of`, or if a shard is damaged.
    """
    numbers = shards_of(job, worker, n_workers)
    for epoch in range(start // job.steps, job.epochs):
        shards = [np.load(job.stored.file(_shard(epoch, number)), mmap_mode="r") for number in numbers]
        for step in range(start % job.steps, job.steps):
            drawn = np.concatenate([shard[step] for shard in shards], axis=1)
            yield tuple(RatedTriplets(*(part[name] for name in RatedTriplets._fields)) for part in drawn)
        start = 0
