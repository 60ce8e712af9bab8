import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from benchmarks.harness.code import digest
from benchmarks.harness.tables import RESULTS
from benchmarks.harness.tasks import load_task
from benchmarks.studies import ladder as ladder_module
from benchmarks.studies.ladder import LADDER, RUNGS, Ladder, as_newcomers, fit, parts_of, settings_of
from benchmarks.studies.rung_model import MixedSampler, Parts, Towers, prepared
from dbrec import HybridRecommender
from dbrec._quiet import keras
from dbrec.data.movielens import MovieLens
from dbrec.scoring.newcomer_lists import score_for
from dbrec.scoring.people import Person
from dbrec.settings import Settings
from dbrec.training import position_network
from dbrec.training.calibrating import calibrated
from dbrec.training.sampling import TripletSampler

COMMAND = "python -m benchmarks ladder --data made"
DRAWN = sorted({parts_of(name).of_fit() for name in RUNGS}, key=str)
TRAINED = [parts for parts in DRAWN if parts.model not in ("biases", "choice")]


@pytest.fixture(scope="module")
def task():
    """The validation task of eighty people who rated half of ninety films, more or less by their taste."""
    random = np.random.default_rng(0)
    pairs = pd.MultiIndex.from_product([range(80), range(100, 190)], names=["user_id", "item_id"])
    ratings = pairs.to_frame(index=False).sample(frac=0.7, random_state=0, ignore_index=True)
    tastes = random.normal(size=(80, 3)), random.normal(size=(190, 3))
    liking = (tastes[0][ratings["user_id"]] * tastes[1][ratings["item_id"]]).sum(axis=1)
    ratings["rating"] = np.clip(np.round(3.5 + liking + random.normal(size=len(ratings)) / 2), 1, 5)
    people = {"gender": random.choice(["F", "M"], 80), "age_group": "25-34", "occupation": "none"}
    genres = [("Drama",) if taste > 0 else ("Comedy", "War") for taste in tastes[1][100:, 0]]
    films = {"genres": genres, "year": random.integers(1950, 2000, 90), "title": "A"}
    data = MovieLens(
        "made", ratings, pd.DataFrame(people, index=range(80)), pd.DataFrame(films, index=range(100, 190))
    )
    return load_task("warm", data, "validation")


@pytest.fixture(scope="module")
def shipped(task):
    return HybridRecommender(seed=3, verbose=False).fit(task.train, task.users, task.items)


@pytest.fixture(scope="module")
def last(task):
    """Towers of the last rung before the one that is shipped."""
    parts = parts_of("guess")
    towers = Towers(parts, task, prepared(parts, task, seed=3))
    towers.train()
    return towers


@pytest.fixture
def untrained(monkeypatch):
    """Count the triplets that networks are given, and leave them untrained."""
    drawn = []

    def count(network, data, steps_per_epoch, epochs, **_):
        network.built = True
        first = np.concatenate([np.ravel(len(rows)) for rows in keras.tree.flatten(next(iter(data)))])
        places = 5 if isinstance(network, position_network.PositionNetwork) else 3  # arrays a kind of triplet
        drawn.append(int(first[::places].sum()) * steps_per_epoch * epochs)
        return SimpleNamespace(history={"loss": [0.0] * epochs})

    monkeypatch.setattr(keras.Model, "fit", count)
    return drawn


def test_each_rung_changes_one_thing_of_a_rung_before_it():
    assert LADDER[0].name == "the post" and parts_of("the post") == Parts()
    for place, rung in enumerate(LADDER[1:], start=1):
        assert rung.base in [earlier.name for earlier in LADDER[:place]]
        before, now = (vars(parts_of(name)) for name in (rung.base, rung.name))
        assert [name for name in now if now[name] != before[name]] == list(rung.changes)
        assert len(rung.changes) == 1
    assert len({parts_of(name) for name in RUNGS}) == len(LADDER)


def test_the_ladder_ends_at_what_is_shipped_and_has_each_part_alone_and_hidden_layers():
    assert parts_of("shipped") == Parts(
        model="shipped",
        tower="sums",
        large_batches=True,
        learning_rate=Settings.learning_rate,
        dim=Settings.embedding_dim,
        softmax=False,
        loss="log sigmoid",
        year=True,
        ids=True,
        film_anchors=True,
        l2=Settings.l2,
        average=True,
        biases=True,
        negatives="graded",
        history="stars",
        prior="drawn back",
        evidence=True,
        choice=True,
        lists="guessed",
    )
    assert RUNGS["shipped"].base == "guess" and RUNGS["shipped"].changes == {"model": "shipped"}
    changed = {
        key: [r.changes[key] for r in LADDER if key in r.changes] for key in ("model", "users", "hidden")
    }
    assert changed["model"] == ["shipped", "liking", "choice", "biases"]
    assert changed["users"] == ["features", "features and ratings"] and changed["hidden"] == [1, 2]
    assert {RUNGS[name].base for name in ("one hidden layer", "two hidden layers")} == {"guess"}


