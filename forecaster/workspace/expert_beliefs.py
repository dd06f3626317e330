"""Read how wrong experts tend to be, as it could be known on a day: `priors/experts.toml`.

The tables are what is believed before any outcome; statements with outcomes move them. Only those
resolved by the as-of date count, so that a backtest learns nothing from the future.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from forecaster.records import frozen
from forecaster.workspace.belief_tables import TableReader, belief_file, open_table
from forecaster.workspace.expert_calibration import Resolved, calibrate
from forecaster.workspace.statements import EXPERT_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from forecaster.workspace.expert_calibration import Calibration

EXPERTS_FILE = "experts.toml"
SCALES = ("log", "logit")
_SCALE_OF_KIND = {"share": "logit"}
_MOST_SD = 5.0
"""Link units; an expert who is wrong by more than a factor of 150 says nothing."""


@frozen
class Expert:
    """How wrong statements of one kind of expert are, on one link scale, one year ahead.

    Attributes
    ----------
    own_sd, herd_sd, publisher_sd : link units; of the statement alone, of all statements about one
        period made in one half-year, and of all statements of one house
    bias : mean error, link units
    kappa_low, kappa_high : how far statements repeat what was known; even between the two
    """

    own_sd: float
    herd_sd: float
    publisher_sd: float
    bias: float
    kappa_low: float
    kappa_high: float
    reason: str

    @property
    def total_sd(self) -> float:
        """The sd of one statement's error, link units."""
        return float((self.own_sd**2 + self.herd_sd**2 + self.publisher_sd**2) ** 0.5)


@frozen
class Experts:
    """What is believed about experts of every kind.

    Attributes
    ----------
    tables : (scale, kind) -> Expert
    power, least_lead : errors grow with max(lead, least_lead) ** power, lead in years
    edge_factor : by which the own error of an edge ('more than') is larger
    pseudo_statements : weight of the tables against resolved statements
    resolved : statements with outcomes
    hash : sha256 of the file
    """

    tables: Mapping[tuple[str, str], Expert]
    power: float
    least_lead: float
    edge_factor: float
    pseudo_statements: float
    resolved: tuple[Resolved, ...]
    hash: str

    def of(self, kind_of_series: str, kind_of_expert: str) -> Expert:
        """Return the table for a kind of series and a kind of expert."""
        return self.tables[_SCALE_OF_KIND.get(kind_of_series, "log"), kind_of_expert]

    def growth(self, lead: float) -> float:
        """Return by how much errors at a lead, in years, exceed those at one year."""
        return float(max(lead, self.least_lead) ** self.power)


def load_experts(workspace: Path) -> Experts:
    """Read the workspace's table of experts, or the shipped one where it has none.

    Raises
    ------
    InputError
        If the file cannot be read, or a value is missing or out of range.
    """
    reader, payload = open_table(belief_file(workspace, EXPERTS_FILE))
    low, high = _read_kappa(reader)
    return Experts(
        tables={
            (scale, kind): _read_expert(reader, f"{scale}.{kind}", low, high)
            for scale in SCALES
            for kind in EXPERT_KINDS
        },
        power=_read_power(reader),
        least_lead=_read_least_lead(reader),
        edge_factor=_read_edge_factor(reader),
        pseudo_statements=_read_pseudo_statements(reader),
        resolved=_read_resolved(reader),
        hash=hashlib.sha256(payload).hexdigest(),
    )


def expert_readings(reader: TableReader) -> Iterator[Callable[[], object]]:
    """Yield the reading of every part of the file, so that each part's fault can be told."""
    for read in (
        _read_kappa, _read_power, _read_least_lead, _read_edge_factor, _read_pseudo_statements
    ):  # fmt: skip
        yield partial(read, reader)
    for scale in SCALES:
        for kind in EXPERT_KINDS:
            yield partial(_read_expert, reader, f"{scale}.{kind}", 0.0, 0.0)
    yield partial(_read_resolved, reader)
    for block in _resolved_blocks(reader):
        yield partial(_read_one, block)


def experts_as_of(experts: Experts, as_of: date, *, without: Collection[str] = ()) -> Experts:
    """Return the experts as they could be known on a day: moved by what had been resolved by then.

    Parameters
    ----------
    without : ids of statements that must not count
    """
    known = [r for r in experts.resolved if r.known_on <= as_of and r.id not in without]
    tables = dict(experts.tables)
    for kind in EXPERT_KINDS:
        found = calibrate_kind(experts, kind, known)
        for scale in SCALES:
            table = experts.tables[scale, kind]
            tables[scale, kind] = replace(
                table,
                own_sd=table.own_sd * found.factor,
                herd_sd=table.herd_sd * found.factor,
                publisher_sd=table.publisher_sd * found.factor,
                bias=found.bias * table.total_sd,
                kappa_low=found.kappa_low,
                kappa_high=found.kappa_high,
            )
    return replace(experts, tables=tables, resolved=tuple(known))


