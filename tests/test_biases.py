import numpy as np
import pandas as pd
import pytest

from dbrec.features.encoder import FeatureEncoder
from dbrec.interactions import Interactions
from dbrec.scoring.biases import fit_biases, log_odds


@pytest.fixture
def tight(monkeypatch):
    """Solve as far as a comparison needs."""
    monkeypatch.setattr("dbrec.scoring.biases.TOLERANCE", 1e-12)


def made(n_users=30, n_items=12, seed=0):
    """Draw ratings whose liking hangs on the colour of the user and on the item."""
    random = np.random.default_rng(seed)
    users, items = np.divmod(np.flatnonzero(random.random(n_users * n_items) < 0.5), n_items)
    chance = 0.3 + 0.4 * (users % 2) - 0.2 * (items % 3 == 0)
    rating = np.where(random.random(len(users)) < chance, 5, 2)
    return Interactions.from_frame(pd.DataFrame({"user_id": users, "item_id": items, "rating": rating}), 4)


def encoders_of(data):
    colours = pd.DataFrame({"colour": ["red", "blue"] * (len(data.user_ids) // 2)}, index=data.user_ids)
    tags = pd.DataFrame(
        {"tags": [("x",) * (j % 3 == 0) + ("y",) * (j % 2 == 0) for j in range(len(data.item_ids))]},
        index=data.item_ids,
    )
    return FeatureEncoder.fit(data.user_ids, colours, "user"), FeatureEncoder.fit(data.item_ids, tags, "item")


def by_hand(data, told):
    """Solve the penalised least squares: a column for each id, colour and tag, penalties 5 / told."""
    n_users, n_items = len(data.user_ids), len(data.item_ids)
    user, item = data.user_index, data.item_index
    colours = np.stack([np.arange(n_users) % 2 == 1, np.arange(n_users) % 2 == 0], axis=1)
    tags = np.stack([np.arange(n_items) % 3 == 0, np.arange(n_items) % 2 == 0], axis=1)
    of_users, of_items = np.hstack([np.eye(n_users), colours]), np.hstack([np.eye(n_items), tags])
    design = np.hstack([of_users[user], of_items[item]]).astype(float)
    penalties = np.r_[np.full(n_users, 5), [5 / told[0]] * 2, np.full(n_items, 5), [5 / told[1]] * 2]
    share = data.liked.mean()
    weights = np.linalg.solve(design.T @ design + np.diag(penalties), design.T @ (data.liked - share))
    weights /= share * (1 - share)
    return of_users @ weights[: n_users + 2], of_items @ weights[n_users + 2 :]


@pytest.mark.parametrize("told", [(1.0, 1.0), (0.4, 0.05), (0.001, 0.7)])
def test_they_are_the_ridge_regression_on_ids_and_on_features_by_what_these_tell(tight, told):
    data = made()
    found = fit_biases(data, encoders_of(data), [np.array([share]) for share in told])
    users, items = by_hand(data, told)
    assert found.users == pytest.approx(users, abs=1e-6)
    assert found.items == pytest.approx(items, abs=1e-6)


def test_the_solver_stops_within_a_hundredth_of_how_pairs_differ():
    data = made(300, 100)
    found = fit_biases(data, encoders_of(data), [np.ones(1), np.ones(1)])
    users, items = by_hand(data, (1, 1))
    error = (found.users - users)[:, None] + found.items - items
    assert np.sqrt(np.mean(error**2)) < 0.01 * (users[:, None] + items).std()


def test_two_users_and_one_item_without_features_by_hand(tight):
    # users 0 and 1, one item, one liked rating of two: (1 + 5) a + b = 1/2, (1 + 5) c + b = -1/2 and
    # a + c + (2 + 5) b = 0, so a = 1/12, c = -1/12, b = 0; each over a variance of 1/4
    frame = pd.DataFrame({"user_id": [0, 1], "item_id": [7, 7], "rating": [5, 1]})
    data = Interactions.from_frame(frame, 4)
    encoders = FeatureEncoder.fit(data.user_ids), FeatureEncoder.fit(data.item_ids)
    found = fit_biases(data, encoders, [np.empty(0), np.empty(0)])
    assert found.users == pytest.approx([4 / 12, -4 / 12]) and found.items == pytest.approx([0])


def test_a_column_that_tells_something_moves_those_with_few_ratings(tight):
    data = made()
    encoders = encoders_of(data)
    strong, weak = (fit_biases(data, encoders, [np.array([share]), np.ones(1)]).users for share in (1, 0.001))
    apart = [biases[1::2].mean() - biases[::2].mean() for biases in (strong, weak)]
    assert apart[0] > apart[1] > 0  # odd ones like more
    assert strong[::2].std() < weak[::2].std() + 0.05


def test_log_odds_of_ratings_are_drawn_towards_those_of_all():
    users = np.array([0] * 95 + [1])
    rating = np.array([5] * 60 + [1] * 36)
    data = Interactions.from_frame(
        pd.DataFrame({"user_id": users, "item_id": np.r_[np.arange(95), 0], "rating": rating}), 4
    )
    everyone, many, one, none = 60 / 96, *log_odds(data, data.user_index, 3)
    assert many == pytest.approx(np.log((60 + 5 * everyone) / (35 + 5 * (1 - everyone))))
    assert none == pytest.approx(np.log(everyone / (1 - everyone)))
    assert one == pytest.approx(np.log(5 * everyone / (1 + 5 * (1 - everyone))))


CLICKS = pd.DataFrame({"user_id": [0, 0, 0, 1, 1, 2], "item_id": [0, 1, 2, 0, 1, 0]})


def test_log_odds_of_choices_are_those_to_choose_one_or_to_be_chosen():
    # six of three times three pairs; user 0 chose three of three, drawn by five pairs at 6 / 9
    data = Interactions.from_frame(CLICKS, 4)
    shares = (np.array([3, 2, 1]) + 5 * 6 / 9) / (3 + 5)
    expected = np.log(shares / (1 - shares))
    assert log_odds(data, data.user_index, 3) == pytest.approx(expected)
    assert log_odds(data, data.item_index, 3) == pytest.approx(expected)


def test_log_odds_of_choices_count_the_other_side():
    data = Interactions.from_frame(CLICKS[CLICKS.user_id < 2], 4)  # two users, three items, five of six pairs
    for_users, for_items = log_odds(data, data.user_index, 2), log_odds(data, data.item_index, 3)
    shares = (np.array([3, 2]) + 5 * 5 / 6) / (3 + 5), (np.array([2, 2, 1]) + 5 * 5 / 6) / (2 + 5)
    assert for_users == pytest.approx(np.log(shares[0] / (1 - shares[0])))
    assert for_items == pytest.approx(np.log(shares[1] / (1 - shares[1])))


@pytest.mark.parametrize("frame", [CLICKS, CLICKS.assign(rating=5), CLICKS.assign(weight=[1, 9, 2, 3, 3, 1])])
def test_where_only_choices_are_known_biases_are_log_odds(frame):
    data = Interactions.from_frame(frame, 4)
    encoders = FeatureEncoder.fit(data.user_ids), FeatureEncoder.fit(data.item_ids)
    found = fit_biases(data, encoders, [np.empty(0), np.empty(0)])
    assert np.array_equal(found.users, log_odds(data, data.user_index, 3))
    assert np.array_equal(found.items, log_odds(data, data.item_index, 3))


def test_one_disliked_item_among_liked_ones_has_a_bias_of_a_usual_size():
    users, items = (part.ravel() for part in np.indices((200, 60)))
    rating = np.where((items == 7) & (users < 6), 1, 5)
    data = Interactions.from_frame(pd.DataFrame({"user_id": users, "item_id": items, "rating": rating}), 4)
    kept = data.take((data.item_index != 7) | (data.user_index < 6))  # six of six dislike it
    encoders = FeatureEncoder.fit(kept.user_ids), FeatureEncoder.fit(kept.item_ids)
    biases = fit_biases(kept, encoders, [np.ones(0)] * 2)
    # of twelve halves of labels near 1, drawn by 5 ratings: 6 / 11 of the way, over a variance of 0.1
    assert -6 < biases.items[7] < -5 and abs(np.delete(biases.items, 7)).max() < 0.1
