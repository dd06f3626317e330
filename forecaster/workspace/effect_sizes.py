"""Read sizes of what drivers will do, by the kind of the series and the shape of the effect.

            share                      amounts, counts                        real
step, ramp, pulse   percentage points at       percent                      its unit
slope       percentage points a year   percentage points of growth a year     its unit a year
growth      times                      times                                  times
cap         share                      the series' unit                       -
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.workspace.belief_tables import Normal
from forecaster.workspace.faults import did_you_mean, quoted
from forecaster.workspace.stated_sizes import (
    PERCENT,
    POINTS,
    SIZE_KEYS,
    StatedSize,
    check_unit,
    fit_size,
    read_at,
    read_quantiles,
)

if TYPE_CHECKING:
    from forecaster.workspace.blocks import Block
    from forecaster.workspace.facts import SeriesEntry

SHAPES = ("step", "ramp", "pulse", "slope", "growth", "cap")
_LINK_WORDS = {"share": "logit units", "real": "units of the series"}


def read_effect_size(
    block: Block, entry: SeriesEntry, shape: str, *, reason: str
) -> tuple[StatedSize, Normal]:
    """Read `size` of an effect, as it was stated and as a normal prior on the link scale.

    Parameters
    ----------
    shape : one of SHAPES

    Returns
    -------
    stated, prior : the prior is of the shift of the link for a step, ramp or pulse, of the shift
        a year for a slope, of the log of the multiplier for growth, of the link of the cap for one

    Raises
    ------
    InputError
        If the unit does not suit kind and shape, points have no level, or the quantiles are none.
    """
    _check_keys(block)
    unit, scale = _unit_and_scale(block, entry, shape)
    check_unit(block, entry, unit)
    stated = StatedSize(
        quantiles=read_quantiles(block),
        unit=unit,
        at=read_at(block, entry, has_level=scale == "points"),
        scale=scale,
        growth_at=_read_growth_at(block, is_growth=scale == "growth"),
    )
    return stated, fit_size(
        block, entry, stated, Normal(0.0, 0.0, _link_unit(entry, shape), reason)
    )


def _check_keys(block: Block) -> None:
    """Refuse a key of the size that has no meaning."""
    table = block.find("size")
    if not isinstance(table, dict):
        fix = 'write size = { quantiles = { "10%" = 1, "90%" = 5 }, unit = "percent" }'
        raise block.fault("size", "the effect has no size", fix)
    for key in table:
        if key not in SIZE_KEYS:
            fix = did_you_mean(key, SIZE_KEYS) or f"use {', '.join(SIZE_KEYS)}"
            raise block.fault(f"size.{key}", f"the key {quoted(key)} has no meaning here", fix)


def _unit_and_scale(block: Block, entry: SeriesEntry, shape: str) -> tuple[str, str]:
    """Return the unit that suits kind and shape, and the scale of `StatedSize` it is read on."""
    kind = entry.kind if entry.kind in ("share", "real") else "amount"
    if shape == "growth":
        return "times", "log"
    if shape == "cap":
        if kind == "real":
            problem = f"{quoted(entry.id)} can be any number, so it has no cap"
            raise block.fault("shape", problem, "use step, ramp, pulse, slope or growth")
        return ("share", "logit") if kind == "share" else (entry.unit, "log")
    if shape == "slope":
        return {
            "share": (f"{POINTS} a year", "points"),
            "amount": (f"{POINTS} of growth a year", "growth"),
            "real": (f"{entry.unit} a year", "plain"),
        }[kind]
    return {
        "share": (POINTS, "points"),
        "amount": (PERCENT, "percent"),
        "real": (entry.unit, "plain"),
    }[kind]


def _read_growth_at(block: Block, *, is_growth: bool) -> float:
    """Return the growth a year at which points of growth are meant; 0 where it is left out."""
    if not block.has("size.growth_at"):
        return 0.0
    if not is_growth:
        problem = "'growth_at' is for points of growth alone"
        raise block.fault("size.growth_at", problem, "remove 'growth_at'")
    growth = block.number("size.growth_at")
    if not growth > -1:
        problem = f"'growth_at' is {growth:g}, a loss of everything or more"
        raise block.fault("size.growth_at", problem, "write a fraction a year, such as 0.3")
    return growth


def _link_unit(entry: SeriesEntry, shape: str) -> str:
    """Return the unit of the prior in words."""
    if shape == "growth":
        return "log of the multiplier"
    unit = _LINK_WORDS.get(entry.kind, "log units")
    return {"slope": f"{unit} a year", "cap": f"{unit} of the cap"}.get(shape, unit)
