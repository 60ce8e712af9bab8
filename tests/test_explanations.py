import numpy as np
import pandas as pd
import pytest

from dbrec import HybridRecommender

SMALL = {"embedding_dim": 8, "choice_dim": 16, "epochs": 3, "learning_rate": 0.05, "verbose": False}


def described(planted):
    """Give features of every kind, some of them missing."""
    users = planted["users"].assign(age=np.arange(80) % 30)
    users.loc["u3", ["colour", "age"]] = None, np.nan
    words = [f"the {colour} item {number}" for number, colour in enumerate(planted["items"].colour)]
    tags = [("a", "b")[: 1 + number % 2] for number in range(60)]
    return users, planted["items"].assign(title=words, tags=tags)


@pytest.fixture(
    scope="module", params=["ratings", "choices", "no choice part", "no features", "mean", "loaded"]
)
def model(request, planted, tmp_path_factory):
    ratings, (users, items) = planted["ratings"], described(planted)
    ratings = ratings[(ratings.user_id != "u79") & (ratings.item_id < 150)]
    if request.param == "choices":
        ratings = ratings.query("rating == 5")[["user_id", "item_id"]]
    features = (None, None) if request.param == "no features" else (users, items)
    how = SMALL | ({"choice_dim": 0} if request.param == "no choice part" else {})
    made = HybridRecommender(**how).fit(ratings, *features)
    if request.param == "mean":
        made = HybridRecommender.mean_of([made, HybridRecommender(**how, seed=1).fit(ratings, *features)])
    if request.param == "loaded":
        made.save(tmp_path_factory.mktemp("loaded") / "model")
        made = HybridRecommender.load(tmp_path_factory.getbasetemp() / "loaded0" / "model")
    return made


def test_the_parts_sum_up_to_the_score_and_the_largest_comes_first(model):
    users, items = (
        model.user_ids[::7].append(model.user_ids[-1:]),
        model.item_ids[::9].append(model.item_ids[-1:]),
    )
    for user in users:
        for item in items:
            parts = model.explain(user, item)
            assert parts.contribution.sum() == pytest.approx(model.score(user, item)[0], abs=1e-5)
            assert (np.diff(parts.contribution) <= 0).all()


def test_the_parts_of_a_newcomers_score_sum_up_too(model):
    known = {"colour": "red"} if len(model.fitted_.sides[0].encoder.columns) else {}
    for told in ({}, {"features": known}, {"features": known, "liked": [100, 104], "disliked": [101]}):
        for item in (100, 102, 149):
            parts = model.explain_for(item, **told)
            assert parts.contribution.sum() == pytest.approx(model.score_for(item, **told)[0], abs=1e-5)
        assert (parts.of == "rated item").sum() == 2 * (len(told.get("liked", ())) and 3)


@pytest.fixture(scope="module")
def plain(planted):
    return HybridRecommender(**SMALL).fit(planted["ratings"], planted["users"], planted["items"])


def test_each_item_that_was_rated_has_its_share_of_choice(plain):
    model = plain.fitted_
    data, vectors = model.interactions, model.vectors
    rows = data.of_user(5)
    candidate = vectors.block(vectors.items[data.item_ids.get_loc(133)], "choice")
    parts = plain.explain(data.user_ids[5], 133).query("part == 'choice'").set_index("name").contribution
    stars = np.where(data.value[rows] == 5, 0.75, 0.25) + 0.25  # half of the ratings are 5, and half are 2
    for item, counted in zip(data.item_index[rows], stars, strict=True):
        share = counted * (model.as_rated[item] @ candidate)
        assert parts[data.item_ids[item]] == pytest.approx(share, abs=1e-6)
    assert len(parts) == 20


def test_features_are_named_and_what_everybody_shares_is_apart(plain):
    parts = plain.explain("u0", 100).query("part == 'liking'")
    named = parts.groupby("of").name.apply(list).to_dict()
    assert named["user feature"] == ["colour: red"] and named["everybody"] == named["user"] == [""]
    assert "colour: red" in named["item feature"] and any("size:" in name for name in named["item feature"])


def test_bins_of_numbers_say_from_where_to_where_they_go(plain):
    names = plain.fitted_.sides[1].encoder.feature_names
    edges = plain.fitted_.sides[1].encoder.columns[1].edges
    assert names[:2] == ["colour: blue", "colour: red"]
    assert names[2] == f"size: below {edges[0]:g}" and names[-1] == f"size: from {edges[-1]:g}"
    assert names[3] == f"size: from {edges[0]:g} to below {edges[1]:g}"


@pytest.mark.parametrize(
    ("pair", "error", "message"),
    [
        (("nobody", 100), KeyError, "user 'nobody' is unknown: give one of the 80 users of the fit"),
        (("u0", 7), KeyError, "item 7 is unknown"),
        ((["u0", "u1"], 100), ValueError, "user_id holds 2 ids: give one user"),
        (("u0", "100"), TypeError, "give ids of the type used in fitting"),
    ],
)
def test_who_or_what_is_unknown_is_not_explained(plain, pair, error, message):
    with pytest.raises(error, match=message):
        plain.explain(*pair)


def test_after_an_update_the_parts_still_sum_up(planted):
    made = HybridRecommender(**SMALL).fit(planted["ratings"], planted["users"], planted["items"])
    made.update(
        pd.DataFrame(
            {"user_id": ["u0", "u1", "zoe", "zoe"], "item_id": [7, 7, 7, 100], "rating": [5, 2, 5, 5]}
        )
    )
    made.update(pd.DataFrame({"user_id": ["u2"], "item_id": [7], "rating": [5]}))
    for user in ("u0", "u1", "u2", "zoe"):
        for item in (7, 100, 133):
            total = made.explain(user, item).contribution.sum()
            assert total == pytest.approx(made.score(user, item)[0], abs=1e-5)
