"""What drivers did to the last figure, with the digits and errors of the table of bands."""

from __future__ import annotations

import numpy as np
import pytest
from small_forecasts import entry_of, forecast_of, history_of, report_of, row_of

from forecaster.forecasts.bands import band_table
from forecaster.forecasts.driver_shift import measure_drivers


def test_quantiles_and_errors_are_those_of_the_bands(rng):
    entry = entry_of("a")
    drawn = np.exp(rng.standard_normal((2000, 2)))
    index = np.repeat(np.arange(500), 4)
    forecast = forecast_of(
        history_of(entry, [row_of(entry, "2025", "1")]), ["2026", "2027"], drawn,
        theta_index=index, coverages=(0.8, 0.95), report=report_of(ess=400.0),
    )  # fmt: skip
    bands = band_table(forecast)
    shift = measure_drivers(
        entry, forecast.periods, "baseline", {"trend alone": drawn, "baseline": drawn},
        theta_index=index, ess=400.0,
    )  # fmt: skip
    rows = [bands.index(level) for level in (0.1, 0.5, 0.9)]
    assert shift.quantiles["baseline"] == pytest.approx(bands.values[rows, -1])
    assert shift.errors["baseline"] == pytest.approx(bands.mcse[rows, -1])
    assert shift.spreads["baseline"] == pytest.approx(bands.values[-1, -1] - bands.values[0, -1])
    assert shift.difference_error == pytest.approx(2**0.5 * shift.errors["baseline"][1])


def test_a_world_with_fewer_draws_is_measured_all_the_same(rng):
    entry = entry_of("a")
    worlds = {"trend alone": rng.random((100, 1)), "baseline": rng.random((98, 1))}
    period = forecast_of(history_of(entry, [row_of(entry, "2025", "1")]), ["2026"], [[1.0]]).periods
    found = measure_drivers(entry, period, "baseline", worlds, theta_index=np.arange(100), ess=50)
    assert found.alone != found.baseline
