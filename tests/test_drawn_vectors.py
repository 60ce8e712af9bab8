import numpy as np
import pandas as pd
import pytest

from dbrec.lessons.drawn.vectors import (
    KINDS,
    draw_map,
    draw_ratings,
    draw_scores,
    draw_three_kinds,
    short_title,
)


@pytest.fixture
def films():
    return pd.DataFrame({"laughs": [3, 0], "thrills": [0, 2]}, index=["Some Like It Hot", "Alien"])


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_ratings_are_stars_and_only_the_row_asked_about_has_question_marks():
    stars = pd.DataFrame({"Fargo": [5, np.nan], "Alien": [np.nan, np.nan]}, index=[7, 8])
    ax = draw_ratings(stars, asked=8)
    assert texts(ax) == ["5", "", "?", "?"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["Fargo", "Alien"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["7", "8"]


def test_a_row_that_is_not_there_cannot_be_asked_about():
    with pytest.raises(KeyError):
        draw_ratings(pd.DataFrame({"Fargo": [5]}, index=[7]), asked=8)


def test_scores_are_dot_products_and_a_shadow_falls_on_the_persons_line(films):
    ax = draw_scores(films, pd.Series([1, 1], ["laughs", "thrills"], name="Ann"))
    assert {"Ann", "Some Like It Hot: 3", "Alien: 2"} <= set(texts(ax))
    shadows = [tuple(line.get_xydata()[0]) for line in ax.lines if line.get_marker() == "o"]
    assert np.allclose(shadows, [(1.5, 1.5), (1, 1)])  # half of (3, 0) and (0, 2) along (1, 1)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("laughs", "thrills")


def test_what_a_person_does_not_want_scores_below_zero(films):
    assert "Alien: -4" in texts(draw_scores(films, pd.Series([1, -2], name="Ben")))


def test_a_map_names_every_film_once_and_shows_only_the_persons_direction(films):
    maps = [draw_map(films, [0, length], "she") for length in (1, 50)]
    for ax in maps:
        assert sorted(filter(None, texts(ax))) == ["Alien", "Some Like It Hot", "she"]
    tips = [next(text.xy for text in ax.texts if text.get_text() == "she") for ax in maps]
    assert np.allclose(tips, [(0, 1.6), (0, 1.6)])  # four fifths of the way to the best film


def test_labels_of_a_map_do_not_overlap():
    crowd = pd.DataFrame({"x": [1, 1.2, 1.4], "y": [0, 0.01, 0.02]}, index=["first", "second", "third"])
    ax = draw_map(crowd, [1, 0], "she")
    boxes = [text.get_window_extent() for text in ax.texts if text.get_text() in crowd.index]
    assert not any(box.overlaps(other) for i, box in enumerate(boxes) for other in boxes[:i])


def test_the_hybrid_takes_the_roads_of_both_other_kinds():
    axes = draw_three_kinds()
    assert [ax.get_title() for ax in axes] == list(KINDS)
    content, collaborative, hybrid = (set(texts(ax)) for ax in axes)
    assert hybrid == content | collaborative
    assert content != collaborative


@pytest.mark.parametrize(
    ("title", "short"),
    [
        ("Casablanca", "Casablanca"),
        ("Abyss, The", "The Abyss"),
        ("Bug's Life, A", "A Bug's Life"),
        ("Good, The Bad and The Ugly, The", "The Good, The Bad and The Ugly"),
        ("Life Is Beautiful (La Vita è bella)", "Life Is Beautiful"),
        ("Lock, Stock & Two Smoking Barrels", "Lock, Stock & Two Smoking Barrels"),
        ("Star Wars: Episode V - The Empire Strikes Back", "Star Wars: Episode V"),
        ("Dr. Strangelove or: How I Learned to Stop Worrying", "Dr. Strangelove or: How I ..."),
    ],
)
def test_a_title_is_short_and_begins_with_its_article(title, short):
    assert short_title(title) == short
