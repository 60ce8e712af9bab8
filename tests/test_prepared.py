"""What training starts from: samplers of sides that can be anchors, a prior by shared taste, a network."""

import numpy as np
import pandas as pd
import pytest

from dbrec.interactions import Interactions
from dbrec.settings import Settings
from dbrec.training.batches import position_dataset
from dbrec.training.fit import PRIOR, prepare
from dbrec.training.sampling import TripletSampler

SETTINGS = Settings(embedding_dim=4, choice_dim=3, seed=5, verbose=False)
CHOICES = [(0, 0), (0, 1), (1, 1), (1, 2), (2, 0)]  # of users and items


def prepared(rows, columns=("user_id", "item_id", "rating"), users=None, items=None):
    frame = pd.DataFrame(rows, columns=list(columns))
    return prepare(SETTINGS, Interactions.from_frame(frame, SETTINGS.liked_from), users, items)


def drawn(sampler, size=300):
    return set(zip(*(part.tolist() for part in sampler.sample(size)), strict=True))


@pytest.mark.parametrize(
    ("ratings", "sides"),
    [
        ([(0, 0, 5), (0, 1, 2), (1, 0, 3), (1, 1, 4)], ["user", "item"]),
        ([(0, 0, 5), (0, 1, 2), (1, 2, 4), (1, 3, 1)], ["user"]),  # each item has one rating
        ([(0, 0, 5), (1, 0, 2), (2, 1, 4), (3, 1, 1)], ["item"]),  # each user has one rating
        ([(0, 0, 5), (0, 1, 3), (1, 1, 2), (1, 2, 4)], ["user"]),  # nobody likes the item that two rated
        ([(0, 0, 5), (0, 1, 5), (1, 0, 2), (1, 1, 2)], ["item"]),  # each user rates all items alike
    ],
)
def test_the_sides_that_can_be_anchors_are_learned_from(ratings, sides):
    ready = prepared(ratings)
    assert list(ready.samplers) == sides
    assert ready.n_positives == min(len(ready.samplers[side]) for side in sides)
    network = ready.networks()[0]
    assert network.anchors == tuple(sides) and network.negatives_rated
    (batch,) = next(position_dataset(list(ready.samplers.values()), 8).as_numpy_iterator())
    assert len(batch) == len(sides) and np.isfinite(float(network(batch)))


def test_where_neither_side_can_be_an_anchor_it_says_what_is_lacking():
    message = (
        r"none of 2 users gave two items different ratings, and none of 2 items is liked \(rating >= 4\)"
    )
    with pytest.raises(ValueError, match=message):
        prepared([(0, 0, 5), (1, 1, 1)]).samplers  # noqa: B018


def test_a_user_may_prefer_what_they_do_not_like_and_an_item_is_told_by_who_likes_it():
    samplers = prepared([(0, 0, 3), (0, 1, 1), (1, 0, 5), (1, 1, 2), (2, 0, 4)]).samplers
    assert drawn(samplers["user"]) == {(0, 0, 1), (1, 0, 1)}
    assert drawn(samplers["item"]) == {(0, 1, 0), (0, 1, 2), (0, 2, 0)}


def test_each_side_draws_by_a_seed_of_its_own():
    ready = prepared([(0, 0, 5), (0, 1, 2), (1, 0, 3), (1, 1, 4)])
    data = ready.interactions
    by_user = TripletSampler(data.user_index, data.item_index, data.value, seed=5)
    by_item = TripletSampler(data.item_index, data.user_index, data.value, 4, seed=6)
    for found, expected in zip(ready.samplers.values(), (by_user, by_item), strict=True):
        assert np.array_equal(found.sample(50), expected.sample(50))


