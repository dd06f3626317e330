"""Tell the ids of drivers and scenarios apart, some of which are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.errors import InputError
from forecaster.workspace.faults import did_you_mean, quoted

if TYPE_CHECKING:
    from collections.abc import Collection


def find_id(
    text: str, drivers: Collection[str], scenarios: Collection[str], *, where: str = ""
) -> tuple[str, str]:
    """Return what a user means by `ID`, `driver:ID` or `scenario:ID`.

    Parameters
    ----------
    drivers, scenarios : their ids
    where : option or argument, for messages

    Returns
    -------
    ('driver' | 'scenario', id)

    Raises
    ------
    InputError
        If there is none of that id; or there are both, and the text does not say which.
    """
    known = {"driver": drivers, "scenario": scenarios}
    word, colon, name = text.strip().partition(":")
    if colon and word in known:
        if name not in known[word]:
            near = did_you_mean(name, known[word])
            fix = near or f"choose one that 'forecaster list {word}s' shows"
            raise InputError(problem=f"there is no {word} {quoted(name)}", where=where, fix=fix)
        return word, name
    meant = [word for word, names in known.items() if text.strip() in names]
    if len(meant) == 2:
        raise InputError(
            problem=f"{quoted(text)} is the id of a driver and of a scenario",
            where=where,
            fix=f"write driver:{text.strip()} or scenario:{text.strip()}",
        )
    if not meant:
        fix = did_you_mean(text, [*drivers, *scenarios])
        raise InputError(
            problem=f"there is no driver or scenario {quoted(text)}",
            where=where,
            fix=fix or "choose one that 'forecaster list drivers' or 'list scenarios' shows",
        )
    return meant[0], text.strip()
