"""Hold what several series that are fitted together have in common, and keep it between runs."""

from __future__ import annotations

from dataclasses import field, fields, is_dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster import __version__
from forecaster.forecasts.settings import random_stream
from forecaster.inference.cache import ArrayCache, Stored, cache_folder, cache_key
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from forecaster.forecasts.joint_paths import JointPaths
    from forecaster.forecasts.judgement_shift import JudgementShift
    from forecaster.forecasts.settings import Settings
    from forecaster.inference.report import FitReport
    from forecaster.workspace.facts import History
    from forecaster.workspace.periods import Period

    Announce = Callable[[str], None]
    FloatArray = NDArray[np.float64]

INDEX = "(theta index)"
"""A name that no series has."""


@frozen
class Learnt:
    """Joint draws of what a fit learnt, in the order of the trajectories.

    Attributes
    ----------
    theta : name -> (n_draws,) hyperparameters, in units of the series
    drifts : series -> (n_draws,) its long-run growth, link units a year
    event_sizes : series -> (n_events, n_draws) of its dated events, link units
    """

    theta: Mapping[str, FloatArray]
    drifts: Mapping[str, FloatArray]
    event_sizes: Mapping[str, FloatArray]

    def at(self, chosen: NDArray[np.int64]) -> Learnt:
        """Return some of the draws."""
        tables = (self.theta, self.drifts, self.event_sizes)
        return Learnt(*({name: x[..., chosen] for name, x in table.items()} for table in tables))


@frozen
class JointDrawn:
    """Trajectories of several series on one draw axis.

    Attributes
    ----------
    histories : series -> what was known of it, and what is to be said of its fit
    periods : series -> periods forecast
    paths : what figures are made of
    trajectories : series -> (n_draws, n_periods), unit of the series, in worlds without drivers
    theta_index : (n_draws,) draws with the same number share their hyperparameters
    shifts : series -> what judgements did to its last median
    learnt : None where the draws came from the cache
    """

    histories: Mapping[str, History]
    periods: Mapping[str, tuple[Period, ...]]
    paths: JointPaths
    trajectories: Mapping[str, FloatArray]
    theta_index: NDArray[np.int64]
    report: FitReport
    notes: tuple[str, ...]
    from_cache: bool
    shifts: Mapping[str, JudgementShift] = field(default_factory=dict)
    learnt: Learnt | None = None


@frozen
class Fitted:
    """What a fit gives: paths to be kept by the cache, and what it learnt, which is not kept."""

    stored: Stored
    learnt: Learnt | None


def in_random_order(
    paths: JointPaths,
    theta_index: NDArray[np.int64],
    learnt: Learnt,
    report: FitReport,
    settings: Settings,
    name: str,
) -> Fitted:
    """Return draws in random order, the same for all arrays.

    They come in the order in which hyperparameters were resampled, which must not line up with
    that of other series: draw k of every series is one world.

    Parameters
    ----------
    name : of the random stream
    """
    order = random_stream(settings.seed, name, "order").permutation(settings.n_draws)
    arrays = {**paths.at(order).arrays(), INDEX: theta_index[order]}
    # picking draws leaves some arrays transposed in memory; the cache gives them back in order,
    # and sums in another order differ in the last digits
    in_order = {part: np.ascontiguousarray(array) for part, array in arrays.items()}
    return Fitted(Stored(in_order, report), learnt.at(order))


def fetch(
    key: str, fit: Callable[[], Fitted], settings: Settings, announce: Announce
) -> tuple[Fitted, bool]:
    """Return what the cache holds, or fit anew, and keep it if the fit is reliable.

    Returns
    -------
    fitted : without what was learnt where it comes from the cache
    from_cache : bool
    """
    cache = ArrayCache(cache_folder(), announce) if settings.use_cache else None
    found = cache.load(key) if cache else None
    if found is not None:
        return Fitted(found, None), True
    fitted = fit()
    if cache and fitted.stored.report.is_reliable:
        cache.store(key, fitted.stored)
    return fitted, False


def joint_cache_key(name: str, settings: Settings, *parts: object) -> str:
    """Return the cache's key: name, engine, draws, and every field of the parts."""
    return cache_key(
        __version__, "joint paths", name, settings.engine, settings.n_draws, settings.seed,
        *(value for part in parts for value in _flat(part)),
    )  # fmt: skip


def _flat(part: object) -> Iterator[object]:
    """Yield what a record is made of, down to arrays and plain values."""
    if is_dataclass(part) and not isinstance(part, type):
        for each in fields(part):
            yield from _flat(getattr(part, each.name))
    elif isinstance(part, dict):
        for name, value in part.items():
            yield name
            yield from _flat(value)
    elif isinstance(part, tuple) and any(is_dataclass(item) for item in part):
        for item in part:
            yield from _flat(item)
    else:
        yield part