@pytest.mark.parametrize("number", ["weight", "rating", None])
def test_where_only_choices_are_known_the_negatives_were_never_chosen(number):
    columns = ["user_id", "item_id", *([number] if number else [])]
    rows = [(*pair, 4 + place)[: len(columns)] for place, pair in enumerate(CHOICES)]
    ready = prepared(rows, columns)
    assert drawn(ready.samplers["user"]) == {(0, 0, 2), (0, 1, 2), (1, 1, 0), (1, 2, 0), (2, 0, 1), (2, 0, 2)}
    # item 0 was chosen by users 0 and 2, item 1 by 0 and 1, item 2 by 1
    expected = {(0, 0, 1), (0, 2, 1), (1, 0, 2), (1, 1, 2), (2, 1, 0), (2, 1, 2)}
    assert drawn(ready.samplers["item"]) == expected
    assert ready.n_positives == 5 and not ready.networks()[0].negatives_rated


def test_who_chose_all_starts_no_triplet_and_is_a_positive_of_items_still():
    samplers = prepared([(0, 0), (0, 1), (1, 0)], ["user_id", "item_id"]).samplers
    assert drawn(samplers["user"]) == {(1, 0, 1)}
    assert drawn(samplers["item"]) == {(1, 0, 1)}


def test_the_prior_is_stronger_for_less_shared_taste_and_for_columns_that_tell_less(monkeypatch):
    monkeypatch.setattr("dbrec.training.fit.shared_taste", lambda *_: 0.25)
    # user 0 likes all of 12 items, user 1 none, user 2 the first half
    rows = [
        (user, item, star) for item in range(12) for user, star in enumerate((5, 2, 5 if item < 6 else 1))
    ]
    titles = [f"the {word} book" for word in "abcdefghijkl"]
    items = pd.DataFrame({"title": titles, "year": range(12)})
    ready = prepared(rows, users=pd.DataFrame({"job": ["cook", "spy", "spy"]}), items=items)
    assert [column.name for column in ready.item_encoder.columns] == ["year", "title"]
    vars(ready)["evidence"] = np.array([0.5]), np.array([0.25, 0.125])
    # only user 2 rates unlike: 6 positives; each of the first six items has two, each of the others one
    assert [len(sampler) for sampler in ready.samplers.values()] == [6, 18]
    strength = PRIOR / 0.25 / 6
    users, items = ready.prior().strengths
    assert users == pytest.approx([strength, strength / 0.5])
    assert items == pytest.approx([strength, strength / 0.25])  # words are in no tower


@pytest.mark.parametrize("columns", [["user_id", "item_id", "rating"], ["user_id", "item_id"]])
def test_training_starts_from_the_biases_in_closed_form(columns):
    rows = [(*pair, star)[: len(columns)] for pair, star in zip(CHOICES, (5, 1, 4, 3, 5), strict=True)]
    ready = prepared(rows, columns)
    network, _ = ready.networks()
    towers, biases = (network.user_tower, network.item_tower), (ready.biases.users, ready.biases.items)
    for tower, expected in zip(towers, biases, strict=True):
        start = tower.tables[0].weights[0].numpy()[:, -1]
        assert start == pytest.approx([0, *expected], abs=1e-6) and np.ptp(expected) > 0.01


def test_the_network_that_scores_has_the_towers_that_are_trained():
    ready = prepared([(0, 0, 5), (0, 1, 2), (1, 0, 3), (1, 1, 4)])
    network, scores = ready.networks()
    assert scores.get_layer("user_tower") is network.user_tower
    assert scores.get_layer("item_tower") is network.item_tower
    assert [layer.name for layer in scores.inputs] == ["user", "item", "user_history"]


def test_a_side_of_next_to_no_triplets_is_not_learned_from():
    rows = [(user, 10 * user + place, rating) for user in range(30) for place, rating in enumerate((5, 1, 4))]
    assert list(prepared(rows).samplers) == ["user"]  # no item is shared
    one_more = prepared([*rows, (30, 0, 1), (30, 1, 5)])  # now two are, and each has one triplet or two
    assert list(one_more.samplers) == ["user"] and one_more.n_positives > 60
