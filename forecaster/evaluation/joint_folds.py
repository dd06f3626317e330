"""Refit what is forecast together at rolling origins, beside every series alone.

Both forecasts of a figure rest on the same facts, beliefs and day:

    joint    the parts of a whole, or the members of a group, in one fit
    alone    the pool of its kind, as if nothing else were known

Everything is scored on the link scale (logit of a share, logarithm of an amount), on which a
percentage point of a small part counts as much as ten of a large one. Figures and draws below half
the least amount ever published of a series, or that near to one, are taken for that: a published
zero is no more than that. Draws alone cannot tell the density at zero, so there is none.
"""

from __future__ import annotations

from dataclasses import replace
from math import nan
from typing import TYPE_CHECKING

import numpy as np

from forecaster.errors import InputError
from forecaster.evaluation.figure_scores import score_figure
from forecaster.evaluation.joint_origins import joint_origins, published_at_once, thin_out
from forecaster.evaluation.leave_future_out import N_DRAWS, SEED, Fold, typical_change
from forecaster.evaluation.resolved_statements import to_link
from forecaster.forecasts import composition_job, pooled_job
from forecaster.forecasts.settings import Settings, random_stream
from forecaster.forecasts.single_job import prepare_single
from forecaster.forecasts.single_run import run_single
from forecaster.records import frozen
from forecaster.workspace.composition_beliefs import load_chosen_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from forecaster.evaluation.joint_origins import JointOrigin, JointSet
    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.facts import Facts, Row, SeriesEntry
    from forecaster.workspace.periods import Period

    FloatArray = NDArray[np.float64]
    Announce = Callable[[str], None]

ALONE = "alone"
ALONE_FAMILY = "pool"
"""What a series is forecast by that states nothing else."""


@frozen
class Figures:
    """Draws of one series by one family.

    Attributes
    ----------
    drawn : (n_draws, n_periods), unit of the series
    """

    periods: tuple[Period, ...]
    drawn: FloatArray
    is_reliable: bool


def score_set(
    facts: Facts,
    together: JointSet,
    beliefs: Beliefs,
    *,
    sort: str,
    is_thin: bool = False,
    announce: Announce,
) -> Iterator[Fold]:
    """Yield the folds of one set, two for each origin, member and target; scores on the link scale.

    The result depends on the arguments alone, so sets may be shared out among processes.

    Parameters
    ----------
    sort : 'vintage' | 'pseudo'
    is_thin : whether every second member is cut to its last two figures, and those alone are scored
    announce : takes one sentence for each fit that was not certified at first, and for each origin
        at which a family refused

    Returns
    -------
    Fold
        Of the family `together.family` or ALONE; its group is the set's name.
    """
    known_facts = facts if sort == "vintage" else published_at_once(facts, together)
    chosen = load_chosen_parts(beliefs.workspace)
    for found in joint_origins(known_facts, facts, together, chosen=chosen):
        say = _prefixed(f"{together.name} {found.day}: ", announce)
        known, origin = thin_out(known_facts, found) if is_thin else (known_facts, found)
        if origin.targets:
            yield from score_origin(known, facts, together, origin, beliefs, say)


def score_origin(
    known_facts: Facts,
    facts: Facts,
    together: JointSet,
    origin: JointOrigin,
    beliefs: Beliefs,
    announce: Announce,
) -> Iterator[Fold]:
    """Yield the folds of one origin; none where the family refuses what was known.

    Parameters
    ----------
    known_facts : what the forecasts rest on
    facts : as read, whose least figures say what is told from zero
    """
    settings = _settings(origin)
    try:
        joint = draw_together(known_facts, together, origin, beliefs, settings, announce)
    except InputError as error:
        announce(error.faults[0].problem)
        return
    for name in origin.targets:
        alone = draw_alone(known_facts, name, origin, beliefs, settings, announce)
        if name in joint and alone is not None:
            entry = facts.entries[name]
            pair = {together.family: joint[name], ALONE: alone}
            yield from _score(pair, together, origin, entry, _ends(facts.rows[name], entry))


