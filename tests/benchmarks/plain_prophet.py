"""Forecast an annual CSV with Prophet and write the same bands: what a competent user would write.

    python tests/benchmarks/plain_prophet.py HISTORY.csv UNTIL BANDS.csv

HISTORY has the columns period (a year) and value.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from prophet import Prophet

COVERAGES = (50, 80, 95)


def main() -> None:
    """Read, fit, draw and write."""
    logging.getLogger("cmdstanpy").setLevel(logging.ERROR)
    source, until, destination = sys.argv[1:]
    history = pd.read_csv(source)
    history = pd.DataFrame(
        {"ds": pd.to_datetime(history["period"].astype(str) + "-12-31"), "y": history["value"]}
    )
    model = Prophet(
        yearly_seasonality=False,
        weekly_seasonality=False,
        daily_seasonality=False,
        uncertainty_samples=4000,
    )
    model.fit(history)
    years = np.arange(history["ds"].dt.year.max() + 1, int(until) + 1)
    future = pd.DataFrame({"ds": pd.to_datetime([f"{year}-12-31" for year in years])})
    draws = model.predictive_samples(future)["yhat"]  # (n_years, n_draws)
    bands = pd.DataFrame(
        {
            "series": Path(source).stem,
            "scenario": "baseline",
            "as_of": pd.Timestamp.today().date(),
            "basis": "",
            "period": years,
            "mean": draws.mean(axis=1),
            "median": np.median(draws, axis=1),
        }
    )
    for coverage in COVERAGES:
        tail = (100 - coverage) / 200
        bands[f"lower_{coverage}"] = np.quantile(draws, tail, axis=1)
        bands[f"upper_{coverage}"] = np.quantile(draws, 1 - tail, axis=1)
    bands["unit"] = ""
    bands.to_csv(destination, index=False)


if __name__ == "__main__":
    main()
