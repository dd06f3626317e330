"""Say when a level counts as reached, given how the figure that decides is rounded.

    level 40%, whole percent      reached at 39.5%: it is printed as 40%
    level 1% or less, tenths      reached below 1.05%: it is printed as 1.0%
    level 200 USD billion, tenths of a billion      reached at 199.95

The step is read from the words of the question ('whole percent', 'tenth of a billion dollars');
where they name no step, as 'yes or no' or 'month', the level stands as it is.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.workspace.facts import SeriesEntry

    FloatArray = NDArray[np.float64]

_FRACTIONS = {"whole": 1.0, "half": 0.5, "tenth": 0.1, "hundredth": 0.01, "thousandth": 0.001}
_MULTIPLES = {"tens": 10.0, "hundreds": 100.0, "thousands": 1000.0}
_SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_NO_FIGURES = frozenset({"month", "months", "quarter", "quarters", "year", "years", "day", "days"})
"""Of a date; a question about a level is not rounded by them."""
_CLOSE = 1e-9
"""How far a level may be from a multiple of the step by floating point, in steps."""


def rounding_step(text: str, entry: SeriesEntry) -> float:
    """Return the step to which figures are rounded, in the unit of the series; 0 for none.

    Parameters
    ----------
    text : such as 'whole percent', 'tenth of a billion dollars', 'whole hundreds of megawatts'
    """
    words = re.findall(r"[a-z]+", text.casefold())
    if not words or words[0] not in _FRACTIONS or set(words) & _NO_FIGURES - _units(entry):
        return 0.0
    step = _FRACTIONS[words[0]]
    if {"percent", "point", "points"} & set(words):
        return step / 100 if entry.kind == "share" or entry.unit == "fraction" else step
    for word in words[1:]:
        step *= _MULTIPLES.get(word, 1.0) * _SCALES.get(word, 1.0)
    if not set(words) & set(_SCALES):
        return step  # 'whole tonnes', 'tenth': of the unit, whatever its scale
    return step / math.prod(_SCALES.get(word, 1.0) for word in _units(entry))


def applied_level(level: float, step: float, *, below: bool) -> float:
    """Return the level at which a figure, rounded to a step, is printed at or beyond `level`.

    A figure half-way between two steps is rounded away from zero, upwards here.
    """
    if not step:
        return level
    if below:
        return (math.floor(level / step + _CLOSE) + 0.5) * step
    return (math.ceil(level / step - _CLOSE) - 0.5) * step


def is_beyond(figures: FloatArray, level: float, step: float, *, below: bool) -> NDArray[np.bool_]:
    """Say which figures are at or beyond a level once rounded; any shape."""
    applied = applied_level(level, step, below=below)
    if not step:
        return np.asarray(figures <= applied if below else figures >= applied)
    # a printed figure such as 0.395 must not miss 0.395 by floating point
    slack = step * _CLOSE
    return np.asarray(figures < applied - slack if below else figures >= applied - slack)


def _units(entry: SeriesEntry) -> set[str]:
    """Return the words of a unit."""
    return set(re.findall(r"[a-z]+", entry.unit.casefold()))
