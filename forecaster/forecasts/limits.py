"""Hold drawn figures within what a series can be: records that cannot fall, and fixed bounds.

No family knows these limits, so they act on the draws and not on the fit:

    never falls     the highest so far, period by period, from the last published figure on
    least, most     a draw beyond stands at the bound, so that quantiles within stay as they are
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.workspace.facts import History
    from forecaster.workspace.periods import Period

    FloatArray = NDArray[np.float64]


def within_limits(
    trajectories: FloatArray, history: History, periods: Sequence[Period]
) -> tuple[FloatArray, tuple[str, ...]]:
    """Return trajectories within the limits of their series, and what is to be said about it.

    Parameters
    ----------
    trajectories : (n_draws, n_periods), unit of the series
    history : of the series; a record starts from its highest figure on the target basis
    periods : of the columns

    Returns
    -------
    limited : (n_draws, n_periods); `trajectories` itself where the series has no limits
    said : one sentence for every limit that moved a draw, and one about a limit that moves none
    """
    entry, last = history.entry, periods[-1]
    found, said = trajectories, []
    if entry.never_falls:
        seen = [row.value for row in history.published if row.basis == history.target_basis]
        found = np.maximum.accumulate(np.maximum(found, max(seen, default=-np.inf)), axis=1)
        said += _moved(trajectories, found, "it cannot fall", last)
    if entry.least is not None:
        raised = np.maximum(found, entry.least)
        said += _moved(found, raised, f"it cannot be under {entry.least:g}", last)
        found = raised
    if entry.most is not None:
        lowered = np.minimum(found, entry.most)
        said += _moved(found, lowered, f"it cannot be over {entry.most:g}", last)
        found = lowered
    if entry.part_of:
        said.append(
            f"it is a part of {entry.part_of}, which is forecast apart from it: "
            "a draw may exceed that of the whole"
        )
    return found, tuple(said)


def _moved(before: FloatArray, after: FloatArray, limit: str, last: Period) -> list[str]:
    """Return the sentence about a limit, where it moved any draw."""
    if np.array_equal(before, after):
        return []
    share = float(np.mean(before[:, -1] != after[:, -1]))
    shown = "less than 1%" if share < 0.01 else f"{share:.0%}"
    return [f"{limit}: {shown} of the draws of {last} would have, and stand at the limit instead"]
