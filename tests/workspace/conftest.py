"""A small workspace on disk, and a way to break it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from small_facts import WORKSPACE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Return a small workspace without faults."""
    (tmp_path / "history").mkdir()
    for name, text in WORKSPACE.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def change(workspace: Path) -> Callable[[str, str, str], Path]:
    """Return a function that changes one text in one file of the workspace."""

    def change_text(name: str, old: str, new: str) -> Path:
        text = (workspace / name).read_text(encoding="utf-8")
        assert text.count(old) == 1
        (workspace / name).write_text(text.replace(old, new), encoding="utf-8")
        return workspace

    return change_text
