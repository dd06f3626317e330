"""What drivers did to a forecast, in words that the table of bands bears out."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from output_samples import capex_forecast, share_forecast
from rich.cells import cell_len
from rich.console import Console

from forecaster.forecasts.bands import band_table
from forecaster.forecasts.driver_shift import measure_drivers
from forecaster.output.driver_sentences import (
    difference_sentence,
    driver_record,
    driver_sentence,
    say_change,
    signed,
)
from forecaster.output.forecast_screen import print_forecasts
from forecaster.output.sentences import band_texts, median_text


def with_drivers(forecast, *, alone=0.9, ess=3000.0):
    """The forecast with a trend alone of lower figures."""
    worlds = {"trend alone": alone * forecast.trajectories, "baseline": forecast.trajectories}
    shift = measure_drivers(forecast.history.entry, forecast.periods, "baseline", worlds, ess=ess)
    return replace(forecast, drivers=shift)


def test_numbers_of_the_sentence_are_those_of_the_table():
    forecast = with_drivers(share_forecast(), ess=share_forecast().report.ess)
    bands = band_table(forecast)
    entry, last = forecast.history.entry, len(bands.periods) - 1
    low, high = band_texts(bands, entry, 0.8, last)
    said = f"{median_text(bands, entry, last)} ({low} to {high})"
    assert f"baseline (drivers at their probabilities) {said}" in driver_sentence(forecast)


@pytest.mark.parametrize("made", [share_forecast, capex_forecast])
def test_the_difference_is_told_with_what_it_comes_from(made):
    said = difference_sentence(with_drivers(made()).drivers)
    number = "points" if made is share_forecast else "%"
    assert said.startswith("The difference to the trend alone, +")
    assert number in said.partition(", is of")[0]
    assert "whose like the history does not hold" in said


def test_no_difference_is_said_to_be_none():
    said = difference_sentence(with_drivers(share_forecast(), alone=1.0).drivers)
    assert said.startswith("Drivers leave the median where the trend alone has it")


def test_changes_by_hand():
    assert say_change(0.41, 0.53, kind="share", unit="fraction") == "+12 points"
    assert say_change(0.41, 0.40, kind="share", unit="fraction") == "-1.0 points"
    assert say_change(200.0, 250.0, kind="positive", unit="USD billion") == "+25%"
    assert say_change(6.0, 4.5, kind="real", unit="months") == "-1.5 months"
    assert say_change(40.0, 43.0, kind="count", unit="count") == "+3"
    # an error of 3 points leaves tens
    assert say_change(0.41, 0.53, kind="share", unit="fraction", mcse=0.03) == "+10 points"


def test_a_change_below_its_error_is_nothing():
    assert signed(0.4, mcse=1.0) == "0"
    assert signed(-0.0, mcse=0.0) == "0"
    assert signed(-2.0, mcse=0.5) == "-2"


def test_the_record_has_errors_and_the_difference():
    record = driver_record(with_drivers(capex_forecast()))
    assert record["added"] == pytest.approx(
        record["quantiles"]["baseline"]["50%"] - record["quantiles"]["trend alone"]["50%"]
    )
    assert record["mcse"]["baseline"]["90%"] > 0
    assert record["added_mcse"] > 0
    assert driver_record(capex_forecast()) is None
    assert np.isfinite(record["added"])


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("made", [share_forecast, capex_forecast])
def test_every_width_holds_the_sentence(width, made):
    console = Console(file=io.StringIO(), width=width, color_system=None, _environ={})
    print_forecasts([with_drivers(made())], console)
    text = console.file.getvalue()
    assert "…" not in text
    assert max(map(cell_len, text.splitlines())) <= width
    assert "The difference to the trend alone" in " ".join(text.split())