def test_the_shipped_rung_is_the_recommender(task, shipped):
    scorer_of, _ = fit(parts_of("shipped").of_fit(), task, seed=3)
    mine = scorer_of(parts_of("shipped"))
    assert isinstance(mine, HybridRecommender)
    assert mine.get_params() == HybridRecommender(seed=3, verbose=False).get_params()
    pairs = task.judged["user_id"], task.judged["item_id"]
    np.testing.assert_allclose(mine.score(*pairs), shipped.score(*pairs), atol=1e-3)


def test_the_rung_before_it_differs_by_what_was_held_out_alone(task, shipped, last):
    ready = last.ready
    assert len(ready.held) >= 50, "the task must be large enough for something to be held out"
    taken_up = calibrated(last.model(), ready.interactions, ready.held, seed=3).scorer
    pairs = task.judged["user_id"], task.judged["item_id"]
    np.testing.assert_allclose(taken_up.score(*pairs), shipped.score(*pairs), atol=1e-3)
    np.testing.assert_allclose(taken_up.rank(*pairs), shipped.rank(*pairs), atol=1e-3)
    before = last.scorer(parts_of("guess"))
    assert abs(before.score(*pairs) - shipped.score(*pairs)).max() > 1e-2, "it changes something"
    np.testing.assert_array_equal(before.score(*pairs), last.model().scorer.score(*pairs))
    np.testing.assert_array_equal(before.rank(*pairs), last.model().scorer.rank(*pairs))


def test_the_rungs_that_share_its_fit_add_one_block_each(task, last):
    pairs = task.judged["user_id"], task.judged["item_id"]
    names = "evidence", "choice", "two scores", "liking in lists", "guess"
    scorers = {name: last.scorer(parts_of(name)) for name in names}
    score = {name: scorer.score(*pairs) for name, scorer in scorers.items()}
    rank = {name: scorer.rank(*pairs) for name, scorer in scorers.items()}
    for name in ("evidence", "choice"):
        np.testing.assert_array_equal(score[name], rank[name])
    for name in ("two scores", "liking in lists", "guess"):
        np.testing.assert_array_equal(score[name], score["choice"])
    np.testing.assert_allclose(rank["two scores"], score["choice"] - score["evidence"], atol=1e-5)
    more = rank["liking in lists"] - rank["two scores"]
    np.testing.assert_allclose(more, 0.01 * score["evidence"], atol=1e-5)
    assert abs(rank["guess"] - rank["liking in lists"]).max() > 1e-4


@pytest.mark.parametrize(
    "parts", TRAINED, ids=lambda parts: next(n for n in RUNGS if parts_of(n).of_fit() == parts)
)
def test_all_train_on_as_many_triplets_score_every_pair_and_list_for_everybody(parts, task, untrained):
    HybridRecommender(seed=0, verbose=False).fit(task.train, task.users, task.items)
    scorer_of, n_triplets = fit(parts, task, seed=0)
    assert untrained == [n_triplets, n_triplets], "the shipped model's, and this one's"
    scorer = scorer_of(parts)
    assert np.isfinite(scorer.score(task.judged["user_id"], task.judged["item_id"])).all()
    assert len(scorer.recommend(range(80), k=3)) == 240


@pytest.mark.parametrize("name", ["choice alone", "biases alone"])
def test_a_closed_form_trains_on_nothing(task, name, untrained):
    scorer_of, n_triplets = fit(parts_of(name).of_fit(), task, seed=0)
    scorer = scorer_of(parts_of(name))
    assert n_triplets == 0 and not untrained
    assert np.isfinite(scorer.score(task.judged["user_id"], task.judged["item_id"])).all()
    assert len(scorer.recommend(range(80), k=3)) == 240


def test_choice_alone_lists_as_the_shipped_one_does_but_for_liking_and_features(task, shipped):
    scorer = fit(parts_of("choice alone").of_fit(), task, seed=3)[0](parts_of("choice alone"))
    films, users = task.train["item_id"].unique(), np.arange(80)
    v = shipped.fitted_.vectors
    served = v.block(v.users, "choice")[:80] @ v.block(v.items, "choice")[v.item_ids.get_indexer(films)].T
    alone = np.array([scorer.score(user, films) for user in users])
    assert np.corrcoef(served.ravel(), alone.ravel())[0, 1] > 0.98, "an update takes up what was held out"


