import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from dbrec.data.splits import split_ratings
from dbrec.evaluation.auc import auc, auc_per_user
from dbrec.recommender import HybridRecommender
from dbrec.scoring.newcomers import log_odds_liked
from dbrec.training.workers import distributed

SMALL = {"embedding_dim": 8, "epochs": 40, "batch_size": 128, "members": 2, "verbose": False}


@pytest.fixture(scope="session")
def fitted(planted):
    """Fit without the last user and the last item; their features stay known."""
    ratings = planted["ratings"]
    known = ratings[(ratings.user_id != "u79") & (ratings.item_id != 159)]
    train, test = split_ratings(known)
    return HybridRecommender(**SMALL).fit(train, planted["users"], planted["items"]), train, test


def red_share(item_ids):
    return (np.asarray(item_ids) % 2 == 0).mean()


def test_it_finds_the_planted_taste_in_held_out_ratings(fitted):
    recommender, _, test = fitted
    scores = recommender.score(test.user_id, test.item_id)
    assert auc_per_user(test.user_id, test.rating > 3, scores).mean() > 0.99


def test_it_recommends_unseen_items_of_the_right_kind(fitted):
    recommender, train, _ = fitted
    lists = recommender.recommend(["u0", "u1"], k=10)
    assert list(lists) == ["user_id", "rank", "item_id", "score"]
    assert lists["rank"].tolist() == [*range(1, 11)] * 2
    assert lists.groupby("user_id").score.apply(lambda s: s.is_monotonic_decreasing).all()
    # what is rated together counts beside taste, so a film of the other kind may come in
    assert red_share(lists.item_id[lists.user_id == "u0"]) >= 0.9
    assert red_share(lists.item_id[lists.user_id == "u1"]) <= 0.1
    pairs = set(zip(train.user_id, train.item_id, strict=True))
    assert pairs.isdisjoint(zip(lists.user_id, lists.item_id, strict=True))


def test_its_text_says_how_much_it_knows(fitted):
    assert repr(fitted[0]) == "HybridRecommender(fitted: 80 users, 60 items)"
    assert repr(HybridRecommender()) == "HybridRecommender(not fitted)"


def test_an_unseen_user_and_item_are_scored_by_their_features(fitted):
    recommender = fitted[0]
    assert recommender.user_status(["u0", "u79", "nobody"]).tolist() == ["ratings", "features", "population"]
    assert recommender.item_status([100, 159, 7]).tolist() == ["ratings", "features", "population"]
    assert red_share(recommender.recommend("u79", k=10).item_id) == 0
    blue, red = recommender.score(["u1", "u0"], 159)
    assert blue > red


def test_an_unknown_user_is_scored_halfway_between_the_mean_user_and_the_items_odds(fitted):
    recommender, train, _ = fitted
    items = pd.Index(train.item_id.unique())
    liked, places = (train.rating > 3).to_numpy(), items.get_indexer(train.item_id)
    tower = recommender.network_predict.get_layer("item_tower")
    by_mean_user = np.asarray(tower(recommender.item_encoder(items))) @ recommender.feature_maps[0].mean
    expected = (by_mean_user + log_odds_liked(places, liked, len(items))) / 2
    assert recommender.score("nobody", items) == pytest.approx(expected, abs=1e-5)


def test_a_new_item_is_scored_by_the_words_of_its_title(planted):
    colours = ["red", "blue"] * 30
    titles = pd.DataFrame({"title": [f"The {c} {n}" for n, c in enumerate(colours)]}, index=range(100, 160))
    ratings = planted["ratings"][planted["ratings"].item_id < 150]
    recommender = HybridRecommender(**SMALL).fit(ratings, items=titles)
    assert recommender.item_encoder.width == 1 and set(recommender.item_status(range(150, 160))) == {
        "features"
    }
    for user, red in (("u0", True), ("u1", False)):
        scores = recommender.score(user, np.arange(150, 160)).reshape(5, 2)
        assert ((scores[:, 0] > scores[:, 1]) == red).all()


def test_an_unknown_user_gets_the_same_list_as_any_other_unknown(fitted):
    first, second = (fitted[0].recommend(name, k=5).drop(columns="user_id") for name in ("x", "y"))
    pd.testing.assert_frame_equal(first, second)


