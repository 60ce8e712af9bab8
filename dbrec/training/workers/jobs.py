"""A training job as a folder: settings, the rows of all ids, and every batch's triplets in shards.

Triplets are drawn once, when the job is written. So each process that trains knows its own part of every
batch, none has to draw or to be told, and a run that was broken off goes on with the very triplets that
come next.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from dbrec._quiet import keras
from dbrec.features.encoder import FeatureEncoder
from dbrec.scoring.choice import ItemFactors, UserHistory
from dbrec.training.fit import Settings, default_batch_size
from dbrec.training.position_network import TableNetwork
from dbrec.training.sampling import RatedTriplets, TripletSampler
from dbrec.training.towers import build_towers

DESCRIPTION, ARRAYS, WEIGHTS = "job.json", "arrays.npz", "weights.npz"
IN_HISTORY = "tower", "small", "scale"
TRIPLET = np.dtype(list(zip(RatedTriplets._fields, ["i4"] * 3 + ["f4"] * 2, strict=True)))


@dataclass(frozen=True)
class Job:
    """What `write_job` wrote.

    Attributes:
        folder: Where it lies.
        settings: As given, with a number of epochs and a batch size.
        columns: ``"user"`` and ``"item"`` to ``(name, kind, size)`` of each column of their rows.
        steps: Batches an epoch.
        n_shards: Parts that each batch is cut into.
        ratings: ``"mean"`` and ``"spread"`` of the ratings in the users' histories; empty without histories.
        source: What the ratings were, as `HybridRecommender.write_job` tells them apart; empty where unknown.
    """

    folder: Path
    settings: Settings
    columns: dict[str, list]
    steps: int
    n_shards: int
    ratings: dict[str, float]
    source: str = ""

    def shard(self, epoch: int, number: int) -> Path:
        """Name the file of one part of each batch of an epoch."""
        return self.folder / "shards" / f"epoch-{epoch:03}-shard-{number:03}.npy"


def write_job(
    folder,
    settings: Settings,
    users: FeatureEncoder,
    items: FeatureEncoder,
    samplers: Sequence[TripletSampler],
    history: UserHistory | None = None,
    n_shards: int = 4,
    source: str = "",
) -> Job:
    """Draw the triplets of all epochs and write them with all that training needs.

    They are the triplets that `position_dataset` would give; an epoch takes 20 bytes for each triplet of
    each sampler and member.

    Args:
        folder: Folder to write, new or empty.
        settings: All that training asks for; what only a recommender needs is kept for it.
        users: Encoder of the users' rows.
        items: Encoder of the items' rows.
        samplers: One sampler a triplet of the network: users as anchors, then items as anchors.
        history: What users rated, or None for towers without histories.
        n_shards: Parts that each batch is cut into: the most workers that can share the job.
        source: Kept in the description.

    Raises:
        FileExistsError: If the folder holds something.
        ValueError: As `check_job`.
    """
    check_job(folder, settings, n_shards)
    folder = Path(folder)
    size = settings.batch_size or n_shards * -(-default_batch_size(len(samplers[-1])) // n_shards)
    settings = Settings(**asdict(settings) | {"batch_size": size})
    columns, steps = {"user": users.spec, "item": items.spec}, -(-len(samplers[-1]) // size)
    ratings = {"mean": float(history.mean), "spread": float(history.spread)} if history else {}
    job = Job(folder, settings, columns, steps, n_shards, ratings, source)
    described = {name: value for name, value in asdict(job).items() if name != "folder"}
    text = json.dumps(described, indent=1, default=np.generic.item)
    (folder / "shards").mkdir(parents=True)
    arrays = {"user_rows": users(users.trained_ids), "item_rows": items(items.trained_ids)}
    if history:
        arrays |= {name: getattr(history, name) for name in IN_HISTORY} | history.factors._asdict()
    np.savez(folder / ARRAYS, **arrays)
    for epoch in range(settings.epochs):
        _write_epoch(job, samplers, epoch)
    # last: a folder that holds it is complete
    (folder / DESCRIPTION).write_text(text, encoding="utf-8")
    return job


def check_job(folder, settings: Settings, n_shards: int) -> None:
    """Refuse what no job can be written of, before anything is computed.

    Raises:
        FileExistsError: If the folder holds something.
        ValueError: If a batch can't be cut into that many equal parts, no number of epochs is given, or
            codes are to be dropped.
    """
    folder, batch_size = Path(folder), settings.batch_size
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} isn't empty: give a new folder for the job")
    if n_shards < 1 or (batch_size or 0) % n_shards:
        raise ValueError(
            f"batch_size is {batch_size} and n_shards is {n_shards}: each batch is cut into equal parts, so "
            "give a batch size that is a multiple of the number of shards, 1 or more"
        )
    if settings.epochs is None:
        raise ValueError(f"epochs is {settings.epochs}: give the number of epochs to draw, at least 1")
    if settings.dropout:
        raise ValueError(f"dropout is {settings.dropout}: workers would drop different codes; give 0")


def _write_epoch(job: Job, samplers: Sequence[TripletSampler], epoch: int) -> None:
    """Draw batch by batch, as `position_dataset` does, and cut each into the shards' parts."""
    size, members = job.settings.batch_size, job.settings.members
    shape = job.steps, len(samplers), size // job.n_shards, members
    paths = [job.shard(epoch, number) for number in range(job.n_shards)]
    shards = [np.lib.format.open_memmap(path, "w+", TRIPLET, shape) for path in paths]
    drawn = np.empty((size, members), TRIPLET)
    for step, kind in np.ndindex(shape[:2]):
        for name, part in samplers[kind].sample_rated(drawn.shape)._asdict().items():
            drawn[name] = part
        for shard, part in zip(shards, np.split(drawn, job.n_shards), strict=True):
            shard[step, kind] = part


