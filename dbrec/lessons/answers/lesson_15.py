"""The answers of lesson 15."""

from dbrec.lessons.exercises import Exercise


def share_found(data, aucs: dict[str, float]) -> float:
    """Say how far a fit comes, from the film's mean rating (0) to the planted score (1)."""
    lowest = aucs["film's mean"]
    return (aucs["fitted"] - lowest) / (aucs["planted"] - lowest)


def smallest_effort(data, recalls: dict[int, float]) -> int:
    """Give the smallest effort that misses at most 1 in 200."""
    return min(effort for effort, recall in recalls.items() if recall > 0.995 - 1e-9)


def largest_dim(data) -> int:
    """Give the largest of some dims with which four copies of 110 million rows fit 16 GiB."""
    return max(dim for dim in (64, 32, 16, 8, 4) if 4 * 110e6 * (dim + 1) * 4 <= 16 * 2**30)


EXERCISES = {
    "L15.1": Exercise(
        share_found,
        hints=(
            "How much does the fit gain over the film's mean, and how much is there to gain?",
            'Subtract aucs["film\'s mean"] from both others, then divide the first by the second.',
        ),
        tolerance=0.01,
        because="Part of a planted taste can't be seen for the noise, with a hundred ratings per person.",
        example={"aucs": {"film's mean": 0.6, "fitted": 0.7, "planted": 0.8}},
    ),
    "L15.2": Exercise(
        lambda data, ids: 4 * ids / (2 * 8192),
        hints=(
            "A step computes each id's vector once. How many ids are there, and how many triplets in a step?",
            "Four times ids.iloc[-1] vectors, for 8,192 triplets of two kinds.",
        ),
        tolerance=0.15,
        because="It is four times as many as at 25 million ratings, since ids grow as ratings do.",
        example={"ids": 220_000},
    ),
    "L15.3": Exercise(
        lambda data: 3,
        hints=(
            "Each part makes up half of the average, whatever its size.",
            "One triplet makes up 1/2 of 1/384 of the average, or 1/2 of 1/128.",
        ),
        because="So the parts must be equal, or the average must weigh each part by its size.",
    ),
    "L15.4": Exercise(
        smallest_effort,
        hints=(
            "1 in 200 missed is a recall of how much?",
            "Look for the smallest effort with a recall of at least 0.995, in the numbers before rounding.",
        ),
        because="A promise about the mean still says nothing about those who are served worst.",
        example={"recalls": {80: 0.98, 128: 0.99, 256: 0.996, 512: 1.0}},
    ),
    "L15.5": Exercise(
        largest_dim,
        hints=(
            "Count the bytes: rows, numbers per row, bytes per number, copies.",
            "110 million rows times (dim + 1) numbers times 4 bytes times 4 copies, divided by 2**30.",
        ),
        because="With 8 it takes 14.8 GiB, and 8 numbers say little of a taste. So rows go to many machines.",
    ),
}
