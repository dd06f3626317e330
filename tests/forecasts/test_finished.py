"""A finished forecast comes back from its file as it went in."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from forecaster.cli.request import prepare_request
from forecaster.cli.streams import open_streams
from forecaster.forecasts import finished
from forecaster.forecasts.finished import can_be_packed, pack_forecast, unpack_forecast
from forecaster.forecasts.forecast import Forecast
from forecaster.inference.cache import ArrayCache

if TYPE_CHECKING:
    from pathlib import Path

NAMES = (
    "cn-ai-chip-domestic-share",  # a part of a whole, with a judgement
    "us-ai-vc",  # a member of a pool, with judgements
    "hyperscaler-big4-capex",  # a sum of quarters
    "us-ai-vc / cn-ai-vc",  # a formula, which has no entry of its own
    "gulf-dc-mw",  # one figure or none
)


def _make(name: str) -> Forecast:
    from forecaster.cli.request import Asked

    asked = Asked(
        as_of="2026-10-31",
        until="2029",
        coverages=(0.5, 0.8),
        engine="amis",
        model="",
        n_draws=200,
        seed=3,
        use_cache=False,
    )
    request = prepare_request([name], asked, open_streams(is_quiet=True))
    (subject,) = request.subjects
    return subject.run(request.settings, print).forecast(subject.series)


@pytest.mark.parametrize("name", NAMES)
def test_a_forecast_comes_back_from_its_file_to_the_last_bit(name: str, tmp_path: Path) -> None:
    made = _make(name)
    said: list[str] = []
    cache = ArrayCache(tmp_path, said.append)
    cache.store("x", pack_forecast(made))
    stored = cache.load("x")
    assert stored is not None
    back = unpack_forecast(stored)
    assert said == []
    for each in fields(Forecast):
        given, found = getattr(made, each.name), getattr(back, each.name)
        if isinstance(given, np.ndarray):
            assert given.dtype == found.dtype
            assert given.tobytes() == found.tobytes()
        elif each.name == "report":
            # the evidence of a formula is nan, which is not equal to itself
            assert repr(given) == repr(found)
        elif each.name not in ("from_cache", "worlds"):
            assert type(given) is type(found)
            assert given == found, each.name
    assert back.from_cache


def test_draws_left_out_stay_left_out() -> None:
    made = replace(_make("us-ai-vc / cn-ai-vc"), draw_numbers=np.arange(1, 201))
    back = unpack_forecast(pack_forecast(made))
    assert back.draw_numbers is not None
    np.testing.assert_array_equal(back.draw_numbers, made.draw_numbers)


def test_every_field_of_a_forecast_is_kept() -> None:
    # a field added later must be packed too, or shown forecasts would lack it
    stored = pack_forecast(_make("us-ai-vc"))
    kept = {*stored.arrays, *stored.said, "report", "from_cache", "draw_numbers", "worlds"}
    kept.add("prior_shift")  # put beside a forecast that was found, kept or made anew
    assert {each.name for each in fields(Forecast)} <= kept


def test_a_forecast_with_something_that_would_be_lost_is_not_packed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = _make("us-ai-vc")
    assert can_be_packed(made)
    monkeypatch.setattr(finished, "_KNOWN", finished._KNOWN - {"weights"})
    assert made.weights
    assert not can_be_packed(made)
