"""Simulate one series from a family's own model, fit it, and rank the truth.

As in `sbc`, the level's prior is centred on a number fixed beforehand, and paths run on the exact
process at 24 cells a year. The designs here are those whose link is exact (shares, and stocks of
amounts), so every rank must be even: no approximation has a part in them.

    trend, walk, substitution    the path of `sbc`, the slope nearly still for a walk; of a share
                                 under a cap, histories that fill their market are left out
    jumps                        one jump in the history at most, at an edge of a period, the
                                 times weighed by the rate; after it a Poisson number a quarter
    events and seasons           added to what is seen of the path, from shapes written here anew
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from calibration import sbc
from forecaster.forecasts.plan import plan_forecast
from forecaster.forecasts.trajectories import draw_trajectories
from forecaster.inference.certify import HyperPosterior
from forecaster.inference.draw_single import draw_single
from forecaster.inference.importance import explore
from forecaster.inference.report import FitReport
from forecaster.inference.single import single_problem
from forecaster.models.choose import single_model
from forecaster.models.observations import link_observations
from forecaster.models.regressors import Regressor, Shape, seasons
from forecaster.models.static_effects import DRIFT, LEVEL, static_prior
from forecaster.models.substitution import ADDED_LOG_SD, MOST_ADDED
from forecaster.workspace.beliefs import SHIPPED_PRIORS, Beliefs, load_beliefs
from forecaster.workspace.facts import History, Row, SeriesEntry, Source
from forecaster.workspace.periods import Period, parse_period

YEARS = 5
_QUARTER = sbc.CELLS // 4
_SOURCE = Source("made", "made", "made", date(2024, 1, 1), "stated", "")
_QUARTERS = (*(str(year) for year in range(2014, 2018)), "2018-H1", "2018-H2", *(
    f"{year}-Q{quarter}" for year in (2019, 2020) for quarter in range(1, 5)
))  # fmt: skip
EVENTS = (
    Regressor("a ban", Shape("step", 2017.5), -0.2, 0.3),
    Regressor("a plan", Shape("ramp", 2019.25, 2022.0), 0.4, 0.3),
    Regressor("a subsidy", Shape("window", 2016.0, 2021.5), 0.3, 0.2),
)


@dataclass(frozen=True)
class SingleDesign:
    """A family with the series that it is tried on."""

    family: str
    made: sbc.Design
    regressors: tuple[Regressor, ...] = ()


_SHARE = replace(sbc.DESIGNS["share"], level_sd=1.2)
_QUARTERLY = sbc.Design("share", "flow", sbc._on("a", _QUARTERS), level_mean=-0.5, level_sd=1.2)
_STOCK = replace(
    sbc.DESIGNS["positive stock"],
    calendar=(*sbc._on("a", tuple("2019-Q3" if p == "2019-11" else p for p in sbc.POINTS)),
              ("b", "2020")),
)  # fmt: skip
DESIGNS = {
    "walk of a stock": SingleDesign("walk", _STOCK),
    "walk with events and seasons": SingleDesign("walk", _QUARTERLY, (*EVENTS, *seasons(0.1))),
    "trend with events and seasons": SingleDesign("trend", _QUARTERLY, (*EVENTS, *seasons(0.1))),
    "jumps of a stock": SingleDesign("jumps", _STOCK, EVENTS[:1]),
    "jumps of quarterly shares": SingleDesign("jumps", _QUARTERLY, seasons(0.1)),
    "substitution, two bases": SingleDesign("substitution", _SHARE),
    "substitution with events": SingleDesign("substitution", _QUARTERLY, EVENTS[:2]),
}


@dataclass(frozen=True)
class Truth:
    """What was drawn, and what it made.

    Attributes
    ----------
    latent, seen : paths without and with what events and seasons add
    theta : in the order of the family's rows
    """

    unit: np.ndarray
    theta: np.ndarray
    effects: np.ndarray
    latent: sbc._Path
    seen: sbc._Path
    next_figure: float
    history: History

    @property
    def cap(self) -> float:
        return float(self.theta[4]) if len(self.theta) == 5 else 1.0


def _theta(family: str, unit: np.ndarray, beliefs: Beliefs, kind: str) -> np.ndarray:
    """Return hyperparameters from the documented priors."""
    s_l, s_b, tau, s_o = beliefs.trend[kind].theta

    def at(prior, u):
        return prior.median * math.exp(prior.log_sd * u)

    if family == "walk":
        return np.array([at(s_l, unit[0]), 1e-6, 1.0, at(s_o, unit[1])])
    four = [at(p, u) for p, u in zip((s_l, s_b, tau, s_o), unit[:4], strict=True)]
    if family == "jumps":
        jumps = beliefs.jumps[kind]
        return np.array([*four, at(jumps.rate, unit[4]), at(jumps.size, unit[5])])
    if family == "substitution":
        return np.array([*four, 1 / (1 + math.exp(-beliefs.cap.mean - beliefs.cap.sd * unit[4]))])
    return np.array(four)


def _add_jumps(path: sbc._Path, begin: float, edges: np.ndarray, theta, rng) -> None:
    """Add one jump at most to the history, and a Poisson number to every quarter that follows."""
    rate, sd = theta[4:]
    gaps = rate * np.diff(edges)
    k = rng.choice(len(edges), p=np.append(gaps, 1.0) / (1 + gaps.sum()))
    if k < len(gaps):
        _jump(path, round((edges[k] - begin) * sbc.CELLS), sd * rng.standard_normal())
    for first in range(round((edges[-1] - begin) * sbc.CELLS), len(path.cells), _QUARTER):
        size = sd * math.sqrt(rng.poisson(rate / 4)) * rng.standard_normal()
        _jump(path, first, size)


def _jump(path: sbc._Path, first: int, size: float) -> None:
    path.cells[first:] += size
    path.edges[first + 1 :] += size


def _shape_at(shape: Shape, t: np.ndarray) -> np.ndarray:
    """Return the size of a shape in the middle of cells, or just before an edge."""
    if shape.kind == "step":
        return (t > shape.start) * 1.0
    if shape.kind == "ramp":
        return np.interp(t, [shape.start, shape.end], [0.0, 1.0])
    if shape.kind == "window":
        return ((t > shape.start) & (t < shape.end)) * 1.0
    quarter = np.floor((t % 1) * 4).astype(int)
    a = math.sqrt(0.5)
    return np.array([[a, 0, -a, 0], [0, a, 0, -a], [0.5, -0.5, 0.5, -0.5]])[shape.number, quarter]


def _seen(latent: sbc._Path, begin: float, regressors, effects) -> sbc._Path:
    """Return a path with what events and seasons add."""
    seen = object.__new__(sbc._Path)
    seen._start, seen.edges, seen.cells = begin, latent.edges.copy(), latent.cells.copy()
    edges = begin + np.arange(len(latent.edges)) / sbc.CELLS
    for regressor, size in zip(regressors, effects, strict=True):
        seen.cells += size * _shape_at(regressor.shape, (edges[1:] + edges[:-1]) / 2)
        seen.edges += size * _shape_at(regressor.shape, edges - 1e-9)
    return seen


def simulate(design: SingleDesign, beliefs: Beliefs, rng: np.random.Generator) -> Truth:
    """Return a truth from the prior and a history from the model."""
    made, prior = design.made, beliefs.trend[design.made.kind]
    n_free = {"trend": 4, "walk": 2, "jumps": 6, "substitution": 5}[design.family]
    unit = rng.standard_normal(n_free)
    theta = _theta(design.family, unit, beliefs, made.kind)
    drift_sd = prior.drift.sd * (2 if design.family == "walk" else 1)
    drift = rng.normal(prior.drift.mean, drift_sd)
    calendar = [(basis, parse_period(text)) for basis, text in made.calendar]
    begin = sbc._first_moment(made, calendar)
    end = max(period.end_year for _, period in calendar)
    level = rng.normal(made.level_mean, made.level_sd)
    n_years = math.ceil(end - begin) + YEARS + 1
    latent = sbc._Path(theta[:4], level, drift, begin, n_years, rng)
    if design.family == "jumps":
        _add_jumps(latent, begin, _jump_edges(made, calendar), theta, rng)
    effects = np.array([rng.normal(r.mean, r.sd) for r in design.regressors])
    seen = _seen(latent, begin, design.regressors, effects)
    cap = theta[4] if design.family == "substitution" else 1.0
    relations = dict(made.relations)
    offsets = {name: rng.normal(0, prior.offset_sd[r]) for name, r in relations.items()}
    offsets["a"] = 0.0

    def figure(period, basis, quality):
        sd = sbc._error_sd(made, prior, theta, quality, 1.0)
        if design.family != "substitution":
            return float(sbc._figure(made, seen, period, basis, offsets, sd, {}, rng))
        # measured is the share itself, whatever its cap
        share = cap * sbc._figure(made, seen, period, basis, offsets, theta[3], {}, rng)
        measured = math.sqrt(max(sd**2 - theta[3] ** 2, 0.0)) * rng.standard_normal()
        return float(share / (share + (1 - share) * math.exp(-measured)))

    history = _history(made, calendar, relations, figure)
    newest = [row for row in history.data if row.basis == history.target_basis][-1]
    parts = _parts_of_the_next_year(made, newest)
    figures = [figure(period, newest.basis, newest.quality) for period in parts]
    next_figure = float(np.average(figures, weights=[period.length for period in parts]))
    return Truth(unit, theta, np.append(drift, effects), latent, seen, next_figure, history)


def _history(made: sbc.Design, calendar, relations, figure) -> History:
    """Return the history that publishes `figure(period, basis, quality)` for every period."""
    rows = []
    for i, (basis, period) in enumerate(calendar):
        quality = sbc._QUALITIES[i % len(sbc._QUALITIES)]
        value = figure(period, basis, quality)
        printed, where = repr(value), f"line {i}"
        rows.append(Row("made", period, value, printed, "unit", basis, quality, _SOURCE, "", where))
    entry = SeriesEntry(
        "made", "Made", "造", "unit", made.kind, made.timing, reference_basis="a",
        relations=relations,
    )  # fmt: skip
    bases = tuple(dict.fromkeys(basis for basis, _ in calendar))
    target = max(bases, key=lambda name: max(r.period.end for r in rows if r.basis == name))
    return History(entry, date(2024, 1, 1), tuple(rows), bases, target, published=tuple(rows))


def _parts_of_the_next_year(made: sbc.Design, newest: Row) -> list[Period]:
    """Return the periods whose figures are published in the year after the newest one."""
    if made.timing == "stock":
        return [parse_period(str(newest.period.end.year + 1))]
    parts = [newest.period.next()]
    for _ in range({"year": 1, "half": 2, "quarter": 4}[newest.period.frequency] - 1):
        parts.append(parts[-1].next())
    return parts


def _is_let_through(truth: Truth, design: SingleDesign, beliefs: Beliefs, rng) -> bool:
    """Say whether a market counts as not full, by lot: the belief of `models.substitution`.

    A pair of truth and history is kept with this probability, so pairs that are kept follow the
    model whose likelihood has this weight in it.
    """
    if design.family != "substitution":
        return True
    prior, log_weight = beliefs.trend[design.made.kind], 0.0
    for row in truth.history.data:
        if row.value >= truth.cap:
            return False
        error = 2 * prior.quality_sd[row.quality]
        stretch = truth.cap * (1 - row.value) / (truth.cap - row.value)
        added = max(error, prior.floor_noise) * (stretch - 1)
        if added > MOST_ADDED:
            log_weight -= 0.5 * (math.log(added / MOST_ADDED) / ADDED_LOG_SD) ** 2
    return math.log(rng.random()) < log_weight


def _jump_edges(made: sbc.Design, calendar) -> np.ndarray:
    """Return the edges of periods from the first end to the last."""
    ends = {round(period.end_year, 9) for _, period in calendar}
    starts = {round(period.start_year, 9) for _, period in calendar if made.timing == "flow"}
    return np.array(sorted(t for t in ends | starts if t >= min(ends)))


def quantities(design: SingleDesign, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of what is ranked."""
    return (
        *names, "drift", *(r.name for r in design.regressors), "level in the middle",
        "final level", "figure one year ahead", "five-year change", "time of crossing",
        "log likelihood",
    )  # fmt: skip


