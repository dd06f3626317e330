"""Lay out scrambled Sobol points, uniform or standard normal.

Quasi-random points fill the unit cube more evenly than random ones, so that a few hundred of them
show where the posterior is. scipy has both functions; importing it costs more than a whole fit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

N_BITS = 30
"""Digits of a point, base 2; enough for 2^30 of them."""

_DIRECTIONS: tuple[tuple[int, int, tuple[int, ...]], ...] = (
    (1, 0, (1,)),
    (2, 1, (1, 3)),
    (3, 1, (1, 3, 1)),
    (3, 2, (1, 1, 1)),
    (4, 1, (1, 1, 3, 3)),
    (4, 4, (1, 3, 5, 13)),
    (5, 2, (1, 1, 5, 5, 17)),
    (5, 4, (1, 1, 5, 5, 5)),
    (5, 7, (1, 1, 7, 11, 19)),
)
"""Degree, coefficients and initial numbers of dimensions 2 to 10: Joe and Kuo (2008), table D6."""

MAX_DIMENSIONS = len(_DIRECTIONS) + 1


def _direction_numbers(n_dimensions: int) -> NDArray[np.uint64]:
    """Return (n_dimensions, N_BITS) direction numbers, the first digit in the highest bit."""
    numbers = np.zeros((n_dimensions, N_BITS), dtype=np.uint64)
    numbers[0] = [1 << (N_BITS - 1 - bit) for bit in range(N_BITS)]
    for dimension in range(1, n_dimensions):
        degree, coefficients, initial = _DIRECTIONS[dimension - 1]
        v = [m << (N_BITS - 1 - bit) for bit, m in enumerate(initial)]
        for bit in range(degree, N_BITS):
            new = v[bit - degree] ^ (v[bit - degree] >> degree)
            for k in range(1, degree):
                if (coefficients >> (degree - 1 - k)) & 1:
                    new ^= v[bit - k]
            v.append(new)
        numbers[dimension] = v[:N_BITS]
    return numbers


def _scramble(numbers: NDArray[np.uint64], rng: np.random.Generator) -> NDArray[np.uint64]:
    """Multiply each dimension by a random lower triangular binary matrix with unit diagonal."""
    n_dimensions = numbers.shape[0]
    scrambled = np.zeros_like(numbers)
    rows = rng.integers(0, 1 << N_BITS, size=(n_dimensions, N_BITS), dtype=np.uint64)
    for digit in range(N_BITS):
        position = np.uint64(N_BITS - 1 - digit)
        # digit k of the result is the parity of the digits before it under a random mask
        mask = (rows[:, digit] >> (position + np.uint64(1))) << (position + np.uint64(1))
        mask |= np.uint64(1) << position
        parity = _parity(numbers & mask[:, None])
        scrambled |= parity << position
    return scrambled


def _parity(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the exclusive or of all bits of each word."""
    folded = words.copy()
    for shift in (32, 16, 8, 4, 2, 1):
        folded ^= folded >> np.uint64(shift)
    return folded & np.uint64(1)


def sobol_uniform(
    n_points: int, n_dimensions: int, *, rng: np.random.Generator | None
) -> FloatArray:
    """Return Sobol points in the open unit cube, scrambled when `rng` is given.

    Parameters
    ----------
    n_points : int
        How many; a power of two keeps the points balanced.
    n_dimensions : int, 1 to MAX_DIMENSIONS
    rng : Generator or None
        Draws the linear matrix scramble with its digital shift; None gives the plain sequence.

    Returns
    -------
    (n_points, n_dimensions), each in (0, 1) when scrambled, in [0, 1) when not

    Raises
    ------
    ValueError
        If `n_dimensions` is outside 1 to MAX_DIMENSIONS.

    References
    ----------
    Joe and Kuo (2008), SIAM J. Sci. Comput. 30, 2635; scramble: Matousek (1998), J. Complexity 14.
    """
    if not 1 <= n_dimensions <= MAX_DIMENSIONS:
        raise ValueError(f"n_dimensions must be 1 to {MAX_DIMENSIONS}, got {n_dimensions}")
    numbers = _direction_numbers(n_dimensions)
    shift = np.zeros(n_dimensions, dtype=np.uint64)
    if rng is not None:
        numbers = _scramble(numbers, rng)
        shift = rng.integers(0, 1 << N_BITS, size=n_dimensions, dtype=np.uint64)
    index = np.arange(n_points, dtype=np.uint64)
    gray = index ^ (index >> np.uint64(1))
    points = np.broadcast_to(shift, (n_points, n_dimensions)).copy()
    for bit in range(max(n_points - 1, 1).bit_length()):
        on = ((gray >> np.uint64(bit)) & np.uint64(1)).astype(bool)
        points[on] ^= numbers[:, bit]
    half = 0.5 if rng is not None else 0.0  # the middle of each cell, so that 0 cannot occur
    return (points.astype(np.float64) + half) / float(1 << N_BITS)


def sobol_normal(n_points: int, n_dimensions: int, *, rng: np.random.Generator) -> FloatArray:
    """Return scrambled Sobol points carried to the standard normal, (n_points, n_dimensions)."""
    return normal_quantile(sobol_uniform(n_points, n_dimensions, rng=rng))


_CENTRE = (
    (3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
     1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
     3.3430575583588128105e4, 2.5090809287301226727e3),
    (1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
     2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4,
     5.2264952788528545610e3),
)  # fmt: skip
_SHOULDER = (
    (1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
     3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
     2.27238449892691845833e-2, 7.74545014278341407640e-4),
    (1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
     1.05075007164441684324e-9),
)  # fmt: skip
_TAIL = (
    (6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
     2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
     2.71155556874348757815e-5, 2.01033439929228813265e-7),
    (1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
     7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
     2.04426310338993978564e-15),
)  # fmt: skip


def _ratio(x: FloatArray, coefficients: tuple[tuple[float, ...], tuple[float, ...]]) -> FloatArray:
    """Return the ratio of two polynomials, coefficients from the constant upwards."""
    top, bottom = np.zeros_like(x), np.zeros_like(x)
    for c, d in zip(reversed(coefficients[0]), reversed(coefficients[1]), strict=True):
        top, bottom = top * x + c, bottom * x + d
    return np.asarray(top / bottom)


def normal_quantile(probability: FloatArray) -> FloatArray:
    """Return the standard normal quantile, relative error about 1e-16.

    Parameters
    ----------
    probability : any shape, each in (0, 1)

    References
    ----------
    Wichura (1988), algorithm AS 241 (PPND16), Applied Statistics 37, 477.
    """
    q = probability - 0.5
    central = np.abs(q) <= 0.425
    value = q * _ratio(0.180625 - np.where(central, q, 0.0) ** 2, _CENTRE)
    tail = np.minimum(probability, 1 - probability)[~central]
    r = np.sqrt(-np.log(tail))
    outer = np.where(r <= 5, _ratio(r - 1.6, _SHOULDER), _ratio(r - 5.0, _TAIL))
    value[~central] = np.sign(q[~central]) * outer
    return value
