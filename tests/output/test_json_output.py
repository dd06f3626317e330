from __future__ import annotations

import json
from dataclasses import replace

from output_samples import REPORT, capex_forecast, early_reach, share_forecast, share_reach

from forecaster.forecasts.bands import band_table
from forecaster.output.json_output import forecast_record, forecasts_json, reach_record


def read(records) -> object:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    return json.loads(forecasts_json(records), parse_constant=refuse)


def test_record_holds_bands_in_full_precision():
    record = read([forecast_record(share_forecast())])
    bands = band_table(share_forecast())
    assert record["periods"] == ["2026", "2027", "2028", "2029", "2030"]
    assert record["median"] == bands.median.tolist()
    assert record["bands"]["80"]["lower"] == bands.band(0.8)[0].tolist()
    assert record["mcse"]["0.025"] == bands.mcse[0].tolist()
    assert record["manifest"]["seed"] == 20261122
    assert {s["id"] for s in record["sources"]} >= {"idc-2025-reuters"}


def test_what_is_not_a_number_is_null():
    report = replace(REPORT, engine="nuts", k_hat=float("nan"), diagnostics={"x": float("inf")})
    record = read([forecast_record(capex_forecast(report=report))])
    assert record["diagnostics"]["k_hat"] is None
    assert record["diagnostics"]["diagnostics"] == {"x": None}
    assert record["mean"] is None


def test_one_record_is_an_object_and_several_are_a_list():
    one = forecast_record(share_forecast())
    assert isinstance(read([one]), dict)
    assert len(read([one, forecast_record(capex_forecast())])) == 2


def test_cache_does_not_show_and_keys_are_sorted():
    fresh, cached = share_forecast(), share_forecast(from_cache=True)
    text = forecasts_json([forecast_record(fresh)])
    assert text == forecasts_json([forecast_record(cached)])
    keys = list(json.loads(text))
    assert keys == sorted(keys)


def test_answer_about_a_level_says_its_chances_and_what_was_passed():
    record = read([reach_record(early_reach())])
    assert record["level"] == 0.4
    assert record["by_period"] == early_reach().by_period.tolist()
    assert abs(sum(record["first_in_period"]) + record["never"] - 1.0) < 1e-12
    assert record["passed"] == []
    passed = read([reach_record(share_reach())])["passed"]
    assert ("2025", 0.41, "idc-units") in [(p["period"], p["value"], p["basis"]) for p in passed]
