"""Simulate histories from the prior, fit them with the package, and rank the truth.

Simulation-based calibration (Talts et al. 2018): when the truth is drawn from the prior and the
figures from the model, the rank of the truth among L independent posterior draws is uniform on
0..L. Two liberties are taken, both in the simulation and in the fit alike:

* The package centres the level's prior on the first value, which looks at the figures twice. Here
  it is centred on a number fixed beforehand, with an sd of 2 (mathematics, section 4).
* The typical change of a real series is stated and not measured.

The latent path runs on the exact process at 24 cells a year, and totals are sums of exp over the
cells: the tilted average and the Poisson moments are then judged as the approximations they are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from forecaster.forecasts.plan import plan_forecast
from forecaster.forecasts.trajectories import draw_trajectories
from forecaster.inference.importance import WeightedPoints, explore
from forecaster.inference.kalman import log_likelihood
from forecaster.inference.posterior import draw_posterior
from forecaster.inference.report import FitReport
from forecaster.inference.timeline import lay_out
from forecaster.models.observations import link_observations
from forecaster.models.static_effects import static_prior
from forecaster.models.trend import make_step, theta_at, trend_model
from forecaster.workspace.beliefs import SHIPPED_PRIORS, TrendPrior, load_beliefs
from forecaster.workspace.facts import History, Row, SeriesEntry, Source
from forecaster.workspace.periods import Period, parse_period

CELLS = 24
"""Cells of the simulated path a year."""
N_DRAWS = 99
QUANTITIES = (
    "s_l", "s_b", "tau", "s_o", "drift", "final level", "figure one year ahead", "log likelihood",
)  # fmt: skip
_SOURCE = Source("made", "made", "made", date(2024, 1, 1), "stated", "")
_QUALITIES = ("reported", "estimate", "derived", "press")
YEARS_THEN_QUARTERS = (
    *(f"{year}" for year in range(2014, 2019)), "2019-H1", "2019-H2",
    *(f"2020-Q{quarter}" for quarter in range(1, 5)),
)  # fmt: skip
POINTS = (*(f"{year}" for year in range(2012, 2018)), "2018-Q2", "2018-Q4", "2019-11", "2020")


@dataclass(frozen=True)
class Design:
    """One kind of series to be simulated, with the calendar of its figures.

    calendar : (basis, period) of every figure, in order of the period's end
    level_mean, level_sd : prior of the level at the first window's start, link scale
    """

    kind: str
    timing: str
    calendar: tuple[tuple[str, str], ...]
    level_mean: float
    level_sd: float = 2.0
    counting_error: str = "none"
    typical_change: float | None = None
    relations: tuple[tuple[str, str], ...] = ()


def _on(basis: str, periods: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((basis, period) for period in periods)


DESIGNS = {
    "share": Design(
        "share",
        "flow",
        (
            *_on("a", tuple(str(year) for year in range(2013, 2019))),
            ("b", "2018"), ("a", "2019"), ("b", "2019"), ("b", "2020-H1"), ("b", "2020-H2"),
        ),
        level_mean=-0.5,
        relations=(("b", "same-measure"),),
    ),
    "positive flow": Design("positive", "flow", _on("a", YEARS_THEN_QUARTERS), level_mean=3.0),
    "positive stock": Design(
        "positive",
        "stock",
        (*_on("a", POINTS), ("b", "2020")),
        level_mean=3.0,
        relations=(("b", "other-measure"),),
    ),
    # quarters of about 100: below 30 or so the Poisson moments are an approximation that shows,
    # see `poisson_design`
    "count, poisson": Design(
        "count", "flow", _on("a", YEARS_THEN_QUARTERS), level_mean=math.log(400.0),
        level_sd=0.3, counting_error="poisson",
    ),
    "count, none": Design("count", "stock", _on("a", POINTS), level_mean=math.log(300.0)),
    "cumulative": Design("cumulative", "stock", _on("a", POINTS), level_mean=3.0),
    "real": Design("real", "stock", _on("a", POINTS), level_mean=1.0, typical_change=3.0),
}  # fmt: skip


def poisson_design(rate: float) -> Design:
    """Return ten annual Poisson counts of about `rate` each."""
    years = tuple(str(year) for year in range(2011, 2021))
    return Design(
        "count", "flow", _on("a", years), math.log(rate), level_sd=0.3, counting_error="poisson"
    )


@dataclass(frozen=True)
class Truth:
    """What was drawn, and what it made."""

    unit: np.ndarray
    drift: float
    final_level: float
    next_figure: float
    history: History


class _Path:
    """One path of the latent level on the exact process, with averages of every cell."""

    def __init__(self, theta, level, drift, start: float, n_years: int, rng) -> None:
        self._start = start
        n_cells = n_years * CELLS
        step = make_step(theta[:, None], 1 / CELLS)
        covariance = np.array([
            [step.q_bb[0], step.q_lb[0], step.q_ib[0]],
            [step.q_lb[0], step.q_ll[0], step.q_il[0]],
            [step.q_ib[0], step.q_il[0], step.q_ii[0]],
        ])  # fmt: skip
        noise = np.linalg.cholesky(covariance) @ rng.standard_normal((3, n_cells))
        slope = theta[1] * rng.standard_normal()
        self.edges = np.empty(n_cells + 1)
        self.cells = np.empty(n_cells)
        self.edges[0] = level
        for k in range(n_cells):
            self.cells[k] = self.edges[k] + drift / CELLS / 2
            self.cells[k] += CELLS * (step.integral_gain[0] * slope + noise[2, k])
            self.edges[k + 1] = self.edges[k] + step.slope_gain[0] * slope
            self.edges[k + 1] += drift / CELLS + noise[1, k]
            slope = step.phi[0] * slope + noise[0, k]

    def at(self, time: float) -> float:
        return float(self.edges[round((time - self._start) * CELLS)])

    def over(self, start: float, end: float) -> np.ndarray:
        return self.cells[round((start - self._start) * CELLS) : round((end - self._start) * CELLS)]


def simulate(design: Design, prior: TrendPrior, rng: np.random.Generator) -> Truth:
    """Return a truth from the prior and a history from the model."""
    scale = design.typical_change or 1.0
    unit = rng.standard_normal(4)
    theta = theta_at(unit[None], prior, scale=scale)[:, 0]
    drift = scale * rng.normal(prior.drift.mean, prior.drift.sd)
    calendar = [(basis, parse_period(text)) for basis, text in design.calendar]
    begin = _first_moment(design, calendar)
    end = max(period.end_year for _, period in calendar)
    level = rng.normal(design.level_mean, design.level_sd * scale)
    path = _Path(theta, level, drift, begin, math.ceil(end - begin) + 2, rng)
    relations = dict(design.relations)
    offsets = {name: scale * rng.normal(0, prior.offset_sd[r]) for name, r in relations.items()}
    offsets["a"] = 0.0
    entry = SeriesEntry(
        "made", "Made", "造", "unit", design.kind, design.timing, reference_basis="a",
        relations=relations, counting_error=design.counting_error,
        typical_change=design.typical_change,
    )  # fmt: skip
    before: dict[str, tuple[float, float]] = {}
    rows = []
    for i, (basis, period) in enumerate(calendar):
        quality = _QUALITIES[i % len(_QUALITIES)]
        sd = _error_sd(design, prior, theta, quality, scale)
        value = _figure(design, path, period, basis, offsets, sd, before, rng)
        rows.append(
            Row(
                "made", period, value, repr(value), "unit", basis, quality, _SOURCE, "", f"line {i}"
            )
        )
        if design.counting_error == "none" and design.kind == "count":
            rows[-1] = replace(rows[-1], printed=f"{value:.0f}")
    bases = tuple(dict.fromkeys(basis for basis, _ in calendar))
    target = max(bases, key=lambda name: max(r.period.end for r in rows if r.basis == name))
    history = History(entry, date(2024, 1, 1), tuple(rows), bases, target, published=tuple(rows))
    newest = [row for row in rows if row.basis == target][-1]
    # the error of a next figure is that of the newest one
    sd = _error_sd(design, prior, theta, newest.quality, scale)
    next_figure = _next_figure(design, path, newest, offsets, sd, before, rng)
    return Truth(unit, drift, path.at(end), next_figure, history)


def _first_moment(design: Design, calendar: list[tuple[str, Period]]) -> float:
    """Return where the first window starts, or where a total is first known."""
    first = calendar[0][1]
    return first.start_year if design.timing == "flow" else first.end_year


def _error_sd(design, prior, theta, quality: str, scale: float) -> float:
    """Return the sd of one figure's error on the link scale."""
    factor = {"share": 2.0, "real": scale}.get(design.kind, 1.0)
    return math.hypot(theta[3], max(factor * prior.quality_sd[quality], prior.floor_noise * scale))


