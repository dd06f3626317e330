"""Draw what we do not know about hazards and interactions: one set of strengths for each world."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forecaster.records import frozen
from forecaster.scenarios.hazards import NODE_STEP, NODES
from forecaster.scenarios.streams import keyed_stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.scenarios.network import Network

    FloatArray = NDArray[np.float64]
    Float32Array = NDArray[np.float32]

GROUP_CORRELATION = 0.5
"""Of the logits of probabilities of two drivers of one group."""


@frozen
class Strengths:
    """Hazards and interactions as they are in each draw.

    Attributes
    ----------
    first, later : (n_drivers, n_draws) hazard of starting, by itself, within what is left of the
        first quarter, and within a later one
    first_odds, later_odds : (n_centred, n_draws) their odds, of `centred` rows
    first_end, later_end : (n_can_end, n_draws) hazard of ending
    edges : (n_edges, n_draws) multiplier of the odds
    """

    first: Float32Array
    later: Float32Array
    first_odds: Float32Array
    later_odds: Float32Array
    first_end: Float32Array
    later_end: Float32Array
    edges: Float32Array


def draw_strengths(
    network: Network, centred: Sequence[int], *, n_draws: int, seed: int
) -> Strengths:
    """Draw the strengths of all drivers and interactions, each from a stream of its own.

    Parameters
    ----------
    centred : rows whose odds of starting are wanted
    """
    ignorance = _draw_ignorance(network, n_draws=n_draws, seed=seed)
    at = _Lookup(ignorance)
    hazards, ends = network.hazards, network.can_end
    every = np.arange(len(ignorance))
    later_odds = np.exp(at(hazards.start, every))
    is_whole = network.quarters.exposure == 1.0
    first_odds = later_odds if is_whole else np.exp(at(hazards.first_start, every))
    later = later_odds / (1 + later_odds)
    later_end = _expit(at(hazards.end, ends))
    chosen = np.asarray(centred, dtype=np.int64)
    return Strengths(
        first=later if is_whole else first_odds / (1 + first_odds),
        later=later,
        first_odds=first_odds[chosen],
        later_odds=later_odds[chosen],
        first_end=later_end if is_whole else _expit(at(hazards.first_end, ends)),
        later_end=later_end,
        edges=_draw_edges(network, n_draws=n_draws, seed=seed),
    )


def _draw_ignorance(network: Network, *, n_draws: int, seed: int) -> Float32Array:
    """Return a standard normal for each driver, correlated within groups: (n_drivers, n_draws)."""
    common, own = math.sqrt(GROUP_CORRELATION), math.sqrt(1 - GROUP_CORRELATION)
    drivers = network.beliefs.drivers
    groups = {
        group: np.float32(common) * _normals(n_draws, seed, "group", group)
        for group in dict.fromkeys(driver.group for driver in drivers)
    }
    found = np.empty((len(drivers), n_draws), dtype=np.float32)
    for row, driver in zip(found, drivers, strict=True):
        np.multiply(_normals(n_draws, seed, "ignorance", driver.id), np.float32(own), out=row)
        row += groups[driver.group]
    return found


def _draw_edges(network: Network, *, n_draws: int, seed: int) -> Float32Array:
    """Return the multiplier of the odds of each interaction: (n_edges, n_draws)."""
    found = np.empty((len(network.edges), n_draws), dtype=np.float32)
    for row, edge in zip(found, network.edges, strict=True):
        row[:] = edge.mean
        if edge.sd:
            row += np.float32(edge.sd) * _normals(n_draws, seed, "interaction", edge.name)
    return np.exp(found, out=found)


def _normals(n_draws: int, seed: int, *names: str) -> Float32Array:
    """Return standard normals of one purpose."""
    return keyed_stream(seed, *names).standard_normal(n_draws, dtype=np.float32)


class _Lookup:
    """Interpolate functions on the nodes at the ignorance of every driver and draw."""

    def __init__(self, ignorance: Float32Array) -> None:
        place = ignorance * np.float32(1 / NODE_STEP)
        place -= np.float32(NODES[0] / NODE_STEP)
        np.clip(place, 0.0, len(NODES) - 1.001, out=place)
        self._below = place.astype(np.int32)
        self._part = place - self._below.astype(np.float32)

    def __call__(self, table: FloatArray, rows: NDArray[np.int64]) -> Float32Array:
        """Return the values of some rows, (n_rows, n_draws)."""
        found = np.empty((len(rows), self._part.shape[1]), dtype=np.float32)
        for out, row in zip(found, rows, strict=True):
            values = table[row].astype(np.float32)
            np.take(values, self._below[row], out=out)
            out += self._part[row] * np.take(np.diff(values, append=values[-1]), self._below[row])
        return found


def _expit(log_odds: Float32Array) -> Float32Array:
    """Return 1 / (1 + exp(-x)), (n, n_draws)."""
    odds = np.exp(log_odds)
    return np.asarray(odds / (1 + odds))
