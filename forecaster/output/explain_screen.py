"""Print what the history taught: effects of dated events, and parameters, before and after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.output.digits import count_of, format_number
from forecaster.output.layout import WARNING, put, put_table
from forecaster.output.plain import safe_text
from forecaster.output.prior_screen import MEANINGS
from forecaster.output.sentences import title_of
from forecaster.workspace.periods import date_at

if TYPE_CHECKING:
    from rich.console import Console

    from forecaster.forecasts.estimates import Estimate
    from forecaster.forecasts.explanation import EffectEstimate, Explanation, ParameterEstimate
    from forecaster.workspace.drivers import Intervention

SAID = 0.8
"""Coverage of the band named in sentences and in the table of parameters."""
MORE_MEANINGS = {
    "d": "long-run growth",
    "cap": "share that is never passed",
    "jump_rate": "jumps of the level",
    "jump_sd": "size of one jump",
    "s_f_l": "volatility of the common factor",
    "s_f_b": "how far common growth strays from its long-run rate",
}
_FINEST = 0.004
"""Digits below this share of the widest band say nothing a reader can use."""
_NO_CHANGE = 0.005
"""A share of variance below this is none on the screen."""


def print_explanation(explanation: Explanation, console: Console, *, language: str = "en") -> None:
    """Print the sentences and tables of an explanation: events, parameters, judgements."""
    entry = explanation.entry
    put(console, f"{title_of(entry, language)} ({safe_text(entry.id)})", style="bold")
    put(console, summary_sentence(explanation))
    put(console)
    for effect in explanation.effects:
        _put_effect(console, effect, explanation)
    for event, reason in explanation.left_out:
        said = f"Left out: {_name(event)}, {event.dated}. {reason[:1].upper()}{reason[1:]}."
        put(console, safe_text(said))
        put(console)
    _put_parameters(console, explanation)
    for sentence in explanation.judgements:
        put(console, safe_text(sentence))
    for warning in explanation.warnings:
        put(console, f"warning: {safe_text(warning)}", style=WARNING)


def summary_sentence(explanation: Explanation) -> str:
    """Return how many events are in the fit, of how many figures."""
    figures = f"{count_of(explanation.n_figures, 'figure')} known by {explanation.as_of}"
    n = len(explanation.effects)
    if n:
        verb = "is" if n == 1 else "are"
        return f"{count_of(n, 'dated event')} {verb} estimated from {figures}."
    if explanation.left_out:
        return f"No dated event is in the fit of {figures}."
    return f"No dated event is known to have moved this series; the fit has {figures}."


def effect_sentences(effect: EffectEstimate, explanation: Explanation) -> list[str]:
    """Return what is to be said of one event: when it acts, how much, and how that is known."""
    sentences = [_when(effect)]
    index = explanation.coverages.index(SAID)
    unit = unit_words(effect.unit, effect.event.stated.at)
    before = _with_band(effect.prior, index)
    if not effect.is_informed:
        sentences.append(
            f"No figure shows a change in it yet, so its full effect is what was believed before "
            f"the history: {before[0]} {unit} ({SAID:.0%} band: {before[1]})."
        )
        return sentences
    after = _with_band(effect.posterior, index)
    sentences.append(
        f"With the history its full effect is {after[0]} {unit} ({SAID:.0%} band: {after[1]}); "
        f"before, it was believed to be {before[0]} ({before[1]})."
    )
    sentences.append(moved_sentence(effect.moved, effect.variance_removed))
    return sentences


def moved_sentence(moved: float, variance_removed: float) -> str:
    """Return how far the history moved a belief from where it was, and how much narrower it is."""
    size = f"{abs(moved):.1f}"
    side = "did not move its median" if size == "0.0" else None
    side = side or f"moved its median {'up' if moved > 0 else 'down'} by {size} prior sd"
    if variance_removed < _NO_CHANGE:
        return f"The history {side} and left it as wide as it was."
    return f"The history {side} and took away {variance_removed:.0%} of its prior variance."


def unit_words(unit: str, at: float | None) -> str:
    """Return a unit of effects for a sentence: 'points at 62%'."""
    if at is not None:
        return f"points at {100 * at:g}%"
    return safe_text(unit)


def estimate_cells(estimate: Estimate) -> list[str]:
    """Return the median and every band of an estimate, to the digits that its error supports."""
    low, high = estimate.bands[-1]
    least = _FINEST * (high - low)

    def shown(value: float, error: float) -> str:
        """Return one number; a small one is 0 where the digits end, not 'under' something."""
        text = format_number(value, mcse=max(error, least, 0.01 * abs(value)))
        return "0" if text.startswith(("under", "over")) else text

    ends = [end for band in estimate.bands for end in band]
    median, *texts = (
        shown(value, error)
        for value, error in zip([estimate.median, *ends], estimate.errors, strict=True)
    )
    return [median, *(f"{a} to {b}" for a, b in zip(texts[::2], texts[1::2], strict=True))]


def _with_band(estimate: Estimate, index: int) -> tuple[str, str]:
    """Return the median and one band as text."""
    median, *bands = estimate_cells(estimate)
    return median, bands[index]


def _when(effect: EffectEstimate) -> str:
    """Return when an event acts, and what of it is still to come after the last figure."""
    event, last = effect.event, effect.last_figure
    start = _month(event.start)
    if event.shape == "step":
        said = f"On from {start}"
    elif event.shape == "ramp":
        said = f"Growing from {start} to {_month(event.end)}"
    else:
        is_open = event.end == float("inf")
        said = f"On from {start}, with no end known" if is_open else f"On from {start} to "
        said += "" if is_open else _month(event.end)
    if event.start >= last:
        return f"{said}; it begins after the last figure."
    if event.shape == "ramp" and event.end > last:
        return f"{said}; {effect.on_at_last:.0%} of it was on at the last figure."
    if event.shape == "window":
        over = event.end <= last
        state = "it was over by the last figure" if over else "it was on at the last figure"
        release = "" if over or event.end == float("inf") else ", and its release is forecast"
        return f"{said}; {state}{release}."
    return f"{said}; all of it was on at the last figure."


def _month(decimal: float) -> str:
    """Return the month of a decimal year."""
    return date_at(decimal).isoformat()[:7]


def _name(event: Intervention) -> str:
    """Return the title of a driver with its id."""
    return f"{event.title} ({event.driver})"


def _put_effect(console: Console, effect: EffectEstimate, explanation: Explanation) -> None:
    """Print one event: its name, the sentences, the table, its source and reason."""
    put(console, safe_text(_name(effect.event)), style="bold")
    for sentence in effect_sentences(effect, explanation):
        put(console, sentence)
    unit = unit_words(effect.unit, effect.event.stated.at)
    headers = [unit, "median", *(f"{coverage:.0%} band" for coverage in explanation.coverages)]
    rows = [["believed before", *estimate_cells(effect.prior)]]
    if effect.is_informed:
        rows.append(["with the history", *estimate_cells(effect.posterior)])
    put_table(console, headers, rows)
    put(console, safe_text(f"Source {effect.event.source}. {effect.event.reason}"))
    put(console)


def _put_parameters(console: Console, explanation: Explanation) -> None:
    """Print the parameters of the family with the most weight."""
    share = ""
    if explanation.weight < 1:
        share = f", which makes {explanation.weight:.0%} of the draws"
    level = ""
    if explanation.at is not None:
        level = f" Points are meant at {100 * explanation.at:.3g}%."
    put(console, f"Parameters of the family {safe_text(explanation.family)}{share}.{level}")
    index = explanation.coverages.index(SAID)
    rows = [_parameter_row(parameter, index) for parameter in explanation.parameters]
    headers = ["parameter", "before", f"{SAID:.0%} band", "after", f"{SAID:.0%} band", "moved"]
    short = [
        [f"{parameter.name}, {safe_text(parameter.unit)}", *row[1:]]
        for parameter, row in zip(explanation.parameters, rows, strict=True)
    ]
    put_table(console, headers, rows, shorter=(headers, short))
    put(console, "Moved is the difference of the medians in prior sds.")


def _parameter_row(parameter: ParameterEstimate, index: int) -> list[str]:
    """Return the texts of one parameter."""
    name = parameter.name
    meaning = {**MEANINGS, **MORE_MEANINGS}.get(name, name)
    before = _with_band(parameter.prior, index)
    after = _with_band(parameter.posterior, index)
    moved = f"{parameter.moved:+.1f}".replace("-0.0", "0.0").replace("+0.0", "0.0")
    return [f"{meaning} ({name}), {safe_text(parameter.unit)}", *before, *after, moved]
