"""Say what a forecast rests on: figures, their span and bases, judgements, or a formula.

12 figures, 2023-H1 to 2025-H2, idc-units; 10 judgements
one figure, of 2024-11; no judgements
no history: prior and no judgements
formula over sa-ai-vc, ae-ai-vc
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.errors import InputError
from forecaster.workspace.beliefs import names_in_formula
from forecaster.workspace.footing import Footing
from forecaster.workspace.history import known_by
from forecaster.workspace.reader import load_entries, load_facts
from forecaster.workspace.statements import JUDGEMENT_COLUMNS, JUDGEMENTS_FILE
from forecaster.workspace.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.facts import Facts, History, SeriesEntry
    from forecaster.workspace.judgements import Judgement
    from forecaster.workspace.series_beliefs import SeriesPrior

MOST_DEPTH = 20
"""Formulas over formulas that are followed; a circle is the fault of another check."""


def rests_on(
    prior: SeriesPrior,
    history: History | None,
    *,
    n_judgements: int,
    inputs: Sequence[Footing] = (),
) -> Footing:
    """Return what the forecast of one series rests on.

    Parameters
    ----------
    history : what was known by the as-of date; None where nothing was
    n_judgements : from `judgements_by_series`
    inputs : what the series of a formula rest on, where that is known
    """
    if prior.formula:
        names = tuple(dict.fromkeys(names_in_formula(prior.formula)))
        is_thin = bool(inputs) and all(footing.is_thin for footing in inputs)
        return Footing(prior.family, 0, "", "", (), n_judgements, names, is_thin)
    if history is None:
        return Footing(prior.family, 0, "", "", (), n_judgements)
    ordered = sorted(history.data, key=lambda row: (row.period.end, row.period.start))
    return Footing(
        family=prior.family,
        n_points=len(ordered),
        first=str(min(ordered, key=lambda row: row.period.start).period),
        last=str(ordered[-1].period),
        bases=tuple(basis for basis in history.bases if basis),
        n_judgements=n_judgements,
    )


def footings_of(
    names: Sequence[str],
    facts: Facts,
    beliefs: Beliefs,
    *,
    n_judgements: Mapping[str, int],
    as_of: date,
    stated: Sequence[Judgement] | None = None,
) -> dict[str, Footing]:
    """Return what the forecasts of some series rest on, by their ids, in their order.

    Parameters
    ----------
    facts : of these series and of those that their formulas name
    n_judgements : from `judgements_by_series`
    stated : the judgements themselves, where those that a forecast may use are to be counted
    """

    def footing(name: str, depth: int = 0) -> Footing:
        """Return that of one series; formulas are followed to the series they rest on."""
        prior = beliefs.of(facts.entries[name])
        named = names_in_formula(prior.formula) if depth < MOST_DEPTH else []
        inputs = [footing(other, depth + 1) for other in named if other in facts.entries]
        history = None if prior.formula else history_or_none(facts, name, as_of=as_of)
        found = rests_on(prior, history, n_judgements=n_judgements.get(name, 0), inputs=inputs)
        if stated is None or not found.n_judgements:
            return found
        entry = facts.entries[name]
        about = [j for j in stated if j.series == name and j.made_on <= as_of]
        return replace(found, n_usable=_n_usable(about, entry, prior, history))

    return {name: footing(name) for name in names}


def _n_usable(
    judgements: Sequence[Judgement],
    entry: SeriesEntry,
    prior: SeriesPrior,
    history: History | None,
) -> int:
    """Return how many judgements pass the rules by which a forecast chooses."""
    from forecaster.workspace.judgement_rules import sift_judgements

    first = None if prior.level is None else prior.level.time
    if history is not None:
        first = min(row.period.start_year for row in history.data)
    return len(sift_judgements(judgements, entry, history, first_time=first).used)


def footing_with_facts(series: str, workspace: Path, beliefs: Beliefs, *, as_of: date) -> Footing:
    """Return what the forecast of one series rests on, reading what its formula needs."""
    entries = load_entries(workspace)
    needed = [series]
    for name in needed:  # grows while it is walked, formula by formula
        formula = beliefs.of(entries[name]).formula
        found = dict.fromkeys(names_in_formula(formula))
        needed += [other for other in found if other in entries and other not in needed]
    facts = load_facts(workspace, needed)
    counts = judgements_by_series(workspace, as_of=as_of)
    stated = None
    if counts.get(series):
        from forecaster.workspace.judgements import read_all_judgements

        stated = read_all_judgements(workspace, series=series)
    footings = footings_of(
        [series], facts, beliefs, n_judgements=counts, as_of=as_of, stated=stated
    )
    return footings[series]


def history_or_none(facts: Facts, series: str, *, as_of: date) -> History | None:
    """Return what was known of a series on a day; None where nothing was that can be fitted."""
    try:
        return known_by(facts, series, as_of=as_of)
    except InputError:
        if facts.rows.get(series) and _has_faulty_units(facts, series):
            raise
        return None


def _has_faulty_units(facts: Facts, series: str) -> bool:
    """Say whether the rows are at fault, which must be told."""
    unit = facts.entries[series].unit
    return any(row.unit != unit for row in facts.rows[series])


def judgements_by_series(workspace: Path, *, as_of: date) -> Mapping[str, int]:
    """Return how many judgements about each series had been made by a day.

    A date without a day counts as the last day of its month or year.

    Raises
    ------
    InputError
        If `judgements.csv` cannot be read.
    """
    from forecaster.workspace.periods import last_day

    path = workspace / JUDGEMENTS_FILE
    if not path.exists():
        return Counter()
    lines = read_table(path.read_bytes(), name=path.name, required=JUDGEMENT_COLUMNS, optional=())
    return Counter(cells["series"] for _, cells in lines if last_day(cells["made_on"]) <= as_of)
