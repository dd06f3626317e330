"""Read what is set and what is given on the command line: `--set` and `--given`.

--set ban=on@2027-Q1      --set ban=off      --set ban=p=0.3
--given "cn-share@2027 >= 20%"      --given "us / cn @ 2027 < 12"
--given "ban=on"      --given "ban=on@2027"
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from forecaster.errors import InputError
from forecaster.records import frozen
from forecaster.workspace.faults import CellError, did_you_mean, quoted
from forecaster.workspace.formula_text import FormulaText
from forecaster.workspace.levels import parse_level

if TYPE_CHECKING:
    from collections.abc import Collection

    from forecaster.workspace.periods import Period
    from forecaster.workspace.targets import Target, Targets

SIGNS = (">=", "<=", ">", "<")
SET_FORMS = "write driver=on, driver=on@2027-Q1, driver=off or driver=p=0.3"
GIVEN_FORMS = "write 'SERIES@2027 >= 20%' or 'driver=on@2027'"
FINE_ENOUGH = ("quarter", "month", "day")
_COMPARISON = re.compile(r"[<>=!≥≤＞＜＝]+")
_DRIVER = re.compile(r"\s*((?:driver:)?[A-Za-z0-9-]+)\s*=\s*(.*)", re.DOTALL)
_MEANT = {
    "=>": ">=", "=<": "<=", "≥": ">=", "≤": "<=", "＞": ">", "＜": "<", "＞＝": ">=", "＜＝": "<=",
    ">>": ">", "<<": "<",
}  # fmt: skip


@frozen
class SetDriver:
    """A driver that is set.

    Attributes
    ----------
    state : 'on' | 'off' | 'probability'
    start : when it comes on; None where it is drawn, or does not
    probability : that replaces its own, in (0, 1); None for the other states
    text : as typed
    """

    driver: str
    state: str
    start: Period | None
    probability: float | None
    text: str


@frozen
class SeenLevel:
    """A figure that is taken as seen.

    Attributes
    ----------
    sign : one of SIGNS
    level : in the unit of the target
    """

    target: Target
    period: Period
    sign: str
    level: float
    text: str

    @property
    def is_above(self) -> bool:
        """Whether the figure lies above the level."""
        return self.sign.startswith(">")


@frozen
class SeenDriver:
    """A state of a driver that is taken as seen.

    Attributes
    ----------
    is_on : whether it is on, or off
    period : at whose end; None: at the end of the forecast
    """

    driver: str
    is_on: bool
    period: Period | None
    text: str


Given = SeenLevel | SeenDriver


def parse_set(text: str, drivers: Collection[str]) -> SetDriver:
    """Read one `--set`.

    Parameters
    ----------
    drivers : ids of drivers

    Raises
    ------
    InputError
        If it is none; the text is shown with a marker under the fault.
    """
    source = FormulaText(text, "--set")
    match = _DRIVER.fullmatch(text)
    if match is None:
        raise source.fault("no driver is set to anything", (0, len(text)), SET_FORMS)
    driver = _read_driver(source, match, drivers)
    word, sign, _ = match[2].partition("@" if "@" in match[2] else "=")
    word, at = word.strip(), match.start(2)
    whole = (at, len(text.rstrip()))
    if word == "on":
        if sign == "=":
            raise source.fault("'on' takes a date, not a value", whole, SET_FORMS)
        start = _read_start(source, at + len(match[2].partition("@")[0]) + 1) if sign else None
        return SetDriver(driver, "on", start, None, text)
    if word == "off" and not sign:
        return SetDriver(driver, "off", None, None, text)
    if word == "off":
        fix = f"write {driver}=off"
        raise source.fault("'off' holds throughout, so it takes nothing", whole, fix)
    if word == "p" and sign == "=":
        offset = at + match[2].index("=") + 1
        return SetDriver(driver, "probability", None, _read_probability(source, offset), text)
    problem = f"a driver cannot be set to {source.cut(whole)}"
    raise source.fault(problem, whole, SET_FORMS)


def parse_given(text: str, targets: Targets, drivers: Collection[str]) -> Given:
    """Read one `--given`.

    Parameters
    ----------
    targets : where series and formulas are looked up
    drivers : ids of drivers

    Raises
    ------
    InputError
        If it is none; the text is shown with a marker under the fault.
    """
    source = FormulaText(text, "--given")
    found = list(_COMPARISON.finditer(text))
    if not found:
        span = (len(text.rstrip()), len(text.rstrip()))
        raise source.fault("nothing is said to hold", span, GIVEN_FORMS)
    if len(found) > 1:
        fix = "give each condition a --given of its own"
        raise source.fault("two comparisons in one condition", found[1].span(), fix)
    sign = found[0]
    if sign[0] == "=":
        return _read_seen_driver(source, drivers, sign.span())
    if sign[0] not in SIGNS:
        meant = _MEANT.get(sign[0])
        fix = f"type {quoted(meant)}" if meant else f"use one of {', '.join(SIGNS)}"
        raise source.fault(f"{quoted(sign[0])} is no comparison", sign.span(), fix)
    return _read_seen_level(source, targets, sign)


def _read_seen_driver(
    source: FormulaText, drivers: Collection[str], sign: tuple[int, int]
) -> SeenDriver:
    """Read `driver=on@2027`."""
    match = _DRIVER.fullmatch(source.text)
    is_state = match is not None and match[2].startswith(("on", "off"))
    if match is None or not (is_state or match[1].removeprefix("driver:") in drivers):
        problem = "'=' is for drivers, and a figure is never exactly so large"
        raise source.fault(problem, sign, "use >= or <=")
    driver = _read_driver(source, match, drivers)
    word, at, _ = match[2].partition("@")
    start = match.start(2)
    if word.strip() not in ("on", "off"):
        span = (start, start + len(word.rstrip()))
        raise source.fault(f"{source.cut(span)} is neither on nor off", span, GIVEN_FORMS)
    period = _read_period(source, start + len(word) + 1) if at else None
    return SeenDriver(driver, word.strip() == "on", period, source.text)


def _read_seen_level(source: FormulaText, targets: Targets, sign: re.Match[str]) -> SeenLevel:
    """Read `SERIES@2027 >= 20%`."""
    text = source.text
    name, at, _ = text[: sign.start()].rpartition("@")
    if not at:
        span = (0, len(text[: sign.start()].rstrip()))
        fix = f"add it: '{text[slice(*span)].strip()}@2027 {text[sign.start() :].strip()}'"
        raise source.fault("it is not said when", span, fix)
    period = _read_period(source, len(name) + 1, stop=sign.start())
    target = _find_target(source, name, targets)
    level_text = text[sign.end() :].strip()
    span = (sign.end(), len(text))
    if not level_text:
        raise source.fault("there is no level after the comparison", sign.span(), GIVEN_FORMS)
    try:
        level = parse_level(level_text, target.entry)
    except InputError as error:
        fault = error.faults[0]
        raise source.fault(fault.problem, _trimmed(text, *span), fault.fix) from None
    return SeenLevel(target, period, sign[0], level, text)


def _find_target(source: FormulaText, name: str, targets: Targets) -> Target:
    """Return the series or formula before '@'; a formula's own faults are shown in it."""
    try:
        return targets.find(name)
    except InputError as error:
        fault = error.faults[0]
        if fault.where:
            raise  # within a formula, whose text is shown with its marker
        raise source.fault(fault.problem, _trimmed(source.text, 0, len(name)), fault.fix) from None


