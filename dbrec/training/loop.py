"""Train network_train with validation, early stopping and a line of progress an epoch."""

import time
from collections.abc import Callable, Sequence

import numpy as np

from dbrec._quiet import keras, tf
from dbrec.evaluation.auc import auc, auc_per_user

MOST_STEPS_A_CALL = 8


class ValidationAUC(keras.callbacks.Callback):
    """Put the AUC of held-out ratings into the logs after each epoch: ``val_auc``, ``val_auc_per_user``.

    Place it before callbacks that read them, such as ``keras.callbacks.EarlyStopping``.

    Args:
        score: Scores the held-out ratings with what the network has learned so far, shape (n,).
        users: User of each rating, shape (n,).
        liked: Whether each rating is a liked one, shape (n,).

    Raises:
        ValueError: At the first epoch's end, as `auc` and `auc_per_user`.
    """

    def __init__(self, score: Callable[[], np.ndarray], users, liked):
        super().__init__()
        self.score, self.users, self.liked = score, users, np.asarray(liked, bool)

    def on_epoch_end(self, epoch, logs=None):
        scores = self.score()
        logs["val_auc"] = auc(self.liked, scores)
        logs["val_auc_per_user"] = auc_per_user(self.users, self.liked, scores).mean()


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

    A look-up's gradient comes in parts, one for each place that a row was looked up in (`IndexedSlices`).
    Keras squares them one by one, so that a row's second moment, and with it the size of its steps, would
    depend on how many places there are.
    """

    def apply(self, grads, trainable_variables=None):
        """Take a step, as Keras's optimizers do."""
        dense = [None if gradient is None else tf.convert_to_tensor(gradient) for gradient in grads]
        super().apply(dense, trainable_variables)


def averaged_adam(learning_rate: float) -> DenseAdam:
    """Make the optimizer of `train`: Adam with a moving average of the weights over about 50 steps."""
    return DenseAdam(learning_rate, use_ema=True, ema_momentum=0.98)


def train(
    network_train: keras.Model,
    dataset,
    steps_per_epoch: int,
    epochs: int,
    learning_rate: float = 0.005,
    validation: ValidationAUC | None = None,
    patience: int = 2,
    verbose: bool = True,
    callbacks: Sequence = (),
) -> keras.callbacks.History:
    """Fit the training network with Adam, compiled by XLA, up to 8 steps a call.

    The weights that count are a moving average of those that Adam takes its steps with (over about 50 steps):
    it evens out the noise of drawn triplets, and is what is validated and what is left in the network.

    With `validation`, training ends once the pooled AUC has not risen for `patience` epochs, and the
    weights of the best epoch are put back.

    Args:
        network_train: From `build_model`, with batches from `triplet_dataset`; or a `PositionNetwork`, with
            those from `position_dataset`. Not yet compiled.
        dataset: Batches of triplets.
        steps_per_epoch: Batches an epoch.
        epochs: Epochs at most.
        learning_rate: Adam's learning rate.
        validation: Held-out ratings to watch; None trains for all the epochs.
        patience: Epochs to wait for a better AUC.
        verbose: Whether to print a line an epoch.
        callbacks: Further Keras callbacks, called after these, those of a batch once a call. Between epochs
            the network holds the average with `validation`, and without it the weights of Adam's steps.

    Returns:
        Keras's history: ``.history["loss"]`` and, with `validation`, ``["val_auc"]`` and
        ``["val_auc_per_user"]``, a number an epoch.

    Source:
        Kingma and Ba 2015, "Adam", with the temporal averaging of its section 7.2.
    """
    # Keras leaves the average in the network at the end; before that, it is put there only to be validated
    used = [keras.callbacks.SwapEMAWeights(swap_on_epoch=True), validation] if validation else []
    used += [EpochReport()] if verbose else []
    if validation:
        stop = {"monitor": "val_auc", "mode": "max", "patience": patience}
        used.append(keras.callbacks.EarlyStopping(**stop, restore_best_weights=True))
    at_once = next(n for n in range(MOST_STEPS_A_CALL, 0, -1) if steps_per_epoch % n == 0)
    network_train.compile(
        averaged_adam(learning_rate), jit_compile=True, steps_per_execution=at_once, auto_scale_loss=False
    )
    return network_train.fit(
        dataset,
        steps_per_epoch=steps_per_epoch,
        epochs=epochs,
        callbacks=[*used, *callbacks],
        verbose=0,
        shuffle=False,
    )
