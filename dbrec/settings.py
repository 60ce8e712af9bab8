"""All settings of a recommender, in one place and checked when made."""

from dataclasses import dataclass, fields

from dbrec.checks import number, seed_number, switch, whole_number

MOST_DIM = 1024  # of taste: time grows by its cube


@dataclass(frozen=True)
class Settings:
    """What `HybridRecommender` may be told, with the defaults; its docstring says what each means.

    Numbers of numpy become Python's, so that a model can be saved; Keras takes no whole learning rate.

    Raises:
        ValueError: If one is of another type, isn't finite or lies outside of what is allowed.
    """

    embedding_dim: int = 64
    choice_dim: int = 1024
    liked_from: float = 4
    epochs: int | None = 9
    learning_rate: float = 0.003
    l2: float = 0.005
    seed: int = 0
    verbose: bool = True

    def __post_init__(self):
        epochs = self.epochs
        checked = {
            "embedding_dim": whole_number("embedding_dim", self.embedding_dim, 1, MOST_DIM),
            "choice_dim": whole_number("choice_dim", self.choice_dim, 0, 4096),
            "liked_from": number("liked_from", self.liked_from),
            "epochs": None if epochs is None else whole_number("epochs", epochs, 1, 10_000),
            "learning_rate": float(number("learning_rate", self.learning_rate, "(0, 1]")),
            "l2": number("l2", self.l2, "[0, 1000]"),
            "seed": seed_number(self.seed),
            "verbose": switch("verbose", self.verbose),
        }
        for field in fields(self):
            object.__setattr__(self, field.name, checked[field.name])
