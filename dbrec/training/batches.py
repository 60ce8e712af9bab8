"""Feed drawn triplets to a network, as tf.data pipelines: ``fit`` needs ``steps_per_epoch``."""

from collections.abc import Sequence
from itertools import count

import numpy as np

from dbrec._quiet import tf
from dbrec.checks import whole_number
from dbrec.training.sampling import TripletSampler


def triplet_dataset(
    samplers: Sequence[TripletSampler], rows: Sequence[tuple[np.ndarray, np.ndarray]], batch_size: int
):
    """Make an endless tf.data pipeline of batches of rows, for the `network_train` of `build_model`.

    Args:
        samplers: One sampler a triplet of the network: users as anchors, then films as anchors.
        rows: Encoded rows ``(of its anchors, of its partners)`` for each sampler, by position, int32.
        batch_size: Triplets a batch, of each sampler.

    Returns:
        A ``tf.data.Dataset`` of ``((A, P, N),)`` or, with two samplers, ``((A, P, N, A', P', N'),)``; each
        has shape (batch_size, width of its rows).

    Raises:
        ValueError: If `batch_size` isn't a whole number from 1, or there isn't one pair of rows a sampler.
    """
    batch_size = whole_number("batch_size", batch_size)
    if len(samplers) != len(rows):
        raise ValueError(f"{len(samplers)} samplers and {len(rows)} pairs of rows: give one pair each")
    tables = [tf.constant(side) for anchor, partner in rows for side in (anchor, partner, partner)]

    def look_up(*drawn):
        return (tuple(tf.gather(table, place) for table, place in zip(tables, drawn, strict=True)),)

    dataset = tf.data.Dataset.from_generator(
        lambda: (sum((sampler.sample(batch_size) for sampler in samplers), ()) for _ in count()),
        output_signature=(tf.TensorSpec((batch_size,), tf.int32),) * len(tables),
    )
    return dataset.map(look_up, num_parallel_calls=2, deterministic=True).prefetch(4)


def position_dataset(samplers: Sequence[TripletSampler], batch_size: int, n_batches: int = -1):
    """Make a tf.data pipeline of batches of positions, for `PositionNetwork`.

    Samplers are as in `triplet_dataset`. It ends after `n_batches`, and never where that is -1. Where the
    number is known, give it: a pipeline that is dropped while it still draws may wait for Python, and Python
    for the pipeline, without end.

    Returns:
        A ``tf.data.Dataset`` of ``((triplets, ...),)``, a `RatedTriplets` a sampler, with arrays of shape
        (batch_size,).

    Raises:
        ValueError: If `batch_size` isn't a whole number from 1.
    """
    size = whole_number("batch_size", batch_size)
    triplets = (tf.TensorSpec((size,), tf.int32),) * 3 + (tf.TensorSpec((size,), tf.float32),) * 2
    dataset = tf.data.Dataset.from_generator(
        lambda: ((tuple(tuple(sampler.sample_rated(size)) for sampler in samplers),) for _ in count()),
        output_signature=((triplets,) * len(samplers),),
    )
    return dataset.take(n_batches).prefetch(2)
