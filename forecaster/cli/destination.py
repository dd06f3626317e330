"""Decide where a result goes, and check it before an hour is spent on what goes there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.cli import options
from forecaster.errors import InputError
from forecaster.records import frozen
from forecaster.workspace.faults import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.cli.streams import Streams
    from forecaster.forecasts.forecast import Forecast

LAYOUTS = ("wide", "long", "draws")


@frozen
class Output:
    """Where a result goes.

    Attributes
    ----------
    destination : of the CSV: a file, '-' for standard output, or '' for none
    layout : of the CSV, one of LAYOUTS
    is_json : whether JSON is printed in place of the screen
    """

    destination: str
    layout: str
    is_json: bool


def read_output(csv: str | None, layout: str | None, *, is_json: bool) -> Output:
    """Check the flags about where the result goes.

    Raises
    ------
    InputError
        If they contradict each other, or the file cannot be written.
    """
    if layout is not None:
        options.read_choice(layout, flag="--layout", known=LAYOUTS)
        if csv is None:
            raise InputError(
                problem="--layout is about the CSV, and none was asked for",
                where="--layout",
                fix="add --csv FILE, or --csv - for standard output",
            )
    check_output(csv, is_json=is_json)
    return Output(csv or "", layout or "wide", is_json)


def check_output(csv: str | None, *, is_json: bool) -> None:
    """Check the flags about a CSV beside the screen, or beside JSON.

    Raises
    ------
    InputError
        If both would go to standard output, or the file cannot be written.
    """
    if csv == "-" and is_json:
        raise InputError(
            problem="standard output cannot hold both CSV and JSON",
            where="--csv - --json",
            fix="name a file: --csv bands.csv",
        )
    if csv is not None:
        check_destination(csv, flag="--csv")


def write_csv(forecasts: Sequence[Forecast], output: Output, streams: Streams) -> None:
    """Write the bands where a CSV was asked for."""
    if not output.destination:
        return
    from forecaster.output.bands_csv import write_bands

    write_bands(forecasts, output.destination, layout=output.layout, stdout=streams.data())
    if output.destination != "-":
        streams.note(f"wrote {output.destination}")


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
