"""Say by how much each figure of a series surprised its model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.kalman import integrate_static, run_filter
from forecaster.inference.timeline import lay_out

if TYPE_CHECKING:
    from datetime import date

    from forecaster.inference.kalman import Reading
    from forecaster.inference.posterior import Posterior
    from forecaster.models.single import SingleModel


def one_step_residuals(model: SingleModel, posterior: Posterior) -> dict[tuple[date, date], float]:
    """Return the standardised one-step-ahead residuals of the figures on the target basis.

    They are taken at the posterior medians of the hyperparameters, static effects at their
    posterior mean: good enough to see how two series moved together, which is all they are for.

    Returns
    -------
    (first day, last day) of a figure's period -> residual; the first figure, which settles the
    level, has none
    """
    o = model.observations
    theta = np.median(posterior.theta, axis=1)[:, None]
    record: list[Reading] = []
    timeline = lay_out(o, anchor=model.static.anchor)
    filtered = run_filter(
        theta, o, timeline, model.static, linked=model.linked_at(theta), record=record
    )
    effects = integrate_static(filtered, model.static, n=o.n).effects_mean[0]
    found = {}
    for reading in record[1:]:
        i = reading.read.observation
        if o.basis[i] == o.target and o.periods:
            innovation = reading.innovation[0, 0] - reading.innovation[1:, 0] @ effects
            period = o.periods[i]
            found[period.start, period.end] = float(innovation / np.sqrt(reading.variance[0]))
    return found
