"""Answer a question about what no series measures, by quantiles that were stated for it."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

from forecaster.forecasts.question_answer import (
    LEVELS,
    SHARE_LEVELS,
    Footing,
    Found,
    PartShare,
    Spread,
)
from forecaster.workspace.facts import SeriesEntry
from forecaster.workspace.natural_units import expit, logit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forecaster.workspace.question_types import Numeric, Shares, Stated

FRACTION = "fraction"
_FOOTING = Footing("quantiles stated for it alone (judgement)", is_judgement=True)


def answer_stated(ask: Numeric) -> Found:
    """Return the quantiles of a figure that was stated."""
    assert ask.stated is not None  # of a series it is answered elsewhere
    stated = ask.stated
    kind = "share" if stated.unit == FRACTION else "real"
    return Found(
        footing=_FOOTING,
        period=str(ask.period),
        spread=stated_quantiles(stated, LEVELS),
        entry=SeriesEntry("", "", "", stated.unit, kind, "flow"),
    )


def answer_stated_shares(ask: Shares) -> Found:
    """Return median and 80% band of stated parts; the rest is what their medians leave."""
    parts = [
        PartShare(part.name, stated_quantiles(part.stated, SHARE_LEVELS))
        for part in ask.parts
        if part.stated is not None
    ]
    total = sum(part.share.at(0.5) for part in parts)
    warnings = []
    if ask.rest:
        rest = [1 - total] * len(SHARE_LEVELS)
        parts.append(PartShare(ask.rest, Spread(SHARE_LEVELS, tuple(rest), (0.0,) * len(rest))))
        if total > 1:
            warnings.append(f"the medians of the parts sum to {total:.0%}, more than the whole")
    elif abs(total - 1) > 0.02:  # rounding of a few parts to whole percent
        warnings.append(f"the medians of the parts sum to {total:.0%} and not to the whole")
    return Found(
        footing=_FOOTING,
        period=str(ask.period),
        parts=tuple(parts),
        entry=SeriesEntry("", "", "", FRACTION, "share", "flow"),
        warnings=tuple(warnings),
    )


def stated_quantiles(stated: Stated, levels: Sequence[float]) -> Spread:
    """Return quantiles between and beyond those stated, which are met exactly.

    They lie on straight lines over the quantile of a standard normal, on the logit for fractions,
    on the logarithm where all are positive, else as they are; beyond the outermost the last
    line goes on.
    """
    link, back = _link(stated)
    normal = NormalDist()
    xs = [normal.inv_cdf(level) for level, _ in stated.quantiles]
    ys = [link(value) for _, value in stated.quantiles]
    values = []
    for level in levels:
        x = normal.inv_cdf(level)
        k = min(max(sum(x > each for each in xs) - 1, 0), len(xs) - 2)
        slope = (ys[k + 1] - ys[k]) / (xs[k + 1] - xs[k])
        values.append(back(ys[k] + slope * (x - xs[k])))
    return Spread(tuple(levels), tuple(values), (0.0,) * len(values))


def _link(stated: Stated) -> tuple[Callable[[float], float], Callable[[float], float]]:
    """Return the scale on which stated quantiles are joined, and the way back."""
    values = [value for _, value in stated.quantiles]
    if stated.unit == FRACTION and all(0 < value < 1 for value in values):
        return logit, expit
    if min(values) > 0:
        return math.log, math.exp
    return float, float
