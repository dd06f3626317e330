"""Carry a history to the link scale, with the error of every value.

A flow is an average of the latent level over its period. A total weighs its late months more
when the series grows: its window is shifted, the tilted average, to first order in the growth g:

    log(total / D) = average of l over the period shifted by g D^2/12  -  g^2 D^2/24  +  s_l^2 D/12
"""

from __future__ import annotations

import math
from dataclasses import field
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from forecaster.errors import InputError
from forecaster.models.links import LINKS, LinkValue
from forecaster.records import frozen
from forecaster.workspace.facts import History

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.workspace.beliefs import TrendPrior
    from forecaster.workspace.facts import SeriesEntry
    from forecaster.workspace.periods import Period
    from forecaster.workspace.series_beliefs import Level

    FloatArray = NDArray[np.float64]

LEAST_GROWTH = 0.3
"""Below this local growth no tilt: noisy slopes overcorrect by more than the tilt is worth."""
MOST_GROWTH = 2.0


@frozen
class Observations:
    """Values on the link scale; every array has length n unless said otherwise.

    Attributes
    ----------
    start, end : window in decimal years, edges shifted where tilted; equal for a point
    z : link value of the average over the window
    jensen : z is the average plus this times s_l^2 (years)
    noise_sd : known measurement sd, link units
    basis : index into `bases`; 0 is the reference
    bases : names, the reference first
    offset_sd : (n_bases,) prior sd of each basis' offset; 0 for the reference
    scale : link units per unit of the prior's scales; 1 but for kind `real`
    log_jacobian : sum of log |dz / dvalue|, to carry a density to the data scale
    target_noise_sd : measurement sd of a next figure on the target basis, link units, without
        the counting error of a Poisson count
    target : index of the target basis in `bases`
    periods : the period of each observation's figure
    log_slopes : log |dz / dvalue| of each figure, whose sum is `log_jacobian`; empty where unknown
    """

    start: FloatArray
    end: FloatArray
    z: FloatArray
    jensen: FloatArray
    noise_sd: FloatArray
    basis: NDArray[np.int64]
    bases: tuple[str, ...]
    offset_sd: FloatArray
    scale: float
    log_jacobian: float
    target_noise_sd: float
    target: int
    notes: tuple[str, ...] = ()
    periods: tuple[Period, ...] = ()
    log_slopes: FloatArray = field(default_factory=lambda: np.empty(0))

    @property
    def n(self) -> int:
        """How many observations."""
        return len(self.z)


def link_observations(history: History, prior: TrendPrior) -> Observations:
    """Return the history on the link scale of its kind.

    Parameters
    ----------
    history : History
        At least one value; a cumulative series needs two on one basis.
    prior : TrendPrior
        Gives the measurement sd by quality, the floor noise and the offsets' sds.

    Raises
    ------
    InputError
        If a cumulative series falls or has a single value, or a real one has no scale.
    """
    entry = history.entry
    scale, notes = _real_scale(history)
    values: list[LinkValue] = []
    for basis in history.bases:
        rows = [row for row in history.data if row.basis == basis]
        values += LINKS[entry.kind](rows, entry, prior, scale)
    if not values:
        raise InputError(
            problem=f"'{entry.id}' is cumulative and has a single value; its growth is unknown",
            where=history.data[0].where,
            fix="give at least two values on one basis",
        )
    is_tilted = entry.kind in ("positive", "count") and entry.timing == "flow"
    is_tilted = is_tilted or entry.kind == "cumulative"
    if is_tilted:
        for basis in history.bases:
            _tilt([value for value in values if value.row.basis == basis])
    values.sort(key=lambda v: (v.row.period.end, v.row.period.start, v.row.basis))
    return Observations(
        start=np.array([v.start for v in values]),
        end=np.array([v.end for v in values]),
        z=np.array([v.z for v in values]),
        jensen=np.array([(v.end - v.start) / 12 if is_tilted else 0.0 for v in values]),
        noise_sd=np.array([max(v.sd, prior.floor_noise * scale) for v in values]),
        basis=np.array([history.bases.index(v.row.basis) for v in values], dtype=np.int64),
        bases=history.bases,
        offset_sd=np.array([_offset_sd(entry, basis, prior) * scale for basis in history.bases]),
        scale=scale,
        log_jacobian=math.fsum(v.log_slope for v in values),
        target_noise_sd=max(_next_sd(values, history, prior), prior.floor_noise * scale),
        target=history.bases.index(history.target_basis),
        notes=notes,
        periods=tuple(v.row.period for v in values),
        log_slopes=np.array([v.log_slope for v in values]),
    )


