"""Feed drawn triplets to a network, as endless tf.data pipelines of batches."""

from collections.abc import Iterator, Sequence

import numpy as np

from dbrec.checks import whole_number
from dbrec.training.sampling import TripletSampler


def triplet_dataset(
    samplers: Sequence[TripletSampler], rows: Sequence[tuple[np.ndarray, np.ndarray]], batch_size: int
):
    """Make an endless tf.data pipeline of batches of rows, for the `network_train` of `build_model`.

    Args:
        samplers: One sampler a triplet of the network: users as anchors, then films as anchors.
        rows: For each sampler the encoded rows ``(of its anchors, of its partners)``, int32, in the order
            of the positions.
        batch_size: Triplets a batch, of each sampler.

    Returns:
        A ``tf.data.Dataset`` of ``((A, P, N),)`` or, with two samplers, ``((A, P, N, A', P', N'),)``; each
        has shape (batch_size, width of its rows). It never ends: give ``steps_per_epoch`` to ``fit``.

    Raises:
        ValueError: If `batch_size` isn't a whole number from 1, or there isn't one pair of rows a sampler.
    """
    from dbrec._quiet import tf

    batch_size = whole_number("batch_size", batch_size)
    if len(samplers) != len(rows):
        raise ValueError(f"{len(samplers)} samplers and {len(rows)} pairs of rows: give one pair each")
    tables = [tf.constant(side) for anchor, partner in rows for side in (anchor, partner, partner)]
    positions = tf.TensorSpec((batch_size,), tf.int32)

    def draw() -> Iterator[tuple]:
        while True:
            yield sum((sampler.sample(batch_size) for sampler in samplers), ())

    def look_up(*drawn):
        return (tuple(tf.gather(table, place) for table, place in zip(tables, drawn, strict=True)),)

    dataset = tf.data.Dataset.from_generator(draw, output_signature=(positions,) * len(tables))
    return dataset.map(look_up, num_parallel_calls=2, deterministic=True).prefetch(4)


def position_dataset(samplers: Sequence[TripletSampler], batch_size: int, members: int = 1):
    """Make an endless tf.data pipeline of batches of positions, for `PositionNetwork`.

    Args:
        samplers: One sampler a triplet of the network: users as anchors, then films as anchors.
        batch_size: Triplets a batch, of each sampler, for each member.
        members: Members of the towers; each gets triplets of its own.

    Returns:
        A ``tf.data.Dataset`` of ``((triplets, ...),)``, a `RatedTriplets` a sampler, with arrays of shape
        (batch_size, members). It never ends.

    Raises:
        ValueError: If `batch_size` or `members` isn't a whole number from 1.
    """
    from dbrec._quiet import tf

    shape = whole_number("batch_size", batch_size), whole_number("members", members)
    positions, ratings = (tf.TensorSpec(shape, dtype) for dtype in (tf.int32, tf.float32))
    triplets = (positions,) * 3 + (ratings,) * 2

    def draw() -> Iterator[tuple]:
        while True:
            yield (tuple(tuple(sampler.sample_rated(shape)) for sampler in samplers),)

    signature = ((triplets,) * len(samplers),)
    return tf.data.Dataset.from_generator(draw, output_signature=signature).prefetch(2)
