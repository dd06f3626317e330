"""Plan which shares of a composition are forecast, and which of them are published already.

A period is made of units, each published at once. Of a unit some parts may be published:

    2026   |------ H1 ------||------ H2 ------|
    A         published .41        drawn
    B         drawn                drawn           A stands; B and C share what A leaves
    C         drawn                drawn
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from forecaster.errors import InputError
from forecaster.forecasts.plan import (
    TOLERANCE,
    Cutter,
    Stretch,
    native_pieces,
    open_spans,
    parse_until,
)
from forecaster.records import frozen
from forecaster.workspace.periods import (
    FREQUENCIES,
    PER_YEAR,
    Period,
    date_at,
    period_at,
    periods_from,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.models.publications import Publications
    from forecaster.workspace.compositions import Composition
    from forecaster.workspace.facts import Row

    KnownShares = Mapping[Period, Mapping[int, float]]


@frozen
class SharedUnit:
    """One publication of a composition.

    Attributes
    ----------
    length : years; 1 for a point, so that units of a period can be averaged
    known : part index -> its published share
    stretches : what the other parts' log shares are averaged over
    """

    length: float
    known: Mapping[int, float]
    stretches: tuple[Stretch, ...]


@frozen
class CompositionPlan:
    """What is to be drawn; fields as in plan.Plan, for all parts at once.

    Attributes
    ----------
    names : the parts, and the rest where there is one
    """

    names: tuple[str, ...]
    periods: tuple[Period, ...]
    units: tuple[tuple[SharedUnit, ...], ...]
    kept: tuple[tuple[float, float], ...]
    end: float
    step_length: float
    n_steps: int
    is_latent: bool


def plan_composition(
    composition: Composition, publications: Publications, *, until: str, latent: bool = False
) -> CompositionPlan:
    """Return the plan of a forecast of all parts to `until`.

    It begins with the first period of which some part has no figure yet on the target basis.

    Parameters
    ----------
    until : a period; its frequency is the frequency of the figures
    latent : ask for the latent shares on the finest grid in use instead

    Raises
    ------
    InputError
        If `until` is no period, or nothing is left to forecast by then.
    """
    last = parse_until(until)
    known = _known_shares(composition)
    newest = _newest_rows(composition)
    latest = max(row.period.end for row in newest.values())
    if last.end <= min(row.period.end for row in newest.values()):
        raise InputError(
            problem=f"nothing is left to forecast of '{composition.id}' by {last}",
            where=f"its parts have figures to {latest}",
            fix=f"ask for a period that ends after {latest}",
        )
    frequencies = {row.period.frequency for h in composition.histories.values() for row in h.data}
    per_year = 12 if (frequencies | {last.frequency}) & {"month", "day"} else 4
    native = _native_frequency(newest, last.frequency)
    frequency = last.frequency
    if latent:
        frequency = next(name for name in FREQUENCIES if PER_YEAR.get(name) == per_year)
    moment = min(row.period.end_year for row in newest.values())
    periods = periods_from(period_at(date_at(moment), frequency), until=last.end)
    end = math.ceil(float(publications.end.max()) * per_year - TOLERANCE) / per_year
    cutter = _Cutter(end, per_year)
    shares: KnownShares = {} if latent else known
    is_stock = composition.timing == "stock"
    units = tuple(
        (_point_unit(period, shares, cutter),)
        if is_stock
        else _units_of(period, shares, cutter, native)
        for period in periods
    )
    return CompositionPlan(
        names=composition.names,
        periods=periods,
        units=units,
        kept=tuple(cutter.kept),
        end=end,
        step_length=1 / per_year,
        n_steps=cutter.n_steps,
        is_latent=latent,
    )


def _newest_rows(composition: Composition) -> dict[str, Row]:
    """Return each part's newest figure on the target basis, or on any where it has none there."""
    found = {}
    for part, history in composition.histories.items():
        on_target = [row for row in history.published if row.basis == composition.target_basis]
        rows = on_target or list(history.data)
        found[part] = max(rows, key=lambda row: (row.period.end, row.period.length))
    return found


def _known_shares(composition: Composition) -> KnownShares:
    """Return the published shares on the target basis, by period and part."""
    found: dict[Period, dict[int, float]] = {}
    for k, part in enumerate(composition.parts):
        for row in composition.histories[part].published:
            if row.basis == composition.target_basis:
                found.setdefault(row.period, {})[k] = row.value
    return found


def _native_frequency(newest: Mapping[str, Row], frequency: str) -> str:
    """Return the frequency at which parts are published, no coarser than asked for."""
    last = max(row.period.end for row in newest.values())
    found = [row.period.frequency for row in newest.values() if row.period.end == last]
    names = ["month" if name == "day" else name for name in found]
    # the coarsest of those published last: a half beside the year it is part of is no rhythm
    return max(min(names, key=FREQUENCIES.index), frequency, key=FREQUENCIES.index)


def _point_unit(period: Period, shares: KnownShares, cutter: _Cutter) -> SharedUnit:
    """Return the unit of a stock: what is known of the period's last moment."""
    known: dict[int, float] = {}
    for other in sorted(shares, key=lambda p: p.length):
        if other.end == period.end:
            known = {**shares[other], **known}
    return SharedUnit(1.0, known, (cutter.point(period.end_year),))


def _units_of(
    period: Period, shares: KnownShares, cutter: _Cutter, native: str
) -> tuple[SharedUnit, ...]:
    """Return the units of one period of a flow: what is published in it, then native periods."""
    chosen: list[Period] = []
    for other in sorted(shares, key=lambda p: (-p.length, p.start)):
        if period.contains(other) and not any(other.overlaps(one) for one in chosen):
            chosen.append(other)
    units = [
        SharedUnit(one.length, shares[one], cutter.cut(one.start_year, one.end_year))
        for one in chosen
    ]
    for start, stop in open_spans(period, chosen):
        units += _native_units(start, stop, cutter, native)
    return tuple(units)


def _native_units(start: float, end: float, cutter: _Cutter, native: str) -> list[SharedUnit]:
    """Return the units between two times, cut where native periods begin."""
    pieces = native_pieces(start, end, native)
    return [SharedUnit(stop - time, {}, cutter.cut(time, stop)) for time, stop in pieces]


class _Cutter(Cutter):
    """Cut stretches of time where the history ends, and after that at the grid."""

    def point(self, time: float) -> Stretch:
        """Return the stretch at whose end the level is taken."""
        if time <= self.end + TOLERANCE:
            return self.keep(time, time)
        return self._step_of(time - 1 / self.per_year, 0.0)

    def cut(self, start: float, end: float) -> tuple[Stretch, ...]:
        """Return the stretches between two times."""
        found = []
        if start < self.end - TOLERANCE:
            found.append(self.keep(start, min(end, self.end)))
        first = round((max(start, self.end) - self.end) * self.per_year)
        last = round((end - self.end) * self.per_year)
        length = 1 / self.per_year
        found += [self._step_of(self.end + k * length, length) for k in range(first, last)]
        return tuple(found)

    def _step_of(self, start: float, length: float) -> Stretch:
        """Return the stretch of one step, of a length of its own."""
        step = round((start - self.end) * self.per_year)
        self.n_steps = max(self.n_steps, step + 1)
        return Stretch(length, None, step)
