"""Carry beliefs between the units they are stated in and the scale on which they are normal.

Each belief about a series (its growth, its volatility, its level, its cap, the offset of a basis)
is stated in natural units and normal on a scale of its own:

    growth       fraction a year -> log1p;  percentage points at a level -> difference of logits
    volatility   as growth, then its logarithm
    level        log, logit or itself, by kind
    cap          logit
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from forecaster.records import frozen
from forecaster.workspace.quantile_fit import Contradiction

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.workspace.facts import SeriesEntry

LOG_KINDS = ("positive", "count", "cumulative")
BELIEFS = ("growth", "volatility", "level", "cap", "offset")
_LARGEST = 600.0
"""Link values are held below this, so that exp stays finite."""


@frozen
class NaturalScale:
    """How one belief is stated, and where it is normal.

    Attributes
    ----------
    unit : how its values are written down
    normal_unit : unit on the scale where it is normal
    distribution : the named distribution that has this shape
    to_normal : natural value -> value on the normal scale; raises Contradiction
    from_normal : back
    """

    unit: str
    normal_unit: str
    distribution: str
    to_normal: Callable[[float], float]
    from_normal: Callable[[float], float]


def logit(share: float) -> float:
    """Return log(p / (1 - p)).

    Raises
    ------
    Contradiction
        If p is outside (0, 1).
    """
    if not 0.0 < share < 1.0:
        problem = f"{share:g} is not between 0 and 1"
        raise Contradiction(problem, "write a fraction above 0 and below 1, such as 0.4 for 40%")
    return math.log(share / (1.0 - share))


def expit(link: float) -> float:
    """Return 1 / (1 + exp(-x))."""
    return 1.0 / (1.0 + math.exp(-max(min(link, _LARGEST), -_LARGEST)))


def growth_scale(entry: SeriesEntry, *, at: float | None = None) -> NaturalScale:
    """Return the scale of a long-run growth: link units a year.

    Parameters
    ----------
    at : for shares the level at which points are meant; a fraction

    Raises
    ------
    Contradiction
        If a share has no `at`, or a real series no typical change.
    """
    unit, normal_unit = _unit_of_change(entry), f"{_link_unit(entry)} a year"
    to, back = _change(entry, at)
    return NaturalScale(f"{unit} a year", normal_unit, "normal", to, back)


def offset_scale(entry: SeriesEntry, *, at: float | None = None) -> NaturalScale:
    """Return the scale of the offset of a basis: link units; same errors as `growth_scale`."""
    to, back = _change(entry, at)
    return NaturalScale(_unit_of_change(entry), _link_unit(entry), "normal", to, back)


def volatility_scale(entry: SeriesEntry, *, at: float | None = None) -> NaturalScale:
    """Return the scale of a typical change in a year: the log of link units.

    Same parameters and errors as `growth_scale`.
    """
    to, back = _change(entry, at)

    def to_normal(value: float) -> float:
        """Return where a stated amount lies on the scale where the belief is normal."""
        if not value > 0.0:
            raise Contradiction(
                f"a typical change of {value:g} is not above zero", "write its size"
            )
        return math.log(to(value))

    def from_normal(link: float) -> float:
        """Return the natural size of a value on that scale."""
        return back(math.exp(min(link, _LARGEST)))

    unit = _unit_of_change(entry)
    return NaturalScale(unit, f"log of {_link_unit(entry)}", "lognormal", to_normal, from_normal)


def level_scale(entry: SeriesEntry) -> NaturalScale:
    """Return the scale of the series itself."""
    if entry.kind == "share":
        return NaturalScale(entry.unit, "logit units", "logitnormal", logit, expit)
    if entry.kind == "real":
        return NaturalScale(entry.unit, entry.unit, "normal", float, float)

    def to_normal(value: float) -> float:
        """Return where a stated amount lies on the scale where the belief is normal."""
        if not value > 0.0:
            problem = f"{value:g} is not above zero"
            raise Contradiction(problem, f"write an amount above zero, in {entry.unit}")
        return math.log(value)

    return NaturalScale(entry.unit, "log units", "lognormal", to_normal, _bounded_exp)


def cap_scale() -> NaturalScale:
    """Return the scale of a cap: the logit of a fraction."""
    return NaturalScale("fraction", "logit units", "logitnormal", logit, expit)


def _bounded_exp(link: float) -> float:
    """Return exp(x), finite for every x."""
    return math.exp(max(min(link, _LARGEST), -_LARGEST))


def _unit_of_change(entry: SeriesEntry) -> str:
    """Return the unit in which a change of the series is stated."""
    if entry.kind in LOG_KINDS:
        return "fraction"
    return "percentage points" if entry.kind == "share" else entry.unit


def _link_unit(entry: SeriesEntry) -> str:
    """Return the unit of the link scale of the priors."""
    return {"share": "logit units", "real": "typical changes"}.get(entry.kind, "log units")


def _change(
    entry: SeriesEntry, at: float | None
) -> tuple[Callable[[float], float], Callable[[float], float]]:
    """Return how a change in natural units becomes one on the link scale, and back."""
    if entry.kind in LOG_KINDS:
        return _log1p, lambda link: math.expm1(min(link, _LARGEST))
    if entry.kind == "share":
        if at is None:
            problem = "percentage points mean nothing on the logit without a level"
            raise Contradiction(problem, "add at = 0.4 for points at 40%")
        start = logit(at)

        def to_link(points: float) -> float:
            """Return logit(at + x) - logit(at)."""
            if not 0.0 < at + points / 100.0 < 1.0:
                problem = f"{points:g} points at {100 * at:g}% lead outside 0% to 100%"
                raise Contradiction(problem, "write fewer points, or another level 'at'")
            return logit(at + points / 100.0) - start

        return to_link, lambda link: 100.0 * (expit(start + link) - at)
    typical = entry.typical_change
    if typical is None:
        problem = f"the typical change of '{entry.id}' in a year is not stated"
        raise Contradiction(problem, "state 'typical_change' in series.csv")
    return (lambda value: value / typical), (lambda link: link * typical)


def _log1p(fraction: float) -> float:
    """Return log(1 + x)."""
    if not fraction > -1.0:
        problem = f"{fraction:g} would be a loss of everything or more"
        raise Contradiction(problem, "write a fraction above -1, such as -0.2 for a fall of 20%")
    return math.log1p(fraction)
