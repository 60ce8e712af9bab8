import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from dbrec import HybridRecommender
from dbrec.evaluation.calibration import reliability
from dbrec.interactions import Interactions
from dbrec.scoring.calibration import Calibration
from dbrec.settings import Settings
from dbrec.training import calibrating
from dbrec.training.calibrating import hold_out
from dbrec.training.fit import prepare

RANDOM = np.random.default_rng(0)
SMALL = {"embedding_dim": 8, "choice_dim": 16, "epochs": 3, "learning_rate": 0.03, "verbose": False}


def test_what_liking_and_choice_count_is_found_again_in_what_they_have_made():
    liking, choice = RANDOM.normal(size=(2, 40_000))
    liked = RANDOM.random(40_000) < expit(1.3 * liking + 0.5 * choice - 0.4)
    found = Calibration.fit(liking, choice, np.zeros(40_000), liked)
    assert found == pytest.approx((1.3, 0.5, -0.4), abs=0.05)


def test_a_line_is_found_again_through_what_is_not_known_of_the_log_odds():
    liking, variances = RANDOM.normal(size=40_000), RANDOM.uniform(0, 3, 40_000)
    true = liking + np.sqrt(variances) * RANDOM.normal(size=40_000)
    liked = RANDOM.random(40_000) < expit(1.2 * true + 0.3)
    found = Calibration.fit(liking, np.zeros(40_000), variances, liked)
    assert (found.liking, found.start) == pytest.approx((1.2, 0.3), abs=0.08)


@pytest.mark.parametrize("variance", [0.0, 0.5, 3.0])
def test_a_probability_is_its_mean_over_what_is_not_known(variance):
    drawn = 1.1 * (0.8 + np.sqrt(variance) * RANDOM.normal(size=400_000)) + 0.2
    found = Calibration(1.1, 1.0, 0.2)(np.array([0.8]), np.array([0.0]), np.array([variance]))
    assert found == pytest.approx([expit(drawn).mean()], abs=0.01)


def test_more_liking_is_never_a_lower_probability():
    scores = RANDOM.normal(size=2000)
    found = Calibration.fit(scores, scores, np.zeros(2000), scores < 0)  # all the wrong way round
    assert found.liking == found.choice == 0


def test_what_speaks_against_liking_counts_nothing_and_the_rest_is_learned_without_it():
    liking, choice = RANDOM.normal(size=40_000), 2 + RANDOM.normal(size=40_000)
    liked = RANDOM.random(40_000) < expit(1.2 * liking - 0.5 * choice + 1)
    found = Calibration.fit(liking, choice, np.zeros(40_000), liked)
    assert found.choice == 0 and found(liking, choice, np.zeros(40_000)).mean() == pytest.approx(
        liked.mean(), abs=0.01
    )


def drawn(n_users=150, n_items=60, share=0.5, liked=0.5):
    """Draw ratings of 1 or 5."""
    users, items = np.nonzero(RANDOM.random((n_users, n_items)) < share)
    stars = np.where(RANDOM.random(len(users)) < liked, 5, 1)
    return pd.DataFrame({"user_id": users, "item_id": items, "rating": stars})


def test_a_fiftieth_is_held_out_and_no_row_of_it_is_trained_on():
    frame = drawn()
    data = Interactions.from_frame(frame, 4)
    ready = prepare(Settings(choice_dim=8), data, None, None)
    rows = [
        set(zip(part.user_index, part.item_index, strict=True)) for part in (ready.interactions, ready.held)
    ]
    assert rows[0].isdisjoint(rows[1]) and len(rows[0] | rows[1]) == len(data)
    assert len(rows[1]) == pytest.approx(0.02 * len(data), abs=2)
    assert np.bincount(ready.interactions.user_index, minlength=150).min() > 0
    assert ready.choice.users.shape[0] == 150


