import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbrec.features.columns import Categorical, MultiHot, Numeric, Words, fit_column
from dbrec.features.encoder import FeatureEncoder


def test_dtype_tells_the_kind_of_a_column():
    kinds = {
        Categorical: [
            pd.Series(["a", "b"]),
            pd.Series([True, False]),
            pd.Series(["x", None], dtype="category"),
        ],
        Numeric: [pd.Series([1, 2]), pd.Series([0.5, np.nan]), pd.Series([1, None], dtype="Int16")],
        MultiHot: [pd.Series([("a", "b"), ()]), pd.Series([["a"], None]), pd.Series([{"a"}, {"b"}])],
    }
    for kind, columns in kinds.items():
        assert [type(fit_column("x", values)) for values in columns] == [kind] * 3


def test_codes_count_from_one_and_zero_is_missing_or_unseen():
    column = fit_column("x", pd.Series(["b", "a", None, "b"]))
    assert column.categories == ("a", "b") and column.size == 3
    assert column.encode(pd.Series(["a", "b", None, "new"])).tolist() == [[1], [2], [0], [0]]


def test_booleans_are_two_categories():
    column = fit_column("x", pd.Series([True, False, True]))
    assert column.encode(pd.Series([False, True], dtype=object)).tolist() == [[1], [2]]


def test_an_ordered_categorical_keeps_its_order():
    ages = pd.Series(pd.Categorical(["old", "young"], categories=["young", "middle", "old"], ordered=True))
    assert fit_column("age", ages).categories == ("young", "old")


def test_few_different_numbers_get_a_bin_each():
    column = fit_column("x", pd.Series([10, 20, 30]))
    assert column.edges == (15.0, 25.0)
    assert column.encode(pd.Series([-99, 20, 99, None])).tolist() == [[1], [2], [3], [0]]


def test_many_numbers_get_bins_of_about_equal_size():
    numbers = pd.Series(np.random.default_rng(0).lognormal(size=16_000))
    counts = np.bincount(fit_column("x", numbers).encode(numbers)[:, 0])
    assert counts[0] == 0 and len(counts) == 17 and (abs(counts[1:] - 1000) <= 1).all()


def test_flags_mark_the_categories_of_a_tuple():
    column = fit_column("genres", pd.Series([("Drama", "War"), ("Comedy",)]))
    rows = column.encode(pd.Series([("War",), (), None, ("Comedy", "New", "Drama")]))
    assert rows.tolist() == [[0, 0, 1], [0, 0, 0], [0, 0, 0], [1, 1, 0]]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (pd.Series([None, None]), "feature 'x' has no value in any row: leave the column out"),
        (pd.Series([(), []]), "feature 'x' has no category in any row: leave the column out"),
        (pd.Series(pd.to_datetime(["2000-01-01"])), "feature 'x' has dtype datetime64.*give numbers, text"),
    ],
)
def test_columns_that_cannot_be_encoded_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        fit_column("x", values)


def encoder():
    features = pd.DataFrame(
        {"age": [10, 20, 30], "tags": [("a",), ("b", "a"), ()]}, index=pd.Index([7, 8, 99], name="user_id")
    )
    return FeatureEncoder.fit([8, 7, 8, 6], features)


def test_a_row_is_id_then_codes_then_flags():
    assert encoder().names == ["id", "age", "tags: a", "tags: b"]
    assert encoder()([7, 8]).tolist() == [[2, 1, 1, 0], [3, 2, 1, 1]]
    assert encoder().spec == [("id", "one-hot", 4), ("age", "one-hot", 3), ("tags", "multi-hot", 2)]


def test_status_tells_what_an_id_is_scored_from():
    ids = [7, 6, 99, 1]  # trained; trained without features; features alone; never met
    assert encoder().status(ids).tolist() == ["ratings", "ratings", "features", "population"]
    assert encoder()(ids)[:, 0].tolist() == [2, 1, 0, 0]
    assert not encoder()([1]).any()


def test_features_of_untrained_ids_make_no_categories():
    features = pd.DataFrame({"job": ["cook", "spy"]}, index=[1, 2])
    fitted = FeatureEncoder.fit([1], features)
    assert fitted.columns[0].categories == ("cook",) and fitted([2]).tolist() == [[0, 0]]


def test_newcomers_have_no_id_and_may_lack_features():
    assert encoder().encode_person({"age": 30}).tolist() == [[0, 2, 0, 0]]


def test_ids_with_two_rows_of_features_are_refused():
    with pytest.raises(ValueError, match="id 5 has more than one row of features: keep one row an id"):
        FeatureEncoder.fit([5], pd.DataFrame({"a": [1, 2]}, index=[5, 5]))


def test_features_of_other_ids_are_refused():
    with pytest.raises(ValueError, match=r"no id of the ratings \(such as 5\).*such as \['5'\]\): index"):
        FeatureEncoder.fit([5], pd.DataFrame({"a": [1]}, index=["5"]))


@given(st.lists(st.one_of(st.none(), st.text(max_size=3)), min_size=1).filter(any))
def test_categories_survive_the_round_trip(values):
    column = Categorical.fit("x", pd.Series(values, dtype=object))
    codes = column.encode(pd.Series(values, dtype=object))[:, 0]
    assert [None if code == 0 else column.categories[code - 1] for code in codes] == values


FILMS = pd.DataFrame(
    {
        "title": [
            "Star Wars",
            "Star Trek",
            "The Trek",
            None,
            "Star",
            *[f"Name{n} alone{n}" for n in range(9)],
        ],
        "year": [1977, 1979, 1990, 1990] + [1990] * 10,
    },
    index=range(1, 15),
)


def test_free_text_gives_a_flag_to_each_word_of_two_texts_or_more():
    column = fit_column("title", FILMS["title"])
    assert isinstance(column, Words) and column.categories == ("star", "trek")
    assert column.encode(pd.Series(["STAR: trek", None, "new words"])).tolist() == [[1, 1], [0, 0], [0, 0]]


def test_text_that_repeats_or_is_short_or_of_single_words_is_no_free_text():
    for values in (["very good", "very bad"] * 9, ["very good", "very bad"], [f"name{n}" for n in range(20)]):
        assert isinstance(fit_column("x", pd.Series(values)), Categorical)


def test_words_stand_last_in_the_rows_and_are_not_for_the_towers():
    encoder = FeatureEncoder.fit(FILMS.index, FILMS)
    assert [column.name for column in encoder.columns] == ["year", "title"]
    assert encoder.names == ["id", "year"] and encoder.width == 2 and encoder([1, 2]).shape == (2, 2)
    assert [name for name, _, _ in encoder.spec] == ["id", "year"]
    assert encoder.rows[:4, 2:].tolist() == [[1, 0], [1, 1], [0, 1], [0, 0]]
    assert encoder.features([1]).toarray().tolist() == [[1, 0, 0, 1, 0]]


def test_words_alone_make_an_id_known_by_its_features():
    trained = FILMS.index.drop([4, 5])
    encoder = FeatureEncoder.fit(trained, FILMS[["title"]])
    assert encoder.status([1, 5, 4, 77]).tolist() == ["ratings", "features", "population", "population"]
