"""Print drivers and scenarios: a table of many, or a card for one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from forecaster.output.layout import WARNING, put, put_table, put_wrapped
from forecaster.output.plain import safe_text
from forecaster.workspace.driver_types import state_known
from forecaster.workspace.probabilities import Z_90

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from rich.console import Console

    from forecaster.workspace.belief_tables import Normal
    from forecaster.workspace.driver_types import Driver, DriverBeliefs, Effect, PastEvent
    from forecaster.workspace.probabilities import Probability
    from forecaster.workspace.scenario_beliefs import Forced, Scenario

LEAST_ROOM = 28
"""Columns that a title needs."""


def print_drivers(drivers: Sequence[Driver], console: Console, *, as_of: date) -> None:
    """Print a row for each driver: its state, its stated chances, and its title."""
    headers = ["id", "group", "now", "start", "end", "driver"]
    rows = [headers]
    for driver in drivers:
        state = "on" if state_known(driver, as_of) else "off"
        start = _stated_start(driver)
        end = _stated_end(driver)
        rows.append(
            [safe_text(driver.id), driver.group, state, start, end, safe_text(driver.title)]
        )
    _put_rows(console, rows, ((0, 1, 2, 3, 4, 5), (0, 2, 3, 4, 5), (0, 2, 3, 5), (0, 2, 5)))
    put(console)
    put(console, f"{len(drivers)} drivers, as of {as_of}; probabilities are ranges of 10 to 90%.")


def print_scenarios(scenarios: Sequence[Scenario], console: Console) -> None:
    """Print a row for each scenario: by when, how many drivers it sets, and its title."""
    headers = ["id", "by", "on", "off", "replaced", "scenario"]
    rows = [headers]
    for each in scenarios:
        counts = [str(len(each.on)), str(len(each.off)), str(len(each.probability))]
        title = safe_text(each.title) + (" *" if each.is_exclusive else "")
        rows.append([safe_text(each.id), str(each.by), *counts, title])
    _put_rows(console, rows, ((0, 1, 2, 3, 4, 5), (0, 1, 5), (0, 5)))
    put(console)
    put(console, f"{len(scenarios)} scenarios; those marked * rule each other out.")


def print_driver(driver: Driver, beliefs: DriverBeliefs, console: Console, *, as_of: date) -> None:
    """Print everything that is believed about a driver."""
    put(console, f"{safe_text(driver.title)} (driver {safe_text(driver.id)})", style="bold")
    put(console, safe_text(driver.summary))
    state = "on" if state_known(driver, as_of) else "off"
    kind = "happens once and stays" if driver.kind == "event" else "switches on and off"
    put(console, f"As of {as_of} it is {state}; it {kind}.")
    put(console)
    if driver.start is not None:
        put(console, f"Start: {_stated_start(driver)}. {safe_text(driver.start.reason)}")
    if driver.end is not None:
        put(console, f"End: {_stated_end(driver)}. {safe_text(driver.end.reason)}")
    basis = "judgement" if driver.is_judgement else "counted from data"
    put(console, f"Stated on {driver.assessed_on} ({basis}).")
    if driver.events:
        put(console)
        put_table(console, ["date", "ended", "event", "source"], _event_rows(driver.events), left=4)
    put(console)
    if driver.effects:
        put_table(console, ["series", "shape", "lag", "size"], _effect_rows(driver.effects), left=4)
    else:
        put(console, "It moves no series by itself.")
    said = list(_relations(driver.id, beliefs))
    for line in [""] * bool(said) + said:
        put(console, line)
    put(console)
    _put_origin(driver, console, as_of=as_of)


def _put_origin(driver: Driver, console: Console, *, as_of: date) -> None:
    """Print who acts, and where a driver is from."""
    put(console, f"Actors: {', '.join(map(safe_text, driver.actors)) or 'none named'}.")
    put(console, f"Source: {safe_text(driver.source)}.")
    if driver.essays:
        put(console, f"Essays: {', '.join(map(safe_text, driver.essays))}.")
    if driver.assessed_on > as_of:
        put(console, "warning: its probabilities were stated later: hindsight", style=WARNING)


def print_scenario(scenario: Scenario, console: Console) -> None:
    """Print everything that a scenario sets."""
    put(console, f"{safe_text(scenario.title)} (scenario {safe_text(scenario.id)})", style="bold")
    put(console, safe_text(scenario.narrative))
    put(console)
    rows = [[safe_text(each.driver), "on", _when(each, scenario)] for each in scenario.on]
    rows += [[safe_text(name), "off", "throughout"] for name in scenario.off]
    rows += [
        [safe_text(name), "probability", _range(stated)]
        for name, stated in scenario.probability.items()
    ]
    if rows:
        put_table(console, ["driver", "set", "when"], rows, left=3)
    else:
        put(console, "It sets no driver.")
    put(console)
    if scenario.is_exclusive:
        put(console, "It rules out the other exclusive scenarios.")
    if scenario.evidence:
        put(console, f"Evidence: {safe_text(scenario.evidence)}")
    if scenario.essays:
        put(console, f"Essays: {', '.join(map(safe_text, scenario.essays))}.")


def _put_rows(
    console: Console, rows: Sequence[Sequence[str]], columns: Iterable[Sequence[int]]
) -> None:
    """Print a table in as many columns as fit, or else each row as two lines."""
    for chosen in columns:
        if put_wrapped(console, [[row[i] for i in chosen] for row in rows], least=LEAST_ROOM):
            return
    for row in rows[1:]:
        put(console, row[0], style="bold")
        put(console, row[-1], indent=2)


def _when(forced: Forced, scenario: Scenario) -> str:
    """Return when a driver comes on."""
    return f"from {forced.start}" if forced.start else f"drawn, by {scenario.by}"


def _stated_start(driver: Driver) -> str:
    """Return the stated chance of a start: '10% to 30% by 2028-12-31'."""
    if driver.start is None:
        return "none"
    word = "in force on" if driver.start.is_in_force else "by"
    return f"{_range(driver.start.probability)} {word} {driver.start.by}"


def _stated_end(driver: Driver) -> str:
    """Return the stated chance of an end: '20% to 50% in 8 quarters'."""
    if driver.end is None:
        return "none"
    return f"{_range(driver.end.probability)} in {_quarters(driver.end.within_quarters)}"


def _range(stated: Probability) -> str:
    """Return a range of probabilities in percent."""
    return f"{100 * stated.low:.3g}% to {100 * stated.high:.3g}%"


def _event_rows(events: Iterable[PastEvent]) -> list[list[str]]:
    """Return the rows of what has happened."""
    rows = []
    for event in events:
        ended = "moment" if event.is_moment else str(event.ended) if event.ended else "in force"
        title = safe_text(event.title) + ("" if event.is_verified else " (unverified)")
        rows.append([str(event.date), ended, title, safe_text(event.source)])
    return rows


def _effect_rows(effects: Iterable[Effect]) -> list[list[str]]:
    """Return the rows of what a driver does to series."""
    return [
        [safe_text(each.series), each.shape, _quarters(each.lag), _size(each)] for each in effects
    ]


def _quarters(number: float) -> str:
    """Return '1 quarter', '2 quarters'."""
    return f"{number:g} quarter{'' if number == 1 else 's'}"


def _times(log_size: Normal) -> str:
    """Return the 10 and 90% quantiles of a multiplier: '1.5 to 4'."""
    low, high = (math.exp(log_size.mean + sign * Z_90 * log_size.sd) for sign in (-1, 1))
    return f"{low:.2g} to {high:.2g}"


def _size(effect: Effect) -> str:
    """Return the outermost stated quantiles of an effect: '-40 to -15 percentage points'."""
    (low, least), *_, (high, most) = effect.size.quantiles
    at = "" if effect.size.at is None else f" at {100 * effect.size.at:g}%"
    ends = f"{100 * low:g}-{100 * high:g}%"
    return f"{least:g} to {most:g} {safe_text(effect.size.unit)}{at} ({ends})"


def _relations(driver: str, beliefs: DriverBeliefs) -> Iterable[str]:
    """Yield sentences on how a driver works together with others."""
    for link in beliefs.interactions:
        if driver in (*link.sources, link.target):
            verb = "starting" if link.acts_on == "start" else "ending"
            sources = " and ".join(map(safe_text, link.sources))
            yield (
                f"While {sources} is on, the odds of {safe_text(link.target)} {verb} are "
                f"multiplied by {_times(link.log_odds)}. {safe_text(link.reason)}"
            )
    for name in beliefs.excluded_by(driver):
        yield f"Never on together with {safe_text(name)}."
    for each in beliefs.amplifications:
        if driver in (*each.sources, each.target):
            sources = " and ".join(map(safe_text, each.sources))
            yield (
                f"While {sources} is on, effects of {safe_text(each.target)} are multiplied by "
                f"{_times(each.log_times)}. {safe_text(each.reason)}"
            )
