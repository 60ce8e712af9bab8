"""Search settings over a stated space, with every trial kept in a file that a person can read."""

import csv
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState

OWN_COLUMNS = ["trial", "state", "score", "seconds", "message"]

Space = Mapping[str, BaseDistribution]


def search(
    objective: Callable[[dict], Mapping], space: Space, n_trials: int, path: str | Path, seed: int = 0
) -> pd.DataFrame:
    """Try settings until `n_trials` of them stand in a file, each chosen by what those before it gave.

    The first ten trials are drawn at random, the later ones by a tree-structured Parzen estimator (TPE). The
    file is written anew after each trial, so a search that was broken off goes on where it stopped, to the
    same trials as one that wasn't; and a search that is done only reads it. One line is printed a trial.

    Args:
        objective: Takes one setting a name of `space` and returns a mapping of results: ``"score"``, the
            number to make large, and whatever else is to be noted beside it. Where it raises, the trial is
            noted as failed, with the message, and the search goes on; interrupting isn't noted.
        space: Name of a setting to its optuna distribution.
        n_trials: Trials in the file at the end, failed ones included; at least 1.
        path: The CSV file, in a folder that exists. One process at a time may write it.
        seed: Seed of the draws.

    Returns:
        A frame with a row a trial, indexed by ``trial`` from 0: ``state`` (``"done"`` or ``"failed"``),
        ``score`` (missing where failed), ``seconds``, the settings, ``message`` (empty where done), and what
        else the objective noted.

    Raises:
        ValueError: If `n_trials` is below 1, `space` is empty or names a column of our own, or the file holds
            a search of another space. The file stays as it was.
        FileNotFoundError: If the folder of `path` doesn't exist.

    Example:
        >>> import tempfile
        >>> from optuna.distributions import FloatDistribution
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     trials = search(
        ...         lambda s: {"score": -s["x"]}, {"x": FloatDistribution(1, 1)}, 1, f"{folder}/trials.csv"
        ...     )
        trial  1 of 1 | score -1.0000 | best -1.0000 | 0.0 s | x=1.0
        >>> trials["state"].tolist()
        ['done']

    Source:
        Bergstra, Bardenet, Bengio and Kégl 2011, "Algorithms for Hyper-Parameter Optimization" (TPE).
    """
    path = Path(path)
    _check(space, n_trials, path)
    rows = _read_rows(path, space) if path.exists() else []
    study = _study(rows, space, path)
    for number in range(len(rows), n_trials):
        # A seed a trial, not one a search: what is drawn doesn't depend on where a search was broken off.
        draw_seed = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
        study.sampler = optuna.samplers.TPESampler(seed=draw_seed)
        settings = study.ask(dict(space)).params
        rows.append(_run(objective, number, settings))
        study.tell(number, *_outcome(rows[-1]))
        _write(_frame(rows, space), space, path)
        print(_line(rows, space, n_trials), flush=True)
    return _frame(rows, space)


def read_trials(path: str | Path, space: Space) -> pd.DataFrame:
    """Read the trials of a search from its file.

    Args:
        path: The CSV file that `search` wrote.
        space: The space of that search: it tells the type of each setting.

    Returns:
        The frame that `search` returned.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file lacks a column of the space, or holds a setting that the space doesn't allow.
    """
    return _frame(_read_rows(Path(path), space), space)


def _read_rows(path: Path, space: Space) -> list[dict]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        names, lines = reader.fieldnames or [], list(reader)
    missing = [name for name in [*OWN_COLUMNS, *space] if name not in names]
    if missing:
        raise ValueError(
            f"{path} has the columns {names}, and {missing} must be there too: it holds another search; "
            "give another file, or the space that it was made with"
        )
    noted = [name for name in names if name not in [*space, "message"]]
    return [
        {name: _value(line[name]) for name in noted}
        | {name: _parse(line[name], name, space[name], path) for name in space}
        | {"message": line["message"]}
        for line in lines
    ]


def _check(space: Space, n_trials: int, path: Path) -> None:
    if n_trials < 1:
        raise ValueError(f"n_trials is {n_trials}: give the number of trials to reach, at least 1")
    if not space:
        raise ValueError("space is empty: give at least one setting and its optuna distribution")
    if taken := [name for name in space if name in OWN_COLUMNS]:
        raise ValueError(f"settings may not be called {taken}: the file has columns of that name")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent}: make it, or give another path")


