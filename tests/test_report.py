import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dbrec
from dbrec.evaluation.auc import bootstrap_auc
from dbrec.evaluation.calibration import brier, calibration_error, log_loss
from dbrec.evaluation.measures import Resampling
from dbrec.evaluation.ranking import coverage, ranking_metrics
from dbrec.evaluation.report import evaluate
from dbrec.scoring.baselines import popularity
from dbrec.scoring.scorer import VectorScorer

COLUMNS = ["part", "measure", "value", "low", "high", "n_rows", "n_users"]
OF_LISTS = ["precision", "recall", "ndcg", "mrr", "hit"]
SECOND = 1 / np.log2(3)  # the gain of a hit in the second place


def pairs(*rows):
    return pd.DataFrame(rows, columns=["user_id", "item_id", "rating"][: len(rows[0])])


def table_scorer():
    """Two users and five items with ratings; a column of the table an item, and its last row who is new."""
    table = np.array([[4, 3, 2, 1, 0], [1, 2, 3, 4, 0], [2, 1, 0, 0, 0]])
    return VectorScorer([1, 2], [10, 20, 30, 40, 50], table, np.eye(6, 5), pairs((2, 20)))


# Scores: 4, 3; 1, 4; a new user: 1; a new item: 0. Lists of two: 10 20; 40 30, without what was seen; 10 20.
TEST = pairs((1, 10, 5), (1, 20, 1), (2, 10, 4), (2, 40, 2), (9, 20, 5), (1, 99, 5))


class Model:
    """A stub whose parts can be taken away; item 40 and user 2 have features only."""

    def __init__(self, *without, **instead):
        self.scorer = table_scorer()
        told = {
            "score": self.scorer.score,
            "recommend": self.scorer.recommend,
            "probability": lambda users, items: self.scorer.score(users, items) / 4,
            "user_status": lambda ids: np.where(np.asarray(ids) == 1, "ratings", "features"),
            "item_status": lambda ids: np.where(np.isin(ids, [10, 20, 30]), "ratings", "features"),
        }
        vars(self).update({name: told[name] for name in told if name not in without} | instead)


def of(table, part):
    return table[table["part"] == part].set_index("measure").drop(columns="part")


def values(table, part):
    return of(table, part)["value"].to_dict()


def test_the_table_has_the_stated_columns_parts_and_measures_in_order():
    table = evaluate(Model(), TEST, k=2)
    assert list(table) == COLUMNS and table.index.equals(pd.RangeIndex(len(table)))
    assert table["part"].unique().tolist() == ["all", "warm", "new users", "new items"]
    of_probabilities = ["brier", "log_loss", "calibration_error"]
    of_all_lists = ["coverage", "new_items_share"]
    expected = ["auc", "auc_per_user", *OF_LISTS, *of_all_lists, *of_probabilities]
    assert of(table, "all").index.tolist() == expected
    assert not table[table["part"] != "all"]["measure"].isin(of_all_lists).any()
    assert [str(table[name].dtype) for name in COLUMNS[2:]] == ["float64"] * 3 + ["int64"] * 2


def test_all_rows_are_judged_together():
    found = values(evaluate(table_scorer(), TEST, k=2), "all")
    assert found["auc"] == pytest.approx(1.5 / 8)  # liked 4, 1, 1, 0 beside 3 and 4
    assert found["auc_per_user"] == pytest.approx((0.5 + 0) / 2)
    assert found["precision"] == pytest.approx((0.5 + 0 + 0.5) / 3)
    assert found["recall"] == pytest.approx((0.5 + 0 + 1) / 3)
    assert found["ndcg"] == pytest.approx((1 / (1 + SECOND) + 0 + SECOND) / 3)
    assert found["mrr"] == pytest.approx((1 + 0 + 0.5) / 3)
    assert found["hit"] == pytest.approx(2 / 3)
    assert found["coverage"] == 4 / 5  # 50 is shown to nobody
    assert found["new_items_share"] == 0
    assert set(found).isdisjoint(["brier", "log_loss", "calibration_error"])


