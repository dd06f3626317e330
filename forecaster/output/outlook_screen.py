"""Print what a forecast rests on: its width, its drivers as a tornado, and a goal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from forecaster.output.digits import count_of
from forecaster.output.layout import WARNING, aligned, put, put_lines, put_table
from forecaster.output.outlook_bars import range_bar, share_bar
from forecaster.output.outlook_sentences import (
    SOURCES,
    axis_sentence,
    bar_cells,
    goal_sentence,
    headline,
    judged_sentence,
    judgement_sentence,
    next_sentence,
    prior_sentence,
    share_text,
    sign_cells,
    tornado_sentence,
    width_sentence,
)
from forecaster.output.plain import safe_text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from rich.console import Console

    from forecaster.forecasts.explain_forecast import Outlook
    from forecaster.forecasts.explain_goal import GoalExplained
    from forecaster.forecasts.tornado import Bar, Tornado

MOST_SIGNS = 12
"""Drivers listed under a goal; JSON has all."""
_MOST_BAR, _LEAST_BAR = 40, 16
_MOST_SHARE_BAR = 30


def print_outlook(
    outlook: Outlook, console: Console, *, told: Collection[str] = (), language: str = "en"
) -> None:
    """Print an outlook: width, judgements, next figure, prior, tornado, goal, warnings.

    Parameters
    ----------
    told : warnings that are printed elsewhere
    """
    put(console, headline(outlook, language), style="bold")
    put(console)
    _put_shares(console, outlook)
    sentences = (judgement_sentence(outlook), next_sentence(outlook), prior_sentence(outlook))
    for sentence in filter(None, sentences):
        put(console, sentence)
    put(console)
    if outlook.tornado is None:
        put(console, "Drivers: none has an effect on it.")
    else:
        _put_tornado(console, outlook, outlook.tornado)
    put(console)
    if outlook.goal is not None:
        _put_goal(console, outlook.goal)
    for warning in (said for said in outlook.forecast.warnings if said not in told):
        put(console, f"warning: {safe_text(warning)}", style=WARNING)
    put(console)


def _put_shares(console: Console, outlook: Outlook) -> None:
    """Print what the width comes from, with a bar for each source."""
    put(console, width_sentence(outlook))
    names = {
        share.source: SOURCES[share.source][0]
        + (" (judgement)" if share.source == "drivers" else "")
        for share in outlook.shares
    }
    wide = max(cell_len(name) for name in names.values())
    room = min(console.width - wide - 13, _MOST_SHARE_BAR)
    for share in sorted(outlook.shares, key=lambda each: -each.share):
        text = share_text(share)
        line = Text(f"{aligned(names[share.source], wide, to_left=True)}  {text:>9}  ")
        put_lines(console, [line.append_text(share_bar(share.share, console, width=room))])
    for share in outlook.shares:
        name, meaning = SOURCES[share.source]
        put(console, f"{name}: {meaning}.", indent=2)


def _put_tornado(console: Console, outlook: Outlook, tornado: Tornado) -> None:
    """Print a bar for each driver that changes anything, the largest first."""
    clear = [bar for bar in tornado.bars if bar.is_clear]
    if clear:
        put(console, tornado_sentence(outlook))
        _put_bars(console, outlook, clear)
    unclear = [safe_text(bar.driver.id) for bar in tornado.bars if not bar.is_clear]
    if unclear:
        put(console, f"Drivers that change no more than chance would: {', '.join(unclear)}.")
    put(console, judged_sentence(tornado.bars))
    for driver, reason in tornado.left_out:
        put(console, f"Left out: {safe_text(driver)}: {safe_text(reason)}.")


def _put_bars(console: Console, outlook: Outlook, shown: Sequence[Bar]) -> None:
    """Print bars beside their drivers; under them where the console is narrow."""
    rows = [bar_cells(bar, outlook) for bar in shown]
    headers = ["driver", "on by then", "change"]
    widths = [max(cell_len(row[i]) for row in (headers, *rows)) for i in range(3)]
    axis = _axis(outlook, shown)
    beside = console.width - sum(widths) - 6
    if beside >= _LEAST_BAR:
        put_lines(console, [Text(_bar_line(headers, widths).rstrip(), style="bold")])
    for row, bar in zip(rows, shown, strict=True):
        if beside >= _LEAST_BAR:
            line, room = Text(_bar_line(row, widths)), beside
        else:
            put(console, f"{row[0]}: {row[2]}; on by then {row[1]}")
            line, room = Text("  "), console.width - 4
        line.append_text(_bar(bar, outlook, axis, console=console, room=room))
        put_lines(console, [line])
    put(console, axis_sentence(outlook, axis, is_ascii=console.options.ascii_only))


def _bar_line(cells: list[str], widths: list[int]) -> str:
    """Return the texts before a bar."""
    first, *others = (
        aligned(cell, width, to_left=i == 0)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join([first, *others]) + "  "


def _axis(outlook: Outlook, shown: Sequence[Bar]) -> tuple[float, float]:
    """Return the ends of the axis of all bars, unit of the series."""
    values = [value for bar in shown for value in (bar.on, bar.off)]
    values.append(outlook.last.median)
    return min(values), max(values)


def _bar(
    bar: Bar, outlook: Outlook, axis: tuple[float, float], *, console: Console, room: int
) -> Text:
    """Return the bar of a driver, from the median with it off to that with it on."""
    low, high = axis
    span = (high - low) or 1.0
    return range_bar(
        (bar.off - low) / span,
        (bar.on - low) / span,
        zero=(outlook.last.median - low) / span,
        console=console,
        width=min(room, _MOST_BAR),
    )


def _put_goal(console: Console, goal: GoalExplained) -> None:
    """Print a goal: its chance, and which drivers go with it."""
    put(console, goal_sentence(goal), style="bold")
    clear = [sign for sign in goal.signs if sign.is_clear]
    if clear:
        by = goal.goal.by
        put(
            console,
            f"Drivers on at the end of {by}, in worlds that reached it and in those that missed "
            "it, with the odds ratio and one Monte Carlo standard error to both sides:",
        )
        headers = ["driver", "reached", "missed", "odds ratio", "within"]
        rows = [sign_cells(sign) for sign in clear[:MOST_SIGNS]]
        put_table(console, headers, rows)
    rest = len(goal.signs) - len(clear)
    parts = []
    if len(clear) > MOST_SIGNS:
        parts.append(f"--json has {count_of(len(clear) - MOST_SIGNS, 'weaker sign')}")
    if rest:
        verb = "tells" if rest == 1 else "tell"
        parts.append(f"{count_of(rest, 'other driver')} {verb} no more than chance")
    said = f"{'; '.join(parts)}. " if parts else ""
    put(
        console,
        f"{said}What goes with a goal need not bring it about; the bars above say what each driver "
        "does. The chances of drivers are judgement.",
    )
    put(console)
