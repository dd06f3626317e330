"""Small forecasts made by hand, for derived series."""

from __future__ import annotations

from datetime import date

import numpy as np

from forecaster.forecasts.forecast import Forecast, Manifest
from forecaster.inference.report import FitReport
from forecaster.workspace.derived_series import resolve_formula
from forecaster.workspace.facts import History, Row, SeriesEntry, Source
from forecaster.workspace.formulas import parse_formula
from forecaster.workspace.periods import parse_period

MANIFEST = Manifest(
    version="1", seed=1, n_draws=3, engine="amis", model="trend", facts_hash="f", beliefs_hash="b"
)


def entry_of(id_, kind="positive", timing="flow", unit="USD billion"):
    return SeriesEntry(id=id_, title=id_, title_zh=id_, unit=unit, kind=kind, timing=timing)


def row_of(entry, period, printed, *, published="2026-02-01", quality="reported", basis=""):
    source = Source(f"s-{published}", "t", "p", date.fromisoformat(published), "stated", "")
    where = f"history/{entry.id}.csv, line 2"
    return Row(
        entry.id, parse_period(period), float(printed), printed, entry.unit, basis, quality,
        source, "", where,
    )  # fmt: skip


def history_of(entry, rows, *, basis=""):
    return History(
        entry, date(2026, 6, 30), tuple(rows), (basis,), basis, published=tuple(rows),
        notes=(f"note of {entry.id}",),
    )  # fmt: skip


def forecast_of(history, periods, draws, **changes):
    fields = {
        "history": history, "scenario": "baseline",
        "periods": tuple(parse_period(period) for period in periods),
        "trajectories": np.array(draws, dtype=float), "quantity": "published",
        "coverages": (0.8,), "report": report_of(), "manifest": MANIFEST,
    }  # fmt: skip
    return Forecast(**(fields | changes))


def report_of(**changes):
    fields = {
        "engine": "amis", "k_hat": 0.1, "ess": 2000.0, "log_evidence": -3.0,
        "evidence_gap": 0.01, "n_points": 1000, "rounds": 2,
    }  # fmt: skip
    return FitReport(**(fields | changes))


def resolved_of(text, *entries, **definitions):
    return resolve_formula(
        parse_formula(text),
        entries={entry.id: entry for entry in entries},
        definitions={name: parse_formula(formula) for name, formula in definitions.items()},
    )
