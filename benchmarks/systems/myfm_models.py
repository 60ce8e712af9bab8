"""A factorisation machine on ids and features, learned by Gibbs sampling with the library myFM."""

import contextlib
import os

import numpy as np
import pandas as pd
from myfm import MyFMGibbsClassifier, MyFMGibbsRegressor, RelationBlock
from scipy import sparse

from benchmarks.systems.baselines import without_words
from dbrec.checks import positions
from dbrec.features.encoder import FeatureEncoder, one_hot

KEPT = 0.5  # of the draws, the later ones


def fit_fm(train, users, items, liked_from, seed, target, history, rank, draws, words=True):
    """Fit a factorisation machine (Freudenthaler et al. 2011, "Bayesian Factorization Machines").

    It learns what was ``"liked"``, or the ratings as numbers. With `history` a user is what they rated, too,
    which makes it SVD++ (Rendle et al. 2019, "On the Difficulty of Evaluating Baselines", section 4.1).
    """
    sides = Sides(train, users, without_words(items, words), history)
    kind = MyFMGibbsClassifier if target == "liked" else MyFMGibbsRegressor
    labels = train["rating"] >= liked_from if target == "liked" else train["rating"].astype(float)
    model = kind(rank, random_seed=seed)
    with open(os.devnull, "w") as nothing, contextlib.redirect_stderr(nothing):  # a bar for each fit
        model.fit(
            sparse.csr_matrix((len(train), 0)),
            labels.to_numpy(),
            X_rel=sides.blocks(train["user_id"], train["item_id"]),
            n_iter=draws,
            n_kept_samples=round(KEPT * draws),
            group_shapes=sides.shapes,
        )
    return (FmScorer if target == "liked" else FmRegressor)(model, sides)


class Sides:
    """Hold what is known of users and of items as myFM takes it, a last row for ids never met."""

    def __init__(self, train: pd.DataFrame, users: pd.DataFrame, items: pd.DataFrame, history: bool):
        encoders = FeatureEncoder.fit(train["user_id"], users), FeatureEncoder.fit(train["item_id"], items)
        self.ids = [encoder.all_ids for encoder in encoders]
        groups = [[one_hot(encoder, encoder.rows)] for encoder in encoders]
        if history:
            groups[0].append(_histories(train, *self.ids))
        self.shapes = [table.shape[1] for tables in groups for table in tables]
        self.tables = [_padded(tables) for tables in groups]

    def blocks(self, user_ids, item_ids) -> list[RelationBlock]:
        """Make the rows of pairs."""
        places = [positions(ids, raw) for ids, raw in zip(self.ids, (user_ids, item_ids), strict=True)]
        found = [
            np.where(place < 0, table.shape[0] - 1, place)
            for place, table in zip(places, self.tables, strict=True)
        ]
        return [RelationBlock(place.tolist(), table) for place, table in zip(found, self.tables, strict=True)]


class FmRegressor:
    """Score pairs by the expected rating."""

    def __init__(self, model, sides: Sides):
        self.model, self.sides = model, sides

    def score(self, user_ids, item_ids) -> np.ndarray:
        """Score pairs of raw ids."""
        return self._told(self.model.predict, user_ids, item_ids)

    def _told(self, method, user_ids, item_ids) -> np.ndarray:
        return method(sparse.csr_matrix((len(user_ids), 0)), self.sides.blocks(user_ids, item_ids))


class FmScorer(FmRegressor):
    """Score pairs by how likely they are liked."""

    def score(self, user_ids, item_ids) -> np.ndarray:
        """Score pairs of raw ids by their probability."""
        return self.probability(user_ids, item_ids)

    def probability(self, user_ids, item_ids) -> np.ndarray:
        """Tell how likely each pair is liked."""
        return self._told(self.model.predict_proba, user_ids, item_ids)


def _histories(train: pd.DataFrame, user_ids: pd.Index, item_ids: pd.Index) -> sparse.csr_matrix:
    """Make a row a user: each rated item, by one over the root of their number (Koren 2008, equation 15)."""
    places = user_ids.get_indexer(train["user_id"]), item_ids.get_indexer(train["item_id"])
    table = sparse.csr_matrix((np.ones(len(train)), places), (len(user_ids), len(item_ids)))
    return sparse.diags(np.maximum(np.diff(table.indptr), 1) ** -0.5) @ table


def _padded(tables: list) -> sparse.csr_matrix:
    side_by_side = sparse.hstack(tables)
    last = sparse.csr_matrix((1, side_by_side.shape[1]))
    table = sparse.csr_matrix(sparse.vstack([side_by_side, last]), dtype=np.float64)
    table.indices, table.indptr = table.indices.astype(np.int32), table.indptr.astype(np.int32)
    return table
