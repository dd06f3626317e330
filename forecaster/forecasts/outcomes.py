"""Draw a series that is fitted alone, with what experts said about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.forecasts.single_job import prepare_single
from forecaster.forecasts.single_run import run_single
from forecaster.records import frozen
from forecaster.workspace.judgement_index import has_judgements

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from forecaster.forecasts.judgement_job import JudgementJob
    from forecaster.forecasts.judgement_shift import JudgementShift
    from forecaster.forecasts.settings import Settings
    from forecaster.forecasts.single_job import SingleJob
    from forecaster.forecasts.single_run import Drawn
    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.facts import Facts

    FloatArray = NDArray[np.float64]


@frozen
class Outcome:
    """What was drawn of a series fitted alone.

    Attributes
    ----------
    shift : what judgements did to the median; None where none was used
    judged : the judgements, used or not; None where nobody had said anything
    """

    drawn: Drawn
    shift: JudgementShift | None
    judged: JudgementJob | None


def draw_outcome(
    job: SingleJob,
    judged: JudgementJob | None,
    settings: Settings,
    *,
    announce: Callable[[str], None],
    innovations: FloatArray | None = None,
) -> Outcome:
    """Return the trajectories of one series, with the posteriors they were drawn from.

    Parameters
    ----------
    judged : None where nobody had said anything, or is to be heard
    innovations : (n_steps, 3, n_draws) standard normals of the steps; the series' own when None
    """
    if judged is not None and judged.readings:
        from forecaster.forecasts.judged_run import run_judged

        found = run_judged(job, judged, settings, announce=announce, innovations=innovations)
        return Outcome(found.drawn, found.shift, judged)
    drawn = run_single(
        job.models,
        job.weights,
        job.plan,
        job.history.entry,
        settings,
        announce=announce,
        innovations=innovations,
    )
    return Outcome(drawn, None, judged)


def judgements_on(
    facts: Facts, beliefs: Beliefs, settings: Settings, job: SingleJob
) -> JudgementJob | None:
    """Return what experts had said about a series by the as-of date, None where nobody had."""
    if not has_judgements(beliefs.workspace, job.history.entry.id):
        return None
    from forecaster.forecasts.judgement_job import gather_judgements

    def prepare(asked: Settings) -> SingleJob:
        """Return the same series' job on another day."""
        return prepare_single(facts, job.history.entry.id, beliefs, asked, family=job.family)

    return gather_judgements(facts, beliefs, settings, job, prepare=prepare)


def family_name(job: SingleJob, drawn: Drawn) -> str:
    """Return what a series was forecast by, for the manifest."""
    if not job.history.data:
        return "judgement-only"
    return job.family if len(drawn.weights) > 1 else next(iter(drawn.weights))