def believed_level(entry: SeriesEntry, level: Level, prior: TrendPrior) -> Observations:
    """Return what is believed of a level in the place of a history: one uncertain observation.

    Raises
    ------
    InputError
        If the series is real and its typical change is not stated.
    """
    scale, _ = _real_scale(History(entry, date.min, (), (), ""))
    at = np.array([level.time])
    return Observations(
        start=at,
        end=at,
        z=np.array([level.mean]),
        jensen=np.zeros(1),
        noise_sd=np.array([level.sd]),
        basis=np.zeros(1, dtype=np.int64),
        bases=("",),
        offset_sd=np.zeros(1),
        scale=scale,
        log_jacobian=0.0,
        target_noise_sd=max(prior.quality_sd["estimate"], prior.floor_noise) * scale,
        target=0,
    )


def _next_sd(values: Sequence[LinkValue], history: History, prior: TrendPrior) -> float:
    """Return the measurement sd of a next figure on the target basis, that of the newest one."""
    known = [v for v in values if v.row.basis == history.target_basis and not v.is_zero]
    if not known:
        return 0.0
    if history.entry.counting_error == "poisson":
        # a count to come is drawn about its rate: its counting error must not be there twice
        return prior.quality_sd[known[-1].row.quality]
    return known[-1].sd


def _offset_sd(entry: SeriesEntry, basis: str, prior: TrendPrior) -> float:
    """Return the prior sd of a basis' offset; the reference has none."""
    relation = entry.relations.get(basis)
    if relation is None:
        return 0.0
    return prior.basis_offset_sd.get(basis, prior.offset_sd[relation])


def _real_scale(history: History) -> tuple[float, tuple[str, ...]]:
    """Return the typical change in a year of a real series, stated or measured; else 1."""
    entry = history.entry
    if entry.kind != "real":
        return 1.0, ()
    if entry.typical_change is not None:
        return entry.typical_change, ()
    rows = [row for row in history.data if row.basis == history.target_basis]
    if len(rows) < 6:
        raise InputError(
            problem=f"'{entry.id}' is of kind real and has {len(rows)} values; "
            "its typical change in a year is not known",
            where=f"series '{entry.id}'",
            fix="state 'typical_change' in series.csv, or give at least 6 values",
        )
    steps = [
        abs(later.value - earlier.value)
        / math.sqrt(later.period.end_year - earlier.period.end_year)
        for earlier, later in pairwise(rows)
    ]
    typical = float(np.median(steps)) or max(abs(row.value) for row in rows) * 1e-3 or 1.0
    note = f"typical change in a year taken from the history: {typical:.3g}"
    return typical, (note,)


def _tilt(values: list[LinkValue]) -> None:
    """Shift the windows of one basis by the local growth, edges of neighbours together."""
    growths = [_local_growth(values, value) for value in values]
    for value, growth in zip(values, growths, strict=True):
        length = value.end - value.start
        value.shift = growth * length**2 / 12
        value.z += growth**2 * length**2 / 24
    shifts = []
    for value in values:
        before = [v.shift for v in values if v.end == value.start and v is not value]
        after = [v.shift for v in values if v.start == value.end and v is not value]
        left = (value.shift + before[0]) / 2 if before else value.shift
        right = (value.shift + after[0]) / 2 if after else value.shift
        shifts.append((left, right))
    for value, (left, right) in zip(values, shifts, strict=True):
        value.start, value.end = value.start + left, value.end + right


def _local_growth(values: Sequence[LinkValue], centre: LinkValue) -> float:
    """Return the slope of z over the year on either side, 0 where it is small or unknown."""
    middle = (centre.start + centre.end) / 2
    near = [
        ((v.start + v.end) / 2 - middle, v.z)
        for v in values
        if abs((v.start + v.end) / 2 - middle) < 1.0 + 1e-6 and not v.is_zero
    ]
    if len(near) < 2:
        return 0.0
    t = np.array([point[0] for point in near])
    z = np.array([point[1] for point in near])
    t_centred = t - t.mean()
    spread = float(t_centred @ t_centred)
    if spread == 0:
        return 0.0
    growth = float(t_centred @ z) / spread
    return 0.0 if abs(growth) < LEAST_GROWTH else max(-MOST_GROWTH, min(MOST_GROWTH, growth))


def without_figures() -> Observations:
    """Return no observations: of a common factor, or of a time after the last figure."""
    nothing = np.zeros(0)
    return Observations(
        start=nothing,
        end=nothing,
        z=nothing,
        jensen=nothing,
        noise_sd=nothing,
        basis=np.zeros(0, dtype=np.int64),
        bases=("",),
        offset_sd=np.zeros(1),
        scale=1.0,
        log_jacobian=0.0,
        target_noise_sd=0.0,
        target=0,
    )
