"""Split the width of a forecast among what it comes from: Shapley values of variances.

On the link scale the last figure of a draw is made of three things that are independent of each
other, and of the error of the publication:

    where     the path that follows from parameters and today's state, with nothing new happening
    news      what the latent process adds to it
    drivers   what happens in the world of the draw, and how large its effects are

V(u) is the variance of the figure's mean given the things in u, all others at random. It is the
covariance of two figures that share u and nothing else, so it is found by pairing the things of
draw i with those of other draws. The Shapley value of a thing is what it adds to V, averaged over
all orders in which things become known; the three sum to the variance of the latent figure. The
error of the publication is what the published figure has beyond.

A draw's volatility is part of its news, not of where it is: news are taken as they came out.

References
----------
Owen (2014), SIAM/ASA Journal on Uncertainty Quantification 2, 245: Shapley values of variances.
Saltelli (2002), Computer Physics Communications 145, 280: variances from paired evaluations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from forecaster.workspace.facts import SeriesEntry

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

    Evaluate = Callable[[IntArray, IntArray], FloatArray]

NEWS, WHERE, DRIVERS, PUBLICATION = "news", "where", "drivers", "publication"
N_ROUNDS = 2
"""Times that draws are paired anew; more make the errors little smaller."""
_TINY = 1e-12


@frozen
class WidthShare:
    """What part of the variance comes from one thing.

    Attributes
    ----------
    source : 'news', 'where', 'drivers' or 'publication'
    share : of the variance, all sum to one; one that is nothing may come out below zero by chance
    error : Monte Carlo standard error
    """

    source: str
    share: float
    error: float


def link_values(figures: FloatArray, entry: SeriesEntry, *, base: float = 0.0) -> FloatArray:
    """Return figures on the link scale of their kind.

    Parameters
    ----------
    figures : unit of the series
    base : what a cumulative series had reached before the forecast
    """
    if entry.kind == "real":
        return figures
    if entry.kind == "share":
        inside = np.clip(figures, _TINY, 1 - _TINY)
        return np.asarray(np.log(inside) - np.log1p(-inside))
    half = 0.5 * (entry.kind == "count" or entry.counting_error == "poisson")
    return np.asarray(np.log(np.maximum(figures - base, 0.0) + half + _TINY))


def split_width(
    evaluate: Evaluate,
    published: FloatArray,
    *,
    has_drivers: bool,
    ess: float,
    rng: np.random.Generator,
) -> tuple[WidthShare, ...]:
    """Return the parts of the variance of a figure, the latent process first.

    Parameters
    ----------
    evaluate : (news, worlds) -> (n_draws,) the latent figure on the link scale, where draw i has
        its own path, the news of draw news[i] and the world of draw worlds[i]
    published : (n_draws,) the published figure of each draw on the link scale
    ess : effective sample size of the parameters
    """
    n_draws = len(published)
    same = np.arange(n_draws)
    latent = evaluate(same, same)
    centred = latent - latent.mean()
    gap = published - latent
    error = (gap - gap.mean()) ** 2
    whole = centred**2
    found = np.zeros((3, n_draws))
    for _ in range(N_ROUNDS):
        found += _shapley(_paired_products(evaluate, centred, rng, has_drivers), whole) / N_ROUNDS
    parts = dict(zip((NEWS, WHERE, DRIVERS), found, strict=True)) | {PUBLICATION: error}
    if not has_drivers:
        del parts[DRIVERS]
    total = whole + error
    effective = min(ess, n_draws) if np.isfinite(ess) else n_draws
    return tuple(_share(name, part, total, effective) for name, part in parts.items())


def _share(source: str, part: FloatArray, total: FloatArray, effective: float) -> WidthShare:
    """Return the ratio of two means over draws with its error, by the delta method."""
    scale = max(float(total.mean()), _TINY)
    share = float(part.mean()) / scale
    error = float((part - share * total).std()) / scale / effective**0.5
    return WidthShare(source, share, error)


def _paired_products(
    evaluate: Evaluate, centred: FloatArray, rng: np.random.Generator, has_drivers: bool
) -> dict[str, FloatArray]:
    """Return for each set of things the product of two figures that share it, draw by draw.

    Keys are the letters of news, where and drivers; what several pairings tell is averaged.
    """
    n_draws = len(centred)
    same, news, worlds = np.arange(n_draws), _others(n_draws, rng), _others(n_draws, rng)
    pairings = [(news, same, "wd", "n", "")]
    if has_drivers:
        pairings += [(same, worlds, "nw", "", "d"), (news, news, "w", "nd", "")]
        pairings.append((news, worlds, "w", "n", "d"))
    found: dict[str, list[FloatArray]] = {}
    for of_news, of_worlds, with_own, with_news, with_worlds in pairings:
        drawn = evaluate(of_news, of_worlds)
        drawn = drawn - drawn.mean()
        for shared, partner in ((with_own, same), (with_news, of_news), (with_worlds, of_worlds)):
            if shared:
                found.setdefault(shared, []).append(centred[partner] * drawn)
    products = {shared: np.mean(each, axis=0) for shared, each in found.items()}
    if not has_drivers:
        nothing = np.zeros(n_draws)
        own = products["wd"]
        products |= {"w": own, "d": nothing, "nd": products["n"], "nw": centred**2}
    return products


def _shapley(v: dict[str, FloatArray], whole: FloatArray) -> FloatArray:
    """Return what news, where and drivers add to V over all orders, (3, n_draws)."""
    return np.array(
        [
            v["n"] / 3 + (v["nw"] - v["w"] + v["nd"] - v["d"]) / 6 + (whole - v["wd"]) / 3,
            v["w"] / 3 + (v["nw"] - v["n"] + v["wd"] - v["d"]) / 6 + (whole - v["nd"]) / 3,
            v["d"] / 3 + (v["nd"] - v["n"] + v["wd"] - v["w"]) / 6 + (whole - v["nw"]) / 3,
        ]
    )


def _others(n_draws: int, rng: np.random.Generator) -> IntArray:
    """Return a random permutation that leaves no draw where it is."""
    order = rng.permutation(n_draws)
    found = np.empty(n_draws, dtype=np.int64)
    found[order] = np.roll(order, 1)
    return found
