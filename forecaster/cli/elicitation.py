"""Ask for three quantiles, fit a distribution to them, and write it down as a belief."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from forecaster.errors import InputError
from forecaster.records import frozen
from forecaster.workspace.faults import quoted
from forecaster.workspace.natural_units import (
    cap_scale,
    growth_scale,
    level_scale,
    volatility_scale,
)
from forecaster.workspace.quantile_fit import Contradiction, NormalFit, fit_normal, read_level
from forecaster.workspace.stated_beliefs import read_quantiles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forecaster.cli.streams import Streams
    from forecaster.workspace.facts import SeriesEntry
    from forecaster.workspace.natural_units import NaturalScale

WHAT = ("growth", "level", "cap", "volatility")
MEANING = {
    "growth": "long-run growth",
    "level": "level",
    "cap": "largest share it can reach",
    "volatility": "typical change in one year",
}
ASKED_LEVELS = ("5%", "50%", "95%")
AGREEMENT = 0.01
"""The library's fit may differ from our own by this share of its sd."""
INSTALL = "pip install '.[elicit]'"


@frozen
class Elicited:
    """Quantiles that were checked and fitted.

    Attributes
    ----------
    quantiles : level -> natural value, rising
    fit : on the normal scale of `scale`
    """

    quantiles: Mapping[float, float]
    scale: NaturalScale
    fit: NormalFit


def scale_of(what: str, entry: SeriesEntry, at: float | None) -> NaturalScale:
    """Return the scale of what is asked for.

    Raises
    ------
    InputError
        If the series has no such belief.
    """
    if what == "cap" and entry.kind != "share":
        raise InputError(
            problem=f"a cap is the largest share, and {quoted(entry.id)} is of kind '{entry.kind}'",
            where="--what",
            fix="ask for growth, level or volatility",
        )
    try:
        if what == "level":
            return level_scale(entry)
        if what == "cap":
            return cap_scale()
        return (growth_scale if what == "growth" else volatility_scale)(entry, at=at)
    except Contradiction as error:
        raise InputError(problem=error.problem, where="--at", fix=error.fix) from None


def parse_quantiles(text: str, *, unit: str) -> dict[float, float]:
    """Read `5%=0.1,50%=0.2,95%=0.4`.

    Raises
    ------
    Contradiction
        If a part is no quantile, or they do not rise.
    """
    table: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        level, sign, value = part.partition("=")
        if not sign:
            problem = f"{quoted(part)} is not a quantile"
            raise Contradiction(problem, "type 5%=..,50%=..,95%=.. with numbers after the signs")
        read_level(level)
        if level.strip() in table:
            raise Contradiction(f"{level.strip()} is stated twice", "keep one of the two")
        table[level.strip()] = parse_value(value, unit=unit)
    return read_quantiles(table)


def parse_value(text: str, *, unit: str) -> float:
    """Read one number; `40%` is 0.4 where the unit is a fraction.

    Raises
    ------
    Contradiction
        If it is no finite number.
    """
    plain = text.strip().replace(" ", "")
    is_percent = plain.endswith("%") and unit.startswith("fraction")
    try:
        value = float(plain.removesuffix("%") if is_percent else plain)
    except ValueError:
        value = float("nan")
    if "_" in plain or not abs(value) < 1e300:
        raise Contradiction(f"{quoted(text.strip())} is not a number", f"type a number, in {unit}")
    return value / 100.0 if is_percent else value


def ask_quantiles(
    scale: NaturalScale, *, meaning: str, streams: Streams, check: Callable[[Elicited], None]
) -> Elicited:
    """Ask for three quantiles until they can be fitted.

    Raises
    ------
    InputError
        If the input ends first.
    """
    while True:
        streams.complain(f"Quantiles of the {meaning}, in {scale.unit}:")
        answers = {level: ask(f"  {level} quantile: ", streams) for level in ASKED_LEVELS}
        try:
            values = {level: parse_value(text, unit=scale.unit) for level, text in answers.items()}
            elicited = fit_quantiles(read_quantiles(values), scale)
            check(elicited)
        except Contradiction as error:
            streams.complain(f"  {error.problem}: {error.fix}")
        else:
            return elicited


