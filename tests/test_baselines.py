import numpy as np
import pandas as pd
import pytest

from dbrec.evaluation.auc import auc, auc_per_user
from dbrec.features.encoder import FeatureEncoder, one_hot
from dbrec.scoring.baselines import item_mean, logistic_regression, popularity

RATINGS = pd.DataFrame(
    [(1, 10, 5), (1, 20, 1), (2, 10, 3), (2, 30, 4), (3, 10, 4)], columns=["user_id", "item_id", "rating"]
)


def test_popularity_counts_ratings():
    assert popularity(RATINGS).score([1, 1, 1, 9], [10, 20, 99, 10]).tolist() == [3, 1, 0, 3]


def test_the_item_mean_falls_back_to_the_mean_of_all():
    assert item_mean(RATINGS).score([1, 2, 3], [10, 30, 99]).tolist() == pytest.approx([4, 4, 3.4])


def test_baselines_recommend_unseen_items():
    assert popularity(RATINGS).recommend(1).item_id.tolist() == [30]


def test_logistic_regression_knows_users_who_like_freely_but_ranks_items_alike_for_all(planted):
    random = np.random.default_rng(0)
    freely = random.normal(size=100)
    pairs = pd.MultiIndex.from_product([range(100), range(30)]).to_frame(
        index=False, name=["user_id", "item_id"]
    )
    pairs["rating"] = np.where(freely[pairs.user_id] + pairs.item_id / 30 - 0.5 > 0, 5, 1)
    fitted = logistic_regression(pairs)
    scores = fitted.score(pairs.user_id, pairs.item_id)
    assert auc(pairs.rating > 3, scores) > 0.95
    orders = {tuple(np.argsort(fitted.score(user, range(30)))) for user in range(100)}
    assert len(orders) == 1


def test_logistic_regression_scores_unseen_items_by_their_features(planted):
    ratings = planted["ratings"][planted["ratings"].user_id.isin(planted["users"].index[::2])]  # all like red
    train, test = ratings[ratings.item_id < 150], ratings[ratings.item_id >= 150]
    fitted = logistic_regression(train, planted["users"], planted["items"])
    scores = fitted.score(test.user_id, test.item_id)
    assert auc_per_user(test.user_id, test.rating > 3, scores).mean() == 1


def test_one_hot_gives_a_column_to_each_id_and_category_and_none_to_what_is_unknown():
    films = pd.DataFrame(
        {"genres": [("Drama", "War"), ("War",), ()], "studio": ["x", "y", None]}, index=[10, 20, 30]
    )
    encoder = FeatureEncoder.fit([10, 20], films)
    assert one_hot(encoder, encoder.rows).toarray().tolist() == [
        [1, 0, 1, 1, 1, 0],
        [0, 1, 0, 1, 0, 1],
        [0, 0, 0, 0, 0, 0],
    ]


@pytest.mark.parametrize("baseline", [popularity, item_mean, logistic_regression])
@pytest.mark.parametrize(
    ("ratings", "error", "message"),
    [
        (None, TypeError, "ratings is a NoneType: give a frame with the columns"),
        ({"user_id": [1], "item_id": [2], "rating": [3]}, TypeError, "ratings is a dict: give a frame"),
        (RATINGS["rating"], TypeError, "ratings is a Series: give a frame"),
        (
            RATINGS.drop(columns="item_id"),
            ValueError,
            r"ratings has the columns \['user_id', 'rating'\]: .* must be",
        ),
        (
            pd.concat([RATINGS, RATINGS], axis=1),
            ValueError,
            "ratings has the columns .* must be there, each once",
        ),
        (RATINGS.head(0), ValueError, "ratings has no rows: give at least one"),
        (
            RATINGS.assign(user_id=[1, 1, 2, 2, None]),
            ValueError,
            r"ratings\['user_id'\] has a missing value at",
        ),
        (
            RATINGS.assign(item_id=[1, "1", 2, 3, 1]),
            TypeError,
            r"ratings\['item_id'\] must be .* ints or text",
        ),
    ],
)
def test_baselines_refuse_what_holds_no_pairs(baseline, ratings, error, message):
    with pytest.raises(error, match=message):
        baseline(ratings)


@pytest.mark.parametrize("baseline", [item_mean, logistic_regression])
@pytest.mark.parametrize(
    ("stars", "message"),
    [
        ([5, 1, None, 4, 4], "1 ratings are not finite numbers: give one a row, or leave the row out"),
        ([5, 1, np.inf, 4, -np.inf], "2 ratings are not finite numbers"),
        (pd.array([5, 1, None, 4, 4], "Int64"), "1 ratings are not finite numbers"),
        (["5", "1", "3", "4", "4"], r"ratings are string, such as \['5', '1', '3'\]: give numbers"),
        ([5j, 1, 1, 1, 1], "ratings are complex, .*: give numbers"),
    ],
)
def test_baselines_refuse_ratings_that_are_no_numbers(baseline, stars, message):
    with pytest.raises(ValueError, match=message):
        baseline(RATINGS.assign(rating=stars))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"liked_from": 1}, r"of 5 ratings, 5 are liked \(rating >= 1\): choose liked_from between"),
        ({"liked_from": 5.5}, r"of 5 ratings, 0 are liked \(rating >= 5.5\): choose liked_from between"),
        *[({"liked_from": value}, "liked_from is .*: give a finite number") for value in ("4", np.nan, None)],
        *[({"c": c}, r"c is .*: give a finite number in \(0, inf\)") for c in (0, -1, "a", np.nan, np.inf)],
    ],
)
def test_logistic_regression_refuses_settings_that_it_cannot_fit(settings, message):
    with pytest.raises(ValueError, match=message):
        logistic_regression(RATINGS, **settings)


def test_a_rating_of_four_is_liked_by_default():
    stars = RATINGS.assign(rating=[4, 3, 4, 3, 4])
    expected = logistic_regression(stars.assign(rating=[1, 0, 1, 0, 1]), liked_from=1, c=0.3)
    assert np.array_equal(logistic_regression(stars).user_vectors, expected.user_vectors)


def test_baselines_take_ids_and_ratings_of_any_type_that_stands_for_numbers():
    odd = RATINGS.astype({"user_id": "category", "item_id": "Int64", "rating": object})
    for baseline in (popularity, item_mean, logistic_regression):
        assert np.array_equal(
            baseline(odd).score([1, 2], [10, 30]), baseline(RATINGS).score([1, 2], [10, 30])
        )


def test_the_chances_of_logistic_regression_are_right_on_average():
    # the intercept has no penalty, so that the chances sum to the number of liked ratings: 3 of 5
    scores = logistic_regression(RATINGS).score(RATINGS["user_id"], RATINGS["item_id"])
    assert (1 / (1 + np.exp(-scores))).mean() == pytest.approx(0.6, abs=1e-3)
