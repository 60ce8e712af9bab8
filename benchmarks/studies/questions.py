"""What to ask a new person: what tells most, what is popular, or anything.

Every fifth one of the people of the task `new_users`, whom the fit hasn't seen. A random half of each one's
ratings are the answers they can give, and of other films they say that they don't know them; the other half
is what they are judged by. Lists leave out all that could have been asked.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from benchmarks.harness.tables import RESULTS, Table, origin
from benchmarks.harness.tasks import Task, load_task
from dbrec import HybridRecommender
from dbrec.data.movielens import load_movielens
from dbrec.evaluation.auc import auc_per_user
from dbrec.evaluation.ranking import ranking_metrics

ANSWERS, AT_ONCE, HOW = (0, 1, 3, 5, 10), 10, ("ask_next", "popular", "random")
COLUMNS = "user_id", "how", "answers", "asked", "auc_per_user", "ndcg", "inside"
EVERY, N_DRAWS, Z = 5, 500, 1.96


class Asked:
    """A person who is asked, and what they answered so far."""

    def __init__(self, model: HybridRecommender, task: Task, user: int, seed: int):
        self.model, self.features, self.random = model, task.users.loc[user], np.random.default_rng(seed)
        own = task.judged[(task.judged["user_id"] == user) & task.judged["item_id"].isin(model.item_ids)]
        can_answer = self.random.random(len(own)) < 0.5
        self.known = dict(zip(own["item_id"][can_answer], own["rating"][can_answer] >= 4, strict=True))
        self.judged, self.popular = own[~can_answer], task.train["item_id"].value_counts().index
        self.liked: list = []
        self.disliked: list = []

    def questions(self, how: str) -> Iterator[int]:
        """Ask one item after another; what was answered before a question is taken account of."""
        if how != "ask_next":
            yield from self.popular if how == "popular" else self.random.permutation(self.popular)
        asked: list = []
        while how == "ask_next" and len(asked) < len(self.popular):
            told = self.features, self.liked, self.disliked
            n_answers = len(self.liked) + len(self.disliked)
            for item in self.model.ask_next(*told, k=AT_ONCE, exclude=asked)["item_id"]:
                asked.append(item)
                yield item
                if len(self.liked) + len(self.disliked) > n_answers:
                    break

    def judge(self, all_told: np.ndarray) -> dict:
        """Judge what they would be shown now, and whether intervals hold what all their answers tell."""
        told, items, liked = (
            (self.features, self.liked, self.disliked),
            self.judged["item_id"],
            self._is_liked,
        )
        scores = self.model.score_for(items, *told)
        lists = self.model.recommend_for(*told, k=10, exclude=list(self.known)).assign(user_id=0)
        relevant = self.judged[liked].assign(user_id=0)
        both = liked.any() and not liked.all()
        far = np.abs(all_told - scores) > Z * self.model.uncertainty_for(items, *told)
        return {
            "auc_per_user": auc_per_user(np.zeros(len(liked), int), liked, scores).mean() if both else np.nan,
            "ndcg": ranking_metrics(lists, relevant)["ndcg"].mean() if liked.any() else np.nan,
            "inside": 1 - far.mean(),
        }

    @property
    def _is_liked(self) -> np.ndarray:
        return (self.judged["rating"] >= 4).to_numpy()

    def all_told(self) -> np.ndarray:
        """Score the films they are judged by as all their answers tell."""
        liked = [item for item, is_liked in self.known.items() if is_liked]
        others = [item for item, is_liked in self.known.items() if not is_liked]
        return self.model.score_for(self.judged["item_id"], self.features, liked, others)

    def interview(self, how: str) -> Iterator[dict]:
        """Ask until enough is answered, and judge on the way."""
        all_told, n_asked = self.all_told(), 0
        yield {"answers": 0, "asked": 0} | self.judge(all_told)
        for item in self.questions(how):
            n_asked += 1
            if item not in self.known:
                continue
            (self.liked if self.known[item] else self.disliked).append(item)
            if (n := len(self.liked) + len(self.disliked)) in ANSWERS:
                yield {"answers": n, "asked": n_asked} | self.judge(all_told)
            if n == min(max(ANSWERS), len(self.known)):
                return


def interviews(model: HybridRecommender, task: Task) -> pd.DataFrame:
    """Interview everybody in each way, with a line of progress for each ten."""
    rows, users = [], task.judged["user_id"].unique()[::EVERY]
    for number, user in enumerate(users.tolist()):
        for how in HOW:
            person = Asked(model, task, user, seed=user)
            if len(person.judged):
                rows += [{"user_id": user, "how": how} | row for row in person.interview(how)]
        if number % 10 == 0:
            print(f"{number} of {len(users)} people", flush=True)
    return pd.DataFrame(rows, columns=COLUMNS)


def ahead(found: pd.DataFrame, other: str, metric: str) -> dict:
    """Say how far asking what tells most is ahead of another way, with a 95 % interval over people."""
    table = found.pivot(index="user_id", columns="how", values=metric)
    ahead = (table["ask_next"] - table[other]).dropna().to_numpy()
    draws = np.random.default_rng(0).choice(ahead, (N_DRAWS, len(ahead))).mean(axis=1)
    low, high = np.quantile(draws, [0.025, 0.975])
    return {f"{metric}_ahead": ahead.mean(), f"{metric}_low": low, f"{metric}_high": high}


def main() -> None:
    """Measure, and store the rows."""
    task = load_task("new_users", load_movielens("ml-1m"))
    model = HybridRecommender(verbose=False).fit(task.train, task.users, task.items)
    found = interviews(model, task)
    made_by = origin("python -m benchmarks questions", "numpy", "scipy", "tensorflow")
    table = Table(RESULTS / "questions.csv", ["answers", "how"])
    for (answers, how), rows in found.groupby(["answers", "how"]):
        row = {"answers": answers, "how": how, "people": len(rows)} | rows[[*COLUMNS[3:]]].mean().to_dict()
        same = found[found["answers"] == answers]
        for metric in ("auc_per_user", "ndcg"):
            row |= ahead(same, how, metric)
        row = {key: round(v, 4) if isinstance(v, float) else v for key, v in row.items()}
        table.store(row | made_by)
