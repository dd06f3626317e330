"""Do the arithmetic of formulas on joint draws.

Inputs share their draws, so a ratio is the ratio of each draw. They need not begin together:

    us        2024 published   2025 published   2026 drawn   2027 drawn
    cn        2024 published   2025 drawn       2026 drawn   2027 drawn
    us / cn   history          drawn            drawn        drawn

A figure that is published is the same in every draw. The result begins with the first period that
is drawn for any input, or later where an input has neither a figure nor draws.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

import numpy as np

from forecaster.errors import InputError
from forecaster.forecasts.derived_history import evaluate, published_figures
from forecaster.records import frozen
from forecaster.workspace.faults import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.forecasts.forecast import Forecast
    from forecaster.workspace.formulas import Formula
    from forecaster.workspace.periods import Period

    FloatArray = NDArray[np.float64]


@frozen
class Figures:
    """What is drawn of one series, and what is published of it before.

    Attributes
    ----------
    periods : periods drawn, one after the other, of one frequency
    draws : (n_draws, n_periods), unit of the series
    published : period -> figure, for earlier periods of that frequency; unit of the series
    """

    periods: tuple[Period, ...]
    draws: FloatArray
    published: Mapping[Period, float] = field(default_factory=dict)

    def drawn_in(self, period: Period) -> FloatArray | None:
        """Return what a period holds in each draw, or None where nothing is known of it.

        Returns
        -------
        (n_draws,), unit of the series
        """
        if period in self.periods:
            return np.asarray(self.draws[:, self.periods.index(period)])
        if period in self.published:
            return np.full(len(self.draws), self.published[period])
        return None


def figures_of(forecast: Forecast) -> Figures:
    """Return the draws of a forecast with the published figures before them.

    A latent level has no published figures.
    """
    if forecast.quantity == "latent":
        return Figures(forecast.periods, forecast.trajectories)
    found = published_figures(forecast.history, frequency=forecast.periods[0].frequency)
    return Figures(
        forecast.periods,
        forecast.trajectories,
        {period: known.value for period, known in found.items()},
    )


def derive_draws(
    formula: Formula, inputs: Mapping[str, Figures], *, may_lack: bool = False
) -> Figures:
    """Return a formula of joint draws, on the periods that all inputs have.

    Parameters
    ----------
    inputs : series -> its figures, of every series of the formula; draw k of all is one world
    may_lack : let a draw without a finite value be, for the caller to deal with

    Raises
    ------
    InputError
        If the inputs have no period in common, are on different grids, or a result is not finite
        and must be.
    ValueError
        If the inputs have different numbers of draws.
    """
    chosen = {name: inputs[name] for name in formula.series}
    _check_alike(formula, chosen)
    periods = _common_periods(formula, chosen)
    columns = []
    for period in periods:
        drawn = {name: figures.drawn_in(period) for name, figures in chosen.items()}
        values = {name: value for name, value in drawn.items() if value is not None}
        columns.append(evaluate(formula.tree, values))
    draws = np.column_stack(columns)
    if not may_lack:
        require_finite(formula, periods, draws)
    return Figures(periods, draws, _published(formula, chosen))


def _check_alike(formula: Formula, inputs: Mapping[str, Figures]) -> None:
    """Check that draws can be put side by side."""
    sizes = {name: len(figures.draws) for name, figures in inputs.items()}
    if len(set(sizes.values())) > 1:
        raise ValueError(f"inputs of {formula} have different numbers of draws: {sizes}")
    frequencies = {name: figures.periods[0].frequency for name, figures in inputs.items()}
    if len(set(frequencies.values())) > 1:
        grids = ", ".join(f"{quoted(name)} by the {each}" for name, each in frequencies.items())
        raise InputError(
            problem=f"the series of the formula are drawn on different grids: {grids}",
            where=formula.text.shown,
            fix="ask for published figures of one frequency: leave out --latent",
        )


def _common_periods(formula: Formula, inputs: Mapping[str, Figures]) -> tuple[Period, ...]:
    """Return the periods after the last that some input lacks; each is drawn for one at least."""
    drawn = sorted({period for figures in inputs.values() for period in figures.periods})
    common: list[Period] = []
    for period in drawn:
        if any(figures.drawn_in(period) is None for figures in inputs.values()):
            common = []
        else:
            common.append(period)
    if not common:
        spans = ", ".join(
            f"{quoted(name)} from {figures.periods[0]} to {figures.periods[-1]}"
            for name, figures in inputs.items()
        )
        raise InputError(
            problem=f"the series of the formula have no period in common: {spans}",
            where=formula.text.shown,
            fix="ask for a later --until, or use series that are published for the same periods",
        )
    return tuple(common)


def require_finite(formula: Formula, periods: Sequence[Period], draws: FloatArray) -> None:
    """Check that every draw of every period is a number."""
    n_bad = np.count_nonzero(~np.isfinite(draws), axis=0)
    if not n_bad.any():
        return
    first = int(np.argmax(n_bad > 0))
    raise InputError(
        problem=f"the formula has no finite value in {periods[first]}, "
        f"in {n_bad[first]} of {len(draws)} draws",
        where=formula.text.shown,
        fix="ask for an earlier --until, or a formula whose parts stay within bounds",
    )


def _published(formula: Formula, inputs: Mapping[str, Figures]) -> dict[Period, float]:
    """Return the formula where all inputs are published, which is before any of them is drawn."""
    shared = set.intersection(*(set(figures.published) for figures in inputs.values()))
    found = {}
    for period in sorted(shared):
        values = {name: np.array(figures.published[period]) for name, figures in inputs.items()}
        value = float(evaluate(formula.tree, values))
        if np.isfinite(value):
            found[period] = value
    return found