def calibrate_kind(experts: Experts, kind: str, known: Collection[Resolved]) -> Calibration:
    """Return what the resolved statements of one kind of expert say."""
    table = experts.tables["log", kind]
    return calibrate(
        [r for r in known if r.kind == kind],
        total_sd={scale: experts.tables[scale, kind].total_sd for scale in SCALES},
        growth=experts.growth,
        kappa_range=(table.kappa_low, table.kappa_high),
        pseudo_statements=experts.pseudo_statements,
    )


def _within(reader: TableReader, key: str, low: float, high: float) -> float:
    """Return a number between two."""
    value = reader.number(key)
    if not low <= value <= high:
        fix = f"write a number from {low:g} to {high:g}"
        raise reader.fault(key, f"'{key}' is {value!r}", fix)
    return value


def _read_kappa(reader: TableReader) -> tuple[float, float]:
    """Return the range of kappa."""
    low = _within(reader, "kappa.low", 0.0, 0.95)
    high = _within(reader, "kappa.high", 0.0, 0.95)
    if low > high:
        raise reader.fault("kappa.low", f"'kappa.low' is above 'kappa.high': {low:g}", "swap them")
    return low, high


def _read_power(reader: TableReader) -> float:
    """Return the power of the lead."""
    return _within(reader, "lead.power", 0.0, 2.0)


def _read_least_lead(reader: TableReader) -> float:
    """Return the least lead, years."""
    return _within(reader, "lead.least", 0.01, 1.0)


def _read_edge_factor(reader: TableReader) -> float:
    """Return by which the error of an edge is larger."""
    return _within(reader, "edge.factor", 1.0, 10.0)


def _read_pseudo_statements(reader: TableReader) -> float:
    """Return the weight of the tables."""
    return reader.number("calibration.pseudo_statements", least=0.1)


def _read_expert(reader: TableReader, key: str, kappa_low: float, kappa_high: float) -> Expert:
    """Read one table."""
    return Expert(
        own_sd=_within(reader, f"{key}.own_sd", 1e-3, _MOST_SD),
        herd_sd=_within(reader, f"{key}.herd_sd", 0.0, _MOST_SD),
        publisher_sd=_within(reader, f"{key}.publisher_sd", 0.0, _MOST_SD),
        bias=0.0,
        kappa_low=kappa_low,
        kappa_high=kappa_high,
        reason=reader.text(f"{key}.reason"),
    )


def _read_resolved(reader: TableReader) -> tuple[Resolved, ...]:
    """Read the statements with outcomes."""
    tables = reader.find("resolved") or []
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise reader.fault("resolved", "'resolved' is no list of tables", "write [[resolved]]")
    return tuple(_read_one(block) for block in _resolved_blocks(reader))


def _resolved_blocks(reader: TableReader) -> list[TableReader]:
    """Return a reader of each table `[[resolved]]`, which knows its number."""
    tables = reader.find("resolved")
    return [
        TableReader(reader.path, table, block=f"[[resolved]] {number}")
        for number, table in enumerate(tables if isinstance(tables, list) else (), start=1)
        if isinstance(table, dict)
    ]


def _read_one(reader: TableReader) -> Resolved:
    """Read one statement with its outcome."""
    kind, scale = reader.text("kind"), reader.text("scale")
    if kind not in EXPERT_KINDS:
        known = ", ".join(EXPERT_KINDS)
        raise reader.fault("kind", f"'{kind}' is no kind of expert", f"write one of {known}")
    if scale not in SCALES:
        raise reader.fault("scale", f"'{scale}' is no scale", f"write one of {', '.join(SCALES)}")
    return Resolved(
        id=reader.text("id"),
        kind=kind,
        house=reader.text("house"),
        about=reader.text("about"),
        scale=scale,
        made_on=_day(reader, "made_on"),
        known_on=_day(reader, "known_on"),
        lead=reader.number("lead"),
        unseen=_within(reader, "unseen", 0.0, 1.0),
        ours=reader.number("ours"),
        said=reader.number("said"),
        came=reader.number("came"),
    )


def _day(reader: TableReader, key: str) -> date:
    """Return a date."""
    value = reader.find(key)
    if not isinstance(value, date):
        raise reader.fault(key, f"'{key}' is no date: {value!r}", "write it as 2025-06-30")
    return value
