"""Make compositions from the model, and state their likelihood as one normal distribution.

Nothing of the package's family is used but the calendar of publications: the reference works on
slopes of logits against log shares, so that no basis of log-ratios appears in it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from unittest.mock import patch

import numpy as np

from calibration import dense
from calibration.sbc import N_DRAWS, _Path, _rank
from forecaster.forecasts.composition_paths import draw_composition
from forecaster.forecasts.composition_plan import CompositionPlan, SharedUnit
from forecaster.forecasts.plan import Stretch
from forecaster.inference import composition_fit, linearisation
from forecaster.inference.composition_fit import fit_composition
from forecaster.models.composition import composition_static, coordinate_scale, log_ratio_basis
from forecaster.models.part_drifts import stated_drift
from forecaster.models.part_events import PartEvent, event_moves
from forecaster.models.part_existence import Reading
from forecaster.models.publications import arrange
from forecaster.models.regressors import Regressor, Shape
from forecaster.models.trend import theta_at
from forecaster.workspace.beliefs import SHIPPED_PRIORS, Normal, load_beliefs
from forecaster.workspace.composition_beliefs import load_composition_prior
from forecaster.workspace.periods import parse_period

YEARS = tuple(str(year) for year in range(2012, 2022))


def make_prior():
    """Return the shipped prior."""
    home = SHIPPED_PRIORS.parent
    return load_composition_prior(home, load_beliefs(home))


@dataclass(frozen=True)
class Design:
    """A calendar of publications: (basis, period, parts published) each.

    n_figures : parts with figures; a rest stands beside them where `has_rest`
    events : dated events whose sizes are drawn from their priors
    growth : part -> (mean, sd) of its long-run growth, stated at equal shares
    """

    n_figures: int
    has_rest: bool
    timing: str
    calendar: tuple[tuple[str, str, tuple[int, ...]], ...]
    bases: tuple[str, ...] = ("a",)
    sd: float = 0.05
    events: tuple[PartEvent, ...] = ()
    growth: tuple[tuple[int, float, float], ...] = ()

    @property
    def n_parts(self) -> int:
        return self.n_figures + self.has_rest

    def drift(self, prior):
        """Return the prior of the drifts; at equal shares, so that it hangs on no figure."""
        k = self.n_parts
        stated = {part: Normal(mean, sd, "", "") for part, mean, sd in self.growth}
        sd = coordinate_scale(k) * prior.share.drift.sd
        return stated_drift(stated, np.full(k, 1 / k), log_ratio_basis(k), sd=sd)


BAN = PartEvent(0, Regressor("ban", Shape("window", 2017.3, 2023.6), -0.8, 0.45))
"""Begun in the history, and released two years after its end."""
PUSH = PartEvent(1, Regressor("push", Shape("ramp", 2019.0, 2024.5), 0.4, 0.3))
"""Half of it is still to come."""


def _all(n, periods, basis="a"):
    return tuple((basis, period, tuple(range(n))) for period in periods)


DESIGNS = {
    "whole years": Design(4, False, "flow", _all(4, YEARS)),
    "a rest, points": Design(3, True, "stock", _all(3, YEARS)),
    "parts missing, two houses": Design(
        3,
        True,
        "flow",
        (
            *_all(3, ("2012",)), ("a", "2013", (0,)), *_all(3, ("2014", "2015")),
            ("b", "2015", (0, 1)), ("a", "2016", (1, 2)), ("b", "2017", (0, 1)),
            *_all(3, ("2018",)), ("b", "2018", (0,)), ("a", "2019", (0, 2)),
            ("a", "2020-H1", (0, 1, 2)), *_all(3, ("2020",)), ("a", "2021", (0, 1, 2)),
        ),
        bases=("a", "b"),
    ),
    "one part": Design(1, True, "flow", _all(1, YEARS)),
    "dated events, stated growth": Design(
        2,
        True,
        "flow",
        (
            *_all(2, YEARS[:3]), ("a", "2015", (0,)), *_all(2, YEARS[4:6]), ("a", "2018", (1,)),
            *_all(2, YEARS[7:]),
        ),
        events=(BAN, PUSH),
        growth=((0, 0.15, 0.2), (1, -0.1, 0.08)),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Truth:
    """What was drawn, and what it made; log shares are (K,) at points of time."""

    unit: np.ndarray
    theta: np.ndarray
    drift: np.ndarray
    publications: object
    paths: tuple
    begin: float
    end: float
    sizes: np.ndarray
    events: tuple

    def moved(self, start: float, end: float) -> np.ndarray:
        """Return what the events add to the coordinates."""
        k = len(self.paths) + 1
        x = np.zeros(k)
        for event, size in zip(self.events, self.sizes, strict=True):
            x[event.part] += size * mean_height(event.regressor.shape, start, end)
        return log_ratio_basis(k).T @ x

    def shares_at(self, time: float) -> np.ndarray:
        w = np.array([path.at(time) for path in self.paths]) + self.moved(time, time)
        return softmax(log_ratio_basis(len(w) + 1) @ w)


def mean_height(shape, start: float, end: float) -> float:
    """Return how much of an event is on over a window, or just before a point.

    By the middles of a thousand cells: exact where a year's tenths are the only edges.
    """
    cells = (np.arange(1000) + 0.5) / 1000
    times = start + (end - start) * cells if end > start else np.array([end - 1e-9])
    since = np.clip((times - shape.start) / (shape.end - shape.start), 0.0, 1.0)
    height = {"ramp": since, "window": (since > 0.0) & (since < 1.0), "step": times > shape.start}
    return float(np.mean(height[shape.kind]))


def softmax(x):
    weights = np.exp(x - x.max(axis=0))
    return weights / weights.sum(axis=0)


def simulate(design: Design, prior, rng, *, level_sd: float = 1.0, years_ahead: int = 7) -> Truth:
    """Return a truth from the prior and publications from the model; levels are N(0, level_sd)."""
    k = design.n_parts
    basis, scale = log_ratio_basis(k), coordinate_scale(k)
    unit = rng.standard_normal(4)
    theta = theta_at(unit[None], prior.share, scale=scale)[:, 0]
    stated = design.drift(prior)
    drift = scale * prior.share.drift.sd * rng.standard_normal(k - 1)
    if stated is not None:
        drift = stated.turn @ (stated.mean + drift)
    sizes = np.array([rng.normal(e.regressor.mean, e.regressor.sd) for e in design.events])
    periods = [parse_period(period) for _, period, _ in design.calendar]
    is_flow = design.timing == "flow"
    begin = min(p.start_year if is_flow else p.end_year for p in periods)
    end = max(p.end_year for p in periods)
    n_years = math.ceil(end - begin) + years_ahead
    paths = tuple(
        _Path(theta, rng.normal(0, level_sd), drift[j], begin, n_years, rng) for j in range(k - 1)
    )
    truth = Truth(unit, theta, drift, None, paths, begin, end, sizes, design.events)
    offset_sd = np.array([0.0, prior.share.offset_sd["same-measure"]])[: len(design.bases)]
    offsets = scale * offset_sd[:, None] * rng.standard_normal((len(design.bases), k - 1))
    figures = [[] for _ in range(design.n_figures)]
    for (house, _, parts), period in zip(design.calendar, periods, strict=True):
        # K shares that sum to one are K - 1 figures: so they are fitted, and so they are drawn
        is_whole = not design.has_rest and len(parts) == k
        error_sd = design.sd * (math.sqrt(k / (k - 1)) if is_whole else 1.0)
        window = (period.start_year if is_flow else period.end_year, period.end_year)
        w = [p.over(*window).mean() if is_flow else p.at(window[1]) for p in paths]
        w = (
            w
            + truth.moved(*window)
            + offsets[design.bases.index(house)]
            + theta[3] * rng.standard_normal(k - 1)
        )
        shares = softmax(basis @ w)
        for part in parts:
            logit = math.log(shares[part] / (1 - shares[part]))
            z = logit + error_sd * rng.standard_normal()
            figures[part].append(Reading(window, house, z, design.sd, 0.0))
    publications = arrange(
        figures, bases=design.bases, offset_sd=offset_sd, has_rest=design.has_rest, target=0,
        target_noise_sd=design.sd, log_jacobian=0.0,
    )  # fmt: skip
    return replace(truth, publications=replace(publications, events=design.events, drift=stated))


def dense_log_density(publications, readings, static, prior, theta) -> float:
    """Return log p(readings | theta), static effects integrated out, from one dense normal."""
    p, row = publications, publications.publication
    k = p.n_parts
    slopes = readings.direction @ log_ratio_basis(k).T
    angles = slopes @ slopes.T
    start, end = p.start - p.start.min(), p.end - p.start.min()
    a, c = np.meshgrid(start, start, indexing="ij")
    b, d = np.meshgrid(end, end, indexing="ij")
    scale = coordinate_scale(k)
    shared = dense.level_covariance(a, b, c, d, theta) + prior.share.level_sd**2
    middle = (start + end) / 2
    usual = (scale * prior.share.drift.sd) ** 2
    drift_mean, drift_cov = np.zeros(k), usual * np.eye(k)
    if p.drift is not None:
        turn = log_ratio_basis(k) @ p.drift.turn
        drift_mean, drift_cov = turn @ p.drift.mean, usual * turn @ turn.T
    times = middle[row]
    offset = (p.basis[:, None] == p.basis) * (scale * p.offset_sd[p.basis]) ** 2
    shared += offset + theta[3] ** 2 * np.eye(p.n)
    cov = angles * shared[np.ix_(row, row)] + np.diag(readings.noise_sd**2)
    cov += prior.entry_sd**2 * readings.entry @ readings.entry.T
    cov += slopes @ drift_cov @ slopes.T * np.outer(times, times)
    mean = slopes @ drift_mean * times
    for event in p.events:
        windows = zip(p.start, p.end, strict=True)
        on = np.array([mean_height(event.regressor.shape, *window) for window in windows])[row]
        column = slopes[:, event.part] * on
        mean += event.regressor.mean * column
        cov += event.regressor.sd**2 * np.outer(column, column)
    mean += (
        slopes @ log_ratio_basis(k) @ static.mean[: k - 1] + readings.entry @ readings.entry_mean
    )
    root = np.linalg.cholesky(cov)
    white = np.linalg.solve(root, readings.z - mean)
    constant = len(mean) * math.log(2 * math.pi) + 2 * np.log(np.diag(root)).sum()
    return float(-0.5 * (white @ white + constant))


QUANTITIES = (
    "s_l", "s_b", "tau", "s_o", "drift of a part", "final share", "figure one year ahead",
    "change in five years", "time of crossing", "log likelihood",
)  # fmt: skip
EVENT_QUANTITIES = ("size of the ban", "size of the push")
_STEPS_A_YEAR = 4
_AHEAD = 6


def annual_plan(names, end: float, n_years: int, *, is_latent: bool, kept=()) -> CompositionPlan:
    """Return the plan of annual flows from `end` on, or of latent quarters' ends."""
    steps = n_years * _STEPS_A_YEAR
    if is_latent:
        units = [(SharedUnit(1.0, {}, (Stretch(0.0, None, k),)),) for k in range(steps)]
    else:
        units = [
            (
                SharedUnit(
                    1.0,
                    {},
                    tuple(Stretch(0.25, None, k) for k in range(year * 4, year * 4 + 4)),
                ),
            )
            for year in range(n_years)
        ]
    periods = tuple(parse_period("2030") for _ in units)
    return CompositionPlan(
        names, periods, tuple(units), tuple(kept), end, 1 / _STEPS_A_YEAR, steps, is_latent
    )


