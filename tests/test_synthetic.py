import pickle

import numpy as np
import pandas as pd
import pytest

from dbrec.data.planted import USERS_A_BLOCK, PlantedWorld
from dbrec.data.synthetic import make_ratings, open_ratings
from dbrec.evaluation.auc import auc
from dbrec.features.encoder import FeatureEncoder

N_USERS, N_ITEMS, N_RATINGS = 1500, 400, 60_000


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return make_ratings(tmp_path_factory.mktemp("made") / "ratings", N_USERS, N_ITEMS, N_RATINGS)


@pytest.fixture(scope="module")
def liked(data):
    return data.rating >= 4


def test_there_are_as_many_ratings_as_asked_for_in_small_types(data):
    columns = data.user_index, data.item_index, data.rating
    assert len(data) == N_RATINGS and [len(column) for column in columns] == [N_RATINGS] * 3
    assert [column.dtype for column in columns] == [np.int32, np.int32, np.int8]
    assert all(isinstance(column, np.memmap) for column in columns)


def test_positions_and_ratings_are_in_range(data):
    assert data.user_index.min() == 0 and data.user_index.max() == N_USERS - 1
    assert data.item_index.min() >= 0 and data.item_index.max() < N_ITEMS
    assert np.unique(data.rating).tolist() == [1, 2, 3, 4, 5]


def test_no_pair_stands_twice_and_rows_are_in_order(data):
    keys = data.user_index.astype(np.int64) * N_ITEMS + data.item_index
    assert (np.diff(keys) > 0).all()


def test_users_are_many_with_few_ratings_and_few_with_many(data):
    counts = np.bincount(data.user_index, minlength=N_USERS)
    assert counts.min() >= 10 and counts.max() <= N_ITEMS // 2
    assert counts.max() > 3 * counts.mean() and np.median(counts) < 0.85 * counts.mean()


