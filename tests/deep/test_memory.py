"""Ten thousand calls leave no memory behind."""

from pathlib import Path

import pytest
from made_models import drawn, made

CALLS, WARM_UP, MOST_MIB = 10_000, 1_000, 8
STATUS = Path("/proc/self/status")


def resident_mib() -> float:
    """Read how much memory this process has in use."""
    [line] = [line for line in STATUS.read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


@pytest.mark.skipif(not STATUS.exists(), reason="the memory of a process is read from /proc, as on Linux")
def test_memory_stays_flat_while_it_serves():
    frame, people, things = drawn(0)
    model = made(frame, people, things)
    form, items = {"age": 40, "job": "spy"}, things.index[:15].tolist()
    for call in range(CALLS):
        if call == WARM_UP:
            before = resident_mib()
        user, liked = f"u{call % 20}", items[call % 10 : call % 10 + 3]
        model.recommend(user, k=5)
        model.score(user, items)
        model.recommend_for(form | {"age": call % 80}, liked=liked)
        model.probability_for(items, form, liked=liked)
        if call % 10 == 0:
            model.explain(user, items[0])
    assert resident_mib() - before < MOST_MIB
