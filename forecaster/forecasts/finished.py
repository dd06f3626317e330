"""Turn a finished forecast into arrays and plain values, and back, to keep it between runs.

What comes back is equal to what was given, to the last bit: a forecast shown from the cache has
the same bytes as one made anew.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING, Any

from forecaster.forecasts.forecast import Forecast, Manifest
from forecaster.inference.cache import Stored
from forecaster.workspace.facts import History, LeftOut, Row, SeriesEntry, Source
from forecaster.workspace.periods import parse_period

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from forecaster.forecasts.driver_shift import DriverShift
    from forecaster.forecasts.given_shift import GivenShift
    from forecaster.forecasts.judgement_shift import JudgementShift
    from forecaster.workspace.footing import Footing

_ARRAYS = ("trajectories", "theta_index", "draw_numbers")
_PLAIN = ("scenario", "quantity", "warnings", "has_mean", "weights")


_KNOWN = {
    *_ARRAYS, *_PLAIN, "periods", "coverages", "manifest", "judgements", "footing", "history",
    "report", "from_cache", "drivers", "worlds",
    "given",
}  # fmt: skip


def can_be_packed(forecast: Forecast) -> bool:
    """Say whether a forecast holds nothing that `pack_forecast` would lose and others ask for."""
    return not any(getattr(forecast, f.name) for f in fields(forecast) if f.name not in _KNOWN)


def pack_forecast(forecast: Forecast) -> Stored:
    """Return what a file keeps of a forecast: of other worlds only what they come to."""
    sources, rows = _Numbered(), _Numbered()
    history = _pack_history(forecast.history, rows)
    row_table = [_pack_row(row, sources) for row in rows.found]
    said = {name: getattr(forecast, name) for name in _PLAIN}
    said |= {
        "periods": [str(period) for period in forecast.periods],
        "coverages": forecast.coverages,
        "manifest": forecast.manifest.record(),
        "judgements": _pack_shift(forecast.judgements),
        "drivers": _pack_drivers(forecast.drivers),
        "footing": None if forecast.footing is None else _values(forecast.footing),
        "given": _pack_given(forecast.given),
        "history": history,
        "rows": row_table,
        "sources": [_pack_source(source) for source in sources.found],
    }
    arrays = {name: getattr(forecast, name) for name in _ARRAYS}
    kept = {name: array for name, array in arrays.items() if array is not None}
    return Stored(kept, forecast.report, said)


def unpack_forecast(stored: Stored) -> Forecast:
    """Return the forecast that `pack_forecast` packed, marked as one from the cache.

    Raises
    ------
    ValueError, KeyError, TypeError, IndexError, AttributeError
        If it is anything else.
    """
    said = stored.said
    sources = [_unpack_source(cells) for cells in said["sources"]]
    rows = [_unpack_row(cells, sources) for cells in said["rows"]]
    plain: dict[str, Any] = {name: said[name] for name in _PLAIN}
    plain |= {name: stored.arrays.get(name) for name in _ARRAYS}
    return Forecast(
        **plain | {"warnings": tuple(said["warnings"])},
        history=_unpack_history(said["history"], rows),
        periods=tuple(map(parse_period, said["periods"])),
        coverages=tuple(said["coverages"]),
        report=stored.report,
        manifest=Manifest(**said["manifest"]),
        from_cache=True,
        judgements=_unpack_shift(said["judgements"]),
        drivers=_unpack_drivers(said["drivers"]),
        footing=_unpack_footing(said["footing"]),
        given=_unpack_given(said["given"]),
    )


class _Numbered:
    """Things in the order in which they were first met, each once."""

    def __init__(self) -> None:
        self.found: dict[Any, int] = {}

    def number(self, thing: object) -> int:
        """Return the number of a thing, a new one if it was not met before."""
        return self.found.setdefault(thing, len(self.found))

    def numbers(self, things: Iterable[object]) -> list[int]:
        """Return the numbers of several things."""
        return [self.number(thing) for thing in things]


def _values(record: Any) -> dict[str, Any]:
    """Return the fields of a record of plain values."""
    return {each.name: getattr(record, each.name) for each in fields(record)}


def _pack_source(source: Source) -> list[str]:
    return [
        source.id, source.title, source.publisher, source.published.isoformat(),
        source.published_is, source.url,
    ]  # fmt: skip


def _unpack_source(cells: Sequence[str]) -> Source:
    name, title, publisher, published, published_is, url = cells
    return Source(name, title, publisher, date.fromisoformat(published), published_is, url)


def _pack_row(row: Row, sources: _Numbered) -> list[Any]:
    return [
        row.series, str(row.period), row.value, row.printed, row.unit, row.basis, row.quality,
        sources.number(row.source), row.note, row.where,
    ]  # fmt: skip


def _unpack_row(cells: Sequence[Any], sources: Sequence[Source]) -> Row:
    series, period, value, printed, unit, basis, quality, source, note, where = cells
    return Row(
        series, parse_period(period), value, printed, unit, basis, quality, sources[source],
        note, where,
    )  # fmt: skip


def _pack_entry(entry: SeriesEntry) -> dict[str, Any]:
    """Return an entry as plain values."""
    said = _values(entry)
    said["relations"], said["left_out"] = dict(entry.relations), dict(entry.left_out)
    said["computed_periods"] = sorted(entry.computed_periods)
    return said


def _unpack_entry(said: Mapping[str, Any]) -> SeriesEntry:
    """Return the entry that was packed."""
    pairs = frozenset((basis, period) for basis, period in said["computed_periods"])
    return SeriesEntry(**{**said, "computed_periods": pairs})


def _pack_history(history: History, rows: _Numbered) -> dict[str, Any]:
    """Return a history as plain values; its rows by number."""
    return {
        "entry": _pack_entry(history.entry),
        "as_of": history.as_of.isoformat(),
        "data": rows.numbers(history.data),
        "published": rows.numbers(history.published),
        "left_out": [[rows.number(out.row), out.reason] for out in history.left_out],
        "bases": history.bases,
        "target_basis": history.target_basis,
        "notes": history.notes,
    }


def _unpack_history(said: Mapping[str, Any], rows: Sequence[Row]) -> History:
    """Return the history that was packed."""
    return History(
        entry=_unpack_entry(said["entry"]),
        as_of=date.fromisoformat(said["as_of"]),
        data=tuple(rows[i] for i in said["data"]),
        bases=tuple(said["bases"]),
        target_basis=said["target_basis"],
        left_out=tuple(LeftOut(rows[i], reason) for i, reason in said["left_out"]),
        notes=tuple(said["notes"]),
        published=tuple(rows[i] for i in said["published"]),
    )


def _pack_shift(shift: JudgementShift | None) -> dict[str, Any] | None:
    """Return what judgements did as plain values."""
    if shift is None:
        return None
    said = _values(shift)
    return said | {"series": _pack_entry(shift.series), "period": str(shift.period)}


def _unpack_shift(said: Mapping[str, Any] | None) -> JudgementShift | None:
    """Return what judgements did, where there were any."""
    if said is None:
        return None
    from forecaster.forecasts.judgement_shift import JudgementShift

    series, period = _unpack_entry(said["series"]), parse_period(said["period"])
    return JudgementShift(**{**said, "series": series, "period": period})


def _unpack_footing(said: Mapping[str, Any] | None) -> Footing | None:
    """Return what the forecast rests on, where that is known."""
    if said is None:
        return None
    from forecaster.workspace.footing import Footing

    return Footing(**{**said, "bases": tuple(said["bases"]), "inputs": tuple(said["inputs"])})


def _pack_drivers(shift: DriverShift | None) -> dict[str, Any] | None:
    """Return what drivers did as plain values."""
    if shift is None:
        return None
    return _values(shift) | {"series": _pack_entry(shift.series), "period": str(shift.period)}


def _unpack_drivers(said: Mapping[str, Any] | None) -> DriverShift | None:
    """Return what drivers did, where any moves the series."""
    if said is None:
        return None
    from forecaster.forecasts.driver_shift import DriverShift

    quantiles, errors = (
        {world: (low, mid, high) for world, (low, mid, high) in said[name].items()}
        for name in ("quantiles", "errors")
    )
    series, period = _unpack_entry(said["series"]), parse_period(said["period"])
    return DriverShift(series, period, said["scenario"], quantiles, errors, said["spreads"])


def _pack_given(given: GivenShift | None) -> dict[str, Any] | None:
    """Return what was taken as seen as plain values."""
    return None if given is None else _values(given) | {"period": str(given.period)}


def _unpack_given(said: Mapping[str, Any] | None) -> GivenShift | None:
    """Return what was taken as seen, where anything was."""
    if said is None:
        return None
    from forecaster.forecasts.given_shift import GivenShift

    known = {
        "conditions": tuple(said["conditions"]),
        "decided": tuple(said["decided"]),
        "period": parse_period(said["period"]),
        "drivers": tuple((name, before, after) for name, before, after in said["drivers"]),
    }
    return GivenShift(**{**said, **known})
