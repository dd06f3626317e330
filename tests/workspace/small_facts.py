"""Small facts and a small workspace, made by hand."""

from __future__ import annotations

from datetime import date

from forecaster.workspace.facts import Facts, Row, SeriesEntry, Source
from forecaster.workspace.periods import parse_period


def row_of(
    period: str,
    value: str = "0.5",
    *,
    published: str = "2030-01-01",
    quality: str = "reported",
    basis: str = "",
    publisher: str = "",
    source: str = "",
    unit: str = "fraction",
    note: str = "",
) -> Row:
    """Return a row of the series 'share'."""
    source = source or f"{publisher or 'someone'}-{published}"
    who = Source(source, source, publisher or source, date.fromisoformat(published), "stated", "")
    return Row(
        "share", parse_period(period), float(value), value, unit, basis, quality, who, note, "h.csv"
    )


def facts_of(*rows: Row, **fields: object) -> Facts:
    """Return facts of the one series 'share', a flow unless told otherwise."""
    words = {"title": "Share", "title_zh": "份额", "unit": "fraction", "kind": "share"}
    entry = SeriesEntry(**{"id": "share", "timing": "flow", **words, **fields})  # type: ignore[arg-type]
    return Facts({"share": entry}, {"share": rows}, "hash")


WORKSPACE = {
    "series.csv": (
        "id,title,title_zh,unit,kind,timing,reference_basis,relations,computed_periods,left_out\n"
        "cn-share,Share,份额,fraction,share,flow,units,revenue=other-measure,units:2024-H2,"
        "2020:unfinished\n"
        "us-spend,Spending,支出,USD billion,positive,flow,,,,\n"
        "eu-plan,Plan,计划,EUR billion,positive,stock,,,,\n"
    ),
    "sources.csv": (
        "source,title,publisher,published,published_is,url\n"
        "idc-2025,Tracker,IDC,2025-03,stated,https://example.org/a\n"
        "bern-2025,Model,Bernstein,2025,inferred,\n"
    ),
    "history/chips.csv": (
        "series,period,value,unit,basis,quality,source,note\n"
        "cn-share,2020,0.05,fraction,units,recalled,idc-2025,\n"
        'cn-share,2023,0.14,fraction,units,reported,idc-2025,"a note, with\na newline"\n'
        "cn-share,2024,0.3,fraction,units,reported,idc-2025,\n"
        "cn-share,2024-H2,0.4,fraction,units,derived,idc-2025,\n"
        "cn-share,2024,0.29,fraction,revenue,estimate,bern-2025,\n"
    ),
    "history/spend.csv": (
        "series,period,value,unit,basis,quality,source,note\n"
        "us-spend,2023,62.5,USD billion,,reported,idc-2025,\n"
    ),
    "judgements.csv": (
        "id,series,about_period,value_low,value,value_high,unit,made_on,by,by_kind,source,note,"
        "outcome_value,outcome_source\n"
        "j1,cn-share,2027,0.4,0.5,0.6,fraction,2025-05,Bernstein,bank,bern-2025,,,\n"
        "j2,world-something,2030,,7,,USD billion,2025-05-06,IEA,government,bern-2025,,,\n"
    ),
    "claims.csv": (
        "id,seed,kind,entity,quantity,period,value_low,value,value_high,unit,english,quote,flag,"
        "series\n"
        "c1,seed,observed,World,share,2025/2026,,0.4,,fraction,English,中文,,cn-share\n"
        "c2,seed,observed,World,share,,,,,,English,中文,vague,\n"
    ),
}
