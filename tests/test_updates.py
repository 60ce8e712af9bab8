from copy import deepcopy
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_models import KINDS, drawn, made

from dbrec import HybridRecommender, evaluate
from dbrec.evaluation.auc import auc
from dbrec.interactions import Interactions, Levels, share_below
from dbrec.scoring.calibration import Calibration
from dbrec.scoring.choice import candidates, singular_vectors
from dbrec.training.workers import distributed
from dbrec.training.workers.jobs import read_job

SMALL = {"embedding_dim": 8, "choice_dim": 16, "epochs": 6, "learning_rate": 0.05, "verbose": False}
EVEN, ODD = np.arange(100, 150, 2), np.arange(101, 150, 2)


@pytest.fixture(scope="module")
def rated(planted):
    """A fit that hasn't met user u79 and items from 150 on but by their features."""
    ratings = planted["ratings"]
    known = ratings[(ratings.user_id != "u79") & (ratings.item_id < 150)]
    return HybridRecommender(**SMALL).fit(known, planted["users"], planted["items"])


@pytest.fixture(scope="module")
def bought(planted):
    liked = planted["ratings"].query("rating == 5 and item_id < 150")
    weights = liked[["user_id", "item_id"]].assign(weight=1.0 + np.arange(len(liked)) % 7)
    return HybridRecommender(**SMALL).fit(weights, planted["users"], planted["items"])


@pytest.fixture
def model(rated):
    return deepcopy(rated)


@pytest.fixture
def clicks(bought):
    return deepcopy(bought)


def frame(user, items, rating=5.0, name="rating"):
    return pd.DataFrame({"user_id": user, "item_id": items, name: rating})


def arrays(recommender):
    """Copy everything that serves, or that says what is known."""
    model = recommender.fitted_
    parts = model.vectors.arrays() | model.interactions.arrays() | {"as_rated": model.as_rated}
    for side in model.sides:
        parts |= {f"{side.name} rated": side.n_rated, f"{side.name} liked": side.n_liked}
        parts |= {f"{side.name} rows": side.encoder.rows}
    return {name: np.array(part) for name, part in parts.items()} | {"changed": np.array(model.n_changed)}


def same(one, other):
    assert one.keys() == other.keys()
    for name, part in one.items():
        assert np.array_equal(part, other[name]), name


def holds_together(recommender):
    """Check what must be true of a model after any updates."""
    model = recommender.fitted_
    data, vectors = model.interactions, model.vectors
    keys = data.user_index.astype(int) * len(data.item_ids) + data.item_index
    assert (np.diff(keys) > 0).all()
    for side, index in zip(model.sides, (data.user_index, data.item_index), strict=True):
        n = len(side.encoder.all_ids)
        assert side.n_rated.tolist() == np.bincount(index, minlength=n).tolist()
        assert side.n_liked.tolist() == np.bincount(index, data.liked, minlength=n).tolist()
    counted = model.counts(data.given, data.importance)
    chosen = np.zeros((len(data.user_ids), model.as_rated.shape[1]))
    np.add.at(chosen, data.user_index, counted[:, None] * model.as_rated[data.item_index])
    assert vectors.block(vectors.users, "choice")[:-1] == pytest.approx(chosen, abs=1e-5)
    assert all(np.isfinite(part).all() for part in (vectors.users, vectors.lists, vectors.items))
    for user in ("u0", recommender.user_ids[-1]):
        for item in (100, recommender.item_ids[-1]):
            total = recommender.explain(user, item).contribution.sum()
            assert total == pytest.approx(recommender.score(user, item)[0], abs=1e-4)


def test_an_update_is_known_at_once_and_twice_the_same_is_once(model):
    late = frame("zoe", [100, 102, 101], [5, 5, 2])
    assert model.user_status("zoe").tolist() == ["population"]
    given = late.copy()
    assert model.update(late) is model
    pd.testing.assert_frame_equal(late, given)
    assert model.user_status("zoe").tolist() == ["ratings"]
    assert not set(model.recommend("zoe", k=60).item_id) & {100, 101, 102}
    once = arrays(model)
    model.update(late)
    same(once, arrays(model))
    assert model.share_changed == 3 / sum(model.fitted_.sides[0].n_fit)
    holds_together(model)


