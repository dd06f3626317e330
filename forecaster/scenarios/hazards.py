"""Turn stated probabilities into quarterly hazards, and into the marginals that are to be kept.

Our ignorance of a driver is one standard normal x: the larger, the sooner it starts and the later
it ends. A probability p with a range is expit(mean + sd x), so a hazard is a function of x, held
here on a grid of nodes; the mean over x of anything is a sum over the nodes.

    start `by`           h = 1 - (1 - p)^(1/Q), Q quarters from the day of assessment
    end                  e = 1 - (1 - p)^(1/within)
    start `in_force_on`  h such that a chain of two states is on at the date with probability p
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from forecaster.errors import InputError
from forecaster.records import frozen
from forecaster.scenarios.calendar import moment
from forecaster.workspace.faults import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forecaster.scenarios.calendar import Quarters
    from forecaster.workspace.driver_types import Driver, Start
    from forecaster.workspace.probabilities import Probability


FloatArray = NDArray[np.float64]

NODE_STEP = 0.05
NODES: FloatArray = np.arange(-100.0, 101.0) * NODE_STEP
"""Values of the ignorance; beyond 5 sds nothing is left."""
WEIGHTS = np.exp(-(NODES**2) / 2) / np.exp(-(NODES**2) / 2).sum()
NEVER = 1e-12
"""The hazard of what cannot happen: its odds are finite, so that its logarithm is."""
_BISECTIONS = 50


@frozen
class Hazards:
    """Quarterly hazards of all drivers without interactions, and the marginals they lead to.

    Attributes
    ----------
    start, end : (n_drivers, n_nodes) log odds of starting and ending within a quarter
    first_start, first_end : the same within what is left of the first quarter
    started : (n_drivers, n_quarters + 1) probability of a start by each column
    on : (n_drivers, n_quarters + 1) probability of being on at each column
    waiting : (n_drivers, n_quarters + 1) probability of being off and not having started
    """

    start: FloatArray
    end: FloatArray
    first_start: FloatArray
    first_end: FloatArray
    started: FloatArray
    on: FloatArray
    waiting: FloatArray


def make_hazards(
    drivers: Sequence[Driver],
    is_on: Sequence[bool],
    quarters: Quarters,
    *,
    replaced: Mapping[str, Probability] | None = None,
) -> Hazards:
    """Return the hazards of drivers, each by itself.

    Seen from a day after the assessment, the stated hazards go on, and what is believed of their
    size is updated by the driver's having stayed as it was. Seen from a day before the assessment,
    the probabilities are taken as if they had been stated on that day: hindsight, and as near as
    the state on that day allows.

    Parameters
    ----------
    is_on : the states known on the as-of day
    replaced : start probabilities that stand for the stated ones

    Raises
    ------
    InputError
        If a stated probability of being in force cannot be, or one that does not exist is
        replaced.
    """
    pairs = [
        _driver_hazards(driver, on, quarters, (replaced or {}).get(driver.id))
        for driver, on in zip(drivers, is_on, strict=True)
    ]
    shape = (len(drivers), len(NODES))
    start = np.array([pair[0] for pair in pairs]).reshape(shape)
    end = np.array([pair[1] for pair in pairs]).reshape(shape)
    in_force = np.array([bool(d.start and d.start.is_in_force) for d in drivers], dtype=bool)
    firsts = _first_quarter(start, end, in_force[:, None], quarters.exposure)
    paths = _marginals(firsts, (start, end), np.array(is_on, dtype=float), quarters.n)
    odds = [_log_odds(hazard) for hazard in (start, end, *firsts)]
    return Hazards(odds[0], odds[1], odds[2], odds[3], *paths)


def _driver_hazards(
    driver: Driver, is_on: bool, quarters: Quarters, replaced: Probability | None
) -> tuple[FloatArray, FloatArray]:
    """Return the hazards of start and end of one driver on the nodes."""
    start = end = np.zeros(len(NODES))
    assessed = min(moment(driver.assessed_on), quarters.begin)
    was_on = driver.is_on if assessed < quarters.begin else is_on
    if driver.end is not None:
        stated = driver.end.probability
        lasting = _lasting(_expit(np.asarray(stated.logit_mean - stated.logit_sd * NODES)))
        end = 1 - lasting ** (1 / driver.end.within_quarters)
    if driver.start is not None:
        start = _start_hazard(driver, replaced or driver.start.probability, end, assessed, was_on)
    elif replaced is not None:
        raise InputError(
            problem=f"the driver {quoted(driver.id)} has no start whose probability is replaced",
            fix="switch it on or off instead",
        )
    elapsed = quarters.begin - assessed
    if elapsed > 0 and was_on == is_on:
        nodes = _after_staying(1 - (end if is_on else start), elapsed)
        start, end = (np.interp(nodes, NODES, hazard) for hazard in (start, end))
    return start, end


def _start_hazard(
    driver: Driver, stated: Probability, end: FloatArray, assessed: float, was_on: bool
) -> FloatArray:
    """Return the hazard of starting; of a driver that is on, once it is off."""
    assert driver.start is not None
    n_quarters = moment(driver.start.by) - assessed
    if n_quarters <= 0:
        raise InputError(
            problem=f"the probability of {quoted(driver.id)} is for {driver.start.by}, "
            "which is not after the day it was assessed on",
            fix="state it for a later day",
        )
    logits = np.asarray(stated.logit_mean + stated.logit_sd * NODES)
    if not driver.start.is_in_force:
        return np.asarray(1 - _lasting(_expit(logits)) ** (1 / n_quarters))
    chain = _Chain(end, float(was_on), n_quarters)
    wanted = WEIGHTS @ _expit(logits)
    chances = chain.within_reach(logits, float(wanted))
    if chances is None and assessed < moment(driver.assessed_on):
        chances = np.clip(_expit(logits), chain.least, chain.most)
    if chances is None:
        raise _cannot_be_in_force(driver, driver.start, float(wanted), chain)
    return chain.start_hazard(chances)


@frozen
class _Chain:
    """A chain of two states that ends with hazard `end`, off or on (0, 1) at the beginning.

    With start hazard h its probability of being on after n quarters is
    pi + (was_on - pi) (1 - h - e)^n, where pi = h / (h + e); h is at most 1 - e.
    """

    end: FloatArray
    was_on: float
    n_quarters: float

    @property
    def least(self) -> FloatArray:
        """The probability of being on when it never starts again."""
        return np.asarray(self.was_on * (1 - self.end) ** self.n_quarters)

    @property
    def most(self) -> FloatArray:
        """The probability of being on when it starts as fast as can be."""
        return self.on(1 - self.end)

    def on(self, start: FloatArray) -> FloatArray:
        """Return the probability of being on at the end."""
        share = start / np.maximum(start + self.end, NEVER)
        left = np.maximum(1 - start - self.end, 0.0) ** self.n_quarters
        return np.asarray(share + (self.was_on - share) * left)

    def within_reach(self, logits: FloatArray, wanted: float) -> FloatArray | None:
        """Return chances at the nodes that can be reached and have the wanted mean, or None.

        A node whose stated chance is out of reach takes the nearest; the others move together
        to keep the mean.
        """
        least, most = self.least, self.most
        if not WEIGHTS @ least < wanted < WEIGHTS @ most:
            return None
        low, high = -60.0, 60.0
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            chances = np.clip(_expit(np.asarray(logits + middle)), least, most)
            low, high = (middle, high) if WEIGHTS @ chances < wanted else (low, middle)
        return np.asarray(chances)

    def start_hazard(self, chances: FloatArray) -> FloatArray:
        """Return the start hazards with which it is on at the end with these probabilities."""
        low, high = np.zeros_like(chances), 1 - self.end
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            is_low = self.on(middle) < chances
            low, high = np.where(is_low, middle, low), np.where(is_low, high, middle)
        return np.asarray((low + high) / 2)


def _cannot_be_in_force(driver: Driver, start: Start, wanted: float, chain: _Chain) -> InputError:
    """Return the error of a probability that the end hazard does not allow."""
    least, most = WEIGHTS @ chain.least, WEIGHTS @ chain.most
    return InputError(
        problem=f"{quoted(driver.id)} cannot be in force on {start.by} with probability "
        f"{wanted:.2g}: with its end hazard that lies between {least:.2g} and {most:.2g}",
        fix="change the probability that it is in force, or that a spell ends",
    )


def _after_staying(staying: FloatArray, elapsed: float) -> FloatArray:
    """Return the ignorance at each node's quantile, given that nothing happened for some quarters.

    Slow hazards have become likelier. The new distribution is carried to its quantiles, so that
    the nodes stay standard normal and drivers of one group stay correlated.
    """
    likely = WEIGHTS * np.maximum(staying, NEVER) ** elapsed
    before, after = (np.cumsum(w) - w / 2 for w in (WEIGHTS, likely / likely.sum()))
    return np.asarray(np.interp(before, after, NODES))


def _first_quarter(
    start: FloatArray, end: FloatArray, in_force: NDArray[np.bool_], exposure: float
) -> tuple[FloatArray, FloatArray]:
    """Return the hazards within a part of a quarter."""
    if exposure == 1.0:
        return start, end
    total = np.maximum(start + end, NEVER)
    moved = 1 - np.maximum(1 - total, 0.0) ** exposure
    alone = [1 - (1 - hazard) ** exposure for hazard in (start, end)]
    # a chain that is to be on at a date has to move as its closed form does
    return (
        np.where(in_force, start / total * moved, alone[0]),
        np.where(in_force, end / total * moved, alone[1]),
    )


def _marginals(
    firsts: tuple[FloatArray, FloatArray],
    later: tuple[FloatArray, FloatArray],
    is_on: FloatArray,
    n_quarters: int,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return P(started by), P(on at) and P(waiting at), each (n_drivers, n_quarters + 1)."""
    on = np.repeat(is_on[:, None], len(NODES), axis=1)
    on_unstarted, off_unstarted = on, 1 - on
    started, on_path, waiting = [np.zeros(len(is_on))], [is_on], [1 - is_on]
    for k in range(n_quarters):
        start, end = firsts if k == 0 else later
        off_unstarted = off_unstarted * (1 - start) + on_unstarted * end
        on_unstarted = on_unstarted * (1 - end)
        on = on * (1 - end) + (1 - on) * start
        started.append(1 - (on_unstarted + off_unstarted) @ WEIGHTS)
        on_path.append(on @ WEIGHTS)
        waiting.append(off_unstarted @ WEIGHTS)
    return np.column_stack(started), np.column_stack(on_path), np.column_stack(waiting)


def _lasting(probability: FloatArray) -> FloatArray:
    """Return 1 - p, held above zero."""
    return np.asarray(np.maximum(1 - probability, NEVER))


def _log_odds(hazard: FloatArray) -> FloatArray:
    """Return log(h / (1 - h)), finite."""
    held = np.clip(hazard, NEVER, 1 - 1e-9)
    return np.asarray(np.log(held) - np.log1p(-held))


def _expit(x: FloatArray) -> FloatArray:
    """Return 1 / (1 + exp(-x))."""
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -500, 500))))