def _settings(origin: JointOrigin) -> Settings:
    """Return what is asked at an origin; statements about the future come from late write-ups."""
    return Settings(
        as_of=origin.day,
        until=str(origin.until),
        basis=origin.basis,
        n_draws=N_DRAWS,
        seed=SEED,
        allow_unreliable=True,
        use_cache=False,
        without_judgements=True,
    )


def _prefixed(words: str, announce: Announce) -> Announce:
    """Return an announcer that says first what it speaks of."""
    return lambda sentence: announce(f"{words}{sentence}")


def draw_together(
    facts: Facts,
    together: JointSet,
    origin: JointOrigin,
    beliefs: Beliefs,
    settings: Settings,
    announce: Announce,
) -> dict[str, Figures]:
    """Return the draws of every member by the family of the set.

    Raises
    ------
    InputError
        If the family refuses what was known.
    """
    if together.family == "composition":
        whole = composition_job.prepare_composition(facts, together.name, beliefs, settings)
        drawn = composition_job.draw_job(whole, beliefs, settings, announce)
    else:
        group = pooled_job.prepare_pooled(facts, min(origin.targets), beliefs, settings)
        drawn = pooled_job.draw_job(group, beliefs, settings, announce)
    return {
        name: Figures(drawn.periods[name], draws, drawn.report.is_reliable)
        for name, draws in drawn.trajectories.items()
    }


def draw_alone(
    facts: Facts,
    series: str,
    origin: JointOrigin,
    beliefs: Beliefs,
    settings: Settings,
    announce: Announce,
) -> Figures | None:
    """Return the draws of one member as if it had no like; None where it cannot be forecast."""
    own = replace(settings, basis=origin.histories[series].target_basis)
    try:
        job = prepare_single(facts, series, beliefs, own, family=ALONE_FAMILY)
    except InputError as error:
        announce(f"{series} alone: {error.faults[0].problem}")
        return None
    found = run_single(job.models, job.weights, job.plan, job.history.entry, own, announce=announce)
    return Figures(job.plan.periods, found.trajectories, found.report.is_reliable)


def _score(
    pair: Mapping[str, Figures],
    together: JointSet,
    origin: JointOrigin,
    entry: SeriesEntry,
    ends: tuple[float, float],
) -> Iterator[Fold]:
    """Yield the folds of one member at one origin; figures that one of the two lacks are left out.

    Parameters
    ----------
    ends : least and largest figure that is told from zero and one, unit of the series
    """
    known = origin.known[entry.id]
    last = known[-1].period
    spread = typical_change(_on_link(np.array([row.value for row in known]), entry, ends))
    for period, row in origin.targets[entry.id].items():
        if any(period not in found.periods for found in pair.values()):
            continue  # a figure of a longer period already tells something of it
        for family, found in pair.items():
            words = f"{entry.id}/{origin.day}/{period}/{family}"
            draws = _on_link(found.drawn[:, found.periods.index(period)], entry, ends)
            outcome = float(_on_link(np.array([row.value]), entry, ends)[0])
            yield Fold(
                series=entry.id,
                group=together.name,
                kind=entry.kind,
                family=family,
                origin=origin.day,
                n_known=len(known),
                steps=round((period.end_year - last.end_year) / last.length),
                years=float(period.start.year - last.start.year),
                spread=spread,
                score=score_figure(
                    draws, outcome, log_density=nan, rng=random_stream(SEED, words, "ties")
                ),
                is_reliable=found.is_reliable,
            )


def _ends(rows: tuple[Row, ...], entry: SeriesEntry) -> tuple[float, float]:
    """Return the least and the largest figure that is told from zero and from one."""
    values = [row.value for row in rows]
    least = min((v for v in values if v > 0), default=1.0) / 2
    if entry.kind != "share":
        return least, float("inf")
    return least, 1 - min((1 - v for v in values if v < 1), default=1.0) / 2


def _on_link(figures: FloatArray, entry: SeriesEntry, ends: tuple[float, float]) -> FloatArray:
    """Return figures on the link scale, those that are told from neither end taken for the end."""
    if entry.kind == "real":
        return figures
    return to_link(np.clip(figures, *ends), entry)