def test_nothing_new_changes_nothing(model, planted):
    before, fitted = arrays(model), model.fitted_
    known = planted["ratings"].query("user_id != 'u79' and item_id < 150").sample(frac=1, random_state=0)
    for nothing in (known, known.head(0), None):
        model.update(nothing)
    model.update(users=planted["users"], items=planted["items"].iloc[::-1])
    assert model.fitted_ is fitted
    same(before, arrays(model))


@pytest.mark.parametrize("even", [True, False])
def test_a_new_user_of_either_kind_is_shown_items_of_that_kind(model, even):
    own, other = (EVEN, ODD) if even else (ODD, EVEN)
    model.update(pd.concat([frame("zoe", own[:8]), frame("zoe", other[:8], 2.0)]))
    shown = model.recommend("zoe", k=10).item_id
    # choice counts what was disliked, too, if less
    assert np.isin(shown, np.append(own, np.arange(150 + (not even), 160, 2))).mean() > 0.6
    assert model.score("zoe", own[8:]).mean() > model.score("zoe", other[8:]).mean()


def test_a_new_user_is_scored_as_a_person_who_names_the_same(model):
    told = {"liked": EVEN[:4], "disliked": ODD[:4]}
    person = model.score_for(np.arange(100, 160), {"colour": "red"}, **told)
    users = pd.DataFrame({"colour": ["red"]}, index=["zoe"])
    model.update(pd.concat([frame("zoe", EVEN[:4]), frame("zoe", ODD[:4], 2.0)]), users=users)
    # an update moves the items that were rated, too
    known = model.score("zoe", np.arange(100, 160))
    assert np.corrcoef(person, known)[0, 1] > 0.99 and np.abs(person - known).max() < 0.3


def test_a_new_item_is_liked_by_those_like_the_ones_who_liked_it(model):
    fans = [f"u{number}" for number in range(0, 40, 2)]
    others = [f"u{number}" for number in range(1, 40, 2)]
    model.update(pd.concat([frame(fans, 777), frame(others, 777, 2.0)]))
    assert model.item_status(777).tolist() == ["ratings"]
    even, odd = ([f"u{number}" for number in range(start, 79, 2)] for start in (40, 41))
    assert model.score(even, 777).mean() > model.score(odd, 777).mean() + 0.5
    assert model.users_for(777, k=10).user_id.str[1:].astype(int).mod(2).sum() <= 2
    assert 777 in model.recommend("u40", k=30).item_id.tolist()
    holds_together(model)


def test_new_items_that_the_same_users_rate_alike_get_the_same_rows():
    model, raters = made(drawn(0)[0]), [f"u{user}" for user in range(10)]
    model.update(pd.concat([frame(raters, item, [5.0, 2.0] * 5) for item in (900, 901, 902)]))
    first, *others = model.fitted_.vectors.items[-4:-1]
    assert all(row == pytest.approx(first, abs=1e-6) for row in others)


def test_a_rating_that_changes_takes_the_place_of_the_old_one(model):
    data = model.fitted_.interactions
    item = int(data.item_ids[data.item_index[data.of_user(0)][0]])
    was = model.score("u0", item)[0]
    stars = data.value[data.of_user(0)][0]
    model.update(frame("u0", [item], 1.0 if stars == 5 else 5.0))
    assert len(model.fitted_.interactions) == len(data)
    assert (model.score("u0", item)[0] < was) == (stars == 5)
    holds_together(model)


def test_a_rating_that_is_missing_is_taken_back_and_the_item_may_be_listed_again(model):
    before = model.score("u0", np.arange(100, 160))
    data = model.fitted_.interactions
    rows = data.of_user(0)
    items, stars = data.item_ids[data.item_index[rows]], data.value[rows]
    model.update(frame("u0", items, np.nan))
    assert set(items) <= set(model.recommend("u0", k=60).item_id)
    holds_together(model)
    model.update(frame("u0", items, stars))
    assert not set(items) & set(model.recommend("u0", k=60).item_id)
    assert np.corrcoef(before, model.score("u0", np.arange(100, 160)))[0, 1] > 0.98


def test_all_of_it_cannot_be_taken_back(model):
    data = model.fitted_.interactions
    every = pd.DataFrame(
        {"user_id": data.user_ids[data.user_index], "item_id": data.item_ids[data.item_index]}
    )
    before = arrays(model)
    with pytest.raises(ValueError, match="all .* interactions would be taken back: leave some"):
        model.update(every.assign(rating=np.nan))
    same(before, arrays(model))