def _figure(design, path, period, basis, offsets, sd, before, rng) -> float:
    """Return one figure as it would be published."""
    error = offsets[basis] + sd * rng.standard_normal()
    if design.kind == "cumulative":
        time, total = before.get(basis, (None, 100.0))
        if time is not None:
            total += math.exp(error) * np.exp(path.over(time, period.end_year)).sum() / CELLS
        before[basis] = (period.end_year, total)
        return float(total)
    if design.timing == "stock":
        link = path.at(period.end_year) + error
    elif design.kind == "share":
        link = path.over(period.start_year, period.end_year).mean() + error
    else:
        cells = path.over(period.start_year, period.end_year)
        link = math.log(np.exp(cells).sum() / CELLS) + error
    if design.kind == "real":
        return float(link)
    if design.kind == "share":
        return float(1 / (1 + math.exp(-link)))
    if design.kind == "count":
        poisson = design.counting_error == "poisson"
        return float(rng.poisson(math.exp(link)) if poisson else np.rint(math.exp(link)))
    return math.exp(link)


def _next_figure(design, path, newest: Row, offsets, sd, before, rng) -> float:
    """Return the annual figure after the newest one, made of as many publications as it takes."""
    if design.timing == "stock" and design.kind != "cumulative":
        year = parse_period(str(newest.period.end.year + 1))
        return _figure(design, path, year, newest.basis, offsets, sd, before, rng)
    figures, lengths = [], []
    period = newest.period
    for _ in range({"year": 1, "half": 2, "quarter": 4}[period.frequency]):
        period = period.next()
        figures.append(_figure(design, path, period, newest.basis, offsets, sd, before, rng))
        lengths.append(period.length)
    if design.kind == "cumulative":
        return figures[-1]
    return sum(figures) if design.kind != "share" else float(np.average(figures, weights=lengths))


