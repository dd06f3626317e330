"""Do the arithmetic of derived series on joint draws.

Inputs share their draws, so a ratio is the ratio of each draw. They need not begin together:

    us        2024 published   2025 published   2026 drawn   2027 drawn
    cn        2024 published   2025 drawn       2026 drawn   2027 drawn
    us / cn   history          drawn            drawn        drawn

A figure that is published is the same in every draw. The result begins with the first period that
is drawn for any input, or later where an input has neither a figure nor draws.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.errors import InputError
from forecaster.forecasts.derived_history import derive_history, evaluate, published_figures
from forecaster.inference.report import FitReport
from forecaster.workspace.faults import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.forecasts.forecast import Forecast
    from forecaster.workspace.derived_series import Resolved
    from forecaster.workspace.facts import SeriesEntry
    from forecaster.workspace.formulas import Formula
    from forecaster.workspace.periods import Period

    FloatArray = NDArray[np.float64]

MODEL = "derived"
"""What stands for the family of a formula in a manifest."""
ROUNDING = 1e-9
"""How far a share may be outside 0 and 1 by rounding."""


@dataclass(frozen=True, slots=True)
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


def derive_draws(formula: Formula, inputs: Mapping[str, Figures]) -> Figures:
    """Return a formula of joint draws, on the periods that all inputs have.

    Parameters
    ----------
    inputs : series -> its figures, of every series of the formula; draw k of all is one world

    Raises
    ------
    InputError
        If the inputs have no period in common, are on different grids, or a result is not finite.
    ValueError
        If the inputs have different numbers of draws.
    """
    chosen = {name: inputs[name] for name in formula.series}
    _check_alike(formula, chosen)
    periods = _common_periods(formula, chosen)
    columns = []
    for period in periods:
        values = {name: figures.drawn_in(period) for name, figures in chosen.items()}
        columns.append(_evaluated(formula, values, period))
    return Figures(periods, np.column_stack(columns), _published(formula, chosen))


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


def _evaluated(
    formula: Formula, values: Mapping[str, FloatArray | None], period: Period
) -> FloatArray:
    """Return the formula in every draw of one period, all finite."""
    known = {name: value for name, value in values.items() if value is not None}
    found = evaluate(formula.tree, known)
    n_bad = int(np.count_nonzero(~np.isfinite(found)))
    if n_bad:
        share = f"{n_bad} of {len(found)} draws"
        raise InputError(
            problem=f"the formula has no finite value in {period}, in {share}",
            where=formula.text.shown,
            fix="ask for an earlier --until, or a formula whose parts stay within bounds",
        )
    return found


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


def derive_forecast(resolved: Resolved, forecasts: Mapping[str, Forecast]) -> Forecast:
    """Return the forecast of a formula from joint forecasts of the series it rests on.

    Parameters
    ----------
    resolved : the formula with its definitions
    forecasts : series -> forecast, for `resolved.series`; one scenario, quantity and draw axis

    Raises
    ------
    InputError
        As `derive_draws`, for the formula or one of its definitions.
    """
    used = [forecasts[name] for name in resolved.series]
    figures = {name: figures_of(forecasts[name]) for name in resolved.series}
    for name, definition in resolved.definitions:
        figures[name] = derive_draws(definition, figures)
        _check_share(resolved.entries[name], definition, figures[name])
    result = derive_draws(resolved.formula, figures)
    _check_share(resolved.entry, resolved.formula, result)
    histories = {name: forecasts[name].history for name in resolved.series}
    warnings = [
        f"{name}: {warning}" for name in resolved.series for warning in forecasts[name].warnings
    ]
    return replace(
        used[0],
        history=derive_history(resolved, histories),
        periods=result.periods,
        trajectories=result.draws,
        report=_worst_report(resolved.series, [forecast.report for forecast in used]),
        manifest=replace(used[0].manifest, model=MODEL),
        warnings=tuple(dict.fromkeys(warnings)),
        from_cache=all(forecast.from_cache for forecast in used),
        theta_index=None,
        weights={},
        has_mean=resolved.has_mean,
    )


def _check_share(entry: SeriesEntry, formula: Formula, figures: Figures) -> None:
    """Check that a share is one in every draw: parts may have been drawn without their whole."""
    if entry.kind != "share":
        return
    outside = (figures.draws < -ROUNDING) | (figures.draws > 1 + ROUNDING)
    n_bad = int(np.count_nonzero(outside.any(axis=1)))
    if n_bad:
        raise InputError(
            problem=f"the share {quoted(entry.id)} lies outside 0 and 1 in {n_bad} of "
            f"{len(figures.draws)} draws",
            where=formula.text.shown,
            fix="forecast its parts as one composition: family = 'composition' in priors/series",
        )


def _worst_report(series: Sequence[str], reports: Sequence[FitReport]) -> FitReport:
    """Return the checks of several fits as one: the worst of each number, all that failed.

    An engine that has no such number says nothing about it.
    """

    def said(field_name: str) -> tuple[str, ...]:
        return tuple(
            f"{name}: {phrase}"
            for name, report in zip(series, reports, strict=True)
            for phrase in getattr(report, field_name)
        )

    return FitReport(
        engine=", ".join(dict.fromkeys(report.engine for report in reports)),
        k_hat=float(np.fmax.reduce([report.k_hat for report in reports])),
        ess=min(report.ess for report in reports),
        log_evidence=float("nan"),  # of different data, so of no model to compare
        evidence_gap=float(np.fmax.reduce([report.evidence_gap for report in reports])),
        n_points=min(report.n_points for report in reports),
        rounds=max(report.rounds for report in reports),
        failures=said("failures"),
        escalations=said("escalations"),
    )