def _read_driver(source: FormulaText, match: re.Match[str], drivers: Collection[str]) -> str:
    """Return the id of the driver, which exists."""
    name = match[1].removeprefix("driver:")
    if name not in drivers:
        fix = did_you_mean(name, drivers) or "choose one that 'forecaster list drivers' shows"
        raise source.fault(f"there is no driver {quoted(name)}", match.span(1), fix)
    return name


def _read_period(source: FormulaText, start: int, *, stop: int | None = None) -> Period:
    """Read the period that stands at a place."""
    from forecaster.workspace.cells import read_period

    span = _trimmed(source.text, start, len(source.text) if stop is None else stop)
    try:
        return read_period(source.text[slice(*span)])
    except CellError as error:
        raise source.fault(error.problem, span, error.fix) from None


def _read_start(source: FormulaText, start: int) -> Period:
    """Read when a driver comes on: a quarter, a month or a day."""
    period = _read_period(source, start)
    if period.frequency not in FINE_ENOUGH:
        span = _trimmed(source.text, start, len(source.text))
        problem = f"{period} is too long for the date of a driver"
        raise source.fault(problem, span, f"write a quarter, such as {period.start.year}-Q1")
    return period


def _read_probability(source: FormulaText, start: int) -> float:
    """Read a probability: 0.3 or 30%."""
    from forecaster.workspace.cells import percent_as_fraction, read_number

    span = _trimmed(source.text, start, len(source.text))
    typed = source.text[slice(*span)]
    percent = typed.removesuffix("%").rstrip()
    try:
        value = read_number(percent)
        if percent != typed:
            value = float(percent_as_fraction(percent))
    except CellError as error:
        raise source.fault(error.problem, span, "write a probability such as 0.3") from None
    if not 0.0 < value < 1.0:
        fix = "write one above 0 and below 1; 'on' and 'off' are for what is certain"
        raise source.fault(f"{value:g} is not a probability between 0 and 1", span, fix)
    return value


def _trimmed(text: str, start: int, stop: int) -> tuple[int, int]:
    """Return a stretch without the blanks at its ends; of blanks alone, the place of the first."""
    cut = text[start:stop]
    if not cut.strip():
        return start, start
    return start + len(cut) - len(cut.lstrip()), start + len(cut.rstrip())
