import numpy as np

from dbrec.lessons.drawn.towers import draw_sum


def texts(ax) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_a_sum_is_written_with_its_parts_above_and_the_total_below():
    ax = draw_sum({"id": np.array([0.1, -0.2]), "gender": np.array([0.4, 0.2])}, "vector")
    assert texts(ax) == ["id", "", "0.1", "-0.2", "gender", "+", "0.4", "0.2", "vector", "=", "0.5", "0.0"]
    assert len(ax.patches) == 3 * 2
    heights = [text.get_position()[1] for text in ax.texts if text.get_text() in ("id", "gender", "vector")]
    assert heights == sorted(heights, reverse=True)
