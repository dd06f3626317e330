"""Make histories, priors and posteriors by hand, for tests of the rooms that use them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from forecaster.forecasts.plan import Plan, plan_forecast
from forecaster.inference.posterior import Posterior, draw_posterior
from forecaster.inference.report import FitReport
from forecaster.inference.timeline import lay_out
from forecaster.models.observations import Observations, link_observations
from forecaster.models.static_effects import static_prior
from forecaster.models.trend import trend_model
from forecaster.workspace.beliefs import SHIPPED_PRIORS, load_beliefs
from forecaster.workspace.facts import History, Row, SeriesEntry, Source
from forecaster.workspace.periods import parse_period

if TYPE_CHECKING:
    from forecaster.models.single import SingleModel

KNOWN = date(2027, 1, 1)
SOURCE = Source("s", "S", "S", KNOWN, "stated", "")
PRIORS = load_beliefs(SHIPPED_PRIORS.parent).trend
REPORT = FitReport("amis", 0.1, 1000.0, -1.0, 0.01, 1024, 2)


def make_row(period: str, text: str, *, basis: str = "", quality: str = "reported") -> Row:
    """Return one figure."""
    where = f"made.csv, {period}"
    return Row(
        "x", parse_period(period), float(text), text, "unit", basis, quality, SOURCE, "", where
    )


def make_history(
    kind: str,
    timing: str,
    values: dict[str, str],
    *,
    others: dict[str, dict[str, str]] | None = None,
    **fields: object,
) -> History:
    """Return a history: `values` on the basis '', `others` on bases that are named in `relations`.

    The target is the basis with the newest figure, as `known_by` has it.
    """
    entry = SeriesEntry("x", "X", "X", "unit", kind, timing, **fields)  # type: ignore[arg-type]
    rows = [make_row(period, text) for period, text in values.items()]
    for basis, figures in (others or {}).items():
        rows += [make_row(period, text, basis=basis) for period, text in figures.items()]
    rows.sort(key=lambda row: (row.period.end, row.period.start, row.basis))
    bases = ("", *(others or {}))
    target = max(bases, key=lambda name: max(r.period.end for r in rows if r.basis == name))
    return History(entry, KNOWN, tuple(rows), bases, target, published=tuple(rows))


def flat(*periods: str) -> dict[str, str]:
    """Return the same rate of 100 a year in every period, so that nothing is tilted."""
    return {text: f"{100 * parse_period(text).length:.6f}" for text in periods}


def linked(history: History) -> Observations:
    """Return the history on the link scale under the shipped priors."""
    return link_observations(history, PRIORS[history.entry.kind])


def model_of(history: History) -> SingleModel:
    """Return the trend of the history under the shipped priors."""
    observations, prior = linked(history), PRIORS[history.entry.kind]
    static = static_prior(observations, prior, is_share=history.entry.kind == "share")
    return trend_model(observations, static, prior)


def plan_of(history: History, until: str, *, latent: bool = False) -> Plan:
    """Return the plan of a forecast."""
    return plan_forecast(history, linked(history), until=until, latent=latent)


def posterior_at(
    history: History, plan: Plan, theta: tuple[float, ...], *, n_draws: int, seed: int = 1
) -> Posterior:
    """Return draws of states and effects at one theta."""
    observations = linked(history)
    static = static_prior(
        observations, PRIORS[history.entry.kind], is_share=history.entry.kind == "share"
    )
    return draw_posterior(
        np.array(theta)[:, None],
        np.zeros(n_draws, dtype=np.int64),
        observations,
        lay_out(observations, kept=plan.kept, end=plan.end),
        static,
        report=REPORT,
        rng=np.random.default_rng(seed),
    )