def test_no_id_loses_its_last_row(monkeypatch):
    monkeypatch.setattr(calibrating, "SHARE", 0.9)
    data = Interactions.from_frame(drawn(share=0.1), 4)
    kept, held = hold_out(data, seed=0)
    for side in ("user", "item"):
        index = getattr(kept, f"{side}_index")
        assert np.bincount(index, minlength=len(getattr(data, f"{side}_ids"))).min() >= 1
    assert len(kept) + len(held) == len(data) and len(held) > len(data) / 4


def test_at_most_so_many_are_held_out_and_the_seed_says_which(monkeypatch):
    monkeypatch.setattr(calibrating, "MOST", 60)
    data = Interactions.from_frame(drawn(), 4)
    assert len(hold_out(data, 0)[1]) == 60
    assert np.array_equal(hold_out(data, 0)[1].item_index, hold_out(data, 0)[1].item_index)
    assert not np.array_equal(hold_out(data, 0)[1].item_index, hold_out(data, 1)[1].item_index)


@pytest.mark.parametrize("frame", [drawn(20, 20), drawn(liked=0.999)])
def test_of_little_or_of_one_kind_nothing_is_held_out(frame):
    frame.loc[0, "rating"] = 5
    data = Interactions.from_frame(frame, 4)
    kept, held = hold_out(data, 0)
    assert held is None and kept is data


@pytest.fixture(scope="module")
def logistic_world():
    """Users and items with a bias and a taste, and ratings that are liked with those log odds."""
    random = np.random.default_rng(1)
    users, items = random.normal(size=(600, 3)), random.normal(size=(120, 3))
    odds = users[:, :1] + items[:, :1].T + users[:, 1:] @ items[:, 1:].T
    user, item = np.nonzero(random.random(odds.shape) < 0.6)
    stars = np.where(random.random(len(user)) < expit(odds[user, item]), 5, 1)
    frame = pd.DataFrame({"user_id": user, "item_id": item, "rating": stars})
    held = random.random(len(frame)) < 0.3
    model = HybridRecommender(**SMALL | {"epochs": 12}).fit(frame[~held])
    return model, frame[held]


def test_of_those_told_that_they_like_it_by_so_much_so_many_do(logistic_world):
    model, test = logistic_world
    told = model.probability(test.user_id, test.item_id)
    assert told.dtype == np.float32 and 0 <= told.min() and told.max() <= 1
    bins = reliability(test.rating == 5, told, n_bins=5)
    assert bins.liked.to_numpy() == pytest.approx(bins.predicted.to_numpy(), abs=0.06)
    assert bins.liked.iloc[-1] - bins.liked.iloc[0] > 0.4


def test_who_rated_little_is_told_of_with_less_certainty(logistic_world):
    model, _ = logistic_world
    model = HybridRecommender(**SMALL).fit(pd.DataFrame(logistic_world[1]))
    n_rated = model.fitted_.sides[0].n_rated
    unsure = model.uncertainty(model.user_ids, model.item_ids[0])
    assert np.corrcoef(n_rated, unsure)[0, 1] < -0.3


def test_each_item_named_makes_a_newcomers_score_surer(logistic_world):
    model, _ = logistic_world
    side = model.fitted_.sides[0]
    from dbrec.scoring.people import Person

    alone = [
        np.trace(np.linalg.multi_dot([p.posterior.root, p.posterior.root.T]))
        for p in (Person.of(model.fitted_, None, range(n), []) for n in (0, 1, 5, 20))
    ]
    assert (np.diff(alone) < 0).all()
    assert alone[0] == pytest.approx(np.trace(side.scatter.basis @ side.scatter.basis.T))


def test_choices_stand_against_pairs_drawn_from_all():
    random = np.random.default_rng(0)
    kind = random.random((200, 60)) < np.where((np.arange(200)[:, None] + np.arange(60)) % 2 == 0, 0.5, 0.05)
    users, items = np.nonzero(kind)
    model = HybridRecommender(**SMALL | {"epochs": 6}).fit(pd.DataFrame({"user_id": users, "item_id": items}))
    own = model.probability(np.arange(200), np.arange(200) % 2).mean()
    other = model.probability(np.arange(200), 1 - np.arange(200) % 2).mean()
    assert own > 0.55 and other < 0.35