def test_known_pairs_new_users_and_new_items_are_judged_apart():
    table = evaluate(table_scorer(), TEST, k=2)
    warm = values(table, "warm")
    assert warm["auc"] == pytest.approx(1.5 / 4)  # liked 4 and 1 beside 3 and 4
    assert warm["auc_per_user"] == pytest.approx((1 + 0) / 2)
    # User 1 liked item 10 alone of those with ratings, and user 2 sees no 10.
    assert warm["recall"] == warm["ndcg"] == warm["mrr"] == warm["hit"] == 0.5
    assert values(table, "new users") == pytest.approx(
        {"precision": 0.5, "recall": 1, "ndcg": SECOND, "mrr": 0.5, "hit": 1}
    )
    assert values(table, "new items") == dict.fromkeys(OF_LISTS, 0)  # 99 is in no list


def test_each_measure_says_of_how_many_rows_and_users_it_is():
    table = evaluate(Model(), TEST.assign(rating=[5, 1, 4, 4, 5, 5]), k=2)
    sizes = of(table, "all")[["n_rows", "n_users"]]
    assert sizes.loc["auc"].tolist() == sizes.loc["brier"].tolist() == [6, 3]
    assert sizes.loc["log_loss"].tolist() == sizes.loc["calibration_error"].tolist() == [6, 3]
    assert sizes.loc["auc_per_user"].tolist() == [3, 1]  # only user 1 has both kinds
    assert sizes.loc["precision"].tolist() == sizes.loc["hit"].tolist() == [5, 3]  # liked rows
    assert sizes.loc["coverage"].tolist() == sizes.loc["new_items_share"].tolist() == [6, 3]  # places
    assert of(table, "new items").loc["recall", ["n_rows", "n_users"]].tolist() == [2, 2]


def test_a_model_tells_itself_what_has_ratings():
    table = evaluate(Model(), TEST, k=2)
    assert of(table, "warm").loc["brier", "n_rows"] == 2  # user 1 with 10 and 20
    assert of(table, "new users").loc["brier", "n_rows"] == 3  # of users 2 and 9
    assert of(table, "new items").loc["brier", "n_rows"] == 2  # 40 and 99
    assert values(table, "all")["new_items_share"] == pytest.approx(1 / 6)  # 40, in one place of six


def test_without_a_status_what_is_among_the_ids_has_ratings_and_without_these_everything():
    class Bare(Model):
        user_ids = [1]

    bare = evaluate(Bare("user_status", "item_status"), TEST, k=2)
    assert bare["part"].unique().tolist() == ["all", "warm", "new users"]
    assert of(bare, "warm").loc["brier", "n_rows"] == 3
    bare = evaluate(Model("user_status", "item_status"), TEST, k=2)
    assert bare["part"].unique().tolist() == ["all", "warm"]
    pd.testing.assert_frame_equal(
        of(bare, "warm"), of(bare, "all").drop(index=["coverage", "new_items_share"])
    )


def test_the_catalogue_is_the_scorers_and_else_what_is_in_test_and_lists():
    assert values(evaluate(Model(), TEST, k=2), "all")["coverage"] == 4 / 5  # 10 to 40 and 99
    assert values(evaluate(Model(item_ids=range(8)), TEST, k=2), "all")["coverage"] == 4 / 8


def test_probabilities_are_judged_as_by_their_own_measures():
    table = evaluate(Model(), TEST, k=2)
    liked, told = TEST["rating"] >= 4, np.array([4, 3, 1, 4, 1, 0]) / 4
    for part, rows in [("all", [0, 1, 2, 3, 4, 5]), ("warm", [0, 1]), ("new users", [2, 3, 4])]:
        found = values(table, part)
        assert found["brier"] == pytest.approx(brier(liked[rows], told[rows]))
        assert found["log_loss"] == pytest.approx(log_loss(liked[rows], told[rows]))
        assert found["calibration_error"] == pytest.approx(calibration_error(liked[rows], told[rows]))
    assert values(table, "warm")["brier"] == pytest.approx((0 + 0.75**2) / 2)


def test_lists_are_left_out_where_the_scorer_makes_none():
    table = evaluate(Model("recommend", "probability"), TEST)
    assert table["measure"].unique().tolist() == ["auc", "auc_per_user"]


def test_without_ratings_every_row_is_a_choice_and_only_lists_are_judged():
    choices = TEST.drop(columns="rating")
    table = evaluate(Model(), choices, k=2)
    assert table["measure"].unique().tolist() == [*OF_LISTS, "coverage", "new_items_share"]
    # Relevant: 10, 20 and 99 for user 1, 10 and 40 for user 2, 20 for user 9.
    assert values(table, "all")["recall"] == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)
    liked_all = evaluate(Model(), TEST, liked_from=1, k=2)
    pd.testing.assert_frame_equal(liked_all, table)


