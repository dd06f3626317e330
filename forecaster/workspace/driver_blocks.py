"""Take the values of `[[driver]]` blocks, naming the block and key of whatever is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecaster.errors import InputError
from forecaster.workspace.belief_tables import TableReader
from forecaster.workspace.faults import did_you_mean, printable, quoted
from forecaster.workspace.periods import parse_period

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from forecaster.workspace.periods import Period


class DriverBlock(TableReader):
    """One `[[driver]]`, whose faults name its number."""

    def __init__(self, path: Path, block: Mapping[str, Any], number: int) -> None:
        super().__init__(path, block)
        self._number = number

    def fault(self, key: str, problem: str, fix: str) -> InputError:
        """Return an error about a key of this driver, to be raised."""
        where = f"{printable(str(self.path))}, [[driver]] {self._number}, key '{printable(key)}'"
        return InputError(problem=problem, where=where, fix=fix)

    def effects(self) -> list[EffectBlock]:
        """Return its effects, at least one."""
        blocks = self.find("effect")
        is_list = isinstance(blocks, list) and all(isinstance(block, dict) for block in blocks)
        if not blocks or not is_list:
            fix = "write [[driver.effect]] under it, with series, shape, size and reason"
            raise self.fault("effect", "the driver has no effects", fix)
        return [EffectBlock(self, block, k) for k, block in enumerate(blocks, start=1)]

    def only_knows(self, keys: Sequence[str], known: Sequence[str]) -> None:
        """Refuse a key that has no meaning here."""
        for key in keys:
            if key not in known:
                fix = did_you_mean(key, known) or f"use {', '.join(known)}"
                raise self.fault(key, f"the key {quoted(key)} has no meaning here", fix)

    def keys(self) -> list[str]:
        """Return the keys of the table."""
        return list(self.table)

    def period(self, key: str) -> Period:
        """Return a period written as text, or a TOML date."""
        value = self.find(key)
        try:
            return parse_period(str(value))
        except ValueError:
            problem = f"'{key}' is not a date: {value!r}"
            raise self.fault(key, problem, "write '2025-04-15', '2025-04' or '2025'") from None

    def quarters(self, key: str, *, least: float) -> float:
        """Return a number of quarters, in years."""
        return self.number(key, least=least) / 4


class EffectBlock(DriverBlock):
    """One `[[driver.effect]]`, whose faults name its number and that of its driver."""

    def __init__(self, driver: DriverBlock, block: Mapping[str, Any], number: int) -> None:
        super().__init__(driver.path, block, number)
        self._driver = driver

    def fault(self, key: str, problem: str, fix: str) -> InputError:
        """Return an error about a key of this effect, to be raised."""
        return self._driver.fault(f"effect {self._number}.{key}", problem, fix)