def test_a_newcomer_is_told_by_features_by_liked_and_by_disliked_items(fitted):
    recommender = fitted[0]
    assert red_share(recommender.recommend_for({"colour": "red"}, k=10).item_id) == 1
    liked = recommender.recommend_for(liked=[101, 103, 105], k=10)
    assert list(liked) == ["rank", "item_id", "score"] and not set(liked.item_id) & {101, 103, 105}


def test_without_features_a_newcomer_would_like_items_of_the_kind_they_named(planted):
    recommender = HybridRecommender(**SMALL).fit(planted["ratings"])
    red, blue = np.arange(110, 150, 2), np.arange(111, 150, 2)
    blues, reds = np.arange(101, 110, 2), np.arange(100, 110, 2)
    told = {"liked": blues, "disliked": reds}
    assert recommender.score_for(blue, **told).min() > recommender.score_for(red, **told).max()
    told = {"liked": reds, "disliked": blues}
    assert recommender.score_for(red, **told).min() > recommender.score_for(blue, **told).max()
    assert red_share(recommender.recommend_for(**told).item_id) > 0.5


def test_with_a_users_own_ratings_a_newcomer_is_scored_much_like_that_user(fitted):
    recommender, train, _ = fitted
    own = train[train.user_id == "u0"]
    items = np.arange(100, 110)
    rated = {"liked": own.item_id[own.rating > 3], "disliked": own.item_id[own.rating <= 3]}
    told, known = recommender.score_for(items, {"colour": "red"}, **rated), recommender.score("u0", items)
    assert np.corrcoef(told, known)[0, 1] > 0.9


def test_what_a_user_with_ratings_is_shown_is_mostly_their_choice(fitted):
    scorer, history = fitted[0].scorer, fitted[0].user_history
    shown = scorer.list_vectors[:1] @ scorer.item_vectors[:-1].T
    choice = history.choice[:1] @ history.factors.found.T
    places = fitted[0].item_encoder.all_ids.get_indexer(fitted[0].item_encoder.trained_ids)
    assert np.corrcoef(shown[0, places], choice[0])[0, 1] > 0.7


def test_without_a_history_both_scores_are_those_of_the_towers(planted):
    recommender = HybridRecommender(**SMALL | {"epochs": 3}, history_dim=0).fit(planted["ratings"])
    assert recommender.user_history is None
    shown = recommender.recommend("u0", k=3)
    assert recommender.score("u0", shown.item_id) == pytest.approx(shown.score, abs=1e-6)
    assert len(recommender.recommend_for(liked=[101], k=3)) == 3


def test_similar_items_are_of_the_same_kind(fitted):
    similar = fitted[0].similar_items(100, k=10)
    assert red_share(similar.item_id) == 1 and similar.similarity.between(0.5, 1.0001).all()


def test_a_score_does_not_depend_on_its_batch_mates(fitted):
    recommender, _, test = fitted
    together = recommender.score(test.user_id, test.item_id)
    alone = [recommender.score(row.user_id, row.item_id)[0] for row in test.head(20).itertuples()]
    assert together[:20] == pytest.approx(alone, abs=1e-6)


def test_scores_are_those_of_network_predict_and_the_choice(fitted):
    recommender, _, test = fitted
    rows = recommender.user_encoder(test.user_id), recommender.item_encoder(test.item_id)
    history = recommender.user_history
    places = recommender.user_encoder.trained_ids.get_indexer(test.user_id)
    found = history.factors.found[recommender.item_encoder.trained_ids.get_indexer(test.item_id)]
    expected = recommender.network_predict.predict([*rows, history.tower[places]], verbose=0)
    expected += (history.choice[places] * found).sum(axis=1)
    assert recommender.score(test.user_id, test.item_id) == pytest.approx(expected, abs=1e-5)


def test_the_same_seed_gives_the_same_losses(planted):
    settings = SMALL | {"epochs": 3}
    losses = [HybridRecommender(**settings, seed=s).fit(planted["ratings"]).history.loss for s in (0, 0, 1)]
    assert losses[0].equals(losses[1]) and not losses[0].equals(losses[2])


def test_early_stopping_watches_validation_and_keeps_the_best_epoch(planted):
    train, held_out = split_ratings(planted["ratings"])
    settings = {"epochs": None, "choice_weight": 0}  # the towers alone are watched
    recommender = HybridRecommender(**SMALL | settings)
    recommender.fit(train, validation=held_out)
    best = recommender.history.val_auc.max()
    assert len(recommender.history) == recommender.history.val_auc.argmax() + 3  # patience of two
    scores = recommender.score(held_out.user_id, held_out.item_id)
    assert auc(held_out.rating > 3, scores) == pytest.approx(best, abs=1e-4)


