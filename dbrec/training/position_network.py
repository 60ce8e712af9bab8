"""Train on positions: a step computes the vector of every id once, and each triplet looks its own up.

A batch of 8,192 triplets of both kinds asks for 49,152 vectors of a few thousand ids, so most would be
computed many times over.
"""

import numpy as np

from dbrec._quiet import keras, tf
from dbrec.training.accumulate import sum_of_parts
from dbrec.training.histories import Histories
from dbrec.training.layers import FeatureTower
from dbrec.training.losses import bpr_loss
from dbrec.training.sampling import RatedTriplets

MOST_FLAGS = 256  # of a column whose look-up is a matrix product


class PositionNetwork(keras.Model):
    """The training network of `build_model` with the same losses and gradients, and several times faster.

    A batch is taken in parts of up to 8,192 triplets a member (`sum_of_parts`). One thing differs from
    `build_model`: codes dropped by the towers are dropped for a whole step, not for a place in the batch.

    Args:
        user_tower: Makes vectors of users' rows, and of their histories where there are any.
        item_tower: Makes vectors of items' rows, for as many members.
        user_rows: Rows of all users, by position, shape (n_users, width), int.
        item_rows: Rows of all items, likewise.
        l2: Weight of the penalty on the vectors of each triplet.
        histories: What users rated, or None where the tower takes none. Each user's vector is computed
            without the items compared, so that no rating explains itself; the penalty is on the whole ones.

    Call:
        `RatedTriplets` of a user with two items and, where wanted, of an item with two users, arrays of shape
        (batch, members) -> the mean loss with the penalty, summed over the kinds of triplet, shape ().
    """

    def __init__(
        self,
        user_tower: FeatureTower,
        item_tower: FeatureTower,
        user_rows,
        item_rows,
        l2: float = 0.01,
        histories: Histories | None = None,
        **kwargs,
    ):
        super().__init__(dtype="float32", **kwargs)
        self.user_tower, self.item_tower, self.l2 = user_tower, item_tower, l2
        self.user_columns, self.item_columns = Columns(user_tower, user_rows), Columns(item_tower, item_rows)
        self.histories = None if histories is None else ConstantHistories(histories)

    def build(self, input_shape):
        """Make the towers' weights, unless another network that shares them has."""
        for columns in (self.user_columns, self.item_columns):
            if not columns.tower.built:
                columns.tower.build(columns.rows.shape)
        self.built = True

    def call(self, batch, training=False):
        """Give the mean loss, and add it to what is minimised."""
        batch = [RatedTriplets(*triplets) for triplets in batch]
        total = sum_of_parts(self.penalty, self.part_loss, self.tables(training), batch)
        self.add_loss(total)
        return total

    def tables(self, training: bool = False) -> list:
        """Compute the vectors of all users and of all items, each of shape (n * members, dim).

        With histories, an item's goes on with what it brings into users' vectors: by being rated, and by how
        far above the mean.
        """
        items = self.item_columns.all_vectors(None, training)
        if self.histories is None:
            return [self.user_columns.all_vectors(None, training), items]
        brought, kernel = self.histories.brought, self.user_tower.history.kernel
        half, width = brought.shape[1], kernel.shape[1] // self.user_tower.members
        parts = [tf.matmul(brought, part) for part in (kernel[:half], kernel[half:])]
        # a user's vector ends in a 1, from which nothing is taken
        parts = [tf.pad(tf.reshape(part, (-1, width)), [[0, 0], [0, 1]]) for part in parts]
        users = self.user_columns.all_vectors(self.histories.inputs, training)
        return [users, tf.concat([items, *parts], axis=1)]

    def part_loss(self, tables, batch):
        """Compute the mean losses of some triplets, summed over their kinds."""
        return sum(tf.reduce_mean(losses) for losses in self.triplet_losses(tables, batch))

    def penalty(self, tables, batch):
        """Compute l2 times the mean squared length of a triplet's three vectors, summed over their kinds."""
        if not self.l2:
            return tf.constant(0.0)
        members, dim = self.user_tower.members, self.user_tower.embedding_dim + 2
        of_user, *of_item = batch
        users = [of_user.anchor, *(place for t in of_item for place in (t.positive, t.negative))]
        items = [of_user.positive, of_user.negative, *(t.anchor for t in of_item)]
        total = 0.0
        for table, places in zip(tables, (users, items), strict=True):
            # an id's length is computed once and counted as often as it was drawn
            rows = tf.reshape(tf.concat(places, axis=0) * members + tf.range(members), (-1,))
            drawn = tf.math.unsorted_segment_sum(tf.ones_like(rows, tf.float32), rows, table.shape[0])
            vectors = table[:, :dim] if self.histories else table
            total += tf.einsum("n,nd,nd->", drawn, vectors, vectors)
        return self.l2 / np.prod(of_user.anchor.shape) * total

    def triplet_losses(self, tables, batch) -> list:
        """Compute the loss of each triplet, shape (batch, members), of each kind of triplet."""
        users, items = tables
        members = self.user_tower.members

        def look_up(table, places):
            return tf.gather(table, places * members + tf.range(members))

        def item(places):
            return tf.split(look_up(items, places), 3 if self.histories else 1, axis=-1)

        def user(places, *rated):
            vectors = look_up(users, places)
            for (_, *brought), rating in rated if self.histories else ():
                above = (rating - self.histories.mean) / self.histories.spread
                scale = tf.gather(tf.convert_to_tensor(self.histories.scale), places)[..., None]
                vectors -= scale * (brought[0] + above[..., None] * brought[1])
            return vectors

        of_user, *of_item = batch
        better, worse = item(of_user.positive), item(of_user.negative)
        anchor = user(of_user.anchor, (better, of_user.positive_rating), (worse, of_user.negative_rating))
        vectors = [(anchor, better[0], worse[0])]
        for t in of_item:
            shared = item(t.anchor)
            fan = user(t.positive, (shared, t.positive_rating))
            vectors.append((shared[0], fan, user(t.negative, (shared, t.negative_rating))))
        return [bpr_loss(tf.reduce_sum(a * (p - n), axis=-1)) for a, p, n in vectors]


