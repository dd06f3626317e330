"""Turn what a forecast rests on into a record for machines."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from forecaster.output.outlook_sentences import (
    headline,
    judgement_sentence,
    next_sentence,
    prior_sentence,
)

if TYPE_CHECKING:
    from forecaster.forecasts.explain_forecast import LastBand, Outlook, Prior
    from forecaster.forecasts.explain_goal import GoalExplained
    from forecaster.forecasts.tornado import Tornado


def outlook_record(outlook: Outlook) -> dict[str, Any]:
    """Return an outlook as plain lists, numbers and texts, in full precision.

    Keys: `scenario`, `period`, `outlook` (sentences), `last`, `last_without_judgements` (null where
    none enters), `width` (shares of the variance by source, with errors), `next_figure`, `prior`,
    `tornado` and `goal` (null where there is none).
    """
    found = outlook.next_datum
    sentences = (
        headline(outlook), judgement_sentence(outlook), next_sentence(outlook),
        prior_sentence(outlook),
    )  # fmt: skip
    without = outlook.without_judgements
    return {
        "scenario": outlook.forecast.scenario,
        "period": str(outlook.forecast.periods[-1]),
        "outlook": [sentence for sentence in sentences if sentence],
        "last": _band_record(outlook.last),
        "last_without_judgements": _band_record(without) if without else None,
        "width": {
            share.source: {
                "share": share.share,
                "error": share.error,
                "is_judgement": share.source == "drivers",
            }
            for share in outlook.shares
        },
        "next_figure": None
        if found is None
        else {
            "period": str(found.period),
            "correlation": found.correlation,
            "reduction": found.reduction,
            "error": found.error,
        },
        "prior": _prior_record(outlook.prior),
        "tornado": _tornado_record(outlook.tornado),
        "goal": _goal_record(outlook.goal),
    }


def _band_record(band: LastBand) -> dict[str, Any]:
    """Return median and 80% band of the last figure."""
    return {
        "median": band.median,
        "lower_80": band.low,
        "upper_80": band.high,
        "mcse": {"10%": band.errors[0], "50%": band.errors[1], "90%": band.errors[2]},
    }


def _prior_record(prior: Prior | None) -> dict[str, Any] | None:
    """Return how the forecast answers to its prior."""
    if prior is None:
        return None
    found = prior.found
    return {
        "family": prior.family,
        "is_own_fit": prior.is_own_fit,
        "prior": found.forecast.prior,
        "likelihood": found.forecast.likelihood,
        "diagnosis": found.forecast.diagnosis,
        "median_shift": found.median_shift,
        "width_change": found.width_change,
    }


def _tornado_record(tornado: Tornado | None) -> dict[str, Any] | None:
    """Return what every driver does."""
    if tornado is None:
        return None
    return {
        "drivers": [
            {
                "driver": bar.driver.id,
                "title": bar.driver.title,
                "chance_on": bar.chance.probability,
                "chance_error": bar.chance.error,
                "median_on": bar.on,
                "median_off": bar.off,
                "change": bar.change,
                "error": bar.error,
                "is_clear": bar.is_clear,
                "has_judged_chance": bar.has_judged_chance,
                "has_judged_size": bar.has_judged_size,
            }
            for bar in tornado.bars
        ],
        "left_out": [{"driver": name, "reason": reason} for name, reason in tornado.left_out],
    }


def _goal_record(goal: GoalExplained | None) -> dict[str, Any] | None:
    """Return a goal with what goes with it."""
    if goal is None:
        return None
    return {
        "goal": goal.goal.text,
        "level": goal.goal.level,
        "below": goal.goal.below,
        "by": str(goal.goal.by),
        "probability": goal.probability,
        "error": goal.error,
        "drivers": [
            {
                "driver": sign.driver.id,
                "on_reached": sign.on_reached,
                "on_missed": sign.on_missed,
                "odds_ratio": math.exp(sign.log_odds),
                "log_odds": sign.log_odds,
                "log_odds_error": sign.error,
                "is_clear": sign.is_clear,
                "is_judgement": sign.driver.is_judgement,
            }
            for sign in goal.signs
        ],
    }
