"""What was found by trying, each by the smallest case that shows it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from made_models import made

from dbrec.interactions import Interactions
from dbrec.recommender import HybridRecommender
from dbrec.scoring.calibration import Calibration
from dbrec.scoring.people import Person
from dbrec.settings import Settings
from dbrec.training.calibrating import calibrated, hold_out
from dbrec.training.fit import prepare

SMALL = Settings(embedding_dim=3, choice_dim=8, verbose=False)


def many(n_users=60, n_items=60, n=2600, seed=0):
    """Draw pairs, enough to hold some out."""
    drawn = np.random.default_rng(seed).choice(n_users * n_items, n, replace=False)
    return pd.DataFrame({"user_id": drawn // n_items, "item_id": drawn % n_items})


def made_and_calibrated(frame, sample_weight=None, seed=0):
    """Do what a fit does, with drawn vectors in place of training."""
    ready = prepare(SMALL, Interactions.from_frame(frame, 4, sample_weight=sample_weight), None, None)
    data = ready.interactions
    kept = pd.DataFrame(
        {"user_id": data.user_ids[data.user_index], "item_id": data.item_ids[data.item_index]}
    )
    if data.weight is None:
        kept["rating"] = data.value
    model = made(kept, seed=seed, sample_weight=data.importance).fitted_
    return calibrated(model, data, ready.held, seed), ready


def test_all_that_was_held_out_is_known_and_counts_as_in_the_fit_afterwards():
    frame = many().assign(rating=np.random.default_rng(1).integers(1, 6, 2600))
    model, ready = made_and_calibrated(frame)
    data = model.interactions
    found = set(zip(data.user_index, data.item_index, data.value.astype(int), strict=True))
    assert len(ready.held) == 52 and model.n_changed == 0
    assert found == set(map(tuple, frame.to_numpy().tolist()))


def test_choices_are_calibrated_beside_as_many_that_are_none():
    model, _ = made_and_calibrated(many())
    assert model.calibration.liking >= 0 and model.calibration.choice >= 0
    assert len(model.interactions) == 2600 and not model.has_disliked


@pytest.mark.parametrize("n", [1, 2])
def test_items_of_a_newcomers_probability_come_in_any_iterable(n):
    some = made(many(8, 8, 40).assign(rating=np.arange(40) % 5 + 1))
    items = some.item_ids[:n]
    assert some.probability_for(iter(items)).tolist() == some.probability_for(items).tolist()


@pytest.mark.parametrize("rated", [True, False])
def test_a_question_tells_what_its_answer_takes_away(rated):
    pairs = many(20, 15, 120)
    some = made(pairs.assign(rating=np.arange(120) % 5 + 1) if rated else pairs)
    model, asked = some.fitted_, some.ask_next(k=1).iloc[0]
    items, n_rated = model.vectors.liking_rows(model.vectors.items[:-1]), model.sides[1].n_rated

    def unsure(**told):
        person = Person.of(model, None, told.get("liked", []), told.get("disliked", []))
        return np.average(((items @ person.posterior.root) ** 2).sum(axis=1), weights=n_rated)

    for answer in ("liked", "disliked"):
        assert asked["tells"] == pytest.approx(unsure() - unsure(**{answer: [asked["item_id"]]}))


def test_the_mean_of_calibrated_ones_is_calibrated():
    one = made(many(8, 8, 40).assign(rating=np.arange(40) % 5 + 1))
    one.fitted_ = replace(one.fitted_, calibration=Calibration(0.3, 0.2, -1.0))
    both = HybridRecommender.mean_of([one, one])
    assert both.probability(0, [1, 2]) == pytest.approx(one.probability(0, [1, 2]), abs=1e-5)


@pytest.mark.parametrize(("most", "only"), [(5, 1), (1, 5)])
def test_what_is_left_to_train_on_is_of_both_kinds_where_all_is(most, only):
    data = Interactions.from_frame(many().assign(rating=np.where(np.arange(2600) == 7, only, most)), 4)
    for seed in range(400):  # a fiftieth of them hold the only one out
        kept, _ = hold_out(data, seed)
        assert kept.liked.any() and not kept.liked.all()


def test_what_was_held_out_keeps_its_sample_weight():
    frame = many().assign(rating=np.random.default_rng(1).integers(1, 6, 2600))
    weights = pd.Series(np.random.default_rng(2).uniform(0.5, 2, 2600))
    data = made_and_calibrated(frame, weights)[0].interactions
    found = pd.Series(data.importance, pd.MultiIndex.from_arrays([data.user_index, data.item_index]))
    expected = (weights / weights.mean()).to_numpy()
    assert found[pd.MultiIndex.from_frame(frame[["user_id", "item_id"]])].to_numpy() == pytest.approx(
        expected, rel=0.02
    )


def test_choices_of_nearly_everything_by_everybody_are_calibrated_or_not_and_never_refused():
    pairs = np.arange(3600)
    pairs = pairs[pairs % 900 != 7]
    made_and_calibrated(pd.DataFrame({"user_id": pairs // 60, "item_id": pairs % 60}))
