"""Take away each part and constant of the model, one at a time, on the validation parts of MovieLens 1M.

`thin` is `warm` with a twentieth of its training ratings and all columns, ZIP codes and titles too.

`ablation.toml` lists what is taken away, as settings or as constants of modules. `loss` is by how much the
figure falls without it, the mean over users of the paired difference, with a 95 % interval by the normal
distribution. The test parts are never read.
"""

import importlib
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.harness.code import digest
from benchmarks.harness.process import run
from benchmarks.harness.tables import RESULTS, Table, origin
from benchmarks.harness.tasks import load_task
from dbrec.data.movielens import load_movielens
from dbrec.evaluation.auc import auc_per_user
from dbrec.evaluation.ranking import ranking_metrics

PARTS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())["parts"]
TASKS, WHOLE = ("warm", "new_users", "new_items", "thin"), "as shipped"


def measure(task_name: str, constants: dict, settings: dict, n_models: int) -> Iterator[dict]:
    """Fit the recommender with some constants and settings changed; give each user's AUC and NDCG@10."""
    from dbrec import HybridRecommender

    for place, value in constants.items():
        module, name = place.rsplit(".", 1)
        if not hasattr(module := importlib.import_module(module), name):
            raise AttributeError(f"{place} isn't there")
        setattr(module, name, value)
    movielens = load_movielens("ml-1m")
    task = load_task("warm" if task_name == "thin" else task_name, movielens, "validation")
    data = task.train, task.users, task.items
    if task_name == "thin":
        data = task.train.sample(frac=0.05, random_state=0), movielens.users, movielens.movies
    fits = [HybridRecommender(**settings, seed=seed, verbose=False).fit(*data) for seed in range(n_models)]
    model = fits[0] if n_models == 1 else HybridRecommender.mean_of(fits)
    users, items, rating = (task.judged[name].to_numpy() for name in ("user_id", "item_id", "rating"))
    liked = rating >= task.liked_from
    lists = model.recommend(np.unique(users), k=10)
    ndcg = ranking_metrics(lists, task.judged[liked], 10)["ndcg"]
    auc = auc_per_user(users, liked, model.score(users, items))
    yield {"auc": auc.to_list(), "ndcg": ndcg.to_list()}


def part_and_code(part: dict) -> dict[str, str]:
    """Name a part, and the digest of what measures it."""
    return {"without": part["without"], "code": digest_of(part)}


def digest_of(row: dict) -> str:
    """Give the digest that a stored row has if it was measured by the code and the part as they are."""
    same = [part for part in PARTS if part["without"] == row["without"]]
    return digest("benchmarks.studies.ablation", settings=json.dumps(same[0])) if same else ""


def main() -> None:
    """Measure what isn't stored yet, and store a row a part and task."""
    table = Table(RESULTS / "ablation.csv", ["without", "task"], order=[part["without"] for part in PARTS])
    table.sort_by = ["without", "task"]
    for task in TASKS:
        asked = [part for part in PARTS if task in part.get("tasks", TASKS)]
        wanted = [part for part in asked if table.rows(task=task, **part_and_code(part)).empty]
        if not wanted:
            continue
        whole = _measured({}, task)
        for part in wanted:
            found = whole if part["without"] == WHOLE else _measured(part, task)
            row = {"without": part["without"], "task": task, "what": part["what"]}
            for name, values in found.items():
                loss = np.subtract(whole[name], values)
                half = 1.96 * loss.std() / len(loss) ** 0.5
                figures = np.mean(values), loss.mean(), loss.mean() - half, loss.mean() + half
                names = name, f"{name}_loss", f"{name}_loss_low", f"{name}_loss_high"
                row |= {name: round(float(value), 5) for name, value in zip(names, figures, strict=True)}
            made_by = origin(
                "python -m benchmarks ablation", "numpy", "tensorflow", settings=json.dumps(part)
            )
            table.store(row | made_by)


def _measured(part: dict, task: str) -> dict:
    arguments = part.get("constants", {}), part.get("settings", {}), part.get("n_models", 1)
    what = f"{task} without {part.get('without', 'anything')}"
    return next(run("benchmarks.studies.ablation:measure", task, *arguments, what=what, threads=1))
