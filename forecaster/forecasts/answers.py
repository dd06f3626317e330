"""Answer questions about a level: by counting draws, or by history where it has answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.forecasts.crossing import count_crossings, crossing_error
from forecaster.forecasts.forecast import Reach, Settled

if TYPE_CHECKING:
    from forecaster.forecasts.forecast import Forecast
    from forecaster.forecasts.settings import Settings
    from forecaster.workspace.facts import Facts, History, Row


def count_reach(forecast: Forecast, level: float, *, below: bool) -> Reach:
    """Return how likely a forecast reaches a level, by each period.

    Parameters
    ----------
    level : unit of the series
    below : reaching means falling to the level or under it
    """
    crossing = count_crossings(forecast.trajectories, level, below=below)
    return Reach(
        forecast=forecast,
        level=level,
        below=below,
        by_period=crossing.by_period,
        first_in_period=crossing.first_in_period,
        at_or_beyond=crossing.at_or_beyond,
        never=crossing.never,
        mcse=crossing_error(
            forecast.trajectories,
            level,
            below=below,
            theta_index=forecast.theta_index,
            ess=forecast.report.ess,
        ),
        passed=_figures_beyond(forecast.history, level, below=below),
    )


def settle(
    facts: Facts, series: str, settings: Settings, *, level: float, below: bool
) -> Settled | None:
    """Return the answer that history has given, or None where something is left to forecast.

    Raises
    ------
    InputError
        If nothing was known by the as-of date, or `settings.until` is no period.
    """
    from forecaster.forecasts.plan import parse_until
    from forecaster.workspace.history import known_by

    history = known_by(facts, series, as_of=settings.as_of, basis=settings.basis)
    by = parse_until(settings.until)
    on_target = [row for row in history.published if row.basis == history.target_basis]
    if by.end > max(row.period.end for row in on_target):
        return None
    beyond = _figures_beyond(history, level, below=below)
    return Settled(
        history=history,
        level=level,
        below=below,
        by=by,
        figures=tuple(row for row in on_target if row.period.end <= by.end),
        passed=tuple(row for row in beyond if row.period.end <= by.end),
    )


def _figures_beyond(history: History, level: float, *, below: bool) -> tuple[Row, ...]:
    """Return the published figures, on any basis, that are at or beyond the level."""
    return tuple(
        row for row in history.published if (row.value <= level if below else row.value >= level)
    )
