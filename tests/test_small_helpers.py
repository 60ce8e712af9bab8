import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from dbrec.checks import positions, raw_ids


@pytest.mark.parametrize(
    "module",
    [
        "dbrec",
        "dbrec.data.movielens",
        "dbrec.data.splits",
        "dbrec.evaluation.report",
        "dbrec.scoring.baselines",
    ],
)
def test_reading_data_and_judging_needs_no_tensorflow(module):
    code = f"import sys, {module}; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_importing_a_network_module_writes_nothing_to_standard_error():
    done = subprocess.run(
        [sys.executable, "-c", "import dbrec.training.towers"], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""


def test_the_facade_is_at_the_top_and_other_names_are_not():
    import dbrec
    from dbrec.recommender import HybridRecommender

    assert dbrec.HybridRecommender is HybridRecommender
    with pytest.raises(AttributeError, match="no attribute 'Recommender'"):
        dbrec.Recommender  # noqa: B018


def test_the_picture_of_a_network_has_a_box_a_layer_and_an_arrow_a_tensor():
    from dbrec.lessons.original_post import build_post_model
    from dbrec.lessons.plots import plot_network

    network = build_post_model(3, 4, 5, 6)[0]
    texts = [text for text in plot_network(network).texts]
    boxes = [text for text in texts if text.get_text()]
    assert {box.get_text().split("\n")[0] for box in boxes} == {layer.name for layer in network.layers}
    assert len(texts) - len(boxes) == 3 + 3 + 3 + 3  # rows, tables, flattened, branches into the loss


def test_no_arrow_crosses_another_on_its_way_from_six_inputs_into_two_towers():
    from dbrec.features.encoder import FeatureEncoder
    from dbrec.lessons.plots import plot_network
    from dbrec.training.towers import build_model

    encoder = FeatureEncoder.fit([1, 2, 3])
    arrows = [text for text in plot_network(build_model(encoder, encoder)[0]).texts if not text.get_text()]
    assert len(arrows) == 6 + 6
    highest = max(arrow.xyann[1] for arrow in arrows)
    ends = sorted((arrow.xyann[0], arrow.xy[0]) for arrow in arrows if arrow.xyann[1] == highest)
    assert len(ends) == 6 and [end for _, end in ends] == sorted(end for _, end in ends)


def test_the_picture_of_a_tower_names_the_operations_between_its_layers():
    from dbrec._quiet import keras
    from dbrec.lessons.plots import plot_network

    row = keras.Input((2,), name="row")
    tower = keras.Model(row, keras.layers.Dense(3, name="out")(row[:, :1]))
    boxes = [text.get_text().split("\n") for text in plot_network(tower).texts if text.get_text()]
    assert [kind for _, kind in boxes] == ["InputLayer", "GetItem", "Dense"]


@pytest.mark.parametrize(
    ("module", "needs"),
    [("plots", "matplotlib and seaborn"), ("drawn", "matplotlib and seaborn")],
)
def test_a_module_of_the_lessons_says_which_install_it_needs(module, needs):
    for missing in needs.split(" and "):
        code = f"import sys; sys.modules[{missing!r}] = None; import dbrec.lessons.{module}"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        last = done.stderr.splitlines()[-1]
        assert last == f"ImportError: dbrec.lessons.{module} needs {needs}: pip install 'dbrec[lessons]'"


def test_the_package_hands_out_its_public_names_and_no_others():
    import dbrec

    assert all(callable(getattr(dbrec, name)) for name in dbrec.__all__) and set(dbrec.__all__) <= set(
        dir(dbrec)
    )
    with pytest.raises(
        AttributeError, match="module 'dbrec' has no attribute 'fit': it has HybridRecommender"
    ):
        dbrec.fit  # noqa: B018


@pytest.mark.parametrize("wrap", [list, tuple, np.array, pd.Series, pd.Index])
@pytest.mark.parametrize("ids", [[2**63 - 1, -(2**63)], [7], ["b", "a"]])
def test_raw_ids_are_the_same_however_they_are_wrapped(ids, wrap):
    found = raw_ids(wrap(ids))
    assert found.tolist() == ids and found.name is None
    assert found.dtype == raw_ids(pd.Series(ids, dtype=object)).dtype


@pytest.mark.parametrize("ids", [[2**63], [-(2**63) - 1], ["a\0"], [True], [1, "1"], [1, None], [[1]]])
def test_what_is_no_raw_id_is_refused_in_a_list_as_in_a_column(ids):
    for given in (ids, pd.Series(ids, dtype=object)):
        with pytest.raises((TypeError, ValueError), match=r"ids (must be one id|has a missing value)"):
            raw_ids(given)


def test_a_named_index_of_ids_loses_its_name_and_no_ids_are_whole_numbers():
    assert raw_ids(pd.Index([1, 2], name="user_id")).name is None
    assert raw_ids([]).dtype == np.int64 and not len(raw_ids([]))


@pytest.mark.parametrize("kept", [np.int8, np.int16, np.int32, np.int64])
@pytest.mark.parametrize("asked", [np.int8, np.int16, np.int32, np.int64])
def test_ids_are_found_whatever_their_width_and_one_too_large_for_the_index_is_unknown(kept, asked):
    index, wanted = pd.Index([5, -3, 100], dtype=kept), np.array([100, 5, 7], asked)
    for given in (wanted, list(wanted), pd.Index(wanted)):
        assert positions(index, given).tolist() == [2, 0, -1]
    assert positions(index, wanted[0]).tolist() == [2]
    large = [100, 100 + 2**8, 5 - 2**16, 100 + 2**32]  # what a cast would take for 100 and for 5
    assert positions(index, large).tolist() == [2, -1, -1, -1]
    assert positions(index, large[3]).tolist() == [-1]
