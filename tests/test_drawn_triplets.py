"""What lessons 3 and 4 draw says what it should: which row is strong, which loss, where arrows lead."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from dbrec.lessons.drawn.triplets import (
    ANCHOR,
    NEGATIVE,
    POSITIVE,
    draw_categories,
    draw_lookup,
    draw_order,
    draw_paths,
    draw_sharing,
    draw_triplet,
)

POINTS = [[0.0, 0.0], [3.0, 4.0], [0.0, 2.0]]  # anchor; positive, 5 away; negative, 2 away


def texts(ax) -> list[str]:
    return [text.get_text() for text in ax.texts if text.get_text()]


def arrows(ax) -> list[tuple]:
    """Give start, end and colour of every arrow."""
    found = [text for text in ax.texts if getattr(text, "arrow_patch", None) and not text.get_text()]
    return [(tuple(a.get_position()), tuple(a.xy), to_hex(a.arrow_patch.get_edgecolor())) for a in found]


def test_a_lookup_shows_the_row_in_the_table_and_as_the_result():
    ax = draw_lookup([[1, 2], [3, 4], [5, 6]], 1, ["a", "b", "c"])
    shown = texts(ax)
    assert [shown.count(number) for number in ("0", "1")] == [2, 1]
    assert [shown.count(f"{number}.00") for number in range(1, 7)] == [1, 1, 2, 2, 1, 1]
    strong = [p for p in ax.patches if to_hex(p.get_facecolor()) == to_hex(POSITIVE)]
    assert [p.get_y() for p in strong] == [
        1
    ] * 5  # one of the one-hot row, two of the table, two of the result


@pytest.mark.parametrize(("code", "names"), [(3, "abc"), (-1, "abc"), (1, "ab")])
def test_a_lookup_of_a_row_that_is_not_there_is_refused(code, names):
    with pytest.raises(ValueError, match=r"code must be in 0\.\.2 and names be 3"):
        draw_lookup(np.zeros((3, 2)), code, names)


def test_each_world_is_drawn_around_its_mean_with_every_name_once():
    axes = draw_categories(
        {"real": [[1, 1], [3, 1], [5, 4]], "not": [[0, 0], [0, 3], [3, 0]]}, ["x", "y", "z"]
    )
    assert [ax.get_title() for ax in axes] == ["real", "not"]
    assert [sorted(texts(ax)) for ax in axes] == [["x", "y", "z"]] * 2
    for ax, points in zip(axes, ([[-2, -1], [0, -1], [2, 2]], [[-1, -1], [-1, 2], [2, -1]]), strict=True):
        assert np.allclose(ax.collections[0].get_offsets(), points)
    assert axes[0].get_xlim() == axes[1].get_xlim()


def test_names_of_points_in_one_place_do_not_cover_each_other():
    [ax] = draw_categories({"real": np.zeros((4, 2)), "far": np.eye(4, 2)}, ["one", "two", "six", "ten"])[:1]
    boxes = [text.get_window_extent() for text in ax.texts if text.get_text()]
    assert len(boxes) == 4
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))


def test_too_few_names_are_refused():
    with pytest.raises(ValueError, match="each world must have 1 vectors"):
        draw_categories({"real": np.zeros((2, 2))}, ["x"])


def test_a_siamese_network_is_one_box_and_our_triplet_goes_through_two():
    left, right = draw_sharing()
    assert [len(left.patches), len(right.patches)] == [1, 2]
    into = [[end[0] for start, end, _ in arrows(ax) if start[1] < 1] for ax in (left, right)]
    assert [len(ends) for ends in into] == [2, 3]
    film_tower = right.patches[1]
    reached = [film_tower.get_x() < x < film_tower.get_x() + film_tower.get_width() for x in into[1]]
    assert reached == [False, True, True]


def test_a_triplet_shows_distances_loss_and_the_circle_of_the_margin():
    ax = draw_triplet(POINTS)
    assert ax.get_title() == "to the positive 5.00, to the negative 2.00\nloss 4.00"
    [circle] = ax.patches
    assert (*circle.center, circle.radius) == (0, 0, 6)


def test_a_triplet_with_the_negative_outside_of_the_circle_has_no_loss():
    ax = draw_triplet([[0, 0], [1, 0], [0, 3.5]])
    assert ax.get_title().endswith("loss 0.00") and ax.patches[0].radius == 2.0


def test_a_path_has_an_arrow_per_move_a_hollow_start_and_a_filled_end():
    path = np.array([POINTS, POINTS, POINTS])
    path[1:, 0] = [1.0, 0.0]  # the anchor moves once
    path[2, 2] = [0.0, 3.0]  # the negative moves later
    ax = draw_paths(path)
    assert arrows(ax) == [((0, 0), (1, 0), to_hex(ANCHOR)), ((0, 2), (0, 3), to_hex(NEGATIVE))]
    offsets = [tuple(c.get_offsets()[0]) for c in ax.collections]
    assert offsets == [(0, 0), (1, 0), (3, 4), (3, 4), (0, 2), (0, 3)]
    assert [to_hex(c.get_facecolor()[0]) for c in ax.collections[::2]] == ["#ffffff"] * 3
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["anchor", "positive", "negative", "start"]


def test_the_order_of_a_triplet_is_that_of_the_shadows():
    ax = draw_order([[2.0, 0.0], [1.0, 3.0], [2.0, -1.0]])
    assert ax.get_title() == "scores 2.00 and 4.00\n$x$ = -2.00"
    assert [tuple(c.get_offsets()[0]) for c in ax.collections] == [(1, 0), (2, 0)]
    assert texts(ax) == ["$a$", "$p$", "$n$"]


def test_axes_that_are_given_are_drawn_on():
    ax = plt.subplots()[1]
    assert draw_triplet(POINTS, ax) is draw_order(POINTS[::-1], ax) is ax
