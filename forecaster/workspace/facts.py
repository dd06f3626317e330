"""Name the facts: sources, rows, and what a series is."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from forecaster.workspace.periods import Period

KINDS = ("share", "positive", "count", "cumulative", "real")
QUALITIES = ("reported", "derived", "estimate", "press", "recalled")
"""From the best to the worst."""
RELATIONS = ("same-measure", "other-measure")


@frozen
class Source:
    """Who said it, and when it could be known.

    Attributes
    ----------
    published : the last day of the month or year where only that is known
    published_is : 'stated' | 'inferred' | 'recalled'; 'assumed' for a row of a bare file, which
        counts as known on the last day of its period
    """

    id: str
    title: str
    publisher: str
    published: date
    published_is: str
    url: str


@frozen
class Row:
    """One line of a history file, as it stands.

    Attributes
    ----------
    printed : the value as written, from which its precision is read
    where : file and line, for messages
    """

    series: str
    period: Period
    value: float
    printed: str
    unit: str
    basis: str
    quality: str
    source: Source
    note: str
    where: str


@frozen
class SeriesEntry:
    """One line of `series.csv`: what a series measures and how it may be read.

    Attributes
    ----------
    kind : one of KINDS
    timing : 'flow' covers its period, 'stock' is the state at its end
    reference_basis : the basis whose offset is zero
    relations : basis -> relation to the reference basis; a basis not named here stays out
    counting_error : 'none' | 'poisson', for counts of events and running totals of them
    typical_change : typical change in a year, for kind `real`; None where not stated
    computed_periods : (basis, period) pairs that were computed from others of the same basis
    left_out : period text -> why its rows must not be fitted
    decided : rows published before their period ended are facts (quotas, a mid-month list)
    never_falls : a later figure cannot be lower, as of a best score so far
    least, most : what no figure can be under or over; None where nothing beside the kind says so
    part_of : id of the series that this one is a part of, in the same unit; '' of none
    """

    id: str
    title: str
    title_zh: str
    unit: str
    kind: str
    timing: str
    region: str = ""
    group: str = ""
    composition: str = ""
    reference_basis: str = ""
    relations: Mapping[str, str] = field(default_factory=dict)
    counting_error: str = "none"
    typical_change: float | None = None
    publication_lag_days: int | None = None
    iamc_variable: str = ""
    higher_source_preferred: bool = False
    computed_periods: frozenset[tuple[str, str]] = frozenset()
    left_out: Mapping[str, str] = field(default_factory=dict)
    decided: bool = False
    core: bool = False
    never_falls: bool = False
    least: float | None = None
    most: float | None = None
    part_of: str = ""


@frozen
class Facts:
    """Everything read from a workspace about some series.

    Attributes
    ----------
    entries : series id -> entry, for every series of the workspace
    rows : series id -> its rows in file order, for the series asked for
    hash : sha256 over the entries and rows read, for manifests
    notes : series id -> repairs made while reading, to be said on the screen
    """

    entries: Mapping[str, SeriesEntry]
    rows: Mapping[str, tuple[Row, ...]]
    hash: str
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@frozen
class LeftOut:
    """A row that does not enter the fit, with the reason in words."""

    row: Row
    reason: str


@frozen
class History:
    """What was known of one series on the as-of date, ready to be fitted.

    Attributes
    ----------
    data : rows that enter the fit, ordered by (period end, period start, basis);
        one row per basis and period
    bases : bases in `data`, the reference basis first
    target_basis : the basis that forecasts, questions and bands are about
    published : the best edition of each basis and period, whether or not it enters the fit
        (a year that was added up from its quarters is a published figure all the same)
    left_out : rows known by then that do not enter the fit
    notes : statements for the screen, such as a history cut to its last 500 periods
    """

    entry: SeriesEntry
    as_of: date
    data: tuple[Row, ...]
    bases: tuple[str, ...]
    target_basis: str
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    published: tuple[Row, ...] = ()
