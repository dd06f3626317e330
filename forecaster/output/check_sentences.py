"""Say in words what the checks of a series found."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forecaster.output.digits import count_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.evaluation.check import Check

    FloatArray = NDArray[np.float64]

N_BINS = 5


def summary_sentence(check: Check) -> str:
    """Return whether the fits that the forecast rests on are certified."""
    used = [family for family in check.families if family.forecast_weight > 0]
    names = " and ".join([", ".join(f.family for f in used[:-1]), used[-1].family][len(used) < 2 :])
    failed = [family.family for family in used if not family.report.is_reliable]
    figures = count_of(check.n_figures, "figure")
    verdict = "every fit is certified" if not failed else f"not certified: {', '.join(failed)}"
    return f"Forecast by {names} from {figures}; {verdict}."


def one_step_sentences(check: Check) -> list[str]:
    """Return how the figures fell in what had been said of them one step ahead."""
    if not check.n_folds:
        return ["No figure can be checked one step ahead."]
    if not len(check.pit):
        return [f"{count_of(check.n_folds, 'figure')} one step ahead, none by the forecast's pool."]
    pit = check.pit
    n = len(pit)
    inside = int(((pit >= 0.1) & (pit <= 0.9)).sum())
    below, above = int((pit < 0.1).sum()), int((pit > 0.9).sum())
    fifths = " ".join(str(count) for count in bins_of(pit))
    fell = (
        f"One step ahead, {inside} of {count_of(n, 'figure')} fell in the 80% band, "
        f"{below} below it and {above} above."
    )
    return [fell, f"PIT in fifths, from low to high: {fifths}."]


def bins_of(pit: FloatArray) -> list[int]:
    """Return how many values lie in each of N_BINS equal parts of [0, 1]."""
    index = np.minimum((pit * N_BINS).astype(int), N_BINS - 1)
    return [int((index == k).sum()) for k in range(N_BINS)]


def prior_sentence(check: Check) -> str:
    """Return where the history's changes fall in what was believed before it."""
    found = check.prior
    if found is None:
        return "The history has no change to hold against the prior."
    outside = found.below + found.above
    band = f"{_change(found.lower, check)} to {_change(found.upper, check)}"
    text = (
        f"Prior predictive: {found.in_80} of {count_of(found.n_changes, 'change')} lie in the "
        f"prior's 80% band ({band} over {_years(found.years)})"
    )
    if not outside:
        return f"{text}, none outside its 95% band."
    return f"{text}, {outside} outside its 95% band ({found.below} below, {found.above} above)."


def _change(link: float, check: Check) -> str:
    """Return a change on the link scale in natural units."""
    kind = check.entry.kind
    if kind == "real":
        return f"{link:+.3g} {check.entry.unit}".strip()
    if kind == "share":
        return f"odds x {math.exp(link):.2f}"
    return f"{math.expm1(min(link, 50.0)):+.0%}" if link < 2.0 else f"x {math.exp(link):.3g}"


def _years(years: float) -> str:
    """Return a span of time."""
    if years < 0.95:
        return f"{12 * years:.0f} months"
    return "a year" if abs(years - 1) < 0.05 else f"{years:.1f} years"


def leaning_sentence(check: Check) -> str:
    """Return how a stronger prior would move the forecast."""
    found = check.sensitivity
    if found is None:
        return ""
    return (
        f"A prior of twice the power would move the median of {check.horizon} by "
        f"{found.median_shift:+.0%} of the 80% band's width, and the width by "
        f"{found.width_change:+.0%}."
    )
