"""Forecast series that only make sense together: parts of a whole, members of a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.forecasts.joint_judgements import heed_judgements

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.forecasts.composition_job import CompositionJob
    from forecaster.forecasts.joint_drawn import JointDrawn
    from forecaster.forecasts.pooled_job import PooledJob
    from forecaster.forecasts.settings import Settings
    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.facts import Facts


def run_joint(
    family: str,
    name: str,
    facts: Facts,
    beliefs: Beliefs,
    settings: Settings,
    *,
    announce: Callable[[str], None],
) -> tuple[CompositionJob | PooledJob, JointDrawn]:
    """Return the job of a whole or a group, and its trajectories, judgements heeded.

    Parameters
    ----------
    family : 'composition' or 'pooled'
    name : of the composition, or of the series whose group it is

    Raises
    ------
    InputError
        As `prepare_composition` and `prepare_pooled`.
    """
    job: CompositionJob | PooledJob
    # each family loads only its own modules: a forecast from the cache is that quick
    if family == "composition":
        from forecaster.forecasts import composition_job

        job = composition_job.prepare_composition(facts, name, beliefs, settings)
        found = composition_job.draw_job(job, beliefs, settings, announce)
    else:
        from forecaster.forecasts import pooled_job

        job = pooled_job.prepare_pooled(facts, name, beliefs, settings)
        found = pooled_job.draw_job(job, beliefs, settings, announce)
    judged = heed_judgements(
        found, facts, beliefs, settings, name=min(found.trajectories), announce=announce
    )
    return job, judged