def run_once(design: SingleDesign, beliefs: Beliefs, rng: np.random.Generator):
    """Simulate, fit and rank once: (names, Outcome)."""
    truth = simulate(design, beliefs, rng)
    while not _is_let_through(truth, design, beliefs, rng):
        truth = simulate(design, beliefs, rng)
    model = _model(design, beliefs, truth)
    problem = single_problem(model)
    found = explore(problem.log_likelihood_at, problem.n_free, rng=rng)
    if found.failures():
        found = explore(problem.log_likelihood_at, problem.n_free, rng=rng, n_first=4096)
    # independent draws: systematic ones, which the package takes, are more even than that
    unit = found.unit[rng.choice(len(found.weights), size=sbc.N_DRAWS, p=found.weights)]
    theta = problem.theta_at(unit)
    report = FitReport("amis", found.k_hat, found.ess, 0.0, 0.0, sbc.N_DRAWS, 1)
    even = HyperPosterior(theta, np.full(sbc.N_DRAWS, 1 / sbc.N_DRAWS), report)
    pairs = [
        *zip(truth.unit, unit.T, strict=True),
        *_ahead_pairs(design, truth, model, even, rng),
        (problem.log_likelihood_at(truth.unit[None])[0], problem.log_likelihood_at(unit)),
    ]
    ranks = np.array([sbc._rank(value, draws, rng) for value, draws in pairs])
    return quantities(design, problem.names), sbc.Outcome(ranks, found)


