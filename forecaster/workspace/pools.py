"""Find the series that are pooled with a series: the same quantity in other regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.errors import FaultyInput, InputError
from forecaster.workspace.history import known_by

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from forecaster.workspace.facts import Facts, History, SeriesEntry

WHOLE = "world"
"""Region of the totals, which are never members: a total moves with its parts by arithmetic, so
it would teach a group that its members move together. A continent stays in, for it is often all
that is known of its smaller countries; where its larger ones are members too, these count twice."""


def pool_names(entries: Mapping[str, SeriesEntry], asked: Sequence[str]) -> tuple[str, ...]:
    """Return the ids of a pool: those asked for, in their order, then their like in table order.

    Like series have the same group, IAMC variable, unit, kind and timing. A series without a group
    or without a variable has no like.

    Parameters
    ----------
    entries : of the whole workspace
    asked : series ids of one pool

    Raises
    ------
    InputError
        If those asked for are not of one pool.
    """
    first = entries[asked[0]]
    for name in asked:
        if _key(entries[name]) != _key(first):
            raise InputError(
                problem=f"'{name}' and '{first.id}' are not in one pool",
                where="a pool has one group, variable, unit, kind and timing",
                fix="ask for them in separate forecasts",
            )
    if not first.group or not first.iamc_variable:
        return tuple(dict.fromkeys(asked))
    like = (
        name
        for name, entry in entries.items()
        if _key(entry) == _key(first) and entry.region != WHOLE
    )
    return tuple(dict.fromkeys([*asked, *like]))


def _key(entry: SeriesEntry) -> tuple[str, ...]:
    """Return what like series have in common."""
    return entry.group, entry.iamc_variable, entry.unit, entry.kind, entry.timing


def pool_histories(
    facts: Facts, asked: Sequence[str], *, as_of: date, basis: str | None = None
) -> dict[str, History]:
    """Return what was known of a pool on a day, the series asked for first.

    Like series of which nothing was known by then take no part.

    Parameters
    ----------
    facts : with the rows of all of `pool_names`
    basis : target basis of the series asked for

    Raises
    ------
    FaultyInput
        If rows are not in the unit of their series.
    InputError
        If nothing was known of a series asked for, or a total is asked for.
    """
    for name in asked:
        if facts.entries[name].region == WHOLE:
            raise InputError(
                problem=f"'{name}' is the world's total, which cannot be pooled with its parts",
                where=f"series '{name}'",
                fix="forecast it alone with --model trend",
            )
    found = {name: known_by(facts, name, as_of=as_of, basis=basis) for name in asked}
    for name in pool_names(facts.entries, asked):
        if name in found:
            continue
        try:
            found[name] = known_by(facts, name, as_of=as_of)
        except FaultyInput:
            raise
        except InputError:
            continue  # nothing was known of it: the pool does without
    return found
