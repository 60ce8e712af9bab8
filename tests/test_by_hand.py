"""The recommender to try by hand: what is told, what is shown for it, and the widgets."""

import sys
from types import SimpleNamespace

import pandas as pd
import pytest
from made_models import drawn, made
from movielens_files import write_movielens

from dbrec import load_movielens
from dbrec.lessons import app
from dbrec.lessons.by_hand import NOT_TOLD, ByHand
from dbrec.lessons.visitor import NOBODY_TOLD, Visitor

RATINGS, PEOPLE, THINGS = drawn(0)
MODEL = made(RATINGS, PEOPLE[["job"]], THINGS)
FILMS = pd.DataFrame({"title": [f"Part {n} of the <Saga>" for n in range(17)], "year": 1990}, THINGS.index)
FILMS.loc[101] = ["Saga of Ann", pd.NA]
JOBS = {"job": ["cook", "spy"]}


@pytest.fixture
def visitor():
    return Visitor(MODEL, FILMS)


@pytest.fixture
def by_hand(visitor):
    return ByHand(visitor, JOBS)


def test_titles_are_found_by_any_part_in_any_case_and_those_that_begin_with_it_come_first(visitor):
    assert visitor.find(" sAGA")[:2].to_list() == ["Saga of Ann", "Part 0 of the <Saga> (1990)"]
    assert visitor.find("part 12").index.to_list() == [112]
    assert len(visitor.find("saga")) == 17
    assert not len(visitor.find(" ")) and not len(visitor.find("(no such")) and not len(visitor.find("(*"))


@pytest.mark.parametrize(
    ("title", "asked"),
    [
        ("Godfather, The", ["the godfather", "Godfather  the", "godfather 1990"]),
        ("Misérables, Les", ["les mis", "miserables", "LES MISÉRABLES"]),
        ("Schindler's List", ["schindler’s", "schindlers list"]),
        ("Star Wars: A New Hope", ["star  wars", "hope star"]),
        ("M*A*S*H", ["mash", "m*a*s*h"]),
        ("Spider-Man", ["spider man", "spiderman"]),
    ],
)
def test_a_title_is_found_as_people_say_it(visitor, title, asked):
    visitor.films = FILMS.replace("Part 3 of the <Saga>", title)
    for text in asked:
        assert visitor.find(text).index.to_list() == [103], text


def test_the_words_as_they_stand_come_before_the_same_words_elsewhere(visitor):
    titles = {"Part 3 of the <Saga>": "War of the Star", "Part 5 of the <Saga>": "A Star of War"}
    visitor.films = FILMS.replace(titles)
    assert visitor.find("star of war").index.to_list() == [105, 103]


def test_from_four_stars_on_a_film_is_liked_and_none_takes_it_back(visitor):
    for item, stars in {100: 4, 101: 3, 102: 5, 103: 1}.items():
        visitor.rate(item, stars)
    assert visitor.told == {"features": {}, "liked": [100, 102], "disliked": [101, 103]}
    visitor.rate(100, 2)
    visitor.rate(103, 0)
    assert visitor.told["disliked"] == [101, 100] and visitor.told["liked"] == [102]
    assert visitor.rated().to_dict() == {
        101: "Saga of Ann ★★★",
        102: "Part 2 of the <Saga> (1990) ★★★★★",
        100: "Part 0 of the <Saga> (1990) ★★",
    }


@pytest.mark.parametrize("stars", [6, -1, 2.5, True, None])
def test_other_numbers_of_stars_are_refused(visitor, stars):
    with pytest.raises(ValueError, match="stars is .*: give a whole number"):
        visitor.rate(100, stars)
    assert visitor.stars == {}


def test_a_film_that_the_recommender_does_not_know_is_refused(visitor):
    with pytest.raises(KeyError, match="film 999 is unknown"):
        visitor.rate(999, 5)


def test_the_list_is_what_the_recommender_gives_with_a_reason_for_each_film(visitor):
    assert set(visitor.listed()["because"]) == {NOBODY_TOLD}
    visitor.features["job"] = "spy"
    visitor.rate(100, 5)
    visitor.rate(101, 1)
    listed, told = visitor.listed(k=5), {"features": {"job": "spy"}, "liked": [100], "disliked": [101]}
    assert listed.index.to_list() == MODEL.recommend_for(**told, k=5)["item_id"].to_list()
    assert listed["likely"].to_list() == MODEL.probability_for(listed.index, **told).tolist()
    assert listed["unsure"].to_list() == MODEL.uncertainty_for(listed.index, **told).tolist()
    for item, because in listed["because"].items():
        parts = MODEL.explain_for(item, **told)
        choice = parts[(parts["part"] == "choice") & (parts["contribution"] > 0)]["name"].to_list()
        if 100 in choice:  # liked, so it is named before a film that wasn't
            assert because == f"you rated {visitor.names[100]}"
        else:
            assert because in ([f"you saw {visitor.names[101]}"] if choice else ["job: spy", NOBODY_TOLD])


def test_a_film_that_was_not_liked_is_a_reason_only_where_no_liked_one_is(visitor):
    parts = pd.DataFrame({"name": [101, 100, "job: spy"], "part": "choice", "contribution": [3.0, 2, 1]})
    parts["of"] = ["rated item", "rated item", "user feature"]
    said = []
    for kept in (parts, parts.drop(1), parts.drop([0, 1]), parts.assign(contribution=-1.0)):
        visitor.recommender = SimpleNamespace(
            item_ids=MODEL.item_ids, liked_from=4, explain_for=lambda item, kept=kept, **told: kept
        )
        visitor.stars = {100: 5, 101: 1}
        said.append(visitor._reason(102))
    ann, part = "Saga of Ann", "Part 0 of the <Saga> (1990)"
    assert said == [f"you rated {part}", f"you saw {ann}", "job: spy", NOBODY_TOLD]