@pytest.mark.parametrize("pair", [("u0", 159), ("u0", 999), ("nobody", 100)])
def test_what_is_unknown_cannot_be_taken_back(model, pair):
    fitted = model.fitted_
    assert model.update(frame(pair[0], [pair[1]], np.nan)).fitted_ is fitted
    model.update(pd.concat([frame(pair[0], [pair[1]], np.nan), frame("zoe", [102])]))
    assert pair[0] in ("u0",) or pair[0] not in model.user_ids
    assert 999 not in model.item_ids


@pytest.mark.parametrize(
    ("kind", "later"), [(np.int8, 300.0), (np.uint8, 4.5), (np.float32, 4.3), (bool, 0.5)]
)
def test_ratings_of_any_type_take_later_ones_of_another_and_twice_is_once(planted, kind, later):
    ratings = planted["ratings"]
    ratings = ratings.assign(rating=(ratings.rating > 3 if kind is bool else ratings.rating).astype(kind))
    how = SMALL | {"epochs": 1, "liked_from": 1 if kind is bool else 4}
    model = HybridRecommender(**how).fit(ratings)
    late = frame("u0", model.recommend("u0", k=1).item_id, later)
    once = arrays(model.update(late))
    assert later in model.fitted_.interactions.value
    same(once, arrays(model.update(late)))


def test_new_features_count_for_who_has_no_ratings_and_move_who_has(model, planted):
    def red(user):
        return model.score(user, EVEN).mean() - model.score(user, ODD).mean()

    was = red("u79"), red("u0")
    model.update(users=pd.DataFrame({"colour": ["red", "red", "blue"]}, index=["u79", "new", "u0"]))
    assert model.user_status(["u79", "new"]).tolist() == ["features", "features"]
    assert red("u79") > was[0] and red("u0") < was[1]
    assert model.score("new", 100) == pytest.approx(model.score("u79", 100))
    holds_together(model)


def test_a_column_that_is_left_out_stays_and_a_category_never_seen_is_missing(model):
    rows = model.fitted_.sides[1].encoder.rows.copy()
    model.update(items=pd.DataFrame({"size": [0.001]}, index=[100]))
    now = model.fitted_.sides[1].encoder.rows
    assert now[0].tolist()[:2] == rows[0].tolist()[:2] and now[0][2] == 1
    model.update(items=pd.DataFrame({"colour": ["mauve"]}, index=[100]))
    assert model.fitted_.sides[1].encoder.rows[0].tolist() == [1, 0, 1]


def test_choices_are_added_up_in_a_call_and_replaced_by_the_next(clicks):
    def weight():
        data = clicks.fitted_.interactions
        return data.weight[data.of_user(data.user_ids.get_loc("zoe"))].tolist()

    clicks.update(frame("zoe", [100, 102, 102], [3.0, 1.0, 4.0], "weight"))
    assert weight() == [3, 5]
    clicks.update(frame("zoe", [100], 9.0, "weight"))
    clicks.update(pd.DataFrame({"user_id": ["zoe"] * 3, "item_id": [100, 104, 104]}))
    assert weight() == [9, 5, 2]  # without a number a known pair stays as it is
    clicks.update(frame("zoe", [102], np.nan, "weight"))
    assert weight() == [9, 2]
    shown = clicks.recommend("zoe", k=5).item_id
    assert (shown % 2 == 0).mean() >= 0.8
    holds_together(clicks)


NOT_UNDERSTOOD = {
    "no frame": ([1, 2], TypeError, "interactions is a list: give a frame"),
    "no rating": (frame("u0", [100]).drop(columns="rating"), ValueError, "give a column 'rating'"),
    "a weight": (frame("u0", [100], 2.0, "weight"), ValueError, "give a column 'rating', as in the fit"),
    "text": (frame("u0", [100], "five"), ValueError, "give numbers"),
    "infinite": (frame("u0", [100], np.inf), ValueError, "give finite numbers"),
    "twice": (frame("u0", [100, 100]), ValueError, "more than once: keep one row a pair"),
    "numbers as users": (frame(7, [100]), TypeError, "give ids of the type used in fitting"),
    "text as items": (frame("u0", ["100"]), TypeError, "give ids of the type used in fitting"),
    "a missing id": (frame(["u0", None], [100, 101]), ValueError, "missing value"),
    "dates": (frame("u0", pd.to_datetime(["2020-01-01"])), TypeError, "ids, ints or text"),
}


