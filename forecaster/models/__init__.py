"""One model family per file."""

MODELS = {"trend": "level and slope that change slowly, with a slope that returns to its own drift"}
"""Name of a model family -> what it assumes."""
