"""Make the forecast of a derived series from joint forecasts of the series it rests on.

Counts can all be zero in a draw, and a ratio to them then has no value. A few such draws are left
out, with a word about it: the answer is then about worlds in which there is something to count.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.errors import InputError
from forecaster.forecasts.derived_draws import derive_draws, figures_of, require_finite
from forecaster.forecasts.derived_history import derive_history
from forecaster.inference.report import FitReport
from forecaster.workspace.faults import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.forecasts.derived_draws import Figures
    from forecaster.forecasts.forecast import Forecast
    from forecaster.workspace.derived_series import Resolved
    from forecaster.workspace.facts import SeriesEntry
    from forecaster.workspace.formulas import Formula

    FloatArray = NDArray[np.float64]

MODEL = "derived"
"""What stands for the family of a formula in a manifest."""
ROUNDING = 1e-9
"""How far a share may be outside 0 and 1 by rounding."""
MOST_LEFT_OUT = 0.01
"""Share of the draws that may lack a value because counts are zero."""


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
    result = _derive_in_order(resolved, forecasts)
    draws, left_out, numbers = _leave_out(resolved.formula, result)
    histories = {name: forecasts[name].history for name in resolved.series}
    warnings = [
        f"{name}: {warning}" for name in resolved.series for warning in forecasts[name].warnings
    ]
    return replace(
        used[0],
        history=derive_history(resolved, histories),
        periods=result.periods,
        trajectories=draws,
        report=_worst_report(resolved.series, [forecast.report for forecast in used]),
        manifest=replace(used[0].manifest, model=MODEL),
        warnings=tuple(dict.fromkeys([*warnings, *left_out])),
        from_cache=all(forecast.from_cache for forecast in used),
        theta_index=None,
        weights={},
        has_mean=resolved.has_mean,
        draw_numbers=numbers,
    )


def _derive_in_order(resolved: Resolved, forecasts: Mapping[str, Forecast]) -> Figures:
    """Return the figures of a formula, after those of the definitions that it needs."""
    figures = {name: figures_of(forecasts[name]) for name in resolved.series}
    has_counts = any(resolved.entries[name].kind == "count" for name in resolved.series)
    for name, definition in resolved.definitions:
        figures[name] = derive_draws(definition, figures, may_lack=has_counts)
        _check_share(resolved.entries[name], definition, figures[name])
    result = derive_draws(resolved.formula, figures, may_lack=has_counts)
    _check_share(resolved.entry, resolved.formula, result)
    return result


def _leave_out(
    formula: Formula, figures: Figures
) -> tuple[FloatArray, list[str], NDArray[np.int64] | None]:
    """Return the draws that have a value in every period, what is said of the others, and numbers.

    Draws keep the numbers that they have in the inputs; None where none is left out.
    """
    has_value = np.asarray(np.isfinite(figures.draws).all(axis=1))
    n_draws, n_lacking = len(has_value), int(np.count_nonzero(~has_value))
    if n_lacking > MOST_LEFT_OUT * n_draws:
        require_finite(formula, figures.periods, figures.draws)
    if not n_lacking:
        return figures.draws, [], None
    draws = "1 draw is" if n_lacking == 1 else f"{n_lacking} draws are"
    sentence = f"{draws} left out of {n_draws}: all counts that the formula divides by are zero"
    return figures.draws[has_value], [sentence], np.flatnonzero(has_value) + 1


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
        """Return the phrases of one field, each under its series."""
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
