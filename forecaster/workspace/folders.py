"""Say in which folders facts and beliefs lie."""

from __future__ import annotations

import os
from pathlib import Path

from forecaster.errors import InputError
from forecaster.workspace.faults import quoted

SERIES_FILE = "series.csv"
SHIPPED = Path(__file__).parents[1] / "data"
"""The workspace that comes with the program."""

_PACKED = Path(__file__).resolve().parent.parent / "priors"
_CHECKOUT = Path(__file__).resolve().parent.parent.parent / "priors"
SHIPPED_PRIORS = _PACKED if _PACKED.is_dir() else _CHECKOUT
"""In a wheel the folder lies inside the package, in a checkout beside it."""


def find_workspace(path: Path | None) -> Path:
    """Return the folder asked for, else that of FORECASTER_WORKSPACE, else the shipped one.

    Raises
    ------
    InputError
        If it is not a folder, or has no `series.csv`.
    """
    chosen, where = path, "--workspace"
    if chosen is None and (named := os.environ.get("FORECASTER_WORKSPACE")):
        chosen, where = Path(named), "environment variable FORECASTER_WORKSPACE"
    if chosen is None:
        return SHIPPED
    fix = "name a folder that holds series.csv, sources.csv and history/"
    if not chosen.is_dir():
        problem = f"there is no workspace folder {quoted(str(chosen))}"
        raise InputError(problem=problem, where=where, fix=fix)
    if not (chosen / SERIES_FILE).exists():
        problem = f"the folder {quoted(str(chosen))} is not a workspace: it has no {SERIES_FILE}"
        raise InputError(problem=problem, where=where, fix=fix)
    return chosen
