"""Check what a workspace believes about its series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.errors import Fault, InputError
from forecaster.workspace.faults import did_you_mean, printable, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.facts import SeriesEntry


def check_series_beliefs(beliefs: Beliefs, entries: Mapping[str, SeriesEntry]) -> list[Fault]:
    """Return every fault of the files under `priors/series`, each file by itself.

    A file that no series has is a fault: it would never be read.
    """
    faults: list[Fault] = []
    if beliefs.folder is None:
        return faults
    for path in sorted(beliefs.folder.glob("*.toml")):
        entry = entries.get(path.stem)
        if entry is None:
            problem = f"there is no series {quoted(path.stem)} for these beliefs"
            fix = did_you_mean(path.stem, entries) or "name the file after a series of series.csv"
            faults.append(Fault(problem, printable(str(path)), fix))
            continue
        try:
            _check_one(entry, beliefs, entries)
        except InputError as error:
            faults.extend(error.faults)
    return faults


def _check_one(entry: SeriesEntry, beliefs: Beliefs, entries: Mapping[str, SeriesEntry]) -> None:
    """Read what is believed of a series; of a derived one check the formula and all below it.

    Raises
    ------
    InputError
        At the first fault.
    """
    if beliefs.of(entry).family != "derived":
        return
    from forecaster.workspace.families import check_formulas, needs_of

    check_formulas([entry.id], entries, needs_of([entry.id], entries, beliefs, "").definitions)
