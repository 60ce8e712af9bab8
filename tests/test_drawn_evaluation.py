import matplotlib.pyplot as plt
import numpy as np
import pytest

from dbrec.lessons.drawn.evaluation import (
    draw_confusion,
    draw_costs,
    draw_epochs,
    draw_negatives,
    draw_roc,
    draw_roc_steps,
    draw_two_aucs,
)


def texts(ax) -> list[str]:
    return [text.get_text() for text in ax.texts]


def star(ax) -> tuple[float, float]:
    """Give the place of the one star."""
    [line] = [line for line in ax.lines if line.get_marker() == "*"]
    return float(line.get_xdata()[0]), float(line.get_ydata()[0])


def test_the_best_epoch_bears_the_star_and_stands_in_the_legend():
    ax = draw_epochs({"ours": [0.7, 0.8, 0.75]})
    assert star(ax) == (2, 0.8)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["ours\nbest: epoch 2, 0.800"]


def test_epochs_are_ticks_as_far_as_the_longest_curve_goes_on_the_axes_given():
    given = plt.subplots()[1]
    ax = draw_epochs({"one": [0.7, 0.8], "other": [0.6, 0.7, 0.8]}, given)
    assert ax is given and ax.get_xticks().tolist() == [1, 2, 3]


def test_each_kind_of_film_has_its_line_the_first_on_top_and_the_dots_lie_on_theirs():
    marked = {"positive": ("Heat", 2.0), "unobserved": ("Babe", 0.5), "hard": ("Jaws", 1.5)}
    ax = draw_negatives(marked, [0.1, 0.5, 1.5], "unobserved")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["hard", "unobserved", "positive"]
    assert texts(ax) == ["Jaws", "Babe", "Heat"]
    assert ax.lines[0].get_xydata().tolist() == [[0.1, 1], [0.5, 1], [1.5, 1]]


def test_a_liked_film_is_an_arrow_up_and_another_one_to_the_right_with_its_rectangle_below():
    ax = draw_roc_steps([3, 2, 1], [1, 0, 1])
    arrows = [(text.xyann, text.xy) for text in ax.texts if not text.get_text()]
    assert arrows == [((0, 0), (0, 0.5)), ((0, 0.5), (1, 0.5)), ((1, 0.5), (1, 1))]
    assert [text for text in texts(ax) if text] == ["3", "2", "1"]
    [rectangle] = ax.patches
    assert (rectangle.get_width(), rectangle.get_height()) == (1, 0.5)  # the area is the AUC of one half


def test_roc_curves_bear_their_area_and_the_star_lies_where_the_threshold_leads():
    liked, scores = [1, 0, 1, 0], np.array([4.0, 3.0, 2.0, 1.0])
    ax = draw_roc(liked, {"ours": scores, "turned round": -scores}, marked=("ours", 2.0))
    named = [text.get_text() for text in ax.get_legend().get_texts()]
    assert named == ["ours: 0.75", "turned round: 0.25"]
    assert star(ax) == (0.5, 1.0)  # both liked films and one of the two others reach 2
    assert texts(ax) == ["threshold 2.00"]


def test_roc_curves_need_no_threshold():
    assert texts(draw_roc([1, 0], {"ours": np.array([2.0, 1.0])})) == []


def test_a_confusion_matrix_counts_and_its_areas_are_shares():
    liked, said = [True, True, True, False], [True, True, False, True]
    ax = draw_confusion(liked, said)
    assert texts(ax) == [
        "2\ngood tips",
        "1\nmissed films",
        "liked",
        "1\nwasted evenings",
        "0\nspared evenings",
        "not liked",
    ]
    areas = [patch.get_width() * patch.get_height() for patch in ax.patches]
    assert areas == pytest.approx([0.5, 0.25, 0.25, 0])


def test_each_system_is_a_point_with_both_numbers():
    ax = draw_two_aucs({"noise": (0.5, 0.5), "ours": (0.82, 0.76)})
    assert texts(ax) == ["noise: 0.500, 0.500", "ours: 0.820, 0.760"]
    assert ax.lines[1].get_xydata().tolist() == [[0.82, 0.76]]


def test_a_system_is_named_on_the_left_where_another_one_is_in_the_way_on_the_right():
    ax = draw_two_aucs({"noise": (0.5, 0.5), "mean": (0.73, 0.72), "regression": (0.79, 0.72)})
    assert [text.get_ha() for text in ax.texts] == ["left", "right", "left"]


def test_the_cheapest_threshold_bears_the_star_and_both_ends_are_named():
    ax = draw_costs([-1.0, 0.5, 2.0], [1200, 300, 700])
    assert star(ax) == (0.5, 300)
    assert texts(ax) == ["always yes\n1,200", "threshold 0.50\n300", "nearly always no\n700"]
