"""Measure what other beliefs make of a forecast, for one run: the last period before and after."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.bands import quantile_mcse, quantiles
from forecaster.records import frozen

if TYPE_CHECKING:
    from forecaster.forecasts.forecast import Forecast
    from forecaster.workspace.periods import Period

    Three = tuple[float, float, float]

_LEVELS = np.array([0.1, 0.5, 0.9])


@frozen
class PriorShift:
    """The last period with the beliefs of the files, and with those of this run.

    Attributes
    ----------
    priors : what is believed otherwise, as typed
    before, after : 10, 50 and 90% quantiles, unit of the series
    errors_before, errors_after : their Monte Carlo standard errors
    chances : before and after, of having reached the level asked about; None where none was
    chance_errors : their Monte Carlo standard errors
    """

    priors: tuple[str, ...]
    period: Period
    before: Three
    after: Three
    errors_before: Three
    errors_after: Three
    chances: tuple[float, float] | None = None
    chance_errors: tuple[float, float] = (0.0, 0.0)

    @property
    def spread(self) -> float:
        """Width of the wider of both 80% bands."""
        return max(self.before[2] - self.before[0], self.after[2] - self.after[0])


def with_prior_shift(after: Forecast, before: Forecast, priors: tuple[str, ...]) -> Forecast:
    """Return a forecast with what it was before some beliefs were changed.

    Parameters
    ----------
    before : of the same series and periods, on the beliefs of the files
    """
    first, last = _three(before), _three(after)
    shift = PriorShift(priors, after.periods[-1], first[0], last[0], first[1], last[1])
    return replace(after, prior_shift=shift)


def _three(forecast: Forecast) -> tuple[Three, Three]:
    """Return three quantiles of the last period, and their Monte Carlo standard errors."""
    last = forecast.trajectories[:, -1:]
    found = quantiles(np.sort(last, axis=0), _LEVELS)[:, 0].tolist()
    errors = quantile_mcse(
        last, _LEVELS, theta_index=forecast.theta_index, ess=forecast.report.ess
    )[:, 0].tolist()
    return (found[0], found[1], found[2]), (errors[0], errors[1], errors[2])
