"""Read the figures of a composition as linear functions of its coordinates.

A figure reads logit p_k = x_k - log sum of exp(x_j) over the others, which is not linear in the
coordinates. It is linearised at the shares that its publication states, or near which the smoothed
path runs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forecaster.models.composition import log_ratio_basis
from forecaster.records import frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.models.publications import Publications

    FloatArray = NDArray[np.float64]


@frozen
class LinearReadings:
    """Figures as linear readings of the coordinates: z = direction @ u + entry @ J + error.

    u is the average of w over the window, plus the basis' offset and the publication's error; J
    are the entries' effects on the log of the rest.

    Attributes
    ----------
    first : (n + 1,) rows of each publication, as in Publications
    direction : (n_rows, C)
    entry : (n_rows, n_entries)
    z : (n_rows,) logit less the constant of the linearisation
    noise_sd : (n_rows,)
    entry_mean : (n_entries,) prior mean of J
    """

    first: NDArray[np.int64]
    direction: FloatArray
    entry: FloatArray
    z: FloatArray
    noise_sd: FloatArray
    entry_mean: FloatArray


def linearise(publications: Publications, shares: FloatArray) -> LinearReadings:
    """Return the readings linearised at some shares.

    Parameters
    ----------
    shares : (n, K), sum to one; 0 where a part does not exist
    """
    p = publications
    row = np.arange(p.n_rows)
    here = shares[p.publication]
    log_share = np.log(np.where(p.exists[p.publication], here, 1.0))
    others = np.where(_others(p), here, 0.0)
    total = others.sum(axis=1)
    # slopes of logit p_k: 1 for the part itself, minus each other part's share of the others
    slope = -others / total[:, None]
    slope[row, p.part] = 1.0
    constant = log_share[row, p.part] - np.log(total) - (slope * log_share).sum(axis=1)
    entry = slope[:, -1:] * p.before_entry[p.publication]
    return LinearReadings(
        first=p.first,
        direction=slope @ log_ratio_basis(p.n_parts),
        entry=entry,
        z=p.z - constant,
        noise_sd=p.noise_sd,
        entry_mean=_entry_means(p, shares),
    )


def _others(publications: Publications) -> NDArray[np.bool_]:
    """Return (n_rows, K) the parts that a figure is compared with.

    All that exist and were not printed as zero, but the part itself; all others where that leaves
    none.
    """
    p = publications
    row = np.arange(p.n_rows)
    counted, exists = p.is_counted[p.publication], p.exists[p.publication]
    counted[row, p.part] = exists[row, p.part] = False
    return np.where(counted.any(axis=1, keepdims=True), counted, exists)


def _entry_means(publications: Publications, shares: FloatArray) -> FloatArray:
    """Return by how much the log of the rest was larger before each entry, (n_entries,).

    Read off the first publication after it: log((rest + what entered) / rest).
    """
    p = publications
    means = []
    for e, parts in enumerate(p.entry_parts):
        first = int(np.flatnonzero(~p.before_entry[:, e])[0])
        entered = shares[first, list(parts)].sum()
        means.append(math.log1p(entered / max(shares[first, -1], 1e-9)))
    return np.array(means)


def exact_logits(publications: Publications, x: FloatArray, entry: FloatArray) -> FloatArray:
    """Return the logit of every figure's share, without linearisation.

    Parameters
    ----------
    x : (n, K, n_draws) log shares, up to a constant, of each publication
    entry : (n_entries, n_draws) effects of the entries on the log of the rest

    Returns
    -------
    (n_rows, n_draws)
    """
    p = publications
    if len(entry):
        x = x.copy()
        x[:, -1] += p.before_entry.astype(float) @ entry
    here = x[p.publication]
    own = here[np.arange(p.n_rows), p.part]
    others = np.where(_others(p)[..., None], here, -np.inf)
    top = others.max(axis=1)
    return np.asarray(own - top - np.log(np.exp(others - top[:, None]).sum(axis=1)))
