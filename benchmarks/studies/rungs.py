"""The rungs of lesson 8's ladder: what each model is made of, and which one change made it."""

from dataclasses import dataclass, replace
from typing import NamedTuple

N_CANDIDATES = 4  # of a hard negative


@dataclass(frozen=True)
class Parts:
    """What a model is made of; the defaults are those of the first rung with a table a column."""

    network: str = "towers"  # or "post"; or "post, its training": batches of 32
    loss: str = "1 - sigmoid"  # or "log sigmoid"
    softmax: bool = True
    year: bool = False
    ids: bool = False
    dropout: float = 0.0
    item_anchors: bool = False
    l2: float = 0.0
    average: bool = False
    biases: bool = False
    graded: bool = False
    negatives: str = "explicit"  # or "unobserved", "mixed", "popular", "hard"
    history: str = "none"  # or "whole", "without"
    choice_weight: float = 0.0
    two_scores: bool = False
    powers: bool = False  # of the numbers of ratings, in the closed form
    members: int = 1


class Rung(NamedTuple):
    """One change to another rung, `base`."""

    name: str
    base: str
    what: str
    changes: dict


LADDER = [
    Rung("the post", "", "the Siamese reading, batches of 32", {"network": "post, its training"}),
    Rung("large batches", "the post", "our batch size and learning rate, 4 epochs", {"network": "post"}),
    Rung("columns apart", "large batches", "a table a column, summed; d = 64", {"network": "towers"}),
    Rung("no softmax", "columns apart", "vectors of any length and sign", {"softmax": False}),
    Rung("log sigmoid", "no softmax", "the BPR loss in place of 1 - sigmoid", {"loss": "log sigmoid"}),
    Rung("year", "log sigmoid", "the film's year beside its genres", {"year": True}),
    Rung("ids", "year", "a vector for each user and each film", {"ids": True}),
    Rung("dropout", "ids", "a tenth of the ids and features dropped in training", {"dropout": 0.1}),
    Rung("film anchors", "dropout", "a second triplet, anchored on the film", {"item_anchors": True}),
    Rung("L2", "film anchors", "a penalty of 0.01 on the vectors", {"l2": 0.01}),
    Rung("average", "L2", "the moving average of the weights", {"average": True}),
    Rung("softmax, again", "average", "what the softmax costs a model that has ids", {"softmax": True}),
    Rung(
        "1 - sigmoid, again", "average", "what that loss costs a model that has ids", {"loss": "1 - sigmoid"}
    ),
    Rung("biases", "average", "a number a user and a number a film", {"biases": True}),
    Rung("graded", "biases", "any lower-rated film is a negative: a 5 over a 4 teaches", {"graded": True}),
    Rung("unobserved", "graded", "negatives never rated, all alike", {"negatives": "unobserved"}),
    Rung("mixed", "graded", "half rated lower, half never rated", {"negatives": "mixed"}),
    Rung("popular", "graded", "negatives never rated, drawn by popularity", {"negatives": "popular"}),
    Rung("hard", "graded", f"the best-scored of {N_CANDIDATES} never rated", {"negatives": "hard"}),
    Rung("history, whole", "graded", "the sum of all they rated, the target too", {"history": "whole"}),
    Rung("history", "graded", "the sum of all they rated, the target left out", {"history": "without"}),
    Rung("choice", "history", "liking plus the closed form's score", {"choice_weight": 1.0}),
    Rung("two scores", "choice", "lists by choice, likings as before", {"two_scores": True}),
    Rung("nothing dropped", "two scores", "no id or feature dropped in training", {"dropout": 0.0}),
    Rung(
        "powers",
        "nothing dropped",
        "who rates a lot, and what is popular, counts less; penalty 3 for 2",
        {"powers": True},
    ),
    Rung("four members", "powers", "the mean of four towers trained side by side", {"members": 4}),
    Rung("less L2", "four members", "half of the penalty: the mean evens out too", {"l2": 0.005}),
]
RUNGS = {rung.name: rung for rung in LADDER}


def parts_of(name: str) -> Parts:
    """Add up the changes from the first rung to the one of this name."""
    rung = RUNGS[name]
    return replace(parts_of(rung.base) if rung.base else Parts(), **rung.changes)
