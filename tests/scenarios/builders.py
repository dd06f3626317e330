"""Build drivers and networks by hand."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from forecaster.scenarios.calendar import quarters_until
from forecaster.scenarios.network import make_network
from forecaster.workspace.belief_tables import Normal
from forecaster.workspace.driver_types import (
    GROUPS,
    Driver,
    DriverBeliefs,
    Effect,
    End,
    Exclusion,
    Interaction,
    Start,
)
from forecaster.workspace.probabilities import Probability
from forecaster.workspace.stated_sizes import StatedSize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.scenarios.network import Network

ASSESSED = date(2025, 12, 31)
BY = date(2028, 12, 31)


def sure(p: float) -> Probability:
    """A probability without a range, or all but."""
    logit = np.log(p / (1 - p))
    low, high = 1 / (1 + np.exp(-(logit + np.array([-1e-6, 1e-6]))))
    return Probability(float(low), float(high))


def between(low: float, high: float) -> Probability:
    return Probability(low, high)


def start(p: float | Probability, by: date = BY, *, in_force: bool = False) -> Start:
    return Start(p if isinstance(p, Probability) else sure(p), by, in_force, "r")


def end(p: float | Probability, within: float = 4) -> End:
    return End(p if isinstance(p, Probability) else sure(p), within, "r")


def driver(
    name: str,
    begins: Start | None = None,
    ends: End | None = None,
    *,
    on: bool = False,
    group: str = "us",
    assessed: date = ASSESSED,
    effects: Sequence[Effect] = (),
) -> Driver:
    kind = "state" if ends else "event"
    return Driver(
        id=name, title=name, summary="", actors=(), group=group, source="s", essays=(),
        assessed_on=assessed, is_on=on, is_judgement=True, kind=kind, start=begins, end=ends,
        events=(), effects=tuple(effects),
    )  # fmt: skip


def influence(
    sources: str | Sequence[str], target: str, odds: float, *, sd: float = 0.0, on: str = "start"
) -> Interaction:
    names = (sources,) if isinstance(sources, str) else tuple(sources)
    return Interaction(names, target, Normal(float(np.log(odds)), sd, "log odds", "r"), on, "r")


def beliefs(
    drivers: Sequence[Driver],
    interactions: Sequence[Interaction] = (),
    exclusions: Sequence[tuple[str, str]] = (),
    amplifications: Sequence[object] = (),
) -> DriverBeliefs:
    return DriverBeliefs(
        drivers=tuple(drivers),
        interactions=tuple(interactions),
        exclusions=tuple(Exclusion(a, b, "r") for a, b in exclusions),
        amplifications=tuple(amplifications),
        hash="test",
    )


def network(
    made: DriverBeliefs, *, as_of: date = ASSESSED, until: date = date(2035, 12, 31)
) -> Network:
    quarters = quarters_until(as_of, until)
    return make_network(made, [each.is_on for each in made.drivers], quarters)


def sixty_drivers(seed: int = 1) -> DriverBeliefs:
    """Drivers of every sort in loops: as many and as densely tied as those that are shipped."""
    rng = np.random.default_rng(seed)
    drivers = []
    for i in range(60):
        low = rng.uniform(0.05, 0.5)
        stated = between(low, min(low + rng.uniform(0.05, 0.35), 0.95))
        group = GROUPS[i % 4]
        by = date(2026 + int(rng.integers(1, 4)), 12, 31)
        sort = i % 6
        if sort < 3:
            drivers.append(driver(f"event-{i}", start(stated, by), group=group))
        elif sort == 3:
            ends = end(between(0.2, 0.5), 8)
            drivers.append(driver(f"state-{i}", start(stated, by), ends, group=group))
        elif sort == 4:
            drivers.append(
                driver(f"going-{i}", None, end(between(0.1, 0.4), 8), on=True, group=group)
            )
        else:
            ends = end(between(0.2, 0.5), 8)
            is_on = i % 4 == 1
            begins = start(between(*((0.7, 0.92) if is_on else (0.2, 0.6))), by, in_force=True)
            drivers.append(driver(f"forced-{i}", begins, ends, on=is_on, group=group))
    names = [each.id for each in drivers]
    interactions = []
    for _ in range(80):
        a, b = rng.choice(60, size=2, replace=False)
        odds = float(rng.choice([0.4, 2.0, 4.0, 6.0]))
        acts = "end" if drivers[b].start is None else "start"
        if not any(e.target == names[b] and e.sources == (names[a],) for e in interactions):
            interactions.append(influence(names[a], names[b], odds, sd=0.4, on=acts))
    rare = sorted(
        (i for i in range(60) if i % 6 < 4), key=lambda i: drivers[i].start.probability.mean
    )
    a, b, c, d = (names[i] for i in (rare[3], rare[10], rare[12], rare[20]))
    exclusions = [(a, b), (a, c), (b, d)]
    return beliefs(drivers, interactions, exclusions)


def effect(
    *,
    driver: str = "a",
    series: str = "s",
    shape: str = "step",
    size: float = 1.0,
    sd: float = 0.0,
    lag: float = 0.0,
    quarters: float | None = None,
    persists: bool = False,
    in_history: float = 0.0,
    judgement: bool = False,
) -> Effect:
    return Effect(
        driver=driver, series=series, shape=shape, lag=lag, quarters=quarters, persists=persists,
        size=StatedSize((), "percent"), link=Normal(size, sd, "log units", "r"),
        in_history=in_history, is_judgement=judgement, reason="r",
    )  # fmt: skip
