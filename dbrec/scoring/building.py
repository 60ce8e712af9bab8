"""Join the three parts, liking, choice and newcomers, to a fitted model."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dbrec.features.evidence import evidence
from dbrec.interactions import Interactions, Levels
from dbrec.scoring.biases import Odds, log_odds
from dbrec.scoring.calibration import Calibration
from dbrec.scoring.choice import Choice, ItemFactors
from dbrec.scoring.model import FittedModel
from dbrec.scoring.newcomers import FeatureMap
from dbrec.scoring.posterior import Scatter
from dbrec.scoring.served_vectors import ServedVectors, item_rows, newcomer_rows, user_rows
from dbrec.scoring.sides import Side, tallies

TELLING = 16  # places of a choice that columns are to explain


def build(settings, interactions: Interactions, encoders, evidence, towers, choice: Choice, log, n_biases=2):
    """Make the model that serves.

    Args:
        settings: All settings.
        interactions: What was learned from.
        encoders: Of the users and of the items.
        evidence: What the columns of each tell, by `evidence_of`.
        towers: Taste and bias of the users and of the items with ratings, in the order of the blocks.
        choice: The part in closed form.
        log: Frame with a row an epoch.
        n_biases: Last places of `towers` that are biases and ones: 2 for each model side by side.

    Returns:
        A `FittedModel`.

    Raises:
        ValueError: If a number isn't finite.
    """
    if not all(np.isfinite(part).all() for part in (*towers, *choice.factors, choice.users)):
        raise ValueError(
            f"training ended in numbers that aren't finite, with {settings}: take a smaller "
            "learning_rate or l2, or ratings of a usual size; what was fitted before stays"
        )
    known = interactions.of_ids(encoders[0].all_ids, encoders[1].all_ids)
    firsts = choice.first_places()
    users, items = (
        _side(name, known, Odds.of(interactions, len(own), len(others)), encoder, told, (own, others), first)
        for name, encoder, told, own, others, first in zip(
            ("user", "item"), encoders, evidence, towers, towers[::-1], firsts, strict=True
        )
    )
    liking, guesses = zip(
        *[_liking(*part) for part in zip((users, items), towers, towers[::-1], strict=True)], strict=True
    )
    n_rated = np.append(users.n_rated, 0)
    chosen = _padded(choice.users, len(liking[0]))
    to_score, to_list = user_rows(liking[0], chosen, guesses[0], n_rated, interactions.has_disliked)
    n, as_candidate = items.n_trained, choice.factors.as_candidate
    new = np.zeros((len(liking[1]) - n, as_candidate.shape[1]))
    trained = item_rows(liking[1][:n], as_candidate, guesses[1][:n])
    found = np.vstack([trained, item_rows(liking[1][n:], new, guesses[1][n:], np.zeros(len(new)))])
    to_score, to_list, found = (np.asarray(part, np.float32) for part in (to_score, to_list, found))
    widths = towers[0].shape[1] - n_biases, n_biases, 2, choice.users.shape[1], guesses[0].shape[1]
    ids = users.encoder.all_ids, items.encoder.all_ids
    vectors = ServedVectors(*ids, to_score, to_list, found, widths).checked()
    return FittedModel(
        settings,
        known,
        (users, items),
        _padded(choice.factors.as_rated, len(found)),
        choice.factors.squares,
        choice.factors.kept,
        vectors,
        Levels.of(interactions.given),
        Calibration.of_log_odds(interactions),
        interactions.has_disliked,
        n_changed=0,
        training_log=log,
    )


def mean_of(models: Sequence[FittedModel]) -> FittedModel:
    """Set the tastes and biases of models of the same data side by side; see the facade's `mean_of`."""
    first, data = models[0], models[0].interactions
    encoders = tuple(side.encoder for side in first.sides)
    for model in models[1:]:
        if any(not np.array_equal(a, model.interactions.arrays()[n]) for n, a in data.arrays().items()):
            raise ValueError("these were fitted on different interactions: give fits of the same")
        if any(a.describe() != b.encoder.describe() for a, b in zip(encoders, model.sides, strict=True)):
            raise ValueError("these were fitted with different features: give fits with the same")
    same = all(
        np.array_equal(a.rows, b.encoder.rows)
        for model in models
        for a, b in zip(encoders, model.sides, strict=True)
    )
    if any(model.n_changed for model in models) or not same:
        raise ValueError(
            "some of these were updated since their fit: give fits, and update what is made of them"
        )
    n_users, n_items = (side.n_trained for side in first.sides)
    as_candidate = first.vectors.block(first.vectors.items, "choice")[:n_items]
    trained = data.of_ids(data.user_ids[:n_users], data.item_ids[:n_items])
    factors = ItemFactors(first.as_rated[:n_items], as_candidate, first.squares, first.kept)
    choice = Choice.of(factors, trained)
    towers = []
    for name, n in (("users", n_users), ("items", n_items)):
        rows = [(model.vectors, getattr(model.vectors, name)[:n]) for model in models]
        blocks = [v.block(row, block) for block in ("taste", "bias") for v, row in rows]
        towers.append(np.hstack(blocks) / len(models) ** 0.5)
    parts = trained, encoders, evidence_of(trained, encoders, choice), towers, choice, first.training_log
    n_biases = sum(model.vectors.widths[1] for model in models)
    learned = np.mean([model.calibration for model in models], axis=0)
    return replace(build(first.settings, *parts, n_biases), calibration=Calibration(*learned.tolist()))


