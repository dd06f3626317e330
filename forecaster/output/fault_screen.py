"""Print the faults that a check of a workspace found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from forecaster.output.digits import count_of
from forecaster.output.layout import put, put_lines
from forecaster.output.plain import safe_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from forecaster.errors import Fault


def print_faults(faults: Sequence[Fault], console: Console) -> None:
    """Print each fault with its place and its remedy, and how many there are."""
    for fault in faults:
        put(console, f"error: {safe_text(fault.problem)}", style="bold")
        if fault.where:
            place, *marked = fault.where.split("\n")
            put(console, f"where: {safe_text(place)}", indent=2)
            # a formula and the marker below it must not be wrapped apart
            if marked:
                put_lines(console, [Text(safe_text(line)) for line in marked])
        if fault.fix:
            put(console, f"fix:   {safe_text(fault.fix)}", indent=2)
    if faults:
        put(console)
    put(console, f"{count_of(len(faults), 'fault') if faults else 'No fault'} found.")
