"""Build the wheel and the sdist, install the wheel elsewhere and run it from another folder."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest


def run(*command: object, cwd: Path, **environment: str) -> str:
    """Return what the command prints; its stderr joins the failure when it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr or done.stdout
    return done.stdout


def build(source: Path, destination: Path, *, target: str) -> Path:
    """Build one target with hatchling as installed, so that no network is needed."""
    run(sys.executable, "-m", "hatchling", "build", "-t", target, "-d", destination, cwd=source)
    (built,) = destination.iterdir()
    return built


def names_in(wheel: Path) -> set[str]:
    """Return the names of the files in a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def unpack(sdist: Path, destination: Path) -> Path:
    """Return the folder that the archive holds."""
    with tarfile.open(sdist) as archive:
        # the filters of extractall are not in every 3.11, and later ones want one
        for member in archive.getmembers():
            held = archive.extractfile(member)
            assert held is not None, f"{member.name} is no plain file"
            path = destination / member.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(held.read())
    (folder,) = destination.iterdir()
    return folder


@pytest.fixture(scope="module")
def root() -> Path:
    """The folder that holds pyproject.toml."""
    return Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    return build(root, tmp_path_factory.mktemp("wheel"), target="wheel")


@pytest.fixture(scope="module")
def sdist(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source archive of this checkout."""
    return build(root, tmp_path_factory.mktemp("sdist"), target="sdist")


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with nothing but the wheel, and the dependencies of the one that runs the tests."""
    home = tmp_path_factory.mktemp("elsewhere") / "venv"
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python)
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=home)
    # a folder named in a .pth file is searched, but its own .pth files are not read: this
    # checkout, installed as editable there, stays out of reach
    (site,) = home.glob("lib/python*/site-packages")
    libraries = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "libraries.pth").write_text("\n".join(sorted(libraries)), encoding="utf-8")
    return python


def shipped(root: Path) -> set[str]:
    """Return the names that the wheel must have: code, facts and beliefs."""
    code = set((root / "forecaster").rglob("*.py"))
    facts = {path for path in (root / "forecaster" / "data").rglob("*") if path.is_file()}
    beliefs = {path for path in (root / "priors").rglob("*") if path.is_file()}
    assert code
    assert facts
    assert beliefs
    inside = {path.relative_to(root).as_posix() for path in code | facts}
    return inside | {f"forecaster/{path.relative_to(root).as_posix()}" for path in beliefs}


def test_wheel_holds_code_facts_and_beliefs_and_nothing_else(wheel: Path, root: Path) -> None:
    held = {name for name in names_in(wheel) if ".dist-info/" not in name}
    assert held == shipped(root)


def test_wheel_knows_its_version_and_its_command(wheel: Path) -> None:
    import forecaster

    assert wheel.name == f"scenario_forecaster-{forecaster.__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        (entry_points,) = (n for n in archive.namelist() if n.endswith("/entry_points.txt"))
        assert "forecaster = forecaster.__main__:main" in archive.read(entry_points).decode()


def test_sdist_builds_the_same_wheel(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    source = unpack(sdist, tmp_path / "source")
    assert (source / "priors" / "families.toml").is_file()
    assert (source / "forecaster" / "data" / "series.csv").is_file()
    again = build(source, tmp_path / "again", target="wheel")
    assert names_in(again) == names_in(wheel)


def test_installed_wheel_answers_from_another_folder(python: Path, tmp_path: Path) -> None:
    where = run(python, "-c", "import forecaster; print(forecaster.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(python.parent.parent)
    command = python.parent / "forecaster"
    answer = run(command, "reach", "cn-ai-chip-domestic-share", "40%", cwd=tmp_path)
    assert "reached by then" in answer
    assert "idc-units" in answer
    assert "Fit: engine amis" in answer
    assert list(tmp_path.iterdir()) == []  # nothing is left in the user's folder


def test_installed_wheel_finds_the_shipped_beliefs(python: Path, tmp_path: Path) -> None:
    question = "from forecaster.workspace.beliefs import SHIPPED_PRIORS; print(SHIPPED_PRIORS)"
    folder = Path(run(python, "-c", question, cwd=tmp_path).strip())
    assert folder.is_relative_to(python.parent.parent)
    assert (folder / "families.toml").is_file()