def evidence_of(interactions: Interactions, encoders, choice: Choice) -> tuple[np.ndarray, np.ndarray]:
    """Estimate what the columns of the users tell, and those of the items: of their biases and choices."""
    indices = interactions.user_index, interactions.item_index
    chosen = choice.users[:, :TELLING], choice.factors.as_rated[:, :TELLING]
    users, items = (
        evidence(encoder, log_odds(interactions, index, encoder.n_trained)[:, None], targets)
        for encoder, index, targets in zip(encoders, indices, chosen, strict=True)
    )
    return users, items


def _side(
    name: str, known: Interactions, odds: Odds, encoder, told: np.ndarray, towers, first: np.ndarray
) -> Side:
    """Learn what features say of one side, of its own tower and the others'."""
    own, others = towers
    n_rated, n_liked = tallies(known, name)
    n_others = tallies(known, "item" if name == "user" else "user")[0][: len(others)]
    liking_map = FeatureMap.fit(encoder, told, own, n_rated[: len(own)])
    met = others if known.has_disliked else others - others.mean(axis=0)
    scatter = Scatter.of(liking_map.covariance, met, n_others)
    choice_map = FeatureMap.fit(encoder, told, first)
    n_fit = n_rated[: len(own)].copy()
    return Side(name, encoder, liking_map, choice_map, scatter, odds, n_fit, n_rated, n_liked)


def _liking(side: Side, own: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lay out what is liked, and guess choice, of all ids of a side and of one never met."""
    encoder = side.encoder
    features = encoder.features_of(np.vstack([encoder.rows, np.zeros_like(encoder.rows[:1])]))
    rows = np.vstack([own, side.liking_map(features[len(own) :])])
    n = side.n_trained
    trained = newcomer_rows(side.name, side.n_fit, side.above(np.arange(n), own, others.mean(axis=0)))
    return np.hstack(
        [rows, np.vstack([trained, newcomer_rows(side.name, np.zeros(len(rows) - n), None)])]
    ), side.choice_map(features)


def _padded(part: np.ndarray, n: int) -> np.ndarray:
    """Add zeros for ids without ratings, up to n rows."""
    return np.concatenate([part, np.zeros((n - len(part), *part.shape[1:]), part.dtype)])
