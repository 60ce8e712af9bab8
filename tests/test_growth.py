import numpy as np
import pandas as pd
import pytest

from benchmarks.studies import growth
from benchmarks.studies.growth import Fit, measure, run, sizes_of, split
from dbrec.data import synthetic
from dbrec.data.synthetic import make_ratings


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return make_ratings(tmp_path_factory.mktemp("made") / "ratings", 150, 100, 4000)


def test_users_and_items_grow_along_with_the_ratings():
    sizes = [sizes_of(n) for n in (200_000, 1_000_000, 5_000_000, 25_000_000)]
    assert sizes[1] == (6000, 3700) and sizes[3] == (160_000, 60_000)
    assert np.all(np.diff(sizes, axis=0) > 0)


def test_a_tenth_is_held_out_and_each_rating_stands_in_one_part(data):
    train, test = split(data, seed=0)
    assert len(test[0]) / len(data) == pytest.approx(0.1, abs=0.02)
    for name, *parts in zip(("user_index", "item_index", "rating"), train, test, strict=True):
        assert sorted(np.concatenate(parts)) == sorted(getattr(data, name))
    assert not any(isinstance(column, np.memmap) for column in train + test)


@pytest.mark.parametrize("choice_dim", [0, 8])
def test_a_small_size_is_fitted_and_judged(data, choice_dim):
    found = measure(data, Fit(embedding_dim=4, epochs=3, choice_dim=choice_dim))
    assert found["n_train"] + 4000 * 0.1 == pytest.approx(4000, rel=0.05)
    assert found["steps"] * found["batch_size"] >= found["n_positives"]
    assert 0.55 < found["auc"] < found["auc_planted"] < 1 and 0 < found["ndcg"] < 1
    assert found["epoch_seconds"] > 0 and found["ns_per_triplet"] > 0 and found["fit_seconds"] > 0
    assert (
        found["peak_data_mib"]
        <= found["peak_sampler_mib"]
        <= found["peak_fit_mib"]
        <= found["peak_lists_mib"]
    )
    rows = 150 + 1 + (2 + 7 + 21 + 3) + 100 + 1 + 18 + (16 + 1)  # of the tables: ids, features, and unknown
    assert found["model_mib"] >= 4 * 4 * (rows - 20) * 5 / 1024**2  # few years may be fewer bins


def rows_in(path):
    return pd.read_csv(path).n_ratings.tolist()


def test_sizes_are_stored_as_they_end_and_passed_over_once_there(tmp_path, monkeypatch):
    asked, path = [], tmp_path / "growth.csv"
    figures = dict.fromkeys("fit_seconds seconds_per_million ns_per_triplet bytes_per_rating".split(), 1.0)
    figures |= dict.fromkeys("auc auc_planted ndcg".split(), 0.5)
    monkeypatch.setattr(growth, "work", lambda n, fit: asked.append((n, fit)) or figures)
    monkeypatch.setattr(growth, "MADE", tmp_path / "made")
    for size in (120_000, 100_000, 120_000):
        run(size, Fit(), path)
    assert rows_in(path) == [100_000, 120_000] and len(asked) == 2
    run(120_000, Fit(choice_dim=4), path)
    assert rows_in(path) == [100_000, 120_000, 120_000] and asked[-1] == (120_000, Fit(choice_dim=4))


def test_a_size_that_fails_is_told_and_the_rows_before_stay(tmp_path, monkeypatch):
    path = tmp_path / "growth.csv"
    monkeypatch.setattr(growth, "MADE", tmp_path / "made")
    monkeypatch.setattr(growth, "prepare", lambda n, seed: None)
    with pytest.raises(RuntimeError, match="1,000 ratings ended with code 1:(?s:.*)n_items is 9"):
        run(1000, Fit(), path)
    assert not path.exists()


def test_ratings_of_a_size_are_made_once(tmp_path, monkeypatch):
    monkeypatch.setattr(growth, "MADE", tmp_path)
    first = growth.prepare(120_000, seed=0)
    monkeypatch.setattr(synthetic, "make_ratings", None)
    assert growth.prepare(120_000, seed=0).folder == first.folder
