"""Find what a long `drivers.toml` says about a few series without parsing the whole of it.

Reading 2,000 lines of TOML takes longer than the rest of a start. Headers of blocks stand on lines
of their own, so the text can be cut at them, and only drivers that matter are parsed. A file in any
other style is parsed whole.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

_HEADER = re.compile(r"^[ \t]*(\[.*)$", re.MULTILINE)
_KNOWN = re.compile(
    r"(\[\[driver\]\]|\[driver\.(?:start|end)\]|\[\[driver\.(?:event|past_effect|effect)\]\]"
    r"|\[\[(?:interaction|exclusion|amplification)\]\])[ \t\r]*(?:#.*)?"
)


def cut_at_headers(text: str) -> list[tuple[str, str]] | None:
    """Return the stretches of a file of drivers: (header, text up to the next one).

    None where the file is not written in the usual style, so that it must be parsed.
    """
    found: list[tuple[str, int]] = []
    for match in _HEADER.finditer(text):
        known = _KNOWN.fullmatch(match[1])
        if known is None:
            return None
        found.append((known[1], match.start()))
    head = text[: found[0][1]] if found else text
    if any(line.strip() and not line.lstrip().startswith("#") for line in head.splitlines()):
        return None
    ends = [start for _, start in found[1:]] + [len(text)]
    return [(name, text[start:end]) for (name, start), end in zip(found, ends, strict=True)]


def has_block(stretches: list[tuple[str, str]], header: str, series: Collection[str]) -> bool:
    """Say whether a block of one sort names one of the series."""
    return any(
        name == header and any(f'"{one}"' in text or f"'{one}'" in text for one in series)
        for name, text in stretches
    )


def parse_drivers(
    stretches: list[tuple[str, str]], header: str, series: Collection[str]
) -> list[tuple[int, dict[str, Any]]] | None:
    """Return (number, table) of the drivers with a block of one sort about one of the series.

    Parameters
    ----------
    stretches : as `cut_at_headers` gives them
    header : of the blocks looked for, such as '[[driver.past_effect]]'

    Returns
    -------
    list, or None where a driver cannot be parsed by itself
    """
    drivers: list[list[tuple[str, str]]] = []
    for name, text in stretches:
        if name == "[[driver]]":
            drivers.append([])
        if name.lstrip("[").startswith("driver"):
            if not drivers:
                return None
            drivers[-1].append((name, text))
    found = []
    for number, parts in enumerate(drivers, start=1):
        if not has_block(parts, header, series):
            continue
        try:
            table = tomllib.loads("".join(text for _, text in parts))
        except tomllib.TOMLDecodeError:
            return None
        found.append((number, table["driver"][0]))
    return found
