"""Train network_train with validation, early stopping and a line of progress an epoch."""

import time
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from dbrec._quiet import keras, tf
from dbrec.evaluation.auc import auc, auc_per_user

MOST_STEPS_A_CALL = 8
AVERAGE_KEEPS = 0.98  # of itself at each step


class ValidationAUC(keras.callbacks.Callback):
    """Put the AUC of held-out ratings into the logs of each epoch: ``val_auc``, ``val_auc_per_user``.

    The second is NaN where no user has liked ones and others among them.

    Args:
        score: Scores the held-out ratings with what the network has learned so far, shape (n,).
        users: User of each rating, shape (n,), as `auc_per_user` takes them.
        liked: Whether each rating is a liked one.
    """

    def __init__(self, score: Callable[[], np.ndarray], users, liked):
        super().__init__()
        self.score, self.users, self.liked = score, users, np.asarray(liked, bool)
        self.has_users = (pd.Series(self.liked).groupby(np.asarray(users)).nunique() > 1).any()

    def on_epoch_end(self, epoch, logs=None):
        scores = self.score()
        logs["val_auc"] = auc(self.liked, scores)
        per_user = auc_per_user(self.users, self.liked, scores).mean() if self.has_users else np.nan
        logs["val_auc_per_user"] = per_user


class EpochReport(keras.callbacks.Callback):
    """Print a line an epoch: its number, the loss, and the AUC where `ValidationAUC` gives it."""

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        line = f"epoch {epoch + 1:2} of at most {self.params['epochs']} | loss {logs['loss']:.4f}"
        if "val_auc" in logs:
            line += f" | AUC {logs['val_auc']:.4f} pooled, {logs['val_auc_per_user']:.4f} per user"
        print(f"{line} | {time.perf_counter() - self.start:.1f} s", flush=True)


@keras.saving.register_keras_serializable("dbrec")
class DenseAdam(keras.optimizers.Adam):
    """Adam that adds up a table's gradient by row before it takes a step.

    A look-up's gradient comes in parts, one for each place of a row (`IndexedSlices`). Keras squares them one
    by one, so that a row's second moment, and the size of its steps, would depend on how many there are.
    """

    def apply(self, grads, trainable_variables=None):
        dense = [None if gradient is None else tf.convert_to_tensor(gradient) for gradient in grads]
        super().apply(dense, trainable_variables)


def averaged_adam(learning_rate: float) -> DenseAdam:
    """Make the optimizer of `train`: Adam with a moving average of the weights over about 50 steps."""
    return DenseAdam(learning_rate, use_ema=True, ema_momentum=AVERAGE_KEEPS)


def train(
    network_train: keras.Model,
    dataset,
    steps_per_epoch: int,
    epochs: int,
    learning_rate: float = 0.005,
    validation: ValidationAUC | None = None,
    verbose: bool = True,
    callbacks: Sequence = (),
) -> keras.callbacks.History:
    """Fit the training network with Adam, compiled by XLA, up to 8 steps a call.

    What is validated, and left in the network, is a moving average of Adam's weights over about 50 steps: it
    evens out the noise of drawn triplets (Kingma and Ba 2015, "Adam", section 7.2).

    Args:
        network_train: From `build_model`, or a `PositionNetwork`; not yet compiled.
        dataset: Its batches: from `triplet_dataset`, or from `position_dataset`.
        steps_per_epoch: Batches an epoch.
        epochs: Epochs at most.
        learning_rate: Adam's learning rate.
        validation: Held-out ratings to watch: training ends once the pooled AUC has not risen for 2 epochs,
            and the weights of the best epoch are put back. None trains for all the epochs.
        verbose: Whether to print a line an epoch.
        callbacks: Further Keras callbacks, called after these, those of a batch once a call. Between epochs
            the network holds the average with `validation`, and without it the weights of Adam's steps.

    Returns:
        Keras's history: the lists ``loss`` and, watched, ``val_auc`` and ``val_auc_per_user``.
    """
    at_once = next(n for n in range(MOST_STEPS_A_CALL, 0, -1) if steps_per_epoch % n == 0)
    optimizer = averaged_adam(learning_rate)
    network_train.compile(optimizer, jit_compile=True, steps_per_execution=at_once, auto_scale_loss=False)
    how = {"callbacks": [*_callbacks(validation, verbose), *callbacks], "verbose": 0, "shuffle": False}
    return network_train.fit(dataset, steps_per_epoch=steps_per_epoch, epochs=epochs, **how)


def _callbacks(validation: ValidationAUC | None, verbose: bool) -> list:
    report = [EpochReport()] if verbose else []
    if validation is None:
        return report
    # Keras leaves the average in the network at the end; before that, it is put there only to be validated
    average = keras.callbacks.SwapEMAWeights(swap_on_epoch=True)
    stop = keras.callbacks.EarlyStopping("val_auc", mode="max", patience=2, restore_best_weights=True)
    return [average, validation, *report, stop]
