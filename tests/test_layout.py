"""The house: public names, which room imports which, what pure rooms leave alone, light starts."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import forecaster

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(forecaster.__file__).parent

TIERS = (
    {"errors", "records"},
    {"workspace"},
    {"inference", "models"},
    {"scenarios", "forecasts", "evaluation", "output"},
    {"pipeline"},
    {"cli", "__main__", "__init__"},
)
"""From the ground up: a room imports from its own tier and those below."""

MAY_USE_THE_TERMINAL = {"cli", "output", "__main__"}
PURE_ROOMS = ("models", "inference", "scenarios", "forecasts")
IMPURE_FILES = {"inference/cache.py", "inference/chains.py"}
WORLDLY_MODULES = {
    "builtins", "fileinput", "glob", "io", "logging", "os", "pathlib", "random", "shutil",
    "socket", "subprocess", "sys", "tempfile", "time", "urllib",
}  # fmt: skip
WORLDLY_CALLS = {
    "exec", "eval", "input", "now", "open", "perf_counter", "print", "read_bytes", "read_text",
    "today", "utcnow", "write_bytes", "write_text",
}  # fmt: skip
HEAVY = ("pymc", "pytensor", "arviz", "nutpie", "pandas", "matplotlib", "scipy", "pydantic")


def _files() -> list[Path]:
    """Return every module of the package."""
    files = sorted(PACKAGE.rglob("*.py"))
    assert len(files) > 30
    return files


def _room(path: Path) -> str:
    """Return the room a module belongs to."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def _imports(path: Path) -> Iterator[str]:
    """Yield the full names of modules that are imported when the program runs."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    hidden = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            if node.module in ("forecaster", "forecaster.cli"):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            else:
                yield node.module


def _tier(room: str) -> int:
    """Return how high a room stands."""
    (tier,) = (i for i, rooms in enumerate(TIERS) if room in rooms)
    return tier


@pytest.mark.parametrize("path", _files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_downwards(path: Path) -> None:
    for name in _imports(path):
        parts = name.split(".")
        if parts[0] != "forecaster" or parts[1:] in ([], ["__version__"]):
            continue
        assert _tier(parts[1]) <= _tier(_room(path)), f"{path} imports {name}"


@pytest.mark.parametrize("path", _files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_edges_use_the_terminal(path: Path) -> None:
    if _room(path) in MAY_USE_THE_TERMINAL:
        return
    assert {name.split(".")[0] for name in _imports(path)}.isdisjoint({"typer", "rich", "click"})


def test_click_is_never_imported() -> None:
    assert all("click" not in name for path in _files() for name in _imports(path))


def _pure_files() -> list[Path]:
    """Return the modules that must not touch the world."""
    return [
        path
        for path in _files()
        if _room(path) in PURE_ROOMS and str(path.relative_to(PACKAGE)) not in IMPURE_FILES
    ]


@pytest.mark.parametrize("path", _pure_files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_pure_rooms_open_no_file_print_nothing_and_read_no_clock(path: Path) -> None:
    assert {name.split(".")[0] for name in _imports(path)}.isdisjoint(WORLDLY_MODULES)
    calls = {
        node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    }
    assert calls.isdisjoint(WORLDLY_CALLS)


def test_public_names_are_pinned() -> None:
    assert forecaster.__all__ == [
        "ForecastResult",
        "ForecasterError",
        "InputError",
        "ReachResult",
        "UnreliableFit",
        "__version__",
        "forecast",
        "reach",
    ]
    assert all(hasattr(forecaster, name) for name in forecaster.__all__)


def _modules_after(code: str) -> set[str]:
    """Return the names of the modules that a fresh process has imported after some code."""
    tail = "\nimport sys\nsys.stderr.write('\\n'.join(sys.modules))"
    ran = subprocess.run(
        [sys.executable, "-c", code + tail], capture_output=True, text=True, check=True
    )
    return set(ran.stderr.split("\n"))


def _after_command(*arguments: str) -> set[str]:
    """Return what a fresh process has imported after a command that ended well."""
    return _modules_after(
        f"from forecaster.__main__ import main\nassert main({list(arguments)!r}) == 0"
    )


@pytest.mark.parametrize("arguments", [["--help"], ["forecast", "--help"], ["--version"]])
def test_help_imports_neither_numpy_nor_anything_heavier(arguments: list[str]) -> None:
    loaded = _after_command(*arguments)
    assert "typer" in loaded
    assert loaded.isdisjoint({"numpy", "forecaster.pipeline", *HEAVY})


@pytest.mark.parametrize(
    "arguments",
    [
        ["forecast", "cn-ai-chip-domestic-share"],
        ["forecast", "cn-ai-chip-domestic-share", "--csv", "-"],
        ["forecast", "cn-ai-chip-domestic-share", "--json"],
        ["reach", "cn-ai-chip-domestic-share", "40%"],
        ["show", "cn-ai-chip-domestic-share"],
        ["priors", "show", "cn-ai-chip-domestic-share"],
        ["list"],
        ["validate"],
        ["cache", "info"],
    ],
    ids=" ".join,
)
def test_everyday_commands_import_nothing_heavy(arguments: list[str]) -> None:
    loaded = _after_command(*arguments)
    assert "forecaster.cli.app" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_import_forecaster_is_light() -> None:
    loaded = _modules_after("import forecaster")
    assert "forecaster.errors" in loaded
    assert loaded.isdisjoint({"numpy", "rich", "typer", *HEAVY})


def test_forecasts_in_python_import_nothing_heavy() -> None:
    loaded = _modules_after(
        "import forecaster as fc\nfc.forecast('cn-ai-chip-domestic-share', until=2028)"
    )
    assert "numpy" in loaded
    assert loaded.isdisjoint({"rich", *HEAVY})
