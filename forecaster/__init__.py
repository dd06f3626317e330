"""Bayesian scenario forecasts of short, sourced histories."""

from __future__ import annotations

__version__ = "0.1.0"
