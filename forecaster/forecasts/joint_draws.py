"""Drive several series as one world a draw: their forward innovations are coupled.

Ratios, rankings and formulas need this. A series' own bands do not, and are drawn without it, so
that they are the same to the last digit whatever else is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.forecasts.coupling import estimate_coupling
from forecaster.forecasts.innovations import StepGrid, draw_innovations
from forecaster.inference.residuals import one_step_residuals

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from forecaster.forecasts.coupling import Coupling
    from forecaster.forecasts.settings import Settings
    from forecaster.forecasts.single_job import SingleJob
    from forecaster.inference.posterior import Posterior

    FloatArray = NDArray[np.float64]


def couple_jobs(
    jobs: Mapping[str, SingleJob],
    posteriors: Mapping[str, Mapping[str, Posterior]],
    settings: Settings,
) -> tuple[Coupling, dict[str, FloatArray]]:
    """Return how series are coupled, and the normals that drive their steps.

    Parameters
    ----------
    jobs : series -> SingleJob
    posteriors : series -> family -> Posterior; the family of most weight says what surprised it

    Returns
    -------
    coupling : Coupling
    innovations : series -> (n_steps, 3, n_draws) standard normals
    """
    residuals = {}
    for name, job in jobs.items():
        family = max(job.weights, key=lambda family: job.weights[family])  # used here
        residuals[name] = one_step_residuals(job.models[family], posteriors[name][family])
    coupling = estimate_coupling(residuals, {name: job.history.entry for name, job in jobs.items()})
    grids = {
        name: StepGrid.after(
            job.plan.end, step_length=job.plan.step_length, n_steps=job.plan.n_steps
        )
        for name, job in jobs.items()
    }
    innovations = draw_innovations(coupling, grids, n_draws=settings.n_draws, seed=settings.seed)
    return coupling, innovations
