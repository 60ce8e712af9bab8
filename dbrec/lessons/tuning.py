"""Search settings over a stated space, with every trial kept in a file that a person can read."""

import csv
import math
import os
import time
from collections.abc import Callable, Mapping
from numbers import Real
from pathlib import Path

import numpy as np
import pandas as pd

from dbrec.checks import seed_number, whole_number

try:
    import optuna
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
    from optuna.trial import TrialState, create_trial
except ModuleNotFoundError as error:
    raise ImportError("dbrec.lessons.tuning needs optuna: pip install 'dbrec[lessons]'") from error

OWN_COLUMNS = ["trial", "state", "score", "seconds", "message"]
OTHER_SEARCH = "it holds another search; give another file, or the space that it was made with"

Distribution = CategoricalDistribution | FloatDistribution | IntDistribution
Space = Mapping[str, Distribution]


def search(
    objective: Callable[[dict], Mapping], space: Space, n_trials: int, path: str | Path, seed: int = 0
) -> pd.DataFrame:
    """Try settings until `n_trials` of them stand in a file, each chosen by what those before it gave.

    The first ten trials are drawn at random, the later ones by a tree-structured Parzen estimator (TPE). The
    file is written anew after each trial, so a search that was broken off goes on where it stopped, to the
    same trials as one that wasn't; and a search that is done only reads it. One line is printed a trial. The
    result is that of `read_trials`.

    Args:
        objective: Takes one setting a name of `space` and returns a mapping of results: ``"score"``, the
            number to make large, and whatever else is to be noted. Where it raises, the trial is noted as
            failed, with the message, and the search goes on; interrupting isn't noted.
        space: Name of a setting to its optuna distribution, such as ``FloatDistribution(0, 1)``.
        n_trials: Trials in the file at the end, failed ones included; at least 1.
        path: The CSV file, in a folder that exists. One process at a time may write it.
        seed: Seed of the draws.

    Raises:
        ValueError: If an argument isn't as said here, or as `read_trials`; the file stays as it was.
        FileNotFoundError: If the folder of `path` doesn't exist.

    Source:
        Bergstra, Bardenet, Bengio and Kégl 2011, "Algorithms for Hyper-Parameter Optimization" (TPE).
    """
    n_trials, seed, path = whole_number("n_trials", n_trials), seed_number(seed), _checked(path, space)
    rows = _read_rows(path, space) if path.exists() else []
    study = _study(rows, space)
    for number in range(len(rows), n_trials):
        # A seed a trial, not one a search: what is drawn doesn't depend on where a search was broken off.
        draw_seed = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
        study.sampler = optuna.samplers.TPESampler(seed=draw_seed)
        rows.append(_run(objective, number, study.ask(dict(space)).params))
        study.tell(number, *_outcome(rows[-1]))
        _write(_frame(rows, space), space, path)
        print(_line(rows, space, n_trials), flush=True)
    return _frame(rows, space)


def read_trials(path: str | Path, space: Space) -> pd.DataFrame:
    """Read the trials of a search from its file.

    Args:
        path: The CSV file that `search` wrote.
        space: The space of that search, for the type of each setting.

    Returns:
        A frame with a row a trial, indexed by ``trial`` from 0: ``state`` (``"done"`` or ``"failed"``),
        ``score`` (missing where failed), ``seconds``, the settings, ``message`` (empty where done), and what
        else the objective noted.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it isn't a file that `search` wrote, or not for this space.
    """
    return _frame(_read_rows(_checked(path, space), space), space)


def _checked(path: str | Path, space: Space) -> Path:
    if not isinstance(path, (str, os.PathLike)):
        raise ValueError(f"path is {path!r}: give the path of a CSV file")
    if not isinstance(space, Mapping) or not space:
        what = "give at least one setting and its optuna distribution"
        raise ValueError(f"space is {space or 'empty'}: {what}")
    for name, distribution in space.items():
        if not isinstance(name, str) or not isinstance(distribution, Distribution):
            what = "give a name and an optuna distribution, such as 'x': FloatDistribution(0, 1)"
            raise ValueError(f"space holds {name!r}: {distribution!r}: {what}")
        choices = [str(choice) for choice in getattr(distribution, "choices", ())]
        if len(set(choices)) < len(choices):
            raise ValueError(f"{name} has the choices {choices}: give choices that differ as text")
    if taken := [name for name in space if name in OWN_COLUMNS]:
        raise ValueError(f"settings may not be called {taken}: the file has columns of that name")
    if not Path(path).parent.is_dir():
        raise FileNotFoundError(f"there is no folder {Path(path).parent}: make it, or give another path")
    return Path(path)


