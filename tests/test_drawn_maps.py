import itertools

import numpy as np
import pandas as pd
import pytest

from dbrec.data.movielens import MovieLens
from dbrec.lessons.drawn.maps import GROUPS, draw_film_map, well_known


def boxes(ax) -> list:
    """Give where each text of a drawing stands on paper."""
    return [text.get_window_extent() for text in ax.texts if text.get_text()]


def test_a_title_is_found_once_as_the_film_with_most_ratings_and_others_are_left_out():
    titles = ["Psycho", "Psycho", "Dumbo", "A film of no group", "Star Wars: Episode IV - A New Hope"]
    movies = pd.DataFrame({"title": titles}, index=pd.Index([10, 20, 30, 40, 50], name="item_id"))
    ratings = pd.DataFrame({"item_id": [20, 20, 10, 40, 40, 40]})  # nobody has rated Dumbo
    films = well_known(MovieLens("ml-1m", ratings, pd.DataFrame(), movies))
    assert films["label"].to_dict() == {30: "Dumbo", 20: "Psycho", 50: "Star Wars: Episode IV"}
    assert films["group"].tolist() == ["animated", "Hitchcock", "space and adventure"]


def test_no_film_is_in_two_groups():
    titles = [title for titles in GROUPS.values() for title in titles.split("|")]
    assert len(set(titles)) == len(titles)


def test_each_film_and_each_group_is_written_once_and_no_text_covers_another():
    rng = np.random.default_rng(0)
    points, groups = rng.normal(size=(30, 2)), np.repeat(["red", "green"], 15)
    labels = [f"a film of number {number}" for number in range(30)]
    ax = draw_film_map(points, labels, groups)
    assert sorted(text.get_text() for text in ax.texts if text.get_text()) == sorted(
        [*labels, "red", "green"]
    )
    overlaps = [one.overlaps(other) for one, other in itertools.combinations(boxes(ax), 2)]
    assert not any(overlaps)
    assert all(ax.bbox.x0 <= box.x0 and box.x1 <= ax.bbox.x1 for box in boxes(ax))


def test_a_label_stands_at_its_dot_where_there_is_room():
    ax = draw_film_map([[0, 0], [1, 1]], ["a", "b"], ["one", "two"])
    at = {text.get_text(): text for text in ax.texts}
    assert (at["a"].xy, at["b"].xy) == ((0, 0), (1, 1))
    assert np.abs(at["a"].get_position()).max() < 12  # points


def test_dots_of_a_group_have_its_colour():
    ax = draw_film_map([[0, 0], [1, 1], [2, 0]], list("abc"), ["x", "y", "x"])
    first, second, third = ax.collections[0].get_facecolors().tolist()
    assert first == third != second


@pytest.mark.parametrize(("labels", "groups"), [(["a"], ["x", "y"]), (["a", "b"], ["x"])])
def test_each_point_needs_a_label_and_a_group(labels, groups):
    with pytest.raises(ValueError, match="give two numbers, a label and a group each"):
        draw_film_map([[0, 0], [1, 1]], labels, groups)
