"""Sum up every file that a forecast of a workspace may rest on in one hash."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from forecaster.workspace.folders import SHIPPED_PRIORS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FACT_FILES = ("series.csv", "sources.csv", "judgements.csv", "claims.csv")
_MARK = b"\0"
"""Between a name and a payload; no file name holds it."""


def hash_content(workspace: Path) -> str | None:
    """Return the sha256 over names and bytes of all facts and beliefs; None if one cannot be read.

    The bytes, not what they mean: a file that changed in any way gives another hash, and nothing
    has to be parsed to know that none did. The shipped beliefs are always among them, because a
    workspace falls back to some of these.
    """
    digest = hashlib.sha256()
    try:
        for name, path in content_files(workspace):
            with open(path, "rb") as file:  # noqa: PTH123  # a hundred small files: Path costs
                payload = file.read()
            digest.update(b"%s%s%d%s" % (name.encode(), _MARK, len(payload), _MARK))
            digest.update(payload)
    except OSError:
        # whoever needs the file will say what is wrong with it
        return None
    return digest.hexdigest()


def content_files(workspace: Path) -> Iterator[tuple[str, str]]:
    """Yield (name in the hash, path) of every file of facts and beliefs, in a fixed order.

    Raises
    ------
    OSError
        If a folder cannot be listed.
    """
    for name in FACT_FILES:
        path = os.path.join(workspace, name)  # noqa: PTH118
        if os.path.exists(path):  # noqa: PTH110
            yield name, path
    yield from _under(os.path.join(workspace, "history"), "history", ".csv")  # noqa: PTH118
    yield from _under(os.path.join(workspace, "priors"), "priors", ".toml")  # noqa: PTH118
    yield from _under(str(SHIPPED_PRIORS), "shipped", ".toml")


def _under(folder: str, name: str, suffix: str) -> Iterator[tuple[str, str]]:
    """Yield the files of a folder and those below it, by name; none where there is no folder."""
    if not os.path.isdir(folder):  # noqa: PTH112
        return
    with os.scandir(folder) as entries:
        found = sorted((entry.name, entry.path, entry.is_dir()) for entry in entries)
    for child, path, is_folder in found:
        if is_folder:
            yield from _under(path, f"{name}/{child}", suffix)
        elif child.endswith(suffix):
            yield f"{name}/{child}", path
