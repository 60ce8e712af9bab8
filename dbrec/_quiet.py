"""Import TensorFlow without the start-up log that its C++ code writes to standard error.

The log is written to file descriptor 2 before any Python setting can stop it. In a notebook it would
appear as red text that differs from machine to machine.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

_stderr, _nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
try:
    os.dup2(_nowhere, 2)
    import tensorflow as tf
finally:
    os.dup2(_stderr, 2)
    os.close(_stderr)
    os.close(_nowhere)

import keras  # noqa: E402  (after TensorFlow, so that its import is the silenced one)

__all__ = ["keras", "refuse_after_fork", "tf"]

_IMPORTED_BY = os.getpid()


def refuse_after_fork() -> None:
    """Refuse to train in a process forked from one that had imported TensorFlow: it would stand still.

    Raises:
        RuntimeError: If so. Scores and lists need no TensorFlow, and work.
    """
    if os.getpid() != _IMPORTED_BY:
        raise RuntimeError(
            f"process {os.getpid()} was forked from {_IMPORTED_BY}, which had imported TensorFlow, and can't "
            "train: start it by multiprocessing.get_context('spawn'), or train before forking"
        )
