"""Questions and forecasts made by hand, small enough to count on one's fingers."""

from __future__ import annotations

from datetime import date

from small_forecasts import entry_of, forecast_of, history_of, row_of

from forecaster.workspace.periods import parse_period
from forecaster.workspace.question_types import (
    Crossing,
    Numeric,
    Part,
    Question,
    Ranking,
    Shares,
    Threshold,
)
from forecaster.workspace.targets import Target

SHARE = entry_of("cn", kind="share", unit="fraction")
OTHER = entry_of("us", kind="share", unit="fraction")
SPEND = entry_of("spend")


def target(entry):
    return Target(entry.id, entry, (entry.id,))


def question(ask, *, kind="threshold", rounding="", **changes):
    fields = {
        "id": "q", "title": "Will it?", "type": kind, "ask": ask, "asks": "published",
        "resolves_by": "IDC", "resolves_on": date(2030, 6, 30), "rounding": rounding,
        "void_if": "", "basis": "", "is_judgement": False, "reason": "r", "essays": (),
        "outcome": None,
    }  # fmt: skip
    return Question(**(fields | changes))


def threshold(entry, level, *, period=None, first=None, until=None, below=False):
    times = [None if each is None else parse_period(each) for each in (period, first, until)]
    return Threshold(target(entry), level, str(level), below, *times)


def numeric(entry, period, against=None):
    return Numeric(target(entry), parse_period(period), against, "", None)


def crossing(entry, level, until, frequency="year"):
    return Crossing(target(entry), level, str(level), False, parse_period(until), frequency)


def ranking(first, others, period, *, rank=1, at_least=False, growth_from=None):
    since = None if growth_from is None else parse_period(growth_from)
    rivals = tuple(target(each) for each in others)
    return Ranking(target(first), rivals, parse_period(period), rank, at_least, since)


def shares(entries, period, rest=""):
    parts = tuple(Part(each.id.upper(), target(each), None) for each in entries)
    return Shares(parts, rest, parse_period(period))


def forecast(entry, periods, draws, figures=(), **changes):
    """A forecast after figures that are (period, printed) pairs."""
    rows = [row_of(entry, period, printed) for period, printed in figures]
    return forecast_of(history_of(entry, rows), periods, draws, **changes)
