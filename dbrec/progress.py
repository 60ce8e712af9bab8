"""Tell how far a long call has come."""

import time
from collections.abc import Iterable, Iterator

import pandas as pd

SECONDS = 10  # between two lines


def told(parts: Iterable[pd.DataFrame], what: str, total: int) -> Iterator[pd.DataFrame]:
    """Give parts on, and print a line, such as ``"lists of 40,960 of 1,000,000 users"``, each ten seconds.

    Args:
        parts: Frames, of which each has a column ``user_id``.
        what: What is counted.
        total: Number of users.
    """
    done, last = 0, time.monotonic()
    for part in parts:
        yield part
        done += part["user_id"].nunique()
        if time.monotonic() - last >= SECONDS:
            print(f"{what} of {done:,} of {total:,} users", flush=True)
            last = time.monotonic()
