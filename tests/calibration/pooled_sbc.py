"""Simulate groups from the prior of the pooled family, fit them, and rank the truth.

As in `sbc`, the prior of a level is centred on a number fixed beforehand, and not on the first
figure. Paths run on the exact process at 24 cells a year and totals are sums of exp over them, so
that the tilted windows, and the factor's reading through shared cells, are judged as the
approximations that they are.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np

from calibration import sbc
from forecaster.forecasts.pooled_paths import simulate_pooled
from forecaster.inference.certify import HyperPosterior
from forecaster.inference.importance import WeightedPoints, explore
from forecaster.inference.pooled import group_problem
from forecaster.inference.pooled_draws import PooledPosterior, draw_group
from forecaster.inference.report import FitReport
from forecaster.models.pooled import FACTOR_ROWS, Group, make_group, theta_at
from forecaster.models.static_effects import LEVEL
from forecaster.workspace.beliefs import SHIPPED_PRIORS, load_beliefs
from forecaster.workspace.facts import History, Row, SeriesEntry, Source
from forecaster.workspace.periods import parse_period
from forecaster.workspace.pooled_beliefs import POOLED_NAMES, PooledPrior, load_pooled_prior

QUANTITIES = (
    *POOLED_NAMES, "group drift", "final level of nine", "final level of two",
    "final level of one", "factor's change in five years", "five-year change",
    "difference of five-year changes", "time of crossing", "log likelihood",
)  # fmt: skip
CALENDARS = {
    "nine": tuple(str(year) for year in range(2012, 2021)),
    "mixed": (*(str(year) for year in range(2014, 2019)), "2019-H1", "2019-H2", "2020"),
    "four": tuple(str(year) for year in range(2017, 2021)),
    "two": ("2019", "2020"),
    "one": ("2020",),
}
LEVEL_MEAN, LEVEL_SD = 3.0, 2.0
END, YEARS = 2021.25, 5
"""Every window has ended by then: a shift is at most a sixth of a year."""
_SOURCE = Source("made", "made", "made", date(2021, 1, 1), "stated", "")


def run_once(prior: PooledPrior, rng: np.random.Generator) -> sbc.Outcome:
    """Simulate, fit and rank once."""
    unit = rng.standard_normal(6)
    theta = theta_at(unit[None], prior)[:, 0]
    drift = rng.normal(prior.drift.mean, prior.drift.sd)
    factor = sbc._Path(theta[FACTOR_ROWS], 0.0, drift, 2012.0, 15, rng)
    own, histories = {}, {}
    for name, calendar in CALENDARS.items():
        begin = parse_period(calendar[0]).start_year
        level = rng.normal(LEVEL_MEAN, LEVEL_SD)
        deviation = rng.normal(0.0, prior.own.drift.sd)
        own[name] = sbc._Path(theta[:4], level, deviation, begin, 2027 - int(begin), rng)
        histories[name] = _history(name, calendar, own[name], factor, theta, rng)
    group = _with_fixed_levels(make_group(histories, prior))
    problem = group_problem(group)
    found = explore(problem.log_likelihood_at, 6, rng=rng)
    if found.failures():
        found = explore(problem.log_likelihood_at, 6, rng=rng, n_first=4096)
    chosen = rng.choice(len(found.weights), size=sbc.N_DRAWS, p=found.weights)
    drawn = _draw(group, found, chosen, rng)
    last = math.log(histories["nine"].data[-1].value)
    truths = _true_values(own, factor, drift, last)
    pairs = [
        *((unit[i], found.unit[chosen, i]) for i in range(6)),
        *zip(truths, _drawn_values(drawn, last, rng), strict=True),
        (problem.log_likelihood_at(unit[None])[0], problem.log_likelihood_at(found.unit[chosen])),
    ]
    return sbc.Outcome(np.array([sbc._rank(value, draws, rng) for value, draws in pairs]), found)


def _history(name, calendar, own, factor, theta, rng) -> History:
    """Return annual and half-yearly totals as they would be published."""
    entry = SeriesEntry(name, name, name, "unit", "positive", "flow", group="g", iamc_variable="v")
    rows = []
    for text in calendar:
        period = parse_period(text)
        span = period.start_year, period.end_year
        total = np.exp(own.over(*span) + factor.over(*span)).sum() / sbc.CELLS
        # the quality mark 'reported' stands for an error of 0.01
        value = float(total * math.exp(math.hypot(theta[3], 0.01) * rng.standard_normal()))
        rows.append(Row(name, period, value, repr(value), "unit", "", "reported", _SOURCE, "", ""))
    data = tuple(rows)
    return History(entry, date(2022, 1, 1), data, ("",), "", published=data)


def _with_fixed_levels(group: Group) -> Group:
    """Return the group with the levels' priors as they were simulated."""
    members = {}
    for name, member in group.members.items():
        mean, sd = member.static.mean.copy(), member.static.sd.copy()
        mean[LEVEL], sd[LEVEL] = LEVEL_MEAN, LEVEL_SD
        members[name] = replace(member, static=replace(member.static, mean=mean, sd=sd))
    return replace(group, members=members)


