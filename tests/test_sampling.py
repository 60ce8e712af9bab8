from random import Random

import numpy as np
import pandas as pd
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


def test_negatives_come_equally_often_wherever_the_rows_of_their_anchor_begin():
    # an anchor of one rating stands before, so that the rows of the second begin at 1
    anchors, partners, ratings = [0, 1, 1, 1, 1, 1], [9, 1, 2, 3, 4, 5], [5, 1, 1, 1, 1, 5]
    sampler = TripletSampler(*map(np.array, (anchors, partners, ratings)), positive_from=5)
    negatives, counts = np.unique(sampler.sample(4000).negative, return_counts=True)
    assert negatives.tolist() == [1, 2, 3, 4]
    assert 900 < counts.min() and counts.max() < 1100  # of 1,000 each, three and a half standard deviations


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
        (
            {"negatives": "unobserved", "n_partners": 2},
            "n_partners is 2: give a whole number from 3 to 2147483648",
        ),
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


def test_unobserved_negatives_have_a_rating_of_0():
    sampler = TripletSampler(USERS, FILMS, STARS, 4, "unobserved", n_partners=4)
    drawn = sampler.sample_rated(50)
    assert not drawn.negative_rating.any() and (drawn.positive_rating >= 4).all()
    rated = set(zip(USERS, FILMS, strict=True))
    assert rated.isdisjoint(zip(drawn.anchor.tolist(), drawn.negative.tolist(), strict=True))


def test_the_pipeline_of_positions_gives_triplets_of_each_sampler():
    samplers = [TripletSampler(USERS, FILMS, STARS), TripletSampler(FILMS, USERS, STARS, 5)]
    (((user, better, *_), (film, fan, other, more, fewer)),) = next(
        position_dataset(samplers, 64).as_numpy_iterator()
    )
    assert user.shape == better.shape == (64,)
    assert np.unique([film, fan, other], axis=1).size and (more > fewer).all() and (more == 5).all()
    with pytest.raises(ValueError, match="batch_size is 0: give a whole number of at least 1"):
        position_dataset(samplers, 0)


def test_a_pipeline_of_positions_ends_where_it_is_told_to():
    sampler = TripletSampler(USERS, FILMS, STARS)
    assert len(list(position_dataset([sampler], 8, 5))) == 5


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


def test_every_positive_is_drawn_equally_often():
    users, films = np.arange(400) // 2, np.arange(400)
    sampler = TripletSampler(users, films, np.arange(400) % 2)
    anchors = sampler.sample_rated(32_000).anchor
    for edge in (anchors < 20, anchors >= 180):
        assert edge.mean() == pytest.approx(0.1, abs=0.02)


# one user who likes film 0 more than film 1, and one the other way round
PAIRS = {"anchors": [0, 0, 1, 1], "partners": [0, 1, 0, 1], "ratings": [5, 1, 1, 5]}


@pytest.mark.parametrize("side", ["anchors", "partners"])
@pytest.mark.parametrize(
    ("positions", "message"),
    [
        ([0.7, 0.7, 1, 1], "is of dtype float64, such as 0.7: give whole numbers, as an array of ints"),
        ([0.0, 0.0, 1.0, 1.0], "is of dtype float64, such as 0.0: give whole numbers"),
        (["a", "a", "b", "b"], "is of dtype .*, such as a: give whole numbers"),
        (["0", "0", "1", "1"], "is of dtype .*, such as 0: give whole numbers"),
        ([False, False, True, True], "is of dtype bool, such as False: give whole numbers"),
        (pd.array([0, 0, 1, None], "Int64"), "is of dtype float64, .*: give whole numbers"),
        ([[0], [0, 1], [1], [1]], r"is of dtype object, such as \[0\]: give whole numbers"),
        ([-1, 0, 1, 1], "holds -1: give positions from 0 to 2147483647"),
        ([2**31, 0, 1, 1], "holds 2147483648: give positions from 0 to 2147483647"),
        (np.array([2**32, 0, 1, 1]), "holds 4294967296: give positions from 0 to 2147483647"),
    ],
)
def test_positions_are_whole_numbers_from_0_that_fit_in_32_bits(side, positions, message):
    with pytest.raises(ValueError, match=f"{side} {message}"):
        TripletSampler(**PAIRS | {side: positions})


def test_positions_may_be_of_any_whole_type_and_as_large_as_32_bits_hold():
    for kind in (np.uint8, np.int64, np.uint64):
        assert len(
            TripletSampler(*(np.array(PAIRS[side], kind) for side in ("anchors", "partners")), [5, 1, 1, 5])
        )
    largest = 2**31 - 1
    far = TripletSampler([largest, largest, 4, 4], [largest, 0, largest, 0], PAIRS["ratings"])
    assert drawn(far) == {(largest, largest, 0), (4, 0, largest)}


@pytest.mark.parametrize(
    ("ratings", "message"),
    [
        (["5", "1", "1", "5"], "ratings is of dtype .*, such as 5: give numbers, or true and false"),
        ([5j, 1, 1, 5], "ratings is of dtype complex128, .*: give numbers"),
        (np.array([5, 1, 1, 5], "M8[D]"), r"ratings is of dtype datetime64\[D\], .*: give numbers"),
        ([5, np.nan, 1, 5], "ratings go from 1.0 to nan: give finite numbers"),
        ([5, None, 1, 5], "ratings go from 1.0 to nan: give finite numbers"),
        ([5, -np.inf, 1, 5], "ratings go from -inf to 5.0: give finite numbers"),
        ([5, 1, 1, 1e39], r"ratings go from 1.0 to 1e\+39: give finite numbers"),
        (None, r"shapes \(4,\), \(4,\) and \(0,\): give one of each a rating"),
        ([[5], [1], [1], [5]], "ratings is of dtype object"),
    ],
)
def test_ratings_are_finite_numbers(ratings, message):
    with pytest.raises(ValueError, match=message):
        TripletSampler(**PAIRS | {"ratings": ratings})


