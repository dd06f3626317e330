"""Read tables of beliefs: TOML files, whose every fault names the file and the key path."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from forecaster.errors import InputError
from forecaster.records import frozen
from forecaster.workspace.faults import printable
from forecaster.workspace.folders import SHIPPED_PRIORS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from forecaster.errors import Fault


@frozen
class LogNormal:
    """A positive quantity: the median, and the sd of its logarithm."""

    median: float
    log_sd: float
    unit: str
    reason: str


@frozen
class Normal:
    """A real quantity."""

    mean: float
    sd: float
    unit: str
    reason: str


def belief_file(workspace: Path, name: str) -> Path:
    """Return the workspace's own file under `priors/`, or the shipped one where it has none."""
    own = workspace / "priors" / name
    return own if own.is_file() else SHIPPED_PRIORS / name


def open_table(path: Path) -> tuple[TableReader, bytes]:
    """Read a TOML file; return its reader, and its bytes for a hash.

    Raises
    ------
    InputError
        If the file cannot be read, or is no TOML.
    """
    try:
        payload = path.read_bytes()
        table = _parsed(payload)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            problem=f"the priors cannot be read: {printable(str(error))}",
            where=printable(str(path)),
            fix="mend the file, or remove it to use the shipped priors",
        ) from error
    return TableReader(path, table), payload


@lru_cache(maxsize=64)
def _parsed(payload: bytes) -> dict[str, Any]:
    """Return a TOML table, which nobody may change; a forecast reads some files several times.

    Raises
    ------
    UnicodeDecodeError, TOMLDecodeError
        If the bytes are no TOML.
    """
    return tomllib.loads(payload.decode("utf-8"))


def faults_of(readings: Iterable[Callable[[], object]]) -> list[Fault]:
    """Return the faults that readings meet, each once; what is read is dropped.

    Parameters
    ----------
    readings : may itself raise InputError, where what it reads from cannot be opened
    """
    faults: dict[Fault, None] = {}
    try:
        for read in readings:
            try:
                read()
            except InputError as error:
                faults |= dict.fromkeys(error.faults)
    except InputError as error:
        faults |= dict.fromkeys(error.faults)
    return list(faults)


class TableReader:
    """Take typed values out of a TOML table, naming the key path of whatever is wrong.

    Attributes
    ----------
    block : which of several tables of one name it is, such as '[[resolved]] 2'; else ''
    """

    def __init__(self, path: Path, table: Mapping[str, Any], *, block: str = "") -> None:
        self.path = path
        self.table = table
        self.block = block

    def has(self, key: str) -> bool:
        """Say whether the key is there."""
        return self.find(key) is not None

    def find(self, key: str) -> Any:
        """Return what stands under a key path with points between, None where there is nothing."""
        node: Any = self.table
        for part in key.split("."):
            if not isinstance(node, dict) or part not in node:
                return None
            node = node[part]
        return node

    def fault(self, key: str, problem: str, fix: str) -> InputError:
        """Return an error about a key, to be raised."""
        block = f"{self.block}, " if self.block else ""
        return InputError(problem=problem, where=f"{self.path}, {block}key '{key}'", fix=fix)

    def number(self, key: str, *, least: float | None = None) -> float:
        """Return a finite number, at least `least`."""
        value = self.find(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.fault(key, f"'{key}' is not a number: {value!r}", "write a number")
        # written so that NaN fails too
        if not abs(value) < 1e300 or (least is not None and not value >= least):
            floor = "finite" if least is None else f"finite and at least {least:g}"
            raise self.fault(key, f"'{key}' is {value!r}", f"write a number that is {floor}")
        return float(value)

    def text(self, key: str) -> str:
        """Return a text that is not empty."""
        value = self.find(key)
        if not isinstance(value, str) or not value.strip():
            raise self.fault(key, f"'{key}' is missing", "write a short text in quotes")
        return value

    def log_normal(self, key: str) -> LogNormal:
        """Return a log-normal prior with its unit and reason."""
        return LogNormal(
            median=self.number(f"{key}.median", least=1e-9),
            log_sd=self.number(f"{key}.log_sd", least=1e-3),
            unit=self.text(f"{key}.unit"),
            reason=self.text(f"{key}.reason"),
        )

    def normal(self, key: str) -> Normal:
        """Return a normal prior with its unit and reason."""
        return Normal(
            mean=self.number(f"{key}.mean"),
            sd=self.number(f"{key}.sd", least=1e-9),
            unit=self.text(f"{key}.unit"),
            reason=self.text(f"{key}.reason"),
        )

    def quantiles(self, key: str) -> tuple[float, ...]:
        """Return five numbers."""
        values = self.find(key)
        if not isinstance(values, list) or len(values) != 5:
            raise self.fault(key, f"'{key}' is not a list of five numbers", "write five quantiles")
        if any(isinstance(v, bool) or not isinstance(v, int | float) for v in values):
            raise self.fault(key, f"'{key}' holds something else than numbers", "write numbers")
        for low, high in pairwise(values):
            if not low < high:  # written so that NaN fails too
                problem = f"the quantiles '{key}' do not rise: {high:g} comes after {low:g}"
                raise self.fault(key, problem, "write them from the lowest to the highest")
        return tuple(float(v) for v in values)
