"""What a custom model is given, and the range that its forecast must keep."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest

from forecaster.errors import InputError
from forecaster.models.custom import CustomHistory, check_forecast, describe_history
from forecaster.workspace.beliefs import load_beliefs
from forecaster.workspace.facts import Facts, Row, SeriesEntry, Source
from forecaster.workspace.history import known_by
from forecaster.workspace.periods import parse_period
from forecaster.workspace.reader import SHIPPED

BELIEFS = load_beliefs(SHIPPED)


def _record(kind: str, figures: dict[str, str], *, timing: str = "flow", **fields) -> CustomHistory:
    entry = SeriesEntry("s", "S", "", "unit", kind, timing, **fields)
    source = Source("a", "A", "A", date(2025, 1, 31), "stated", "")
    rows = tuple(
        Row(
            "s",
            parse_period(period),
            float(value),
            value,
            "unit",
            basis,
            "reported",
            source,
            "",
            "",
        )
        for (period, value), basis in zip(figures.items(), ["", "", "other"], strict=False)
    )
    facts = Facts({"s": entry}, {"s": rows}, "hash")
    history = known_by(facts, "s", as_of=date(2025, 2, 1), basis="")
    ahead = (parse_period("2025"), parse_period("2026"))
    return describe_history(history, ahead, BELIEFS.trend[kind])


def test_amounts_are_given_as_logs_of_the_figures_themselves():
    record = _record("positive", {"2023": "8.00", "2024-H1": "6.00"})
    assert record.values.tolist() == [8.0, 6.0]
    # not of the yearly rate, which would be 12 for the half-year
    assert record.link_values == pytest.approx([math.log(8), math.log(6)])
    # 1% of a reported figure, and a rounding of 0.01 / sqrt(12) over 8
    assert record.measurement_sd[0] == pytest.approx(math.hypot(0.01, 0.01 / math.sqrt(12) / 8))
    assert record.forecast_sd == pytest.approx(record.measurement_sd[1])
    assert (record.starts.tolist(), record.ends.tolist()) == ([2023, 2024], [2024, 2024.5])
    assert record.periods == ("2023", "2024-H1")
    assert record.forecast_periods == ("2025", "2026")
    assert record.forecast_ends.tolist() == [2026, 2027]


def test_shares_are_given_as_logits():
    record = _record("share", {"2023": "0.25"})
    assert record.link_values == pytest.approx([-math.log(3)])


def test_running_totals_are_given_as_they_stand():
    record = _record("cumulative", {"2023": "100", "2024": "150"}, timing="stock")
    assert record.link_values == pytest.approx(np.log([100, 150]))


def test_real_figures_are_their_own_link_values():
    record = _record("real", {"2023": "-1.5", "2024": "2.5"}, timing="stock", typical_change=2.0)
    assert record.link_values.tolist() == [-1.5, 2.5]
    # one percent of the typical change 2.0, and a rounding of 0.1 / sqrt(12)
    expected = math.hypot(0.02, 0.1 / math.sqrt(12))
    assert record.measurement_sd == pytest.approx([expected, expected])


def test_figures_of_other_bases_are_left_out():
    figures = {"2022": "1.0", "2023": "2.0", "2024": "9.0"}
    record = _record("positive", figures, relations={"other": "same-measure"})
    assert record.values.tolist() == [1.0, 2.0]
    assert record.basis == ""


def test_a_printed_zero_tells_nothing_of_the_error_to_come():
    record = _record("positive", {"2023": "8.0", "2024": "0.0"})
    assert record.forecast_sd == record.measurement_sd[0] < record.measurement_sd[1] == 1.0


def test_arrays_cannot_be_written_to():
    record = _record("positive", {"2023": "8.0"})
    for name in ("values", "link_values", "measurement_sd", "starts", "forecast_ends"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(record, name)[0] = 1.0


def _checked(kind: str, draws: list[list[float]], **fields) -> np.ndarray:
    figures = {"2023": "0.5", "2024": "0.6"} if kind == "share" else {"2023": "5", "2024": "6"}
    timing = "stock" if kind == "cumulative" else "flow"
    record = _record(kind, figures, timing=timing, **fields)
    return check_forecast(np.array(draws), record, where="m.py, function 'f'")


@pytest.mark.parametrize(
    ("kind", "draws", "problem"),
    [
        ("share", [[0.5, 0.5], [0.5, 1.2]], "of 2026 is above 1, and a share never is: 1.2"),
        ("share", [[-0.1, 0.5], [0.5, 0.5]], "of 2025 is below 0, and a share never is: -0.1"),
        ("positive", [[1.0, -2.0]], "of 2026 is below 0, and a positive never is: -2"),
        ("count", [[1.0, math.nan]], "of 2026 is not finite: nan in a draw, 1 of 2 draws"),
        ("real", [[1.0, math.inf]], "of 2026 is not finite"),
        ("cumulative", [[7.0, 6.5]], "of 2026 falls, and a running total never does: 6.5"),
        ("cumulative", [[5.9, 7.0]], "of 2025 falls"),
    ],
)
def test_draws_outside_the_range_of_the_kind_are_refused(kind: str, draws: list, problem: str):
    fields = {"typical_change": 1.0} if kind == "real" else {}
    with pytest.raises(InputError) as caught:
        _checked(kind, draws, **fields)
    assert problem in caught.value.faults[0].problem
    assert caught.value.faults[0].where == "m.py, function 'f'"


def test_rounding_past_a_limit_is_put_back():
    assert _checked("share", [[-1e-12, 1 + 1e-12]]).tolist() == [[0.0, 1.0]]
    assert _checked("positive", [[-1e-12, 3.25]]).tolist() == [[0.0, 3.25]]


def test_counts_are_whole_and_other_figures_stay_as_they_are():
    assert _checked("count", [[1.4, 2.6]]).tolist() == [[1.0, 3.0]]
    assert _checked("cumulative", [[6.0, 6.5]]).tolist() == [[6.0, 6.5]]
    assert _checked("real", [[-4.5, 2.5]], typical_change=1.0).tolist() == [[-4.5, 2.5]]