@dataclass(frozen=True)
class Outcome:
    """Ranks of the truth, 0 to N_DRAWS, in the order of QUANTITIES, and the fit's own numbers."""

    ranks: np.ndarray
    fit: WeightedPoints


def run_once(design: Design, prior: TrendPrior, rng: np.random.Generator) -> Outcome:
    """Simulate, fit and rank once."""
    truth = simulate(design, prior, rng)
    observations = link_observations(truth.history, prior)
    static = static_prior(observations, prior, is_share=design.kind == "share")
    mean, sd = static.mean.copy(), static.sd.copy()
    mean[0], sd[0] = design.level_mean, design.level_sd * observations.scale
    static = replace(static, mean=mean, sd=sd)
    timeline = lay_out(observations)

    def likelihood(unit):
        theta = theta_at(unit, prior, scale=observations.scale)
        return log_likelihood(theta, observations, timeline, static)

    found = explore(likelihood, 4, rng=rng)
    if found.failures():
        found = explore(likelihood, 4, rng=rng, n_first=4096)
    # independent draws: systematic ones, which the package takes, are more even than that
    chosen = np.sort(rng.choice(len(found.weights), size=N_DRAWS, p=found.weights))
    unit = found.unit[chosen]
    year = max(row.period.end.year for row in truth.history.data) + 1
    plan = plan_forecast(truth.history, observations, until=f"{year}", latent=False)
    report = FitReport("amis", found.k_hat, found.ess, 0.0, 0.0, len(chosen), 1)
    posterior = draw_posterior(
        theta_at(unit, prior, scale=observations.scale),
        np.arange(N_DRAWS),
        observations,
        lay_out(observations, kept=(*plan.kept, (_last(truth), _last(truth))), end=plan.end),
        static,
        report=report,
        rng=rng,
    )
    model = trend_model(observations, static, prior)
    trajectories = draw_trajectories(posterior, plan, model, truth.history.entry, rng=rng)
    pairs = [
        *((truth.unit[i], unit[:, i]) for i in range(4)),
        (truth.drift, posterior.effects[1]),
        (truth.final_level, posterior.kept[-1]),
        (truth.next_figure, trajectories[:, -1]),
        (likelihood(truth.unit[None])[0], likelihood(unit)),
    ]
    return Outcome(np.array([_rank(value, draws, rng) for value, draws in pairs]), found)


def _last(truth: Truth) -> float:
    """Return the time of the newest figure's end."""
    return max(row.period.end_year for row in truth.history.data)


def _rank(truth: float, draws: np.ndarray, rng: np.random.Generator) -> int:
    """Return how many draws lie below the truth; ties, as between counts, are broken by lot."""
    ties = int((draws == truth).sum())
    return int((draws < truth).sum() + (rng.integers(0, ties + 1) if ties else 0))


def run_many(design: Design, n: int, *, seed: int) -> list[Outcome]:
    """Return `n` independent replications."""
    prior = load_beliefs(SHIPPED_PRIORS.parent).trend[design.kind]
    streams = np.random.SeedSequence(seed).spawn(n)
    return [run_once(design, prior, np.random.default_rng(stream)) for stream in streams]


def envelope_probability(ranks: np.ndarray, *, n_simulated: int = 4000) -> float:
    """Return the share of uniform samples whose rank ECDF strays as far as this one, or farther.

    The ECDF lies inside its simultaneous 95% envelope when this is above 0.05. How far a sample
    strays is its least pointwise binomial tail probability over all ranks (Sailynoja, Burkner and
    Vehtari 2022, Statistics and Computing 32, section 2.2, the envelope found by simulation). The
    standard error of a probability of 0.05 from 4,000 simulated samples is 0.003.
    """
    from scipy.stats import binom

    n, cells = len(ranks), N_DRAWS + 1
    z = np.arange(1, cells) / cells
    below = binom.cdf(np.arange(n + 1)[:, None], n, z)
    above = binom.sf(np.arange(n + 1)[:, None] - 1, n, z)
    tail = 2 * np.minimum(below, above)
    rng = np.random.default_rng(1)
    counts = rng.multinomial(n, np.full(cells, 1 / cells), size=n_simulated)
    columns = np.arange(cells - 1)
    simulated = tail[counts.cumsum(axis=1)[:, :-1], columns].min(axis=1)
    own = np.bincount(ranks, minlength=cells).cumsum()[:-1]
    return float((simulated <= tail[own, columns].min()).mean())