def test_popularity_has_a_long_tail(data):
    counts = np.sort(np.bincount(data.item_index, minlength=N_ITEMS))[::-1]
    assert 0.3 < counts[: N_ITEMS // 10].sum() / N_RATINGS < 0.7
    assert counts[N_ITEMS // 2 :].sum() / N_RATINGS < 0.2
    assert counts[-1] > 0


@pytest.mark.parametrize("seed", range(3))
def test_about_57_percent_are_liked(tmp_path, seed):
    made = make_ratings(tmp_path / "ratings", N_USERS, N_ITEMS, N_RATINGS, seed)
    assert (made.rating >= 4).mean() == pytest.approx(0.57, abs=0.04)


def test_the_seed_decides(tmp_path, data):
    columns = ("user_index", "item_index", "rating")
    same, other = (make_ratings(tmp_path / str(s), N_USERS, N_ITEMS, N_RATINGS, s) for s in (0, 1))
    for column in columns:
        assert np.array_equal(getattr(same, column), getattr(data, column))
    assert not np.array_equal(other.item_index, data.item_index)
    assert same.users.equals(data.users) and not other.users.equals(data.users)


def test_a_block_is_the_same_whichever_was_drawn_before(data):
    last_first = PlantedWorld(N_USERS, N_ITEMS, N_RATINGS, seed=0)
    assert last_first.n_blocks == 2
    second, first = last_first.ratings(1), last_first.ratings(0)
    users, items, ratings = map(np.concatenate, zip(first, second, strict=True))
    assert np.array_equal(users, data.user_index) and np.array_equal(items, data.item_index)
    assert np.array_equal(ratings, data.rating)


def test_frames_hold_features_by_id_that_an_encoder_takes(data):
    assert data.users.index.name == "user_id" and data.users.index.tolist() == list(range(1, N_USERS + 1))
    assert data.items.index.name == "item_id" and data.items.index.tolist() == list(range(1, N_ITEMS + 1))
    assert data.users.nunique().to_dict() == {"gender": 2, "age_group": 7, "occupation": 21}
    assert data.items.genres.map(len).between(1, 3).all() and data.items.year.between(1920, 2000).all()
    encoders = (
        FeatureEncoder.fit(data.users.index, data.users),
        FeatureEncoder.fit(data.items.index, data.items),
    )
    assert [encoder.width for encoder in encoders] == [4, 1 + 18 + 1]


def test_the_frame_of_ratings_holds_ids(data):
    frame = data.to_frame()
    assert list(frame) == ["user_id", "item_id", "rating"] and len(frame) == N_RATINGS
    assert set(frame.user_id) <= set(data.users.index) and set(frame.item_id) <= set(data.items.index)
    assert np.array_equal(frame.user_id, data.user_index + 1) and np.array_equal(frame.rating, data.rating)


def spread_of_means(values, groups, random=None):
    """Give the standard deviation of the groups' means; of shuffled groups, what chance makes of it."""
    groups = groups if random is None else random.permutation(groups)
    return pd.Series(np.asarray(values, float)).groupby(np.asarray(groups)).mean().std()


@pytest.mark.parametrize("feature", ["gender", "age_group", "occupation"])
def test_who_shares_a_feature_likes_alike(data, liked, feature):
    by_user = pd.Series(np.asarray(liked, float)).groupby(np.asarray(data.user_index)).mean()
    groups, random = data.users[feature].astype(str), np.random.default_rng(0)
    by_chance = np.mean([spread_of_means(by_user, groups, random) for _ in range(20)])
    assert spread_of_means(by_user, groups) > 1.4 * by_chance


def test_genres_and_years_tell_what_an_item_is_like(data):
    planted = np.delete(data.item_vectors, -2, axis=1)  # tastes and bias
    random = np.random.default_rng(0)
    for groups in (data.items.genres.str[0], data.items.year // 20):
        found = np.mean([spread_of_means(place, groups) for place in planted.T])
        by_chance = np.mean([spread_of_means(place, groups, random) for place in planted.T])
        assert found > 1.3 * by_chance


def test_taste_differs_by_feature_too(data, liked):
    """What the genders make of a genre differs by more than one gender's bias and the other's."""
    genre = data.items.genres.str[0].to_numpy()[data.item_index]
    gender = data.users.gender.to_numpy()[data.user_index]
    means = pd.crosstab(genre, gender, values=liked, aggfunc="mean")
    shuffled = pd.crosstab(genre, np.random.default_rng(0).permutation(gender), values=liked, aggfunc="mean")
    assert (means["F"] - means["M"]).std() > 2 * (shuffled["F"] - shuffled["M"]).std()


def test_the_planted_score_is_the_best_there_is(data, liked):
    users, items = data.user_index, data.item_index
    of_item = np.bincount(items, liked, N_ITEMS) / np.bincount(items, minlength=N_ITEMS)
    biases = data.user_vectors[users, -2] + data.item_vectors[items, -1]
    best, mean = auc(liked, data.true_scores(users, items)), auc(liked, of_item[items])
    assert best > mean + 0.1 and best > auc(liked, biases) + 0.05
    assert 0.8 < best < 0.9 and 0.6 < mean < 0.76


def test_the_planted_score_is_taste_and_both_biases(data):
    user, item = data.user_vectors[7], data.item_vectors[9]
    expected = user[:-2] @ item[:-2] + user[-2] + item[-1]
    assert data.true_scores([7], [9]) == pytest.approx([expected], rel=1e-5)


def test_scores_of_many_rows_are_those_of_each_part(data, monkeypatch):
    rows = data.user_index[:1000], data.item_index[:1000]
    whole = data.true_scores(*rows)
    monkeypatch.setattr("dbrec.products.PAIRS_AT_ONCE", 64)
    assert np.array_equal(data.true_scores(*rows), whole)


def test_what_was_made_is_opened_again(data):
    again = open_ratings(data.folder)
    assert np.array_equal(again.rating, data.rating) and again.users.equals(data.users)
    assert again.items.equals(data.items) and np.array_equal(again.item_vectors, data.item_vectors)


def test_a_world_where_everybody_rates_all_they_may_can_be_made(tmp_path):
    made = make_ratings(tmp_path / "full", n_users=3, n_items=20, n_ratings=30)
    assert np.bincount(made.user_index).tolist() == [10, 10, 10]
    many = make_ratings(
        tmp_path / "many", n_users=USERS_A_BLOCK + 1, n_items=60, n_ratings=(USERS_A_BLOCK + 1) * 30
    )
    assert (np.bincount(many.user_index) == 30).all()


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError])
def test_a_break_leaves_nothing(tmp_path, monkeypatch, stop):
    drawn = PlantedWorld.ratings

    def broken(self, block):
        if block == 1:
            raise stop("half-way")
        return drawn(self, block)

    monkeypatch.setattr(PlantedWorld, "ratings", broken)
    with pytest.raises(stop):
        make_ratings(tmp_path / "ratings", N_USERS, N_ITEMS, N_RATINGS)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_overwritten(data):
    before = np.array(data.rating)
    with pytest.raises(FileExistsError, match="is there already: open it by open_ratings, or choose another"):
        make_ratings(data.folder, N_USERS, N_ITEMS, N_RATINGS, seed=1)
    assert np.array_equal(data.rating, before)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ((0, 400, 60_000, 0), "n_users is 0: give a whole number of at least 1"),
        ((1500, 19, 15_000, 0), "n_items is 19: give a whole number of at least 20"),
        ((1500, 400, 60_000, -1), "seed is -1: give a whole number of at least 0"),
        ((1500, 400, 14_999, 0), r"n_ratings is 14,999: 1,500 users of 400 items give 15,000 \(10 each\)"),
        ((10, 40, 201, 0), r"n_ratings is 201: .* to 200 \(half of the items each\)"),
        ((1500.0, 400, 60_000, 0), "n_users is 1500.0: give a whole number of at least 1"),
        ((True, 400, 60_000, 0), "n_users is True: give a whole number"),
        ((1500, "400", 60_000, 0), "n_items is '400': give a whole number"),
        ((1500, -400, 60_000, 0), "n_items is -400: give a whole number"),
        ((1500, 400, 60_000.5, 0), "n_ratings is 60000.5: give a whole number"),
        ((1500, 400, None, 0), "n_ratings is None: give a whole number"),
        ((1500, 400, 60_000, "a"), "seed is 'a': give a whole number of at least 0"),
        ((1500, 400, 60_000, None), "seed is None: give a whole number"),
    ],
)
def test_numbers_out_of_bounds_are_refused(tmp_path, numbers, message):
    with pytest.raises(ValueError, match=message):
        make_ratings(tmp_path / "ratings", *numbers)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_ratings_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no synthetic ratings: make them by make_ratings"):
        open_ratings(tmp_path)