def test_a_part_without_a_liked_row_has_no_lists_and_one_with_liked_rows_only_no_auc():
    table = evaluate(Model(), TEST.assign(rating=[5, 1, 1, 1, 1, 5]), k=2)
    losses = ["brier", "log_loss", "calibration_error"]
    assert of(table, "new users").index.tolist() == losses
    table = evaluate(Model("probability"), TEST.assign(rating=[5, 1, 4, 4, 4, 4]), k=2)
    assert of(table, "new users").index.tolist() == OF_LISTS
    table = evaluate(Model("probability"), TEST.assign(rating=[5, 1, 1, 1, 1, 5]), k=2)
    assert table["part"].unique().tolist() == ["all", "warm", "new items"]


def test_where_nobody_has_rows_of_both_kinds_auc_stands_alone_and_without_bounds():
    table = evaluate(table_scorer(), pairs((1, 10, 5), (1, 20, 5), (2, 10, 1)), k=2)
    found = of(table, "all")
    assert found.loc["auc", "value"] == 1 and "auc_per_user" not in found.index
    assert found.loc["auc", ["low", "high"]].isna().all()


def test_only_what_is_of_all_lists_and_the_calibration_error_have_no_bounds():
    table = of(evaluate(Model(), TEST, k=2), "all")
    without = table[table[["low", "high"]].isna().any(axis=1)]
    assert without.index.tolist() == ["coverage", "new_items_share", "calibration_error"]
    bounded = table.drop(index=without.index)
    assert ((bounded["low"] <= bounded["value"]) & (bounded["value"] <= bounded["high"])).all()


def test_intervals_of_lists_resample_users():
    # Of one place, user 1 finds what they liked and user 2 doesn't: a resample's mean is 0, a half or 1, with
    # chances 1/4, 1/2, 1/4.
    test = pairs((1, 10), (2, 10))
    for level, low, high in [(0.4, 0.5, 0.5), (0.6, 0, 1)]:
        found = of(evaluate(table_scorer(), test, k=1, n_resamples=2000, level=level), "all")
        assert found.loc["hit", ["value", "low", "high"]].tolist() == [0.5, low, high]


def test_intervals_of_losses_resample_users_with_all_their_rows():
    # User 1 has one row of no loss, user 2 three of a quarter: twice user 1 is 0, twice user 2 a quarter, and
    # each once three sixteenths, since rows count alike.
    test = pairs((1, 10, 5), (2, 10, 5), (2, 20, 5), (2, 30, 1))
    told = {"probability": lambda users, items: np.where(users == 1, 1, 0.5)}
    for level, low, high in [(0.4, 0.1875, 0.1875), (0.6, 0, 0.25)]:
        table = evaluate(Model("recommend", **told), test, n_resamples=2000, level=level)
        assert of(table, "all").loc["brier", ["value", "low", "high"]].tolist() == [0.1875, low, high]


def random_test(seed, n_users=30):
    random = np.random.default_rng(seed)
    rows = pd.MultiIndex.from_product([range(n_users), range(20)], names=["user_id", "item_id"])
    rows = rows.to_frame(index=False).sample(frac=0.5, random_state=seed)
    return rows.assign(rating=random.integers(1, 6, len(rows)))


@settings(max_examples=10)
@given(st.integers(0, 10_000))
def test_the_measures_are_those_of_the_room_one_by_one(seed):
    test, model = random_test(seed), Model("user_status", "item_status", item_ids=[10, 20, 30, 40, 50])
    random = np.random.default_rng(seed)
    scores = random.integers(0, 5, (31, 21))  # ties, too
    scorer = VectorScorer(range(30), range(20), scores, np.eye(21), pairs((0, 0)))
    model.score, model.recommend, model.item_ids = scorer.score, scorer.recommend, scorer.item_ids
    model.probability = lambda users, items: scores[users, items] / 4
    found = of(evaluate(model, test, k=3, n_resamples=20, seed=seed), "all")
    liked, own = test["rating"] >= 4, scorer.score(test["user_id"], test["item_id"])
    expected = bootstrap_auc(test["user_id"], liked, own, n_resamples=20, seed=seed)
    for name, row in [("auc", "pooled"), ("auc_per_user", "per user")]:
        assert found.loc[name, ["value", "low", "high"]].tolist() == expected.loc[row].tolist()
    lists = scorer.recommend(test["user_id"].unique(), 3)
    means = ranking_metrics(lists, test[liked], 3).mean()
    assert found.loc[OF_LISTS, "value"].to_numpy() == pytest.approx(means[OF_LISTS].to_numpy())
    assert found.loc["coverage", "value"] == coverage(lists, 20, 3)
    assert found.loc["brier", "value"] == pytest.approx(brier(liked, own / 4))
    assert found.loc["log_loss", "value"] == pytest.approx(log_loss(liked, own / 4))


