"""The systems of the comparison: where each one's fit stands, its tasks and its space of settings."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count, product

import numpy as np
from scipy.stats.qmc import LatinHypercube

from benchmarks.tasks import GOALS

TRIALS = 8  # settings tried for each system and task: the same budget for all


@dataclass(frozen=True)
class System:
    """Hold how a system is fitted and what may be set.

    Attributes:
        place: ``"module:function"``. The function takes ``train, users, items, liked_from, seed, **params``
            and gives an object with ``score(user_ids, item_ids)`` and ``recommend(user_ids, k)``.
        tasks: Names of the tasks that it can do.
        space: Values of each setting, the library's default first; empty where there is nothing to set.
        fixed: Further arguments, the same in every trial.
        packages: Distributions whose versions stand beside the figures.
        random: Whether the seed changes the fit; if not, it is fitted once.
        aims: What settings may be chosen for, where the task asks for it.
    """

    place: str
    tasks: tuple[str, ...]
    space: dict[str, list] = field(default_factory=dict)
    fixed: dict = field(default_factory=dict)
    packages: tuple[str, ...] = ("scikit-learn",)
    random: bool = True
    aims: tuple[str, ...] = ("auc", "ndcg")

    @property
    def is_peer(self) -> bool:
        """Whether it runs in the peers' environment."""
        return self.place.startswith("benchmarks.peers.")

    def goals(self, task: str) -> list[str]:
        """Name what settings are chosen for on a task; ``"-"`` where there are none to choose."""
        return [goal for goal in GOALS[task] if goal in self.aims] if self.space else ["-"]

    def fit(self) -> Callable:
        """Import the function; only an environment with the library can."""
        module, name = self.place.split(":")
        return getattr(importlib.import_module(module), name)

    def trials(self) -> list[dict]:
        """List the settings to try: the defaults and others of the grid, `TRIALS` in all, or the whole grid.

        The others are a Latin hypercube: each value of a setting is tried about equally often.
        """
        grid = [dict(zip(self.space, values, strict=True)) for values in product(*self.space.values())]
        if len(grid) <= TRIALS:
            return grid
        sizes = [len(values) for values in self.space.values()]
        for seed in count():
            design = np.floor(LatinHypercube(len(sizes), rng=seed).random(TRIALS - 1) * sizes).astype(int)
            places = np.unique([0, *np.ravel_multi_index(design.T, sizes)])
            if len(places) == TRIALS:
                return [grid[place] for place in places]


def _peer(fit: str, tasks: str, package: str = "scikit-learn", module: str = "systems", **more) -> System:
    return System(f"benchmarks.peers.{module}:{fit}", tuple(tasks.split()), packages=(package,), **more)


COLD = "new_users new_items"
# Its default rate learns well; an epoch of 64 places takes seconds, which bounds the epochs.
LIGHTFM = {"normalize": [True, False], "no_components": [10, 64], "epochs": [1, 4, 10]}
LIGHTFM_LOGISTIC = LIGHTFM | {"epochs": [1, 3, 5]}

SYSTEMS = {
    "popularity": _peer("fit_popularity", "warm new_users", random=False),
    "movie mean": _peer("fit_item_mean", "warm new_users", random=False),
    "logistic regression": _peer(
        "fit_logistic_regression",
        f"warm {COLD}",
        space={"c": [1.0, 0.03, 0.1, 0.2, 0.3, 0.5, 2.0, 5.0]},
        random=False,
    ),
    "logistic regression (ids)": _peer(
        "fit_logistic_regression_ids",
        "protocol_a",
        space={"c": [1.0, 0.03, 0.1, 0.2, 0.3, 0.5, 2.0, 5.0]},
        random=False,
    ),
    "gradient boosting": _peer(
        "fit_boosting",
        f"warm {COLD} protocol_a",
        module="boosting",
        aims=(
            "auc",
        ),  # to rank every film for everybody takes it minutes, for no better lists than the means'
        space={
            "hidden_share": [0.0, 0.1, 0.5],
            "max_iter": [100, 200],
            "learning_rate": [0.1, 0.2],
            "max_leaf_nodes": [31, 63],
        },
    ),
    "EASE": _peer(
        "fit_ease",
        "warm protocol_b",
        package="numpy",
        space={"l2": [500, 100, 200, 300, 400, 700, 1000, 1500], "positive_from": [4, 1]},
        random=False,
    ),
    "implicit ALS": _peer(
        "fit_implicit_als",
        "warm protocol_b",
        module="implicit_models",
        package="implicit",
        space={
            "factors": [100, 16, 32, 64],
            "alpha": [1.0, 5.0, 20.0],
            "regularization": [0.01, 1.0, 10.0],
            "positive_from": [4, 1],
        },
    ),
    "implicit BPR": _peer(
        "fit_implicit_bpr",
        "warm",
        module="implicit_models",
        package="implicit",
        space={
            "factors": [100, 32],
            "iterations": [100, 30],
            "learning_rate": [0.01, 0.05],
            "regularization": [0.01, 0.03],
            "positive_from": [4, 1],
        },
    ),
    "LightFM logistic": _peer(
        "fit_lightfm",
        f"warm {COLD} protocol_a",
        module="lightfm_models",
        package="lightfm-next",
        space=LIGHTFM_LOGISTIC,
        fixed={"loss": "logistic"},
    ),
    "LightFM BPR": _peer(
        "fit_lightfm",
        f"warm {COLD}",
        module="lightfm_models",
        package="lightfm-next",
        space=LIGHTFM,
        fixed={"loss": "bpr"},
    ),
    "LightFM WARP": _peer(
        "fit_lightfm",
        f"warm {COLD}",
        module="lightfm_models",
        package="lightfm-next",
        space=LIGHTFM,
        fixed={"loss": "warp"},
    ),
    "Cornac BPR": _peer(
        "fit_cornac_bpr",
        "warm protocol_b",
        module="cornac_models",
        package="cornac",
        space={
            "k": [10, 32, 64],
            "learning_rate": [0.001, 0.01, 0.03],
            "lambda_reg": [0.01, 0.001],
            "positive_from": [4, 1],
        },
    ),
    "Cornac MF": _peer(
        "fit_cornac_mf",
        "warm",
        module="cornac_models",
        package="cornac",
        space={
            "k": [10, 32, 64],
            "learning_rate": [0.01, 0.005],
            "lambda_reg": [0.02, 0.05, 0.1],
            "max_iter": [20, 50],
        },
    ),
    "dbrec: the post's model": System(
        "benchmarks.ours:fit_post", ("warm", "new_users", "new_items"), packages=("keras", "tensorflow")
    ),
    "dbrec: HybridRecommender": System(
        "benchmarks.ours:fit_hybrid",
        ("warm", "new_users", "new_items", "protocol_a", "protocol_b"),
        packages=("keras", "tensorflow"),
    ),
}
