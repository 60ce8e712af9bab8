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

SIDES = "user", "item"
OTHER = dict(zip(SIDES, SIDES[::-1], strict=True))
MOST_FLAGS = 256  # of a column whose look-up is a matrix product


class PositionNetwork(keras.Model):
    """Train two towers on triplets of users, of items, or of both.

    The losses and gradients are those of `build_model`, several times faster; a batch is taken in parts of up
    to 8,192 triplets (`sum_of_parts`). Beside the penalty on the vectors of each triplet, which weighs an id
    by how often it was drawn, there is a prior on each row of the embedding tables, which doesn't: it draws
    what few ratings tell of to where it started, an id's vector to what its features say, its bias to the one
    in closed form, and a column's rows to 0, the more the less the column tells.

    Args:
        user_tower: Makes vectors of users' rows, and of their histories where there are any.
        item_tower: Makes vectors of items' rows.
        user_rows: Rows of all users, by position, shape (n_users, width), int.
        item_rows: Rows of all items, likewise.
        l2: Weight of the penalty on the vectors of each triplet.
        histories: What users rated, or None where the tower takes none. Each user's vector is computed
            without the items compared, so that no rating explains itself; the penalty is on the whole ones.
        prior: Where training starts and what draws it back; None for neither.
        anchors: Sides whose triplets a batch holds, in order.
        negatives_rated: Whether the negatives are rated lower, and not unobserved.

    Call:
        `RatedTriplets` of each side of `anchors`, arrays of shape (batch,) -> the mean loss with penalty and
        prior, summed over the kinds of triplet, shape ().
    """

    def __init__(
        self,
        user_tower: FeatureTower,
        item_tower: FeatureTower,
        user_rows,
        item_rows,
        l2: float = 0.01,
        histories: Histories | None = None,
        prior: "Prior | None" = None,
        anchors: tuple[str, ...] = SIDES,
        negatives_rated: bool = True,
        **kwargs,
    ):
        super().__init__(dtype="float32", **kwargs)
        self.user_tower, self.item_tower, self.l2 = user_tower, item_tower, l2
        self.user_columns, self.item_columns = Columns(user_tower, user_rows), Columns(item_tower, item_rows)
        self.histories = None if histories is None else ConstantHistories(histories)
        self.prior, self.anchors, self.negatives_rated = prior, tuple(anchors), negatives_rated

    def build(self, input_shape):
        """Make the towers' weights, unless another network that shares them has, and start from the prior."""
        for columns in (self.user_columns, self.item_columns):
            if not columns.tower.built:
                columns.tower.build(columns.rows.shape)
        if self.prior is not None:
            for tower, start in zip((self.user_tower, self.item_tower), self.prior.starts, strict=True):
                ids = tower.tables[0].embeddings
                ids.assign(tf.concat([ids[:, :-1], start], axis=1))
        self.built = True

    def call(self, batch, training=False):
        """Give the mean loss, and add it to what is minimised."""
        batch = [RatedTriplets(*triplets) for triplets in batch]
        total = sum_of_parts(self.penalty, self.part_loss, self.tables(training), batch)
        if self.prior is not None:
            total += self.prior.penalty(self.user_tower, self.item_tower)
        self.add_loss(total)
        return total

    def tables(self, training: bool = False) -> list:
        """Compute the vectors of all users and of all items, each of shape (n, dim).

        With histories, an item's goes on with what it brings into users' vectors: by being rated, and by how
        far above the mean.
        """
        items = self.item_columns.all_vectors(None, training)
        if self.histories is None:
            return [self.user_columns.all_vectors(None, training), items]
        brought, kernel = self.histories.brought, self.user_tower.history.kernel
        half = brought.shape[1]
        parts = [tf.matmul(brought, part) for part in (kernel[:half], kernel[half:])]
        # a user's vector ends in a 1, from which nothing is taken
        parts = [tf.pad(part, [[0, 0], [0, 1]]) for part in parts]
        users = self.user_columns.all_vectors(self.histories.inputs, training)
        return [users, tf.concat([items, *parts], axis=1)]

    def part_loss(self, tables, batch):
        """Compute the mean losses of some triplets, summed over their kinds."""
        return sum(tf.reduce_mean(losses) for losses in self.triplet_losses(tables, batch))

    def penalty(self, tables, batch):
        """Compute l2 times the mean squared length of a triplet's three vectors, summed over their kinds."""
        if not self.l2:
            return tf.constant(0.0)
        dim, drawn = self.user_tower.embedding_dim + 2, {"user": [], "item": []}
        for side, triplets in zip(self.anchors, batch, strict=True):
            drawn[side].append(triplets.anchor)
            drawn[OTHER[side]] += [triplets.positive, triplets.negative]
        total = 0.0
        for table, places in zip(tables, drawn.values(), strict=True):
            # an id's length is computed once and counted as often as it was drawn
            rows = tf.concat(places, axis=0)
            n_drawn = tf.math.unsorted_segment_sum(tf.ones_like(rows, tf.float32), rows, table.shape[0])
            vectors = table[:, :dim] if self.histories else table
            total += tf.einsum("n,nd,nd->", n_drawn, vectors, vectors)
        return self.l2 / batch[0].anchor.shape[0] * total

    def triplet_losses(self, tables, batch) -> list:
        """Compute the loss of each triplet, shape (batch,), of each kind of triplet."""
        users, items = tables

        def item(places):
            return tf.split(tf.gather(items, places), 3 if self.histories else 1, axis=-1)

        def user(places, *rated):
            vectors = tf.gather(users, places)
            for (_, *brought), rating in rated if self.histories else ():
                above = (rating - self.histories.mean) / self.histories.spread
                scale = tf.gather(tf.convert_to_tensor(self.histories.scale), places)[..., None]
                vectors -= scale * (brought[0] + above[..., None] * brought[1])
            return vectors

        vectors = []
        for side, t in zip(self.anchors, batch, strict=True):
            if side == "user":
                better, worse = item(t.positive), item(t.negative)
                rated = [(better, t.positive_rating), (worse, t.negative_rating)][: 1 + self.negatives_rated]
                vectors.append((user(t.anchor, *rated), better[0], worse[0]))
            else:
                shared = item(t.anchor)
                rated = [(shared, t.negative_rating)][: self.negatives_rated]
                fan = user(t.positive, (shared, t.positive_rating))
                vectors.append((shared[0], fan, user(t.negative, *rated)))
        return [bpr_loss(tf.reduce_sum(a * (p - n), axis=-1)) for a, p, n in vectors]


