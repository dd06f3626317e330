"""Levels and the rounding of the figure that decides."""

from __future__ import annotations

import numpy as np
import pytest
from small_forecasts import entry_of

from forecaster.forecasts.question_levels import applied_level, is_beyond, rounding_step


@pytest.mark.parametrize(
    ("text", "kind", "unit", "step"),
    [
        ("whole percent", "share", "fraction", 0.01),
        ("tenth of a percent", "share", "fraction", 0.001),
        ("tenth of a billion dollars", "positive", "USD billion", 0.1),
        ("tenth of a billion dollars", "positive", "USD million", 100.0),
        ("whole hundreds of megawatts", "positive", "MW", 100.0),
        ("whole million dollars", "positive", "million USD", 1.0),
        ("whole billion euros", "positive", "EUR billion", 1.0),
        ("hundredth", "real", "fraction", 0.01),
        ("whole months", "real", "months", 1.0),
        ("whole models", "count", "models", 1.0),
        ("month", "cumulative", "million", 0.0),
        ("half-year", "share", "fraction", 0.0),
        ("yes or no", "positive", "USD billion", 0.0),
        ("", "share", "fraction", 0.0),
    ],
)
def test_the_step_is_read_from_the_words_of_a_question(text, kind, unit, step):
    assert rounding_step(text, entry_of("x", kind=kind, unit=unit)) == pytest.approx(step)


def test_a_level_is_reached_where_the_figure_is_printed_as_it():
    # whole percent: 39.5% is printed as 40%, 39.4% as 39%
    assert applied_level(0.4, 0.01, below=False) == pytest.approx(0.395)
    figures = np.array([0.394, 0.395, 0.4])
    assert is_beyond(figures, 0.4, 0.01, below=False).tolist() == [False, True, True]


def test_a_level_between_two_steps_needs_the_next_printed_figure():
    # 47.3% in whole percent: 48% is the first printed figure at or above it, from 47.5% on
    assert applied_level(0.473, 0.01, below=False) == pytest.approx(0.475)
    assert applied_level(0.473, 0.01, below=True) == pytest.approx(0.475)


def test_below_counts_what_is_printed_as_the_level():
    # tenths of a percent: 1.04% is printed as 1.0%, 1.05% as 1.1%
    figures = np.array([0.0104, 0.0105, 0.02])
    assert is_beyond(figures, 0.01, 0.001, below=True).tolist() == [True, False, False]


def test_without_a_step_the_level_stands():
    figures = np.array([0.39999, 0.4])
    assert is_beyond(figures, 0.4, 0.0, below=False).tolist() == [False, True]
    assert is_beyond(figures, 0.4, 0.0, below=True).tolist() == [True, True]
