"""Make a forecast of what was drawn: check the fit, and say what it rests on."""

from __future__ import annotations

from dataclasses import field
from datetime import date
from typing import TYPE_CHECKING

from forecaster.errors import UnreliableFit
from forecaster.forecasts.doubts import with_doubts
from forecaster.forecasts.driver_shift import measure_drivers
from forecaster.forecasts.forecast import Forecast, Manifest
from forecaster.forecasts.judgement_shift import measure_shift
from forecaster.forecasts.limits import within_limits
from forecaster.forecasts.settings import TREND_ALONE
from forecaster.records import frozen
from forecaster.workspace.footing import Footing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from forecaster.forecasts.judgement_job import JudgementJob
    from forecaster.forecasts.judgement_shift import JudgementShift
    from forecaster.forecasts.settings import Settings
    from forecaster.inference.report import FitReport
    from forecaster.workspace.facts import History
    from forecaster.workspace.periods import Period

    FloatArray = NDArray[np.float64]


@frozen
class Result:
    """What any family leaves of a series.

    Attributes
    ----------
    periods, trajectories : (n_draws, n_periods), unit of the series
    worlds : world -> the same draws there; empty where no driver moves the series
    family : what it was forecast by
    notes : statements for the screen
    theta_index : (n_draws,) draws with the same number share their hyperparameters, where known
    """

    history: History
    periods: tuple[Period, ...]
    trajectories: FloatArray
    report: FitReport
    family: str
    notes: tuple[str, ...] = ()
    theta_index: NDArray[np.int64] | None = None
    from_cache: bool = False
    worlds: Mapping[str, FloatArray] = field(default_factory=dict)


def finish_forecast(result: Result, settings: Settings, manifest: Manifest) -> Forecast:
    """Return the forecast, once its fit is known to be reliable or was asked for all the same.

    Raises
    ------
    UnreliableFit
        If the fit is not certified and `settings.allow_unreliable` is off.
    """
    worlds = {
        name: within_limits(drawn, result.history, result.periods)[0]
        for name, drawn in result.worlds.items()
    }
    limited, said = within_limits(result.trajectories, result.history, result.periods)
    shift = None
    if worlds:
        entry = result.history.entry
        shift = measure_drivers(
            entry, result.periods, settings.world, worlds,
            theta_index=result.theta_index, ess=result.report.ess,
        )  # fmt: skip
    warnings = [*result.notes, *said]
    if not result.report.is_reliable:
        if not settings.allow_unreliable:
            raise UnreliableFit(result.report, series=result.history.entry.id)
        warnings.append(f"the fit is unreliable: {'; '.join(result.report.failures)}")
    forecast = Forecast(
        history=result.history,
        scenario=settings.world,
        periods=result.periods,
        trajectories=limited,
        quantity="latent" if settings.latent else "published",
        coverages=settings.coverages,
        report=result.report,
        manifest=manifest,
        warnings=tuple(dict.fromkeys(warnings)),
        from_cache=result.from_cache,
        theta_index=result.theta_index,
        drivers=shift,
        worlds=worlds,
    )
    return with_doubts(forecast)


def or_none(history: History) -> History | None:
    """Return the history, or None for one without figures."""
    return history if history.data else None


def unmoved(forecast: Forecast, judged: JudgementJob | None) -> JudgementShift | None:
    """Return the shift of judgements none of which enters the forecast."""
    if judged is None:
        return None
    return measure_shift(
        forecast.history.entry,
        forecast.periods,
        without=forecast.trajectories,
        with_them=forecast.trajectories,
        n_used=0,
        n_left_out=len(judged.left_out),
    )


def footing_of_formula(series: Sequence[str], inputs: Mapping[str, Forecast]) -> Footing:
    """Return what a formula rests on: the series below it, and whether all of these are thin."""
    footings = [inputs[name].footing for name in series]
    is_thin = all(footing is not None and footing.is_thin for footing in footings)
    return Footing("derived", 0, "", "", (), 0, tuple(series), is_thin)


def first_open(history: History, periods: tuple[Period, ...]) -> int:
    """Return the number of the first period whose figure on the target basis is not published."""
    ends = [row.period.end for row in history.published if row.basis == history.target_basis]
    newest = max(ends, default=date.min)
    return next((i for i, period in enumerate(periods) if period.end > newest), 0)


def with_trend_alone(worlds: Mapping[str, FloatArray], alone: FloatArray) -> dict[str, FloatArray]:
    """Return worlds beside the one without drivers; none where nothing moves the series."""
    return {TREND_ALONE: alone, **worlds} if worlds else {}