class Prior:
    """What is known before training: where it starts, and how strongly each row is drawn back.

    Args:
        biases: Of the users and of the items, each of shape (n,).
        strengths: Of the rows of each table of the user tower, and of those of the item tower.

    Attributes:
        starts: Biases of the rows of each side's ids, shape (n + 1, 1).
    """

    def __init__(self, biases, strengths):
        self.starts = [_constant(np.append(0.0, bias)[:, None]) for bias in biases]
        self.strengths = [np.asarray(side, np.float32) for side in strengths]

    def penalty(self, *towers: FeatureTower):
        """Sum up the squared distances from the start, each table's by its strength."""
        total = 0.0
        for tower, start, strengths in zip(towers, self.starts, self.strengths, strict=True):
            for table, strength in zip(tower.tables, strengths, strict=True):
                rows = table.weights[0]
                if table is tower.tables[0]:
                    rows = tf.concat([rows[:, :-1], rows[:, -1:] - start], axis=1)
                total += strength * tf.reduce_sum(tf.square(rows))
            if tower.history_dim:
                total += strengths[0] * tf.reduce_sum(tf.square(tower.history.kernel))
        return total


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
        """Compute the vectors of the rows, shape (n, dim)."""
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
        return tower.vectors(total)


def _constant(value, dtype="float32"):
    """Hold an array beside the weights: as part of the program it would be compiled with it."""
    return keras.Variable(value, dtype=dtype, trainable=False)
