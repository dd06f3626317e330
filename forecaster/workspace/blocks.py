"""Take the values of numbered TOML blocks such as `[[driver]]`, naming the block of each fault."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from forecaster.errors import Fault, FaultyInput, InputError
from forecaster.workspace.belief_tables import TableReader
from forecaster.workspace.faults import did_you_mean, printable, quoted
from forecaster.workspace.periods import parse_period

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from forecaster.workspace.periods import Period

    Found = TypeVar("Found")

YEARS = range(1900, 2201)
"""A day outside them is a slip of the pen; drivers are simulated quarter by quarter up to it."""
MOST_QUARTERS = 400
_ID = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*")


class Block(TableReader):
    """One `[[name]]` of a file, or one table inside it.

    Attributes
    ----------
    title : how faults name it, such as '[[driver]] 3'
    prefix : path of this table inside the block, with a dot or a blank behind it; '' for itself
    """

    def __init__(
        self, path: Path, table: Mapping[str, Any], *, title: str, prefix: str = ""
    ) -> None:
        super().__init__(path, table)
        self.title = title
        self.prefix = prefix

    def fault(self, key: str, problem: str, fix: str) -> InputError:
        """Return an error about a key of this block, to be raised."""
        key = printable(f"{self.prefix}{key}")
        where = f"{printable(str(self.path))}, {self.title}, key '{key}'"
        return InputError(problem=problem, where=where, fix=fix)

    def inner(self, key: str) -> Block:
        """Return the table under a key.

        Raises
        ------
        InputError
            If something else stands there.
        """
        table = self.find(key)
        if not isinstance(table, dict):
            raise self.fault(key, f"'{key}' is not a table", "write it with its keys in it")
        return Block(self.path, table, title=self.title, prefix=f"{self.prefix}{key}.")

    def children(self, key: str, *, like: str) -> list[Block]:
        """Return the blocks under a key, numbered from 1; none where the key is absent.

        Parameters
        ----------
        like : how such a block begins, for the message
        """
        blocks = self.find(key)
        if blocks is None:
            return []
        if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
            raise self.fault(key, f"'{key}' is not a list of blocks", f"write {like} before each")
        return [
            Block(self.path, block, title=self.title, prefix=f"{self.prefix}{key} {number}.")
            for number, block in enumerate(blocks, start=1)
        ]

    def only_knows(self, known: Collection[str]) -> None:
        """Refuse a key that has no meaning here."""
        for key in self.table:
            if key not in known:
                fix = did_you_mean(key, known) or f"use {', '.join(known)}"
                raise self.fault(key, f"the key {quoted(key)} has no meaning here", fix)

    def id(self) -> str:
        """Return the id of the block: letters, digits and hyphens."""
        name = self.text("id")
        if not _ID.fullmatch(name):
            problem = f"{quoted(name)} is not an id"
            raise self.fault("id", problem, "use letters, digits and single hyphens: 'chip-ban'")
        return name

    def word(self, key: str, known: Collection[str], *, default: str = "") -> str:
        """Return one of a few words."""
        if default and not self.has(key):
            return default
        word = self.text(key)
        if word not in known:
            fix = did_you_mean(word, known) or f"use {', '.join(known)}"
            raise self.fault(key, f"the {key} {quoted(word)} is not known", fix)
        return word

    def truth(self, key: str, *, default: bool | None = None) -> bool:
        """Return true or false; without a default the key must be there."""
        value = self.find(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, bool):
            shown = "is missing" if value is None else f"is neither true nor false: {value!r}"
            raise self.fault(key, f"'{key}' {shown}", f"write {key} = true or {key} = false")
        return value

    def names(self, key: str, *, least: int = 0) -> tuple[str, ...]:
        """Return a list of texts, at least so many."""
        names = self.find(key)
        if names is None and not least:
            return ()
        is_list = isinstance(names, list) and all(
            isinstance(name, str) and name.strip() for name in names
        )
        if not is_list:
            raise self.fault(key, f"'{key}' is not a list of names", "write ['A', 'B']")
        if len(names) < least:
            problem = f"'{key}' has {len(names)} names, and needs {least} at least"
            raise self.fault(key, problem, "write ['A', 'B']")
        return tuple(names)

    def day(self, key: str) -> date:
        """Return a day, written as a TOML date or as text."""
        value = self.find(key)
        fix = f"write {key} = 2028-12-31"
        if value is None:
            raise self.fault(key, f"'{key}' is missing", fix)
        try:
            day = date.fromisoformat(str(value))
        except ValueError:
            raise self.fault(key, f"'{key}' is not a day: {_shown(value)}", fix) from None
        if day.year not in YEARS:
            problem = f"'{key}' is {day}, which is not between {YEARS[0]} and {YEARS[-1]}"
            raise self.fault(key, problem, fix)
        return day

    def quarters(self, key: str, *, least: float) -> float:
        """Return a number of quarters, up to a hundred years of them."""
        number = self.number(key, least=least)
        if number > MOST_QUARTERS:
            problem = f"'{key}' is {number:g} quarters, more than {MOST_QUARTERS}"
            raise self.fault(key, problem, "write quarters of a year, or leave the key out")
        return number

    def period(self, key: str) -> Period:
        """Return a period written as text, or a TOML date."""
        value = self.find(key)
        try:
            return parse_period(str(value))
        except ValueError:
            problem = f"'{key}' is not a date: {_shown(value)}"
            fix = "write '2025-04-15', '2025-04', '2025-Q2' or '2025'"
            raise self.fault(key, problem, fix) from None


def _shown(value: object) -> str:
    """Return a value of a file for a message: a text in quotes, a date or number as it is."""
    if isinstance(value, str):
        return quoted(value)
    return "it is missing" if value is None else printable(str(value))


def blocks_in(reader: TableReader, name: str) -> list[Block]:
    """Return the blocks `[[name]]` of a file, numbered from 1; none where there are none.

    Raises
    ------
    InputError
        If the name stands for something else.
    """
    blocks = reader.find(name)
    if blocks is None:
        return []
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise reader.fault(name, f"there is no list of {name}s", f"write [[{name}]] before each")
    return [
        Block(reader.path, block, title=f"[[{name}]] {number}")
        for number, block in enumerate(blocks, start=1)
    ]


class Gathered:
    """Faults met while reading on; what was read with a fault is None."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def take(self, read: Callable[[], Found]) -> Found | None:
        """Return what a reading gives, or note its faults, each once."""
        try:
            return read()
        except InputError as error:
            self.faults += [fault for fault in error.faults if fault not in self.faults]
            return None

    def raise_any(self) -> None:
        """Raise what was met.

        Raises
        ------
        FaultyInput
            If anything was.
        """
        if self.faults:
            raise FaultyInput(self.faults)
