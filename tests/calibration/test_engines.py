"""The default engine against NUTS on a dozen shipped series, forecasts and all.

`python -m pytest -m slow -s tests/calibration/test_engines.py` prints the differences.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from forecaster.forecasts.bands import band_table
from forecaster.pipeline import Settings, make_forecast
from forecaster.workspace.beliefs import load_beliefs
from forecaster.workspace.reader import SHIPPED, load_facts

DOZEN = (
    "hyperscaler-big4-capex",
    "world-internet-users-share",
    "us-ai-private-investment",
    "cn-ai-chip-domestic-share",
    "smic-revenue",
    "nvidia-total-revenue",
    "cn-ree-mine-share",
    "us-notable-models",
    "qwen-derivatives",
    "us-gpu-cluster-performance-share",
    "cn-ic-imports-value",
    "top500-total-rmax",
)
N_DRAWS = 20_000


def _bands(series, engine):
    facts = load_facts(SHIPPED, [series])
    settings = Settings(
        as_of=date(2026, 10, 31), until="2030", engine=engine, n_draws=N_DRAWS, use_cache=False
    )
    forecast = make_forecast(facts, series, load_beliefs(SHIPPED), settings, announce=print)
    assert forecast.report.engine == engine
    return band_table(forecast)


@pytest.mark.slow
@pytest.mark.parametrize("series", DOZEN)
def test_nuts_forecasts_what_the_default_engine_forecasts(series):
    amis, nuts = _bands(series, "amis"), _bands(series, "nuts")
    difference = np.abs(amis.values - nuts.values)
    # a quantile of whole numbers may lie on either side of a step
    step = 1.0 if np.array_equal(amis.values, np.rint(amis.values)) else 0.0
    error = np.maximum(np.hypot(amis.mcse, nuts.mcse), 1e-300)
    apart = np.where(difference <= step, 0.0, difference / error)
    print(f"{series}: largest of {apart.size} differences {apart.max():.1f} standard errors")
    # some 420 differences, in a dozen blocks that move together: 4 is exceeded about once in 40
    assert apart.max() < 4.0