def _draw(group: Group, found: WeightedPoints, chosen, rng) -> PooledPosterior:
    """Return one draw at each of the points chosen."""
    theta = theta_at(found.unit[chosen], group.prior)
    report = FitReport("amis", found.k_hat, found.ess, 0.0, 0.0, len(chosen), 1)
    hyper = HyperPosterior(theta, np.full(len(chosen), 1 / len(chosen)), report)
    streams = dict(zip(group.members, rng.spawn(len(group.members)), strict=True))
    at_end = [(END, END)]
    return draw_group(
        group, hyper, kept={"nine": at_end, "two": at_end, "one": at_end}, end=END,
        n_draws=len(chosen), factor_rng=rng, member_rng=streams.__getitem__,
    )  # fmt: skip


def _true_values(own, factor, drift: float, last: float) -> list[float]:
    """Return the simulated values of the quantities between the hyperparameters and the last."""

    def level(name: str, time: float) -> float:
        return own[name].at(time) + factor.at(time)

    change = {name: level(name, END + YEARS) - level(name, END) for name in ("nine", "two")}
    path = [level("nine", END + k / 4) for k in range(1, 4 * YEARS + 1)]
    return [
        drift,
        *(level(name, END) for name in ("nine", "two", "one")),
        factor.at(END + YEARS) - factor.at(END),
        change["nine"],
        change["nine"] - change["two"],
        float(_first_above(np.array(path)[:, None], last)[0]),
    ]


def _drawn_values(drawn: PooledPosterior, last: float, rng) -> list[np.ndarray]:
    """Return draws of the same quantities."""
    shape = (4 * YEARS, 3, drawn.n_draws)
    paths = simulate_pooled(
        drawn,
        step_length=0.25,
        factor_innovations=rng.standard_normal(shape),
        innovations={name: rng.standard_normal(shape) for name in ("nine", "two")},
    )
    now = {name: drawn.kept[name][0] for name in ("nine", "two", "one")}
    change = {name: paths[name].levels[-1] - now[name] for name in paths}
    own_change = _own_change(drawn, shape, rng)
    return [
        drawn.factor.effects[1],
        *now.values(),
        own_change,
        change["nine"],
        change["nine"] - change["two"],
        _first_above(paths["nine"].levels[1:], last),
    ]


def _own_change(drawn: PooledPosterior, shape, rng) -> np.ndarray:
    """Return the factor's change over the five years, from innovations of its own."""
    still = replace(drawn, own={"none": _nothing(drawn)})
    path = simulate_pooled(
        still,
        step_length=0.25,
        factor_innovations=rng.standard_normal(shape),
        innovations={"none": np.zeros(shape)},
    )["none"].levels
    return path[-1] - drawn.factor.state[0]


def _nothing(drawn: PooledPosterior):
    """Return an own part that never moves."""
    factor = drawn.factor
    return replace(factor, effects=np.zeros_like(factor.effects), state=np.zeros_like(factor.state))


def _first_above(path: np.ndarray, level: float) -> np.ndarray:
    """Return the first step at which each path is half a unit above; one more if never."""
    above = np.concatenate([path > level + 0.5, np.ones((1, path.shape[1]), dtype=bool)])
    return above.argmax(axis=0)


def run_many(n: int, *, seed: int) -> list[sbc.Outcome]:
    """Return `n` independent replications under the shipped prior of positive groups."""
    workspace = SHIPPED_PRIORS.parent
    prior = load_pooled_prior(workspace, "positive", load_beliefs(workspace))
    streams = np.random.SeedSequence(seed).spawn(n)
    return [run_once(prior, np.random.default_rng(stream)) for stream in streams]
