"""Weigh draws of several series by what experts said about any of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.workspace.judgement_index import has_judgements

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forecaster.forecasts.joint_drawn import JointDrawn
    from forecaster.forecasts.judged_joint import JudgedJoint
    from forecaster.forecasts.judgement_shift import JudgementShift
    from forecaster.forecasts.settings import Settings
    from forecaster.inference.judged_trajectories import JudgedTrajectories
    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.facts import Facts


def heed_judgements(
    drawn: JointDrawn,
    facts: Facts,
    beliefs: Beliefs,
    settings: Settings,
    *,
    name: str,
    announce: Callable[[str], None],
) -> JointDrawn:
    """Return the draws weighed by what experts said about any of the series.

    Parameters
    ----------
    name : of the whole or group, which names the random stream
    """
    spoken_of = [
        series for series in drawn.trajectories if has_judgements(beliefs.workspace, series)
    ]
    if settings.without_judgements or not spoken_of:
        return drawn
    from forecaster.forecasts.judged_joint import judge_joint

    judged = judge_joint(
        facts,
        beliefs,
        settings,
        periods=drawn.periods,
        trajectories=drawn.trajectories,
        name=name,
        announce=announce,
    )
    if judged is None:
        return drawn
    if judged.weighed is None:
        return replace(drawn, shifts=judged.shifts)
    shifts = _all_shifts(drawn, facts, judged, judged.weighed)
    return replace(_taken(drawn, judged.weighed), shifts=shifts)


def _all_shifts(
    drawn: JointDrawn, facts: Facts, judged: JudgedJoint, weighed: JudgedTrajectories
) -> Mapping[str, JudgementShift]:
    """Return how far every series moved: what is said of one part moves the others too."""
    from forecaster.forecasts.judgement_shift import measure_shift

    n_used = sum(shift.n_used for shift in judged.shifts.values())
    used = {series: shift for series, shift in judged.shifts.items() if shift.n_used}
    return {
        series: used.get(series)
        or measure_shift(
            facts.entries[series],
            drawn.periods[series],
            without=paths,
            with_them=paths[weighed.chosen],
            n_used=n_used,
            n_left_out=0,
        )
        for series, paths in drawn.trajectories.items()
    }


def _taken(drawn: JointDrawn, weighed: JudgedTrajectories) -> JointDrawn:
    """Return the draws chosen by their weights, with what the weights are worth."""
    report = replace(
        drawn.report,
        ess=min(drawn.report.ess, weighed.ess),
        failures=(*drawn.report.failures, *weighed.failures),
        diagnostics={**drawn.report.diagnostics, "judgements_k_hat": weighed.k_hat},
    )
    return replace(
        drawn,
        paths=drawn.paths.at(weighed.chosen),
        trajectories={part: x[weighed.chosen] for part, x in drawn.trajectories.items()},
        theta_index=drawn.theta_index[weighed.chosen],
        report=report,
        learnt=None if drawn.learnt is None else drawn.learnt.at(weighed.chosen),
    )
