"""How far probabilities can be believed: of known people, of new people, of new films, and under protocol A.

Log loss and Brier score beside those of the share of liked ones, that everybody could be told.
"""

import numpy as np

from benchmarks.harness.tables import RESULTS, Table, origin
from benchmarks.harness.tasks import load_task
from dbrec import HybridRecommender
from dbrec.data.movielens import load_movielens
from dbrec.evaluation.calibration import brier, calibration_error, log_loss

TASKS, SEEDS = ("warm", "new_users", "new_items", "protocol_a"), (0, 1, 2)


def main() -> None:
    """Measure, and store the rows."""
    made_by = origin("python -m benchmarks probability", "numpy", "scipy", "tensorflow")
    table = Table(RESULTS / "probability.csv", ["data", "task", "seed"])
    for name in ("ml-1m", "ml-100k"):
        data = load_movielens(name)
        for task_name in TASKS:
            task = load_task(task_name, data)
            for seed in SEEDS:
                model = HybridRecommender(seed=seed, liked_from=task.liked_from, verbose=False)
                model.fit(task.train, task.users, task.items)
                liked = (task.judged["rating"] >= task.liked_from).to_numpy()
                told = model.probability(task.judged["user_id"], task.judged["item_id"])
                share = (task.train["rating"] >= task.liked_from).mean()
                row = {
                    "data": name,
                    "task": task_name,
                    "seed": seed,
                    "rows": len(liked),
                    "liked": liked.mean(),
                    "predicted": told.mean(),
                    "log_loss": log_loss(liked, told),
                    "log_loss_of_share": log_loss(liked, np.full(len(liked), share)),
                    "brier": brier(liked, told),
                    "calibration_error": calibration_error(liked, told),
                }
                row = {
                    key: round(float(v), 4) if isinstance(v, float | np.floating) else v
                    for key, v in row.items()
                }
                table.store(row | made_by)
