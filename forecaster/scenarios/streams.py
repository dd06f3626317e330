"""Give every driver its own random numbers, whatever other drivers and horizons there are.

A purpose has a stream keyed by names. A uniform that is needed here and there, for one draw in one
quarter, is a hash of (seed, driver, quarter, draw): no stream has to be run up to it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    Float32Array = NDArray[np.float32]
    IntArray = NDArray[np.int64]
    KeyArray = NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_DRAW_BITS = np.uint64(32)


def keyed_stream(seed: int, *names: str) -> np.random.Generator:
    """Return the random stream of a purpose, keyed by its names."""
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, *_words(names)])))


def key_of(seed: int, *names: str) -> int:
    """Return the key under which `uniform_at` finds the uniforms of a driver."""
    low, high = np.random.SeedSequence([seed, *_words(names)]).generate_state(2)
    return (int(high) << 32) | int(low)


def spread_uniforms(rng: np.random.Generator, n_draws: int) -> Float32Array:
    """Return uniforms of which one lies in each n-th part of (0, 1), in random order.

    Each is uniform; together they hit every probability to within 1/n, so that marginals of what
    they decide carry hardly any Monte Carlo error.

    Returns
    -------
    (n_draws,)

    References
    ----------
    McKay, Beckman and Conover (1979): Latin hypercube sampling.
    """
    spread = (rng.permutation(n_draws) + rng.random(n_draws)) / n_draws
    # rounding to single precision must not reach 1, which no probability exceeds
    return np.asarray(np.minimum(spread.astype(np.float32), np.float32(1 - 2**-24)))


def uniform_at(keys: KeyArray, quarter: int, draws: IntArray) -> Float32Array:
    """Return the uniform of each of some drivers and draws in one quarter.

    Parameters
    ----------
    keys : (n,) of the drivers, as `key_of` returns them
    draws : (n,) numbers of the draws

    Returns
    -------
    (n,), in [0, 1)

    References
    ----------
    Steele, Lea and Flood (2014): the output function of SplitMix64, here on a counter.
    """
    counter = np.uint64(quarter & 0xFFFFFFFF) << _DRAW_BITS | draws.astype(np.uint64)
    state = counter * _GOLDEN + keys
    state = (state ^ (state >> np.uint64(30))) * _MIX_1
    state = (state ^ (state >> np.uint64(27))) * _MIX_2
    state ^= state >> np.uint64(31)
    return np.asarray((state >> np.uint64(40)).astype(np.float32) * np.float32(2**-24))


def _words(names: tuple[str, ...]) -> list[int]:
    """Return the names as words that seed a stream."""
    digest = hashlib.sha256("/".join(names).encode()).digest()
    return [int(word) for word in np.frombuffer(digest, dtype="<u4")]