def test_without_validation_the_epochs_are_found_and_all_ratings_learned(planted, capsys):
    recommender = HybridRecommender(embedding_dim=8, epochs=None, batch_size=128).fit(planted["ratings"])
    printed = capsys.readouterr().out
    assert f"best after {len(recommender.history)} epochs; now on all 1,600 ratings" in printed
    assert "val_auc" not in recommender.history


def test_saved_and_loaded_it_scores_the_same_in_another_process(fitted, tmp_path):
    recommender, _, test = fitted
    recommender.save(tmp_path / "model")
    few = test.head(5)
    code = (
        "import sys, json; from dbrec import HybridRecommender as H; r = H.load(sys.argv[1]);"
        "u, i = json.loads(sys.argv[2]);"
        "print(json.dumps([r.score(u, i).tolist(), r.recommend(u[0], 3).item_id.tolist(),"
        "r.recommend_for({'colour': 'red'}, [101], k=3).item_id.tolist()]))"
    )
    pairs = json.dumps([few.user_id.tolist(), few.item_id.tolist()])
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "model"), pairs],
        capture_output=True,
        text=True,
        check=True,
    )
    scores, shown, new = json.loads(done.stdout)
    assert scores == pytest.approx(recommender.score(few.user_id, few.item_id), abs=1e-6)
    assert shown == recommender.recommend(few.user_id.iloc[0], 3).item_id.tolist()
    assert new == recommender.recommend_for({"colour": "red"}, [101], k=3).item_id.tolist()


def test_a_saved_folder_holds_no_pickle_and_nothing_half_written(fitted, tmp_path):
    fitted[0].save(tmp_path / "model")
    fitted[0].save(tmp_path / "model")  # replaces the first
    files = sorted(path.name for path in (tmp_path / "model").iterdir())
    assert files == ["arrays.npz", "recommender.json", "towers.weights.h5"]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    np.load(tmp_path / "model" / "arrays.npz", allow_pickle=False)["user_rows"]


def test_a_save_that_fails_leaves_the_earlier_one(fitted, tmp_path, monkeypatch):
    recommender, _, test = fitted
    recommender.save(tmp_path / "model")
    monkeypatch.setattr(np, "savez_compressed", lambda *a, **k: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        recommender.save(tmp_path / "model")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    HybridRecommender.load(tmp_path / "model").score("u0", 100)


def test_what_is_no_recommender_is_neither_overwritten_nor_loaded(fitted, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    for path in (tmp_path, tmp_path / "notes.txt"):
        with pytest.raises(FileExistsError, match="holds something else than a recommender"):
            fitted[0].save(path)
    with pytest.raises(FileNotFoundError, match="holds no recommender: give a folder that save"):
        HybridRecommender.load(tmp_path)
    fitted[0].save(tmp_path / "model")
    description = tmp_path / "model" / "recommender.json"
    description.write_text(description.read_text().replace('"format": 4', '"format": 99'))
    with pytest.raises(ValueError, match="has format 99, this version reads format 4"):
        HybridRecommender.load(tmp_path / "model")


def test_ids_alone_and_ints_are_enough(planted):
    ratings = planted["ratings"].assign(user_id=lambda r: r.user_id.str[1:].astype(int))
    recommender = HybridRecommender(**SMALL).fit(ratings)
    assert red_share(recommender.recommend(0, 5).item_id) == 1


def test_missing_features_are_allowed(planted):
    users = planted["users"].astype(object).copy()
    users.loc["u0":"u9", "colour"] = None
    items = planted["items"].assign(tags=[("a", "b"), None] * 30)
    recommender = HybridRecommender(**SMALL | {"epochs": 2}).fit(planted["ratings"], users, items)
    assert np.isfinite(recommender.score(["u0", "nobody"], [100, 101])).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.drop(columns="rating"), r"\['rating'\] must be there too"),
        (
            lambda r: r.assign(rating=r.rating.astype(str)),
            "dtype str: give numbers|dtype object: give numbers",
        ),
        (lambda r: r.assign(rating=r.rating.where(r.index != 3)), "row 3 of ratings has a missing value"),
        (lambda r: pd.concat([r, r.head(1)]), "user 'u0' with item .* more than once: keep one row a pair"),
        (lambda r: r.assign(rating=5), r"of 1600 rows in ratings, 1600 are liked \(rating >= 4\)"),
        (lambda r: r.head(0), "of 0 rows in ratings, 0 are liked"),
    ],
)
def test_ratings_it_cannot_learn_from_are_refused_and_the_old_fit_stays(fitted, planted, change, message):
    recommender, _, test = fitted
    before = recommender.score("u0", [100, 101])
    with pytest.raises(ValueError, match=message):
        recommender.fit(change(planted["ratings"]))
    assert recommender.score("u0", [100, 101]).tolist() == before.tolist()


