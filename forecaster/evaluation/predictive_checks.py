"""Hold a history against what a model says might have been published instead.

Quantities are of the figures of the target basis, link scale, changes divided by the square root of
the years between them:

    volatility        sd of the changes
    largest change    of either sign
    persistence       correlation of each change with the one before
    last change       the newest one
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.replicate import replicate
from forecaster.models.static_effects import LEVEL
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.models.single import SingleModel

    FloatArray = NDArray[np.float64]

LEAST_CHANGES = 3
"""Fewer changes have neither a spread nor a persistence worth the name."""
N_PRIOR_DRAWS = 2000


@frozen
class QuantityCheck:
    """One quantity of the history, among those of replicated histories.

    Attributes
    ----------
    name : in words
    observed : of the history
    lower, upper : central 80% of the replicates
    probability : share of replicates at or above the observed one
    """

    name: str
    observed: float
    lower: float
    upper: float
    probability: float


@frozen
class PriorCheck:
    """Where the changes of the history fall in what the prior said of them.

    Attributes
    ----------
    n_changes : between successive figures of the target basis
    in_80, in_95 : how many lie in the central bands of the prior predictive
    below, above : how many lie outside the 95% band on either side
    lower, upper : central 80% of a typical change, link units
    years : between the figures of that change
    """

    n_changes: int
    in_80: int
    in_95: int
    below: int
    above: int
    lower: float
    upper: float
    years: float


def check_prior(model: SingleModel, *, rng: np.random.Generator) -> PriorCheck | None:
    """Return where the history's changes fall in the prior predictive; None without a change."""
    static = model.static
    noise = rng.standard_normal((len(static.mean), N_PRIOR_DRAWS))
    noise[LEVEL] = 0.0  # changes do not hang on it, but for a share beneath a cap
    effects = static.mean[:, None] + static.sd[:, None] * noise
    unit = rng.standard_normal((N_PRIOR_DRAWS, len(model.names)))
    replicates = replicate(model, model.theta_at(unit), effects, rng=rng)
    order, years = _figures_in_order(model)
    if len(years) < 1:
        return None
    observed = np.diff(model.observations.z[order])
    changes = np.diff(replicates[order], axis=0)
    below = (changes < observed[:, None]).mean(axis=1)
    typical = int(np.argsort(years)[len(years) // 2])
    lower, upper = np.quantile(changes[typical], [0.1, 0.9])
    return PriorCheck(
        n_changes=len(observed),
        in_80=int(((below >= 0.1) & (below <= 0.9)).sum()),
        in_95=int(((below >= 0.025) & (below <= 0.975)).sum()),
        below=int((below < 0.025).sum()),
        above=int((below > 0.975).sum()),
        lower=float(lower),
        upper=float(upper),
        years=float(years[typical]),
    )


def check_posterior(
    model: SingleModel, replicates: Sequence[FloatArray]
) -> tuple[QuantityCheck, ...]:
    """Return the quantities of the history among those of replicates; none where it is too short.

    Parameters
    ----------
    model : any of the families; they share their observations
    replicates : (n_observations, n_draws) of each family, as many draws as its weight is worth
    """
    order, years = _figures_in_order(model)
    if len(years) < LEAST_CHANGES:
        return ()
    observed = quantities_of(model.observations.z[order][:, None], years)
    drawn = quantities_of(np.concatenate([r[order] for r in replicates], axis=1), years)
    found = []
    for name, values in drawn.items():
        usable = values[np.isfinite(values)]
        value = float(observed[name][0])
        if not np.isfinite(value) or not len(usable):
            continue
        lower, upper = np.quantile(usable, [0.1, 0.9])
        share = float((usable >= value).mean())
        found.append(QuantityCheck(name, value, float(lower), float(upper), share))
    return tuple(found)


def quantities_of(z: FloatArray, years: FloatArray) -> dict[str, FloatArray]:
    """Return every quantity of some histories.

    Parameters
    ----------
    z : (n_figures, n_histories), link scale, in order
    years : (n_figures - 1,) between successive figures

    Returns
    -------
    name -> (n_histories,), not a number where all changes are the same
    """
    changes = np.diff(z, axis=0) / np.sqrt(years)[:, None]
    centred = changes - changes.mean(axis=0)
    variance = (centred**2).mean(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        persistence = (centred[1:] * centred[:-1]).mean(axis=0) / variance
    return {
        "volatility": np.sqrt(variance),
        "largest change": np.abs(changes).max(axis=0),
        "persistence": np.where(variance > 0, persistence, np.nan),
        "last change": changes[-1],
    }


def _figures_in_order(model: SingleModel) -> tuple[NDArray[np.int64], FloatArray]:
    """Return the figures of the target basis in order of time, and the years between them.

    Of several that stand at one time, the last one read.
    """
    o = model.observations
    middle = (o.start + o.end) / 2
    on_target = np.flatnonzero(o.basis == o.target)
    order = on_target[np.argsort(middle[on_target], kind="stable")]
    years = np.diff(middle[order])
    keep = np.append(years > 1e-6, True)
    return order[keep], np.diff(middle[order][keep])
