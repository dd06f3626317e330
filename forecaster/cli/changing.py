"""Check beliefs that `--prior` changes for one run, before anything is fitted on them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from forecaster.errors import Fault, FaultyInput, InputError
from forecaster.workspace.faults import did_you_mean, quoted
from forecaster.workspace.prior_changes import FLAG

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.facts import Facts, SeriesEntry
    from forecaster.workspace.prior_changes import Change

Found = TypeVar("Found")


def check_readable(beliefs: Beliefs, entries: Mapping[str, SeriesEntry]) -> None:
    """Check that what this run changes can be read, together with the rest of its table.

    Parameters
    ----------
    beliefs : with their changes
    entries : every series of the workspace; none where only files are forecast

    Raises
    ------
    InputError
        If a series or a driver is not known, a series has no beliefs of its own, or a table is at
        fault with the change.
    """
    of_drivers = [change for change in beliefs.changes if change.driver]
    for change in beliefs.changes:
        if not entries:
            raise change.refuse("a file has no beliefs and no drivers of its own", "leave it out")
        if change.driver:
            continue
        if change.target not in entries:
            fix = did_you_mean(change.target, entries) or "choose one that 'forecaster list' shows"
            raise change.refuse(f"there are no beliefs about {quoted(change.target)}", fix)
        own = [each for each in beliefs.changes if each.target == change.target]
        prior = _read(own, partial(beliefs.of, entries[change.target]))
        if not prior.where:
            fix = "write a file, as 'forecaster priors elicit' does"
            raise change.refuse(f"{quoted(change.target)} has no beliefs of its own to change", fix)
    if of_drivers:
        from forecaster.workspace.driver_beliefs import load_driver_beliefs

        read = partial(load_driver_beliefs, beliefs.workspace, entries, changes=of_drivers)
        _read(of_drivers, read)


def check_part(changes: Sequence[Change], facts: Facts | None) -> None:
    """Check that every series whose beliefs are changed takes part; a change is never idle.

    Parameters
    ----------
    facts : of the series that take part; None where only files are forecast

    Raises
    ------
    InputError
        If one takes no part.
    """
    for change in changes:
        if facts is None:
            raise change.refuse("a file has no beliefs and no drivers of its own", "leave it out")
        if not change.driver and change.target not in facts.rows:
            fix = "name a series that is forecast, or one that its forecast rests on"
            raise change.refuse(f"{quoted(change.target)} takes no part in this forecast", fix)


def _read(changes: Sequence[Change], read: Callable[[], Found]) -> Found:
    """Return what is read; a fault of it names the changes too."""
    try:
        return read()
    except InputError as error:
        said = ", ".join(f"{FLAG} {quoted(change.text)[1:-1]}" for change in changes)
        faults = [
            fault if fault.where.startswith(FLAG)
            else Fault(fault.problem, f"{said}; in {fault.where}", fault.fix)
            for fault in error.faults
        ]  # fmt: skip
        raise FaultyInput(faults) from None
