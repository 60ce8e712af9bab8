"""How much taste there is to learn: training takes from few or noisy ratings no more than they tell."""

from dataclasses import replace

import numpy as np

from dbrec.interactions import Interactions
from dbrec.products import pair_scores
from dbrec.scoring.biases import Biases, variance
from dbrec.scoring.choice import largest_places, matrix

DIM, L2 = 64, 20.0  # of the likings that half of the users explain the other half's by
LEAST = 0.0025
ROUNDING = 1e-5  # of labels of 0 and 1


def shared_taste(interactions: Interactions, biases: Biases, seed: int = 0) -> float:
    """Estimate how well people's likings, beyond their biases, are told by those of others, in [0.0025, 1].

    The users are halved. From each half is learned, as choice does, how each item's liking beyond the biases
    is explained by the other items'; that explains the likings of the other half, each without itself. Given
    is the correlation of what is explained with what it is: on MovieLens 1M about .13, of a fiftieth of its
    ratings about 0, and 1 where taste explains all.

    Args:
        interactions: Some liked and some not.
        biases: Of the users and items.
        seed: Seed of the halves and of the decompositions.
    """
    # float32, for here lies most of the memory that a fit takes for each rating
    of_user, of_item = (variance(interactions) * side.astype(np.float32) for side in biases)
    rest = interactions.liked - np.float32(interactions.liked.mean())
    rest -= of_user[interactions.user_index]
    rest -= of_item[interactions.item_index]
    if np.abs(rest).max() < ROUNDING:
        return LEAST
    users, items = interactions.user_index, interactions.item_index
    first_half = np.random.default_rng(seed).random(len(interactions.user_ids)) < 0.5
    itself, explained = np.asarray(matrix(interactions, rest)[users, items]).ravel(), np.zeros_like(rest)
    for learned in (first_half[users], ~first_half[users]):
        table = matrix(interactions, np.where(learned, rest, 0.0))
        kept, rows = largest_places(table, min(DIM, *table.shape), L2 * rest.var(), seed)
        own = kept @ rows**2
        whole = matrix(interactions, np.where(learned, 0.0, rest)) @ rows.T * kept
        products = pair_scores(whole, rows.T, users, items)
        # a pair may stand several times, and each time is left out
        without = (products - itself * own[items]) / (1 - own[items])
        explained = np.where(learned, explained, without)
    if not explained.std():
        return LEAST
    return float(np.clip(np.corrcoef(explained, rest)[0, 1], LEAST, 1.0))


def beside_unobserved(interactions: Interactions, seed: int, others=()) -> Interactions:
    """Set an item drawn from all, as not liked, beside each that a user chose; their own are left out.

    Args:
        interactions: Choices only.
        seed: Seed of the draws.
        others: Users and items of choices that are left out as well, by position in `interactions` or -1;
            two arrays of shape (n,), or none.
    """
    n, n_items = len(interactions), len(interactions.item_ids)
    users, items = interactions.user_index, interactions.item_index
    drawn = np.random.default_rng(seed).integers(n_items, size=n, dtype=np.int32)
    chosen = np.stack([users, items])
    if others:
        others = np.stack(others)
        chosen = np.hstack([chosen, others[:, (others >= 0).all(axis=0)]])
    free = ~np.isin(_numbered([users, drawn], n_items), _numbered(chosen, n_items))
    return replace(
        interactions,
        user_index=np.concatenate([users, users[free]]),
        item_index=np.concatenate([items, drawn[free]]),
        value=np.repeat([1.0, 0.0], [n, free.sum()]),
        liked=np.repeat([True, False], [n, free.sum()]),
        weight=None,
        importance=None,
    )


def _numbered(pairs, n_items: int) -> np.ndarray:
    """Give each pair of a user and an item a number of its own."""
    return np.asarray(pairs[0], np.int64) * n_items + pairs[1]
