"""Make the proposals of adaptive importance sampling from the points weighed so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.mixture import (
    DEGREES_OF_FREEDOM,
    TMixture,
    floored_root,
    log_sum_exp,
    refit_mixture,
)
from forecaster.inference.psis import effective_size
from forecaster.records import frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

N_ROUND = 1024
"""Points of a later round."""
AIM = 1080.0
"""Effective size at which a round of variable size aims; more than a certificate asks for, since
the yield of new points is only roughly known."""
N_COMPONENTS = 3
LEAST_TEMPERED_ESS = 80.0
COVARIANCE_FLOOR = 0.01
LOCAL_WEIGHT = 0.25
"""Share of a round's points that go where a point weighed most."""
LOCAL_SHARE = 8
"""One in so many points is near enough to shape that component."""


@frozen
class Tuning:
    """How proposals are made.

    Attributes
    ----------
    least_round, most_round : points of a later round; between the two, as many as bring the
        effective sample size to `AIM` if `yield_` of each new point counts
    yield_ : effective points that a new one is expected to bring
    local_weight : share of a round's points that go where a point weighed most
    df : degrees of freedom of the t distributions
    far_up : whether modes are also sought from far up each axis
    """

    least_round: int = N_ROUND
    most_round: int = N_ROUND
    yield_: float = 0.5
    local_weight: float = LOCAL_WEIGHT
    df: float = DEGREES_OF_FREEDOM
    far_up: bool = True

    def round_size(self, ess: float) -> int:
        """Return how many points the next round takes; even, for its halves are compared."""
        missing = int((AIM - ess) / self.yield_) // 2 * 2
        return min(max(missing, self.least_round), self.most_round)


SINGLE = Tuning()
JOINT = Tuning(least_round=512, local_weight=0.1, df=8.0, far_up=False)
"""For straightened posteriors, whose tails are short: likelihoods of many series cost more."""


def refit(
    proposal: TMixture,
    place: FloatArray,
    weights: FloatArray,
    *,
    rng: np.random.Generator,
    tuning: Tuning,
) -> TMixture:
    """Return a mixture fitted to all points, tempered until enough of them count.

    Parameters
    ----------
    proposal : the last one, from which the fit starts
    place, weights : (n, n_dimensions), (n,) all points so far
    """
    log_weights = np.log(np.maximum(weights, 1e-300))
    temperature = 1.0
    weights = np.exp(log_weights - log_sum_exp(log_weights, axis=0))
    while effective_size(weights) < LEAST_TEMPERED_ESS and temperature > 1e-3:
        temperature *= 0.7
        tempered = temperature * log_weights
        weights = np.exp(tempered - log_sum_exp(tempered, axis=0))
    fitted = refit_mixture(
        _padded(proposal, place, weights, rng), place, weights, floor=COVARIANCE_FLOOR
    )
    return _with_local_component(fitted, place, np.exp(log_weights), share=tuning.local_weight)


def _with_local_component(
    fitted: TMixture, place: FloatArray, weights: FloatArray, *, share: float
) -> TMixture:
    """Add a component where a point weighs most, as wide as the points around it lie.

    Noise and walk can stand in for each other, which bends the posterior: its tail leaves every
    elliptical component behind, and shows as a few heavy points (Raftery and Bao 2010).
    """
    heaviest = place[int(weights.argmax())]
    distance = ((place - heaviest) ** 2).sum(axis=1)
    near = place[np.argsort(distance)[: max(len(place) // LOCAL_SHARE, 50)]]
    centred = near - heaviest
    root = floored_root(centred.T @ centred / len(near), least=COVARIANCE_FLOOR, most=1.0)
    return TMixture(
        weights=np.append((1 - share) * fitted.weights, share),
        means=np.concatenate([fitted.means, heaviest[None]]),
        roots=np.concatenate([fitted.roots, root[None]]),
        df=fitted.df,
    )


def _padded(
    proposal: TMixture, place: FloatArray, weights: FloatArray, rng: np.random.Generator
) -> TMixture:
    """Return a start with N_COMPONENTS components: the proposal's, then some at drawn points."""
    n_missing = max(0, N_COMPONENTS - len(proposal.weights))
    chosen = rng.choice(len(weights), size=n_missing, p=weights / weights.sum())
    widest = proposal.roots[[0] * n_missing]
    means = np.concatenate([proposal.means, place[chosen]])
    roots = np.concatenate([proposal.roots, widest])
    return TMixture(np.full(len(means), 1 / len(means)), means, roots, proposal.df)
