"""Write figures and tables in Markdown."""

import pandas as pd


def number(value: float, places: int = 4) -> str:
    """Write a figure without a leading 0: .8299."""
    return "-" if pd.isna(value) else f"{value:.{places}f}".replace("0.", ".", 1)


def signed(value: float) -> str:
    """Write a difference with its sign: +.0021."""
    return ("+" if value >= 0 else "-") + number(abs(value))


def rate(value: float) -> str:
    """Write a rate or seconds to three digits."""
    return f"{float(f'{value:.3g}'):,.0f}" if value >= 100 else f"{value:.3g}"


def table(rows: list[list[str]], head: list[str]) -> str:
    """Write a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
