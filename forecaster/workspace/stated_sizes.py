"""Carry sizes of effects between the units people state them in and the link scale."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from forecaster.records import frozen
from forecaster.workspace.belief_tables import Normal
from forecaster.workspace.faults import quoted
from forecaster.workspace.quantile_fit import probit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.workspace.belief_tables import TableReader
    from forecaster.workspace.facts import SeriesEntry

POINTS, PERCENT = "percentage points", "percent"
MOST_SD = 0.5
"""Widest prior of an effect in the past, link units: a free jump lowers the fitted volatility."""
MOST_MISFIT = 0.25
"""How far a stated quantile may lie from that of the normal prior, in its sds."""
SIZE_KEYS = ("quantiles", "unit", "at", "growth_at")
_LINK_WORDS = {"share": "logit units", "real": "units of the series"}


@frozen
class StatedSize:
    """A size as it was written.

    Attributes
    ----------
    quantiles : (quantile level, value in `unit`), ascending
    unit : as written
    at : the level at which percentage points are meant, a fraction; None for other units
    scale : how a value v becomes one on the link scale:
        'points' logit(at + v/100) - logit(at); 'percent' log(1 + v/100);
        'growth' log(1 + growth_at + v/100) - log(1 + growth_at); 'log' log v; 'logit' logit v;
        'plain' v; '' by the unit: 'points' with a level, 'percent' for percents, else 'plain'
    growth_at : the growth a year at which points of growth are meant, a fraction
    """

    quantiles: tuple[tuple[float, float], ...]
    unit: str
    at: float | None = None
    scale: str = ""
    growth_at: float = 0.0

    @property
    def _scale(self) -> str:
        """The scale, by the unit where none is stated."""
        if self.scale:
            return self.scale
        if self.at is not None:
            return "points"
        return "percent" if self.unit == PERCENT else "plain"

    def to_link(self, value: float) -> float:
        """Return a value in `unit` on the link scale.

        Raises
        ------
        ValueError
            If the value leads out of the range of the series.
        """
        scale = self._scale
        if scale == "points":
            at = self.at or 0.0
            return _logit(at + value / 100) - _logit(at)
        if scale == "growth":
            return math.log1p(self.growth_at + value / 100) - math.log1p(self.growth_at)
        if scale == "logit":
            return _logit(value)
        if scale == "log":
            return math.log(value)
        return math.log1p(value / 100) if scale == "percent" else value

    def to_natural(self, link: float) -> float:
        """Return a value on the link scale in `unit`, the inverse of `to_link`."""
        scale = self._scale
        if scale == "points":
            at = self.at or 0.0
            return 100 * (_expit(_logit(at) + link) - at)
        if scale == "growth":
            return 100 * (math.exp(math.log1p(self.growth_at) + link) - 1 - self.growth_at)
        if scale == "logit":
            return _expit(link)
        if scale == "log":
            return math.exp(link)
        return 100 * math.expm1(link) if scale == "percent" else link


def read_size(block: TableReader, entry: SeriesEntry, *, reason: str) -> tuple[StatedSize, Normal]:
    """Read `size` of an effect in the past, as it was stated and as a prior on the link scale.

    Two quantiles give the normal prior exactly, more by least squares.

    Raises
    ------
    InputError
        If the unit does not suit the series, the quantiles are not ascending, lead out of the
        range, contradict each other, or make a prior wider than `MOST_SD`.
    """
    check_unit(block, entry, {"share": POINTS, "real": entry.unit}.get(entry.kind, PERCENT))
    stated = StatedSize(read_quantiles(block), block.text("size.unit"), read_at(block, entry))
    scale = (entry.typical_change or 1.0) if entry.kind == "real" else 1.0
    link_unit = _LINK_WORDS.get(entry.kind, "log units")
    fitted = fit_size(block, entry, stated, Normal(0.0, 0.0, link_unit, reason))
    if fitted.sd > MOST_SD * scale:
        problem = (
            f"the prior of the effect has sd {fitted.sd:.2f}, and {MOST_SD * scale:g} is the most"
        )
        raise block.fault("size.quantiles", problem, "state a narrower range")
    return stated, fitted


def check_unit(block: TableReader, entry: SeriesEntry, expected: str) -> None:
    """Check that a size is in the unit that suits its series and shape."""
    unit = block.text("size.unit")
    if unit != expected:
        problem = f"the unit {quoted(unit)} does not suit {quoted(entry.id)}"
        raise block.fault("size.unit", problem, f"state the size in {quoted(expected)}")


def read_at(block: TableReader, entry: SeriesEntry, *, has_level: bool = True) -> float | None:
    """Return the level at which percentage points are meant; None where there are none.

    Parameters
    ----------
    has_level : whether the size of a share is one in points
    """
    if entry.kind != "share" or not has_level:
        if block.has("size.at"):
            raise block.fault("size.at", "'at' is for percentage points alone", "remove 'at'")
        return None
    if not block.has("size.at"):
        problem = f"percentage points of {quoted(entry.id)} mean nothing without a level"
        raise block.fault("size.at", problem, "add at = 0.4 for points at 40%")
    at = block.number("size.at")
    if not 0 < at < 1:
        raise block.fault("size.at", f"'at' is {at:g}", "write a share between 0 and 1")
    return at


def read_quantiles(
    block: TableReader, key: str = "size.quantiles"
) -> tuple[tuple[float, float], ...]:
    """Read quantiles such as { "10%" = -40, "90%" = -15 }, in order.

    Raises
    ------
    InputError
        If there are fewer than two, a level is none, a value no number, or they do not rise.
    """
    table = block.find(key)
    fix = 'write at least two, such as { "10%" = -40, "90%" = -15 }'
    if not isinstance(table, dict) or len(table) < 2:
        raise block.fault(key, "there are not enough quantiles", fix)
    found = []
    for text, value in table.items():
        try:
            level = float(text.removesuffix("%")) / 100 if text.endswith("%") else math.nan
        except ValueError:
            level = math.nan
        if not 0 < level < 1:
            raise block.fault(key, f"{quoted(text)} is not a quantile level", fix)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value):
            problem = f"the quantile at {quoted(text)} is not a number: {value!r}"
            raise block.fault(key, problem, fix)
        found.append((level, float(value)))
    found.sort()
    for (low, smaller), (high, larger) in pairwise(found):
        if not (low < high and smaller < larger):
            problem = (
                f"the quantiles contradict each other: {smaller:g} at {100 * low:g}% "
                f"and {larger:g} at {100 * high:g}%"
            )
            raise block.fault(key, problem, "let them rise with their levels")
    return tuple(found)


def fit_size(block: TableReader, entry: SeriesEntry, stated: StatedSize, words: Normal) -> Normal:
    """Return the normal prior on the link scale that has the stated quantiles.

    Parameters
    ----------
    words : its unit and reason, with any mean and sd

    Raises
    ------
    InputError
        If a quantile leads out of the range of the series, or no normal prior has them all.
    """
    links = []
    for level, value in stated.quantiles:
        try:
            links.append(stated.to_link(value))
        except ValueError:
            problem = f"{value:g} {stated.unit} lead out of the range of {quoted(entry.id)}"
            fix = _smaller(stated)
            raise block.fault(f"size.quantiles.{100 * level:g}%", problem, fix) from None
    mean, sd = _fit_normal(block, [level for level, _ in stated.quantiles], links)
    return Normal(mean, sd, words.unit, words.reason)


def _smaller(stated: StatedSize) -> str:
    """Say how a size comes back into the range of its series."""
    if stated.scale == "log":
        return "state sizes above 0"
    if stated.scale == "logit":
        return "state fractions above 0 and below 1"
    return "state a smaller change" + (
        "" if stated.at is None else f", or another level than {stated.at:g}"
    )


def _fit_normal(
    block: TableReader, levels: Sequence[float], links: Sequence[float]
) -> tuple[float, float]:
    """Return mean and sd of the normal distribution with these quantiles, by least squares."""
    z = [_probit(level) for level in levels]
    z_mean, mean = math.fsum(z) / len(z), math.fsum(links) / len(links)
    spread = math.fsum((x - z_mean) ** 2 for x in z)
    sd = math.fsum((x - z_mean) * y for x, y in zip(z, links, strict=True)) / spread
    mean -= sd * z_mean
    if max(abs(mean + sd * x - y) for x, y in zip(z, links, strict=True)) > MOST_MISFIT * sd:
        problem = "no normal prior has these quantiles on the link scale"
        raise block.fault("size.quantiles", problem, "make them less skewed, or state only two")
    return mean, sd


_probit = lru_cache(maxsize=64)(probit)
"""Almost every size is stated at 10 and 90%, and a bisection takes its time."""


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


def _expit(x: float) -> float:
    """Return 1 / (1 + exp(-x)), whatever the size of x."""
    return 1 / (1 + math.exp(-x)) if x > 0 else math.exp(x) / (1 + math.exp(x))
