"""The Keras layers of the two networks: towers that make vectors, a loss on three, a score of two."""

from collections.abc import Callable

from dbrec._quiet import keras
from dbrec.training.losses import bpr_loss

ops = keras.ops


@keras.saving.register_keras_serializable("dbrec")
class FeatureTower(keras.layers.Layer):
    """Map rows of whole numbers to vectors: one embedding table a column (``tables``), and their sum.

    The sum of the id's vector and the features' vectors is what makes the model hybrid: an id that was
    trained moves away from what its features say, and an id never seen stays there.

    Beside the taste v, each side has a bias b: how freely a user likes, how liked an item is. A user's vector
    is ``[v, b, 1]`` and an item's ``[v, 1, b]``, so that one dot product is ``v.v' + b + b'``.

    Args:
        columns: ``(name, kind, size)`` of each column as `FeatureEncoder.spec` gives them; kind is
            ``"one-hot"`` (one place of the row, a table of `size` rows) or ``"multi-hot"`` (`size` places).
        side: ``"user"`` or ``"item"``: where the bias goes.
        embedding_dim: Length of the taste.
        dropout: Chance in [0, 1) that, in training, a one-hot code becomes 0, which learns to be "unknown".
        seed: Seed of the first weights and of the dropping.
        history_dim: Length of a second input, `Histories.inputs`, which a matrix maps to a further part of
            the sum; 0 for a tower without.

    Call:
        rows, shape (batch, width), int, or [rows, histories of shape (batch, history_dim)] -> vectors, shape
        (batch, embedding_dim + 2), float32.

    Raises:
        ValueError: If `side` is another word.

    Source:
        Kula 2015, "Metadata Embeddings for User and Item Cold-start Recommendations", section 3 (sums of
        feature vectors and of feature biases); dropping ids: Volkovs, Yu and Poutanen 2017, "DropoutNet".
    """

    def __init__(self, columns, side, embedding_dim=64, dropout=0.1, seed=0, history_dim=0, **kwargs):
        super().__init__(**{"dtype": "float32"} | kwargs)
        if side not in ("user", "item"):
            raise ValueError(f"side is {side!r}: give 'user' or 'item'")
        self.columns, self.side = [tuple(column) for column in columns], side
        self.embedding_dim, self.dropout, self.seed = embedding_dim, dropout, seed
        self.history_dim = history_dim
        self.random = keras.random.SeedGenerator(seed)
        width, plain = embedding_dim + 1, {"use_bias": False, "dtype": "float32"}
        self.tables = []
        for place, (_, kind, size) in enumerate(self.columns):
            first = keras.initializers.RandomNormal(stddev=0.05, seed=seed + place)
            if kind == "one-hot":
                table = keras.layers.Embedding(size, width, embeddings_initializer=first, dtype="float32")
            else:
                table = keras.layers.Dense(width, kernel_initializer=first, **plain)
            self.tables.append(table)
        if history_dim:
            first = keras.initializers.RandomNormal(stddev=0.02, seed=seed + len(self.columns))
            self.history = keras.layers.Dense(width, kernel_initializer=first, **plain)

    def build(self, input_shape):
        for table, (_, kind, size) in zip(self.tables, self.columns, strict=True):
            table.build((None,) if kind == "one-hot" else (None, size))
        if self.history_dim:
            self.history.build((None, self.history_dim))

    def call(self, inputs, training=False):
        rows, history = inputs if isinstance(inputs, (list, tuple)) else (inputs, None)
        return self.vectors(self.total(rows, history, training))

    def total(self, rows, history=None, training=False):
        """Sum up tastes and biases, shape (batch, embedding_dim + 1)."""
        total = 0.0
        for table, kind, _, part in self.parts(rows):
            total += table(self._dropped(part, training) if kind == "one-hot" else ops.cast(part, "float32"))
        return total if history is None else total + self.history(history)

    def parts(self, rows):
        """Cut rows into columns: ``(table, kind, size, codes or flags)`` of each."""
        place = 0
        for table, (_, kind, size) in zip(self.tables, self.columns, strict=True):
            one = kind == "one-hot"
            yield table, kind, size, rows[:, place] if one else rows[:, place : place + size]
            place += 1 if one else size

    def vectors(self, total):
        """Lay such sums out as vectors, shape (batch, embedding_dim + 2)."""
        taste, bias, one = total[..., :-1], total[..., -1:], ops.ones_like(total[..., :1])
        return ops.concatenate([taste, bias, one] if self.side == "user" else [taste, one, bias], -1)

    def _dropped(self, codes, training):
        if not training or not self.dropout:
            return codes
        kept = keras.random.uniform(ops.shape(codes), seed=self.random) >= self.dropout
        return ops.where(kept, codes, 0)

    def get_config(self):
        own = "columns", "side", "embedding_dim", "dropout", "seed", "history_dim"
        return super().get_config() | {name: getattr(self, name) for name in own}


@keras.saving.register_keras_serializable("dbrec")
class TripletLossLayer(keras.layers.Layer):
    """Give the loss of each triplet, and add the batch's mean to what the network minimises.

    Args:
        loss: Loss of the difference a.p - a.n.
        l2: Weight of the penalty ``l2 * mean(|a|^2 + |p|^2 + |n|^2)`` on the vectors, as in BPR-OPT.

    Call:
        [anchors, positives, negatives], each (..., dim) -> losses without the penalty, (...).
    """

    def __init__(self, loss: Callable = bpr_loss, l2: float = 0.0, **kwargs):
        super().__init__(**{"dtype": "float32"} | kwargs)
        self.loss, self.l2 = loss, l2

    def call(self, vectors):
        anchors, positives, negatives = vectors
        losses = self.loss(ops.sum(anchors * (positives - negatives), axis=-1))
        self.add_loss(ops.mean(losses))
        if self.l2:
            squares = sum(ops.sum(ops.square(v), axis=-1) for v in vectors)
            self.add_loss(self.l2 * ops.mean(squares))
        return losses

    def get_config(self):
        loss = keras.saving.serialize_keras_object(self.loss)
        return super().get_config() | {"loss": loss, "l2": self.l2}

    @classmethod
    def from_config(cls, config):
        loss = keras.saving.deserialize_keras_object(config["loss"])
        return cls(**(config | {"loss": loss}))


@keras.saving.register_keras_serializable("dbrec")
class ScoreLayer(keras.layers.Layer):
    """Score pairs of vectors by their dot product, the number that the triplet loss compares.

    Call:
        [users, items], each (batch, dim) -> scores, (batch,), any real number.
    """

    def call(self, vectors):
        users, items = vectors
        return ops.sum(users * items, axis=-1)
