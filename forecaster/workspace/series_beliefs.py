"""Read what is believed about one series: `priors/series/<id>.toml`.

family -> which model; growth, volatility, offsets, seasonal -> priors of the trend's numbers;
level -> where a series without history stands; cap -> what a share can reach at most
"""

from __future__ import annotations

import math
from dataclasses import field
from typing import TYPE_CHECKING

from forecaster.errors import Fault, FaultyInput, InputError
from forecaster.records import frozen
from forecaster.workspace.faults import did_you_mean, quoted
from forecaster.workspace.natural_units import (
    cap_scale,
    expit,
    growth_scale,
    level_scale,
    offset_scale,
    volatility_scale,
)
from forecaster.workspace.periods import parse_period
from forecaster.workspace.prior_overrides import with_beliefs
from forecaster.workspace.quantile_fit import Contradiction
from forecaster.workspace.stated_beliefs import StatedBelief, check_keys, read_belief

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forecaster.workspace.belief_tables import TableReader
    from forecaster.workspace.beliefs import TrendPrior
    from forecaster.workspace.facts import History, SeriesEntry
    from forecaster.workspace.natural_units import NaturalScale
    from forecaster.workspace.periods import Period

FAMILIES = (
    "pool", "trend", "walk", "jumps", "substitution", "composition", "pooled", "derived",
    "judgement-only", "custom",
)  # fmt: skip
"""What `family` may name; 'pool' is the weighted pool of the families that suit the kind."""

_TOP_KEYS = (
    "family", "reason", "formula", "function", "growth", "volatility", "level", "cap", "offset",
    "seasonal",
)  # fmt: skip


@frozen
class Level:
    """What is believed about the level of a series at a moment.

    Attributes
    ----------
    time : decimal years: the end of the period for a stock, its middle for a flow
    mean, sd : on the link scale; of the rate a year for flows of amounts
    """

    time: float
    mean: float
    sd: float


@frozen
class Cap:
    """What is believed about the largest share: mean and sd of log(cap / (1 - cap))."""

    mean: float
    sd: float


@frozen
class SeriesPrior:
    """What is believed about one series before its history is seen.

    Attributes
    ----------
    family : one of FAMILIES
    reason : why this family
    trend : the kind's default prior, with what is stated about this series in its place
    level : where it stands at a moment; needed where there is no history
    cap : of a share; None where nothing is stated
    seasonal_sd : sd of each seasonal contrast, link units; None keeps the default
    formula : of a derived series
    function : 'module:function' of a custom model
    stated : 'growth', 'volatility', 'level', 'cap', 'offset.<basis>', 'seasonal' -> the belief
        as it was stated, for those that are
    where : the file, for messages; '' where the series has none
    """

    series: str
    family: str
    reason: str
    trend: TrendPrior
    level: Level | None = None
    cap: Cap | None = None
    seasonal_sd: float | None = None
    formula: str = ""
    function: str = ""
    stated: Mapping[str, StatedBelief] = field(default_factory=dict)
    where: str = ""


def default_prior(entry: SeriesEntry, trend: TrendPrior) -> SeriesPrior:
    """Return the prior of a series about which nothing is stated."""
    return SeriesPrior(entry.id, "pool", "no beliefs of its own: the defaults of its kind", trend)


def read_series_prior(reader: TableReader, entry: SeriesEntry, trend: TrendPrior) -> SeriesPrior:
    """Read the beliefs about one series.

    Parameters
    ----------
    trend : the default prior of its kind

    Raises
    ------
    InputError
        If a key is unknown, a belief contradicts itself, or the family lacks what it needs.
    """
    check_keys(reader, "", _TOP_KEYS)
    family = reader.text("family") if reader.has("family") else "pool"
    if family not in FAMILIES:
        fix = did_you_mean(family, FAMILIES) or f"use one of {', '.join(FAMILIES)}"
        raise reader.fault("family", f"there is no family {quoted(family)}", fix)
    stated = _read_stated(reader, entry)
    prior = SeriesPrior(
        series=entry.id,
        family=family,
        reason=reader.text("reason"),
        trend=with_beliefs(trend, stated),
        level=_read_level(reader, entry, stated),
        cap=Cap(stated["cap"].mean, stated["cap"].sd) if "cap" in stated else None,
        seasonal_sd=stated["seasonal"].sd if "seasonal" in stated else None,
        formula=reader.text("formula") if reader.has("formula") else "",
        function=reader.text("function") if reader.has("function") else "",
        stated=stated,
        where=str(reader.path),
    )
    _check_family(prior, reader, entry)
    return prior


