"""The picture of several workers that train one model."""

import numpy as np
import pytest
from matplotlib.text import Annotation

from dbrec.lessons.drawn.scale import WORKERS, draw_workers, mean_gradients

HALVES = [np.array([[1.0, 0.0], [3.0, -2.0]]), np.array([[0.0, 1.0], [0.0, 5.0]])]


@pytest.fixture
def ax():
    return draw_workers(HALVES)


def test_the_gradient_of_a_part_is_the_mean_of_its_triplets():
    assert mean_gradients(HALVES).tolist() == [[2, -1], [0, 3]]


def test_the_mean_of_the_halves_is_drawn_and_it_is_that_of_the_whole_batch(ax):
    first, second, mean = ([bar.get_height() for bar in bars] for bars in ax.containers)
    assert np.allclose(mean, np.mean([first, second], axis=0))
    assert np.allclose(np.array(mean) / first[0] * 2, np.concatenate(HALVES).mean(axis=0))


def test_a_square_stands_for_each_triplet_in_the_colour_of_its_worker(ax):
    bars = {bar for container in ax.containers for bar in container}
    squares = [patch for patch in ax.patches if patch not in bars]
    colours = [square.get_facecolor() for square in squares]
    assert len(squares) == 4 and colours[0] == colours[1] != colours[2] == colours[3]


def test_each_worker_is_named(ax):
    texts = [text.get_text() for text in ax.texts]
    assert {"one batch", "two halves", "their mean", "worker 1\nsame weights"} <= set(texts)


def test_the_step_leads_back_to_each_worker(ax):
    ends = [text.xy for text in ax.texts if isinstance(text, Annotation) and text.xy[0] == WORKERS]
    assert [y for _, y in ends] == [2.25, 0.25]  # below the boxes, whose middles are at 3 and 1


def test_more_workers_are_drawn():
    ax = draw_workers(np.split(np.ones((8, 3)), 4))
    assert "4 parts" in [text.get_text() for text in ax.texts]


def test_a_gradient_of_nothing_but_zeros_is_drawn_as_bars_of_no_height():
    ax = draw_workers([np.zeros((2, 2))])
    assert [bar.get_height() for bars in ax.containers for bar in bars] == [0] * 4


@pytest.mark.parametrize("parts", [[], [np.ones(3)], [np.ones((2, 3)), np.ones((3, 3))]])
def test_parts_of_several_shapes_are_refused(parts):
    with pytest.raises(ValueError, match="all of one shape"):
        draw_workers(parts)
