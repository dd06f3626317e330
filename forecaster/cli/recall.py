"""Show a forecast again that an earlier run has finished, if nothing that it rests on has changed.

Before anything is parsed: the bytes of all files of facts and beliefs stand for what they say.
Fits are kept apart from this, by what they hang on (`inference.cache`): after an edit elsewhere in
the workspace, or on the next day, only the last steps are made anew.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster import __version__
from forecaster.cli.request import find_folder, read_settings
from forecaster.forecasts.finished import can_be_packed, pack_forecast, unpack_forecast
from forecaster.inference.cache import FINISHED_SUFFIX, ArrayCache, cache_folder, cache_key
from forecaster.workspace.content_hash import hash_content

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forecaster.cli.request import Asked
    from forecaster.cli.streams import Streams
    from forecaster.forecasts.forecast import Forecast
    from forecaster.forecasts.settings import Settings

KEPT_ENGINES = ("amis", "brute-force")
"""Others may have fitted a model of the user's own, whose code is not among the files."""


class Recall:
    """Finished forecasts of the series and formulas of one request.

    Each question has one file, which the next answer to it replaces: a forecast made every day
    does not fill the disk.
    """

    def __init__(self, names: Sequence[str], asked: Asked, streams: Streams) -> None:
        settings = read_settings(asked, today=streams.today)
        self._settings = settings
        self._workspace = find_folder(asked.workspace)
        targets = sorted(name for name in names if not _may_be_a_file(name))
        is_kept = settings.use_cache and len(set(names)) == len(names)
        content = hash_content(self._workspace) if targets and is_kept else None
        self._targets = targets if content else []
        self._content = content
        # the hashes of a manifest are about all series of a request, so these belong to the key
        question = (tuple(targets), asked.horizon, _what_matters(settings))
        self._key = cache_key(__version__, content, settings.as_of.isoformat(), *question)
        folder = str(self._workspace.resolve())
        self._file = cache_key(folder, asked.as_of, *question)
        self._cache = ArrayCache(cache_folder(), streams.note, suffix=FINISHED_SUFFIX)

    def find(self, names: Sequence[str]) -> dict[str, Forecast]:
        """Return the forecasts that are kept of some series, by name."""
        found = ((name, self._load(name)) for name in names if name in self._targets)
        return {name: forecast for name, forecast in found if forecast is not None}

    def keep(self, forecasts: Mapping[str, Forecast]) -> None:
        """Keep forecasts that were made just now, unless a file has changed meanwhile."""
        kept = {
            name: forecast
            for name, forecast in forecasts.items()
            if name in self._targets and _may_be_kept(forecast)
        }
        if not kept or hash_content(self._workspace) != self._content:
            return
        # of a disk that takes nothing the fits' cache has told; without this the next run only
        # takes longer
        cache = ArrayCache(cache_folder(), _say_nothing, suffix=FINISHED_SUFFIX)
        for name, forecast in kept.items():
            stored = pack_forecast(forecast)
            said = {**stored.said, "key": self._key}
            cache.store(self._file_of(name), replace(stored, said=said))

    def _load(self, name: str) -> Forecast | None:
        """Return one forecast, or None where there is none to the same question."""
        stored = self._cache.load(self._file_of(name))
        if stored is None or stored.said.get("key") != self._key:
            return None
        return replace(unpack_forecast(stored), coverages=self._settings.coverages)

    def _file_of(self, name: str) -> str:
        """Return what the file of a series is called."""
        return cache_key(self._file, name)


def _say_nothing(_sentence: str) -> None:
    """Take a sentence that was said already."""


def _what_matters(settings: Settings) -> str:
    """Return the settings that change draws; the day counts by itself."""
    return repr(
        replace(
            settings, as_of=settings.as_of.min, coverages=(), use_cache=True,
            allow_unreliable=False,
        )
    )  # fmt: skip


def _may_be_a_file(name: str) -> bool:
    """Say whether a name may mean a file, whose figures are not in the workspace."""
    # a name of any length is no error here
    return name == "-" or name.lower().endswith(".csv") or os.path.isfile(name)  # noqa: PTH113


def _may_be_kept(forecast: Forecast) -> bool:
    """Say whether a forecast is reliable, rests on nothing but the files, and can be kept whole."""
    engines = forecast.report.engine.split(", ")
    is_ours = all(engine in KEPT_ENGINES for engine in engines)
    return forecast.report.is_reliable and is_ours and can_be_packed(forecast)
