import numpy as np
import pandas as pd
import pytest

from dbrec.lessons.geography import DIVISIONS, places


def place(code):
    return places(pd.Series([code])).iloc[0]


def test_a_code_is_placed_by_state_region_and_coordinates():
    found = place("10025")  # Manhattan's Upper West Side
    assert (found.state, found.region) == ("NY", "Middle Atlantic")
    assert found.latitude == pytest.approx(40.8, abs=0.05)
    assert found.longitude == pytest.approx(-73.97, abs=0.05)


@pytest.mark.parametrize("code", ["55455-0001", "554550001", " 55455 "])
def test_zip_plus_4_and_blanks_around_a_code_are_cut_off(code):
    assert place(code).equals(place("55455"))


@pytest.mark.parametrize("code", ["K7L5J", "495321", "2138", "00000", "55455-", "5545a", "", None, np.nan])
def test_what_is_no_us_code_is_missing_in_all_columns(code):
    assert place(code).isna().all()


def test_military_mail_keeps_its_state_but_is_nowhere():
    found = place("09142")
    assert found.state == "AE"
    assert found[["region", "latitude", "longitude"]].isna().all()


def test_a_territory_has_coordinates_and_no_region():
    found = place("00918")
    assert found.state == "PR" and pd.isna(found.region)
    assert found.latitude == pytest.approx(18.4, abs=0.05)


def test_index_order_and_repeats_of_the_input_are_kept():
    codes = pd.Series(["94110", "junk", "94110", "02138"], index=[3, 3, 1, 0])
    found = places(codes)
    assert found.index.tolist() == [3, 3, 1, 0]
    assert found.state.fillna("-").tolist() == ["CA", "-", "CA", "MA"]
    assert found.region.cat.categories.tolist() == list(DIVISIONS)


def test_no_codes_give_an_empty_frame():
    found = places(pd.Series([], dtype=str))
    assert list(found) == ["state", "region", "latitude", "longitude"] and not len(found)


def test_numbers_are_refused_since_their_leading_zeros_are_lost():
    with pytest.raises(TypeError, match=r"dtype int64, such as 2138: give text.*zfill\(5\)"):
        places(pd.Series([2138, 94110]))


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        (["02138", 2138], r"dtype object, such as 2138: give text.*zfill\(5\)"),
        (pd.Series([2138.0, None, "02138"]), "such as 2138.0: give text"),
        (pd.Series([2138, 94110], dtype="category"), "dtype category, such as 2138: give text"),
        ([b"02138"], "such as b'02138': give text"),
        ([["02138"], ["94110"]], r"such as \['02138'\]: give text"),
        (2138, "such as 2138: give text"),
        (pd.DataFrame({"zip_code": ["02138"]}), "zip_codes is a DataFrame: give one column or list of text"),
        (np.array([["02138"]]), "zip_codes is a ndarray: give one column or list of text"),
        ({"02138"}, "zip_codes is a set: give one column or list of text"),
    ],
)
def test_what_is_no_row_of_text_is_refused(codes, message):
    with pytest.raises(TypeError, match=message):
        places(codes)


def test_a_list_and_a_column_of_categories_are_taken_as_a_series_of_text():
    codes = ["02138", None, "94110"]
    for given in (codes, pd.Series(codes, dtype="category"), pd.Series(codes, dtype="string")):
        assert places(given).state.fillna("-").tolist() == ["MA", "-", "CA"]


def test_the_divisions_hold_the_fifty_states_and_the_capital_once_each():
    states = " ".join(DIVISIONS.values()).split()
    assert len(states) == len(set(states)) == 51
    assert all(pd.notna(place(code).region) for code in ("20001", "99501", "96815", "05401"))
