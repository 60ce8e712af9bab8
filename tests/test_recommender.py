import copy
import json
import os
import pickle
import subprocess
import sys
import tempfile

import joblib
import numpy as np
import pandas as pd
import pytest
from made_models import drawn, made
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from dbrec._quiet import keras
from dbrec.data.splits import split_ratings
from dbrec.evaluation.auc import auc, auc_per_user
from dbrec.interactions import Interactions
from dbrec.recommender import HybridRecommender
from dbrec.scoring.posterior import surprise
from dbrec.settings import Settings
from dbrec.training.fit import fit_model, prepare
from dbrec.training.workers import distributed

SMALL = {"embedding_dim": 8, "epochs": 20, "verbose": False}


@pytest.fixture(scope="session")
def fitted(planted):
    """Fit without the last user and the last item; their features stay known."""
    ratings = planted["ratings"]
    known = ratings[(ratings.user_id != "u79") & (ratings.item_id != 159)]
    train, test = split_ratings(known)
    return HybridRecommender(**SMALL).fit(train, planted["users"], planted["items"]), train, test


def by_joblib(recommender):
    with tempfile.TemporaryDirectory() as folder:
        joblib.dump(recommender, f"{folder}/model.joblib")
        return joblib.load(f"{folder}/model.joblib")


def red_share(item_ids):
    return (np.asarray(item_ids) % 2 == 0).mean()


def test_it_finds_the_planted_taste_in_held_out_ratings(fitted):
    recommender, _, test = fitted
    scores = recommender.score(test.user_id, test.item_id)
    assert auc_per_user(test.user_id, test.rating > 3, scores).mean() > 0.99


def test_it_recommends_unseen_items_of_the_right_kind(fitted):
    recommender, train, _ = fitted
    lists = recommender.recommend(["u0", "u1"], k=10)
    assert list(lists) == ["user_id", "rank", "item_id", "list_score"]
    assert lists["rank"].tolist() == [*range(1, 11)] * 2
    assert lists.groupby("user_id").list_score.apply(lambda s: s.is_monotonic_decreasing).all()
    # what is rated together counts beside taste, so a film of the other kind may come in
    assert red_share(lists.item_id[lists.user_id == "u0"]) >= 0.9
    assert red_share(lists.item_id[lists.user_id == "u1"]) <= 0.1
    pairs = set(zip(train.user_id, train.item_id, strict=True))
    assert pairs.isdisjoint(zip(lists.user_id, lists.item_id, strict=True))


def test_an_unseen_user_and_item_are_scored_by_their_features(fitted):
    recommender = fitted[0]
    assert recommender.user_status(["u0", "u79", "nobody"]).tolist() == ["ratings", "features", "population"]
    assert recommender.item_status([100, 159, 7]).tolist() == ["ratings", "features", "population"]
    assert red_share(recommender.recommend("u79", k=10).item_id) == 0
    blue, red = recommender.score(["u1", "u0"], 159)
    assert blue > red


def test_an_unknown_user_is_scored_halfway_between_the_mean_user_and_the_items_odds(fitted):
    model = fitted[0].fitted_
    users, items = model.sides
    rows = model.vectors.liking_rows(model.vectors.items)[: items.n_trained]
    odds = items.odds(items.n_liked, items.n_rated)[: items.n_trained]
    expected = (rows @ users.liking_map.mean + odds) / 2
    ids = items.encoder.all_ids[: items.n_trained]
    assert fitted[0].score("nobody", ids) == pytest.approx(expected, abs=1e-5)


def test_a_new_item_is_scored_by_the_words_of_its_title(planted):
    colours = ["red", "blue"] * 30
    titles = pd.DataFrame({"title": [f"The {c} {n}" for n, c in enumerate(colours)]}, index=range(100, 160))
    ratings = planted["ratings"][planted["ratings"].item_id < 150]
    recommender = HybridRecommender(**SMALL).fit(ratings, items=titles)
    assert recommender.fitted_.sides[1].encoder.width == 1
    assert set(recommender.item_status(range(150, 160))) == {"features"}
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
    assert list(liked) == ["rank", "item_id", "list_score"] and not set(liked.item_id) & {101, 103, 105}


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