def check_cap(prior: SeriesPrior, history: History) -> None:
    """Check that a stated cap leaves room above the last figure.

    Raises
    ------
    InputError
        If the cap's median is no higher than the newest figure of the target basis.
    """
    if prior.cap is None:
        return
    rows = [row for row in history.data if row.basis == history.target_basis]
    last = max(rows, key=lambda row: (row.period.end, -row.period.length))
    cap = expit(prior.cap.mean)
    if cap <= last.value:
        raise InputError(
            problem=f"the cap of '{prior.series}' is {cap:.3g} in the median, "
            f"but {last.printed} was published for {last.period} ({last.where})",
            where=f"{prior.where}, key 'cap'" if prior.where else "cap",
            fix=f"state a cap well above {last.printed}, or drop it",
        )


def _read_stated(reader: TableReader, entry: SeriesEntry) -> dict[str, StatedBelief]:
    """Read every belief that the file has."""
    found: dict[str, StatedBelief] = {}

    def at(key: str) -> float | None:
        """Return the level at which points are meant."""
        path = f"{key}.at"
        return reader.number(path) if entry.kind == "share" and reader.has(path) else None

    scales: dict[str, Callable[[], NaturalScale]] = {
        "growth": lambda: growth_scale(entry, at=at("growth")),
        "volatility": lambda: volatility_scale(entry, at=at("volatility")),
        "level": lambda: level_scale(entry),
        "cap": cap_scale,
    }
    offsets = reader.find("offset") or {}
    if not isinstance(offsets, dict):
        raise reader.fault("offset", "'offset' is not a table", "write a table [offset.<basis>]")
    about_zero = [f"offset.{basis}" for basis in offsets]
    about_zero += ["seasonal"] * reader.has("seasonal")
    faults: list[Fault] = []
    for key in (*filter(reader.has, scales), *about_zero):
        make_scale = scales.get(key) or _offset_of(entry, at, key)
        try:
            found[key] = read_belief(reader, key, make_scale, about_zero=key in about_zero)
        except InputError as error:
            faults.extend(error.faults)
    if faults:
        raise FaultyInput(faults)
    return found


def _offset_of(
    entry: SeriesEntry, at: Callable[[str], float | None], key: str
) -> Callable[[], NaturalScale]:
    """Return the maker of the scale of one offset."""
    return lambda: offset_scale(entry, at=at(key) or 0.5)


def _read_level(
    reader: TableReader, entry: SeriesEntry, stated: Mapping[str, StatedBelief]
) -> Level | None:
    """Return the level with its moment."""
    belief = stated.get("level")
    if belief is None:
        return None
    try:
        period = parse_period(belief.at)
    except ValueError:
        problem = f"{quoted(belief.at)} is not a period" if belief.at else "it has no period 'at'"
        fix = 'write the period it is about, such as at = "2025" or at = "2025-06"'
        raise reader.fault("level.at", problem, fix) from None
    time, per_year = level_time(period, entry)
    return Level(time, belief.mean - math.log(per_year), belief.sd)


def level_time(period: Period, entry: SeriesEntry) -> tuple[float, float]:
    """Return when the level of a period is that of its figure, and its years as a rate.

    Returns
    -------
    time : decimal years
    years : by which an amount of a flow is divided to be a rate a year; else 1
    """
    if entry.timing == "stock":
        return period.end_year, 1.0
    is_amount = entry.kind in ("positive", "count")
    return (period.start_year + period.end_year) / 2, period.length if is_amount else 1.0


def _check_family(prior: SeriesPrior, reader: TableReader, entry: SeriesEntry) -> None:
    """Check that the file has what its family needs, and nothing that only another one uses."""
    needed = {
        "derived": ("formula", prior.formula, 'formula = "a / b"'),
        "custom": ("function", prior.function, 'function = "module:function"'),
        "substitution": ("cap", prior.cap, "a table [cap] with quantiles of the largest share"),
        "judgement-only": ("level", prior.level, "a table [level] with 'at' and quantiles"),
        "composition": ("composition", entry.composition, "the composition in series.csv"),
        "pooled": ("group", entry.group, "the group in series.csv"),
    }
    name, found, fix = needed.get(prior.family, ("", True, ""))
    if not found:
        problem = f"the family '{prior.family}' needs '{name}', and {quoted(entry.id)} has none"
        raise reader.fault("family", problem, f"add {fix}")
    for key, text, family in (
        ("formula", prior.formula, "derived"),
        ("function", prior.function, "custom"),
    ):
        if text and prior.family != family:
            problem = f"'{key}' is read only where family = '{family}'"
            raise reader.fault(key, problem, f"write family = '{family}', or drop '{key}'")
    if prior.cap is not None and entry.kind != "share":
        problem = f"a cap is the largest share, and {quoted(entry.id)} is of kind '{entry.kind}'"
        raise reader.fault("cap", problem, "drop the table [cap]")


__all__ = [
    "FAMILIES",
    "Cap",
    "Contradiction",
    "Level",
    "SeriesPrior",
    "StatedBelief",
    "check_cap",
    "default_prior",
    "level_time",
    "read_series_prior",
]
