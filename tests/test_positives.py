"""Choices alone: clicks, weights and ratings that are all liked ones; what wasn't chosen is compared."""

import numpy as np
import pandas as pd
import pytest

from dbrec.data.splits import split_ratings
from dbrec.evaluation.auc import auc_per_user
from dbrec.recommender import HybridRecommender

QUICK = {"embedding_dim": 8, "epochs": 3, "verbose": False}


@pytest.fixture(scope="module")
def clicks():
    """Draw choices of a world with one right answer: nine of ten are of one's own kind.

    Each of 100 users chose 12 of 60 items. Users and items of even number are of one kind, the others of the
    other; the feature ``colour`` of both sides tells it.
    """
    random = np.random.default_rng(0)
    rows = []
    for user in range(100):
        chance = np.where(np.arange(60) % 2 == user % 2, 0.9, 0.1)
        rows += [(user, item) for item in random.choice(60, 12, replace=False, p=chance / chance.sum())]
    return pd.DataFrame(rows, columns=["user_id", "item_id"])


def colours(n):
    return pd.DataFrame({"colour": ["red", "blue"] * (n // 2)})


def as_weights(clicks):
    return clicks.assign(weight=np.random.default_rng(1).gamma(1, 100, len(clicks)))


def as_ratings(clicks):
    return clicks.assign(rating=np.random.default_rng(1).integers(4, 6, len(clicks)))


@pytest.fixture(scope="module", params=[lambda clicks: clicks, as_weights, as_ratings])
def fitted(request, clicks):
    """Fit without the last ten users and the last ten items, whose features stay known."""
    known = clicks[(clicks.user_id < 90) & (clicks.item_id < 50)]
    return HybridRecommender(**QUICK).fit(request.param(known), colours(100), colours(60))


def right_share(lists):
    """Compute which share of listed items is of the user's own kind."""
    return (lists.item_id % 2 == lists.user_id % 2).mean()


def test_lists_hold_unseen_items_of_ones_own_kind(fitted, clicks):
    lists = fitted.recommend(np.arange(90), k=5)
    assert right_share(lists) > 0.9
    pairs = set(zip(clicks.user_id, clicks.item_id, strict=True))
    kept = lists[lists.item_id < 50]
    assert pairs.isdisjoint(zip(kept.user_id, kept.item_id, strict=True))


def test_the_score_tells_what_is_chosen_from_what_is_not(fitted, clicks):
    users, items = np.divmod(np.arange(90 * 50), 50)
    assert auc_per_user(users, users % 2 == items % 2, fitted.score(users, items)).mean() > 0.75


def test_a_user_without_choices_is_told_by_their_feature(fitted):
    assert set(fitted.user_status(range(90, 100))) == {"features"}
    assert right_share(fitted.recommend(np.arange(90, 100), k=5)) == 1
    red, blue = (fitted.score_for(np.arange(50), {"colour": colour}) for colour in ("red", "blue"))
    assert (red - blue)[::2].min() > (red - blue)[1::2].max()


def test_new_items_enter_the_lists_of_their_kind(fitted):
    lists = fitted.recommend(np.arange(90), k=10)
    new = lists[lists.item_id >= 50]
    assert len(new) > 30 and right_share(new) > 0.9


def test_a_person_is_told_by_the_items_they_name(fitted):
    for kind in (0, 1):
        named = np.arange(kind, 12, 2)
        shown = fitted.recommend_for(liked=named, k=5)
        assert (shown.item_id % 2 == kind).mean() >= 0.8 and not set(shown.item_id) & set(named)
    assert len(fitted.recommend_for(disliked=[0, 2], k=5)) == 5


def test_saved_and_loaded_it_serves_the_same(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    again = HybridRecommender.load(tmp_path / "model")
    assert not again.fitted_.interactions.has_disliked
    assert again.recommend([0, 95], k=5).equals(fitted.recommend([0, 95], k=5))
    told = {"features": {"colour": "red"}, "liked": [1, 3], "disliked": [2], "k": 5}
    assert again.recommend_for(**told).equals(fitted.recommend_for(**told))
    assert again.score([0, 95, -1], [1, 55, -1]).tolist() == fitted.score([0, 95, -1], [1, 55, -1]).tolist()


def test_early_stopping_watches_what_is_chosen_beside_what_is_not(clicks):
    recommender = HybridRecommender(embedding_dim=8, epochs=None, verbose=False)
    train, held_out = split_ratings(clicks)
    log = recommender.fit(train, colours(100), colours(60), validation=held_out).training_log_
    # at best 0.75: nine of ten chosen are of the right kind, and two of five that weren't
    assert log.val_auc.max() > 0.65 and len(log) <= log.val_auc.argmax() + 3


def test_without_validation_the_epochs_are_found_on_a_tenth_of_the_choices(clicks, capsys):
    recommender = HybridRecommender(embedding_dim=8, epochs=None).fit(clicks)
    printed = capsys.readouterr().out
    assert f"best after {len(recommender.training_log_)} epochs; now on all 1,200 interactions" in printed


def test_a_pair_that_stands_twice_is_one_of_both_weights(clicks):
    weights = as_weights(clicks)
    halves = pd.concat([weights.assign(weight=weights.weight / 2)] * 2, ignore_index=True)
    one, other = (HybridRecommender(**QUICK | {"epochs": 1}).fit(frame) for frame in (weights, halves))
    assert len(other.fitted_.interactions) == len(clicks)
    assert other.score(0, range(60)).tolist() == one.score(0, range(60)).tolist()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"weight": 0}, "row 0 of ratings has the weight 0: give finite numbers above 0 and"),
        ({"weight": -1.5}, "row 0 of ratings has the weight -1.5: give finite numbers above 0"),
        ({"weight": np.nan}, "the weight nan: .* leave rows without a weight out"),
        ({"weight": 1, "rating": 5}, "has a rating and a weight: leave one of the two columns out"),
        ({"rating": 3}, r"none of 1200 rows in ratings is liked \(rating >= 4\): choose liked_from up to"),
    ],
)
def test_numbers_that_cannot_be_are_refused(clicks, columns, message):
    with pytest.raises(ValueError, match=message):
        HybridRecommender(**QUICK).fit(clicks.assign(**columns))


