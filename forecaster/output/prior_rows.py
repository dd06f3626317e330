"""Turn the beliefs about a series into quantiles in natural units, with where they come from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.bands import quantiles
from forecaster.output.digits import format_number, format_share
from forecaster.records import frozen
from forecaster.workspace.natural_units import (
    cap_scale,
    expit,
    growth_scale,
    level_scale,
    offset_scale,
    volatility_scale,
)
from forecaster.workspace.quantile_fit import Contradiction, probit

if TYPE_CHECKING:
    from forecaster.forecasts.prior_predictive import PriorPaths
    from forecaster.workspace.facts import SeriesEntry
    from forecaster.workspace.natural_units import NaturalScale
    from forecaster.workspace.series_beliefs import SeriesPrior

LEVELS = (0.05, 0.5, 0.95)
HEADERS = ("belief", "5%", "50%", "95%", "unit", "from")
_USUAL_SHARE = 0.3
"""Where points are shown when nothing says at which level."""


@frozen
class BeliefRow:
    """One belief in natural units.

    Attributes
    ----------
    values : at the quantile levels of LEVELS
    is_share : whether values are shown as percent
    stated : '' for a default of the kind
    """

    name: str
    values: tuple[float, ...]
    unit: str
    reason: str
    stated: str = ""
    is_share: bool = False

    def cells(self) -> list[str]:
        """Return the texts of a line of the table."""
        write = format_share if self.is_share else format_number
        shown = [write(value) for value in self.values]
        return [self.name, *shown, self.unit, "stated" if self.stated else "default"]


def belief_rows(entry: SeriesEntry, prior: SeriesPrior, paths: PriorPaths) -> list[BeliefRow]:
    """Return what is believed, stated or by default, in natural units."""
    rows = [_growth(entry, prior, paths), _volatility(entry, prior, paths)]
    if "level" in prior.stated:
        level = prior.stated["level"]
        name = f"level, {level.at}"
        rows.append(_row(prior, "level", level_scale(entry), name, share=entry.kind == "share"))
    if "cap" in prior.stated:
        rows.append(_row(prior, "cap", cap_scale(), "cap", share=True))
    offset = _scale(entry, at=0.5, of="offset")
    others = [key for key in prior.stated if key.startswith("offset.") or key == "seasonal"]
    return rows + [_row(prior, key, offset, key.replace(".", " ")) for key in others]


def shown_level(entry: SeriesEntry, prior: SeriesPrior, paths: PriorPaths, key: str) -> float:
    """Return the level at which points of a belief are shown; a fraction."""
    stated = prior.stated.get(key)
    if stated is not None and stated.at:
        return float(stated.at)
    start = paths.start
    has_place = entry.kind == "share" and not start.is_relative and start.sd < 1.0
    return round(expit(start.mean), 2) if has_place else _USUAL_SHARE


def _growth(entry: SeriesEntry, prior: SeriesPrior, paths: PriorPaths) -> BeliefRow:
    """Return the long-run growth."""
    at = shown_level(entry, prior, paths, "growth")
    scale, drift = _scale(entry, at=at, of="growth"), prior.trend.drift
    values = [scale.from_normal(drift.mean + probit(level) * drift.sd) for level in LEVELS]
    said = prior.stated["growth"].said if "growth" in prior.stated else ""
    unit = _unit(entry, scale.unit, at)
    return BeliefRow("long-run growth", tuple(values), unit, drift.reason, said)


def _volatility(entry: SeriesEntry, prior: SeriesPrior, paths: PriorPaths) -> BeliefRow:
    """Return the typical change in a year, which two of the trend's numbers make together."""
    at = shown_level(entry, prior, paths, "volatility")
    scale = _scale(entry, at=at, of="volatility")
    per_unit = (entry.typical_change or 1.0) if entry.kind == "real" else 1.0
    ordered = np.sort(paths.typical_change / per_unit)[:, None]
    found = quantiles(ordered, np.array(LEVELS))[:, 0].tolist()
    values = tuple(scale.from_normal(math.log(value)) for value in found)
    said = prior.stated["volatility"].said if "volatility" in prior.stated else ""
    unit = _unit(entry, scale.unit, at)
    return BeliefRow("typical change in a year", values, unit, prior.trend.theta[0].reason, said)


def _row(
    prior: SeriesPrior, key: str, scale: NaturalScale, name: str, *, share: bool = False
) -> BeliefRow:
    """Return a belief that was stated."""
    belief = prior.stated[key]
    values = tuple(scale.from_normal(belief.mean + probit(level) * belief.sd) for level in LEVELS)
    unit = "" if share else scale.unit
    return BeliefRow(name, values, unit, belief.reason, belief.said, is_share=share)


def _scale(entry: SeriesEntry, *, at: float, of: str) -> NaturalScale:
    """Return the scale of a change, in typical changes for a real series that states none."""
    makers = {"growth": growth_scale, "volatility": volatility_scale, "offset": offset_scale}
    try:
        return makers[of](entry, at=at)
    except Contradiction:
        from dataclasses import replace

        plain = makers[of](replace(entry, typical_change=1.0), at=at)
        return replace(plain, unit=plain.unit.replace(entry.unit, "typical changes"))


def _unit(entry: SeriesEntry, unit: str, at: float) -> str:
    """Return a unit with the level at which points are meant."""
    return f"{unit}, at {format_share(at)}" if entry.kind == "share" else unit
