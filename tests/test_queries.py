import numpy as np
import pandas as pd
import pytest

from dbrec import HybridRecommender, split_ratings

SMALL = {"embedding_dim": 8, "choice_dim": 16, "epochs": 6, "learning_rate": 0.05, "verbose": False}


@pytest.fixture(scope="module")
def fitted(planted):
    train, test = split_ratings(planted["ratings"])
    return HybridRecommender(**SMALL).fit(train, planted["users"], planted["items"]), train, test


def test_the_users_for_an_item_are_those_of_the_highest_scores_who_have_not_rated_it(fitted):
    model, train, _ = fitted
    found = model.users_for(100, k=80)
    rated = set(train[train.item_id == 100].user_id)
    assert set(found.user_id) == set(model.user_ids) - rated
    assert found.score.to_numpy() == pytest.approx(model.score(found.user_id, 100), abs=1e-5)
    assert (np.diff(found.score) <= 0).all() and found["rank"].tolist() == list(range(1, len(found) + 1))
    assert len(model.users_for(100, k=80, exclude_seen=False)) == 80


def test_similar_users_are_of_the_same_kind(fitted):
    similar = fitted[0].similar_users("u0", k=10)
    assert "u0" not in similar.user_id.tolist() and similar.similarity.between(-1.0001, 1.0001).all()
    assert (similar.user_id.str[1:].astype(int) % 2 == 0).mean() >= 0.8


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda m: m.users_for(7), KeyError, "item 7 is unknown: give one of the 60 items of the fit"),
        (lambda m: m.users_for(100, exclude_seen="no"), ValueError, "exclude_seen is 'no'"),
        (lambda m: m.similar_users("nobody"), KeyError, "user 'nobody' is unknown"),
        (lambda m: m.similar_users(["u0", "u1"]), ValueError, "user_id holds 2 ids"),
        (lambda m: m.rank(["u0", "u1"], [100, 101, 102]), ValueError, "give pairs of equal number"),
        (
            lambda m: m.recommend_for(items=pd.DataFrame({"item_id": [100]})),
            TypeError,
            "for one person give ids",
        ),
        (lambda m: m.recommend_for(items=[7]), KeyError, "items holds .7., which are unknown"),
        (lambda m: m.evaluate(pd.DataFrame({"user_id": ["u0"]})), ValueError, "item_id"),
    ],
)
def test_what_is_not_understood_is_refused(fitted, ask, error, message):
    with pytest.raises(error, match=message):
        ask(fitted[0])


def test_a_newcomers_list_of_some_items_is_the_full_list_without_the_others(fitted):
    told = {"features": {"colour": "red"}, "liked": [100, 102], "disliked": [101]}
    full = fitted[0].recommend_for(**told, k=60)
    some = fitted[0].recommend_for(**told, k=5, items=range(100, 130), exclude=[110, 7])
    expected = full[full.item_id.between(100, 129) & (full.item_id != 110)].head(5)
    assert some.item_id.tolist() == expected.item_id.tolist()
    assert some.list_score.tolist() == expected.list_score.tolist()


def test_one_call_judges_it_all(fitted):
    model, _, test = fitted
    strangers = test.tail(20).assign(user_id="nobody", item_id=test.tail(20).item_id.to_numpy())
    table = model.evaluate(pd.concat([test, strangers.drop_duplicates("item_id")]), k=5, n_resamples=50)
    found = table.set_index(["part", "measure"]).value
    warm = test.user_id, test.item_id
    from dbrec import auc

    assert found["warm", "auc"] == pytest.approx(auc(test.rating == 5, model.score(*warm)))
    assert {"new users", "warm", "all"} == set(table.part)
    assert {"ndcg", "coverage", "log_loss", "brier", "auc_per_user"} <= set(table.measure)
    assert found["all", "coverage"] <= 1


def test_keras_callbacks_are_called_in_training(planted):
    from dbrec._quiet import keras

    class Count(keras.callbacks.Callback):
        n_epochs = 0

        def on_epoch_end(self, epoch, logs=None):
            self.n_epochs += 1

    counted = Count()
    HybridRecommender(**SMALL | {"epochs": 2}).fit(planted["ratings"], callbacks=[counted])
    assert counted.n_epochs == 2


def test_what_weighs_more_is_learned_more(planted):
    wrong = np.random.default_rng(0).random(1600) < 0.3
    ratings = planted["ratings"]
    ratings = ratings.assign(rating=np.where(wrong, 7 - ratings.rating, ratings.rating))
    even = [f"u{number}" for number in range(0, 80, 2)]

    def gap(sample_weight):
        model = HybridRecommender(**SMALL | {"choice_dim": 0}).fit(ratings, sample_weight=sample_weight)
        scores = np.mean([model.score(user, np.arange(100, 160)) for user in even], axis=0)
        return scores[::2].mean() - scores[1::2].mean()

    alike = gap(None)
    assert gap(np.where(wrong, 0.01, 1.0)) > 1.2 * alike > 0
    assert gap(np.full(1600, 7.0)) == pytest.approx(alike, rel=0.3)


@pytest.mark.parametrize(
    "weights", [[1.0], np.zeros(1600), np.full(1600, -1.0), np.full(1600, np.nan), ["a"] * 1600]
)
def test_weights_that_are_not_understood_are_refused(planted, weights):
    with pytest.raises(ValueError, match="sample_weight"):
        HybridRecommender(**SMALL).fit(planted["ratings"], sample_weight=weights)
