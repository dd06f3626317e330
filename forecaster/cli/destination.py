"""Check that a file can be written before an hour is spent on what goes into it."""

from __future__ import annotations

import os
from pathlib import Path

from forecaster.errors import InputError
from forecaster.workspace.faults import quoted

LAYOUTS = ("wide", "long", "draws")


def check_destination(destination: str, *, flag: str) -> None:
    """Check that a file can be written there; `-` is standard output.

    Raises
    ------
    InputError
        If the folder is missing or not writable, or the destination is a folder.
    """
    if destination == "-":
        return
    path = Path(destination)
    folder = path.parent
    if not destination.strip() or path.name in ("", ".."):
        problem, fix = "no file is named", "type a file name, or - for standard output"
    elif not folder.is_dir():
        problem, fix = f"there is no folder {quoted(str(folder))}", "make it first"
    elif path.is_dir():
        problem = f"{quoted(destination)} is a folder"
        fix = f"name a file in it, such as {path / 'bands.csv'}"
    elif not os.access(folder, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        problem, fix = f"{quoted(destination)} cannot be written", "choose another place"
    else:
        return
    raise InputError(problem=problem, where=flag, fix=fix)
