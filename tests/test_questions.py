import numpy as np
import pandas as pd
import pytest

from dbrec import HybridRecommender
from dbrec.scoring.people import Person

SMALL = {"embedding_dim": 8, "choice_dim": 16, "epochs": 6, "learning_rate": 0.05, "verbose": False}


@pytest.fixture(scope="module")
def model(planted):
    return HybridRecommender(**SMALL).fit(planted["ratings"], planted["users"])


def test_the_first_question_takes_away_most_variance_weighed_by_who_knows_the_item(model):
    fitted = model.fitted_
    person = Person.of(fitted, None, [100], [101])
    items = fitted.vectors.liking_rows(fitted.vectors.items[:-1]).astype(float)
    covariance, n = person.posterior.root @ person.posterior.root.T, fitted.sides[1].n_rated
    worth = []
    for item in items:
        step = covariance @ item
        after = covariance - np.outer(step, step) / (4 + item @ step)
        less = [v @ (covariance - after) @ v for v in items]
        worth.append(np.average(less, weights=n))
    known = n / 80
    worth = np.array(worth)
    worth[:2] = 0  # 100 and 101 were named
    asked = model.ask_next(liked=[100], disliked=[101], k=3)
    best = int((worth * known).argmax())
    assert asked.item_id[0] == model.item_ids[best]
    assert asked.tells[0] == pytest.approx(worth[best]) and asked.known[0] == known[best]
    assert list(asked) == ["rank", "item_id", "known", "tells"] and asked["rank"].tolist() == [1, 2, 3]


def test_what_was_named_or_left_out_is_not_asked_about(model):
    first = model.ask_next(k=60).item_id
    assert sorted(first) == sorted(model.item_ids)
    asked = model.ask_next(liked=first[:1], disliked=first[1:2], k=100, exclude=[*first[2:5], 7])
    assert sorted(asked.item_id) == sorted(first[5:])


def test_an_item_tells_less_after_one_like_it(planted):
    ratings = planted["ratings"]
    popular = ratings.item_id.value_counts().index[0]
    copy = ratings[ratings.item_id == popular].assign(item_id=999)
    twins = HybridRecommender(**SMALL | {"embedding_dim": 2}).fit(pd.concat([ratings, copy]))
    rows = twins.fitted_.vectors.items
    places = twins.item_ids.get_indexer([popular, 999])
    rows[places[1]] = rows[places[0]]
    asked = twins.ask_next(k=60).set_index("item_id")["rank"]
    second = asked[[popular, 999]].max()
    alone = twins.ask_next(k=60, exclude=[popular]).set_index("item_id")["rank"][999]
    assert second > alone


def test_it_works_where_only_choices_are_known_and_knows_features(planted):
    liked = planted["ratings"].query("rating == 5")[["user_id", "item_id"]]
    clicks = HybridRecommender(**SMALL).fit(liked, planted["users"])
    assert len(clicks.ask_next({"colour": "red"}, liked=[100], k=5)) == 5


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({"k": 0}, ValueError, "k is 0"),
        ({"liked": [7]}, KeyError, "items .7. are unknown"),
        ({"liked": [100], "disliked": [100]}, ValueError, "named as liked and as disliked"),
        ({"exclude": ["100"]}, TypeError, "exclude holds '100'"),
        ({"features": {"shape": 1}}, KeyError, "user features"),
    ],
)
def test_what_is_not_understood_is_refused(model, asked, error, message):
    with pytest.raises(error, match=message):
        model.ask_next(**asked)
