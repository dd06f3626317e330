"""Name the screen writers in one place; each lives in a file of its own."""

from __future__ import annotations

from forecaster.output.core_screen import print_footings
from forecaster.output.fault_screen import print_faults
from forecaster.output.forecast_screen import print_forecasts, print_reach
from forecaster.output.prior_screen import print_prior
from forecaster.output.series_prior_screen import print_series_prior
from forecaster.output.series_screen import print_entries, print_history

__all__ = [
    "print_entries",
    "print_faults",
    "print_footings",
    "print_forecasts",
    "print_history",
    "print_prior",
    "print_reach",
    "print_series_prior",
]