def test_a_newcomer_is_scored_by_what_they_named_by_features_and_by_what_others_say(fitted):
    model = fitted[0].fitted_
    vectors, side = model.vectors, model.sides[0]
    of_liking, of_choice = side.liking_map, side.choice_map
    named = vectors.item_ids.get_indexer([100, 101, 159])  # the last has no ratings, and tells of taste alone
    rows = vectors.items[named]
    above = vectors.block(rows, "newcomer")[:, 0]
    liked, taste = np.array([True, False, True]), vectors.liking_rows(rows)
    surprises = surprise(liked, taste @ of_liking.mean + above)
    told = side.scatter.after(of_liking.mean, taste, surprises).mean
    liking = np.array([*told, 0.5 * 10 / (10 + 3), 0])  # others say less to who has named three
    counted, are_liked = model.counts(model.interactions.given), model.interactions.liked
    as_liked, as_disliked = counted[are_liked].mean(), counted[~are_liked].mean()
    choice = as_liked * model.as_rated[named[0]] + as_disliked * model.as_rated[named[1]]
    told, places = {"liked": [100, 159], "disliked": [101]}, len(of_choice.mean)
    to_score = np.concatenate([liking, choice, np.zeros(places)])
    expected = vectors.items[:-1] @ to_score
    assert fitted[0].score_for(vectors.item_ids, **told) == pytest.approx(expected, abs=1e-4)
    choice[:places] += (5 / (5 + 3)) ** 2 * of_choice.mean
    to_list = np.concatenate([0.01 * liking, choice, choice[:places]])
    shown = fitted[0].recommend_for(**told, k=5)
    found = vectors.item_ids.get_indexer(shown.item_id)
    assert shown.list_score.to_numpy() == pytest.approx(vectors.items[found] @ to_list, abs=1e-4)


def test_who_has_rated_nothing_is_shown_what_people_of_their_features_choose(fitted):
    vectors, side = fitted[0].fitted_.vectors, fitted[0].fitted_.sides[0]
    newcomer, nobody = vectors.lists[vectors.user_ids.get_loc("u79")], vectors.lists[-1]
    guess = side.choice_map(side.encoder.features(["u79", "nobody"]))
    assert vectors.block(newcomer, "choice")[: guess.shape[1]] == pytest.approx(guess[0], abs=1e-6)
    assert vectors.block(nobody, "guess") == pytest.approx(side.choice_map.mean, abs=1e-6)


def test_a_new_item_enters_the_lists_of_those_whose_kind_it_is(planted):
    fresh = np.arange(150, 160)
    ratings = planted["ratings"][~planted["ratings"].item_id.isin(fresh)]
    recommender = HybridRecommender(**SMALL).fit(ratings, planted["users"], planted["items"])
    for user, kind in (("u0", 0), ("u1", 1)):
        new = [item for item in recommender.recommend(user, k=10).item_id if item in fresh]
        assert new and all(item % 2 == kind for item in new)


def test_what_a_user_with_ratings_is_shown_is_mostly_their_choice(fitted):
    vectors = fitted[0].fitted_.vectors
    shown = vectors.items[:-1] @ vectors.lists[0]
    blocks = [vectors.block(rows, "choice") for rows in (vectors.items[:-1], vectors.users[0])]
    assert np.corrcoef(shown, blocks[0] @ blocks[1])[0, 1] > 0.7


def test_without_choice_both_scores_are_those_of_the_towers(planted, tmp_path):
    recommender = HybridRecommender(**SMALL | {"epochs": 3}, choice_dim=0).fit(planted["ratings"])
    assert recommender.fitted_.vectors.widths == (8, 2, 2, 0, 0)
    shown = recommender.recommend("u0", k=3)
    assert recommender.score("u0", shown.item_id) == pytest.approx(shown.list_score, abs=1e-6)
    told = recommender.recommend_for(liked=[101], k=3)
    recommender.save(tmp_path / "model")
    again = HybridRecommender.load(tmp_path / "model")
    assert again.recommend("u0", k=3).equals(shown) and again.recommend_for(liked=[101], k=3).equals(told)


def test_similar_items_are_of_the_same_kind(fitted):
    similar = fitted[0].similar_items(100, k=10)
    assert red_share(similar.item_id) == 1 and similar.similarity.between(0.5, 1.0001).all()


def test_a_score_does_not_depend_on_its_batch_mates(fitted):
    recommender, _, test = fitted
    together = recommender.score(test.user_id, test.item_id)
    alone = [recommender.score(row.user_id, row.item_id)[0] for row in test.head(20).itertuples()]
    assert together[:20] == pytest.approx(alone, abs=1e-6)