def read_job(folder) -> Job:
    """Read the description of a job.

    Raises:
        FileNotFoundError: If there is none, or a shard is missing.
    """
    folder = Path(folder)
    if not (folder / DESCRIPTION).is_file():
        raise FileNotFoundError(f"{folder} holds no job: give a folder that write_job has written")
    description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    job = Job(folder, **description | {"settings": Settings(**description["settings"])})
    for epoch, number in np.ndindex(job.settings.epochs, job.n_shards):
        if not job.shard(epoch, number).is_file():
            raise FileNotFoundError(
                f"{job.shard(epoch, number)} is missing: copy the whole job, or write it anew with write_job"
            )
    return job


def shards_of(job: Job, worker: int, n_workers: int) -> range:
    """Tell which shards a worker reads, such as 2 and 3 of 4 for worker 1 of 2.

    Together the workers read each shard once, in the order of the batch.

    Raises:
        ValueError: If the shards can't be dealt out evenly.
    """
    if n_workers < 1 or job.n_shards % n_workers:
        raise ValueError(
            f"{n_workers} workers can't share a global batch of {job.settings.batch_size} in {job.n_shards} "
            f"shards: give a divisor of {job.n_shards}, or write the job with other n_shards"
        )
    each = job.n_shards // n_workers
    return range(worker * each, (worker + 1) * each)


def batches(job: Job, worker: int = 0, n_workers: int = 1, start: int = 0) -> Iterator[tuple]:
    """Give a worker's part of each global batch, epoch after epoch.

    Args:
        job: From `read_job`.
        worker: Number of the worker, from 0.
        n_workers: Workers that share the job.
        start: Batches to leave out at the start.

    Yields:
        A `RatedTriplets` a sampler, arrays of shape (batch_size / n_workers, members).

    Raises:
        ValueError: As `shards_of`.
    """
    numbers = shards_of(job, worker, n_workers)
    for epoch in range(start // job.steps, job.settings.epochs):
        shards = [np.load(job.shard(epoch, number), mmap_mode="r") for number in numbers]
        for step in range(start % job.steps, job.steps):
            drawn = np.concatenate([shard[step] for shard in shards], axis=1)
            yield tuple(RatedTriplets(*(part[name] for name in TRIPLET.names)) for part in drawn)
        start = 0


def item_factors_of(job: Job) -> ItemFactors | None:
    """Read the items' factors that the histories of a job were made with; None where it has none."""
    with np.load(job.folder / ARRAYS, allow_pickle=False) as file:
        return ItemFactors(file["given"], file["found"]) if job.ratings else None


def build_network(job: Job) -> TableNetwork:
    """Build the training network of a job, with its first weights."""
    with np.load(job.folder / ARRAYS, allow_pickle=False) as file:
        rows, history = [file[f"{side}_rows"] for side in ("user", "item")], None
        if job.ratings:
            history = SimpleNamespace(**{name: file[name] for name in IN_HISTORY}, **job.ratings)
    sides = [SimpleNamespace(spec=job.columns[side]) for side in ("user", "item")]
    s, width = job.settings, history.tower.shape[1] if history else 0
    towers = build_towers(*sides, s.embedding_dim, 0.0, s.seed, width, s.members)
    network = TableNetwork(*towers, *rows, s.l2, history=history, name="network_train")
    network.build(None)
    return network


def write_weights(job: Job, network: keras.Model) -> None:
    """Write the trained weights, in the order of the network's trainable weights."""
    partial = job.folder / f"partial-{WEIGHTS}"
    np.savez(partial, *[weight.numpy() for weight in network.trainable_weights])
    partial.replace(job.folder / WEIGHTS)


def trained_network(job: Job) -> TableNetwork:
    """Build the network with the weights that training ended with; `build_predict` takes its towers.

    Raises:
        FileNotFoundError: If the job hasn't been trained to its end.
    """
    if not (job.folder / WEIGHTS).is_file():
        raise FileNotFoundError(f"{job.folder} holds no trained weights: train the job to its end first")
    network = build_network(job)
    with np.load(job.folder / WEIGHTS, allow_pickle=False) as file:
        for weight, name in zip(network.trainable_weights, file.files, strict=True):
            weight.assign(file[name])
    return network
