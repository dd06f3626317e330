"""Carry the figures of a composition to the logit scale, gathered by publication.

A publication is what appeared on one basis about one window of time: the shares of some parts or
of all. Its figures share one error of publication, beside an error of each figure alone.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from forecaster.models.observations import Observations, link_observations
from forecaster.models.part_existence import (
    SAME_TIME,
    Reading,
    before_entries,
    counted_parts,
    entry_times,
    exist_where_needed,
    existing_parts,
    first_times,
    near_shares,
)
from forecaster.records import frozen
from forecaster.workspace.compositions import rounding_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.models.part_drifts import StatedDrift
    from forecaster.models.part_events import PartEvent
    from forecaster.workspace.composition_beliefs import CompositionPrior
    from forecaster.workspace.compositions import Composition

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]
    IntArray = NDArray[np.int64]


@frozen
class Publications:
    """Figures of a composition on the logit scale; n_rows figures in n publications of K parts.

    The rest, where there is one, is the last of the K parts; it has no figures.

    Attributes
    ----------
    start, end : (n,) window in decimal years; equal for a point
    basis : (n,) index into `bases`
    first : (n + 1,) the figures of publication i are rows first[i] to first[i + 1]
    part : (n_rows,) index of the part
    z : (n_rows,) logit of the share
    noise_sd : (n_rows,) measurement sd of the logit
    exists : (n, K) whether the part is one of those that make up the whole
    is_counted : (n, K) whether it exists and was not printed as zero: the others' figures add up
        to one without a part that is printed as zero, so they say nothing about it
    before_entry : (n, n_entries) whether the publication lies before that entry
    entry_parts : for each entry the parts that entered then
    shares : (n, K) shares near the figures, at which readings are first linearised; 0 where a
        part does not exist
    is_complete : (n,) whether the figures settle all shares
    bases, offset_sd : names, the reference first, and (n_bases,) prior sd of a logit's offset
    target, target_noise_sd : target basis, measurement sd of a logit of its next publication
    log_jacobian : sum of log |dz / dvalue|
    events : dated events that moved parts
    drift : prior of the drifts where growth is stated of parts; None for the default
    """

    start: FloatArray
    end: FloatArray
    basis: IntArray
    first: IntArray
    part: IntArray
    z: FloatArray
    noise_sd: FloatArray
    exists: BoolArray
    is_counted: BoolArray
    before_entry: BoolArray
    entry_parts: tuple[tuple[int, ...], ...]
    shares: FloatArray
    is_complete: BoolArray
    bases: tuple[str, ...]
    offset_sd: FloatArray
    target: int
    target_noise_sd: float
    log_jacobian: float
    has_rest: bool
    events: tuple[PartEvent, ...] = ()
    drift: StatedDrift | None = None

    @property
    def n(self) -> int:
        """How many publications."""
        return len(self.start)

    @property
    def n_rows(self) -> int:
        """How many figures."""
        return len(self.z)

    @property
    def n_parts(self) -> int:
        """How many parts, the rest included."""
        return int(self.exists.shape[1])

    @property
    def publication(self) -> IntArray:
        """(n_rows,) publication of each figure."""
        return np.repeat(np.arange(self.n), np.diff(self.first))


def gather_publications(composition: Composition, prior: CompositionPrior) -> Publications:
    """Return the figures of all parts on the logit scale, by publication.

    Raises
    ------
    InputError
        If a part's history cannot be carried over.
    """
    linked = {
        part: link_observations(history, prior.share)
        for part, history in composition.histories.items()
    }
    sds = sorted(o.target_noise_sd for o in linked.values())
    offset_sd = [
        prior.share.offset_sd[composition.relations[name]] if name in composition.relations else 0.0
        for name in composition.bases
    ]
    return arrange(
        [_readings(linked[part], composition, part) for part in composition.parts],
        bases=composition.bases,
        offset_sd=np.array(offset_sd),
        has_rest=composition.has_rest,
        target=composition.bases.index(composition.target_basis),
        target_noise_sd=sds[len(sds) // 2],
        log_jacobian=math.fsum(o.log_jacobian for o in linked.values()),
    )


def _readings(observations: Observations, composition: Composition, part: str) -> list[Reading]:
    """Return the figures of one part."""
    o = observations
    # observations of shares are in the order of the history's rows
    return [
        Reading(
            (float(o.start[i]), float(o.end[i])),
            row.basis,
            float(o.z[i]),
            float(o.noise_sd[i]),
            rounding_of((row,)),
            row.value == 0.0,
        )
        for i, row in enumerate(composition.histories[part].data)
    ]


def arrange(
    figures: Sequence[Sequence[Reading]],
    *,
    bases: tuple[str, ...],
    offset_sd: FloatArray,
    has_rest: bool,
    target: int,
    target_noise_sd: float,
    log_jacobian: float,
) -> Publications:
    """Return publications in order of their end, and what exists at each.

    Parameters
    ----------
    figures : for each part but the rest its figures
    """
    seen = _by_publication(figures, bases)
    start = np.array([next(iter(group.values())).window[0] for group in seen])
    end = np.array([next(iter(group.values())).window[1] for group in seen])
    n_parts = len(figures) + has_rest
    begun = first_times(seen, start, n_parts)
    if not has_rest:
        exist_where_needed(begun, seen, start, end)
    exists = existing_parts(begun, start, end)
    entries = entry_times(begun[: len(figures)], start, end) if has_rest else []
    shares, is_complete = near_shares(seen, exists, (start + end) / 2, has_rest=has_rest)
    every = [reading for group in seen for reading in group.values()]
    return Publications(
        start=start,
        end=end,
        basis=np.array([bases.index(next(iter(g.values())).basis) for g in seen], dtype=np.int64),
        first=np.cumsum([0, *(len(group) for group in seen)]),
        part=np.array([part for group in seen for part in group], dtype=np.int64),
        z=np.array([reading.z for reading in every]),
        noise_sd=np.array([reading.sd for reading in every])
        * (1.0 if has_rest else _surpluses(seen, exists)),
        exists=exists,
        is_counted=counted_parts(seen, exists),
        before_entry=before_entries(entries, start, end),
        entry_parts=_parts_by_entry(begun[: len(figures)], entries),
        shares=shares,
        is_complete=is_complete,
        bases=bases,
        offset_sd=offset_sd,
        target=target,
        target_noise_sd=target_noise_sd,
        log_jacobian=log_jacobian,
        has_rest=has_rest,
    )


def _by_publication(
    figures: Sequence[Sequence[Reading]], bases: tuple[str, ...]
) -> list[dict[int, Reading]]:
    """Return the figures of each publication by part, publications in order of their end."""
    groups: dict[tuple[float, float, int], dict[int, Reading]] = defaultdict(dict)
    for part, readings in enumerate(figures):
        for reading in readings:
            opens, closes = (round(edge, 9) for edge in reading.window)
            groups[closes, opens, bases.index(reading.basis)][part] = reading
    return [groups[key] for key in sorted(groups)]


def _parts_by_entry(begun: FloatArray, entries: Sequence[float]) -> tuple[tuple[int, ...], ...]:
    """Return for each time at which parts enter which ones do."""
    return tuple(
        tuple(k for k, time in enumerate(begun) if abs(time - entry) < SAME_TIME)
        for entry in entries
    )


def _surpluses(seen: Sequence[dict[int, Reading]], exists: NDArray[np.bool_]) -> FloatArray:
    """Return by how much the sd of every figure grows, publication by publication."""
    return np.array(
        [_surplus(len(group), int(exists[i].sum())) for i, group in enumerate(seen) for _ in group]
    )


def _surplus(n_figures: int, n_existing: int) -> float:
    """Return by how much sds grow where all parts are published: K shares are K - 1 figures."""
    if n_figures < n_existing or n_figures < 2:
        return 1.0
    return math.sqrt(n_figures / (n_figures - 1))
