"""Bend the draws of one chunk until their figures meet what is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.limits import within_limits
from forecaster.forecasts.settings import random_stream
from forecaster.records import frozen
from forecaster.scenarios.conditioning import bend, defensive_part, everywhere, find_span
from forecaster.scenarios.moves import Mover

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.forecasts.given_conditions import FigureSeen
    from forecaster.forecasts.given_sources import Redrawn, Source
    from forecaster.scenarios.worlds import Worlds
    from forecaster.workspace.driver_types import Effect

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]
    Margin = Callable[[FloatArray], FloatArray]

_NUDGE = 0.01
"""Link units by which a series of a formula is moved to see what it does to the formula."""


@frozen
class Place:
    """The sources of one chunk with their drivers, nothing bent yet.

    Attributes
    ----------
    redrawn : with the source, in order
    movers : series -> its drivers, the scale of its news held
    """

    redrawn: tuple[tuple[Source, Redrawn], ...]
    movers: Mapping[str, Mover]

    def heard(self, line: Line, u: FloatArray, *, seed: int) -> FloatArray:
        """Return how likely what experts said is once bent to u, over its mean before: (n_draws,).

        What they said was about worlds whose drivers nobody told, so drivers are left out.
        """
        factor = np.ones(len(u))
        for number, (source, drawn) in enumerate(self.redrawn):
            heard = source.heard
            if heard is None:
                continue
            before, after = (
                heard.log_density(
                    drawn.figures(normals, {}, only=heard.series, is_smooth=False), seed=seed
                )
                for normals in (drawn.normals, self._bent(number, line, u))
            )
            top = before.max()
            factor = factor * np.exp(after - top) / np.mean(np.exp(before - top))
        return factor

    def _bent(self, number: int, line: Line, u: FloatArray) -> dict[str, FloatArray]:
        """Return the normals of one source, bent to u."""
        normals = dict(self.redrawn[number][1].normals)
        for name, response in line.responses[number].items():
            normals[name] = normals[name] + (u - line.u) * response
        return normals

    def owner(self, series: str) -> int:
        """Return the number of the source that a series belongs to."""
        return next(i for i, (s, _) in enumerate(self.redrawn) if series in s.histories)

    def figures(
        self, number: int, line: Line, u: FloatArray, *, only: Collection[str], is_smooth: bool
    ) -> dict[str, FloatArray]:
        """Return the figures of one source with its normals bent to u."""
        source, drawn = self.redrawn[number]
        normals = self._bent(number, line, u)
        mine = {n: mover for n, mover in self.movers.items() if n in source.histories}
        found = drawn.figures(normals, mine, only=only, is_smooth=is_smooth)
        return {
            name: within_limits(found[name], source.histories[name], source.periods[name])[0]
            for name in only
        }


@frozen
class Line:
    """The direction along which a chunk is bent.

    Attributes
    ----------
    u : (n_draws,) where the draws are now
    responses : for each source, its normals' covariance with u
    """

    u: FloatArray
    responses: tuple[Mapping[str, FloatArray], ...]


def hold_movers(
    redrawn: Sequence[tuple[Source, Redrawn]],
    effects: Mapping[str, tuple[Effect, ...]],
    worlds: tuple[Worlds, Worlds] | None,
) -> dict[str, Mover]:
    """Return the drivers of every series, the scale of its news held as it is now."""
    found = {}
    for source, drawn in redrawn:
        for name in source.histories:
            if worlds is None or name not in effects:
                continue
            mover, path = Mover(effects[name], *worlds), drawn.path(name)
            found[name] = mover if path is None else mover.held(path)
    return found


@frozen
class Bent:
    """Figures of the targets of one chunk, with weights."""

    weights: FloatArray
    figures: Mapping[str, FloatArray]
    is_exact: bool


def bend_chunk(
    place: Place,
    conditions: Sequence[FigureSeen],
    targets: Sequence[str],
    *,
    n_draws: int,
    seed: int,
) -> Bent:
    """Return the figures of a chunk bent until they meet the conditions, with weights."""
    n, rng = n_draws, random_stream(seed, "(given)", "bend")
    still = Line(np.zeros(n), tuple({} for _ in place.redrawn))
    if not conditions:
        figures = _all_figures(place, still, still.u, targets)
        return Bent(place.heard(still, still.u, seed=seed), figures, True)
    margins, lead = _margins(place, conditions, still)
    line = _direction(place, conditions[lead], still)
    span = everywhere(n)
    for condition, margin in zip(conditions, margins, strict=True):
        if not _is_bent(place, condition, line):
            continue  # not bent: it holds or does not

        def met(
            u: FloatArray, condition: FigureSeen = condition, margin: Margin = margin
        ) -> FloatArray:
            """Return by how much the condition is met at u."""
            return margin(_value(place, condition, line, u, is_smooth=True))

        span = span.both(find_span(met, n))
    # every draw as it came tests the span: inside the conditions hold, outside one does not
    pairs = list(zip(conditions, margins, strict=True))
    firm = [pair for pair in pairs if not _is_bent(place, pair[0], line)]
    unbent = _holds(place, firm, line, line.u)
    span = span.where(unbent)
    defensive = defensive_part(span, line.u, _holds(place, pairs, line, line.u))
    bent = bend(span, defensive=defensive, rng=rng)
    holds = _holds(place, pairs, line, bent.u)
    figures = _all_figures(place, line, bent.u, targets)
    heard = place.heard(line, bent.u, seed=seed)
    return Bent(np.where(holds, bent.weight * heard, 0.0), figures, not defensive)


def _margins(
    place: Place, conditions: Sequence[FigureSeen], still: Line
) -> tuple[list[Margin], int]:
    """Return what says by how much each condition is met, and the number of the rarest."""
    margins, shares = [], []
    for condition in conditions:
        values = _value(place, condition, still, still.u, is_smooth=True)
        margin = condition.margin_like(values)
        margins.append(margin)
        can_bend = any(place.redrawn[place.owner(name)][1].normals for name in condition.drawn)
        shares.append(float(np.mean(margin(values) >= 0)) if can_bend else np.inf)
    return margins, int(np.argmin(shares))


def _value(
    place: Place, condition: FigureSeen, line: Line, u: FloatArray, *, is_smooth: bool
) -> FloatArray:
    """Return the figure that a condition is on, its sources bent to u."""
    found: dict[str, FloatArray] = {}
    for number in dict.fromkeys(place.owner(name) for name in condition.drawn):
        source = place.redrawn[number][0]
        only = [name for name in condition.drawn if name in source.histories]
        figures = place.figures(number, line, u, only=only, is_smooth=is_smooth)
        for name in only:
            found[name] = figures[name][:, source.periods[name].index(condition.seen.period)]
    return condition.value(found)


def _holds(
    place: Place,
    conditions: Sequence[tuple[FigureSeen, Margin]],
    line: Line,
    u: FloatArray,
) -> BoolArray:
    """Say in which draws all conditions hold on the figures themselves, bent to u."""
    holds = np.ones(len(u), dtype=bool)
    for condition, margin in conditions:
        holds &= margin(_value(place, condition, line, u, is_smooth=False)) >= 0
    return holds


def _is_bent(place: Place, condition: FigureSeen, line: Line) -> bool:
    """Say whether the figure that a condition is on moves along the line."""
    return any(line.responses[place.owner(name)] for name in condition.drawn)


def _direction(place: Place, condition: FigureSeen, still: Line) -> Line:
    """Return the direction of steepest change of the figure that a condition is on.

    It hangs on hyperparameters and on nothing that is bent: else u would be no standard normal.
    """
    gradients: list[dict[str, FloatArray]] = [{} for _ in place.redrawn]
    for name, slope in _slopes(place, condition, still).items():
        number = place.owner(name)
        source, drawn = place.redrawn[number]
        column = source.periods[name].index(condition.seen.period)
        for key, found in drawn.gradient(name, column).items():
            before = gradients[number].get(key, 0.0)
            gradients[number][key] = before + slope * found
    responses = [
        drawn.response(gradient) if gradient else {}
        for (_, drawn), gradient in zip(place.redrawn, gradients, strict=True)
    ]
    variance, u = np.zeros((2, len(still.u)))
    for (_, drawn), gradient, response in zip(place.redrawn, gradients, responses, strict=True):
        for key, found in gradient.items():
            variance += _summed(found * response[key])
            u += _summed(found * drawn.normals[key])
    sd = np.sqrt(variance)
    # a figure that nothing to come moves: no direction, its weight is 0 or 1
    safe = np.where(sd > 0, sd, 1.0)
    return Line(u / safe, tuple({key: x / safe for key, x in each.items()} for each in responses))


def _slopes(place: Place, condition: FigureSeen, still: Line) -> dict[str, float]:
    """Return how a condition's figure hangs on each series, per link unit, at the medians."""
    middle, spread, kinds = {}, {}, {}
    for name in condition.drawn:
        number = place.owner(name)
        source = place.redrawn[number][0]
        figures = place.figures(number, still, still.u, only=[name], is_smooth=True)[name]
        drawn = figures[:, source.periods[name].index(condition.seen.period)]
        middle[name] = np.array([np.median(drawn)])
        spread[name], kinds[name] = float(drawn.std()), source.histories[name].entry.kind
    found = {}
    for name in condition.drawn:
        ends = [
            condition.value({**middle, name: _nudged(middle[name], kinds[name], by, spread[name])})
            for by in (_NUDGE, -_NUDGE)
        ]
        slope = float((ends[0] - ends[1])[0]) / (2 * _NUDGE)
        found[name] = slope if np.isfinite(slope) else 0.0
    if not any(found.values()):
        return dict.fromkeys(condition.drawn, 1.0)
    return found


def _nudged(figure: FloatArray, kind: str, by: float, spread: float) -> FloatArray:
    """Return a figure moved on its link scale; of a real series by a part of its spread."""
    if kind == "real":
        return np.asarray(figure + by * (spread or 1.0))
    if kind == "share":
        odds = figure / (1 - figure) * np.exp(by)
        return np.asarray(odds / (1 + odds))
    return np.asarray(figure * np.exp(by))


def _summed(products: FloatArray) -> FloatArray:
    """Return the sum over all axes but that of the draws."""
    return np.asarray(products.reshape(-1, products.shape[-1]).sum(axis=0))


def _all_figures(
    place: Place, line: Line, u: FloatArray, targets: Sequence[str]
) -> dict[str, FloatArray]:
    """Return target -> (n_draws, n_periods), bent to u."""
    found: dict[str, FloatArray] = {}
    for number in dict.fromkeys(place.owner(name) for name in targets):
        only = [name for name in targets if place.owner(name) == number]
        found |= place.figures(number, line, u, only=only, is_smooth=False)
    return found
