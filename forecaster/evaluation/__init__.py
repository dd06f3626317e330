"""Score forecasts against outcomes."""
