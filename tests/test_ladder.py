import numpy as np
import pandas as pd
import pytest

from benchmarks.harness.tables import RESULTS
from benchmarks.harness.tasks import load_task
from benchmarks.studies import ladder as ladder_module
from benchmarks.studies import rung_model
from benchmarks.studies.ladder import LADDER, RUNGS, Ladder, parts_of
from benchmarks.studies.rung_model import (
    EPOCHS,
    LEARNING_RATE,
    HardSampler,
    MixedSampler,
    Parts,
    PopularSampler,
    Towers,
)
from dbrec import HybridRecommender
from dbrec.data.movielens import MovieLens
from dbrec.training.fit import Settings
from dbrec.training.sampling import TripletSampler


@pytest.fixture(scope="module")
def task():
    """The validation task of forty people who rated half of fifty films at random."""
    random = np.random.default_rng(0)
    pairs = pd.MultiIndex.from_product([range(40), range(100, 150)], names=["user_id", "item_id"])
    ratings = pairs.to_frame(index=False).sample(frac=0.5, random_state=0, ignore_index=True)
    ratings["rating"] = random.integers(1, 6, len(ratings))
    users = pd.DataFrame({"gender": "F", "age_group": "25-34", "occupation": "none"}, index=range(40))
    movies = pd.DataFrame({"genres": [("Drama",)] * 50, "year": 1990, "title": "A"}, index=range(100, 150))
    return load_task("warm", MovieLens("made", ratings, users, movies), "validation")


def test_each_rung_changes_one_thing_of_a_rung_before_it():
    for place, rung in enumerate(LADDER[1:], start=1):
        assert rung.base in [earlier.name for earlier in LADDER[:place]]
        # the prior draws back, too, so the penalty is halved with it
        assert set(rung.changes) == {"prior", "l2"} if rung.name == "prior" else len(rung.changes) == 1
        assert parts_of(rung.name) != parts_of(rung.base)


def test_the_changes_add_up_to_our_model():
    ours, settings = parts_of("evidence"), Settings()
    assert ours == Parts(
        loss="log sigmoid",
        softmax=False,
        year=True,
        ids=True,
        dropout=0.0,
        item_anchors=True,
        l2=settings.l2,
        average=True,
        biases=True,
        graded=True,
        history="without",
        choice_weight=1.0,
        two_scores=True,
        prior="evidence",
    )


def test_the_last_rung_likes_as_the_recommender_does(task):
    towers = Towers(parts_of("evidence"), task, seed=3)
    towers.train()
    scorer = towers.scorer(parts_of("evidence"))
    facade = HybridRecommender(epochs=EPOCHS, learning_rate=LEARNING_RATE, seed=3, verbose=False)
    facade.fit(task.train, task.users, task.items)
    pairs = task.judged["user_id"], task.judged["item_id"]
    np.testing.assert_allclose(scorer.score(*pairs), facade.score(*pairs), atol=1e-3)


@pytest.mark.parametrize("name", ["large batches", "columns apart", "hard"])
def test_a_rung_scores_every_pair_and_lists_for_everybody(task, name, monkeypatch):
    monkeypatch.setattr(rung_model, "EPOCHS", 1)
    towers = Towers(parts_of(name), task, seed=0)
    towers.train()
    scorer = towers.scorer(parts_of(name))
    assert np.isfinite(scorer.score(task.judged["user_id"], task.judged["item_id"])).all()
    assert len(scorer.recommend(range(40), k=3)) == 120


def test_softmax_vectors_are_shares_and_the_others_are_not(task):
    for name, are_shares in {"columns apart": True, "no softmax": False}.items():
        vectors = Towers(parts_of(name), task, seed=0).scorer(parts_of(name)).user_vectors
        assert np.allclose(vectors.sum(axis=1), 1, atol=1e-5) == are_shares


def test_a_whole_history_keeps_the_target_in_the_sum(task):
    whole, without = (Towers(parts_of(name), task, 0) for name in ("history, whole", "history"))
    brought = [towers.network.histories.brought.numpy() for towers in (whole, without)]
    assert not brought[0].any() and brought[1].any()
    assert np.array_equal(whole.network.histories.inputs, without.network.histories.inputs)


# User 0 rated films 0 and 1 of five; films 0, 2, 3 were rated by others 1, 3 and 1 times, film 4 never.
USERS = np.array([0, 0, 1, 1, 2, 3, 4])
FILMS = np.array([0, 1, 0, 2, 2, 2, 3])
STARS = np.array([5, 5, 5, 5, 5, 5, 5])
NEVER = {"negatives": "unobserved", "positive_from": 4, "n_partners": 5, "seed": 0}


def test_negatives_by_popularity_were_never_rated_and_come_as_often_as_they_were_rated():
    drawn = PopularSampler(USERS, FILMS, STARS, **NEVER).unobserved(np.zeros(4000, np.int32))
    assert set(drawn) == {2, 3}, "0 and 1 were rated by the user, 4 by nobody"
    assert np.mean(drawn == 2) == pytest.approx(0.75, abs=0.03)


def test_a_hard_negative_is_the_best_scored_of_those_never_rated():
    vectors = np.ones((5, 1)), np.array([[9.0], [8], [1], [3], [2]])
    sampler = HardSampler(USERS, FILMS, STARS, vectors=lambda: vectors, n_candidates=40, **NEVER)
    assert set(sampler.unobserved(np.zeros(50, np.int32))) == {3}


def test_a_mixed_sampler_draws_one_half_of_each():
    rated = TripletSampler(USERS, FILMS, np.array([5, 1, 5, 1, 5, 5, 5]), seed=0)
    never = TripletSampler(USERS, FILMS, STARS, **NEVER)
    drawn = MixedSampler(rated, never).sample(10)
    assert len(drawn.anchor) == 10
    assert all(pair in {(0, 1), (1, 2)} for pair in zip(drawn.anchor[:5], drawn.negative[:5], strict=True))
    seen = set(zip(USERS, FILMS, strict=True))
    assert seen.isdisjoint(zip(drawn.anchor[5:], drawn.negative[5:], strict=True))


def test_rows_are_kept_in_order_passed_over_when_there_and_share_a_fit(task, tmp_path, monkeypatch):
    fits = []

    class Counted(Towers):
        def train(self):
            fits.append(self.parts)

    monkeypatch.setattr(ladder_module, "Towers", Counted)
    ladder = Ladder(task, tmp_path / "ladder.csv", "a command")
    for name in ("history", "choice", "two scores", "graded"):
        ladder.climb(name, 0)
    ladder.climb("graded", 0)
    table = pd.read_csv(tmp_path / "ladder.csv")
    assert table["rung"].tolist() == ["graded", "history", "choice", "two scores"]
    assert [parts.history for parts in fits] == ["without", "none"], (
        "one fit for three rungs, none for a fifth"
    )
    likings = table.set_index("rung").loc[["choice", "two scores"], "auc_pooled"]
    assert likings.nunique() == 1, "two scores change the lists alone"
    assert table["auc_pooled"].between(table["auc_pooled_low"], table["auc_pooled_high"]).all()


def test_the_stored_ladder_has_every_rung_as_it_is_defined_now():
    stored = pd.read_csv(RESULTS / "ladder.csv", keep_default_na=False)
    assert set(stored["rung"]) == set(RUNGS)
    for rung in LADDER:
        rows = stored[stored["rung"] == rung.name]
        assert set(rows["base"]) == {rung.base} and set(rows["what"]) == {rung.what}
    assert not stored.duplicated(["rung", "seed"]).any()
