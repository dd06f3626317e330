"""Read the facts of what is seen, beside those of what is forecast."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.records import frozen
from forecaster.workspace.conditions import SeenLevel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forecaster.workspace.beliefs import Beliefs
    from forecaster.workspace.conditions import Given
    from forecaster.workspace.facts import Facts
    from forecaster.workspace.formulas import Formula


@frozen
class Inputs:
    """Facts, beliefs and definitions of targets and conditions together."""

    facts: Facts
    beliefs: Beliefs
    definitions: Mapping[str, Formula]


def read_inputs(conditions: Sequence[Given], inputs: Inputs) -> Inputs:
    """Return what is known of the targets, and of all that the conditions name.

    Parameters
    ----------
    inputs : of the targets; returned as they are where they suffice

    Raises
    ------
    InputError
        If lines about a series that is seen have faults.
    """
    from forecaster.workspace.drivers import load_interventions
    from forecaster.workspace.families import needs_of
    from forecaster.workspace.reader import load_facts

    facts, beliefs = inputs.facts, inputs.beliefs
    seen = [each.target.text for each in conditions if isinstance(each, SeenLevel)]
    if not seen:
        return inputs
    needs = needs_of(seen, facts.entries, beliefs, "")
    definitions = {**inputs.definitions, **needs.definitions}
    if all(name in facts.rows for name in needs.series):
        return Inputs(facts, beliefs, definitions)
    names = tuple(dict.fromkeys([*facts.rows, *needs.series]))
    events = load_interventions(beliefs.workspace, facts.entries, only=names)
    together = load_facts(beliefs.workspace, names, entries=facts.entries)
    return Inputs(together, replace(beliefs, events=events), definitions)
