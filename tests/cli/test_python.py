"""The package as a library: the same things as data."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import forecaster as fc

SERIES = "cn-ai-chip-domestic-share"


def test_forecast_gives_draws_bands_and_report() -> None:
    result = fc.forecast(SERIES, until=2028, n_draws=500, coverages=(0.9, 0.5))
    periods = [str(period) for period in result.bands.periods]
    assert periods == ["2026", "2027", "2028"]
    assert result.draws.shape == (500, 3)
    assert result.report.is_reliable
    assert result.bands.coverages == (0.5, 0.9)
    np.testing.assert_allclose(result.bands.median, np.median(result.draws, axis=0), rtol=1e-12)


def test_forecast_is_that_of_the_command_line(run: Any) -> None:
    fc.forecast(SERIES, until="2028", as_of=date(2025, 6, 30)).to_csv("python.csv")
    ran = run("forecast", SERIES, "--until", "2028", "--as-of", "2025-06-30", "--csv", "-")
    assert Path("python.csv").read_text(encoding="utf-8") == ran.stdout


def test_json_and_notebook() -> None:
    result = fc.forecast(SERIES, until=2027)
    assert json.loads(result.to_json())["series"] == SERIES
    assert result._repr_html_().startswith("<div")


def test_files_are_forecast_by_path(tmp_path: Path) -> None:
    path = tmp_path / "own"
    path.write_text("period,value\n2023,1\n2024,2\n2025,4\n", encoding="utf-8")
    result = fc.forecast(path, until=2026, kind="positive")
    assert result.forecast.history.entry.id == "own"


def test_reach_takes_numbers_and_text() -> None:
    by_text = fc.reach(SERIES, "60%", by=2030)
    by_number = fc.reach(SERIES, 0.6, by=2030)
    np.testing.assert_array_equal(by_text.by_period, by_number.by_period)
    assert by_text.by_period[-1] + by_text.never == pytest.approx(1.0)
    assert by_text.mcse.shape == by_text.by_period.shape
    assert json.loads(by_text.to_json())["level"] == pytest.approx(0.6)
    assert by_text._repr_html_().startswith("<div")
    assert by_text.forecast.draws.shape[1] == by_text.by_period.size


def test_python_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    result = fc.forecast(SERIES, until=2027)
    result.to_csv("bands.csv")
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"until": "soon"},
            (
                "error: 'soon' is not a period\n  where: until\n"
                "  fix:   type 2030, 2027-H1, 2027-Q4 or 2027-06"
            ),
        ),
        (
            {"as_of": "2999"},
            (
                "error: nobody knows yet what will be known on '2999'\n  where: as_of\n"
                "  fix:   use 2026-11-22, which is today, or an earlier day"
            ),
        ),
        (
            {"coverages": (80,)},
            (
                "error: no band can have a coverage of 80\n  where: coverages\n"
                "  fix:   use probabilities between 0 and 1, such as 0.8"
            ),
        ),
        (
            {"n_draws": 10.5},
            (
                "error: 10.5 is out of range\n  where: n_draws\n"
                "  fix:   use a whole number from 100 to 200000"
            ),
        ),
        (
            {"engin": "amis"},
            (
                "error: 'engin' is not known here\n  where: arguments\n"
                "  fix:   did you mean 'engine' or 'given'?"
            ),
        ),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_bad_arguments_are_named_as_in_python(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(fc.InputError) as caught:
        fc.forecast(SERIES, **arguments)
    assert str(caught.value) == message


def test_unknown_series_is_offered_the_nearest() -> None:
    with pytest.raises(fc.InputError, match="did you mean 'hyperscaler-big4-capex'"):
        fc.forecast("hyperscaler-big4-capx")


def test_a_settled_question_is_answered_by_history() -> None:
    answer = fc.reach("cn-ai-chip-domestic-share", "40%", by=2025, as_of="2026-10-31")
    assert answer.is_reached
    assert str(answer.by) == "2025"
