"""Say by which family a series is forecast, and which other series that takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.errors import InputError
from forecaster.records import frozen
from forecaster.workspace.faults import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.facts import SeriesEntry
    from forecaster.workspace.formulas import Formula
    from forecaster.workspace.series_beliefs import SeriesPrior

JOINT_FAMILIES = ("composition", "pooled")


def family_of(entry: SeriesEntry, beliefs: Beliefs, model: str) -> str:
    """Return the family of a series: the one asked for, else the one its beliefs name.

    Parameters
    ----------
    model : a family, 'module:function' for a custom one, or '' for none in particular

    Raises
    ------
    InputError
        If the family asked for cannot forecast such a series.
    """
    if ":" in model:
        return "custom"
    prior = beliefs.of(entry)
    if not model:
        return prior.family
    reasons = {
        "substitution": entry.kind != "share" and "only a share has a cap",
        "composition": not entry.composition and "it belongs to no composition",
        "pooled": not entry.group and "it belongs to no group",
        "derived": not prior.formula and "its beliefs state no formula",
        "judgement-only": prior.level is None and "its beliefs state no level",
        "custom": not prior.function and "its beliefs name no function",
    }
    if reason := reasons.get(model):
        raise InputError(
            problem=f"{quoted(entry.id)} cannot be forecast by the family '{model}': {reason}",
            where="--model",
            fix="leave --model out, or use --model trend",
        )
    return model


def joint_key(entry: SeriesEntry, beliefs: Beliefs, model: str) -> tuple[str, ...]:
    """Return what series that are fitted together have in common; of a single one, its id."""
    family = family_of(entry, beliefs, model)
    if family == "composition":
        return (family, entry.composition)
    if family == "pooled":
        return (family, entry.group, entry.iamc_variable, entry.unit, entry.kind)
    return (entry.id,)


@frozen
class Needs:
    """What a forecast of some series takes.

    Attributes
    ----------
    series : ids whose facts are needed, each once
    definitions : id -> formula, of the derived series among them and below them
    """

    series: tuple[str, ...]
    definitions: Mapping[str, Formula]


def needs_of(
    targets: Sequence[str], entries: Mapping[str, SeriesEntry], beliefs: Beliefs, model: str
) -> Needs:
    """Return everything that a forecast of the targets rests on.

    Parameters
    ----------
    targets : ids or formulas; an unknown id stands, for the reader of facts to refuse
    """
    found: dict[str, None] = {}
    definitions: dict[str, Formula] = {}
    waiting, seen = list(targets), set[str]()
    while waiting:
        name = waiting.pop(0)
        if name in seen:
            continue
        seen.add(name)
        entry = entries.get(name)
        if entry is None:
            waiting += _inputs_of(name, entries, found)
            continue
        found[name] = None
        family = family_of(entry, beliefs, model if name in targets else "")
        if family == "composition":
            from forecaster.workspace.composition_beliefs import load_chosen_parts
            from forecaster.workspace.compositions import parts_of

            chosen = load_chosen_parts(beliefs.workspace)
            found |= dict.fromkeys(parts_of(entries, entry.composition, chosen))
        elif family == "pooled":
            from forecaster.workspace.pools import pool_names

            found |= dict.fromkeys(pool_names(entries, [entry.id]))
        elif family == "derived":
            definitions[name] = _definition(beliefs.of(entry))
            waiting += definitions[name].series
    return Needs(tuple(found), definitions)


def _inputs_of(
    name: str, entries: Mapping[str, SeriesEntry], found: dict[str, None]
) -> tuple[str, ...]:
    """Return the series of a formula; what is neither that nor a series stands as it is."""
    from forecaster.workspace.formulas import is_formula, parse_formula  # most need none

    if is_formula(name, known=entries):
        return parse_formula(name).series
    found[name] = None
    return ()


def _definition(prior: SeriesPrior) -> Formula:
    """Return the formula that beliefs state for a series."""
    from forecaster.workspace.formulas import parse_formula

    return parse_formula(prior.formula, place=f"{prior.where}, key 'formula'")


def check_formulas(
    targets: Sequence[str],
    entries: Mapping[str, SeriesEntry],
    definitions: Mapping[str, Formula],
) -> None:
    """Check formulas before any facts are read, so that a fault is shown in their own text.

    Parameters
    ----------
    targets : ids or formulas
    definitions : id -> formula, of the derived series among them and below them

    Raises
    ------
    InputError
        At the first fault: a name, a unit, a divisor, a circle, or another kind than declared.
    """
    if not definitions and all(name in entries for name in targets):
        return  # the modules below take time to import
    from forecaster.workspace.derived_series import resolve_formula
    from forecaster.workspace.formulas import is_formula, parse_formula

    formulas = [name for name in targets if name not in entries and is_formula(name, entries)]
    # derived series by their names, so that a circle through them is found
    for text in (*formulas, *definitions):
        resolve_formula(parse_formula(text), entries=entries, definitions=definitions)
