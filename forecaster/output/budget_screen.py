"""Print what drivers do to each series beside the uncertainty that it has by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.output.layout import WARNING, put, put_table
from forecaster.output.plain import safe_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from forecaster.forecasts.driver_budget import SeriesBudget

_HEADERS = ("series", "drivers", "mean", "sd", "own sd", "ratio")
_SHORTER = ("series", "sd", "own sd", "ratio")


def print_budgets(budgets: Sequence[SeriesBudget], console: Console, *, years: int) -> None:
    """Print a line a series, largest ratio first, then a warning for each that is outweighed."""
    if not budgets:
        return
    put(console)
    put(
        console,
        f"Driver budget: all effects on a series, {years} years ahead, against its own uncertainty "
        "before any history; link units (log of amounts, log odds of shares).",
    )
    put(console)
    rows = [_cells(each) for each in budgets]
    put_table(
        console, _HEADERS, rows,
        shorter=(_SHORTER, [[row[0], *row[3:]] for row in rows]),
    )  # fmt: skip
    outweighed = [each for each in budgets if each.outweighs]
    if outweighed:
        put(console)
    for each in outweighed:
        put(
            console,
            f"warning: the drivers of '{safe_text(each.series)}' outweigh its own uncertainty, "
            f"{each.budget.ratio:.1f} to 1: state smaller or surer effects, or a wider prior",
            style=WARNING,
        )


def _cells(each: SeriesBudget) -> list[str]:
    """Return the texts of one series."""
    budget = each.budget
    return [
        safe_text(each.series),
        str(each.n_drivers),
        f"{round(budget.mean, 2) + 0.0:+.2f}",
        f"{budget.sd:.2f}",
        f"{budget.latent_sd:.2f}",
        f"{budget.ratio:.2f}",
    ]
