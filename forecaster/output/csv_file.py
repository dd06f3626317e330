"""Write a table as CSV, with a data package beside the file that says what is in it.

A text cell that a spreadsheet would take for a formula, one that begins with = + - @ or a tab or a
line break, gets an apostrophe before it; numbers never do.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.output.atomic import is_special, replace_files, unwritable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TextIO

    from forecaster.output.atomic import Written

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_csv_file(
    destination: str,
    lines: Callable[[], Iterable[str]],
    package: Callable[[str, Written], str],
    *,
    stdout: TextIO,
) -> None:
    """Write the lines of a CSV, and its data package beside the file.

    Parameters
    ----------
    destination : a file, replaced whole or not at all, beside which goes
        `<stem>.datapackage.json`; '-' writes to `stdout` without a data package
    lines : yields the CSV line by line
    package : given the file's name, its hash and size, returns the data package

    Raises
    ------
    InputError
        If the file cannot be written; an existing one is then as it was.
    """
    if destination == "-":
        stdout.writelines(lines())
        return
    path = Path(destination)
    if os.path.isdir(path):  # noqa: PTH112 - unlike Path.is_dir it never raises
        raise unwritable(destination, IsADirectoryError(errno.EISDIR, "it is a folder"))
    if is_special(path):
        _write_special(path, lines())
        return
    replace_files(
        [
            (path, lambda _: lines()),
            (
                path.with_name(f"{path.stem}.datapackage.json"),
                lambda written: [package(path.name, written[0])],
            ),
        ]
    )


def guarded(text: str) -> str:
    """Return a text cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def csv_line(cells: Iterable[str]) -> str:
    """Return one line of CSV (RFC 4180, with bare line feeds)."""
    return ",".join(_cell(cell) for cell in cells) + "\n"


def _cell(text: str) -> str:
    """Return a cell, quoted where it must be."""
    if any(character in text for character in ',"\r\n'):
        doubled = text.replace('"', '""')
        return f'"{doubled}"'
    return text


def _write_special(path: Path, chunks: Iterable[str]) -> None:
    """Write to a pipe or a device, which has no file to replace."""
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(chunks)
    except OSError as error:
        raise unwritable(str(path), error) from error