def _model(design: SingleDesign, beliefs: Beliefs, truth: Truth):
    """Return the model of a simulated history, its level believed as it was simulated."""
    made, prior = design.made, beliefs.trend[design.made.kind]
    observations = link_observations(truth.history, prior)
    static = static_prior(
        observations, prior, is_share=made.kind == "share", regressors=design.regressors
    )
    mean, sd = static.mean.copy(), static.sd.copy()
    mean[LEVEL], sd[LEVEL] = made.level_mean, made.level_sd
    return single_model(
        design.family, observations, replace(static, mean=mean, sd=sd),
        trend=prior, jumps=beliefs.jumps[made.kind], cap=beliefs.cap,
    )  # fmt: skip


def _ahead_pairs(design: SingleDesign, truth: Truth, model, even: HyperPosterior, rng):
    """Draw everything that hyperparameters leave open; return (truth, draws) of what is ranked."""
    made, observations = design.made, model.observations
    year = max(row.period.end.year for row in truth.history.data)
    last = max(row.period.end_year for row in truth.history.data)
    figures = plan_forecast(truth.history, observations, until=f"{year + 1}", latent=False)
    levels = plan_forecast(truth.history, observations, until=f"{year + YEARS}-Q4", latent=True)
    assert figures.end == levels.end == last
    assert levels.step_length == 0.25
    assert not levels.kept
    middle = round((observations.start.min() + last) / 2 * 4) / 4
    posterior = draw_single(
        model, even, kept=(*figures.kept, (middle, middle), (last, last)), end=last,
        n_draws=sbc.N_DRAWS, rng=rng,
    )  # fmt: skip
    assert np.array_equal(posterior.theta, even.theta)
    # each plan finds the windows that it asked for, and no others
    next_figures, paths = (
        draw_trajectories(
            replace(posterior, kept=posterior.kept[: len(plan.kept)]), plan, model,
            truth.history.entry, rng=rng,
        )
        for plan in (figures, levels)
    )  # fmt: skip
    newest = [row for row in truth.history.data if row.basis == truth.history.target_basis][-1]
    ahead = _quarters(truth, made, last, levels)
    cap = even.theta[4] if design.family == "substitution" else 1.0
    return [
        (truth.effects[0], posterior.effects[DRIFT]),
        *zip(truth.effects[1:], posterior.effects[model.static.first_regressor :], strict=True),
        (truth.latent.at(middle), posterior.kept[-2]),
        (truth.latent.at(last), posterior.kept[-1]),
        (truth.next_figure, next_figures[:, -1]),
        (
            _link(ahead[-1] / truth.cap, made) - truth.latent.at(last),
            _link(paths[:, -1] / cap, made) - posterior.kept[-1],
        ),
        (_crossing(ahead[None], newest.value, made)[0], _crossing(paths, newest.value, made)),
    ]


