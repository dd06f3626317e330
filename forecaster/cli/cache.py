"""The command `cache`: the fitted models and finished forecasts that are kept between runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.cli.frame import TextCommand, TextGroup, new_app
from forecaster.cli.streams import open_streams
from forecaster.errors import InputError
from forecaster.records import frozen

if TYPE_CHECKING:
    from pathlib import Path

app = new_app(cls=TextGroup, no_args_is_help=True)


@frozen
class CacheContent:
    """What the cache holds.

    Attributes
    ----------
    n_fits, n_finished : files of fitted models, and of forecasts that only have to be shown
    n_bytes : of all files together
    """

    folder: Path
    n_fits: int
    n_finished: int
    n_calibrations: int
    n_bytes: int

    def __str__(self) -> str:
        kept = [_count(self.n_fits, "fitted model")]
        if self.n_finished:
            kept.append(_count(self.n_finished, "finished forecast"))
        if self.n_calibrations:
            kept.append(_count(self.n_calibrations, "calibration") + " of drivers")
        listed = " and ".join([", ".join(kept[:-1]), kept[-1]] if len(kept) > 1 else kept)
        return f"{listed}, {self.n_bytes / 1e6:.1f} MB, in {self.folder}"


def _count(number: int, what: str) -> str:
    """Return '1 fitted model' or '2 fitted models'."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


@app.callback()
def describe() -> None:
    """Show or empty the cache of fitted models."""


@app.command("info", cls=TextCommand)
def info_command() -> None:
    """Say where the cache is and what it holds.

    forecaster cache info
    """
    open_streams().print(str(measure_cache()))


@app.command("clear", cls=TextCommand)
def clear_command() -> None:
    """Remove every fitted model and finished forecast; the next forecast fits anew.

    forecaster cache clear
    """
    removed = clear_cache()
    open_streams().print(f"removed {removed}")


def measure_cache() -> CacheContent:
    """Return what the cache holds."""
    from forecaster.inference.cache import (
        DRIVERS_SUFFIX,
        FINISHED_SUFFIX,
        cache_files,
        cache_folder,
    )

    folder = cache_folder()
    sizes = {path: size for path in cache_files(folder) if (size := _size(path)) is not None}
    n_finished = sum(path.suffix == FINISHED_SUFFIX for path in sizes)
    n_calibrations = sum(path.suffix == DRIVERS_SUFFIX for path in sizes)
    n_fits = len(sizes) - n_finished - n_calibrations
    return CacheContent(folder, n_fits, n_finished, n_calibrations, sum(sizes.values()))


def clear_cache() -> CacheContent:
    """Remove the files of the cache, and nothing else; return what was removed.

    Raises
    ------
    InputError
        If a file cannot be removed.
    """
    from forecaster.inference.cache import cache_files, cache_folder

    content = measure_cache()
    for path in cache_files(cache_folder()):
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise InputError(
                problem=f"the cache cannot be emptied: {error.strerror}",
                where=str(path),
                fix="remove the folder yourself",
            ) from error
    return content


def _size(path: Path) -> int | None:
    """Return the size of a file, or None where another process has just removed it."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None