def test_tables_in_the_place_of_rows_are_refused():
    with pytest.raises(
        ValueError, match=r"shapes \(2, 2\), \(2, 2\) and \(2, 2\): give one of each a rating"
    ):
        TripletSampler(*(np.reshape(PAIRS[name], (2, 2)) for name in PAIRS))


@pytest.mark.parametrize("negatives", ["explicit", "unobserved"])
def test_no_ratings_at_all_start_no_triplet(negatives):
    for nothing in ([], np.array([], np.int64)):
        with pytest.raises(ValueError, match="none of 0 ratings can start a triplet"):
            TripletSampler(nothing, nothing, nothing, negatives=negatives)


@pytest.mark.parametrize("rating", [5, 1])
@pytest.mark.parametrize("negatives", ["explicit", "unobserved"])
def test_a_pair_given_twice_is_refused_with_one_rating_or_two(negatives, rating):
    again = {name: [*PAIRS[name], new] for name, new in zip(PAIRS, (1, 0, rating), strict=True)}
    with pytest.raises(ValueError, match="anchor 1 has partner 0 more than once: keep one row a pair"):
        TripletSampler(**again, negatives=negatives, n_partners=9)


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        *[
            ("n_partners", value, "give a whole number from 2 to 2147483648")
            for value in (2.7, "3", True, -1, 1)
        ],
        *[("positive_from", value, "give a finite number") for value in ("4", np.nan, np.inf, True, [4])],
        *[("seed", value, "give a whole number of at least 0") for value in (-1, 1.5, "a", None)],
        ("negatives", None, "give 'explicit' or 'unobserved'"),
    ],
)
def test_settings_of_a_sampler_that_are_none_are_refused(setting, value, message):
    with pytest.raises(ValueError, match=f"{setting} is .*: {message}"):
        TripletSampler(**PAIRS | {setting: value})


@pytest.mark.parametrize("size", [-1, 1.5, "a", None, True, (2, -1)])
def test_a_size_that_is_not_a_whole_number_is_refused(size):
    sampler = TripletSampler(**PAIRS)
    for draw in (sampler.sample, sampler.sample_rated):
        with pytest.raises(ValueError, match="size is .*: give a whole number of at least 0"):
            draw(size)
    assert len(sampler.sample(0).anchor) == 0


@pytest.mark.parametrize("value", [0, -1, 1.5, "a", None, True])
def test_batches_are_whole_numbers_from_one(value):
    sampler, rows = TripletSampler(**PAIRS), np.zeros((2, 1), np.int32)
    message = "is .*: give a whole number of at least 1"
    with pytest.raises(ValueError, match=f"batch_size {message}"):
        triplet_dataset([sampler], [(rows, rows)], value)
    with pytest.raises(ValueError, match=f"batch_size {message}"):
        position_dataset([sampler], value)


def test_a_positive_may_have_just_the_rating_asked_for_and_a_negative_is_rated_lower():
    # film 0 has 4, film 1 has 3: with 4 asked for, 4 is a positive; with a bit more, none is
    assert drawn(TripletSampler([0, 0], [0, 1], [4, 3], positive_from=4)) == {(0, 0, 1)}
    with pytest.raises(ValueError, match="none of 2 ratings can start a triplet"):
        TripletSampler([0, 0], [0, 1], [4, 3], positive_from=4.1)


def test_the_number_of_partners_decides_who_has_an_unobserved_one():
    # user 0 rated films 0 and 1, user 1 only film 0: of two films, user 0 has none left, of three film 2
    rows = [0, 0, 1], [0, 1, 0], [1, 1, 1]
    assert drawn(TripletSampler(*rows, negatives="unobserved")) == {(1, 0, 1)}
    three = TripletSampler(*rows, negatives="unobserved", n_partners=3)
    assert drawn(three) == {(0, 0, 2), (0, 1, 2), (1, 0, 1), (1, 0, 2)} and len(three) == 3


def test_the_seed_is_zero_by_default():
    default, zero = TripletSampler(USERS, FILMS, STARS), TripletSampler(USERS, FILMS, STARS, seed=0)
    assert np.array_equal(default.sample(50), zero.sample(50))


@pytest.mark.parametrize("n", [255, 256, 257])
def test_as_many_different_ratings_as_a_byte_holds_and_more_are_told_apart(n):
    found = TripletSampler(np.zeros(n, int), np.arange(n), np.arange(n)).sample_rated(5000)
    assert np.array_equal(found.positive_rating, found.positive)
    assert np.array_equal(found.negative_rating, found.negative) and (found.positive > found.negative).all()


def test_ratings_that_differ_only_between_anchors_start_no_triplet():
    with pytest.raises(ValueError, match="none of 4 ratings can start a triplet"):
        TripletSampler([0, 0, 1, 1], [0, 1, 0, 1], [1, 1, 2, 2])


def test_ratings_may_be_as_large_as_32_bits_hold():
    largest = float(np.finfo(np.float32).max)
    found = TripletSampler([0, 0], [0, 1], [largest, -largest]).sample_rated(1)
    assert (found.positive_rating, found.negative_rating) == (largest, -largest)