@pytest.mark.parametrize("what", NOT_UNDERSTOOD)
def test_what_is_not_understood_is_refused_and_changes_nothing(model, what):
    late, error, message = NOT_UNDERSTOOD[what]
    before, fitted = arrays(model), model.fitted_
    with pytest.raises(error, match=message):
        model.update(late, users=pd.DataFrame({"colour": ["red"]}, index=["new"]))
    assert model.fitted_ is fitted
    same(before, arrays(model))


FEATURES_NOT_UNDERSTOOD = {
    "an unknown column": (
        pd.DataFrame({"shape": [1]}, index=["u0"]),
        KeyError,
        "user features .'shape'. are",
    ),
    "another type": (pd.DataFrame({"colour": [3]}, index=["u0"]), ValueError, "colour is 3: give one of"),
    "an id twice": (pd.DataFrame({"colour": ["red"] * 2}, index=["a", "a"]), ValueError, "more than one row"),
    "numbers as ids": (pd.DataFrame({"colour": ["red"]}, index=[3]), TypeError, "give ids of the type"),
    "no frame": ({"u0": "red"}, TypeError, "users is a dict: give a DataFrame"),
}


@pytest.mark.parametrize("what", FEATURES_NOT_UNDERSTOOD)
def test_features_that_are_not_understood_are_refused_and_change_nothing(model, what):
    features, error, message = FEATURES_NOT_UNDERSTOOD[what]
    before = arrays(model)
    with pytest.raises(error, match=message):
        model.update(frame("zoe", [100]), users=features)
    same(before, arrays(model))


def test_where_only_choices_are_known_ratings_are_refused(clicks, planted):
    with pytest.raises(ValueError, match="give a column 'weight', or neither, as in the fit"):
        clicks.update(frame("u0", [100]))
    liked = planted["ratings"].query("rating == 5")
    all_liked = HybridRecommender(**SMALL | {"epochs": 1}).fit(liked)
    with pytest.raises(ValueError, match="the rating 2.0 isn't a liked one.*fit anew"):
        all_liked.update(frame("zoe", [100, 101], [5.0, 2.0]))
    assert all_liked.update(frame("zoe", [100])).user_status("zoe") == ["ratings"]


@pytest.mark.parametrize("which", ["rated", "bought"])
def test_after_save_and_load_updates_go_on_and_come_to_the_same(request, tmp_path, which):
    one = deepcopy(request.getfixturevalue(which))
    name = "rating" if which == "rated" else "weight"
    first, second = frame("zoe", [100, 777], 5.0, name), frame("a much longer id", [102, 777], 5.0, name)
    one.update(first).save(tmp_path / "model")
    other = HybridRecommender.load(tmp_path / "model")
    assert other.share_changed == one.share_changed
    one.update(second)
    other.update(second)
    pairs = one.user_ids.repeat(2), [777, 100] * len(one.user_ids)
    assert np.array_equal(one.score(*pairs), other.score(*pairs))
    assert np.array_equal(one.probability(*pairs), other.probability(*pairs))
    assert one.recommend(one.user_ids, k=5).equals(other.recommend(one.user_ids, k=5))
    holds_together(other)


def test_a_job_learns_probabilities_knows_all_and_takes_updates(tmp_path):
    random = np.random.default_rng(0)
    users, items = np.nonzero(random.random((80, 60)) < 0.6)
    stars = np.where(
        (users + items) % 2 == 0, random.integers(3, 6, len(users)), random.integers(1, 5, len(users))
    )
    ratings = pd.DataFrame(
        {"user_id": [f"u{user}" for user in users], "item_id": 100 + items, "rating": stars}
    )
    HybridRecommender(**SMALL).write_job(tmp_path / "job", ratings)
    distributed.train(read_job(tmp_path / "job"))
    made = HybridRecommender.from_job(tmp_path / "job")
    assert len(made.fitted_.interactions) == len(ratings) and made.share_changed == 0
    assert made.fitted_.calibration != Calibration(1.0, 1.0, 0.0)
    liked = (stars >= 4).mean()
    assert made.probability(ratings.user_id, ratings.item_id).mean() == pytest.approx(liked, abs=0.1)
    holds_together(made.update(frame("zoe", [100, 777])))


