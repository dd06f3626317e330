"""Refit families at rolling origins, and score what they said of figures one to five years ahead.

    origin    at a half-year's end where a new figure of the target basis was known; only at a
              year's end for months, of which there are many
    target    the next figure, and those 1 to 5 years after the last one known
    scored    figures of one basis and frequency, as published

What is known and what happened come from the sources that `reach_questions` names for its sorts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.errors import InputError
from forecaster.evaluation.figure_scores import FigureScore, score_figure
from forecaster.evaluation.later_figure import later_density
from forecaster.evaluation.reach_questions import (
    as_if_published_at_once,
    half_year_ends,
    known_figures,
    latest_history,
)
from forecaster.forecasts.plan import plan_forecast
from forecaster.forecasts.settings import random_stream
from forecaster.forecasts.trajectories import draw_trajectories
from forecaster.inference.certify import HyperPosterior
from forecaster.inference.draw_single import draw_single
from forecaster.inference.importance import WeightedPoints, explore
from forecaster.inference.report import FitReport
from forecaster.inference.single import single_problem
from forecaster.models.observations import link_observations
from forecaster.records import frozen
from forecaster.workspace.history import known_by
from forecaster.workspace.periods import PER_YEAR, period_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from forecaster.evaluation.candidates import Candidate
    from forecaster.models.single import SingleModel
    from forecaster.workspace.facts import Facts, History, Row, SeriesEntry
    from forecaster.workspace.periods import Period

    FloatArray = NDArray[np.float64]

YEARS_AHEAD = (1, 2, 3, 4, 5)
LEAST_KNOWN = 4
"""Figures that an origin must know: with fewer every family is little but its prior."""
LEAST_POINTS = 5
"""Figures that a series must have in all."""
N_DRAWS = 2000
SEED = 20260104
_WIDER_START = 4096


@frozen
class Fold:
    """One figure, forecast at one origin by one family, with what happened.

    Attributes
    ----------
    n_known : figures known, of the target's basis and frequency
    steps, years : ahead of the last figure known, in periods of the target's frequency, in years
    spread : typical change of the figures known, by which scores are made comparable
    score : FigureScore
    is_reliable : whether the fit was certified
    """

    series: str
    group: str
    kind: str
    family: str
    origin: date
    n_known: int
    steps: int
    years: float
    spread: float
    score: FigureScore
    is_reliable: bool


@frozen
class RollingOrigin:
    """A day on which something new was known of a series.

    Attributes
    ----------
    known : figures of the target basis and one frequency, by period
    targets : periods to be forecast -> the figure that came
    """

    day: date
    basis: str
    known: tuple[Row, ...]
    targets: Mapping[Period, Row]


def rolling_origins(facts: Facts, series: str, *, sort: str) -> Iterator[RollingOrigin]:
    """Yield the origins of a series; none if it is too short.

    Parameters
    ----------
    facts : as read
    sort : 'vintage' | 'pseudo'
    """
    latest = latest_history(facts, series, least_points=LEAST_POINTS)
    if latest is None:
        return
    known_facts = facts if sort == "vintage" else as_if_published_at_once(facts, latest)
    came = {row.period: row for row in latest.published if row.basis == latest.target_basis}
    previous: Period | None = None
    for day in half_year_ends(latest):
        known = known_figures(known_facts, latest, day)
        if len(known) < LEAST_KNOWN or known[-1].period == previous:
            continue
        if known[-1].period.frequency == "month" and day.month != 12:
            continue
        previous = known[-1].period
        targets = {p: came[p] for p in _target_periods(known) if p in came}
        if targets:
            yield RollingOrigin(day, latest.target_basis, known, targets)


def _target_periods(known: Sequence[Row]) -> list[Period]:
    """Return the next period in which a figure is expected, and those some years after the last."""
    last = known[-1].period
    if last.frequency == "day":
        return []
    ahead = [_years_after(last, years) for years in YEARS_AHEAD]
    spacing = known[-1].period.start_year - known[-2].period.start_year
    per_year = PER_YEAR[last.frequency]
    following = last
    for _ in range(max(1, round(spacing * per_year))):
        following = following.next()
    return list(dict.fromkeys([following, *ahead]))


def _years_after(period: Period, years: int) -> Period:
    """Return the period of the same name some years later."""
    return period_at(period.start.replace(year=period.start.year + years), period.frequency)


def score_series(
    facts: Facts, series: str, candidates: Mapping[str, Candidate], *, sort: str
) -> Iterator[Fold]:
    """Yield the folds of one series, one for each origin, family and target.

    The result depends on the arguments alone, so series may be shared out among processes.
    """
    entry = facts.entries[series]
    latest = latest_history(facts, series, least_points=LEAST_POINTS)
    if latest is None:
        return
    known_facts = facts if sort == "vintage" else as_if_published_at_once(facts, latest)
    for origin in rolling_origins(facts, series, sort=sort):
        history = known_by(known_facts, series, as_of=origin.day, basis=origin.basis)
        for name, candidate in candidates.items():
            yield from score_origin(history, origin, entry, candidate, name=name)


def score_origin(
    history: History, origin: RollingOrigin, entry: SeriesEntry, candidate: Candidate, *, name: str
) -> Iterator[Fold]:
    """Yield the folds of one family at one origin; none where its fit finds nothing to weigh."""
    try:
        observations = link_observations(history, candidate.trend)
        plan = plan_forecast(history, observations, until=str(max(origin.targets)), latent=False)
    except InputError:  # a cumulative series with one total so far, a real one without a scale
        return
    model = candidate.model_of(observations, is_share=entry.kind == "share")
    words = f"{entry.id}/{origin.day}/{name}"
    hyper = fit(model, rng=random_stream(SEED, words, "fit"))
    rng = random_stream(SEED, words, "draws")
    posterior = draw_single(model, hyper, kept=plan.kept, end=plan.end, n_draws=N_DRAWS, rng=rng)
    drawn = draw_trajectories(posterior, plan, model, entry, rng=rng)
    spread = typical_change(np.array([row.value for row in origin.known]))
    last = origin.known[-1].period
    for period, row in origin.targets.items():
        if period not in plan.periods:
            continue  # a figure of a longer period already tells something of it
        draws = drawn[:, plan.periods.index(period)]
        density = later_density(
            candidate, hyper, posterior, plan, model, entry, known=origin.known, later=row, rng=rng
        )
        yield Fold(
            series=entry.id,
            group=entry.group,
            kind=entry.kind,
            family=name,
            origin=origin.day,
            n_known=len(origin.known),
            steps=round((period.end_year - last.end_year) * PER_YEAR[last.frequency]),
            years=round(period.end_year - last.end_year, 6),
            spread=spread,
            score=score_figure(draws, row.value, log_density=density, rng=rng),
            is_reliable=hyper.report.is_reliable,
        )


def typical_change(figures: FloatArray) -> float:
    """Return the mean absolute change of some figures, at least a hundredth of their mean size.

    Not a number where all are zero.
    """
    found = max(float(np.abs(np.diff(figures)).mean()), float(np.abs(figures).mean()) / 100)
    return found or float("nan")


def fit(model: SingleModel, *, rng: np.random.Generator) -> HyperPosterior:
    """Return the posterior by adaptive importance sampling, from a wider start where that fails.

    A backtest takes what comes then, failures noted: brute force and NUTS would take hours.
    """
    problem = single_problem(model)
    found: WeightedPoints = explore(problem.log_likelihood_at, problem.n_free, rng=rng)
    if found.failures():
        found = explore(problem.log_likelihood_at, problem.n_free, rng=rng, n_first=_WIDER_START)
    report = FitReport(
        engine="amis",
        k_hat=found.k_hat,
        ess=found.ess,
        log_evidence=found.log_evidence + problem.log_jacobian,
        evidence_gap=found.evidence_gap,
        n_points=len(found.weights),
        rounds=found.rounds,
        failures=found.failures(),
    )
    return HyperPosterior(problem.theta_at(found.unit), found.weights, report, found)
