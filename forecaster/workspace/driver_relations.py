"""Read how drivers work together: interactions, exclusions and amplifications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.workspace.driver_types import Amplification, Exclusion, Interaction
from forecaster.workspace.faults import did_you_mean, quoted
from forecaster.workspace.probabilities import read_multiplier

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from forecaster.workspace.blocks import Block
    from forecaster.workspace.driver_types import Driver

_INTERACTION_KEYS = ("from", "to", "odds", "acts_on", "reason", "essays")
_EXCLUSION_KEYS = ("drivers", "reason", "essays")
_AMPLIFICATION_KEYS = ("from", "to", "series", "times", "reason", "essays")


def require_driver(block: Block, key: str, name: str, known: Collection[str]) -> str:
    """Return the id of a driver that exists.

    Raises
    ------
    InputError
        If it does not; the nearest names are offered.
    """
    name = name.removeprefix("driver:")
    if name not in known:
        fix = did_you_mean(name, known) or "name the id of a driver in drivers.toml"
        raise block.fault(key, f"there is no driver {quoted(name)}", fix)
    return name


def read_interaction(
    block: Block, known: Collection[str], drivers: Mapping[str, Driver]
) -> Interaction:
    """Read one `[[interaction]]`.

    Parameters
    ----------
    known : ids of drivers
    drivers : those of them that could be read
    """
    block.only_knows(_INTERACTION_KEYS)
    sources, target = _read_ends(block, known)
    acts_on = block.word("acts_on", ("start", "end"), default="start")
    driver = drivers.get(target)
    if driver is not None and getattr(driver, acts_on) is None:
        problem = f"{quoted(target)} has no {acts_on} that odds could act on"
        fix = f"add [driver.{acts_on}] to it, or remove the interaction"
        raise block.fault("to", problem, fix)
    return Interaction(
        sources=sources,
        target=target,
        log_odds=read_multiplier(block, "odds", unit="log of the odds multiplier"),
        acts_on=acts_on,
        reason=block.text("reason"),
        essays=block.names("essays"),
    )


def read_exclusion(block: Block, known: Collection[str]) -> Exclusion:
    """Read one `[[exclusion]]`, of two drivers."""
    block.only_knows(_EXCLUSION_KEYS)
    names = block.names("drivers", least=2)
    if len(names) > 2:
        problem = f"'drivers' has {len(names)} names, and an exclusion is of two"
        raise block.fault("drivers", problem, "write one [[exclusion]] for each pair")
    first, second = (require_driver(block, "drivers", name, known) for name in names)
    if first == second:
        problem = f"the driver {quoted(first)} excludes itself"
        raise block.fault("drivers", problem, "name two drivers")
    return Exclusion(first, second, block.text("reason"))


def read_amplification(
    block: Block, known: Collection[str], drivers: Mapping[str, Driver]
) -> Amplification:
    """Read one `[[amplification]]`; same parameters as `read_interaction`."""
    block.only_knows(_AMPLIFICATION_KEYS)
    sources, target = _read_ends(block, known)
    series = block.names("series")
    driver = drivers.get(target)
    if driver is not None:
        moved = tuple(dict.fromkeys(effect.series for effect in driver.effects))
        if not moved:
            problem = f"{quoted(target)} has no effects that could be multiplied"
            raise block.fault("to", problem, "remove the amplification, or state its effects")
        for name in series:
            if name not in moved:
                fix = did_you_mean(name, moved) or f"use {', '.join(moved)}"
                problem = f"{quoted(target)} has no effect on {quoted(name)}"
                raise block.fault("series", problem, fix)
        series = series or moved
    return Amplification(
        sources=sources,
        target=target,
        series=series,
        log_times=read_multiplier(block, "times", unit="log of the multiplier"),
        reason=block.text("reason"),
    )


def _read_ends(block: Block, known: Collection[str]) -> tuple[tuple[str, ...], str]:
    """Return the drivers that act and the one acted on, which is none of them."""
    sources = tuple(
        require_driver(block, "from", name, known) for name in block.names("from", least=1)
    )
    target = require_driver(block, "to", block.text("to"), known)
    if target in sources:
        problem = f"the driver {quoted(target)} acts on itself"
        raise block.fault("to", problem, f"remove {quoted(target)} from 'from'")
    if len(set(sources)) < len(sources):
        raise block.fault("from", "'from' names a driver twice", "name each once")
    return sources, target
