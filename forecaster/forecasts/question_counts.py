"""Count the answer to a question about series on their forecasts, with drivers and without."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.forecasts.question_joint import answer_ranking, answer_shares
from forecaster.forecasts.question_series import answer_crossing, answer_numeric, answer_threshold
from forecaster.forecasts.question_warnings import outweighs_chance, outweighs_figure
from forecaster.forecasts.settings import TREND_ALONE
from forecaster.workspace.question_types import Crossing, Numeric, Ranking, Shares, Threshold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.forecasts.forecast import Forecast
    from forecaster.forecasts.question_answer import Found
    from forecaster.workspace.question_types import Question


def count_answer(question: Question, made: Sequence[Forecast]) -> Found:
    """Return the answer to a question about series, counted on their forecasts.

    Parameters
    ----------
    made : of the series that the question names, in its order; several on one draw axis

    Raises
    ------
    InputError
        If a figure is neither published nor forecast.
    """
    ask = question.ask
    if isinstance(ask, Ranking):
        return answer_ranking(ask, made)
    if isinstance(ask, Shares):
        return answer_shares(ask, made)
    if isinstance(ask, Threshold):
        return answer_threshold(question, ask, made[0])
    if isinstance(ask, Crossing):
        return answer_crossing(question, ask, made[0])
    assert isinstance(ask, Numeric)  # the others name no series
    return answer_numeric(question, ask, made[0])


def trend_alone(forecast: Forecast) -> Forecast | None:
    """Return the same draws without drivers; None where no driver moves the series."""
    drawn = forecast.worlds.get(TREND_ALONE)
    if drawn is None or drawn.shape != forecast.trajectories.shape:
        return None
    return replace(forecast, trajectories=drawn, worlds={})


def is_driven(found: Found, without: Found) -> bool:
    """Say whether drivers outweigh the figures below an answer.

    Parameters
    ----------
    without : the answer without drivers
    """
    if found.chance and without.chance and outweighs_chance(found.chance, without.chance):
        return True
    pairs = [(found.spread, without.spread)]
    pairs += [(a.share, b.share) for a, b in zip(found.parts, without.parts, strict=True)]
    return any(a and b and outweighs_figure(a, b) for a, b in pairs)
