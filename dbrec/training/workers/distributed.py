"""Train a job with several processes, on one machine or many, to the weights that one process comes to.

Each worker computes the gradients of its part of every batch; they are summed over the workers, and each
takes the same step of Adam from the same weights.

    python -m dbrec.training.workers job --workers 2   # two processes on this machine
    python -m dbrec.training.workers job               # this one; on a cluster, once a machine with TF_CONFIG

All machines of a cluster share the job's folder: the first worker writes checkpoints there, and all go on
from them.
"""

import argparse
import json
import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable

import numpy as np

from dbrec._quiet import keras, tf
from dbrec.checks import whole_number
from dbrec.training.loop import averaged_adam
from dbrec.training.workers.jobs import Job, batches, read_job, shards_of
from dbrec.training.workers.launcher import launch
from dbrec.training.workers.state import build_network, read_state, write_state

logger = logging.getLogger(__name__)


def train(job: Job, every: int = 100) -> None:
    """Train a job from its last checkpoint to its end, as the worker that TF_CONFIG tells or as the only one.

    After each `every` batches the first worker writes a checkpoint and logs a line; at the end it writes the
    weights, for `trained_network`.

    Raises:
        ValueError: If `every` isn't at least 1, TF_CONFIG describes workers that can't share the job, or a
            worker would use several GPUs.
    """
    whole_number("every", every)
    strategy, worker, n_workers = _strategy()
    shards_of(job, worker, n_workers)
    with strategy.scope():
        network = build_network(job)
        optimizer = averaged_adam(job.settings.learning_rate)
        optimizer.build(network.trainable_weights)
    state = [*network.trainable_weights, *optimizer.variables]
    try:
        done = read_state(job, "checkpoint", state)
    except FileNotFoundError:
        done = 0
    step, losses, start = make_step(strategy, network, optimizer), [], time.perf_counter()
    total = job.steps * job.epochs
    for number, part in enumerate(batches(job, worker, n_workers, done), done + 1):
        losses.append(step(part))
        if worker == 0 and (number % every == 0 or number == total):
            write_state(job, "checkpoint", state, number)
            loss, seconds = np.mean([float(one) for one in losses]), time.perf_counter() - start
            logger.info("batch %d of %d | loss %.4f | %.1f s", number, total, loss, seconds)
            losses, start = [], time.perf_counter()
    optimizer.finalize_variable_values(network.trainable_weights)
    if worker == 0:
        write_state(job, "weights", network.trainable_weights, total)


def make_step(strategy: tf.distribute.Strategy, network: keras.Model, optimizer) -> Callable:
    """Make the function that trains on a worker's part of one batch, and gives the loss of the whole.

    XLA compiles losses and gradients; the optimizer, built, sums the gradients over the workers outside of
    it. They are dense before, so that workers add up numbers and not lists of parts.
    """
    weights, share = network.trainable_weights, 1 / strategy.num_replicas_in_sync

    @tf.function(jit_compile=True)
    def differentiate(batch):
        with tf.GradientTape() as tape:
            network(batch, training=True)
            loss = share * sum(network.losses)
        return loss, [tf.convert_to_tensor(gradient) for gradient in tape.gradient(loss, weights)]

    def on_replica(batch):
        loss, gradients = differentiate(batch)
        optimizer.apply(gradients, weights)
        return loss

    @tf.function
    def step(batch):
        return strategy.reduce(tf.distribute.ReduceOp.SUM, strategy.run(on_replica, (batch,)), axis=None)

    return step


def _strategy() -> tuple[tf.distribute.Strategy, int, int]:
    """Choose the strategy by TF_CONFIG; give it with the worker's number and the number of workers."""
    if not (place := _place()):
        return tf.distribute.get_strategy(), 0, 1
    strategy, (worker, n_workers) = tf.distribute.MultiWorkerMirroredStrategy(), place
    if strategy.num_replicas_in_sync != n_workers:
        raise ValueError(
            f"{n_workers} workers have {strategy.num_replicas_in_sync} GPUs: start a worker for each GPU and "
            "show it that one by CUDA_VISIBLE_DEVICES"
        )
    return strategy, worker, n_workers


def _place() -> tuple[int, int] | None:
    """Read the worker's number and the number of workers from TF_CONFIG; None where it names no cluster.

    TensorFlow would refuse in its own words, or wait for ever where an address is there twice.
    """
    config = os.environ.get("TF_CONFIG") or "{}"
    try:
        told = json.loads(config)
    except ValueError:
        told = config
    match told:
        case dict() if told.get("cluster") in (None, {}):
            return None
        case {"cluster": {"worker": list(addresses), **others}, "task": {"type": "worker", "index": index}}:
            if not others and _are_addresses(addresses) and index in range(len(addresses)):
                return int(index), len(addresses)
    example = '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 0}}'
    raise ValueError(
        f"TF_CONFIG is {config!r}: give JSON such as {example}, with nothing but workers in the cluster, an "
        "address of its own for each, and an index from 0 to the last of them"
    )


def _are_addresses(values: list) -> bool:
    texts = {value for value in values if isinstance(value, str) and re.fullmatch(r".+:\d{1,5}", value)}
    return len(texts) == len(values)


def _end_with_launcher() -> None:
    """End this process when the launcher is gone, however it went: only then does standard input close."""
    os.read(0, 1)
    os._exit(1)


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser("python -m dbrec.training.workers", description="Train a job.")
    add = parser.add_argument
    add("job", help="folder of the job")
    add("--workers", type=int, help="start that many processes here; without it, train in this one")
    add("--every", type=int, default=100, help="batches between two checkpoints (%(default)s)")
    add("--launched", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if not given.job:
        parser.error("job is '': give the folder that write_job has written")
    if given.launched:
        threading.Thread(target=_end_with_launcher, daemon=True).start()
    logging.basicConfig(format="%(message)s", stream=sys.stdout)
    logging.getLogger("dbrec").setLevel(logging.INFO)  # and not TensorFlow's
    try:
        if given.workers is None:
            train(read_job(given.job), given.every)
        else:
            launch(given.job, given.workers, given.every)
    except (RuntimeError, ValueError, OSError) as error:
        parser.exit(1, f"{error}\n")
    except KeyboardInterrupt:
        parser.exit(130, "interrupted: the same command goes on from the last checkpoint\n")
