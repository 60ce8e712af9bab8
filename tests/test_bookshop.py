"""The made bookshop: its files, the faults planted in them, the truth beside them, and the drawings."""

import pandas as pd
import pytest

from dbrec.lessons.bookshop import GENRES, SEA, TASTES, Bookshop, write_bookshop
from dbrec.lessons.drawn.bookshop import plot_shelves, plot_way


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return write_bookshop(tmp_path_factory.mktemp("shop") / "made")


@pytest.fixture(scope="module")
def purchases(shop):
    return pd.read_csv(shop.purchases, dtype={"customer_no": str, "sku": str}, parse_dates=["bought_at"])


@pytest.fixture(scope="module")
def books(shop):
    return pd.read_csv(shop.books, dtype={"sku": str})


def sound(purchases):
    """Leave out the faulty rows."""
    rows = purchases.dropna(subset="customer_no").drop_duplicates()
    return rows[(rows["qty"] > 0) & (rows["sku"].str.len() == 6)]


def test_the_shop_has_the_size_that_is_said(shop, purchases, books):
    assert len(books) == len(shop.book_taste) == 300 and purchases["customer_no"].nunique() == 600
    assert 8_000 < len(purchases) < 9_500
    assert purchases["bought_at"].is_monotonic_increasing


def test_the_same_seed_writes_the_same_files_and_another_one_others(shop, tmp_path):
    again, other = write_bookshop(tmp_path / "a"), write_bookshop(tmp_path / "b", seed=1)
    for name in ("purchases", "books"):
        bytes_of = [getattr(made, name).read_bytes() for made in (shop, again, other)]
        assert bytes_of[0] == bytes_of[1] != bytes_of[2]
    assert again.customer_taste.equals(shop.customer_taste)


@pytest.mark.parametrize("seed", [-1, 0.5, "0", None])
def test_what_is_no_seed_is_refused(seed, tmp_path):
    with pytest.raises(ValueError, match="seed is"):
        write_bookshop(tmp_path, seed)


def test_ids_are_text_with_zeros_that_pandas_takes_away(shop, purchases, books):
    assert set(books["sku"].str.len()) == {6} and books["sku"].str.startswith("0").any()
    assert set(purchases["customer_no"].dropna().str.len()) == {5}
    careless = pd.read_csv(shop.books)
    assert careless["sku"].astype(str).str.len().min() < 6


def test_a_hundred_and_twenty_rows_are_faulty_in_four_ways(shop, purchases, books):
    refunds = purchases[purchases["qty"] < 0]
    assert purchases["customer_no"].isna().sum() == 40
    assert purchases.duplicated().sum() == 35
    assert len(refunds) == 25
    assert (~purchases["sku"].isin(books["sku"])).sum() == 20
    assert purchases["sku"].str.zfill(6).isin(books["sku"]).all()


def test_what_is_refunded_was_bought_before(purchases):
    bought = purchases[purchases["qty"] > 0]
    pairs = purchases[purchases["qty"] < 0].merge(bought, on=["customer_no", "sku"], suffixes=("", "_first"))
    assert len(pairs) == 25 and (pairs["bought_at"] > pairs["bought_at_first"]).all()


def test_nobody_buys_a_book_twice_but_by_a_fault(purchases):
    assert not sound(purchases).duplicated(["customer_no", "sku"]).any()


def test_two_thirds_of_what_is_bought_is_of_the_own_taste_and_gets_more_stars(shop, purchases):
    rows = sound(purchases)
    own = rows["customer_no"].map(shop.customer_taste) == rows["sku"].map(shop.book_taste)
    assert 0.6 < own.mean() < 0.72
    assert 0.35 < rows["stars"].notna().mean() < 0.45
    assert set(rows["stars"].dropna()) == {2, 3, 4, 5}
    assert (rows["stars"][own].dropna() >= 4).mean() > 0.75 > 0.4 > (rows["stars"][~own].dropna() >= 4).mean()