def test_a_broken_feature_is_refused_and_the_old_fit_stays(fitted, planted):
    before = fitted[0].score("u0", [100, 101])
    with pytest.raises(ValueError, match="feature 'when' has dtype datetime64"):
        fitted[0].fit(planted["ratings"], planted["users"].assign(when=pd.Timestamp("2000-01-01")))
    assert fitted[0].score("u0", [100, 101]).tolist() == before.tolist()


def test_questions_it_cannot_answer_are_refused(fitted):
    recommender = fitted[0]
    with pytest.raises(RuntimeError, match="has learned nothing yet: call fit or load first"):
        HybridRecommender().score(1, 1)
    with pytest.raises(KeyError, match=r"user features \['age'\] are unknown.*fitted with \['colour'\]"):
        recommender.recommend_for({"age": 3})
    with pytest.raises(ValueError, match=r"colour is 'green': give one of \['blue', 'red'\], or None"):
        recommender.recommend_for({"colour": "green"})
    with pytest.raises(KeyError, match=r"items \[7\] are unknown"):
        recommender.recommend_for(liked=[100, 7])
    with pytest.raises(ValueError, match=r"items \[100\] are named as liked and as disliked"):
        recommender.recommend_for(liked=[100], disliked=[100])
    with pytest.raises(TypeError, match="id 0 was given, ids here are like 'u0'"):
        recommender.recommend(0)


def test_a_job_gives_the_recommender_that_fit_gives(planted, tmp_path):
    settings = SMALL | {"epochs": 3}
    parts = planted["ratings"], planted["users"], planted["items"]
    job = HybridRecommender(**settings).write_job(tmp_path, *parts)
    with pytest.raises(FileNotFoundError, match="train the job to its end first"):
        HybridRecommender.from_job(job, *parts)
    distributed.train(job)
    found, expected = HybridRecommender.from_job(job, *parts), HybridRecommender(**settings).fit(*parts)
    pairs = planted["ratings"].user_id, planted["ratings"].item_id
    assert np.allclose(found.score(*pairs), expected.score(*pairs), atol=1e-3)
    assert found.recommend("u0").item_id.tolist() == expected.recommend("u0").item_id.tolist()
    found.save(tmp_path / "saved")
    assert np.allclose(HybridRecommender.load(tmp_path / "saved").score(*pairs), found.score(*pairs))
    ratings = parts[0].assign(rating=6 - parts[0].rating)
    with pytest.raises(ValueError, match="was written of other ratings or features: give those that"):
        HybridRecommender.from_job(job, ratings, *parts[1:])


def test_a_job_of_other_ratings_or_features_is_told_apart(planted, tmp_path):
    settings = {"members": 1, "embedding_dim": 4, "history_dim": 0, "epochs": 1, "verbose": False}
    ratings, users, items = planted["ratings"], planted["users"], planted["items"]
    job = HybridRecommender(**settings).write_job(tmp_path, ratings, users, items, n_shards=1)
    distributed.train(job)
    shuffled = ratings.sample(frac=1, random_state=0)
    found = HybridRecommender.from_job(job, shuffled, users, items)
    assert found.seen.item_id.tolist() == shuffled.item_id.tolist()
    swapped = ratings.replace({"user_id": {"u0": "u2", "u2": "u0"}})  # of the same features
    for other in (ratings[1:], swapped, ratings.assign(rating=6 - ratings.rating)):
        with pytest.raises(ValueError, match="was written of other ratings or features"):
            HybridRecommender.from_job(job, other, users, items)
    with pytest.raises(ValueError, match="was written of other ratings or features"):
        HybridRecommender.from_job(job, ratings, users)


@pytest.mark.parametrize("setting", ["epochs", "batch_size"])
def test_a_number_below_one_is_refused(setting):
    with pytest.raises(ValueError, match=f"{setting} is 0: give a number of at least 1, or None"):
        HybridRecommender(**{setting: 0})
