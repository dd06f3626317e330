"""Write one belief into a file of beliefs, and leave everything else in it as it was."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING

from forecaster.errors import InputError
from forecaster.output.atomic import replace_files
from forecaster.output.plain import safe_text
from forecaster.records import frozen
from forecaster.workspace.faults import printable
from forecaster.workspace.quantile_fit import percent
from forecaster.workspace.stated_beliefs import KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_HEADER = re.compile(r"\s*\[+\s*([A-Za-z0-9_.\-\"']+)\s*\]+\s*(?:#.*)?$")
_KEY = re.compile(rf"\s*(?:{'|'.join(KEYS)})\s*=")


@frozen
class NewBelief:
    """One belief to be written.

    Attributes
    ----------
    key : its table: 'growth', 'volatility', 'level' or 'cap'
    quantiles : level in (0, 1) -> natural value, rising
    at : level or period that it is about; None where it needs none
    """

    key: str
    quantiles: Mapping[float, float]
    unit: str
    reason: str
    at: float | str | None = None

    def table(self) -> dict[str, object]:
        """Return the table as TOML readers see it."""
        found: dict[str, object] = {
            "quantiles": {percent(level): value for level, value in self.quantiles.items()}
        }
        if self.at is not None:
            found["at"] = self.at
        return found | {"unit": self.unit, "reason": self.reason}

    def lines(self) -> list[str]:
        """Return the lines of the table, without its header."""
        quantiles = ", ".join(
            f'"{percent(level)}" = {value!r}' for level, value in self.quantiles.items()
        )
        lines = [f"quantiles = {{ {quantiles} }}"]
        if self.at is not None:
            at = toml_text(self.at) if isinstance(self.at, str) else repr(self.at)
            lines.append(f"at = {at}")
        return [*lines, f"unit = {toml_text(self.unit)}", f"reason = {toml_text(self.reason)}"]


def toml_text(text: str) -> str:
    """Return a text as a TOML string on one line, what steers a terminal written out."""
    return json.dumps(safe_text(text), ensure_ascii=False)


def new_file(belief: NewBelief, *, title: str, family: str) -> str:
    """Return a file with one belief."""
    head = [f"# {safe_text(title)}", f'family = "{family}"', f"reason = {toml_text(belief.reason)}"]
    return "\n".join([*head, "", f"[{belief.key}]", *belief.lines()]) + "\n"


def with_belief(text: str, belief: NewBelief, *, path: Path) -> str:
    """Return the text of a file with one belief put in or replaced.

    Comments, blank lines and every other key stay where they are.

    Raises
    ------
    InputError
        If the file is written in a way that cannot be changed without touching the rest.
    """
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines()
    written = belief.lines()
    headers = [i for i, line in enumerate(lines) if _HEADER.match(line)]
    own = [i for i in headers if _name(lines[i]) == belief.key]
    if own:
        first = own[0]
        stop = next((i for i in headers if i > first), len(lines))
        kept = [line for line in lines[first + 1 : stop] if not _KEY.match(line)]
        changed = [*lines[: first + 1], *written, *kept, *lines[stop:]]
    else:
        changed = [*lines, *([""] if lines and lines[-1].strip() else []), f"[{belief.key}]"]
        changed += written
    result = end.join(changed) + end
    if not _is_same_but(text, result, belief):
        raise InputError(
            problem=f"'{belief.key}' cannot be changed in this file without touching other lines",
            where=f"{printable(str(path))}, key '{belief.key}'",
            fix="write it by hand:\n" + "\n".join([f"[{belief.key}]", *written]),
        )
    return result


def write_belief(path: Path, text: str, *, before: bytes | None) -> None:
    """Put a file in place, whole, unless it has changed since it was read.

    Parameters
    ----------
    before : what was read; None where there was no file

    Raises
    ------
    InputError
        If it has changed, or cannot be written; the file is then as it was.
    """
    now = path.read_bytes() if path.is_file() else None
    if now != before:
        raise InputError(
            problem="the file was changed while this was asked, and nothing was written",
            where=printable(str(path)),
            fix="run the command again",
        )
    replace_files([(path, lambda _: [text])])


def _name(header: str) -> str:
    """Return the name in a table's header."""
    match = _HEADER.match(header)
    return match.group(1).strip("\"'") if match else ""


def _is_same_but(before: str, after: str, belief: NewBelief) -> bool:
    """Say whether a file still says the same, but for one belief, which it says as wanted."""
    try:
        old, new = tomllib.loads(before), tomllib.loads(after)
    except tomllib.TOMLDecodeError:
        return False
    rest = {name: value for name, value in old.items() if name != belief.key}
    own = new.get(belief.key)
    return own == belief.table() and rest == {k: v for k, v in new.items() if k != belief.key}