def _quarters(truth: Truth, made: sbc.Design, last: float, plan) -> np.ndarray:
    """Return the true latent level of the quarters planned, scale of the data."""
    found = []
    for k in range(len(plan.periods)):
        start = last + k / 4
        cells = truth.seen.over(start, start + 0.25)
        link = truth.seen.at(start + 0.25) if made.timing == "stock" else cells.mean()
        found.append(math.exp(link) if made.kind == "positive" else 1 / (1 + math.exp(-link)))
    return truth.cap * np.array(found)


def _link(values, made: sbc.Design):
    return np.log(values) if made.kind == "positive" else np.log(values) - np.log1p(-values)


def _crossing(paths: np.ndarray, value: float, made: sbc.Design) -> np.ndarray:
    """Return the quarter in which each path is first .3 link units above a value; 99 if never."""
    threshold = value * math.exp(0.3)
    if made.kind == "share":
        threshold = 1 / (1 + (1 - value) / value * math.exp(-0.3))
    above = paths > threshold
    return np.where(above.any(axis=1), above.argmax(axis=1), 99)


def run_many(design: SingleDesign, n: int, *, seed: int):
    """Return the names and the (n, n_quantities) ranks of `n` independent replications."""
    beliefs = load_beliefs(SHIPPED_PRIORS.parent)
    streams = np.random.SeedSequence(seed).spawn(n)
    outcomes = [run_once(design, beliefs, np.random.default_rng(stream)) for stream in streams]
    failures = sum(bool(outcome.fit.failures()) for _, outcome in outcomes)
    return outcomes[0][0], np.array([outcome.ranks for _, outcome in outcomes]), failures