def _study(rows: list[dict], space: Space, path: Path) -> optuna.Study:
    """Make a study in memory that knows the trials so far."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # it would tell that a study was created in memory
    study = optuna.create_study(direction="maximize")
    optuna.logging.set_verbosity(level)
    for row in rows:
        study.add_trial(_frozen(row, space))
    return study


def _frozen(row: dict, space: Space) -> FrozenTrial:
    """Turn a row of the file into the trial that optuna would have kept."""
    score, state = _outcome(row)
    settings = {name: row[name] for name in space}
    return optuna.trial.create_trial(
        state=state or TrialState.COMPLETE, value=score, params=settings, distributions=dict(space)
    )


def _outcome(row: dict) -> tuple[float | None, TrialState | None]:
    """Tell a trial's score and state as optuna's `tell` takes them."""
    return (row["score"], None) if row["state"] == "done" else (None, TrialState.FAIL)


def _run(objective: Callable[[dict], Mapping], number: int, settings: dict) -> dict:
    """Run one trial and tell what came of it."""
    start, state, message, results = time.perf_counter(), "done", "", {}
    try:
        results = dict(objective(dict(settings)))
        if "score" not in results or not np.isfinite(results["score"]):
            raise ValueError(f"the objective gave {results}: it must give a finite 'score'")
    except Exception as error:  # whatever one setting breaks, the others are still worth trying
        state, message, results = "failed", f"{type(error).__name__}: {error}", {"score": np.nan}
    seconds = round(time.perf_counter() - start, 1)
    own = {"trial": number, "state": state, "seconds": seconds, "message": " ".join(message.split())}
    return results | settings | own


def _frame(rows: list[dict], space: Space) -> pd.DataFrame:
    """Order the columns: our own, the settings, what else was noted, the message."""
    settings = {name: _column(space[name], [row[name] for row in rows]) for name in space}
    frame = pd.DataFrame(rows).assign(**settings).set_index("trial")
    first = ["state", "score", "seconds", *space]
    noted = [name for name in frame if name not in [*first, "message"]]
    return frame[[*first, *noted, "message"]]


def _column(distribution: BaseDistribution, values: list) -> pd.Series:
    """Keep choices as they are: pandas would make a missing text of the choice None."""
    return pd.Series(values, dtype=object if isinstance(distribution, CategoricalDistribution) else None)


def _write(frame: pd.DataFrame, space: Space, path: Path) -> None:
    """Put the whole file in place of the one before, so that no broken line is ever left in it."""
    partial = path.with_name(path.name + ".partial")
    frame.assign(**{name: frame[name].map(str) for name in space}).to_csv(partial)
    os.replace(partial, path)


def _line(rows: list[dict], space: Space, n_trials: int) -> str:
    """Tell of the last trial in one line."""
    row = rows[-1]
    best = max((r["score"] for r in rows if r["state"] == "done"), default=float("nan"))
    what = f"score {row['score']:.4f} | best {best:.4f}" if row["state"] == "done" else row["message"]
    values = {name: f"{row[name]:.3g}" if _is_long(row[name]) else row[name] for name in space}
    settings = ", ".join(f"{name}={value}" for name, value in values.items())
    return f"trial {row['trial'] + 1:2} of {n_trials} | {what} | {row['seconds']:.1f} s | {settings}"


def _value(text: str):
    """Read a number exactly as it was written, or keep the text; nothing at all is a missing number."""
    for kind in (int, float):
        try:
            return kind(text or "nan")
        except ValueError:
            continue
    return text


def _is_long(value) -> bool:
    return isinstance(value, float) and len(str(value)) > 6


def _parse(text: str, name: str, distribution: BaseDistribution, path: str | Path):
    """Read a setting of the file as a value of its distribution."""
    if isinstance(distribution, CategoricalDistribution):
        choices = {str(choice): choice for choice in distribution.choices}
        if text in choices:
            return choices[text]
    else:
        number = pd.to_numeric(text, errors="coerce")
        if distribution.low <= number <= distribution.high:
            return int(number) if isinstance(distribution, IntDistribution) else float(text)
    raise ValueError(
        f"{path} holds {name}={text}, and the space allows {distribution}: it holds another search; "
        "give another file, or the space that it was made with"
    )
