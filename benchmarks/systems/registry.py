"""The systems of the comparison, as systems.toml lists them."""

import tomllib
from dataclasses import dataclass, field
from itertools import count, product
from pathlib import Path

import numpy as np
from scipy.stats.qmc import LatinHypercube

from benchmarks.harness.tasks import TASKS

TRIALS = 8  # settings tried for each system and task: the same budget for all


@dataclass(frozen=True)
class System:
    """Hold how a system is fitted and what may be set.

    `fit` names a function of this folder that takes ``train, users, items, liked_from, seed, **params`` and
    gives an object with ``score(user_ids, item_ids)`` and ``recommend(user_ids, k)``.
    """

    fit: str  # "module:function"
    tasks: list[str]  # that it can do
    space: dict[str, list] = field(default_factory=dict)  # values of each setting, the default first
    fixed: dict = field(default_factory=dict)  # further arguments, the same in every trial
    packages: tuple[str, ...] = ("scikit-learn",)  # whose versions stand beside the figures
    random: bool = True  # whether the seed changes the fit; if not, it is fitted once
    aims: tuple[str, ...] = ("auc", "ndcg")  # what settings may be chosen for, where the task asks for it

    @property
    def is_peer(self) -> bool:
        """Whether it runs in the peers' environment."""
        return not self.fit.startswith("ours:")

    def goals(self, task: str) -> list[str]:
        """Name what settings are chosen for on a task; ``"-"`` where there are none to choose."""
        return [goal for goal in TASKS[task].goals if goal in self.aims] if self.space else ["-"]

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


LISTED = tomllib.loads(Path(__file__).with_name("systems.toml").read_text("utf-8"))
SYSTEMS = {name: System(**entries) for name, entries in LISTED.items()}