def test_biases_alone_list_the_same_films_first_for_everybody(task):
    scorer = fit(parts_of("biases alone").of_fit(), task, seed=0)[0](parts_of("biases alone"))
    films = task.train["item_id"].unique()
    scores = np.array([scorer.score(user, films) for user in range(80)])
    np.testing.assert_allclose(scores - scores[:, :1], np.tile(scores[0] - scores[0, 0], (80, 1)), atol=1e-4)
    share = task.train.assign(liked=task.train["rating"] >= 4).groupby("item_id")["liked"].mean()
    assert np.corrcoef(share.loc[films], scores[0])[0, 1] > 0.9


def test_newcomers_have_the_rows_that_the_recommender_makes_of_features_and_ratings(task, shipped):
    films, ratings = task.judged["item_id"].unique(), task.train[task.train["user_id"] == 7]
    liked = ratings["item_id"][ratings["rating"] >= 4]
    disliked = ratings["item_id"][ratings["rating"] < 4]
    for named in ((), ()), (liked, disliked):
        scorer = as_newcomers(shipped.fitted_, task, with_ratings=bool(len(named[0])))
        person = Person.of(shipped.fitted_, task.users.loc[7], *named)
        np.testing.assert_allclose(
            scorer.score(7, films), score_for(shipped.fitted_, person, films), atol=1e-5
        )
        listed = shipped.recommend_for(task.users.loc[7], *named, k=5, exclude=ratings["item_id"])
        assert scorer.recommend(7, k=5)["item_id"].tolist() == listed["item_id"].tolist()
    assert abs(scorer.score(7, films) - shipped.score(7, films)).max() > 1e-2, "and not those it has"


def test_softmax_vectors_are_shares_and_the_others_are_not(task, untrained):
    for name, are_shares in {"sums": True, "64 places": True, "no softmax": False}.items():
        towers = Towers(parts_of(name), task, prepared(parts_of(name), task, 0))
        v = towers.model().vectors
        rows = v.block(v.users, "taste")[:80], v.block(v.items, "taste")[:80]
        assert rows[0].shape[1] == (32 if name == "sums" else 64)
        assert all(np.allclose(part.sum(axis=1), 1, atol=1e-5) == are_shares for part in rows)


def test_a_bias_is_there_from_its_rung_on(task):
    for name, is_there in {"average": False, "biases": True}.items():
        v = Towers(parts_of(name), task, prepared(parts_of(name), task, 0)).model().vectors
        (own, one), (other_one, other) = v.block(v.users, "bias")[:80].T, v.block(v.items, "bias")[:80].T
        assert (one == 1).all() and (other_one == 1).all()
        assert own.any() == is_there == other.any()


def test_only_what_the_stars_weigh_is_left_out_of_a_plain_history(task):
    plain, stars = (
        Towers(parts_of(n), task, prepared(parts_of(n), task, 0)) for n in ("history", "stars in history")
    )
    half = plain.history.brought.shape[1]
    assert not plain.history.inputs[:, half:].any() and stars.history.inputs[:, half:].any()
    np.testing.assert_array_equal(plain.history.inputs[:, :half], stars.history.inputs[:, :half])
    pairs = np.array([0]), np.array([3])
    items = np.random.default_rng(0).normal(size=(90, 198)).astype(np.float32)
    tables = np.zeros((80, 66), np.float32), items
    for towers, told in ((plain, False), (stars, True)):
        low, high = (towers.network._users(tables, pairs[0], (pairs[1], np.float32([n]))) for n in (1, 5))
        assert np.allclose(low, high) != told, "what is taken out hangs on the stars"


def test_the_networks_loss_is_the_shipped_ones(task, last):
    ready, network = last.ready, last.network
    batch = [tuple(sampler.sample_rated(64)) for sampler in ready.samplers.values()]
    theirs = position_network.PositionNetwork.triplet_losses(network, network.tables(), _triplets(batch))
    mine = network.triplet_losses(network.tables(), _triplets(batch))
    np.testing.assert_allclose(np.array(mine), np.array(theirs), atol=1e-5)


def _triplets(batch):
    return [position_network.RatedTriplets(*part) for part in batch]


