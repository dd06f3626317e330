"""Read one belief of a series: quantiles or a named distribution, with unit and reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.records import frozen
from forecaster.workspace.faults import did_you_mean, quoted
from forecaster.workspace.quantile_fit import (
    Contradiction,
    check_order,
    fit_about_zero,
    fit_normal,
    percent,
    read_level,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forecaster.workspace.belief_tables import TableReader
    from forecaster.workspace.natural_units import NaturalScale

KEYS = ("quantiles", "distribution", "mean", "sd", "median", "log_sd", "at", "unit", "reason")
"""What the table of a belief may hold."""


@frozen
class StatedBelief:
    """One belief as a normal distribution, with the units and the reason it came with.

    Attributes
    ----------
    mean, sd : on the scale on which it is normal
    said : how it was stated, in natural units, on one line
    unit : of what was stated
    at : level or period that the statement is about, as written; '' where there is none
    """

    mean: float
    sd: float
    said: str
    unit: str
    reason: str
    at: str = ""


def read_belief(
    reader: TableReader,
    key: str,
    make_scale: Callable[[], NaturalScale],
    *,
    about_zero: bool = False,
) -> StatedBelief:
    """Read the table of one belief.

    Parameters
    ----------
    key : key path of the table
    make_scale : gives its scale; may raise Contradiction
    about_zero : whether its mean is zero by definition

    Raises
    ------
    InputError
        If a key is unknown or missing, or the numbers contradict each other; with file, key path
        and fix.
    """
    check_keys(reader, key, KEYS)
    has_quantiles = reader.has(f"{key}.quantiles")
    part = "quantiles" if has_quantiles else "sd" if about_zero else "distribution"
    try:
        part_of_scale = "at"
        scale = make_scale()
        part_of_scale = part
        read = _from_quantiles if has_quantiles else _from_distribution
        mean, sd, said = read(reader, key, scale, about_zero=about_zero)
    except Contradiction as error:
        raise reader.fault(f"{key}.{part_of_scale}", error.problem, error.fix) from None
    named = scale.normal_unit if not has_quantiles and _is_on_normal_scale(reader, key) else ""
    unit = _read_unit(reader, key, named or scale.unit)
    at = reader.find(f"{key}.at")
    return StatedBelief(
        mean, sd, said, unit, reader.text(f"{key}.reason"), "" if at is None else str(at)
    )


def check_keys(reader: TableReader, key: str, known: tuple[str, ...]) -> None:
    """Check that a table holds nothing that is not read.

    Raises
    ------
    InputError
        If it does, or is no table.
    """
    table = reader.find(key) if key else reader.table
    if not isinstance(table, dict):
        raise reader.fault(key, f"'{key}' is not a table", f"write it as [{key}] with its keys")
    for name in table:
        if name not in known:
            path = f"{key}.{name}" if key else name
            fix = did_you_mean(name, known) or f"use {', '.join(known)}"
            raise reader.fault(path, f"{quoted(name)} is not known here", fix)


def read_quantiles(table: Mapping[str, object]) -> dict[float, float]:
    """Read `{"5%" = 0.1, "50%" = 0.2}` as level -> natural value, in order and rising.

    Raises
    ------
    Contradiction
        If a level is none, a value no number, or they do not rise.
    """
    found: dict[float, float] = {}
    for text, value in table.items():
        level = read_level(text)
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e300:
            problem = f"the {text} quantile is not a number: {value!r}"
            raise Contradiction(problem, "write a number")
        if level in found:
            raise Contradiction(f"the {text} quantile is stated twice", "keep one of the two")
        found[level] = float(value)
    check_order(found)
    return dict(sorted(found.items()))


def say_quantiles(quantiles: Mapping[float, float]) -> str:
    """Return quantiles on one line: '5%: 0.1, 50%: 0.2, 95%: 0.4'."""
    return ", ".join(f"{percent(level)}: {value:g}" for level, value in quantiles.items())


def fit_stated(
    quantiles: Mapping[float, float], scale: NaturalScale, *, about_zero: bool = False
) -> tuple[float, float]:
    """Return mean and sd, on the normal scale, of quantiles in natural units.

    Raises
    ------
    Contradiction
        If a value is impossible, or no distribution of this shape fits.
    """
    on_scale = {level: scale.to_normal(value) for level, value in quantiles.items()}
    fit = (fit_about_zero if about_zero else fit_normal)(on_scale)
    return fit.mean, fit.sd


def _from_quantiles(
    reader: TableReader, key: str, scale: NaturalScale, *, about_zero: bool
) -> tuple[float, float, str]:
    """Return mean, sd and wording of a table with quantiles."""
    for other in ("distribution", "mean", "sd", "median", "log_sd"):
        if reader.has(f"{key}.{other}"):
            problem = f"'{key}' has both 'quantiles' and '{other}'"
            raise reader.fault(f"{key}.{other}", problem, "keep one of them")
    table = reader.find(f"{key}.quantiles")
    if not isinstance(table, dict):
        example = '{ "5%" = 0.1, "50%" = 0.2, "95%" = 0.4 }'
        raise Contradiction(f"'{key}.quantiles' is no table of quantiles", f"write {example}")
    quantiles = read_quantiles(table)
    return *fit_stated(quantiles, scale, about_zero=about_zero), say_quantiles(quantiles)


def _from_distribution(
    reader: TableReader, key: str, scale: NaturalScale, *, about_zero: bool
) -> tuple[float, float, str]:
    """Return mean, sd and wording of a table with a named distribution."""
    if about_zero:
        sd = reader.number(f"{key}.sd", least=1e-9)
        return 0.0, sd, f"normal about zero, sd {sd:g}"
    name = reader.find(f"{key}.distribution")
    if name not in ("normal", scale.distribution):
        problem = f"{name!r} is no distribution of it" if name else "it has no 'quantiles'"
        known = dict.fromkeys([f"'{scale.distribution}'", "'normal'"])
        fix = f"state quantiles, or distribution = {' or '.join(known)}"
        raise Contradiction(f"'{key}': {problem}", fix)
    if name == "normal":
        mean, sd = reader.number(f"{key}.mean"), reader.number(f"{key}.sd", least=1e-9)
        return mean, sd, f"normal, mean {mean:g}, sd {sd:g}"
    median = reader.number(f"{key}.median")
    width = "log_sd" if name == "lognormal" else "sd"
    sd = reader.number(f"{key}.{width}", least=1e-9)
    return scale.to_normal(median), sd, f"{name}, median {median:g}, {width} {sd:g}"


def _is_on_normal_scale(reader: TableReader, key: str) -> bool:
    """Say whether the numbers of a named distribution are on the scale where it is normal."""
    return reader.find(f"{key}.distribution") in (None, "normal")


def _read_unit(reader: TableReader, key: str, unit: str) -> str:
    """Read the unit, which says that the writer meant what is read."""
    stated = reader.text(f"{key}.unit")
    if stated != unit:
        problem = f"{quoted(stated)} is not the unit of '{key}' here, which is {quoted(unit)}"
        raise reader.fault(f"{key}.unit", problem, f"convert the numbers and write {quoted(unit)}")
    return stated
