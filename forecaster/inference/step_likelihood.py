"""Follow the likelihood of a growing history step by step, at many points at once.

A jump of the level is looked for at most once in the past, and may come once more in the step that
is next, at the rate that a forecast would give it. A step's density is thus the one that a forecast
made before it would have had, and integrates to one; the ratio of the likelihoods with at most one
jump in all would not, for they count possible times over stretches of different length.

With s and I a jump's score and information up to now, c what a jump of one adds to a figure with
residual e and variance V, and q the prior variance of a jump:

    a past jump is known with variance v = 1 / (1/q + I) and mean v s
    the figure is then normal about c v s with variance V + c^2 v
    s += c e / V,    I += c^2 / V
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.mixture import log_sum_exp
from forecaster.inference.normal import normal_cdf, normal_log_density
from forecaster.models.jumps import JUMP_RATE, JUMP_SD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.inference.jumps import JumpTimes
    from forecaster.inference.sequential import Conditional

    FloatArray = NDArray[np.float64]


class PlainSteps:
    """The likelihood of a model without jumps."""

    def __init__(self) -> None:
        self.log_likelihood: FloatArray | float = 0.0

    def take(self, step: Sequence[Conditional]) -> tuple[FloatArray, FloatArray]:
        """Take the figures of one step.

        Returns
        -------
        log_density, probability : (n_points,)
            Of the step's figures together; of a value not above that of its first figure.
        """
        found = np.asarray(sum(normal_log_density(turn.residual, turn.variance) for turn in step))
        self.log_likelihood = self.log_likelihood + found
        first = step[0]
        return found, normal_cdf(first.residual / np.sqrt(first.variance))

    def note(self, turn: Conditional) -> None:
        """Take one figure without asking how likely it was."""
        self.log_likelihood = self.log_likelihood + normal_log_density(turn.residual, turn.variance)

    def foresee(self, turn: Conditional, felt: FloatArray) -> FloatArray:
        """Return the log density of a later figure, (n_points,); no jump can come before it."""
        del felt
        return normal_log_density(turn.residual, turn.variance)


class JumpSteps:
    """The likelihood of a model with at most one jump in the past.

    Parameters
    ----------
    theta : (n_theta, n_points), with the rate and the sd of jumps
    where : the times at which the level may have jumped
    """

    def __init__(self, theta: FloatArray, where: JumpTimes) -> None:
        n_times, n_points = len(where.events), theta.shape[1]
        self._rate, self._variance = theta[JUMP_RATE], theta[JUMP_SD] ** 2
        self._gaps = where.gaps
        self._scores, self._information = np.zeros((2, n_times, n_points))
        self._without = np.zeros(n_points)
        self._n_past = 0

    @property
    def log_likelihood(self) -> FloatArray:
        """Of the figures taken, with at most one jump among them, (n_points,)."""
        odds = self._past_log_odds()
        never = np.log1p(self._rate * self._gaps[: self._n_past].sum())
        return np.asarray(self._without + log_sum_exp(odds, axis=0) - never)

    def take(self, step: Sequence[Conditional]) -> tuple[FloatArray, FloatArray]:
        """Take the figures of one step; as `PlainSteps.take`."""
        last = step[-1]
        odds = self._past_log_odds()
        log_past = odds - log_sum_exp(odds, axis=0)
        new = range(self._n_past, len(last.responses))
        log_new = self._log_new(new)
        probability = self._probability(step[0], log_past, log_new, new)
        crossed = self._add(step, n_past=self._n_past, new=new)
        plain = np.asarray(sum(normal_log_density(turn.residual, turn.variance) for turn in step))
        self._without += plain
        gain = self._gain_of_pairs(odds, crossed, new)
        joint = log_past[None] + log_new[:, None] + gain
        density = plain + log_sum_exp(joint.reshape(-1, joint.shape[-1]), axis=0)
        self._n_past = len(last.responses)
        return density, probability

    def note(self, turn: Conditional) -> None:
        """Take one figure without asking how likely it was."""
        self._add([turn], n_past=0, new=range(0))
        self._without += normal_log_density(turn.residual, turn.variance)
        self._n_past = len(turn.responses)

    def foresee(self, turn: Conditional, felt: FloatArray) -> FloatArray:
        """Return the log density of a later figure that follows those taken, (n_points,).

        Parameters
        ----------
        felt : (n_futures, n_points) sum of squares of what each jump to come, were it of one, adds
            to the figure; one row for each simulated future
        """
        odds = self._past_log_odds()
        log_past = odds - log_sum_exp(odds, axis=0)
        mean, spread = self._given_past(turn)
        futures = [
            log_sum_exp(
                log_past + normal_log_density(turn.residual - mean, spread + self._variance * row),
                axis=0,
            )
            for row in felt
        ]
        return np.asarray(log_sum_exp(np.array(futures), axis=0) - np.log(len(felt)))

    def _given_past(self, turn: Conditional) -> tuple[FloatArray, FloatArray]:
        """Return mean and variance of a figure's residual given no jump, or one at each past time.

        Both (1 + n_past, n_points).
        """
        past = slice(self._n_past)
        response = turn.responses[past]
        left = 1 / (1 / self._variance + self._information[past])
        none = np.zeros((1, len(self._rate)))
        mean = np.vstack([none, response * left * self._scores[past]])
        return mean, turn.variance + np.vstack([none, response**2 * left])

    def _past_log_odds(self) -> FloatArray:
        """Return log odds of no jump, 0, and of one at each past time, (1 + n_past, n_points)."""
        past = slice(self._n_past)
        prior = np.log(self._rate) + np.log(self._gaps[past])[:, None]
        ratio = self._log_ratio(self._scores[past], self._information[past])
        return np.vstack([np.zeros((1, len(self._rate))), prior + ratio])

    def _log_ratio(self, scores: FloatArray, information: FloatArray) -> FloatArray:
        """Return the log likelihood ratio of a jump against none."""
        spread = 1 + self._variance * information
        return np.asarray(0.5 * (self._variance * scores**2 / spread - np.log(spread)))

    def _log_new(self, new: range) -> FloatArray:
        """Return the log probability of no jump in the next step, then of one at each new time."""
        gaps = self._gaps[new.start : new.stop]
        never = -np.log1p(self._rate * gaps.sum())
        return np.vstack([never, np.log(self._rate) + np.log(gaps)[:, None] + never])

    def _probability(
        self, first: Conditional, log_past: FloatArray, log_new: FloatArray, new: range
    ) -> FloatArray:
        """Return the probability of a value not above the first figure's, (n_points,)."""
        mean, spread = self._given_past(first)
        total = np.zeros(len(self._rate))
        for j, weight in enumerate(np.exp(log_new)):
            is_felt = j > 0 and new[j - 1] < len(first.responses)
            jumped = self._variance * first.responses[new[j - 1]] ** 2 if is_felt else 0.0
            inside = normal_cdf((first.residual - mean) / np.sqrt(spread + jumped))
            total += weight * (np.exp(log_past) * inside).sum(axis=0)
        return total

    def _add(self, step: Sequence[Conditional], *, n_past: int, new: range) -> FloatArray:
        """Add a step's scores and information; return the information past and new jumps share.

        (n_new, n_past, n_points)
        """
        crossed = np.zeros((len(new), n_past, len(self._rate)))
        for turn in step:
            felt = slice(len(turn.responses))
            scaled = turn.responses / turn.variance
            self._scores[felt] += scaled * turn.residual
            self._information[felt] += scaled * turn.responses
            for j, k in enumerate(new):
                if k < len(turn.responses):
                    crossed[j] += scaled[k] * turn.responses[:n_past]
        return crossed

    def _gain_of_pairs(self, before: FloatArray, crossed: FloatArray, new: range) -> FloatArray:
        """Return how a step changes the log ratio of each past jump together with each new one.

        (1 + n_new, 1 + n_past, n_points), the first of each being no jump.
        """
        past = slice(self._n_past)
        after = self._past_log_odds()
        gain = np.empty((1 + len(new), *before.shape))
        gain[0] = after - before
        # the odds hold the prior of a time both before and after: it falls out of the difference
        ratio_before = self._before_ratio(before, past)
        for j, k in enumerate(new):
            score, information = self._scores[k], self._information[k]
            gain[1 + j, 0] = self._log_ratio(score, information)
            own = 1 / self._variance + self._information[past]
            other = 1 / self._variance + information
            det = own * other - crossed[j] ** 2
            quadratic = (
                other * self._scores[past] ** 2
                - 2 * crossed[j] * self._scores[past] * score
                + own * score**2
            ) / det
            both = 0.5 * (quadratic - np.log(self._variance**2 * det))
            gain[1 + j, 1:] = both - ratio_before
        return gain

    def _before_ratio(self, odds: FloatArray, past: slice) -> FloatArray:
        """Return the log likelihood ratios that stand in log odds, (n_past, n_points)."""
        return np.asarray(odds[1:] - np.log(self._rate) - np.log(self._gaps[past])[:, None])
