import numpy as np
import pytest

from dbrec.lessons.drawn.losses import draw_coins, draw_losses


def texts(ax) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_a_coin_lies_on_the_curve_and_says_its_chance():
    ax = draw_coins({"even": 0.0, "sure": 4.0})
    assert texts(ax) == ["even: 0.50", "sure: 0.98"]
    assert [text.xy for text in ax.texts] == [(0.0, 0.5), (4.0, pytest.approx(0.982, abs=1e-3))]


def test_the_coloured_part_of_a_coin_is_its_chance():
    ax = draw_coins({"even": 0.0})
    [box] = [artist for artist in ax.artists if hasattr(artist, "offsetbox")]
    whole, part = box.offsetbox.get_children()
    assert (whole.theta1, whole.theta2) == (0, 360)
    assert part.theta2 - part.theta1 == 180  # half of the disc


def test_losses_are_drawn_left_their_slopes_right_and_the_step_beside_them():
    left, right = draw_losses({"square": (np.square, lambda x: 2 * x)})
    assert [line.get_label() for line in left.lines] == ["square", "step: 1 if not in order"]
    [slope] = right.lines
    assert slope.get_ydata()[[0, -1]].tolist() == [-16, 16]
    assert set(left.lines[1].get_ydata()[[0, -1]]) == {0, 1}
