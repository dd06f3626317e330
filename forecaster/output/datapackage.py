"""Describe a CSV of bands as a Frictionless data package."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from forecaster.output.footer import warning_lines
from forecaster.output.json_output import diagnostics_record, json_text, sources_record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forecaster.forecasts.forecast import Forecast
    from forecaster.output.atomic import Written

_FIELDS: dict[str, tuple[str, str]] = {
    "series": ("string", "id of the series"),
    "scenario": ("string", "scenario; 'baseline' forces nothing"),
    "as_of": ("date", "only what was published by this day was used"),
    "basis": ("string", "what the figures count, and who counts"),
    "period": ("string", "2024, 2024-H1, 2024-Q3, 2024-06 or 2024-06-15"),
    "draw": ("integer", "number of the draw, the same in every series"),
    "quantile_level": ("number", "probability at which the quantile is taken"),
    "value": ("number", "value, in `unit`"),
    "mean": ("number", "mean, in `unit`; empty for positive, count and cumulative series"),
    "median": ("number", "median, in `unit`"),
    "unit": ("string", "unit of the values; 'fraction' is a share of one"),
}
_KEYS = ("series", "scenario", "as_of", "basis", "draw", "period", "quantile_level")


def package_text(
    forecasts: Sequence[Forecast], columns: Sequence[str], *, name: str, written: Written
) -> str:
    """Return the data package of a CSV, with the manifest of every series in it.

    Parameters
    ----------
    forecasts
        what the CSV holds
    columns
        its columns, in order
    name
        its file name, without a folder
    written
        its hash and size

    """
    key = [column for column in columns if column in _KEYS]
    resource = table_resource([_field(each) for each in columns], key, name=name, written=written)
    return json_text(
        {
            "profile": "tabular-data-package",
            "name": resource_name(name),
            "resources": [resource],
            "forecasts": [_forecast_record(forecast) for forecast in forecasts],
        }
    )


def table_resource(
    fields: Sequence[Mapping[str, str]], key: Sequence[str], *, name: str, written: Written
) -> dict[str, Any]:
    """Return the description of a CSV.

    Parameters
    ----------
    fields : name, type and description of each column, in order
    key : columns that tell rows apart
    name : of the file, without a folder
    """
    return {
        "profile": "tabular-data-resource",
        "name": resource_name(name),
        "path": name,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": written.n_bytes,
        "hash": f"sha256:{written.sha256}",
        "dialect": {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "header": True},
        "schema": {
            "fields": [dict(field) for field in fields],
            "missingValues": [""],
            "primaryKey": list(key),
        },
    }


def _forecast_record(forecast: Forecast) -> dict[str, Any]:
    """Return what produced the numbers of one series, and how far they can be trusted.

    Whether the posterior came from the cache is not said: the same forecast has the same bytes.
    """
    history = forecast.history
    return {
        "series": history.entry.id,
        "title": history.entry.title,
        "scenario": forecast.scenario,
        "as_of": history.as_of.isoformat(),
        "basis": history.target_basis,
        "quantity": forecast.quantity,
        "manifest": forecast.manifest.record(),
        "diagnostics": diagnostics_record(forecast),
        "sources": sources_record(history),
        "warnings": warning_lines(forecast),
    }


def _field(column: str) -> dict[str, str]:
    """Return the schema of one column."""
    end, _, coverage = column.partition("_")
    if end in ("lower", "upper") and coverage:
        description = f"{end} end of the central {coverage}% band, in `unit`"
        return {"name": column, "type": "number", "description": description}
    kind, description = _FIELDS[column]
    return {"name": column, "type": kind, "description": description}


def resource_name(name: str) -> str:
    """Return a name of the letters that the standard allows."""
    stem = name.rpartition(".")[0] or name
    return re.sub(r"[^-a-z0-9._/]+", "-", stem.lower()).strip("-") or "bands"
