"""Print what a workspace holds: the list of series, and the history of one with its conflicts."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from forecaster.output.digits import count_of, shown_unit
from forecaster.output.footer import vintage
from forecaster.output.layout import WARNING, put, put_table
from forecaster.output.plain import safe_text
from forecaster.output.sentences import say_figure, title_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from forecaster.workspace.facts import Facts, History, Row, SeriesEntry, Source


def print_entries(facts: Facts, console: Console, *, language: str = "en") -> None:
    """Print every series of a workspace: id, title, kind, unit, and what figures there are."""
    lines = [_entry_cells(entry, facts.rows, language) for entry in facts.entries.values()]
    headers = ["series", "title", "kind", "unit", "known"]
    rows = [[name, title, kind, unit, figures] for name, title, kind, unit, figures in lines]
    fits = console.width >= _natural_width([headers, *rows])
    if fits:
        put_table(console, headers, rows, left=len(headers))
    else:
        for name, title, kind, unit, figures in lines:
            put(console, name, style="bold")
            put(console, "; ".join(part for part in (title, kind, unit, figures) if part), indent=2)
    put(console)
    put(console, f"{len(lines)} series.")


def print_history(history: History, console: Console, *, language: str = "en") -> None:
    """Print what is known of a series: figures, conflicts, what is left out and why, sources."""
    _put_head(history, console, language)
    put(console)
    _put_figures(history, console)
    _put_conflicts(history, console)
    _put_left_out(history, console)
    _put_sources(history, console)


def _entry_cells(
    entry: SeriesEntry, rows: Mapping[str, Sequence[Row]], language: str
) -> tuple[str, str, str, str, str]:
    """Return the texts of one series in the list."""
    found = rows.get(entry.id, ())
    figures = ""
    if found:
        first = min(found, key=lambda row: row.period.start).period
        last = max(found, key=lambda row: row.period.end).period
        figures = f"{count_of(len(found), 'figure')}, {first}"
        figures += f" to {last}" if len(found) > 1 else ""
    kind = f"{entry.kind}, {entry.timing}"
    return safe_text(entry.id), title_of(entry, language), kind, safe_text(entry.unit), figures


def _natural_width(rows: Sequence[Sequence[str]]) -> int:
    """Return how wide a table is at least, in cells."""
    from rich.cells import cell_len

    widths = (max(cell_len(row[column]) for row in rows) for column in range(len(rows[0])))
    return sum(widths) + len(rows[0]) - 1


def _put_head(history: History, console: Console, language: str) -> None:
    """Print what the series is, and how its bases relate."""
    entry = history.entry
    unit = safe_text(shown_unit(entry.kind, entry.unit) or entry.unit)
    put(console, f"{title_of(entry, language)} ({safe_text(entry.id)})", style="bold")
    put(
        console,
        f"As of {history.as_of}: {count_of(len(history.data), 'figure')} in the fit, "
        f"{len(history.left_out)} left out; newest publication used {vintage(history)}.",
    )
    put(console, f"Kind {entry.kind}, {entry.timing}, unit {unit or 'none'}.")
    if history.target_basis:
        put(console, f"Target basis {safe_text(history.target_basis)}; {_bases(history)}.")
    for note in history.notes:
        put(console, f"warning: {safe_text(note)}", style=WARNING)


def _bases(history: History) -> str:
    """Return the bases in the fit, with a word on those that add almost nothing."""
    said = []
    for basis in history.bases:
        n_figures = sum(1 for row in history.data if row.basis == basis)
        relation = history.entry.relations.get(basis, "reference")
        text = f"{safe_text(basis)} ({relation}, {count_of(n_figures, 'figure')}"
        if n_figures == 1 and relation != "reference":
            text = f"{text}: its offset takes up almost all it says"
        said.append(f"{text})")
    return f"bases in the fit: {', '.join(said)}"


def _put_figures(history: History, console: Console) -> None:
    """Print the figures that enter the fit."""
    headers = ["period", "figure", "basis", "quality", "source", "published"]
    rows = [
        [
            str(row.period),
            say_figure(row, history.entry),
            safe_text(row.basis) or "-",
            row.quality,
            safe_text(row.source.id),
            row.source.published.isoformat(),
        ]
        for row in history.data
    ]
    put(console, "Figures in the fit:")
    put_table(console, headers, rows, left=len(headers))
    put(console)


def _put_conflicts(history: History, console: Console) -> None:
    """Print the periods about which several figures are known, whatever the basis."""
    by_period: dict[str, list[Row]] = defaultdict(list)
    known = [out.row for out in history.left_out if out.row.source.published <= history.as_of]
    for row in sorted((*history.data, *known), key=lambda r: (r.period.end, r.period.start)):
        by_period[str(row.period)].append(row)
    conflicts = {p: rows for p, rows in by_period.items() if len({row.value for row in rows}) > 1}
    if not conflicts:
        put(console, "No two figures known disagree about one period.")
    else:
        put(console, "Figures that disagree about one period:")
    for period, rows in conflicts.items():
        said = [
            f"{say_figure(row, history.entry)} ({safe_text(row.basis) or 'no basis'}, "
            f"{safe_text(row.source.id)})"
            for row in rows
        ]
        put(console, f"{period}: {'; '.join(said)}", indent=2)
    put(console)


def _put_left_out(history: History, console: Console) -> None:
    """Print the figures that do not enter the fit, by reason."""
    if not history.left_out:
        return
    by_reason: dict[str, list[Row]] = defaultdict(list)
    for out in history.left_out:
        by_reason[out.reason].append(out.row)
    put(console, "Left out of the fit:")
    for reason, rows in by_reason.items():
        said = [f"{row.period} {say_figure(row, history.entry)}{_at_basis(row)}" for row in rows]
        put(console, f"{safe_text(reason)}: {'; '.join(said)}", indent=2)
    put(console)


def _at_basis(row: Row) -> str:
    """Return the basis of a row in brackets, where it has one."""
    return f" ({safe_text(row.basis)})" if row.basis else ""


def _put_sources(history: History, console: Console) -> None:
    """Print the sources of the figures in the fit, the newest first."""
    sources: dict[str, Source] = {row.source.id: row.source for row in history.data}
    ordered = sorted(sources.values(), key=lambda s: (s.published, s.id), reverse=True)
    put(console, f"Sources ({len(ordered)}):")
    for source in ordered:
        place = f", {safe_text(source.url)}" if source.url else ""
        put(
            console,
            f"{safe_text(source.id)}: {safe_text(source.title)}; {safe_text(source.publisher)}, "
            f"{source.published} ({source.published_is}){place}",
            indent=2,
        )
