import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbrec.scoring.scorer import VectorScorer

RANDOM = np.random.default_rng(0)
USERS, ITEMS = [f"u{number}" for number in range(6)], np.arange(100, 130)
SEEN = pd.DataFrame({"user_id": np.repeat(USERS, 4), "item_id": RANDOM.choice(ITEMS, 24, replace=False)})
SCORER = VectorScorer(USERS, ITEMS, RANDOM.normal(size=(7, 5)), RANDOM.normal(size=(31, 5)), SEEN)
ASKED = ["u3", "u0", "nobody", "u3"]


def whole(exclude_seen=True):
    """List everything, with the place of each user among those asked."""
    parts = [SCORER.recommend(user, len(ITEMS), exclude_seen).assign(asked=n) for n, user in enumerate(ASKED)]
    return pd.concat(parts, ignore_index=True)


def cut(lists, k):
    lists = lists.assign(rank=lists.groupby("asked").cumcount() + 1)
    return lists[lists["rank"] <= k].drop(columns="asked").reset_index(drop=True)


@settings(max_examples=40)
@given(
    st.lists(st.sampled_from(ITEMS.tolist()), max_size=12),
    st.lists(st.sampled_from([*ITEMS.tolist(), 7]), max_size=12),
    st.booleans(),
)
def test_lists_of_some_items_are_the_full_lists_without_the_others(items, exclude, exclude_seen):
    full = whole(exclude_seen)
    expected = cut(full[full.item_id.isin(items) & ~full.item_id.isin(exclude)], 5)
    found = SCORER.recommend(ASKED, 5, exclude_seen, items=items, exclude=exclude)
    pd.testing.assert_frame_equal(found, expected)


def pairs(rows):
    return pd.DataFrame(rows, columns=["user_id", "item_id"])


def test_each_user_may_have_items_of_their_own_and_who_is_not_named_gets_none():
    items = pairs([("u3", 100), ("u3", 105), ("u0", 110), ("u1", 111), ("u3", 105)])
    found = SCORER.recommend(ASKED, 5, exclude_seen=False, items=items)
    assert found[found.user_id == "u0"].item_id.tolist() == [110]
    for number in (0, 1):  # u3 was asked for twice
        assert set(found[found.user_id == "u3"].item_id[2 * number :][:2]) <= {100, 105}
    assert len(found) == 5 and not set(found.user_id) - {"u3", "u0"}


def test_what_is_excluded_for_one_is_listed_for_others():
    full = whole(exclude_seen=False)
    best = full.groupby("asked").item_id.first()
    found = SCORER.recommend(
        ASKED, 1, False, exclude=pairs([("u0", best[1]), ("nobody", best[2]), ("u0", 7)])
    )
    assert found.item_id.tolist() == [best[0], full[full.asked == 1].item_id.iloc[1], *found.item_id[2:]]
    assert found.item_id[2] != best[2] and found.item_id[3] == best[3]


@pytest.mark.parametrize(
    "make", [list, set, np.array, pd.Series, pd.Categorical, lambda ids: (one for one in ids), tuple]
)
def test_candidates_come_in_any_iterable(make):
    found = SCORER.recommend("u0", 3, False, items=make([100, 101, 102]), exclude=make([101]))
    assert set(found.item_id) == {100, 102}


@pytest.mark.parametrize("index", ["approximate", "saved"])
def test_an_index_lists_the_same(index):
    index = SCORER.item_index() if index == "saved" else index
    for how in ({"items": [100, 105, 110]}, {"exclude": np.arange(100, 115)}):
        exact = SCORER.recommend(USERS, 3, **how)
        found = SCORER.recommend(USERS, 3, index=index, **how)
        assert found.item_id.tolist() == exact.item_id.tolist()
        assert found.list_score.to_numpy() == pytest.approx(exact.list_score.to_numpy())


def test_an_unknown_item_cannot_be_listed():
    with pytest.raises(KeyError, match=r"items holds \[7\], which are unknown: give ids .* by update"):
        SCORER.recommend("u0", items=[100, 7])
    with pytest.raises(KeyError, match=r"items\['item_id'\] holds \[7\]"):
        SCORER.recommend("u0", items=pairs([("u0", 7)]))


NOT_UNDERSTOOD = {
    "text ids": (["100"], TypeError, "items holds '100', ids here are like 100"),
    "missing": ([100, None], ValueError, "items has a missing value"),
    "no columns": (pd.DataFrame({"item_id": [100]}), ValueError, "items has the columns"),
    "users as numbers": (pairs([(1, 100)]), TypeError, "give ids of the type used in fitting"),
    "a table": (np.ones((2, 2), int), TypeError, "not a table of shape"),
}


@pytest.mark.parametrize("what", NOT_UNDERSTOOD)
def test_candidates_that_are_not_understood_are_refused(what):
    items, error, message = NOT_UNDERSTOOD[what]
    with pytest.raises(error, match=message):
        SCORER.recommend("u0", items=items)
    with pytest.raises(error, match=message.replace("items", "exclude", 1)):
        SCORER.recommend("u0", exclude=items)


def test_parts_are_the_lists_of_all_and_refuse_at_once(monkeypatch):
    monkeypatch.setattr("dbrec.scoring.scorer.USERS_AT_ONCE", 2)
    parts = SCORER.recommend_in_parts(USERS, 3, exclude=[100])
    first = next(parts)
    assert first.user_id.unique().tolist() == ["u0", "u1"]
    assert pd.concat([first, *parts], ignore_index=True).equals(SCORER.recommend(USERS, 3, exclude=[100]))
    with pytest.raises(ValueError, match="k is 0"):
        SCORER.recommend_in_parts(USERS, 0)


def test_rank_is_what_lists_are_ordered_by():
    other = VectorScorer(USERS, ITEMS, SCORER.user_vectors, SCORER.item_vectors, SEEN, -SCORER.user_vectors)
    lists = other.recommend(USERS, 4)
    ranked = other.rank(lists.user_id, lists.item_id)
    assert ranked == pytest.approx(lists.list_score.to_numpy(), rel=1e-5)
    assert other.score(lists.user_id, lists.item_id) == pytest.approx(-ranked)
