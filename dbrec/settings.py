"""All settings of a recommender, in one place and checked when made."""

from dataclasses import dataclass, fields

from dbrec.checks import number, seed_number, switch, whole_number


@dataclass(frozen=True)
class Settings:
    """What `HybridRecommender` may be told, with the defaults; its docstring says what each means.

    Numbers of numpy become Python's, so that a model can be saved.

    Raises:
        ValueError: If one is of another type, isn't finite or lies outside of what is allowed.
    """

    embedding_dim: int = 64
    liked_from: float = 4
    epochs: int | None = 9
    batch_size: int | None = None
    learning_rate: float = 0.003
    l2: float = 0.005
    dropout: float = 0.0
    history_dim: int = 256
    choice_weight: float = 1.0
    members: int = 4
    seed: int = 0
    verbose: bool = True

    def __post_init__(self):
        checked = {
            "embedding_dim": whole_number("embedding_dim", self.embedding_dim, 1, 4096),
            "liked_from": number("liked_from", self.liked_from),
            "epochs": _or_none("epochs", self.epochs, 10_000),
            "batch_size": _or_none("batch_size", self.batch_size, 2**24),
            "learning_rate": number("learning_rate", self.learning_rate, "(0, 1]"),
            "l2": number("l2", self.l2, "[0, 1000]"),
            "dropout": number("dropout", self.dropout, "[0, 1)"),
            "history_dim": whole_number("history_dim", self.history_dim, 0, 4096),
            "choice_weight": number("choice_weight", self.choice_weight, "[0, 1000]"),
            "members": whole_number("members", self.members, 1, 64),
            "seed": seed_number(self.seed),
            "verbose": switch("verbose", self.verbose),
        }
        for field in fields(self):
            object.__setattr__(self, field.name, checked[field.name])


def _or_none(name: str, value, most: int) -> int | None:
    return None if value is None else whole_number(name, value, 1, most)
