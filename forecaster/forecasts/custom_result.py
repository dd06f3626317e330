"""Make the result of a model of the user's own, in every world."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.forecasts.finish import Result, with_trend_alone
from forecaster.forecasts.moved_figures import moved_figures
from forecaster.inference.custom import fit_custom

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.forecasts.driver_side import DriverSide
    from forecaster.forecasts.settings import Settings
    from forecaster.forecasts.single_job import SingleJob


def custom_result(
    job: SingleJob,
    settings: Settings,
    drivers: DriverSide,
    *,
    announce: Callable[[str], None],
) -> Result:
    """Return what a custom model draws, and what drivers make of it.

    Raises
    ------
    InputError
        If the function cannot be found, raises, or returns something else than a model with a
        forecast.
    UnreliableFit
        If it does not converge, and `settings.allow_unreliable` is off.
    """
    prior, history, series = job.prior, job.history, job.history.entry.id
    named = settings.model if ":" in settings.model else ""
    drawn, report = fit_custom(
        named or prior.function,
        history,
        job.plan.periods,
        prior=prior.trend,
        n_draws=settings.n_draws,
        seed=settings.seed,
        announce=lambda sentence: announce(f"{series}: {sentence}"),
        where="--model" if named else f"{prior.where}, key 'function'",
    )
    worlds = {
        world: moved_figures(drawn, history, job.plan.periods, movers[series])
        for world, movers in drivers.movers([series], settings).items()
    }
    return Result(
        history,
        job.plan.periods,
        worlds.get(settings.world, drawn),
        report,
        family="custom",
        notes=history.notes,
        worlds=with_trend_alone(worlds, drawn),
    )
