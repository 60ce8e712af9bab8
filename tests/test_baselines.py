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
