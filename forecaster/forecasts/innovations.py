"""Draw the normals that drive the steps of series, coupled month by month.

A Gaussian copula ties them and leaves every series its own distribution. Steps of different
lengths meet on the calendar: each quarter has one normal for its sum, and two more that say how
the sum is spread over its months. A series in quarters uses the first alone, one in months all:

    month m of a quarter  =  sum / sqrt(3)  +  contrasts[m] @ (second, third)

The three months sum to sqrt(3) times the quarter's normal, whoever uses it.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING

import numpy as np

from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.forecasts.coupling import Coupling

    FloatArray = NDArray[np.float64]

SLOPE_CHANNEL, LEVEL_CHANNEL, INTEGRAL_CHANNEL = 0, 1, 2
"""What drives a step of the trend; only the first two are coupled."""
N_CHANNELS, _N_COUPLED = 3, 2

_MONTHS = 3
"""In a quarter."""
_SUM = 1 / math.sqrt(_MONTHS)
_CONTRASTS = np.array([[1.0, 1.0], [-1.0, 1.0], [0.0, -2.0]]) / np.sqrt([2.0, 6.0])
"""(3, 2), orthonormal columns that sum to zero over the months of a quarter."""


@frozen
class StepGrid:
    """The steps of one series on the calendar.

    Attributes
    ----------
    first_month : months from the beginning of year 0 to the beginning of the first step
    months : length of a step, 1 or 3; a step of 3 is a quarter of the calendar
    n_steps : how many
    """

    first_month: int
    months: int
    n_steps: int

    def __post_init__(self) -> None:
        if self.months not in (1, _MONTHS) or self.first_month % self.months:
            raise ValueError(f"steps must be months or quarters of the calendar, not {self}")

    @classmethod
    def after(cls, end: float, *, step_length: float, n_steps: int) -> StepGrid:
        """Return the steps that follow `end`; both times in years, as a plan has them."""
        return cls(round(end * 12), round(step_length * 12), n_steps)

    @property
    def quarters(self) -> range:
        """Quarters that its steps lie in, counted from year 0."""
        last_month = self.first_month + self.months * self.n_steps
        return range(self.first_month // _MONTHS, -(-last_month // _MONTHS))

    def step_of(self, month: int) -> int:
        """Return the index of the step that begins in a month; outside of 0..n-1 if none."""
        return (month - self.first_month) // self.months


def draw_innovations(
    coupling: Coupling,
    grids: Mapping[str, StepGrid],
    *,
    n_draws: int,
    seed: int,
    wanted: Collection[str] | None = None,
) -> dict[str, FloatArray]:
    """Draw the standard normals that drive the steps of some series, coupled quarter by quarter.

    Every series has a stream of its own for each quarter, keyed by its id: nothing changes with
    the horizon, the number of workers, or the order in which series are named. With other
    company, the draws of a series may change, but not their distribution.

    Parameters
    ----------
    coupling : of all series in `grids`, at least
    grids : series -> its steps
    wanted : series to return, by default all. The result takes 24 n_draws bytes for each step of
        a series: many series are drawn in portions of the same joint draw, each with all `grids`.

    Returns
    -------
    series -> (n_steps, 3, n_draws): channels slope, level and integral, the last uncoupled
    """
    among = coupling.of(grids)
    indices = [i for i, name in enumerate(among.series) if wanted is None or name in wanted]
    mixer = _Mixer(among, grids, n_draws=n_draws, seed=seed)
    found = {
        among.series[i]: np.empty((grids[among.series[i]].n_steps, N_CHANNELS, n_draws))
        for i in indices
    }
    spans = [grids[name].quarters for name in found if grids[name].n_steps]
    first = min((span.start for span in spans), default=0)
    for quarter in range(first, max((span.stop for span in spans), default=0)):
        mixer.fill(found, indices, quarter)
    return found


def carry_over(coefficients: FloatArray, first: StepGrid, second: StepGrid) -> FloatArray:
    """Return what drives the steps of a second series with what has coefficients on the first's.

    The covariance of the second's normals with the sum of coefficients times the first's, if the
    correlation between both series were one.

    Parameters
    ----------
    coefficients : (n_steps, 3, n_draws) of the first series

    Returns
    -------
    (n_steps, 3, n_draws) of the second series; zero in the channel that is not coupled
    """
    found = np.zeros((second.n_steps, N_CHANNELS, coefficients.shape[2]))
    one, other = first.months, second.months
    factor = 1.0 if one == other else _SUM
    for k in range(first.n_steps):
        month = first.first_month + k * one
        # a month drives its quarter, a quarter all its months
        begins = month - month % _MONTHS if other > one else month
        for begin in range(begins, begins + max(one, other), other):
            step = second.step_of(begin)
            if 0 <= step < second.n_steps:
                found[step, :_N_COUPLED] += factor * coefficients[k, :_N_COUPLED]
    return found


class _Mixer:
    """Draw and mix what drives all series in one quarter."""

    def __init__(
        self, coupling: Coupling, grids: Mapping[str, StepGrid], *, n_draws: int, seed: int
    ) -> None:
        self._names = coupling.series
        self._grids = grids
        self._n_draws = n_draws
        self._seed = seed
        self._in_months = [i for i, name in enumerate(self._names) if grids[name].months == 1]
        among_these = np.ix_(self._in_months, self._in_months)
        self._root = np.linalg.cholesky(coupling.correlation)
        self._root_in_months = np.linalg.cholesky(coupling.correlation[among_these])

    def fill(self, found: Mapping[str, FloatArray], indices: Sequence[int], quarter: int) -> None:
        """Write the steps of one quarter into the arrays of the series at `indices`."""
        # a triangular root needs the streams of the series before, and of none behind
        needed = range(max(indices) + 1)
        streams = [_stream(self._seed, self._names[i], quarter) for i in needed]
        sums = np.array([rng.standard_normal((_N_COUPLED, self._n_draws)) for rng in streams])
        shape = (_MONTHS - 1, _N_COUPLED, self._n_draws)
        monthly = [i for i in self._in_months if i in needed]
        spreads = np.array([streams[i].standard_normal(shape) for i in monthly])
        for i in indices:
            grid, out = self._grids[self._names[i]], found[self._names[i]]
            if quarter not in grid.quarters:
                continue
            mixed = np.tensordot(self._root[i, : i + 1], sums[: i + 1], axes=1)
            if grid.months == _MONTHS:
                _put(out, grid, quarter * _MONTHS, mixed, streams[i])
                continue
            j = monthly.index(i)
            spread = np.tensordot(self._root_in_months[j, : j + 1], spreads[: j + 1], axes=1)
            for k in range(_MONTHS):
                month = _SUM * mixed + np.tensordot(_CONTRASTS[k], spread, axes=1)
                _put(out, grid, quarter * _MONTHS + k, month, streams[i])


def _put(
    out: FloatArray, grid: StepGrid, month: int, mixed: FloatArray, rng: np.random.Generator
) -> None:
    """Write the step that begins in a month, with integral normals of its own."""
    own = rng.standard_normal(out.shape[2])  # drawn whether or not the month is in use
    step = grid.step_of(month)
    if 0 <= step < grid.n_steps:
        out[step, :_N_COUPLED] = mixed
        out[step, INTEGRAL_CHANNEL] = own


def _stream(seed: int, series: str, quarter: int) -> np.random.Generator:
    """Return the random stream of one series in one quarter."""
    words = np.frombuffer(hashlib.sha256(f"{series}/paths".encode()).digest(), dtype="<u4")
    return np.random.default_rng(np.random.SeedSequence([seed, *words.tolist(), quarter]))
