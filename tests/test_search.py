import inspect

from benchmarks.studies.search import RESULTS, SPACE
from dbrec.lessons.tuning import read_trials
from dbrec.recommender import HybridRecommender


def test_the_space_names_settings_of_the_recommender():
    assert set(SPACE) <= set(inspect.signature(HybridRecommender).parameters)


def test_the_stored_trials_are_of_the_stated_space_and_some_are_done():
    trials = read_trials(RESULTS, SPACE)
    assert (trials["state"] == "done").any()
    assert trials["score"].idxmax() in trials.index[trials["state"] == "done"]