def test_what_is_asked_is_what_ask_next_asks(visitor):
    visitor.rate(102, 5)
    assert visitor.asked().index.to_list() == MODEL.ask_next(liked=[102], k=3)["item_id"].to_list()


def test_three_films_rated_by_clicks_change_the_list_and_none_of_them_stays_in_it(by_hand):
    before = by_hand.table.value
    for text, stars in {"part 3": 5, "ann": 1, "part 12": 4}.items():
        by_hand.text.value = text
        by_hand.stars[stars - 1].click()
        assert by_hand.text.value == "" and not by_hand.found.options
    assert by_hand.visitor.stars == {103: 5, 101: 1, 112: 4}
    assert by_hand.table.value != before and len(by_hand.taken_back.options) == 4
    assert not {103, 101, 112} & set(by_hand.visitor.listed().index)


def test_a_film_is_taken_back_and_a_feature_told_and_untold(by_hand):
    first = by_hand.table.value
    by_hand.text.value = "ann"
    by_hand.stars[4].click()
    by_hand.taken_back.value = 101
    assert by_hand.visitor.stars == {} and by_hand.table.value == first
    assert by_hand.taken_back.value == ""
    by_hand.choices["job"].value = "spy"
    assert by_hand.visitor.features == {"job": "spy"} and by_hand.table.value != first
    by_hand.choices["job"].value = NOT_TOLD
    assert by_hand.visitor.features == {} and by_hand.table.value == first


def test_what_to_rate_next_is_a_click_away(by_hand):
    asked = by_hand.visitor.asked()
    assert [button.description for button in by_hand.asked] == asked.to_list()
    by_hand.asked[1].click()
    by_hand.stars[2].click()
    assert by_hand.visitor.stars == {asked.index[1]: 3}


@pytest.mark.parametrize("text", ["", "(", "no such"])
def test_stars_without_a_film_do_nothing(by_hand, text):
    by_hand.text.value = text
    assert [label for label, _ in by_hand.found.options] == (["no such title"] if text else [])
    by_hand.stars[4].click()
    assert by_hand.visitor.stars == {}


def test_where_many_titles_are_found_the_last_line_says_how_many_more(by_hand, monkeypatch):
    monkeypatch.setattr("dbrec.lessons.by_hand.MOST_FOUND", 16)
    by_hand.text.value = "saga"
    assert len(by_hand.found.options) == 17 and by_hand.found.value == 101
    assert by_hand.found.options[-1] == ("and 1 more: write more of the title", None)


def test_where_no_kernel_runs_the_list_is_a_table_with_who_was_told_and_what_was_rated():
    bundle = ByHand(Visitor(MODEL, FILMS, {"job": "cook"}, {100: 5}), JOBS)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/plain"].startswith("Who: cook\nRated: Part 0 of the <Saga> (1990) ★★★★★\n")
    for shown in (bundle["text/plain"], bundle["text/html"]):
        assert "To rate next, if you saw it: " in shown
    assert "&lt;Saga&gt;" in bundle["text/html"] and "<Saga>" not in bundle["text/html"]


@pytest.fixture
def app_here(tmp_path, monkeypatch):
    """Give the page few ratings and a cache of its own; give what it is served with, call by call."""
    rows = [(user, film, 1 + (user + film) % 5) for user in (7, 9) for film in (10, 30, 40)]
    ratings = "".join(f"{user}\t{film}\t{stars}\t891717742\n" for user, film, stars in rows)
    write_movielens(tmp_path, "ml-100k", ratings=ratings)
    monkeypatch.setenv("DBREC_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DBREC_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("DBREC_DATASET", "ml-100k")
    monkeypatch.setattr(sys, "argv", ["app", "--no-browser", "--port", "99"])
    served = []
    monkeypatch.setattr(app, "serve", lambda *options: served.append(options))
    return served


def test_the_page_fits_once_and_then_serves_what_was_saved(app_here, capsys):
    for said in ("fitting MovieLens", ""):
        app.main()
        assert capsys.readouterr().out.startswith(said)
    assert app_here == [("--port=99", "--no-browser")] * 2
    heading, page = app.page().children
    assert "Ten films for you" in heading.value
    assert set(page.choices) == {"gender", "age_group", "occupation"}
    assert page.visitor.films.equals(load_movielens("ml-100k").movies)


def test_a_damaged_model_of_the_page_is_told_and_fitted_anew(app_here, capsys):
    app.main()
    next(app.model_folder(load_movielens("ml-100k")).glob("data-*/*.npz")).write_bytes(b"")
    capsys.readouterr()
    app.main()
    damaged, fitting, *_ = capsys.readouterr().out.splitlines()
    assert damaged.startswith("damaged: ") and fitting.startswith("fitting MovieLens")
    assert len(app_here) == 2 and app.page()


@pytest.mark.parametrize(
    ("port", "data", "message"),
    [
        ("0", "ml-100k", "^--port is 0: give a whole number from 1 to 65535$"),
        ("-5", "ml-100k", "^--port is -5: "),
        ("65536", "ml-100k", "^--port is 65536: "),
        ("99", "ml-2m", r"^\$DBREC_DATASET must be one of 'ml-1m', 'ml-100k', not 'ml-2m'$"),
    ],
)
def test_a_page_that_cannot_be_served_ends_the_command_with_one_line(
    app_here, monkeypatch, port, data, message
):
    monkeypatch.setenv("DBREC_DATASET", data)
    monkeypatch.setattr(sys, "argv", ["app", "--port", port])
    with pytest.raises(SystemExit, match=message):
        app.main()
    assert not app_here