def test_tastes_are_shared_out_evenly_and_genres_tell_all_but_one(shop, books):
    for taste in (shop.customer_taste, shop.book_taste):
        assert taste.value_counts().to_dict() == dict.fromkeys(TASTES, len(taste) // 6)
    shelf = books.set_index("sku")["genres"].str.split("|").str[0]
    told = shelf[shop.book_taste != SEA].dropna()
    assert (told == shop.book_taste[told.index]).all()
    assert set(shelf[shop.book_taste == SEA].dropna()) == set(GENRES)


def test_some_values_of_the_books_are_missing_and_titles_are_not(books):
    assert 0 < books["price"].isna().sum() < 30 and 0 < books["genres"].isna().sum() < 30
    assert books["title"].is_unique and books["title"].notna().all()


def test_a_newsletter_is_a_customers_own_and_tells_of_no_sea(shop, purchases):
    rows = purchases.dropna(subset="customer_no")
    assert (rows.groupby("customer_no")["newsletter"].nunique(dropna=False) == 1).all()
    letters = rows.groupby("customer_no")["newsletter"].first().dropna()
    taste = shop.customer_taste[letters.index]
    assert set(letters) == set(GENRES)
    assert (letters == taste)[taste != SEA].mean() > 0.8
    assert letters[taste == SEA].value_counts(normalize=True).max() < 0.4


def test_some_customers_and_books_come_late(purchases):
    rows = sound(purchases)
    border = rows["bought_at"].quantile(0.8)
    before, after = rows[rows["bought_at"] <= border], rows[rows["bought_at"] > border]
    for column in ("customer_no", "sku"):
        assert (~after[column].isin(before[column])).any()


def test_the_share_of_right_places_counts_pairs_of_one_taste(tmp_path):
    tastes = pd.Series(["crime", SEA], ["ann", "bob"]), pd.Series([SEA, "crime", "poetry"], ["x", "y", "z"])
    small = Bookshop(tmp_path, tmp_path, *tastes)
    lists = pd.DataFrame({"user_id": ["ann", "ann", "bob", "bob"], "item_id": ["x", "y", "x", "z"]})
    assert small.share_right(lists) == 0.5
    assert small.share_right(lists[1:3]) == 1.0


@pytest.mark.parametrize("rows", [[], [("eve", "x")], [("ann", "w")]])
def test_lists_of_others_have_no_share(rows, tmp_path):
    small = Bookshop(tmp_path, tmp_path, pd.Series(["crime"], ["ann"]), pd.Series([SEA], ["x"]))
    with pytest.raises(ValueError, match="give customers and books"):
        small.share_right(pd.DataFrame(rows, columns=["user_id", "item_id"]))


def test_the_way_has_a_box_a_step_and_an_arrow_between_them():
    [ax] = plot_way().axes
    words = " ".join(text.get_text() for text in ax.texts)
    assert all(word in words for word in ("purchases.csv", "books.csv", "users", "items", "fit", "recommend"))
    assert sum(getattr(text, "arrow_patch", None) is not None for text in ax.texts) == 7


def test_a_shelf_shows_a_spine_for_each_of_its_books():
    taste = pd.Series(["crime", SEA, "crime", "poetry"], list("abcd"))
    by_genre = pd.Series(["crime", "crime", "poetry", None], list("abcd"))
    one, other = plot_shelves({"by genre": by_genre, "by number": pd.Series(1, list("abcd"))}, taste).axes
    assert [len(ax.patches) for ax in (one, other)] == [3, 4]
    assert [label.get_text() for label in one.get_yticklabels()] == ["crime", "poetry"]
    assert one.get_title() == "by genre"
    colours = [patch.get_facecolor() for patch in other.patches]  # crime, crime, poetry, the sea
    assert colours[0] == colours[1] and len(set(colours)) == 3
