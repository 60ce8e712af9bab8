"""The figures of lessons 10 and 12 show what they were given."""

import numpy as np
import pandas as pd

from dbrec.lessons.drawn.choice import draw_climb, draw_differences, draw_slider, draw_sum, draw_watched


def texts(ax) -> list[str]:
    """Read what is written into a figure, but for its axes."""
    return [text.get_text() for text in ax.texts]


def test_a_dot_stands_where_somebody_watched_and_a_question_mark_where_we_ask():
    watched = pd.DataFrame({"Alien": [1, 1], "Bambi": [0, 1], "Dumbo": [0, 1]}, ["Bo", "Cy"])
    ax = draw_watched(watched, "Bo")
    assert [len(dots.get_offsets()) for dots in ax.collections] == [1, 3]
    assert [(text.get_position(), text.get_text()) for text in ax.texts] == [((1, 0), "?"), ((2, 0), "?")]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Bo", "Cy"]


def test_a_person_ends_where_the_sum_of_their_films_ends():
    as_rated = pd.DataFrame([[1, 0], [1, 2], [5, 5]], ["Alien", "Aliens", "Terminator"])
    as_candidate = pd.DataFrame([[9, 9], [9, 9], [0.5, 0.25]], as_rated.index)
    ax = draw_sum(as_rated, as_candidate, ["Alien", "Aliens"], "Bo")
    tips = {tuple(map(float, text.xy)) for text in ax.texts if not text.get_text()}
    assert tips == {(1.0, 0.0), (2.0, 2.0)}
    # (2, 2) . (0.5, 0.25) = 1.5; what Bo has watched isn't offered again
    assert [text for text in texts(ax) if text] == ["Alien", "Aliens", "Bo, the sum", "Terminator: 1.50"]


def test_the_slider_has_a_mark_a_weight():
    table = pd.DataFrame({"auc_per_user": [0.75, 0.76], "ndcg": [0.05, 0.1]}, [0, 0.3])
    ax = draw_slider(table)
    assert texts(ax) == ["w = 0", "w = 0.3"]
    assert np.allclose(ax.lines[0].get_xydata(), table)


def test_each_bar_of_a_climb_goes_from_one_station_to_the_next():
    stations = pd.DataFrame({"auc": [0.5, 0.7, 0.699, 0.65]}, ["start", "ids", "average", "worse"])
    [ax] = draw_climb(stations, {"auc": "AUC"}).axes
    bars = [(bar.get_x(), bar.get_width()) for bar in ax.patches]
    assert np.allclose(bars, [(0.5, 0.2), (0.7, -0.001), (0.699, -0.049)])
    assert texts(ax) == ["+0.20", "0.00", "-0.05"]
    assert [label.get_text() for label in ax.get_yticklabels()] == list(stations.index)


def test_a_climb_has_a_panel_a_measure():
    stations = pd.DataFrame({"auc": [0.5, 0.7], "ndcg": [0.0, 0.1]}, ["start", "ids"])
    axes = draw_climb(stations, {"ndcg": "lists", "auc": "likings"}).axes
    assert [ax.get_xlabel() for ax in axes] == ["lists", "likings"]


def test_a_difference_is_drawn_with_its_interval_and_its_verdict():
    rows = [[0.3, 0.1, 0.5, "first"], [-0.1, -0.3, 0.1, "level"], [-0.2, -0.3, -0.1, "behind"]]
    table = pd.DataFrame(rows, ["lists", "newcomers", "likings"], ["difference", "low", "high", "verdict"])
    ax = draw_differences(table)
    assert texts(ax) == ["first", "level", "behind"]
    assert [list(line.get_xdata()) for line in ax.lines[0:6:2]] == [[0.1, 0.5], [-0.3, 0.1], [-0.3, -0.1]]
    assert [label.get_text() for label in ax.get_yticklabels()] == list(table.index)
    assert len({line.get_color() for line in ax.lines[0:6:2]}) == 3