@pytest.mark.parametrize("folder", [123, None, True, b"made", ["made"], "a\0b"])
def test_what_is_no_path_is_refused(folder):
    message = "folder is .*: give the path of a folder, as text or pathlib.Path"
    with pytest.raises(ValueError, match=message):
        open_ratings(folder)
    with pytest.raises(ValueError, match=message):
        make_ratings(folder, N_USERS, N_ITEMS, N_RATINGS)


def test_a_folder_that_lacks_a_column_holds_no_ratings(tmp_path):
    made = make_ratings(tmp_path / "made", n_users=3, n_items=20, n_ratings=30)
    (made.folder / "rating.npy").unlink()
    with pytest.raises(FileNotFoundError, match="holds no synthetic ratings"):
        open_ratings(made.folder)


COLUMN_FILES = ["user_index.npy", "item_index.npy", "rating.npy"]


def cut(path):
    path.write_bytes(path.read_bytes()[:-5])


def emptied(path):
    path.write_bytes(b"")


def pickled(path):
    path.write_bytes(pickle.dumps([1, 2]))


def shorter(path):
    np.save(path, np.load(path)[:-1])


def wider(path):
    np.save(path, np.load(path).astype(np.int64))


def as_table(path):
    np.save(path, np.load(path)[:, None])


def of_fewer_users(path):
    arrays = dict(np.load(path))
    np.savez(path, **arrays | {"user_codes": arrays["user_codes"][1:]})


def of_fewer_items(path):
    arrays = dict(np.load(path))
    np.savez(path, **arrays | {"item_vectors": arrays["item_vectors"][1:]})


def without_years(path):
    arrays = dict(np.load(path))
    arrays.pop("year")
    np.savez(path, **arrays)


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        *[
            (name, harm)
            for name in COLUMN_FILES
            for harm in (cut, emptied, pickled, shorter, wider, as_table)
        ],
        *[("planted.npz", harm) for harm in (cut, emptied, pickled)],
        *[("planted.npz", harm) for harm in (of_fewer_users, of_fewer_items, without_years)],
    ],
)
def test_a_file_that_is_not_what_was_made_is_damaged(tmp_path, name, harm):
    made = make_ratings(tmp_path / "made", n_users=3, n_items=20, n_ratings=30)
    harm(made.folder / name)
    with pytest.raises(
        ValueError, match="^damaged: .*made isn't what make_ratings wrote .*: remove it and make"
    ):
        open_ratings(made.folder)


@pytest.mark.parametrize("place", ["file", "file/made", "dangling", "dangling/made", "deep/file/a/b"])
def test_where_no_folder_can_lie_none_is_made(tmp_path, place):
    (tmp_path / "deep").mkdir()
    (tmp_path / "file").write_text("mine")
    (tmp_path / "deep" / "file").write_text("mine")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(FileExistsError, match="is there already: open it|is no folder, so .* can't be made"):
        make_ratings(tmp_path / place, n_users=3, n_items=20, n_ratings=30)
    assert sorted(tmp_path.rglob("*")) == before


def test_the_mode_of_the_folder_is_that_of_any_new_folder(tmp_path):
    (tmp_path / "new").mkdir()
    made = make_ratings(tmp_path / "made", n_users=3, n_items=20, n_ratings=30)
    assert made.folder.stat().st_mode == (tmp_path / "new").stat().st_mode
