"""Compute a batch's loss and gradient part by part, so that memory doesn't grow with the batch."""

from collections.abc import Callable

from dbrec._quiet import tf

TRIPLETS_AT_ONCE = 8_192


def sum_of_parts(whole_loss: Callable, part_loss: Callable, tables: list, batch):
    """Compute ``whole_loss`` plus the mean of the parts' losses, and the dense gradient by the tables.

    Args:
        whole_loss: Gives what is computed of the whole batch, from the tables and the batch.
        part_loss: Gives the mean loss of a part, likewise. It only looks up rows of the tables.
        tables: Tensors.
        batch: Nested arrays of one length.
    """
    n_parts = number_of_parts(tf.nest.flatten(batch)[0].shape[0])
    parts = tf.nest.map_structure(lambda array: tf.reshape(array, (n_parts, -1, *array.shape[1:])), batch)

    def differentiate(loss_of, of_batch):
        with tf.GradientTape() as tape:
            tape.watch(tables)
            loss = loss_of(tables, of_batch)
        return loss, tape.gradient(loss, tables, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    def add(number, total, sums):
        loss, found = differentiate(part_loss, tf.nest.map_structure(lambda array: array[number], parts))
        sums = [
            tf.tensor_scatter_nd_add(known, new.indices[:, None], new.values / n_parts)
            for known, new in zip(sums, found, strict=True)
        ]
        return number + 1, total + loss / n_parts, sums

    @tf.custom_gradient
    def total(*_):
        start = tf.constant(0), *differentiate(whole_loss, batch)
        _, loss, gradients = tf.while_loop(lambda number, *_: number < n_parts, add, start)
        return loss, lambda upstream: [upstream * gradient for gradient in gradients]

    return total(*tables)


def number_of_parts(batch: int) -> int:
    """Find a number of equal parts of a batch that hold up to 8,192 triplets each.

    Where the next such number is more than four times what would do, as for a prime, the parts are larger.

    Example:
        >>> number_of_parts(8_192), number_of_parts(100_000), number_of_parts(100_003)
        (1, 16, 1)
    """
    least = -(-batch // TRIPLETS_AT_ONCE)
    possible = [n for n in range(1, 4 * least + 1) if batch % n == 0]
    return next((n for n in possible if n >= least), possible[-1])
