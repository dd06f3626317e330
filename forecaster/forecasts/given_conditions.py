"""Read what is given, and say in which draws it holds."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from forecaster.errors import InputError
from forecaster.forecasts.derived_history import evaluate, figure_in
from forecaster.records import frozen
from forecaster.workspace.conditions import SeenLevel, parse_given
from forecaster.workspace.driver_types import state_known
from forecaster.workspace.history import known_by
from forecaster.workspace.targets import Targets

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import date

    from numpy.typing import NDArray

    from forecaster.forecasts.driver_side import DriverSide
    from forecaster.scenarios.worlds import Worlds
    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.conditions import Given, SeenDriver
    from forecaster.workspace.derived_series import Resolved
    from forecaster.workspace.facts import Facts

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]

_EDGE = 1e-12
_BARELY = 1e-12
"""By how much a figure at the level misses a condition that is strict."""


def read_conditions(
    texts: Collection[str], facts: Facts, beliefs: Beliefs, drivers: DriverSide
) -> tuple[Given, ...]:
    """Read all conditions.

    Raises
    ------
    InputError
        At the first that is none, or where a file is asked about, which has no drivers.
    """
    if not beliefs.has_drivers:
        raise InputError(
            problem="nothing that can be given has to do with the figures of a file",
            where="--given",
            fix="leave it out, or put the figures into a workspace",
        )
    targets = Targets(beliefs.workspace, facts.entries)
    names = _DriverNames(drivers)
    return tuple(parse_given(text, targets, names) for text in texts)


class _DriverNames:
    """The ids of the drivers, read only if a condition names one."""

    def __init__(self, drivers: DriverSide) -> None:
        self._drivers = drivers

    def __contains__(self, name: object) -> bool:
        return name in self._names()

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    def _names(self) -> list[str]:
        return [driver.id for driver in self._drivers.beliefs.drivers]


@frozen
class FigureSeen:
    """A condition on a figure.

    Attributes
    ----------
    seen : as read
    resolved : of a formula or derived series; None for a series by itself
    known : series -> its published figure of the period, for those that have one
    """

    seen: SeenLevel
    resolved: Resolved | None
    known: Mapping[str, float]

    @property
    def series(self) -> tuple[str, ...]:
        """The series that it rests on."""
        return (self.seen.target.text,) if self.resolved is None else self.resolved.series

    @property
    def drawn(self) -> tuple[str, ...]:
        """Those of them whose figure is not published."""
        return tuple(name for name in self.series if name not in self.known)

    def value(self, figures: Mapping[str, FloatArray]) -> FloatArray:
        """Return the figure seen in every draw.

        Parameters
        ----------
        figures : series -> (n_draws,) of those that are drawn
        """
        like = next(iter(figures.values())) if figures else np.zeros(1)
        values = {name: np.full(like.shape, x) for name, x in self.known.items()} | dict(figures)
        if self.resolved is None:
            return values[self.series[0]]
        for name, definition in self.resolved.definitions:
            values[name] = evaluate(definition.tree, values)
        return evaluate(self.resolved.formula.tree, values)

    def margin_like(self, values: FloatArray) -> Callable[[FloatArray], FloatArray]:
        """Return what says by how much values meet the condition: negative where they do not.

        On a scale on which the figure moves about in proportion to its innovations.

        Parameters
        ----------
        values : typical ones, which give the scale where there is no link
        """
        level, kind = self.seen.level, self.seen.target.entry.kind
        sign = 1.0 if self.seen.is_above else -1.0
        least = -_BARELY if self.seen.sign in "<>" else 0.0
        if kind == "share" and 0 < level < 1:
            at = np.log(level / (1 - level))

            def distance(x: FloatArray) -> FloatArray:
                """Return the difference of logits."""
                inside = np.clip(x, _EDGE, 1 - _EDGE)
                return np.asarray(np.log(inside / (1 - inside)) - at)
        elif level > 0 and bool((values > 0).all()):

            def distance(x: FloatArray) -> FloatArray:
                """Return the difference of logarithms."""
                return np.asarray(np.log(np.maximum(x, level * _EDGE) / level))
        else:
            scale = float(np.median(np.abs(values - level))) or 1.0

            def distance(x: FloatArray) -> FloatArray:
                """Return the difference in typical sizes, of large ones the logarithm."""
                return np.asarray(np.arcsinh((x - level) / scale))

        def margin(x: FloatArray) -> FloatArray:
            """Return by how much figures meet the condition; below zero they miss it."""
            found = sign * distance(x)
            # a formula without a value meets nothing
            return np.where(np.isnan(found), -np.inf, np.where(x == level, least, found))

        return margin


def figure_seen(
    seen: SeenLevel, resolved: Resolved | None, facts: Facts, *, as_of: date
) -> FigureSeen:
    """Return a condition on a figure, with what is published of it by the as-of day."""
    known = {}
    for name in (seen.target.text,) if resolved is None else resolved.series:
        try:
            history = known_by(facts, name, as_of=as_of)
        except InputError:
            continue  # without a figure; whoever draws it says what is wrong, if anything is
        rows = [row for row in history.published if row.basis == history.target_basis]
        figure = figure_in(rows, seen.period, history.entry)
        if figure is not None:
            known[name] = figure.value
    return FigureSeen(seen, resolved, known)


def holds_already(condition: FigureSeen) -> bool | None:
    """Say whether published figures decide a condition, and how; None where they do not."""
    if condition.drawn:
        return None
    value = condition.value({})
    return bool((condition.margin_like(value)(value) >= 0).all())


def driver_decided(seen: SeenDriver, drivers: DriverSide, *, as_of: date) -> bool | None:
    """Say whether history decides a condition on a driver; None where it is still to come."""
    if seen.period is None or seen.period.end >= as_of:
        return None
    known = state_known(drivers.beliefs.of(seen.driver), seen.period.end + timedelta(days=1))
    return known == seen.is_on


def driver_holds(seen: SeenDriver, worlds: Worlds) -> BoolArray:
    """Say in which worlds a condition on a driver holds, (n_draws,)."""
    column = worlds.quarters.n
    if seen.period is not None:
        column = min(max(worlds.quarters.column_by(seen.period.end), 0), column)
    return np.asarray(worlds.on(seen.driver)[column] == seen.is_on)


def refuse(text: str, problem: str, fix: str) -> InputError:
    """Return the error about a condition."""
    return InputError(problem=problem, where=f"--given '{text}'", fix=fix)
