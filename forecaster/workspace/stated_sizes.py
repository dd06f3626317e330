"""Carry sizes of effects between the units people state them in and the link scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from forecaster.workspace.belief_tables import Normal
from forecaster.workspace.faults import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.workspace.belief_tables import TableReader
    from forecaster.workspace.facts import SeriesEntry

POINTS, PERCENT = "percentage points", "percent"
MOST_SD = 0.5
"""Widest prior of an effect, link units: a free jump lowers the fitted volatility."""
MOST_MISFIT = 0.25
"""How far a stated quantile may lie from that of the normal prior, in its sds."""
_LINK_WORDS = {"share": "logit units", "real": "units of the series"}


@dataclass(frozen=True, slots=True)
class StatedSize:
    """A size as it was written.

    Attributes
    ----------
    quantiles : (quantile level, value in `unit`), ascending
    unit : 'percentage points', 'percent', or the unit of a real series
    at : the level at which percentage points are meant, a fraction; None for other units
    """

    quantiles: tuple[tuple[float, float], ...]
    unit: str
    at: float | None = None

    def to_link(self, value: float) -> float:
        """Return a value in `unit` as a shift on the link scale.

        Raises
        ------
        ValueError
            If the value leads out of the range of the series.
        """
        if self.at is not None:
            return _logit(self.at + value / 100) - _logit(self.at)
        return math.log1p(value / 100) if self.unit == PERCENT else value

    def to_natural(self, shift: float) -> float:
        """Return a shift on the link scale in `unit`, the inverse of `to_link`."""
        if self.at is not None:
            return 100 * (1 / (1 + math.exp(-_logit(self.at) - shift)) - self.at)
        return 100 * math.expm1(shift) if self.unit == PERCENT else shift


def read_size(block: TableReader, entry: SeriesEntry, *, reason: str) -> tuple[StatedSize, Normal]:
    """Read `size` of an effect, as it was stated and as a prior on the link scale.

    Two quantiles give the normal prior exactly, more by least squares.

    Raises
    ------
    InputError
        If the unit does not suit the series, the quantiles are not ascending, lead out of the
        range, contradict each other, or make a prior wider than `MOST_SD`.
    """
    unit = block.text("size.unit")
    expected = {"share": POINTS, "real": entry.unit}.get(entry.kind, PERCENT)
    if unit != expected:
        problem = f"the unit {quoted(unit)} does not suit {quoted(entry.id)}"
        raise block.fault("size.unit", problem, f"state the size in {quoted(expected)}")
    at = None
    if entry.kind == "share":
        at = block.number("size.at")
        if not 0 < at < 1:
            raise block.fault("size.at", f"'at' is {at:g}", "write a share between 0 and 1")
    elif block.has("size.at"):
        raise block.fault("size.at", "'at' is for percentage points alone", "remove 'at'")
    stated = StatedSize(_read_quantiles(block), unit, at)
    links = []
    for level, value in stated.quantiles:
        try:
            links.append(stated.to_link(value))
        except ValueError:
            problem = f"{value:g} {unit} lead out of the range of {quoted(entry.id)}"
            fix = "state a smaller change" + (
                "" if at is None else f", or another level than {at:g}"
            )
            raise block.fault(f"size.quantiles.{100 * level:g}%", problem, fix) from None
    link_unit = _LINK_WORDS.get(entry.kind, "log units")
    scale = (entry.typical_change or 1.0) if entry.kind == "real" else 1.0
    mean, sd = _fit_normal(block, [level for level, _ in stated.quantiles], links, scale=scale)
    return stated, Normal(mean, sd, link_unit, reason)


def _read_quantiles(block: TableReader) -> tuple[tuple[float, float], ...]:
    """Read `size.quantiles`, such as { "10%" = -40, "90%" = -15 }."""
    table = block.find("size.quantiles")
    fix = 'write at least two, such as { "10%" = -40, "90%" = -15 }'
    if not isinstance(table, dict) or len(table) < 2:
        raise block.fault("size.quantiles", "there are not enough quantiles", fix)
    found = []
    for text, value in table.items():
        try:
            level = float(text.removesuffix("%")) / 100 if text.endswith("%") else math.nan
        except ValueError:
            level = math.nan
        if not 0 < level < 1:
            raise block.fault("size.quantiles", f"{quoted(text)} is not a quantile level", fix)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value):
            problem = f"the quantile at {quoted(text)} is not a number: {value!r}"
            raise block.fault("size.quantiles", problem, fix)
        found.append((level, float(value)))
    found.sort()
    for (low, smaller), (high, larger) in pairwise(found):
        if not (low < high and smaller < larger):
            problem = (
                f"the quantiles contradict each other: {smaller:g} at {100 * low:g}% "
                f"and {larger:g} at {100 * high:g}%"
            )
            raise block.fault("size.quantiles", problem, "let them rise with their levels")
    return tuple(found)


def _fit_normal(
    block: TableReader, levels: Sequence[float], links: Sequence[float], *, scale: float
) -> tuple[float, float]:
    """Return mean and sd of the normal distribution with these quantiles."""
    from statistics import NormalDist  # only a workspace with drivers needs it

    z = [NormalDist().inv_cdf(level) for level in levels]
    z_mean, mean = math.fsum(z) / len(z), math.fsum(links) / len(links)
    spread = math.fsum((x - z_mean) ** 2 for x in z)
    sd = math.fsum((x - z_mean) * y for x, y in zip(z, links, strict=True)) / spread
    mean -= sd * z_mean
    if max(abs(mean + sd * x - y) for x, y in zip(z, links, strict=True)) > MOST_MISFIT * sd:
        problem = "no normal prior has these quantiles on the link scale"
        raise block.fault("size.quantiles", problem, "make them less skewed, or state only two")
    if sd > MOST_SD * scale:
        problem = f"the prior of the effect has sd {sd:.2f}, and {MOST_SD * scale:g} is the most"
        raise block.fault("size.quantiles", problem, "state a narrower range")
    return mean, sd


def _logit(p: float) -> float:
    """Return log(p / (1 - p)).

    Raises
    ------
    ValueError
        If p is outside (0, 1).
    """
    if not 0 < p < 1:
        raise ValueError(f"{p:g} is no share between 0 and 1")
    return math.log(p / (1 - p))
