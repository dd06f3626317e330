"""Series made by hand for backtests."""

from __future__ import annotations

from datetime import date

from forecaster.workspace.facts import Facts, Row, SeriesEntry, Source
from forecaster.workspace.periods import parse_period


def entry_of(**fields: object) -> SeriesEntry:
    """Return an entry, a positive flow unless told otherwise."""
    words = {"id": "sales", "title": "Sales", "title_zh": "销售", "unit": "USD", "group": "trade"}
    return SeriesEntry(**{**words, "kind": "positive", "timing": "flow", **fields})  # type: ignore[arg-type]


def row_of(
    period: str,
    value: str,
    *,
    published: str | None = None,
    basis: str = "",
    quality: str = "reported",
) -> Row:
    """Return a row of 'sales', published when its period ended unless told otherwise."""
    when = parse_period(period).end if published is None else date.fromisoformat(published)
    source = Source(f"agency-{when}", "Report", "agency", when, "stated", "")
    return Row(
        "sales",
        parse_period(period),
        float(value),
        value,
        "USD",
        basis,
        quality,
        source,
        "",
        "h.csv",
    )


def facts_of(*rows: Row, **fields: object) -> Facts:
    """Return facts of the one series 'sales'."""
    return Facts({"sales": entry_of(**fields)}, {"sales": rows}, "hash")


def annual_rows(values: list[str], *, first: int = 2010) -> list[Row]:
    """Return a row for each year from `first` on."""
    return [row_of(str(first + k), value) for k, value in enumerate(values)]
