"""Add what is believed about single parts to the publications of a composition."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.models.composition import coordinate_scale, drift_moments, log_ratio_basis
from forecaster.models.part_drifts import logit_slope, stated_drift
from forecaster.models.part_events import PartEvent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.models.publications import Publications
    from forecaster.models.regressors import Regressor
    from forecaster.workspace.belief_tables import Normal
    from forecaster.workspace.composition_beliefs import CompositionPrior

    FloatArray = NDArray[np.float64]


def with_part_beliefs(
    publications: Publications,
    parts: Sequence[str],
    prior: CompositionPrior,
    *,
    events: Mapping[str, Sequence[Regressor]],
    growth: Mapping[str, Normal],
) -> Publications:
    """Return the publications with dated events and stated growth of parts.

    Growth is meant at the last shares that figures settle or come near.

    Parameters
    ----------
    parts : ids of the parts with figures, in the order of the publications
    events : part -> dated events that moved it
    growth : part -> its long-run growth where it is stated, logit units a year
    """
    n_parts = publications.n_parts
    return replace(
        publications,
        events=tuple(
            PartEvent(k, regressor)
            for k, part in enumerate(parts)
            for regressor in events.get(part, ())
        ),
        drift=stated_drift(
            {k: growth[part] for k, part in enumerate(parts) if part in growth},
            publications.shares[-1],
            log_ratio_basis(n_parts),
            sd=coordinate_scale(n_parts) * prior.share.drift.sd,
        ),
    )


def part_slope(publications: Publications, part: int) -> FloatArray:
    """Return what a part's logit at the last shares moves with each coordinate, (C,)."""
    slope = logit_slope(publications.shares[-1], part)
    return np.asarray(slope @ log_ratio_basis(publications.n_parts))


def part_drift(
    publications: Publications, prior: CompositionPrior, part: int
) -> tuple[float, float]:
    """Return prior mean and sd of a part's long-run growth at the last shares, logits a year."""
    mean, covariance = drift_moments(publications, prior)
    slope = part_slope(publications, part)
    return float(slope @ mean), float(np.sqrt(slope @ covariance @ slope))
