"""The answers of lesson 7."""

from itertools import permutations

from dbrec.lessons.exercises import Exercise

STARS = {
    "Ann": {"Heat": 5, "Babe": 4, "Jaws": 2},
    "Bob": {"Jaws": 5, "Babe": 1, "Fargo": 3},
    "Cem": {"Fargo": 4, "Heat": 2},
    "Dee": {"Heat": 5, "Fargo": 5},
}
CURVE = [0.70, 0.74, 0.76, 0.75, 0.755, 0.77, 0.768, 0.765, 0.76, 0.75]
SCORES_OF_CEM = {"Heat": 1.8, "Jaws": 1.2, "Babe": 0.3}


def n_triplets(data) -> list[int]:
    """Count the triplets of the ten ratings: liked against not liked, and any two in order."""
    pairs = [pair for own in STARS.values() for pair in permutations(own.values(), 2)]
    return [sum(p >= 4 > n for p, n in pairs), sum(p > n for p, n in pairs)]


def share_of_ann(data) -> float:
    """Give Ann's share of the liked ratings of people who also have one that they didn't like."""
    stars = {user: list(own.values()) for user, own in STARS.items() if min(own.values()) < 4}
    positives = [user for user, own in stars.items() for rating in own if rating >= 4]
    return positives.count("Ann") / len(positives)


def stop(curve: list[float], patience: int) -> tuple[int, int]:
    """Find the epoch whose weights are put back, and the last one that is trained, from 1."""
    best = 0
    for epoch, value in enumerate(curve):
        best = epoch if value > curve[best] else best
        if epoch - best == patience:
            break
    return best + 1, epoch + 1


def negatives_of_cem(data) -> list[str]:
    """Name Cem's explicit negative for Fargo, and the highest scored of the films he never rated."""
    own = STARS["Cem"]
    explicit = next(film for film in own if own[film] < own["Fargo"])
    return [explicit, max((film for film in SCORES_OF_CEM if film not in own), key=SCORES_OF_CEM.__getitem__)]


EXERCISES = {
    "L7.1": Exercise(
        n_triplets,
        hints=(
            "Go person by person, and multiply where every liked film meets every other.",
            "For the second number, list Ann's pairs of films with different stars: there are three.",
        ),
        because="Stars make more triplets than liked or not, from the same ten ratings.",
    ),
    "L7.2": Exercise(
        share_of_ann,
        hints=(
            "Only liked ratings of people with a not-liked film can be drawn first. List them.",
            "There are four such ratings. How many of them are Ann's?",
        ),
        tolerance=0.03,
        because="Two of the four ratings that can be drawn first are Ann's: who likes much is drawn often.",
    ),
    "L7.3": Exercise(
        lambda data: [*stop(CURVE, 2), *stop(CURVE, 3)],
        hints=(
            "Count the epochs since the best one, and stop when they are as many as the patience.",
            "With a patience of 2, epochs 4 and 5 don't beat epoch 3. With 3, epoch 6 does.",
        ),
        because="More patience finds the second rise, and costs more epochs.",
    ),
    "L7.4": Exercise(
        lambda data: ["film", "pooled", 56],
        hints=(
            "What is subtracted from what in a triplet of each kind?",
            "Two scores of one person both rise by 10. Two scores of different people don't. The steps: "
            "equally many triplets in all.",
        ),
        because="What compares one person's own scores can't see it; what compares people can.",
    ),
    "L7.5": Exercise(
        negatives_of_cem,
        hints=(
            "Explicit means rated lower. Unobserved means never rated.",
            "Cem rated Fargo and Heat. The hard negative is the higher scored of the other two.",
        ),
        because="A rated film is never an unobserved negative, however high it scores.",
    ),
}
