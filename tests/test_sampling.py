from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbrec.training.batches import position_dataset, triplet_dataset
from dbrec.training.sampling import TripletSampler, random_triplet

# user 0 rated films 0, 1, 2 with 5, 3, 1; user 1 rated films 1, 2 with 4, 4; user 2 film 0 with 2
USERS, FILMS, STARS = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 1, 2, 1, 2, 0]), np.array([5, 3, 1, 4, 4, 2])


def drawn(sampler, size=300):
    return set(zip(*(array.tolist() for array in sampler.sample(size)), strict=True))


def test_any_two_films_of_a_user_in_order_are_a_triplet():
    assert drawn(TripletSampler(USERS, FILMS, STARS)) == {(0, 0, 1), (0, 0, 2), (0, 1, 2)}


def test_positives_start_at_the_rating_asked_for():
    assert drawn(TripletSampler(USERS, FILMS, STARS, positive_from=4)) == {(0, 0, 1), (0, 0, 2)}


def test_labels_give_the_triplets_of_the_post():
    assert drawn(TripletSampler(USERS, FILMS, STARS >= 3)) == {(0, 0, 2), (0, 1, 2)}


def test_with_the_sides_swapped_films_are_the_anchors():
    expected = {(0, 0, 2), (1, 1, 0), (2, 1, 0)}  # film, who liked it more, who less
    assert drawn(TripletSampler(FILMS, USERS, STARS)) == expected


def test_unobserved_negatives_are_films_never_rated():
    sampler = TripletSampler(USERS, FILMS, STARS, 4, "unobserved", n_partners=4)
    assert drawn(sampler) == {(0, 0, 3), (1, 1, 0), (1, 1, 3), (1, 2, 0), (1, 2, 3)}


@given(st.integers(0, 10_000), st.sampled_from(["explicit", "unobserved"]))
def test_a_negative_is_never_a_positive(seed, negatives):
    random = np.random.default_rng(seed)
    pairs = np.unique(random.integers(0, [6, 9], (40, 2)), axis=0)
    stars = random.integers(1, 6, len(pairs))
    rating = {tuple(pair): star for pair, star in zip(pairs.tolist(), stars.tolist(), strict=True)}
    for a, p, n in drawn(TripletSampler(*pairs.T, stars, 3, negatives, n_partners=12, seed=seed), 100):
        assert rating[a, p] >= 3
        assert rating[a, n] < rating[a, p] if negatives == "explicit" else (a, n) not in rating


def test_each_positive_and_each_of_its_negatives_comes_equally_often():
    anchors, positives, negatives = TripletSampler(USERS, FILMS, STARS).sample(40_000)
    pairs = np.bincount(positives * 3 + negatives, minlength=9) / 40_000
    assert pairs[[1, 2, 5]] == pytest.approx([0.25, 0.25, 0.5], abs=0.02)


def test_the_seed_decides_the_draws():
    first, again, other = (TripletSampler(USERS, FILMS, STARS, seed=seed).sample(50) for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_the_length_counts_the_ratings_that_can_be_positives():
    assert len(TripletSampler(USERS, FILMS, STARS)) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ratings": STARS[:2]}, r"shapes \(6,\), \(6,\) and \(2,\): give one of each a rating"),
        ({"negatives": "hard"}, "negatives is 'hard': give 'explicit' or 'unobserved'"),
        ({"ratings": np.ones(6)}, "none of 6 ratings can start a triplet.*rated lower"),
        ({"negatives": "unobserved", "n_partners": 3, "positive_from": 5}, "never rated"),
        ({"negatives": "unobserved", "n_partners": 2}, "n_partners is 2 and a partner is 2: give at least 3"),
    ],
)
def test_what_cannot_be_sampled_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        TripletSampler(**({"anchors": USERS, "partners": FILMS, "ratings": STARS} | arguments))


def test_the_random_composer_draws_users_with_both_kinds_of_film():
    liked, not_liked = {1: ["a", "b"], 2: ["c"], 3: []}, {1: ["x"], 3: ["y"]}
    found = {random_triplet(liked, not_liked, Random(seed)) for seed in range(30)}
    assert found == {(1, "a", "x"), (1, "b", "x")}


def test_the_random_composer_refuses_when_nobody_has_both_kinds():
    with pytest.raises(ValueError, match="no user has both liked and not-liked films"):
        random_triplet({1: ["a"]}, {2: ["b"]}, Random(0))


