"""Say in plain sentences what a forecast rests on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from forecaster.evaluation.sensitivity import MEANINGS
from forecaster.output.digits import count_of, format_error, format_probability, format_value
from forecaster.output.driver_sentences import say_change
from forecaster.output.plain import safe_text
from forecaster.output.sentences import say_value, title_of, with_unit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forecaster.forecasts.explain_forecast import LastBand, Outlook
    from forecaster.forecasts.explain_goal import GoalExplained, Sign
    from forecaster.forecasts.tornado import Bar
    from forecaster.forecasts.width import WidthShare

SOURCES = {
    "news": ("latent process", "what is new from today on"),
    "where": ("parameters", "where it stands today, and how it grows from there"),
    "drivers": ("drivers", "which events come, and how large their effects are"),
    "publication": ("publication", "error of the published figure, and its basis' offset"),
}
"""What each part of the width is called, and what it is."""
_LINKS = {"share": "logit", "real": "natural"}
_NO_CHANGE = 0.005


def headline(outlook: Outlook, language: str = "en") -> str:
    """Return what is explained: the last figure and its band."""
    forecast = outlook.forecast
    entry = forecast.history.entry
    return (
        f"{title_of(entry, language)} ({safe_text(entry.id)}): "
        f"{band_text(outlook.last, outlook)} for {forecast.periods[-1]}, scenario "
        f"{safe_text(forecast.scenario)}, as of {forecast.history.as_of}."
    )


def band_text(band: LastBand, outlook: Outlook) -> str:
    """Return a median with its 80% band."""
    entry = outlook.forecast.history.entry
    low, middle, high = (
        format_value(
            value, kind=entry.kind, unit=entry.unit, mcse=mcse, spread=band.high - band.low
        )
        for value, mcse in zip((band.low, band.median, band.high), band.errors, strict=True)
    )
    return f"{with_unit(middle, entry)} (80% band {low} to {high})"


def width_sentence(outlook: Outlook) -> str:
    """Return what the shares of the width are shares of."""
    kind = outlook.forecast.history.entry.kind
    judged = ", before judgements are heeded" if outlook.without_judgements else ""
    return (
        f"Where the width of {outlook.forecast.periods[-1]} comes from{judged}: shares of the "
        f"variance on the {_LINKS.get(kind, 'log')} scale (Shapley values), with their Monte Carlo "
        "errors."
    )


def share_text(share: WidthShare) -> str:
    """Return a share in whole percent with its error in points: '42% ±2'."""
    points = max(math.ceil(100 * share.error - 1e-9), 1)
    return f"{max(round(100 * share.share), 0)}% ±{points}"


def judgement_sentence(outlook: Outlook) -> str:
    """Return how the last figure looks without judgements, and how much narrower they make it."""
    without = outlook.without_judgements
    if without is None:
        return "No judgements of experts enter it."
    shift = outlook.forecast.judgements
    n_used = shift.n_used if shift else 0
    ratio = (outlook.last.high - outlook.last.low) / max(without.high - without.low, 1e-300) - 1
    change = f"{abs(ratio):.0%} {'narrower' if ratio < 0 else 'wider'}"
    who = count_of(n_used, "statement")
    return (
        f"Judgement: {who} of experts {'enters' if n_used == 1 else 'enter'} it. Without, "
        f"{band_text(without, outlook)}; with, {band_text(outlook.last, outlook)}: "
        f"{'as wide' if abs(ratio) < _NO_CHANGE else change}."
    )


def next_sentence(outlook: Outlook) -> str:
    """Return what the next figure is worth; nothing where it is the last one."""
    found = outlook.next_datum
    if found is None:
        return ""
    share = format_probability(found.reduction, mcse=found.error)
    return (
        f"Next figure: once {found.period} is published, the 80% band of {found.last} will on "
        f"average be {share} narrower (their correlation is {found.correlation:.2f})."
    )


def prior_sentence(outlook: Outlook) -> str:
    """Return how the forecast answers to its prior, as `check` tells it."""
    prior = outlook.prior
    if prior is None:
        return "Prior: with no figures there is nothing to hold it against; the forecast is prior."
    found, last = prior.found, outlook.forecast.periods[-1]
    of_fit = f"family {safe_text(prior.family)}"
    if not prior.is_own_fit:
        of_fit += " fitted to the series by itself"
    said = (
        f"Prior, which is judgement ({of_fit}): one of twice the power would move the median of "
        f"{last} by {found.median_shift:+.0%} of the 80% band's width, and the width by "
        f"{found.width_change:+.0%}; sensitivity {found.forecast.prior:.2f}, to the history "
        f"{found.forecast.likelihood:.2f}"
    )
    meaning = MEANINGS.get(found.forecast.diagnosis)
    return f"{said} ({meaning})." if meaning else f"{said}."


def tornado_sentence(outlook: Outlook) -> str:
    """Return what the bars of the drivers show."""
    last = outlook.forecast.periods[-1]
    return (
        f"Drivers: median of {last} with each forced on, at its own time but by then, less forced "
        "off, all others left to themselves."
    )


def bar_cells(bar: Bar, outlook: Outlook) -> list[str]:
    """Return the texts of one driver: its name, its chance of being on, and what it changes."""
    entry = outlook.forecast.history.entry
    change = say_change(bar.off, bar.on, kind=entry.kind, unit=entry.unit, mcse=bar.error)
    probability = bar.chance.probability
    chance = format_probability(probability, mcse=bar.chance.error)
    return [safe_text(bar.driver.id), "100%" if probability == 1.0 else chance, change]


def axis_sentence(outlook: Outlook, axis: tuple[float, float], *, is_ascii: bool) -> str:
    """Return what the bars mean, and where their axis begins and ends."""
    entry, spread = outlook.forecast.history.entry, axis[1] - axis[0]
    low, high = (say_value(value, entry, spread=10 * spread) for value in axis)
    up, down, mark = "#=|" if is_ascii else "█▒│"
    return (
        f"Bars from {low} to {high}: {up} higher when on, {down} lower when on, {mark} the median "
        "of the forecast."
    )


def judged_sentence(bars: Sequence[Bar]) -> str:
    """Return which chances and sizes of drivers are judgement."""

    def measured(name: str, is_judged: Callable[[Bar], bool]) -> str:
        """Return of which drivers one of the two is not judgement."""
        others = [safe_text(bar.driver.id) for bar in bars if not is_judged(bar)]
        if not others:
            return f"{name} of all of them are judgement"
        if len(others) == len(bars):
            return f"{name} of none of them are judgement"
        return f"{name} are judgement but for {', '.join(others)}"

    chances = measured("Chances", lambda bar: bar.has_judged_chance)
    return f"{chances}; {measured('sizes', lambda bar: bar.has_judged_size)}."


def goal_sentence(found: GoalExplained) -> str:
    """Return how likely the goal is."""
    chance = format_probability(found.probability, mcse=found.error)
    return (
        f"Goal '{safe_text(found.goal.text)}': reached with probability {chance} "
        f"(Monte Carlo error {format_error(found.error)})."
    )


def sign_cells(sign: Sign) -> list[str]:
    """Return the texts of one driver: how often on in both sorts of worlds, and the odds ratio."""
    return [
        safe_text(sign.driver.id),
        f"{sign.on_reached:.0%}",
        f"{sign.on_missed:.0%}",
        f"{math.exp(sign.log_odds):.2g}",
        f"{math.exp(sign.log_odds - sign.error):.2g} to {math.exp(sign.log_odds + sign.error):.2g}",
    ]