class ConstantHistories:
    """`Histories` beside the weights. A plain object, lest Keras copy it as a weight."""

    def __init__(self, histories: Histories):
        self.inputs, self.brought = _constant(histories.inputs), _constant(histories.brought)
        self.scale, self.mean, self.spread = _constant(histories.scale), histories.mean, histories.spread


class Columns:
    """The rows of all ids of one side, laid out for matrix products in the place of look-ups."""

    def __init__(self, tower: FeatureTower, rows):
        rows = np.asarray(rows)
        self.tower, self.rows = tower, _constant(rows, "int32")
        flags, self.of_flags, self.looked_up = [np.zeros((len(rows), 0))], [], []
        for table, kind, size, part in tower.parts(rows):
            if kind == "multi-hot" or size <= MOST_FLAGS:
                flags.append(part if kind == "multi-hot" else part[:, None] == np.arange(size))
                self.of_flags.append(table)
            else:
                in_order = np.array_equal(part, 1 + np.arange(len(rows)))
                self.looked_up.append((table, None if in_order else _constant(part, "int32")))
        self.flags = _constant(np.concatenate(flags, axis=1, dtype=np.float32))

    def all_vectors(self, histories=None, training: bool = False):
        """Compute each member's own vectors of the rows, shape (n * members, dim)."""
        tower, total = self.tower, 0.0
        if training and tower.dropout:
            total = tower.total(self.rows, histories, training)
        else:  # the same by few operations
            for table, codes in self.looked_up:
                # ids are numbered from 1: a slice's gradient needs no second table to add it up in
                total += table.embeddings[1 : 1 + self.rows.shape[0]] if codes is None else table(codes)
            if self.of_flags:
                kernels = [table.weights[0] for table in self.of_flags]
                total += tf.matmul(self.flags, tf.concat(kernels, axis=0))
            if histories is not None:
                total += tower.history(histories)
        return tf.reshape(tower.member_vectors(total), (-1, tower.embedding_dim + 2))


def _constant(value, dtype="float32"):
    """Hold an array beside the weights: as part of the program it would be compiled with it."""
    return keras.Variable(value, dtype=dtype, trainable=False)