@pytest.mark.parametrize("change", [{"choice_dim": 0}, {"sample": True}])
def test_other_fits_take_updates_as_well(planted, change):
    ratings, weights = planted["ratings"], None
    if change.pop("sample", False):
        weights = 1.0 + np.arange(len(ratings)) % 3
    other = HybridRecommender(**SMALL | {"epochs": 2} | change)
    other.fit(ratings, planted["users"], planted["items"], sample_weight=weights)
    other.update(pd.concat([frame("zoe", [100, 777]), frame(["u0", "u2"], 777, [5.0, 2.0])]))
    assert other.user_status("zoe").tolist() == ["ratings"]
    holds_together(other)


def test_a_mean_of_fits_is_updated_and_no_mean_is_made_of_updated_ones(planted):
    fits = [HybridRecommender(**SMALL | {"epochs": 2}, seed=s).fit(planted["ratings"]) for s in (0, 1)]
    both = HybridRecommender.mean_of(fits)
    holds_together(both.update(frame("zoe", [100, 777])))
    fits[1].update(frame("zoe", [100]))
    with pytest.raises(ValueError, match="different interactions|were updated since their fit"):
        HybridRecommender.mean_of(fits)


def test_an_item_may_be_chosen_by_more_than_there_were(clicks):
    crowd = [f"new {number}" for number in range(100)]
    clicks.update(frame(crowd, 100, 1.0, "weight"))
    assert np.isfinite(clicks.score("u0", clicks.item_ids)).all()
    holds_together(clicks)


def test_a_changed_rating_is_as_important_as_a_new_one(planted):
    weights = np.where(np.arange(1600) % 2, 0.5, 3.0)
    model = HybridRecommender(**SMALL | {"epochs": 1}).fit(planted["ratings"], sample_weight=weights)
    data = model.fitted_.interactions
    items, stars = data.item_ids[data.item_index[data.of_user(0)]], data.value[data.of_user(0)]
    holds_together(model.update(frame("u0", items, np.where(stars == 5, 2.0, 5.0))))


def test_an_index_of_items_that_did_not_change_goes_on_and_another_is_refused(model):
    index = model.item_index()
    model.update(users=pd.DataFrame({"colour": ["red"]}, index=["zoe"]))
    exact = model.recommend("zoe", k=5)
    assert model.recommend("zoe", k=5, index=index).item_id.tolist() == exact.item_id.tolist()
    model.update(frame("zoe", [777]))
    with pytest.raises(ValueError, match="was made of other vectors"):
        model.recommend("zoe", index=index)
    assert len(model.recommend("zoe", k=5, index="approximate")) == 5


def test_ids_that_an_update_has_nothing_to_do_with_stay_as_they_are(model):
    before = arrays(model)
    model.update(frame("u0", [159], 5.0))
    now = arrays(model)
    assert np.array_equal(before["users"][1:], now["users"][1:])
    changed = (before["items"] != now["items"]).any(axis=1)
    assert model.item_ids[np.flatnonzero(changed)].tolist() == [159]


def test_one_by_one_or_all_at_once_comes_to_much_the_same(rated):
    late = pd.concat([frame("zoe", EVEN[:10]), frame("zoe", ODD[:10], 2.0)], ignore_index=True)
    at_once, one_by_one = deepcopy(rated).update(late), deepcopy(rated)
    for row in range(len(late)):
        one_by_one.update(late.iloc[[row]])
    scores = [made.score("zoe", np.arange(100, 160)) for made in (at_once, one_by_one)]
    assert np.corrcoef(*scores)[0, 1] > 0.95
    holds_together(one_by_one)


USERS, ITEMS = st.sampled_from(["u0", "u1", "u79", "zoe", "yan"]), st.sampled_from([100, 101, 159, 777, 778])
ROWS = st.lists(
    st.tuples(USERS, ITEMS, st.sampled_from([5.0, 4.0, 2.0, np.nan])), max_size=6, unique_by=lambda r: r[:2]
)


