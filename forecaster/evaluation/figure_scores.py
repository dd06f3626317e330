"""Score the draws of one figure against what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.evaluation.scores import crps_of_draws, weighted_interval_score
from forecaster.forecasts.bands import band_ends, quantiles
from forecaster.records import frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

COVERAGES = (0.5, 0.8, 0.95)


@frozen
class FigureScore:
    """What one figure's forecast was worth.

    Attributes
    ----------
    outcome, median : unit of the series
    log_density : of the outcome, on the data scale; not a number where it could not be had
    crps, wis : unit of the series
    pit : share of draws below the outcome, ties at random
    lower_80, upper_80 : ends of the 80% band, unit of the series
    in_50, in_80, in_95 : whether the outcome lies in the central band
    """

    outcome: float
    median: float
    log_density: float
    crps: float
    wis: float
    pit: float
    lower_80: float
    upper_80: float
    in_50: bool
    in_80: bool
    in_95: bool


def score_figure(
    draws: FloatArray, outcome: float, *, log_density: float, rng: np.random.Generator
) -> FigureScore:
    """Return the scores of one figure.

    Parameters
    ----------
    draws : (n_draws,), unit of the series
    """
    ordered = np.sort(draws)[:, None]
    bands = {c: quantiles(ordered, np.array(band_ends(c)))[:, 0] for c in COVERAGES}
    ends = {c: (float(band[0]), float(band[1])) for c, band in bands.items()}
    inside = {c: low <= outcome <= high for c, (low, high) in ends.items()}
    median = float(quantiles(ordered, np.array([0.5]))[0, 0])
    below, tied = float((draws < outcome).mean()), float((draws == outcome).mean())
    return FigureScore(
        outcome=outcome,
        median=median,
        log_density=log_density,
        crps=crps_of_draws(draws, outcome),
        wis=weighted_interval_score(median, ends, outcome),
        pit=below + tied * float(rng.random()),
        lower_80=ends[0.8][0],
        upper_80=ends[0.8][1],
        in_50=inside[0.5],
        in_80=inside[0.8],
        in_95=inside[0.95],
    )
