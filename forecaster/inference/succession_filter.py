"""Filter publications that follow one another, all coordinates of a composition at once.

What the general filter does with products of many small matrices is done here by rows, points
along the last axis, so that each operation runs over all points of a chunk:

    z  =  rows (level, slope) of each coordinate x columns (data, effects | level, slope)

where the left columns are means, the right ones covariances: two states a coordinate and no slots,
as in `successive`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.kalman import Filtered, integrate_static
from forecaster.inference.timeline import LEVEL_STATE, SLOPE_STATE
from forecaster.models.trend import S_B, S_O, make_step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.inference.succession import Succession, Window
    from forecaster.models.static_effects import StaticPrior
    from forecaster.models.trend import Step

    FloatArray = NDArray[np.float64]

_ALL = slice(0, None)
CHUNK = 256
"""Points at once: some hundred numbers of each stay in the cache."""


def run_succession(theta: FloatArray, succession: Succession) -> Filtered:
    """Run the filter over the publications, for all points at once.

    Parameters
    ----------
    theta : (4, n_points); at most some hundred points fit the cache

    Returns
    -------
    Filtered
        Its states are two blocks of C coordinates, levels and stray slopes.
    """
    c, n_columns = succession.n_coordinates, len(succession.gram)
    sweep = _Sweep(theta, c, n_columns)
    steps = make_step(theta, succession.durations[:, None])
    each = [_at(steps, k) for k in range(len(succession.durations))]
    innovations = []
    for window in succession.windows:
        if window.gap >= 0:
            sweep.carry(each[window.gap])
        row, spread = sweep.look(each[window.length] if window.length >= 0 else None)
        if len(window.direction):
            innovations.append(sweep.take(window, row, spread))
    if succession.after >= 0:
        sweep.carry(each[succession.after])
    whitened = np.ascontiguousarray(np.concatenate(innovations).transpose(2, 0, 1))
    gram = np.matmul(whitened.swapaxes(1, 2), whitened) + succession.gram
    z = sweep.z.reshape(2 * c, n_columns + 2 * c, theta.shape[1])
    return Filtered(
        log_det=sweep.log_det + succession.log_det,
        gram=np.moveaxis(gram, 0, -1),
        mean=z[:, :n_columns],
        covariance=z[:, n_columns:],
    )


def log_likelihood_of(
    theta: FloatArray, succession: Succession, static: StaticPrior, *, n: int
) -> FloatArray:
    """Return the log marginal likelihood of `n` readings at each point, (n_points,)."""
    chunks = []
    for first in range(0, theta.shape[1], CHUNK):
        some = np.ascontiguousarray(theta[:, first : first + CHUNK])
        filtered = run_succession(some, succession)
        chunks.append(integrate_static(filtered, static, n=n).log_likelihood)
    return np.concatenate(chunks)


def _at(steps: Step, k: int) -> Step:
    """Return one of several steps."""
    return type(steps)(*(getattr(steps, name)[k] for name in steps.__slots__))


class _Sweep:
    """Mean and covariance on their way through the publications.

    Attributes
    ----------
    z : (2, C, n_columns + 2 C, n_points)
    log_det : (n_points,)
    """

    def __init__(self, theta: FloatArray, n_coordinates: int, n_columns: int) -> None:
        c, n_points = n_coordinates, theta.shape[1]
        self._of_level = slice(n_columns, n_columns + c)
        self._of_slope = slice(n_columns + c, n_columns + 2 * c)
        self._n_columns, self._each = n_columns, np.arange(c)
        self._noise = theta[S_O] ** 2
        self.z = np.zeros((2, c, n_columns + 2 * c, n_points))
        self._own(self.z[SLOPE_STATE], self._of_slope)[...] = theta[S_B] ** 2
        self.log_det = np.zeros(n_points)
        self._scratch = np.empty_like(self.z)

    def _own(self, rows: FloatArray, columns: slice) -> FloatArray:
        """Return a view on each coordinate with itself, (C, n_points)."""
        n_rows, width, n_points = rows.shape
        flat = rows.reshape(n_rows * width, n_points)
        return flat[columns.start :: width + 1][:n_rows]

    def carry(self, step: Step) -> None:
        """Carry the state over a step: rows, then columns, then noise."""
        level, slope = self.z
        level += np.multiply(slope, step.slope_gain, out=self._scratch[0])
        slope *= step.phi
        self._carry_columns(level, step)
        self._carry_columns(slope, step)
        for rows, columns, added in (
            (level, self._of_level, step.q_ll),
            (level, self._of_slope, step.q_lb),
            (slope, self._of_level, step.q_lb),
            (slope, self._of_slope, step.q_bb),
        ):
            own = self._own(rows, columns)
            own += added

    def _carry_columns(self, rows: FloatArray, step: Step) -> None:
        """Carry the covariances of some rows with the state over a step."""
        with_slope = rows[:, self._of_slope]
        rows[:, self._of_level] += step.slope_gain * with_slope
        with_slope *= step.phi

    def look(self, step: Step | None) -> tuple[FloatArray, FloatArray]:
        """Carry the state over a window, or stay at a point.

        Returns
        -------
        row : (C, n_columns + 2 C, n_points) of the averages over the window
        spread : (C, C, n_points) their covariance
        """
        if step is None:
            row = self.z[LEVEL_STATE].copy()
            return row, row[:, self._of_level].copy()
        share = step.integral_gain / step.duration
        row = share * self.z[SLOPE_STATE]
        row += self.z[LEVEL_STATE]
        spread = row[:, self._of_level] + share * row[:, self._of_slope]
        self.carry(step)
        self._carry_columns(row, step)
        for rows, columns, added in (
            (row, self._of_level, step.q_il / step.duration),
            (row, self._of_slope, step.q_ib / step.duration),
        ):
            own = self._own(rows, columns)
            own += added
        own = self._own(spread, _ALL)
        own += step.q_ii / step.duration**2
        return row, spread

    def take(self, window: Window, row: FloatArray, spread: FloatArray) -> FloatArray:
        """Take in the readings of a window; return the innovations, (r, n_columns, n_points)."""
        a = window.direction
        n_rows, c = a.shape
        seen = (a @ row.reshape(c, -1)).reshape(n_rows, *row.shape[1:])
        seen[:, : self._n_columns] -= window.target[:, :, None]
        own = self._own(spread, _ALL)
        own += self._noise  # the error of the publication is one of each coordinate
        half = (a @ spread.reshape(c, -1)).reshape(n_rows, c, -1)
        variance = np.matmul(a, half)
        own = self._own(variance, _ALL)
        own += 1.0  # and that of each reading, by which it was whitened
        self._whiten(variance, seen)
        gain = seen[:, self._n_columns :].reshape(n_rows, 2, c, -1)
        self.z -= np.einsum("rsik,rqk->siqk", gain, seen, out=self._scratch)
        return seen[:, : self._n_columns]

    def _whiten(self, variance: FloatArray, rows: FloatArray) -> None:
        """Multiply rows by the inverse Cholesky factor of a covariance, in place."""
        for i in range(len(rows)):
            pivot = variance[i, i]
            self.log_det += np.log(pivot)
            scale = 1 / np.sqrt(pivot)
            rows[i] *= scale
            if i + 1 < len(rows):
                below = variance[i + 1 :, i] * scale
                rows[i + 1 :] -= below[:, None] * rows[i]
                variance[i + 1 :, i + 1 :] -= below[:, None] * below