@settings(max_examples=15)
@given(updates=st.lists(ROWS, max_size=4))
def test_whatever_comes_a_model_holds_together(rated, updates):
    model = deepcopy(rated)
    never_met = model.fitted_.vectors.users[-1].copy(), model.fitted_.vectors.items[-1].copy()
    for rows in updates:
        model.update(pd.DataFrame(rows, columns=["user_id", "item_id", "rating"]).astype({"item_id": int}))
    holds_together(model)
    now = model.fitted_.vectors.users[-1], model.fitted_.vectors.items[-1]
    assert all(np.array_equal(*pair) for pair in zip(never_met, now, strict=True))


def test_levels_say_what_share_is_lower_and_stay_what_they_were():
    numbers = np.array([1, 1, 2, 5, 5, 5, 9.0])
    levels = Levels.of(numbers)
    assert levels(numbers) == pytest.approx(share_below(numbers))
    assert levels(np.array([0.0, 3.5, 100.0])) == pytest.approx([1 / 7, (2.5 + 4.5) / 2 / 7, 6.5 / 7])


def test_singular_vectors_are_found_again_in_what_items_are_found_by():
    random = np.random.default_rng(0)
    vectors, kept = 0.3 * random.normal(size=(20, 5)), random.random(5)
    assert (vectors**2 @ kept).max() < 1
    assert singular_vectors(candidates(vectors, kept), kept) == pytest.approx(vectors)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("who", ["new", "u0"])
def test_a_choice_that_is_taken_back_is_gone_however_often_it_came(kind, who):
    frame, people, things = drawn(0, kind, 60, 40)
    model = made(frame, people, things)
    item = min(set(model.item_ids) - set(frame.item_id[frame.user_id == who]))
    number = "rating" if kind == "ratings" else "weight"
    came = pd.DataFrame({"user_id": [who], "item_id": [item], number: [5.0]})
    vectors = model.fitted_.vectors
    before = [vectors.block(rows, "choice").copy() for rows in (vectors.users, vectors.items)]
    for _ in range(20):
        model.update(came).update(came.assign(**{number: np.nan}))
    vectors = model.fitted_.vectors
    for rows, were in zip((vectors.users, vectors.items), before, strict=True):
        now = vectors.block(rows, "choice")[: len(were) - 1]
        assert now == pytest.approx(were[:-1], abs=1e-5 * float(np.abs(were).max()))


def test_a_changed_rating_that_is_changed_back_leaves_choice_as_it_was():
    model = made(*drawn(0, "ratings", 60, 40))
    known = model.fitted_.interactions.select(np.arange(1))
    row = {"user_id": [model.user_ids[0]], "item_id": [model.item_ids[known.item_index[0]]]}
    first = float(known.value[0])
    before = model.fitted_.vectors.block(model.fitted_.vectors.items, "choice").copy()
    for _ in range(20):
        for rating in (1 if first > 3 else 5, first):
            model.update(pd.DataFrame(row | {"rating": [rating]}))
    now = model.fitted_.vectors.block(model.fitted_.vectors.items, "choice")
    assert now == pytest.approx(before, abs=1e-5 * float(np.abs(before).max()))


@pytest.mark.parametrize("dtype", ["float64", "float32", "Float32", "object"])
def test_a_rating_at_the_edge_is_liked_whatever_holds_it(dtype):
    frame, people, things = drawn(0)
    frame["rating"] = np.where(frame["rating"] >= 4, 0.7, 0.3)
    rating = frame["rating"] if dtype == "float64" else frame["rating"].astype("float32").astype(dtype)
    brought = frame.assign(rating=rating)
    door = Interactions.from_frame(brought, 0.7)
    assert door.liked.tolist() == (frame["rating"] == 0.7).tolist()
    model = made(frame, people, things, liked_from=0.7)
    model.update(brought[:1].assign(user_id="new"))
    new = model.fitted_.interactions.user_index == model.user_ids.get_loc("new")
    assert model.fitted_.interactions.liked[new].tolist() == door.liked[:1].tolist()
    scorer = SimpleNamespace(score=lambda users, items: np.arange(len(users), dtype=float))
    table = evaluate(scorer, brought, 0.7, n_resamples=1)
    assert table.query("part == 'all' and measure == 'auc'")["value"].item() == auc(
        door.liked, np.arange(len(frame))
    )
