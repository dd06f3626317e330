"""Print what experts said about a series, and how far that moves its forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.output.digits import count_of, format_value, shown_unit
from forecaster.output.layout import put, put_table
from forecaster.output.plain import safe_text
from forecaster.output.sentences import say_value, title_of

if TYPE_CHECKING:
    from datetime import date

    from rich.console import Console

    from forecaster.forecasts.judgement_lines import JudgementLine, JudgementTable
    from forecaster.forecasts.judgement_shift import JudgementShift
    from forecaster.workspace.facts import SeriesEntry
    from forecaster.workspace.judgements import Judgement

_NUMBERS = (
    "No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven",
    "Twelve",
)  # fmt: skip


def shift_sentence(shift: JudgementShift) -> str:
    """Return how far judgements moved the last median, and which flag leaves them out."""
    n = shift.n_used
    number = _NUMBERS[n] if n < len(_NUMBERS) else str(n)
    who = f"{number} {'judgement' if n == 1 else 'judgements'}"
    spread = max(shift.width_without, shift.width_with)
    before = say_value(shift.without, shift.series, spread=spread)
    after = say_value(shift.with_them, shift.series, spread=spread)
    flag = f"--without-judgements leaves {'it' if n == 1 else 'them'} out."
    if before == after:
        return f"{who} left the {shift.period} median at {after}; {flag}"
    return f"{who} moved the {shift.period} median from {before} to {after}; {flag}"


def print_judgements(
    table: JudgementTable, console: Console, *, as_of: date, language: str = "en"
) -> None:
    """Print the judgements used, those left out with their reasons, and what they do together."""
    entry = table.entry
    put(console, f"{title_of(entry, language)} ({safe_text(entry.id)})", style="bold")
    n = len(table.used) + len(table.left_out)
    put(
        console,
        f"Judgements made by {as_of}: {n}; {len(table.used)} used, {len(table.left_out)} left out.",
    )
    if unit := shown_unit(entry.kind, entry.unit):
        put(console, f"Values in {safe_text(unit)}.")
    if table.used:
        _put_used(table, console)
    if table.left_out:
        _put_left_out(table, console)
    if table.shift is not None:
        put(console)
        put(console, shift_sentence(table.shift))
    elif table.used:
        put(console)
        put(
            console,
            f"No forecast can be made yet of {count_of(len(table.used), 'judgement')} alone: "
            "nothing else is known, and no level is believed.",
        )


def _put_used(table: JudgementTable, console: Console) -> None:
    """Print the judgements used, with our forecasts of their days."""
    put(console)
    put(console, "Used:")
    headers = ["made on", "by", "kind", "about", "said", "ours then", "news"]
    rows = [_used_cells(line, table.entry) for line in table.used]
    shorter = [headers[k] for k in (0, 1, 3, 4, 5, 6)]
    put_table(
        console, headers, rows, left=4,
        shorter=(shorter, [[row[k] for k in (0, 1, 3, 4, 5, 6)] for row in rows]),
    )  # fmt: skip
    put(
        console,
        "'Ours then' is our forecast on what was known that day, blank where nothing was; "
        "'news' is what was said once what it repeats of ours is taken off.",
    )


def _used_cells(line: JudgementLine, entry: SeriesEntry) -> list[str]:
    """Return the cells of one judgement."""
    judgement = line.judgement
    return [
        judgement.made_on.isoformat(),
        safe_text(judgement.publisher),
        judgement.kind,
        _about(judgement),
        _said(judgement, entry),
        "" if line.ours is None else _bare(line.ours, entry),
        "" if line.value is None else _bare(line.value, entry),
    ]


def _about(judgement: Judgement) -> str:
    """Return the period of a statement, with its basis where it names one."""
    basis = f", {safe_text(judgement.basis)}" if judgement.basis else ""
    return f"{judgement.period}{basis}"


def _bare(value: float, entry: SeriesEntry) -> str:
    """Return a value without its unit."""
    return format_value(value, kind=entry.kind, unit=entry.unit)


def _said(judgement: Judgement, entry: SeriesEntry) -> str:
    """Return what was said: a value, a range, or both."""
    ends = [
        "" if value is None else _bare(value, entry)
        for value in (judgement.low, judgement.value, judgement.high)
    ]
    low, value, high = ends
    if low and high and not value:
        return f"{low} to {high}"
    if low and high:
        return f"{value} ({low} to {high})"
    return value or (f"at least {low}" if low else f"at most {high}")


def _put_left_out(table: JudgementTable, console: Console) -> None:
    """Print the judgements left out, each with its reason."""
    put(console)
    put(console, "Left out:")
    for out in table.left_out:
        judgement = out.judgement
        put(
            console,
            f"{judgement.made_on} {safe_text(judgement.publisher)} on {_about(judgement)}: "
            f"{_said(judgement, table.entry)}. {_sentence(safe_text(out.reason))}",
            indent=2,
        )


def _sentence(text: str) -> str:
    """Return a reason as a sentence."""
    return f"{text[0].upper()}{text[1:]}."
