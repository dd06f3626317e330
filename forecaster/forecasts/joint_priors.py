"""Find the prior that a joint family really uses for one of its series."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.errors import FaultyInput, InputError
from forecaster.models.member_beliefs import member_belief, whole_drift
from forecaster.models.part_beliefs import part_drift, with_part_beliefs
from forecaster.models.publications import gather_publications
from forecaster.models.trend import S_B, S_L
from forecaster.workspace.belief_tables import LogNormal, Normal
from forecaster.workspace.composition_beliefs import load_chosen_parts, load_composition_prior
from forecaster.workspace.compositions import known_composition
from forecaster.workspace.joint_beliefs import stated_growth, unheeded
from forecaster.workspace.pooled_beliefs import POOLED_KINDS, load_pooled_prior

if TYPE_CHECKING:
    from datetime import date

    from forecaster.workspace.beliefs import Beliefs, TrendPrior
    from forecaster.workspace.facts import Facts, SeriesEntry
    from forecaster.workspace.series_beliefs import SeriesPrior


def prior_in_use(
    prior: SeriesPrior, entry: SeriesEntry, facts: Facts, beliefs: Beliefs, *, as_of: date
) -> SeriesPrior:
    """Return the prior of a series with what its family uses in the place of what is stated.

    For families of single series, and where nothing is known that a joint family could begin
    with, it is the prior itself. Else `trend` has the family's scales, own part and factor of a
    group together, and the drift of this series under all that is stated of its whole or group;
    `stated` has only what is used.

    Parameters
    ----------
    facts : of all parts of its whole
    """
    if prior.family == "composition":
        trend = _part_trend(prior, entry, facts, beliefs, as_of=as_of)
    elif prior.family == "pooled" and entry.kind in POOLED_KINDS:
        trend = _member_trend(prior, entry, beliefs)
    else:
        return prior
    if trend is None:
        return prior
    left_out = unheeded(prior, prior.family)
    stated = {key: belief for key, belief in prior.stated.items() if key not in left_out}
    return replace(prior, trend=trend, cap=None, seasonal_sd=None, stated=stated)


def _part_trend(
    prior: SeriesPrior, entry: SeriesEntry, facts: Facts, beliefs: Beliefs, *, as_of: date
) -> TrendPrior | None:
    """Return the prior of one part's logit; None where the whole has no figures of it."""
    chosen = load_chosen_parts(beliefs.workspace)
    try:
        known = known_composition(facts, entry.composition, as_of=as_of, chosen=chosen)
    except FaultyInput:
        raise
    except InputError:
        return None
    if entry.id not in known.parts:
        return None
    whole = load_composition_prior(beliefs.workspace, beliefs)
    growth = stated_growth(known.histories, beliefs)
    plain = gather_publications(known, whole)
    publications = with_part_beliefs(plain, known.parts, whole, events={}, growth=growth)
    mean, sd = part_drift(publications, whole, known.parts.index(entry.id))
    usual = whole.share.drift
    reason = growth[entry.id].reason if entry.id in growth else usual.reason
    if entry.id not in growth and growth:
        reason = f"follows from what is stated of {', '.join(growth)}, at the last shares"
    return replace(
        whole.share,
        drift=Normal(mean, sd, usual.unit, reason),
        thin_level=prior.trend.thin_level,
    )


def _member_trend(prior: SeriesPrior, entry: SeriesEntry, beliefs: Beliefs) -> TrendPrior:
    """Return the prior of one member, its own part and the factor together."""
    group = load_pooled_prior(beliefs.workspace, entry.kind, beliefs)
    own = member_belief(group, prior).trend
    theta = list(own.theta)
    for row, factor in zip((S_L, S_B), group.factor, strict=True):
        median = math.hypot(theta[row].median, factor.median)
        reason = f"own part and common factor together; {theta[row].reason}"
        theta[row] = LogNormal(median, theta[row].log_sd, theta[row].unit, reason)
    return replace(own, theta=tuple(theta), drift=whole_drift(group, member_belief(group, prior)))