def ask(prompt: str, streams: Streams) -> str:
    """Return one line that is typed.

    Raises
    ------
    InputError
        If the input has ended.
    """
    print(prompt, end="", file=streams.stderr, flush=True)
    line = streams.stdin.readline()
    if not line:
        raise InputError(
            problem="the input ended before the question was answered, and nothing was written",
            where="standard input",
            fix="answer at the terminal, or add --quantiles 5%=..,50%=..,95%=..",
        )
    return line.decode("utf-8", errors="replace").strip()


def fit_quantiles(quantiles: Mapping[float, float], scale: NaturalScale) -> Elicited:
    """Return quantiles with the distribution fitted to them.

    Raises
    ------
    Contradiction
        If a value is impossible, or no distribution of this kind fits.
    """
    on_scale = {level: scale.to_normal(value) for level, value in quantiles.items()}
    return Elicited(quantiles, scale, fit_normal(on_scale))


def check_with_library(elicited: Elicited) -> None:
    """Fit the same quantiles with PreliZ, and compare with our own fit.

    Raises
    ------
    InputError
        If the library is missing, or the fits disagree.
    """
    on_scale = {
        level: elicited.scale.to_normal(value) for level, value in elicited.quantiles.items()
    }
    mean, sd = library_fit(on_scale)
    own = elicited.fit
    if max(abs(mean - own.mean), abs(sd - own.sd)) > AGREEMENT * own.sd:
        raise InputError(
            problem="two ways to fit these quantiles disagree: PreliZ finds mean "
            f"{mean:.4g} and sd {sd:.4g}, our own fit {own.mean:.4g} and {own.sd:.4g}",
            where="--quantiles",
            fix="state two quantiles, or three that fit a normal distribution better",
        )


def library_fit(on_scale: Mapping[float, float]) -> tuple[float, float]:
    """Return mean and sd of the normal distribution that PreliZ fits to quantiles.

    Values are centred and scaled first: its optimiser stops at an absolute tolerance.

    Raises
    ------
    InputError
        If the library is not installed, or cannot be loaded.
    """
    import numpy as np

    levels = np.array(sorted(on_scale))
    values = np.array([on_scale[level] for level in sorted(on_scale)])
    middle, width = float(values.mean()), float(values[-1] - values[0])
    with warnings.catch_warnings():
        # the library and what it loads warn of their own coming changes
        warnings.simplefilter("ignore")
        library = import_library()
        found = library.match_quantiles(
            _Stated(levels, (values - middle) / width), library.Normal(), levels, plot=False
        )
    return middle + width * float(found.mu), width * float(found.sigma)


def import_library() -> Any:
    """Return PreliZ.

    Raises
    ------
    InputError
        If it is not installed, or does not work beside what is.
    """
    try:
        import preliz
    except ModuleNotFoundError as error:
        raise InputError(
            problem=f"eliciting needs PreliZ, which is not installed ({error})",
            where="forecaster priors elicit",
            fix=f"install it: {INSTALL}",
        ) from None
    except (ImportError, AttributeError) as error:
        raise InputError(
            problem=f"PreliZ is installed but cannot be loaded: {error}",
            where="forecaster priors elicit",
            fix=f"bring it and its libraries to versions that fit each other: {INSTALL}",
        ) from error
    return preliz


class _Stated:
    """Stated quantiles in the shape in which PreliZ takes a distribution to be matched."""

    is_frozen = True

    def __init__(self, levels: Any, values: Any) -> None:
        self._levels, self._values = levels, values

    def ppf(self, levels: Any) -> Any:
        """Return the stated value at each level."""
        import numpy as np

        return np.interp(levels, self._levels, self._values)

    def mean(self) -> float:
        """Return where the search begins."""
        return float(self._values.mean())

    def std(self) -> float:
        """Return the width with which it begins."""
        return float(self._values.std())
