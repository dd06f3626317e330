"""Name the house behind a statement, so that one house's statements are known as one house's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_IN_BRACKETS = re.compile(r"\s*\(([^)]*)\)")
_ENDINGS = (" guidance", " plan", " expectation", " sources", " question")
"""What a name says beside the house: 'Bloomberg sources', 'Meta guidance'."""


def affiliations(names: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return person -> house, for executives whose house stands in brackets somewhere.

    Parameters
    ----------
    names : (by, kind of expert) of every statement: 'Jensen Huang (Nvidia)' tells who the
        'Jensen Huang' of another line is
    """
    found = {}
    for by, kind in names:
        match = _IN_BRACKETS.search(by)
        if kind == "executive" and match:
            found[_IN_BRACKETS.sub("", by).strip()] = match[1].strip()
    return found


def house_of(by: str, *, kind: str = "", people: Mapping[str, str] | None = None) -> str:
    """Return the house that made a statement.

        Bernstein (unnamed)         Bernstein
        SemiAnalysis via WSJ        SemiAnalysis
        unnamed analysts via X      X
        Bloomberg sources (plan)    Bloomberg
        Lisa Su (AMD), executive    AMD

    Parameters
    ----------
    by : as the file has it
    kind : of expert; what stands in brackets after an executive is the house
    people : person -> house, as `affiliations` found it
    """
    match = _IN_BRACKETS.search(by)
    if kind == "executive" and match:
        return match[1].strip()
    name = _IN_BRACKETS.sub("", by).strip()
    before, _, after = name.partition(" via ")
    name = after.strip() if after and before.startswith("unnamed") else before.strip()
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    return (people or {}).get(name, name)
