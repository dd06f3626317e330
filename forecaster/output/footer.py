"""Say under a result where it comes from: sources, vintage, engine and its checks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from forecaster.output.digits import count_of, format_number
from forecaster.output.judgement_sentences import families_sentence
from forecaster.output.plain import safe_text

if TYPE_CHECKING:
    from datetime import date

    from forecaster.forecasts.forecast import Forecast
    from forecaster.workspace.facts import History

MOST_PUBLISHERS = 6
"""Publishers named in a footer; the rest are counted, and 'show' names them."""


def footer_lines(forecast: Forecast) -> list[str]:
    """Return the lines under a forecast."""
    report, manifest, history = forecast.report, forecast.manifest, forecast.history
    newest = vintage_text(history) if history.data else f"As of {history.as_of}"
    k_hat = "none" if math.isnan(report.k_hat) else f"{report.k_hat:.2f}"
    vintage_line = (
        f"{newest}; "
        f"{count_of(len(history.data), 'figure')} fitted, {len(history.left_out)} left out."
    )
    fit_line = (
        f"Fit: engine {report.engine}, k-hat {k_hat}, ESS {format_number(report.ess, whole=True)}, "
        f"{forecast.trajectories.shape[0]:,} draws, seed {manifest.seed}, "
        f"model {safe_text(manifest.model)}, version {manifest.version}."
    )
    families = families_sentence(forecast)
    return [f"{sources_text(history)}.", vintage_line, *([families] if families else []), fit_line]


def vintage_text(history: History) -> str:
    """Return the newest publication used, and the day whose knowledge it is."""
    return f"Vintage: newest publication used {vintage(history)}; as of {history.as_of}"


def warning_lines(forecast: Forecast) -> list[str]:
    """Return what a reader must know before using the numbers."""
    failures = forecast.report.failures
    unreliable = [f"the fit is unreliable: {'; '.join(failures)}"] if failures else []
    return list(dict.fromkeys([*unreliable, *forecast.history.notes, *forecast.warnings]))


def vintage(history: History) -> date:
    """Return the newest publication date among the figures that enter the fit."""
    return max((row.source.published for row in history.data), default=history.as_of)


def sources_text(history: History) -> str:
    """Return the sources of the fitted figures, by publisher, those with the newest first."""
    newest: dict[str, date] = {}
    ids: dict[str, dict[str, None]] = {}
    for row in sorted(history.data, key=lambda r: (r.source.published, r.source.id), reverse=True):
        publisher = row.source.publisher
        newest.setdefault(publisher, row.source.published)
        ids.setdefault(publisher, {})[row.source.id] = None
    if not history.data:
        return "No sources: no figure is fitted"
    said = [_publisher_text(publisher, list(found)) for publisher, found in ids.items()]
    if len(said) == MOST_PUBLISHERS + 1:
        said[-2:] = ["; ".join(said[-2:])]  # naming the last one is no longer than counting it
    rest = len(said) - MOST_PUBLISHERS
    more = [f"and {rest} more publishers"] if rest > 0 else []
    n_sources = sum(len(found) for found in ids.values())
    return f"{count_of(n_sources, 'source')}: " + "; ".join([*said[:MOST_PUBLISHERS], *more])


def _publisher_text(publisher: str, ids: list[str]) -> str:
    """Return a publisher with the ids of its sources, the newest first."""
    shown = ", ".join(safe_text(source) for source in ids[:3])
    more = f" and {len(ids) - 3} more" if len(ids) > 3 else ""
    return f"{safe_text(publisher) or 'unnamed publisher'} ({shown}{more})"
