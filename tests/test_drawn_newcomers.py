import numpy as np
import pytest
from matplotlib.patches import Ellipse

from dbrec.lessons.drawn.newcomers import SHARE, WAYS, draw_moves, draw_ways

BEFORE = np.zeros(2), np.diag([1, 1 / 4])
AFTER = np.array([0.4, 0.1]), np.array([[2.0, 1.0], [1.0, 2.0]])


def ellipses(ax) -> list[Ellipse]:
    """List the ellipses of a drawing: before, and after."""
    return [patch for patch in ax.patches if isinstance(patch, Ellipse)]


def test_each_way_is_named_and_has_a_dot_of_its_own_colour():
    ax = draw_ways()
    assert [text.get_text() for text in ax.texts if text.get_text()] == list(WAYS)
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in dots] == list(WAYS.values())
    assert len({line.get_color() for line in dots}) == len(WAYS)


def test_there_is_a_panel_per_move_with_an_ellipse_before_and_one_after():
    panels = draw_moves(BEFORE, (2, 2), {"one": AFTER, "two": BEFORE})
    assert [ax.get_title() for ax in panels] == ["one", "two"]
    assert [[patch.get_label() for patch in ellipses(ax)] for ax in panels] == [["before", "after"]] * 2
    assert [patch.center for patch in ellipses(panels[0])] == [(0, 0), (0.4, 0.1)]


def test_an_ellipse_holds_two_in_three_of_the_vectors_that_are_possible():
    before = ellipses(draw_moves(BEFORE, (2, 2), {"one": AFTER})[0])[0]
    drawn = np.random.default_rng(0).multivariate_normal(*BEFORE, size=20_000)
    inside = before.get_path().contains_points(before.get_patch_transform().inverted().transform(drawn))
    assert inside.mean() == pytest.approx(SHARE, abs=0.02)


def test_an_ellipse_lies_along_the_direction_in_which_vectors_vary_most():
    after = ellipses(draw_moves(BEFORE, (2, 2), {"one": AFTER})[0])[1]
    longest = after.angle if after.width > after.height else after.angle + 90
    assert longest % 180 == pytest.approx(45)  # of [[2, 1], [1, 2]]: (1, 1)
    assert max(after.width, after.height) / min(after.width, after.height) == pytest.approx(3**0.5)


def test_the_arrow_of_the_film_is_within_the_panel():
    ax = draw_moves(BEFORE, (5, 7), {"one": AFTER})[0]
    assert ax.get_xlim()[1] > 5 and ax.get_ylim()[1] > 7
