import pandas as pd
import pytest

from dbrec.data.movielens import MovieLens
from dbrec.lessons.lists import by_axes, by_popularity, by_towers, hits, whole_model

# People of even number like films of even number, the others the others; 0 and 1 haven't seen films 0 and 1.
ROWS = [(u, i, 5 if u % 2 == i % 2 else 1) for u in range(20) for i in range(10) if u > 1 or i > 1]
TRAIN = pd.DataFrame(ROWS, columns=["user_id", "item_id", "rating"])


@pytest.fixture(scope="module")
def data():
    """Give a data set in which no feature tells who likes what."""
    users = {"gender": ["F"] * 20, "age_group": ["25-34"] * 20, "occupation": ["artist"] * 20}
    movies = {"title": list("abcdefghij"), "year": [1990] * 10, "genres": [("Comedy",)] * 10}
    return MovieLens("ml-1m", TRAIN, pd.DataFrame(users), pd.DataFrame(movies))


def test_by_popularity_everybody_gets_the_best_known_film_that_they_have_not_rated():
    more = pd.concat([TRAIN, pd.DataFrame({"user_id": [30, 30], "item_id": [1, 2], "rating": [1, 5]})])
    lists = by_popularity(more, [0, 1, 30], k=1)
    assert lists["item_id"].tolist() == [1, 1, 3]  # 19 ratings of film 1, 18 of film 0; 20 of film 3
    assert list(lists) == ["user_id", "rank", "item_id", "list_score"]


def test_two_axes_part_two_tastes():
    lists = by_axes(TRAIN, [0, 1], k=2)
    assert lists["item_id"].tolist() == [0, 1, 1, 0]
    assert by_axes(TRAIN, [0, 1], k=2).equals(lists)  # the same lists each time


def test_one_axis_knows_one_taste_alone():
    """The larger group makes the only axis; who has no part in it has a score of 0 for every film."""
    larger = TRAIN[TRAIN["user_id"] != 19]
    assert by_axes(larger, [0], k=2, n_axes=1)["item_id"].tolist() == [0, 1]
    assert by_axes(larger, [1], k=2, n_axes=1)["list_score"].abs().max() < 1e-6


def test_towers_part_two_tastes(data):
    lists = by_towers(data, TRAIN, [0, 1], k=2, epochs=60, embedding_dim=4)
    assert lists["item_id"].tolist() == [0, 1, 1, 0]


def test_the_whole_model_takes_settings_and_five_columns_and_is_silent(data, capsys):
    model = whole_model(data, TRAIN, epochs=1, choice_dim=0)
    assert (model.epochs, model.choice_dim) == (1, 0)
    names = [[column.name for column in side.encoder.columns] for side in model.fitted_.sides]
    assert names == [["gender", "age_group", "occupation"], ["genres", "year"]]
    assert capsys.readouterr().out == ""


def test_a_hit_is_a_film_of_the_list_that_its_own_user_liked_later():
    lists = pd.DataFrame({"user_id": [2, 2, 1, 1, 3], "item_id": [7, 8, 7, 8, 9]})
    test = pd.DataFrame({"user_id": [2, 2, 1, 4], "item_id": [7, 8, 7, 9], "rating": [4, 5, 3, 5]})
    assert hits(lists, test).to_dict() == {1: 0, 2: 2, 3: 0}  # 3 stars don't count; 4 has no list


def test_no_lists_have_no_hits():
    empty = pd.DataFrame({"user_id": [], "item_id": []}, dtype=int)
    assert hits(empty, TRAIN).empty
