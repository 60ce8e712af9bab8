"""The peers' adapters: those without a library here, those with one in the peers' environment where it is."""

import subprocess

import numpy as np
import pandas as pd
import pytest

from benchmarks.harness import data as data_module
from benchmarks.harness import process
from benchmarks.harness.data import load_data
from benchmarks.systems.baselines import (
    Catalogue,
    fit_feature_ridge,
    fit_group_popularity,
    fit_logistic,
    positive_from,
)

USERS = pd.DataFrame({"gender": ["F", "F", "M"], "age_group": ["young", "old", "old"]}, index=[1, 2, 3])
RATED = pd.DataFrame({"user_id": [1, 1, 2, 3], "item_id": [10, 20, 10, 20], "rating": [5, 2, 4, 5]})


def test_popularity_of_a_group_is_its_share_drawn_to_that_of_everybody():
    scorer = fit_group_popularity(RATED, USERS, None, 4, 0, by="gender", prior=2)
    # women: two ratings of 10, one of 20; everybody: half and half
    assert scorer.score(1, [10, 20]) == pytest.approx([(2 + 1) / 5, (1 + 1) / 5])
    assert scorer.score(3, [10, 20]) == pytest.approx([(0 + 1) / 3, (1 + 1) / 3])
    assert scorer.score(2, [10]) == scorer.score(1, [10])


def test_a_ridge_of_features_lists_what_people_of_the_same_features_like():
    people = pd.DataFrame({"kind": ["a", "b"] * 20}, index=range(40))
    rows = [(user, 100 + user % 2, 5) for user in range(38)] + [(0, 102, 1)]
    train = pd.DataFrame(rows, columns=["user_id", "item_id", "rating"])
    scorer = fit_feature_ridge(train, people, None, 4, 0, l2=1.0)
    lists = scorer.recommend([38, 39], k=1)
    assert lists.item_id.tolist() == [100, 101], "neither has a rating"


def test_a_logistic_regression_tells_probabilities_by_its_log_odds():
    items = pd.DataFrame({"year": [1990.0, 2000.0], "title": ["A", "B"]}, index=[10, 20])
    scorer = fit_logistic(RATED, USERS, items, 4, 0, c=1.0, words=False)
    told = scorer.probability([1, 2], [10, 20])
    assert told == pytest.approx(1 / (1 + np.exp(-scorer.score([1, 2], [10, 20]))))


def test_a_catalogue_weighs_what_was_rated_low_and_knows_who_comes_later():
    later = pd.DataFrame({"user_id": [9, 9], "item_id": [10, 99], "rating": [5, 5]})
    catalogue = Catalogue(RATED, later)
    assert catalogue.users.tolist() == [1, 2, 3, 9] and catalogue.items.tolist() == [10, 20]
    table = catalogue.positives(catalogue.seen, 4, low_weight=0.5).toarray()
    assert table.tolist() == [[1, 0.5], [1, 0], [0, 1], [1, 0]]
    assert catalogue.positives(RATED, positive_from("all", 4)).nnz == 4
    assert catalogue.positives(RATED, positive_from("liked", 4)).nnz == 3


def test_data_that_is_not_there_is_told_and_never_fetched(tmp_path, monkeypatch):
    monkeypatch.setenv("DBREC_DATA_DIR", str(tmp_path / "movielens"))
    with pytest.raises(FileNotFoundError, match="'anime' can't be compared on"):
        load_data("anime")


def test_other_data_is_read_in_the_same_schema(tmp_path, monkeypatch):
    anime, shop = tmp_path / "other-data" / "anime", tmp_path / "other-data" / "retailrocket"
    anime.mkdir(parents=True)
    shop.mkdir()
    (anime / "anime_ratings.dat").write_text("User_ID\tAnime_ID\tFeedback\n1\t7\t9\n")
    head = "anime_ids\tname\tgenre\ttype\tepisodes\trating\tmembers\n"
    (anime / "anime_info.dat").write_text(f"{head}7\tA\tDrama, War\tTV\t12\t9.1\t100\n8\tB\t\tTV\t1\t9\t9\n")
    (shop / "view_ecommerce.dat").write_text("visitorid\titemid\tevent\n5\t6\t1\n")
    monkeypatch.setenv("DBREC_DATA_DIR", str(tmp_path / "movielens"))
    found = load_data("anime")
    assert found.ratings.to_dict("list") == {"user_id": [1], "item_id": [7], "rating": [9]}
    assert found.movies["genres"].tolist() == [("Drama", "War"), ()]
    assert not {"rating", "members"} & set(found.movies), "these are of all users, the test's too"
    assert load_data("shop").ratings.to_dict("list") == {"user_id": [5], "item_id": [6], "rating": [5]}
    assert set(data_module.NAMES) == {"ml-1m", "ml-100k", "anime", "shop"}


OF_PEERS = """
import numpy as np, pandas as pd
from benchmarks.systems.irspack_models import fit_ease, fit_edlae, fit_ials
from benchmarks.systems.myfm_models import fit_fm
random = np.random.default_rng(0)
pairs = pd.MultiIndex.from_product([range(40), range(100, 130)], names=["user_id", "item_id"])
rows = pairs.to_frame(index=False)
rows["rating"] = np.where(rows.user_id % 2 == rows.item_id % 2, 5, 1)
rows = rows.sample(frac=0.6, random_state=0)
train, later = rows[rows.user_id < 36], rows[rows.user_id >= 36]
table = (train.pivot(index="user_id", columns="item_id", values="rating").fillna(0) >= 4).to_numpy(float)
ease = fit_ease(train, None, None, 4, 0, l2=10, low_weight=0.0, later=later)
others = np.delete(table, 7, axis=1)
expected = np.linalg.solve(others.T @ others + 10 * np.eye(29), others.T @ table[:, 7])
assert np.allclose(np.delete(ease.item_vectors[7], 7)[:29], expected, atol=1e-4), "ridge on the others"
assert np.allclose(np.diag(ease.item_vectors[:-1]), 0)
edlae = fit_edlae(train, None, None, 4, 0, l2=10, dropout_odds=0.5, low_weight=0.0, later=later)
ials = fit_ials(train, None, None, 4, 0, "liked", 8, 0.1, 0.003, 8, later=later)
for scorer in (ease, edlae, ials):
    lists = scorer.recommend(later.user_id.unique(), k=3)
    assert (lists.item_id % 2 == lists.user_id % 2).all(), "who came later is listed their own kind"
users = pd.DataFrame({"kind": ["a", "b"] * 20}, index=range(40))
items = pd.DataFrame({"kind": ["a", "b"] * 15}, index=range(100, 130))
for target in ("liked", "ratings"):
    fm = fit_fm(train, users, items, 4, 0, target, history=True, rank=4, draws=30)
    said = fm.score(later.user_id.to_numpy(), later.item_id.to_numpy())
    assert np.corrcoef(said, later.rating)[0, 1] > 0.8, target
print("all of it holds")
"""


@pytest.mark.skipif(not process.PEERS_PYTHON.exists(), reason="needs the peers' environment: make peers")
def test_the_peers_of_irspack_and_myfm_find_the_planted_kind():
    asked = [str(process.PEERS_PYTHON), "-c", OF_PEERS]
    said = subprocess.run(asked, capture_output=True, text=True, cwd=process.ROOT)
    assert said.returncode == 0, said.stderr[-2000:]
    assert "all of it holds" in said.stdout