def test_the_pipeline_gives_the_rows_of_anchor_positive_negative():
    user_rows = np.array([[1, 7], [2, 8], [3, 9]], np.int32)
    film_rows = np.array([[1], [2], [3]], np.int32)
    samplers = [TripletSampler(USERS, FILMS, STARS, 5), TripletSampler(FILMS, USERS, STARS, 5)]
    dataset = triplet_dataset(samplers, [(user_rows, film_rows), (film_rows, user_rows)], batch_size=4)
    ((a, p, n, film, fan, other),) = next(dataset.as_numpy_iterator())
    assert [part.shape for part in (a, p, n, film, fan, other)] == [
        (4, 2),
        (4, 1),
        (4, 1),
        (4, 1),
        (4, 2),
        (4, 2),
    ]
    assert a.tolist() == [[1, 7]] * 4 and p.tolist() == [[1]] * 4 and set(n[:, 0]) <= {2, 3}
    assert film.tolist() == [[1]] * 4 and fan.tolist() == [[1, 7]] * 4 and other.tolist() == [[3, 9]] * 4


def test_rated_triplets_come_with_the_ratings_of_their_two_pairs():
    stars = dict(zip(zip(USERS.tolist(), FILMS.tolist(), strict=True), STARS.tolist(), strict=True))
    drawn = TripletSampler(USERS, FILMS, STARS, seed=3).sample_rated(100)
    for user, better, worse, more, fewer in zip(*(part.tolist() for part in drawn), strict=True):
        assert (stars[user, better], stars[user, worse]) == (more, fewer) and more > fewer
    same = TripletSampler(USERS, FILMS, STARS, seed=3).sample(100)
    assert all(np.array_equal(a, b) for a, b in zip(same, drawn, strict=False))


def test_unobserved_negatives_have_no_ratings():
    sampler = TripletSampler(USERS, FILMS, STARS, 4, "unobserved", n_partners=4)
    with pytest.raises(ValueError, match="unobserved negatives have no ratings: draw them by sample"):
        sampler.sample_rated(5)


def test_the_pipeline_of_positions_gives_each_member_triplets_of_its_own():
    samplers = [TripletSampler(USERS, FILMS, STARS), TripletSampler(FILMS, USERS, STARS, 5)]
    (((user, better, *_), (film, fan, other, more, fewer)),) = next(
        position_dataset(samplers, 64, members=3).as_numpy_iterator()
    )
    assert user.shape == better.shape == (64, 3) and not np.array_equal(better[:, 0], better[:, 1])
    assert np.unique([film, fan, other], axis=1).size and (more > fewer).all() and (more == 5).all()
    with pytest.raises(ValueError, match="batch_size is 0: give at least 1 triplet a batch"):
        position_dataset(samplers, 0)


@pytest.mark.parametrize(
    ("samplers", "size", "message"), [(1, 0, "batch_size is 0"), (2, 4, "2 samplers and 1 pairs of rows")]
)
def test_the_pipeline_refuses_arguments_that_do_not_fit(samplers, size, message):
    rows = np.zeros((3, 1), np.int32)
    with pytest.raises(ValueError, match=message):
        triplet_dataset([TripletSampler(USERS, FILMS, STARS)] * samplers, [(rows, rows)], size)


def test_ratings_of_any_scale_and_many_rows_are_drawn_as_they_are(monkeypatch):
    monkeypatch.setattr("dbrec.training.sampling.ROWS_AT_ONCE", 4)
    stars = np.linspace(-1.5, 2.5, 300)
    users, films = np.arange(300) % 3, np.arange(300)
    found = TripletSampler(users, films, stars).sample_rated(2000)
    assert (found.positive_rating > found.negative_rating).all()
    assert np.array_equal(found.positive_rating, stars.astype(np.float32)[found.positive])
    assert np.array_equal(found.negative_rating, stars.astype(np.float32)[found.negative])


def test_anchors_far_apart_are_told_apart():
    users = np.where(USERS == 0, 10**6, USERS)  # times 3,000 levels, it passes 2 ** 31
    more = np.arange(3000)
    sampler = TripletSampler(
        np.append(users, np.full(3000, 7)), np.append(FILMS, more), np.append(STARS, more + 10)
    )
    found = {row for row in drawn(sampler, 60_000) if row[0] != 7}
    assert found <= {(10**6, 0, 1), (10**6, 0, 2), (10**6, 1, 2)} and len(sampler) == 2 + 2999


def test_each_member_draws_every_positive_equally_often():
    users, films = np.arange(400) // 2, np.arange(400)
    sampler = TripletSampler(users, films, np.arange(400) % 2)
    anchors = np.concatenate([sampler.sample_rated((16, 4)).anchor for _ in range(500)])
    for edge in (anchors < 20, anchors >= 180):
        assert edge.mean(axis=0) == pytest.approx(0.1, abs=0.02)