def _read_rows(path: Path, space: Space) -> list[dict]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            names, *lines = [line for line in csv.reader(file) if line] or [[]]
            table = [dict(zip(names, line, strict=True)) for line in lines]
    except (IsADirectoryError, ValueError, csv.Error) as error:
        raise ValueError(f"{path} is not a file that search() wrote ({error}): give another path") from error
    if missing := [name for name in [*OWN_COLUMNS, *space] if names.count(name) != 1]:
        raise ValueError(f"{path} has the columns {names}, and {missing} must be there too: {OTHER_SEARCH}")
    noted = [name for name in names if name not in [*space, "message"]]
    rows = [
        {name: _value(line[name]) for name in noted}
        | {name: _parse(line[name], name, space[name], path) for name in space}
        | {"message": line["message"]}
        for line in table
    ]
    for number, row in enumerate(rows):
        found = {name: row[name] for name in OWN_COLUMNS[:-1]}
        is_number = isinstance(row["score"], Real) and isinstance(row["seconds"], Real)
        states = {"done": is_number and math.isfinite(row["score"]), "failed": row["score"] != row["score"]}
        if row["trial"] != number or not is_number or not states.get(row["state"], False):
            what = f"trial {number}, done with a finite score or failed without one"
            raise ValueError(f"{path} holds {found} in the place of {what}: mend it, or give another file")
    return rows


def _study(rows: list[dict], space: Space) -> optuna.Study:
    """Make a study in memory that knows the trials so far."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # it would tell that a study was created in memory
    study = optuna.create_study(direction="maximize")
    optuna.logging.set_verbosity(level)
    for row in rows:
        value, state = _outcome(row)
        settings = {name: row[name] for name in space}
        study.add_trial(create_trial(state=state, value=value, params=settings, distributions=dict(space)))
    return study


def _outcome(row: dict) -> tuple[float | None, TrialState]:
    """Tell a trial's score and state as optuna takes them."""
    return (row["score"], TrialState.COMPLETE) if row["state"] == "done" else (None, TrialState.FAIL)


def _run(objective: Callable[[dict], Mapping], number: int, settings: dict) -> dict:
    start, state, message, results = time.perf_counter(), "done", "", {}
    try:
        results = dict(objective(dict(settings)))
        score = results.get("score")
        if not isinstance(score, Real) or not math.isfinite(score):
            raise ValueError(f"the objective gave {results}: it must give a finite 'score'")
    except Exception as error:  # whatever one setting breaks, the others are still worth trying
        state, message, results = "failed", f"{type(error).__name__}: {error}", {"score": np.nan}
    seconds = round(time.perf_counter() - start, 1)
    own = {"trial": number, "state": state, "seconds": seconds, "message": " ".join(message.split())}
    return results | settings | own


def _frame(rows: list[dict], space: Space) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=None if rows else [*OWN_COLUMNS, *space])
    for name, distribution in space.items():
        if isinstance(distribution, CategoricalDistribution):  # pandas would make None a missing text
            frame[name] = pd.Series([row[name] for row in rows], dtype=object)
    first = ["state", "score", "seconds", *space]
    noted = [name for name in frame if name not in [*OWN_COLUMNS, *space]]
    return frame.set_index("trial")[[*first, *noted, "message"]]


def _write(frame: pd.DataFrame, space: Space, path: Path) -> None:
    """Put the whole file in place of the one before, so that no broken line is ever left in it."""
    partial = path.with_name(path.name + ".partial")
    frame.assign(**{name: frame[name].map(str) for name in space}).to_csv(partial)
    os.replace(partial, path)


def _line(rows: list[dict], space: Space, n_trials: int) -> str:
    """Tell of the last trial in one line."""
    row, what = rows[-1], rows[-1]["message"]
    if row["state"] == "done":
        best = max(r["score"] for r in rows if r["state"] == "done")
        what = f"score {row['score']:.4f} | best {best:.4f}"
    values = [
        f"{row[x]:.3g}" if isinstance(row[x], float) and len(str(row[x])) > 6 else row[x] for x in space
    ]
    settings = ", ".join(f"{name}={value}" for name, value in zip(space, values, strict=True))
    return f"trial {row['trial'] + 1:2} of {n_trials} | {what} | {row['seconds']:.1f} s | {settings}"


def _value(text: str):
    """Read a number exactly as it was written, or keep the text; nothing at all is a missing number."""
    for kind in (int, float):
        try:
            return kind(text or "nan")
        except ValueError:
            continue
    return text


def _parse(text: str, name: str, distribution: Distribution, path: Path):
    """Read a setting of the file as a value of its distribution."""
    if isinstance(distribution, CategoricalDistribution):
        for choice in distribution.choices:
            if str(choice) == text:
                return choice
    else:
        number, low, step = pd.to_numeric(text, errors="coerce"), distribution.low, distribution.step
        on_step = not step or abs(math.remainder(number - low, step)) < 1e-8
        if low <= number <= distribution.high and on_step:
            return int(number) if isinstance(distribution, IntDistribution) else float(text)
    raise ValueError(f"{path} holds {name}={text}, and the space allows {distribution}: {OTHER_SEARCH}")
