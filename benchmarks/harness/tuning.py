"""Choose a system's settings: the same number of trials for all, first spread out, then step by step.

The first trials are the library's defaults and a Latin hypercube over the listed values. Then come steps:
from the best settings so far, one setting goes one value up or down, beyond the listed values where the best
stands at their edge.
"""

from itertools import count, product

import numpy as np
from scipy.stats.qmc import LatinHypercube

SPREAD, STEPS = 8, 6  # trials at first, and steps; the same for all
SECONDS = 400  # of processor time in fits, after which no further step is made; the same for all

Trial = tuple[dict, float]  # settings, and the goal that they reached


def spread(space: dict[str, list]) -> list[dict]:
    """List the settings to try first: the first values of all, and others of the grid, or the whole grid."""
    grid = [dict(zip(space, values, strict=True)) for values in product(*space.values())]
    if len(grid) <= SPREAD:
        return grid
    sizes = [len(values) for values in space.values()]
    for seed in count():
        # each value of a setting is tried about equally often
        design = np.floor(LatinHypercube(len(sizes), rng=seed).random(SPREAD - 1) * sizes).astype(int)
        places = np.unique([0, *np.ravel_multi_index(design.T, sizes)])
        if len(places) == SPREAD:
            return [grid[place] for place in places]


def step(space: dict[str, list], tried: list[Trial]) -> dict | None:
    """Give the next settings to try: a neighbour of the best; None where all of them have been tried.

    Settings that stand at the edge of what was tried come first.
    """
    best = max(tried, key=lambda trial: trial[1])[0]
    edges = at_edge(space, tried)
    for name in sorted(space, key=lambda name: name not in edges):
        for value in _beside(name, space, tried, best[name]):
            settings = best | {name: value}
            if settings not in [other for other, _ in tried]:
                return settings
    return None


def at_edge(space: dict[str, list], tried: list[Trial]) -> list[str]:
    """Name the settings whose best value is the least or the largest of those tried, and could go on."""
    best = max(tried, key=lambda trial: trial[1])[0]
    found = []
    for name in filter(lambda name: _is_open(space[name]), space):
        values = sorted({settings[name] for settings, _ in tried})
        if best[name] in (values[0], values[-1]) and _beyond(name, values, best[name]) is not None:
            found.append(name)
    return found


def _beside(name: str, space: dict[str, list], tried: list[Trial], value) -> list:
    """List the values next to one, those beyond the edge included; all others where they have no order."""
    if not _is_open(space[name]):
        return [other for other in space[name] if other != value]
    values = sorted({*space[name], *(settings[name] for settings, _ in tried)})
    place = values.index(value)
    beside = values[max(place - 1, 0) : place] + values[place + 1 : place + 2]
    further = _beyond(name, values, value) if place in (0, len(values) - 1) else None
    return beside if further is None else [further, *beside]


def _is_open(values: list) -> bool:
    """Tell whether values are numbers that may go on: more than two; two are taken for a choice."""
    return len(values) > 2 and all(isinstance(value, int | float) for value in values)


def _beyond(name: str, values: list, edge: float) -> float | None:
    """Give the value beyond an edge, as far from it as its neighbour is by ratio; None below 1 of a count.

    Of a share it is the ratio of the odds, so that it stays a share.
    """
    neighbour = values[1] if edge == values[0] else values[-2]
    if not neighbour or not edge:
        return None  # 0 has nothing beyond
    if name.endswith("share"):
        odds = (edge / (1 - edge)) ** 2 / (neighbour / (1 - neighbour))
        return float(f"{odds / (1 + odds):.3g}")
    further = edge * edge / neighbour
    if all(isinstance(value, int) for value in values):
        further = round(further)
        return further if further >= 1 and further != edge else None
    return float(f"{further:.3g}")