def test_scores_are_those_of_network_predict_and_the_choice(fitted):
    recommender, train, test = fitted
    model = recommender.fitted_
    users, items = (side.encoder for side in model.sides)
    trained = model.interactions.of_ids(users.trained_ids, items.trained_ids)
    ready = prepare(model.settings, trained, None, None)
    places = [
        side.trained_ids.get_indexer(test[name]) for side, name in ((users, "user_id"), (items, "item_id"))
    ]
    rows = users(test.user_id), items(test.item_id), ready.histories.inputs[places[0]]
    expected = recommender.network_predict_.predict([*rows], verbose=0)
    expected += (ready.choice.users[places[0]] * ready.choice.factors.as_candidate[places[1]]).sum(axis=1)
    assert recommender.score(test.user_id, test.item_id) == pytest.approx(expected, abs=1e-5)


def test_the_same_seed_gives_the_same_losses(planted):
    settings = SMALL | {"epochs": 3}
    losses = [
        HybridRecommender(**settings, seed=s).fit(planted["ratings"]).training_log_.loss for s in (0, 0, 1)
    ]
    assert losses[0].equals(losses[1]) and not losses[0].equals(losses[2])


def test_early_stopping_watches_the_score_that_is_served_and_keeps_the_best_epoch(planted):
    train, held_out = split_ratings(planted["ratings"])
    recommender = HybridRecommender(**SMALL | {"epochs": None})
    log = recommender.fit(train, validation=held_out).training_log_
    assert len(log) == log.val_auc.argmax() + 3  # patience of two
    scores = recommender.score(held_out.user_id, held_out.item_id)
    assert auc(held_out.rating > 3, scores) == pytest.approx(log.val_auc.max(), abs=1e-4)


def test_without_validation_the_epochs_are_found_and_all_ratings_learned(planted, capsys):
    recommender = HybridRecommender(embedding_dim=8, epochs=None).fit(planted["ratings"])
    printed = capsys.readouterr().out
    assert f"best after {len(recommender.training_log_)} epochs; now on all 1,600 interactions" in printed
    assert "val_auc" not in recommender.training_log_


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


def test_a_saved_folder_holds_no_pickle_and_is_read_with_numpy_alone(fitted, tmp_path):
    recommender, _, test = fitted
    recommender.save(tmp_path / "model")
    recommender.save(tmp_path / "model")  # replaces the first
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    (data,) = tmp_path.glob("model/data-*")
    vectors = np.load(data / "vectors.npz", allow_pickle=False)
    user, item = test.user_id.iloc[0], test.item_id.iloc[0]
    of_user = vectors["users"][:-1][vectors["user_ids"] == user]
    of_item = vectors["items"][:-1][vectors["item_ids"] == item]
    assert (of_user @ of_item.T).item() == pytest.approx(recommender.score(user, item)[0], abs=1e-6)


