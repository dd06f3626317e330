"""Answer a question about several series, whose draws with one number are one world."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.question_answer import SHARE_LEVELS, Found, PartShare
from forecaster.forecasts.question_figures import (
    chance,
    figure_draws,
    known_from,
    published,
    spread,
    worst,
)
from forecaster.forecasts.question_series import footing_of, series_warnings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.forecasts.forecast import Forecast
    from forecaster.workspace.question_types import Ranking, Shares

    FloatArray = NDArray[np.float64]

CLOSE = 1e-6
"""How far shares may be from a sum of one by rounding."""


def answer_ranking(ask: Ranking, forecasts: Sequence[Forecast]) -> Found:
    """Return the chance that the first series has a rank, or a better one.

    A series ranks after those that are strictly larger: of equals each has the better rank.

    Parameters
    ----------
    forecasts : of the first series and of the others, on one draw axis

    Raises
    ------
    InputError
        If a figure is neither published nor forecast.
    """
    aligned = in_step(forecasts)
    figures = np.stack([_ranked(each, ask) for each in aligned], axis=1)
    rank = 1 + (figures[:, 1:] > figures[:, :1]).sum(axis=1)
    hits = rank <= ask.rank if ask.at_least else rank == ask.rank
    periods = [ask.period] if ask.growth_from is None else [ask.growth_from, ask.period]
    known = [published(each, period) for each in aligned for period in periods]
    is_known = all(figure is not None for figure in known)
    answer = "yes" if bool(hits[0]) else "no"
    words = f"growth {ask.growth_from} to {ask.period}" if ask.growth_from else str(ask.period)
    return Found(
        footing=footing_of(aligned),
        period=words,
        basis=_one_basis(aligned),
        chance=None if is_known else chance(worst(aligned), np.asarray(hits)),
        decided=known_from([f for f in known if f], answer) if is_known else None,
        warnings=series_warnings(aligned),
    )


def _ranked(forecast: Forecast, ask: Ranking) -> FloatArray:
    """Return what is ranked: figures, or their growth factors, (n_draws,).

    From nothing to something is boundless growth, from nothing to nothing is none.
    """
    last = figure_draws(forecast, ask.period)
    if ask.growth_from is None:
        return last
    first = figure_draws(forecast, ask.growth_from)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.nan_to_num(last / first, nan=1.0, posinf=np.inf))


def answer_shares(ask: Shares, forecasts: Sequence[Forecast]) -> Found:
    """Return median and 80% band of each part of a whole, the rest among them.

    Parameters
    ----------
    forecasts : of the parts, on one draw axis

    Raises
    ------
    InputError
        If a figure is neither published nor forecast.
    """
    aligned = in_step(forecasts)
    draws = [figure_draws(each, ask.period) for each in aligned]
    total = np.sum(draws, axis=0)
    warnings = list(series_warnings(aligned))
    names = [part.name for part in ask.parts]
    warnings += _sum_warnings(total, has_rest=bool(ask.rest))
    if ask.rest:
        names.append(ask.rest)
        draws.append(np.maximum(1.0 - total, 0.0))
    as_share = _as_share(worst(aligned))
    known = [published(each, ask.period) for each in aligned]
    decided = None
    if all(figure is not None for figure in known):
        pairs = zip(names, draws, strict=True)
        said = ", ".join(f"{name} {float(part[0]):.0%}" for name, part in pairs)
        decided = known_from([figure for figure in known if figure], said)
    told = [] if decided else list(zip(names, draws, strict=True))
    return Found(
        footing=footing_of(aligned),
        period=str(ask.period),
        basis=_one_basis(aligned),
        parts=tuple(PartShare(name, spread(as_share, part, SHARE_LEVELS)) for name, part in told),
        entry=as_share.history.entry,
        decided=decided,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _as_share(forecast: Forecast) -> Forecast:
    """Return a forecast as one of shares, whatever its own series is: counts have whole draws."""
    history = forecast.history
    return replace(forecast, history=replace(history, entry=replace(history.entry, kind="share")))


def _sum_warnings(total: FloatArray, *, has_rest: bool) -> list[str]:
    """Say where parts do not add up to one, or leave less than nothing to the rest."""
    off = total > 1 + CLOSE if has_rest else np.abs(total - 1) > CLOSE
    share = float(off.mean())
    if not share:
        return []
    shown = "less than 1%" if share < 0.01 else f"{share:.0%}"
    far = f"from {total.min():.1%} to {total.max():.1%}"
    if has_rest:
        return [f"in {shown} of the draws the parts sum to more than one; the rest is zero there"]
    return [f"the parts do not sum to one in {shown} of the draws, but {far}"]


def in_step(forecasts: Sequence[Forecast]) -> list[Forecast]:
    """Return forecasts cut to the draws that all of them have, so that rows are worlds.

    A formula leaves out draws in which it has no value.
    """
    kept = [each.draw_numbers for each in forecasts]
    if all(numbers is None for numbers in kept):
        return list(forecasts)
    lasts = [len(each.trajectories) for each in forecasts]
    lasts += [int(numbers[-1]) for numbers in kept if numbers is not None]
    n_draws = max(lasts)
    shared = np.ones(n_draws + 1, dtype=bool)
    for numbers in kept:
        if numbers is not None:
            has = np.zeros(n_draws + 1, dtype=bool)
            has[numbers] = True
            shared &= has
    return [_cut(each, shared) for each in forecasts]


def _cut(forecast: Forecast, shared: NDArray[np.bool_]) -> Forecast:
    """Return a forecast with the draws whose numbers are shared."""
    numbers = forecast.draw_numbers
    if numbers is None:
        numbers = np.arange(1, len(forecast.trajectories) + 1)
    chosen = shared[numbers]
    index = forecast.theta_index
    return replace(
        forecast,
        trajectories=forecast.trajectories[chosen],
        theta_index=None if index is None else index[chosen],
        draw_numbers=numbers[chosen],
    )


def _one_basis(forecasts: Sequence[Forecast]) -> str:
    """Return the basis that all figures share, '' where they have several."""
    bases = {each.history.target_basis for each in forecasts}
    return bases.pop() if len(bases) == 1 else ""
