"""Entries of series of every kind, for formulas."""

from __future__ import annotations

from forecaster.workspace.facts import SeriesEntry


def _entry(
    id_: str, unit: str, kind: str, timing: str = "flow", composition: str = ""
) -> SeriesEntry:
    return SeriesEntry(
        id=id_, title=id_, title_zh=id_, unit=unit, kind=kind, timing=timing,
        composition=composition,
    )  # fmt: skip


ENTRIES = {
    entry.id: entry
    for entry in (
        _entry("us", "USD billion", "positive"),
        _entry("uk", "USD billion", "positive"),
        _entry("cn", "CNY billion", "positive"),
        _entry("share", "fraction", "share"),
        _entry("part", "fraction", "share"),
        _entry("models", "count", "count", "stock"),
        _entry("hubs", "count", "count", "stock"),
        _entry("total", "count", "cumulative", "stock"),
        _entry("rate", "ratio", "positive"),
        _entry("gap", "fraction", "real"),
        _entry("east", "fraction", "share", "stock", "places"),
        _entry("west", "fraction", "share", "stock", "places"),
        _entry("visits", "million per month", "positive"),
    )
}