def test_hidden_layers_start_as_if_they_were_not_there_and_learn(task):
    parts = parts_of("two hidden layers")
    deep, flat = (Towers(p, task, prepared(p, task, 0)) for p in (parts, parts_of("guess")))
    for one, other in zip(
        deep.model().vectors.arrays().values(), flat.model().vectors.arrays().values(), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    assert [len(end.hidden) for end in deep.network.ends] == [3, 3]
    before = [weights.numpy().copy() for end in deep.network.ends for weights in end.trainable_weights]
    deep.train()
    after = [weights.numpy() for end in deep.network.ends for weights in end.trainable_weights]
    assert len(after) == 12 and all((a != b).any() for a, b in zip(before, after, strict=True))


# User 0 rated films 0 and 1 of five.
USERS = np.array([0, 0, 1, 1, 2, 3, 4])
FILMS = np.array([0, 1, 0, 2, 2, 2, 3])


def test_a_mixed_sampler_draws_one_half_of_each():
    rated = TripletSampler(USERS, FILMS, np.array([5, 1, 5, 1, 5, 5, 5]), seed=0)
    never = TripletSampler(USERS, FILMS, np.full(7, 5), 4, "unobserved", 5, seed=0)
    drawn = MixedSampler(rated, never).sample_rated(10)
    assert len(drawn.anchor) == 10
    assert all(pair in {(0, 1), (1, 2)} for pair in zip(drawn.anchor[:5], drawn.negative[:5], strict=True))
    seen = set(zip(USERS, FILMS, strict=True))
    assert seen.isdisjoint(zip(drawn.anchor[5:], drawn.negative[5:], strict=True))


def test_rows_are_kept_in_order_passed_over_when_there_and_share_a_fit(task, tmp_path, monkeypatch):
    fits = []

    def counted(parts, *data):
        fits.append(parts)
        return fit(parts, *data)

    monkeypatch.setattr(ladder_module, "fit", counted)
    monkeypatch.setattr(Towers, "train", lambda _: None)
    ladder = Ladder(task, tmp_path / "ladder.csv", COMMAND)
    for name in ("evidence", "choice", "two scores", "graded", "biases alone"):
        ladder.climb(name, 0)
    ladder.climb("graded", 0)
    table = pd.read_csv(tmp_path / "ladder.csv")
    assert table["rung"].tolist() == ["graded", "evidence", "choice", "two scores", "biases alone"]
    assert [(parts.model, parts.history) for parts in fits] == [
        ("of parts", "stars"),
        ("of parts", "none"),
        ("biases", "stars"),
    ], "one fit for three rungs, none for a row that is there"
    likings = table.set_index("rung").loc[["choice", "two scores"], "auc_pooled"]
    assert likings.nunique() == 1, "two scores change the lists alone"
    assert table["auc_pooled"].between(table["auc_pooled_low"], table["auc_pooled_high"]).all()
    assert table["triplets"].tolist() == [table["triplets"][0]] * 4 + [0]
    assert table.columns[-1] == "code"
    for row in table.to_dict("records"):
        assert row["code"] == digest("benchmarks.studies.ladder", settings=settings_of(row))


def test_a_row_of_other_code_is_measured_again(task, tmp_path):
    ladder = Ladder(task, tmp_path / "ladder.csv", COMMAND)
    ladder.climb("choice alone", 0)
    now = pd.read_csv(tmp_path / "ladder.csv")
    now.assign(code="of before", ndcg=2.0).to_csv(tmp_path / "ladder.csv", index=False)
    ladder.climb("choice alone", 0)
    again = pd.read_csv(tmp_path / "ladder.csv")
    assert again["ndcg"].tolist() == now["ndcg"].tolist() and again["code"].tolist() == now["code"].tolist()
    now.drop(columns="code").to_csv(tmp_path / "ladder.csv", index=False)
    ladder.climb("choice alone", 0)
    assert pd.read_csv(tmp_path / "ladder.csv")["code"].tolist() == now["code"].tolist(), (
        "older than the column"
    )


def test_a_row_is_known_by_all_that_its_rung_is_made_of():
    assert len({settings_of({"rung": name}) for name in RUNGS}) == len(RUNGS)
    assert json.loads(settings_of({"rung": "L2"}))["l2"] == 0.005
    assert settings_of({"rung": "of before"}) == ""


def test_the_stored_ladder_has_every_rung_as_it_is_defined_now():
    stored = pd.read_csv(RESULTS / "ladder.csv", keep_default_na=False)
    assert set(stored["rung"]) == set(RUNGS)
    for rung in LADDER:
        rows = stored[stored["rung"] == rung.name]
        assert set(rows["base"]) == {rung.base} and set(rows["what"]) == {rung.what}
    assert not stored.duplicated(["rung", "seed"]).any()
    trained = [parts_of(rung).model not in ("biases", "choice") for rung in stored["rung"]]
    assert stored["triplets"][trained].nunique() == 1
    assert not stored["triplets"][np.logical_not(trained)].any()