def test_a_loaded_model_serves_without_tensorflow(fitted, tmp_path):
    fitted[0].save(tmp_path / "model")
    code = (
        "import sys; from dbrec import HybridRecommender as H; r = H.load(sys.argv[1]);"
        "r.score('u0', 100); r.recommend('u0'); r.recommend_for({'colour': 'red'}, [101]);"
        "r.similar_items(100); assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "model")], check=True)


def test_what_is_no_recommender_is_neither_overwritten_nor_loaded(fitted, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    for path in (tmp_path, tmp_path / "notes.txt"):
        with pytest.raises(OSError, match="notes.txt|holds something else"):
            fitted[0].save(path)
    with pytest.raises(FileNotFoundError, match="holds no recommender: give a folder that save"):
        HybridRecommender.load(tmp_path)


def test_one_in_the_same_folder_with_other_files_is_replaced_and_they_are_kept(fitted, tmp_path):
    fitted[0].save(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    fitted[0].save(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert HybridRecommender.load(tmp_path).score("u0", 100) == fitted[0].score("u0", 100)


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda r: pickle.loads(pickle.dumps(r)), by_joblib]
)
def test_copies_serve_the_same_without_the_networks(fitted, copied):
    recommender, _, test = fitted
    other = copied(recommender)
    assert other.network_train_ is None and recommender.network_train_ is not None
    pairs = test.user_id, test.item_id
    assert other.score(*pairs).tolist() == recommender.score(*pairs).tolist()
    assert other.recommend("u0").equals(recommender.recommend("u0"))


def test_what_updates_one_changes_no_copy():
    recommender = made(*drawn(0))
    other = copy.copy(recommender)
    before = other.fitted_.vectors.users.copy()
    recommender.update(pd.DataFrame({"user_id": ["u0", "new"], "item_id": [100, 101], "rating": [5, 5]}))
    assert np.array_equal(other.fitted_.vectors.users, before) and "new" not in other.user_ids


@pytest.mark.parametrize(
    "given", ["one", 7, [1], [object()], keras.callbacks.Callback, [keras.callbacks.Callback]]
)
def test_what_is_no_callback_is_refused_before_anything_is_trained(given):
    with pytest.raises(TypeError, match="callbacks holds (a|the class) .*: give Keras callbacks, such as"):
        HybridRecommender(**SMALL).fit(*drawn(0), callbacks=given)


@pytest.mark.parametrize("several", [True, False])
def test_one_callback_or_none_may_stand_alone(several):
    ended = []
    counter = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ended.append(epoch))
    HybridRecommender(**SMALL | {"epochs": 2}).fit(
        *drawn(0), callbacks=iter([counter]) if several else counter
    )
    HybridRecommender(**SMALL | {"epochs": 1}).fit(*drawn(0), callbacks=None)
    assert ended == [0, 1]


def test_a_whole_learning_rate_trains():
    fitted = HybridRecommender(**SMALL | {"epochs": 1, "learning_rate": 1}).fit(*drawn(0))
    assert fitted.fitted_.settings.learning_rate == 1.0


def test_a_validation_of_one_kind_is_refused_by_its_name():
    frame, people, things = drawn(0)
    liked = frame[frame.rating >= 4]
    with pytest.raises(
        ValueError, match=f"all {len(liked)} rows in validation are liked .*: give rows of both"
    ):
        HybridRecommender(**SMALL).fit(frame, people, things, validation=liked)


@pytest.mark.parametrize("rare", [5, 1])
def test_where_nothing_of_one_kind_is_held_out_the_number_of_epochs_is_asked_for(rare):
    frame, people, things = drawn(0, n_users=40)
    rating = np.full(len(frame), 6 - rare)
    rating[0] = rare
    with pytest.raises(ValueError, match="held out to find their number are (lower|liked) ones: give epochs"):
        HybridRecommender(**SMALL | {"epochs": None}).fit(frame.assign(rating=rating), people, things)


@pytest.mark.parametrize("given", [None, 7, [1, 2], {"a": 1}, ["model"]])
def test_a_mean_of_what_is_no_recommender_is_refused(given):
    with pytest.raises(TypeError, match="recommenders holds a .*: give a list of fitted recommenders"):
        HybridRecommender.mean_of(given)


def test_a_clone_has_the_settings_and_has_learned_nothing(fitted):
    other = clone(fitted[0])
    assert other.get_params() == fitted[0].get_params() and not hasattr(other, "fitted_")
    assert other.set_params(choice_dim=7) is other and other.choice_dim == 7
    assert repr(HybridRecommender(choice_dim=7)) == "HybridRecommender(choice_dim=7)"
    with pytest.raises(NotFittedError, match="has learned nothing yet: call fit or load first"):
        other.score("u0", 100)


def test_settings_of_numpy_are_saved_as_numbers(planted, tmp_path):
    settings = {"liked_from": planted["ratings"].rating.max(), "choice_dim": np.int64(7), "epochs": 1}
    recommender = HybridRecommender(**SMALL | settings).fit(planted["ratings"])
    recommender.save(tmp_path / "model")
    loaded = HybridRecommender.load(tmp_path / "model")
    assert (loaded.liked_from, loaded.choice_dim) == (5, 7)


def test_a_rating_on_the_border_is_a_liked_one(planted):
    ratings = planted["ratings"].replace({"rating": {5: 4}})
    fitted = HybridRecommender(**SMALL | {"epochs": 1}).fit(ratings).fitted_
    in_order = ratings.sort_values(["user_id", "item_id"])
    assert fitted.interactions.liked.tolist() == (in_order.rating == 4).tolist()


def test_what_ends_in_numbers_that_are_not_finite_is_refused_and_the_old_fit_stays(
    fitted, planted, monkeypatch
):
    before = fitted[0].score("u0", [100, 101])
    monkeypatch.setattr(
        "dbrec.training.layers.FeatureTower.vectors",
        lambda self, total: np.nan * keras.ops.concatenate([total, total[..., :1]], -1),
    )
    with pytest.raises(ValueError, match="training ended in numbers that aren't finite"):
        fitted[0].fit(planted["ratings"])
    assert fitted[0].score("u0", [100, 101]).tolist() == before.tolist()


def test_mixed_precision_set_in_keras_changes_nothing(planted):
    settings = SMALL | {"epochs": 2}
    plain = HybridRecommender(**settings).fit(planted["ratings"]).score("u0", [100, 101])
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        mixed = HybridRecommender(**settings).fit(planted["ratings"]).score("u0", [100, 101])
    finally:
        keras.mixed_precision.set_global_policy("float32")
    assert mixed.tolist() == plain.tolist()


def test_a_fork_that_trains_is_refused_at_once_and_may_score(fitted, planted):
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            HybridRecommender(**SMALL).fit(planted["ratings"])
        except RuntimeError as error:
            os.write(write, f"{error} {fitted[0].score('u0', 100)[0]}".encode())
        finally:
            os._exit(0)
    os.close(write)
    said = os.read(read, 10_000).decode()
    os.waitpid(child, 0)
    assert "can't train: start it by multiprocessing.get_context('spawn')" in said
    assert said.endswith(f"{fitted[0].score('u0', 100)[0]}")


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
        (lambda r: r.assign(weight=1.0), "has a rating and a weight: leave one of the two columns out"),
        (
            lambda r: r.assign(rating=r.rating.astype(str)),
            "dtype str: give numbers|dtype object: give numbers",
        ),
        (
            lambda r: r.assign(rating=r.rating.where(r.index != 3)),
            "row 3 of ratings has the rating nan: give finite numbers",
        ),
        (lambda r: pd.concat([r, r.head(1)]), "user 'u0' with item .* more than once: keep one row a pair"),
        (lambda r: r.assign(rating=3), r"none of 1600 rows in ratings is liked \(rating >= 4\)"),
        (lambda r: r.head(0), "ratings has no rows"),
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
    with pytest.raises(KeyError, match=r"user features \['age'\] are unknown.*fitted with \['colour'\]"):
        recommender.recommend_for({"age": 3})
    with pytest.raises(ValueError, match=r"colour is 'green': give one of \['blue', 'red'\], or None"):
        recommender.recommend_for({"colour": "green"})
    with pytest.raises(KeyError, match=r"items \[7\] are unknown"):
        recommender.recommend_for(liked=[100, 7])
    with pytest.raises(ValueError, match=r"items \[100\] are named as liked and as disliked"):
        recommender.recommend_for(liked=[100], disliked=[100])
    with pytest.raises(TypeError, match="user_ids holds 0, ids here are like 'u0'"):
        recommender.recommend(0)


def test_a_job_gives_the_recommender_that_fit_gives(planted, tmp_path):
    settings = SMALL | {"epochs": 3}
    parts = planted["ratings"], planted["users"], planted["items"]
    job = HybridRecommender(**settings).write_job(tmp_path, *parts)
    with pytest.raises(FileNotFoundError, match="train the job to its end"):
        HybridRecommender.from_job(tmp_path)
    distributed.train(job)
    found, expected = HybridRecommender.from_job(tmp_path), HybridRecommender(**settings).fit(*parts)
    assert found.get_params() == expected.get_params()
    pairs = planted["ratings"].user_id, planted["ratings"].item_id
    assert np.allclose(found.score(*pairs), expected.score(*pairs), atol=1e-3)
    assert found.recommend("u0").item_id.tolist() == expected.recommend("u0").item_id.tolist()
    found.save(tmp_path / "saved")
    assert np.allclose(HybridRecommender.load(tmp_path / "saved").score(*pairs), found.score(*pairs))


def test_the_facade_fits_what_fit_model_fits():
    """So that the benchmark's rows need not name the facade's code (`benchmarks.harness.surroundings`)."""
    frame, people, things = drawn(0)
    weights, held = np.linspace(1, 2, len(frame)), frame[::5]
    settings = Settings(embedding_dim=3, choice_dim=4, epochs=2, seed=5, verbose=False, l2=0.01, liked_from=3)
    known = Interactions.from_frame(frame, 3, sample_weight=weights)
    model = fit_model(settings, known, people, things, Interactions.from_frame(held, 3, "held")).model
    facade = HybridRecommender(**vars(settings)).fit(
        frame, people, things, validation=held, sample_weight=weights
    )
    for name in ("users", "items", "lists"):
        assert np.array_equal(getattr(facade.fitted_.vectors, name), getattr(model.vectors, name))
    assert facade.training_log_.equals(model.training_log) and facade.fitted_.settings == settings