def run_once(design: Design, prior, rng) -> np.ndarray:
    """Simulate, fit and rank the truth among N_DRAWS draws, once."""
    truth = simulate(design, prior, rng)
    p, k = truth.publications, design.n_parts
    c = k - 1

    def fixed_level(publications, readings, prior):
        """Take the levels' prior from which they were drawn, and not about the figures."""
        static = composition_static(publications, readings, prior)
        mean, sd = static.mean.copy(), static.sd.copy()
        mean[:c], sd[:c] = 0.0, 1.0
        return replace(static, mean=mean, sd=sd)

    with (
        patch.object(composition_fit, "composition_static", fixed_level),
        patch.object(linearisation, "composition_static", fixed_level),
    ):
        posterior = fit_composition(
            p, prior, kept=((truth.end, truth.end),), end=truth.end, n_draws=2000, seed=1, rng=rng,
            announce=lambda _: None,
        )  # fmt: skip
        readings = linearisation.settle_readings(p, prior, rng=np.random.default_rng(5))
        static = fixed_level(p, readings, prior)
        problem = linearisation.composition_problem(p, readings, static, prior)
    names = tuple(f"part {i}" for i in range(k))
    figures = draw_composition(
        posterior, annual_plan(names, truth.end, 1, is_latent=False), rng=rng
    )["part 0"][:, 0]
    latent = draw_composition(
        posterior, annual_plan(names, truth.end, _AHEAD, is_latent=True), rng=rng
    )["part 0"]
    at_end = np.array([truth.end])
    moved = event_moves(
        p.events, posterior.event_sizes, posterior.basis, starts=at_end, ends=at_end
    )[0] if p.events else 0.0  # fmt: skip
    final = softmax(posterior.basis @ (posterior.kept[0] + moved))[0]
    chosen = rng.choice(posterior.n_draws, size=N_DRAWS, replace=False)
    basis = posterior.basis
    times = truth.end + np.arange(1, _AHEAD * 4 + 1) / 4
    path = np.array([truth.shares_at(time)[0] for time in times])
    next_year = _next_figure(truth, design, rng)
    start = truth.shares_at(truth.end)[0]
    pairs = [
        *((truth.theta[i], posterior.theta[i]) for i in range(4)),
        (basis[0] @ truth.drift, basis[0] @ posterior.drift),
        (start, final),
        (next_year, figures),
        (_logit(path[19]) - _logit(start), _logit(latent[:, 19]) - _logit(final)),
        (_crossing(path[None])[0], _crossing(latent)),
        (
            problem.log_likelihood(truth.theta[:, None])[0],
            problem.log_likelihood(np.ascontiguousarray(posterior.theta[:, chosen])),
        ),
        *zip(truth.sizes, posterior.event_sizes, strict=True),
    ]
    return np.array([
        _rank(value, draws if len(draws) == N_DRAWS else draws[chosen], rng)
        for value, draws in pairs
    ])  # fmt: skip


def _logit(p):
    return np.log(p) - np.log1p(-p)


def _crossing(paths):
    """Return the quarter in which a share first exceeds 0.3; one past the end if never."""
    beyond = paths > 0.3
    return np.where(beyond.any(axis=1), beyond.argmax(axis=1), beyond.shape[1])


def _next_figure(truth, design, rng) -> float:
    """Return the first part's published share of the year after the end."""
    k = design.n_parts
    w = np.array([path.over(truth.end, truth.end + 1).mean() for path in truth.paths])
    w = w + truth.moved(truth.end, truth.end + 1)
    sd = math.hypot(truth.theta[3], design.sd * coordinate_scale(k))
    return softmax(log_ratio_basis(k) @ (w + sd * rng.standard_normal(k - 1)))[0]