def test_the_same_seed_gives_the_same_table_whatever_the_labels_of_the_rows():
    test = random_test(3)
    scorer = popularity(test.head(100))
    table = evaluate(scorer, test, seed=1)
    pd.testing.assert_frame_equal(evaluate(scorer, test.set_index(test["rating"]), seed=1), table)
    other = evaluate(scorer, test, seed=2)
    assert other["value"].equals(table["value"]) and not other["low"].equals(table["low"])


def test_by_default_ratings_of_four_are_liked_lists_have_ten_places_and_intervals_95_percent():
    test = random_test(4)
    scorer = popularity(test.head(100))
    stated = evaluate(scorer, test, liked_from=4, k=10, n_resamples=200, level=0.95, seed=0)
    pd.testing.assert_frame_equal(evaluate(scorer, test), stated)


def test_ids_may_be_text():
    as_text = TEST.astype({"user_id": str, "item_id": str})
    scorer = popularity(as_text.iloc[:4])
    numbers = evaluate(popularity(TEST.iloc[:4]), TEST, k=2)
    pd.testing.assert_frame_equal(evaluate(scorer, as_text, k=2), numbers)


def test_only_k_places_of_longer_lists_count():
    longer = Model(recommend=lambda users, k: table_scorer().recommend(users, k + 2))
    pd.testing.assert_frame_equal(evaluate(longer, TEST, k=2), evaluate(Model(), TEST, k=2))


def test_empty_lists_cover_nothing_and_have_no_share_of_new_items():
    empty = Model(recommend=lambda users, k: table_scorer().recommend(users, k).iloc[:0])
    found = values(evaluate(empty, TEST), "all")
    assert found["coverage"] == found["hit"] == 0 and "new_items_share" not in found


def test_the_planted_scorer_is_perfect_and_its_opposite_always_wrong(planted):
    ratings, items = planted["ratings"], planted["items"].index
    users = planted["users"].index
    own_kind = np.where((np.arange(80)[:, None] - items.to_numpy()) % 2, -1.0, 1.0)
    table = np.vstack([own_kind, np.zeros(60)])
    right, wrong = (VectorScorer(users, items, sign * table, np.eye(61, 60), ratings[:0]) for sign in (1, -1))
    found, turned = (values(evaluate(scorer, ratings, n_resamples=5), "all") for scorer in (right, wrong))
    assert found["auc"] == found["auc_per_user"] == 1
    assert turned["auc"] == turned["auc_per_user"] == turned["hit"] == turned["ndcg"] == 0


def test_a_fitted_recommender_is_judged_with_its_newcomers(planted):
    new_user, new_item = planted["ratings"]["user_id"] == "u3", planted["ratings"]["item_id"] == 105
    train, test = planted["ratings"][~new_user & ~new_item], planted["ratings"][new_user | new_item]
    known = train.head(30)
    model = dbrec.HybridRecommender(epochs=1, choice_dim=4).fit(train, planted["users"], planted["items"])
    table = dbrec.evaluate(model, pd.concat([known, test]), n_resamples=5)
    assert table["part"].unique().tolist() == ["all", "warm", "new users", "new items"]
    assert of(table, "warm").loc["auc", "n_rows"] == 30
    assert of(table, "new users").loc["auc", "n_rows"] == new_user.sum()
    assert of(table, "new items").loc["auc", "n_rows"] == new_item.sum()


@pytest.mark.parametrize("scorer", [None, {"score": 1}, "popularity"])
def test_what_does_not_score_is_refused(scorer):
    with pytest.raises(TypeError, match=r"scorer is a .*, or one with score\(user_ids, item_ids\)"):
        evaluate(scorer, TEST)


def test_a_class_in_the_place_of_a_model_is_refused():
    with pytest.raises(TypeError, match="scorer is the class HybridRecommender: give a fitted model, or one"):
        evaluate(dbrec.HybridRecommender, TEST)


