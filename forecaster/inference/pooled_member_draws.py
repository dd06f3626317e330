"""Draw one member of a group, given the draws of its factor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.pooled_members import columns_of
from forecaster.inference.posterior import Posterior, any_root
from forecaster.inference.timeline import LEVEL_STATE, SLOPE_STATE
from forecaster.models.static_effects import DRIFT, LEVEL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.inference.report import FitReport
    from forecaster.inference.timeline import Timeline
    from forecaster.inference.whitening import Whitening
    from forecaster.models.pooled import Member

    FloatArray = NDArray[np.float64]


class MemberDraws:
    """Draws of one member's own part, filled for some points at a time.

    Attributes
    ----------
    member, timeline : the timeline keeps the windows asked for
    """

    def __init__(
        self, member: Member, timeline: Timeline, n_draws: int, rng: np.random.Generator
    ) -> None:
        self.member, self.timeline = member, timeline
        self._wanted = [LEVEL_STATE, SLOPE_STATE, *self.timeline.kept]
        n_own = len(member.static.mean)
        self._noise = rng.standard_normal((n_own + len(self._wanted), n_draws))
        self._effects = np.empty((n_own, n_draws))
        self._states = np.empty((len(self._wanted), n_draws))

    def draw(
        self,
        whitening: Whitening,
        own: FloatArray,
        factor: FloatArray,
        jensen_share: FloatArray,
        here: NDArray[np.bool_],
        k: NDArray[np.int64],
    ) -> None:
        """Fill the draws `here`, given the factor over its cells, (n_cells, n_draws here).

        Parameters
        ----------
        own : of `Reduced`
        """
        noise = self._noise[:, here]
        n_own = len(self._effects)
        effects = _draw_effects(own, factor, k, noise[:n_own])
        self._effects[:, here] = effects
        # what of the figures is left for the member's own zero-mean part
        seen = columns_of(self.member)[whitening.order]
        parts = np.concatenate([-effects, -jensen_share[None, k], np.ones((1, len(k))), -factor])
        left = seen @ parts
        centre = np.einsum("itk,tk->ik", whitening.mean[self._wanted][:, :, k], left)
        covariance = whitening.covariance[np.ix_(self._wanted, self._wanted)]
        roots = any_root(np.moveaxis(covariance, -1, 0))
        self._states[:, here] = centre + np.einsum("kij,jk->ik", roots[k], noise[n_own:])

    def posterior(
        self, theta: FloatArray, index: NDArray[np.int64], report: FitReport
    ) -> Posterior:
        """Return the draws of the member's own part."""
        timeline = self.timeline
        effects = self.member.static.mean[:, None] + self._effects
        level, drift = effects[LEVEL], effects[DRIFT]
        kept = self._states[2:] / timeline.kept_lengths[:, None]
        kept += level + drift * (timeline.kept_middles - timeline.anchor)[:, None]
        final = self._states[0] + level + drift * (timeline.end - timeline.anchor)
        state = np.array([final, self._states[1]])
        return Posterior(theta, index, effects, state, kept, report)


def _draw_effects(
    own: FloatArray, factor: FloatArray, k: NDArray[np.int64], noise: FloatArray
) -> FloatArray:
    """Return draws of a member's effects given the factor, as deviations, (n_own, n_draws)."""
    n_own = len(own)
    rows = own[:, :, k]
    found = rows[:, n_own] - np.einsum("jck,ck->jk", rows[:, n_own + 1 :], factor) + noise
    for j in reversed(range(n_own)):
        for later in range(j + 1, n_own):
            found[j] -= rows[j, later] * found[later]
        found[j] /= rows[j, j]
    return np.asarray(found)
