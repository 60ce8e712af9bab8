"""The systems of the comparison, as systems.toml lists them."""

import json
import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.harness.code import SYSTEMS as FOLDER
from benchmarks.harness.code import UPDATES, digest
from benchmarks.harness.tasks import TASKS


@dataclass(frozen=True)
class System:
    """Hold how a system is fitted and what may be set.

    `fit` names a function of this folder that takes ``train, users, items, liked_from, seed, **params`` and
    gives an object with ``score(user_ids, item_ids)`` and ``recommend(user_ids, k, items, exclude)``. On the
    task ``strong`` it takes ``later``, too: ratings to be told of without training anew.
    """

    fit: str  # "module:function"
    tasks: list[str]  # that it can do
    data: tuple[str, ...] = ()  # that it is compared on; all, where none is named
    space: dict[str, list] = field(default_factory=dict)  # values of each setting, the default first
    words: bool = False  # whether, for new items, the words of titles are a setting
    fixed: dict = field(default_factory=dict)  # further arguments, the same in every trial
    packages: tuple[str, ...] = ("scikit-learn",)  # whose versions stand beside the figures
    random: bool = True  # whether the seed changes the fit; if not, only the split's does
    aim: str = "auc"  # what settings are chosen for where the task asks for it: what it is made for
    makes_lists: bool = True  # whether it ranks all items for everybody in reasonable time

    @property
    def is_peer(self) -> bool:
        """Whether it runs in the peers' environment."""
        return not self.fit.startswith("ours:")

    def space_of(self, task: str) -> dict[str, list]:
        """Give the values of each setting on a task."""
        return self.space | ({"words": [True, False]} if self.words and task == "new_items" else {})

    def goal(self, task: str) -> str:
        """Name what settings are chosen for on a task; ``"-"`` where there are none to choose."""
        goals = TASKS[task].goals
        return (self.aim if self.aim in goals else goals[0]) if self.space_of(task) else "-"

    def code(self, task: str) -> str:
        """Give the digest of what its figures hang on: its entry, its module and how it is judged."""
        modules = ["benchmarks.harness.fitting", FOLDER + self.fit.split(":")[0]]
        if task == "strong" and not self.is_peer:
            modules.append(UPDATES)
        return digest(*modules, settings=json.dumps(asdict(self)))


LISTED = tomllib.loads(Path(__file__).with_name("systems.toml").read_text("utf-8"))
SYSTEMS = {name: System(**entries) for name, entries in LISTED.items()}