@pytest.mark.parametrize(
    ("test", "error", "message"),
    [
        (None, TypeError, r"test is a NoneType: give a frame with the columns \['user_id', 'item_id'\]"),
        (TEST.drop(columns="user_id"), ValueError, r"test has the columns \['item_id', 'rating'\]"),
        (pd.concat([TEST, TEST], axis=1), ValueError, "test has the columns .*: .* must be there, each once"),
        (TEST.iloc[:0], ValueError, "test has no rows: give at least one"),
        (TEST.assign(item_id=None), ValueError, r"test\['item_id'\] has a missing value at position 0"),
        (TEST.assign(user_id=1.5), TypeError, r"test\['user_id'\] must be .* ints or text"),
        (TEST.astype({"user_id": str}), TypeError, "user_ids holds '1', ids here are like 1: give ids of"),
        (TEST.assign(rating=[5, 1, None, 1, 1, 1]), ValueError, "1 ratings of test are not finite numbers"),
        (TEST.assign(rating="good"), ValueError, "ratings of test are string, such as .*: give numbers"),
        (TEST.rename(columns={"rating": "Ratings"}), ValueError, "test has a column 'Ratings': name it 'rat"),
        (TEST.rename(columns={"rating": b"rating"}), ValueError, "test has a column b'rating': name it 'rat"),
        (TEST.assign(rating=3), ValueError, r"none of 6 rows in test is liked \(rating >= 4\): .* rating, 3"),
    ],
)
def test_what_is_no_test_is_refused(test, error, message):
    with pytest.raises(error, match=message):
        evaluate(table_scorer(), test)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        *[({"k": k}, "k is .*: give a whole number of at least 1") for k in (0, 1.5, "a", None)],
        *[({"n_resamples": n}, "n_resamples is .*: give a whole number of at least 1") for n in (0, 1.5)],
        *[({"level": level}, r"level is .*: give a finite number in \(0, 1\)") for level in (0, 1, "a")],
        *[({"seed": seed}, "seed is .*: give a whole number from 0") for seed in (-1, 1.5)],
        *[({"liked_from": at}, "liked_from is .*: give a finite number") for at in (None, np.nan, "4")],
    ],
)
@pytest.mark.parametrize("test", [TEST, TEST.drop(columns="rating")])
def test_settings_out_of_range_are_refused_with_ratings_and_without(setting, message, test):
    with pytest.raises(ValueError, match=message):
        evaluate(table_scorer(), test, **setting)


@pytest.mark.parametrize(
    ("instead", "message"),
    [
        ({"score": lambda u, i: [1.0]}, r"scorer.score gave shape \(1,\) for 6 pairs: give one a pair"),
        ({"score": lambda u, i: [np.nan] * 6}, "6 numbers by scorer.score are not finite numbers"),
        ({"probability": lambda u, i: [[0.5]] * 6}, r"scorer.probability gave shape \(6, 1\) for 6 pairs"),
        ({"probability": lambda u, i: [1.5] * 6}, r"6 probabilities are outside \[0, 1\], such as 1.5"),
        ({"recommend": lambda u, k: TEST}, r"recommended has the columns .*'rank'\] must be there"),
        (
            {"recommend": lambda u, k: None},
            "scorer.recommend gave a NoneType: give a frame with user_id, rank",
        ),
        (
            {"user_status": lambda ids: "ratings"},
            r"scorer.user_status gave shape \(\) for 3 ids: give one an id",
        ),
        ({"item_ids": [10]}, "the lists hold 4 items and n_items is 1: give the catalogue's size"),
    ],
)
def test_what_a_scorer_must_not_give_is_refused(instead, message):
    with pytest.raises(ValueError, match=message):
        evaluate(Model(**instead), TEST, k=2)


def test_a_test_of_which_nothing_can_be_told_is_refused():
    message = "all 6 rows of test are liked, and Model has no method recommend: give rows with a rating below"
    with pytest.raises(ValueError, match=message):
        evaluate(Model("recommend"), TEST.drop(columns="rating"))


def test_the_bounds_of_one_user_are_their_mean():
    bounds = Resampling(10, 0.95, 0).interval(np.array([[3.0, 8.0]]), np.array([2]))
    assert bounds.tolist() == [[1.5, 1.5], [4, 4]]
