"""What training makes of a job: checkpoints on the way, and the weights at its end."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dbrec._quiet import keras
from dbrec.storage import read_arrays, write_arrays
from dbrec.training.fit import Trained
from dbrec.training.position_network import PositionNetwork
from dbrec.training.towers import build_predict
from dbrec.training.workers.jobs import Job, read_job

FORMAT = 1


def build_network(job: Job) -> PositionNetwork:
    """Build the training network of a job, with its first weights."""
    return job.prepared.networks()[0]


def write_state(job: Job, name: str, variables: Sequence[keras.Variable], n_batches: int) -> None:
    """Write variables beside the job in one step, as ``"checkpoint"`` or, at the end, as ``"weights"``."""
    arrays = {f"{number:04}": variable.numpy() for number, variable in enumerate(variables)}
    description = {"job": job.stored.digest, "n_batches": n_batches}
    write_arrays(job.folder / name, name, FORMAT, description, {"variables.npz": arrays})


def read_state(job: Job, name: str, variables: Sequence[keras.Variable]) -> int:
    """Put what `write_state` wrote into variables; give the number of batches that it was trained on.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If it is damaged, of another job, of another shape or not finite.
    """
    description, files = read_arrays(job.folder / name, name, FORMAT)
    arrays = [files["variables.npz"][number] for number in sorted(files["variables.npz"])]
    fits = [array.shape for array in arrays] == [tuple(variable.shape) for variable in variables]
    if description["job"] != job.stored.digest or not fits or not all(np.isfinite(a).all() for a in arrays):
        raise ValueError(
            f"{job.folder / name} belongs to another job, or holds numbers that aren't finite: remove that "
            "folder and train anew"
        )
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
    return description["n_batches"]


def trained_network(job: Job) -> PositionNetwork:
    """Build the network with the weights that training ended with; the errors are those of `read_state`."""
    network = build_network(job)
    try:
        read_state(job, "weights", network.trainable_weights)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{job.folder} holds no trained weights: train the job to its end") from error
    return network


def trained_model(folder) -> Trained:
    """Make the model of a job that was trained to its end; errors as `read_job` and `trained_network`."""
    job = read_job(folder)
    network, prepared = trained_network(job), job.prepared
    widths = prepared.user_encoder.width, prepared.item_encoder.width
    predict = build_predict(network.user_tower, network.item_tower, *widths)
    return Trained(prepared.finished(network, pd.DataFrame({"loss": []})), network, predict)
