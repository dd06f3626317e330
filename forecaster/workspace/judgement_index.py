"""Say whether anybody has said anything about a series, without reading what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.workspace.statements import JUDGEMENTS_FILE

if TYPE_CHECKING:
    from pathlib import Path


def has_judgements(workspace: Path, series: str) -> bool:
    """Return whether `judgements.csv` of a workspace mentions a series.

    A file that cannot be read may mention it: whoever reads it will say what is wrong.
    """
    path = workspace / JUDGEMENTS_FILE
    try:
        payload = path.read_bytes()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    # a file in an encoding with zero bytes mentions nothing as it stands
    return series.encode() in payload or b"\0" in payload[:200]
