"""Turn forecasts, and answers about a level, into records for machines."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from forecaster.forecasts.bands import band_table
from forecaster.output.chart_points import coverage_label
from forecaster.output.driver_sentences import driver_record
from forecaster.output.footer import warning_lines
from forecaster.output.given_sentences import given_record
from forecaster.output.prior_sentences import prior_record
from forecaster.output.reach_sentences import reach_sentences, settled_sentences
from forecaster.output.sentences import forecast_sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from forecaster.forecasts.bands import Bands
    from forecaster.forecasts.forecast import Forecast, Reach, Settled
    from forecaster.workspace.facts import History, Row


def forecast_record(forecast: Forecast) -> dict[str, Any]:
    """Return a forecast as plain lists, numbers and texts, in full precision.

    Keys: `series`, `title`, `unit`, `kind`, `scenario`, `as_of`, `basis`, `quantity`, `sentence`,
    `periods`, `median`, `mean` (null for positive, count and cumulative), `bands` (by coverage in
    percent: `lower`, `upper`), `mcse` (by quantile level), `history`, `sources`, `rests_on`,
    `drivers` (quantiles of the last period by world; null where no driver moves it),
    `given` (what was taken as seen: `conditions`, `chance`, `ess`, `median_without`, `median_with`
    and more; null where nothing was),
    `judgements` (`used`, `left_out`, medians `without` and `with`; null where there are none),
    `prior_shift` (quantiles of the last period `before` and `after`; null where no belief was
    changed for this run), `families` (name -> share of the draws), `warnings`, `manifest` and
    `diagnostics`.
    """
    bands = band_table(forecast)
    entry, history = forecast.history.entry, forecast.history
    return {
        "series": entry.id,
        "title": entry.title,
        "unit": entry.unit,
        "kind": entry.kind,
        "scenario": forecast.scenario,
        "as_of": history.as_of.isoformat(),
        "basis": history.target_basis,
        "quantity": forecast.quantity,
        "sentence": forecast_sentence(forecast, bands),
        **_bands_record(bands),
        "history": [_row_record(row) for row in history.data],
        "sources": sources_record(history),
        "rests_on": forecast.footing.text if forecast.footing else "",
        "judgements": _judgements_record(forecast),
        "drivers": driver_record(forecast),
        "given": given_record(forecast),
        "prior_shift": prior_record(forecast),
        "families": dict(forecast.weights),
        "warnings": warning_lines(forecast),
        "manifest": forecast.manifest.record(),
        "diagnostics": diagnostics_record(forecast),
    }


def _judgements_record(forecast: Forecast) -> dict[str, Any] | None:
    """Return what judgements did to the last median."""
    shift = forecast.judgements
    if shift is None:
        return None
    return {
        "used": shift.n_used,
        "left_out": shift.n_left_out,
        "period": str(shift.period),
        "median_without": _number(shift.without),
        "median_with": _number(shift.with_them),
    }


def reach_record(reach: Reach) -> dict[str, Any]:
    """Return an answer about a level as plain lists, numbers and texts.

    Keys: `sentences`, `level`, `below`, `by_period`, `first_in_period`, `at_or_beyond`, `mcse`,
    `never`, `passed`, and `forecast`, the record of the forecast it was counted on.
    """
    return {
        "sentences": reach_sentences(reach),
        "level": reach.level,
        "below": reach.below,
        "by_period": _numbers(reach.by_period),
        "first_in_period": _numbers(reach.first_in_period),
        "at_or_beyond": _numbers(reach.at_or_beyond),
        "mcse": _numbers(reach.mcse),
        "never": _number(reach.never),
        "passed": [_row_record(row) for row in reach.passed],
        "forecast": forecast_record(reach.forecast),
    }


def settled_record(settled: Settled) -> dict[str, Any]:
    """Return an answer that history has given as plain lists, numbers and texts.

    Keys: `sentences`, `level`, `below`, `by`, `is_reached`, `series`, `unit`, `as_of`, `basis`,
    `figures`, `passed` and `sources`.
    """
    history = settled.history
    return {
        "sentences": settled_sentences(settled),
        "level": settled.level,
        "below": settled.below,
        "by": str(settled.by),
        "is_reached": settled.is_reached,
        "series": history.entry.id,
        "unit": history.entry.unit,
        "as_of": history.as_of.isoformat(),
        "basis": history.target_basis,
        "figures": [_row_record(row) for row in settled.figures],
        "passed": [_row_record(row) for row in settled.passed],
        "sources": sources_record(history),
    }


def forecasts_json(records: Sequence[dict[str, Any]]) -> str:
    """Return records as JSON text: one object for one record, a list for several.

    Keys are sorted, what is not finite is null, and the same records give the same bytes.
    """
    return json_text(records[0] if len(records) == 1 else list(records))


def json_text(record: object) -> str:
    """Return plain data as JSON text that ends with a line feed."""
    import json

    return json.dumps(_finite(record), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def diagnostics_record(forecast: Forecast) -> dict[str, Any]:
    """Return the numbers by which the fit was certified."""
    report = forecast.report
    return {**_finite(asdict(report)), "is_reliable": report.is_reliable}


def sources_record(history: History) -> list[dict[str, str]]:
    """Return the sources of the figures that entered the fit, by id."""
    used = {row.source.id: row.source for row in history.data}
    return [
        {
            "id": source.id,
            "title": source.title,
            "publisher": source.publisher,
            "published": source.published.isoformat(),
            "published_is": source.published_is,
            "url": source.url,
        }
        for _, source in sorted(used.items())
    ]


def _bands_record(bands: Bands) -> dict[str, Any]:
    """Return the numbers of a forecast."""
    ends = {coverage_label(coverage): bands.band(coverage) for coverage in bands.coverages}
    return {
        "periods": [str(period) for period in bands.periods],
        "median": _numbers(bands.median),
        "mean": None if bands.mean is None else _numbers(bands.mean),
        "bands": {
            label: {"lower": _numbers(lower), "upper": _numbers(upper)}
            for label, (lower, upper) in ends.items()
        },
        "mcse": {
            f"{level:g}": _numbers(errors)
            for level, errors in zip(bands.quantile_levels, bands.mcse, strict=True)
        },
    }


def _row_record(row: Row) -> dict[str, Any]:
    """Return one published figure."""
    return {
        "period": str(row.period),
        "value": _number(row.value),
        "basis": row.basis,
        "quality": row.quality,
        "source": row.source.id,
        "published": row.source.published.isoformat(),
    }


def _numbers(values: Iterable[float]) -> list[float | None]:
    """Return plain numbers, null for what is not finite."""
    return [_number(value) for value in values]


def _number(value: float) -> float | None:
    """Return a plain number, or None where it is not finite."""
    plain = float(value)
    return plain if math.isfinite(plain) else None


def _finite(record: Any) -> Any:
    """Return the same data with None for every number that is not finite."""
    if isinstance(record, dict):
        return {key: _finite(value) for key, value in record.items()}
    if isinstance(record, (list, tuple)):
        return [_finite(value) for value in record]
    if isinstance(record, float):
        return _number(record)
    return record