def test_one_choice_a_user_is_learned_from():
    ones = pd.DataFrame({"user_id": range(40), "item_id": np.arange(40) % 5})
    recommender = HybridRecommender(**QUICK).fit(ones)
    assert np.isfinite(recommender.score(range(40), 0)).all()
    assert len(recommender.recommend(0, k=4)) == 4


def test_one_rating_a_user_is_learned_from_by_the_items():
    ones = pd.DataFrame({"user_id": range(40), "item_id": np.arange(40) % 5, "rating": [5, 1, 4, 2] * 10})
    recommender = HybridRecommender(**QUICK).fit(ones)
    assert np.isfinite(recommender.score(range(40), 0)).all()


def test_one_item_is_learned_from_by_who_likes_it():
    towns = pd.DataFrame({"town": ["Ulm", "Bonn"] * 20})
    ratings = pd.DataFrame({"user_id": range(40), "item_id": 7, "rating": [5, 1] * 20})
    recommender = HybridRecommender(**QUICK).fit(ratings, users=towns)
    scores = recommender.score(range(40), 7)
    assert scores[::2].min() > scores[1::2].max()


def test_where_all_chose_all_there_is_nothing_to_compare():
    users, items = np.divmod(np.arange(12), 4)
    message = "each of 3 users chose each of 4 items.*give several items, not chosen by all"
    with pytest.raises(ValueError, match=message):
        HybridRecommender(**QUICK).fit(pd.DataFrame({"user_id": users, "item_id": items}))
    with pytest.raises(ValueError, match="each of 5 users chose each of 1 items"):
        HybridRecommender(**QUICK).fit(pd.DataFrame({"user_id": range(5), "item_id": "a"}))


def test_a_column_that_tells_nothing_does_no_harm_beside_a_good_one(planted):
    random, known = np.random.default_rng(2), (planted["users"], planted["items"])
    noisy = [
        frame.assign(noise=random.integers(0, n_kinds, len(frame)).astype(str))
        for frame, n_kinds in zip(known, (30, 20), strict=True)
    ]
    train, test = split_ratings(planted["ratings"])
    pairs, found = (test.user_id, test.item_id), []
    for frames in (known, noisy):
        scores = HybridRecommender(**QUICK | {"epochs": 9}).fit(train, *frames).score(*pairs)
        found.append(auc_per_user(test.user_id, test.rating > 3, scores).mean())
    assert abs(found[0] - found[1]) < 0.01


def test_where_validation_holds_disliked_ones_those_are_watched(clicks):
    # whoever stops by what is liked and what isn't must not be shown disliked ones as liked
    liked = clicks.assign(rating=5)
    other = liked.assign(item_id=(liked.item_id + 1) % 60, rating=1)  # of the other kind, mostly
    both = pd.concat([liked, other]).drop_duplicates(["user_id", "item_id"])
    recommender = HybridRecommender(**QUICK).fit(liked, colours(100), colours(60), validation=both)
    assert recommender.training_log_.val_auc.iloc[-1] > 0.8


def test_where_each_user_has_few_ratings_the_epochs_are_found_by_the_pooled_auc(clicks):
    few = as_ratings(clicks).groupby("user_id").head(10)
    few = few.assign(rating=np.where(few.item_id % 3, 5, 1))
    last = few.groupby("user_id").tail(1)  # one row a user: none has liked ones and others
    log = HybridRecommender(**QUICK).fit(few.drop(last.index), validation=last).training_log_
    assert log.val_auc.between(0, 1).all() and log.val_auc_per_user.isna().all()
    found = HybridRecommender(embedding_dim=8, epochs=None, verbose=False).fit(few)
    assert "val_auc" not in found.training_log_  # the last fit is on all, and unwatched
    with pytest.raises(ValueError, match="a tenth of each user's interactions is 0 in all: .* give epochs"):
        HybridRecommender(epochs=None, verbose=False).fit(few.groupby("user_id").head(3))


def test_a_mean_of_means_is_laid_out_as_the_mean_of_all_and_features_must_be_the_same(clicks):
    fits = [HybridRecommender(**QUICK | {"seed": seed}).fit(clicks, colours(100)) for seed in range(3)]
    flat = HybridRecommender.mean_of(fits)
    nested = HybridRecommender.mean_of([HybridRecommender.mean_of(fits[:2]), fits[2]])
    assert nested.fitted_.vectors.widths == flat.fitted_.vectors.widths
    plain = HybridRecommender(**QUICK).fit(clicks)
    with pytest.raises(ValueError, match="these were fitted with different features"):
        HybridRecommender.mean_of([fits[0], plain])
