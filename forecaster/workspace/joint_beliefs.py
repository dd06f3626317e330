"""Say which stated beliefs about a series its joint family uses, and which it cannot."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.workspace.drivers import choose_events

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from forecaster.workspace.belief_tables import Normal
    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.drivers import ChosenEvents
    from forecaster.workspace.facts import History
    from forecaster.workspace.series_beliefs import SeriesPrior

_SHARED = {
    "composition": "all parts of a whole share one volatility",
    "pooled": "all members of a group share one volatility",
}
_HAS_NO_CAP = {
    "composition": "parts of a whole have no cap of their own",
    "pooled": "members of a group have no cap of their own",
}
_OFFSETS = "the offsets of a composition are those of its kind"
_SEASONAL = "series that are fitted together have no seasons"


def unheeded(prior: SeriesPrior, family: str) -> dict[str, str]:
    """Return what is stated about a series and not used by its family, each with the reason.

    Growth and dated events are used by both joint families, offsets by the pooled one; a level is
    believed only where there is no history. Families of single series use all that is stated.

    Returns
    -------
    key of `SeriesPrior.stated` -> reason
    """
    if family not in _SHARED:
        return {}
    reasons = {"volatility": _SHARED[family], "cap": _HAS_NO_CAP[family], "seasonal": _SEASONAL}
    if family == "composition":
        reasons |= {key: _OFFSETS for key in prior.stated if key.startswith("offset.")}
    return {key: reasons[key] for key in prior.stated if key in reasons}


def unheeded_notes(prior: SeriesPrior, family: str) -> tuple[str, ...]:
    """Return one sentence on what is stated and not used, or none."""
    reasons = unheeded(prior, family)
    if not reasons:
        return ()
    said = ", ".join(f"{key.replace('.', ' ')} ({reason})" for key, reason in reasons.items())
    return (f"not used of what is stated about {prior.series}: {said}",)


def with_notes(
    histories: Mapping[str, History], beliefs: Beliefs, family: str
) -> dict[str, History]:
    """Return histories with the sentences on what is stated about each and not used."""
    found = {}
    for name, history in histories.items():
        notes = unheeded_notes(beliefs.of(history.entry), family)
        found[name] = replace(history, notes=(*history.notes, *notes)) if notes else history
    return found


def stated_growth(histories: Mapping[str, History], beliefs: Beliefs) -> dict[str, Normal]:
    """Return the long-run growth of the series that state one, link units a year."""
    priors = {name: beliefs.of(history.entry) for name, history in histories.items()}
    return {name: p.trend.drift for name, p in priors.items() if "growth" in p.stated}


def events_of(
    histories: Mapping[str, History], beliefs: Beliefs, *, as_of: date
) -> dict[str, ChosenEvents]:
    """Return the dated events of every series that has any; one for four figures of its own."""
    moved = {event.series for event in beliefs.events}
    return {
        name: choose_events(beliefs.events, name, as_of=as_of, n_figures=len(history.data))
        for name, history in histories.items()
        if name in moved
    }
