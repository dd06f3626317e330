"""Bayesian scenario forecasts of short, sourced histories.

    >>> import forecaster as fc
    >>> result = fc.forecast("cn-ai-chip-domestic-share", until="2028")
    >>> result.bands.median          # (n_periods,), unit of the series
    >>> result.draws                 # (n_draws, n_periods)
    >>> result.to_csv("bands.csv")
    >>> fc.reach("cn-ai-chip-domestic-share", "40%", by="2027").by_period

Nothing heavy is imported until a forecast is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecaster.errors import ForecasterError, InputError, UnreliableFit
from forecaster.records import frozen

if TYPE_CHECKING:
    import os
    from datetime import date

    import numpy as np
    from numpy.typing import NDArray

    from forecaster.cli.request import Asked
    from forecaster.forecasts.bands import Bands
    from forecaster.forecasts.forecast import Forecast, Reach, Settled
    from forecaster.inference.report import FitReport

__version__ = "0.1.0"
__all__ = [
    "ForecastResult",
    "ForecasterError",
    "InputError",
    "ReachResult",
    "UnreliableFit",
    "__version__",
    "forecast",
    "reach",
]


@frozen
class ForecastResult:
    """A forecast of one series, as data, as files, or shown in a notebook.

    Attributes
    ----------
    forecast : everything that is known about it: history, periods, manifest, warnings
    """

    forecast: Forecast

    @property
    def draws(self) -> NDArray[np.float64]:
        """Trajectories, (n_draws, n_periods), unit of the series."""
        return self.forecast.trajectories

    @property
    def bands(self) -> Bands:
        """Median and central bands by period."""
        from forecaster.forecasts.bands import band_table

        return band_table(self.forecast)

    @property
    def report(self) -> FitReport:
        """The numbers by which the fit was certified."""
        return self.forecast.report

    def to_csv(self, path: str | os.PathLike[str], *, layout: str = "wide") -> None:
        """Write the bands to a file, and its data package beside it.

        Parameters
        ----------
        layout : 'wide' (a line per period), 'long' (per quantile) or 'draws' (per path)

        Raises
        ------
        InputError
            If the file cannot be written, or the layout is unknown.
        """
        import os
        import sys

        from forecaster.cli import options
        from forecaster.output.bands_csv import LAYOUTS, write_bands

        options.read_choice(layout, flag="layout", known=LAYOUTS)
        write_bands([self.forecast], os.fspath(path), layout=layout, stdout=sys.stdout)

    def to_json(self) -> str:
        """Return the bands, the history and the manifest as JSON."""
        from forecaster.cli.streams import json_text
        from forecaster.output.json_output import forecast_record

        return json_text(forecast_record(self.forecast))

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        from forecaster.output.notebook import forecast_html

        return forecast_html(self.forecast)


@frozen
class ReachResult:
    """How likely a series reaches a level, as data or shown in a notebook.

    Attributes
    ----------
    reach : everything that is known about it, the forecast among it
    """

    reach: Reach

    @property
    def by_period(self) -> NDArray[np.float64]:
        """Probability of having reached the level by each period, (n_periods,)."""
        return self.reach.by_period

    @property
    def mcse(self) -> NDArray[np.float64]:
        """Monte Carlo standard error of `by_period`, (n_periods,)."""
        return self.reach.mcse

    @property
    def never(self) -> float:
        """Probability that the level is not reached before the horizon."""
        return self.reach.never

    @property
    def forecast(self) -> ForecastResult:
        """The forecast that the answer was counted on."""
        return ForecastResult(self.reach.forecast)

    def to_json(self) -> str:
        """Return the answer as JSON."""
        from forecaster.cli.streams import json_text
        from forecaster.output.json_output import reach_record

        return json_text(reach_record(self.reach))

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        from forecaster.output.notebook import reach_html

        return reach_html(self.reach)


def forecast(
    series: str | os.PathLike[str],
    until: str | int | None = None,
    *,
    as_of: str | date | None = None,
    **settings: Any,
) -> ForecastResult:
    """Forecast a series of the workspace, a formula over series, or a CSV file.

    Parameters
    ----------
    series : id of a series, a formula such as 'us-spend / cn-spend', or path of a CSV file with
        the columns period and value
    until : last period: 2030 or '2030' for annual figures, '2027-Q4', '2027-06'; by default
        the fourth year after the as-of year
    as_of : use only what was published by then; by default today
    **settings : any of
        coverages : probabilities, by default (0.5, 0.8, 0.95)
        engine : 'amis', 'nuts' or 'brute-force'
        model : a family that 'forecaster list models' shows, or 'module:function' of your own;
            by default what the beliefs about the series name
        n_draws, seed : whole numbers
        basis : who counted what; by default the basis with the newest figure
        kind : of a file: 'share', 'positive', 'count', 'cumulative' or 'real'
        workspace : folder of facts and beliefs
        latent : about the level behind the figures, without their errors
        allow_unreliable : return forecasts whose fit failed its checks too
        use_cache : whether posteriors are kept for the next time, by default True
        without_judgements : leave out what experts said

    Raises
    ------
    InputError
        If an argument, the workspace or the file is at fault.
    UnreliableFit
        If the fit fails its checks.

    Examples
    --------
    >>> result = forecast("cn-ai-chip-domestic-share", until=2028, coverages=(0.8,))
    >>> lower, upper = result.bands.band(0.8)
    """
    from forecaster.cli.forecast import forecast_one

    asked = _asked(until, as_of, settings, horizon="until")
    return ForecastResult(forecast_one(_name_of(series), asked))


def reach(
    series: str | os.PathLike[str],
    level: str | float,
    by: str | int | None = None,
    *,
    below: bool = False,
    as_of: str | date | None = None,
    **settings: Any,
) -> ReachResult | Settled:
    """Say how likely a series reaches a level, and when.

    Where every figure up to `by` is published, history has given the answer: a `Settled`.

    Parameters
    ----------
    series : id of a series, or path of a CSV file with the columns period and value
    level : a number in the unit of the series, or text such as '40%' or '200bn USD'
    by : last period; by default the fourth year after the as-of year
    below : reached means fallen to the level or under it
    as_of, **settings : as for `forecast`

    Raises
    ------
    InputError
        If an argument, the workspace or the file is at fault.
    UnreliableFit
        If the fit fails its checks.

    Examples
    --------
    >>> reach("cn-ai-chip-domestic-share", "40%", by=2027).by_period[-1]
    """
    from forecaster.cli.reach import find_reach
    from forecaster.forecasts.forecast import Settled

    asked = _asked(by, as_of, settings, horizon="by")
    text = level if isinstance(level, str) else repr(float(level))
    answer = find_reach(_name_of(series), text, asked, below=below)
    return answer if isinstance(answer, Settled) else ReachResult(answer)


def _name_of(series: str | os.PathLike[str]) -> str:
    """Return an id or a path as text; a path without a folder is not taken for an id."""
    import os

    if isinstance(series, str):
        return series
    return os.path.join(os.curdir, os.fspath(series))  # noqa: PTH118  # Path drops the './'


def _asked(
    until: str | int | None,
    as_of: str | date | None,
    settings: dict[str, Any],
    *,
    horizon: str,
) -> Asked:
    """Return the arguments as the command line would have them, checked by the same rules."""
    from forecaster.cli.request import asked_in_python

    return asked_in_python(
        until=None if until is None else str(until),
        as_of=None if as_of is None else str(as_of),
        horizon=horizon,
        settings=settings,
    )
