"""Show a forecast in a notebook: the sentence, the bands, the fan chart, where it is from."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from forecaster.forecasts.bands import band_table
from forecaster.output.chart_points import fan_points
from forecaster.output.digits import shown_unit
from forecaster.output.footer import footer_lines, warning_lines
from forecaster.output.forecast_screen import bands_cells, chances_cells
from forecaster.output.plain import safe_text
from forecaster.output.reach_sentences import reach_sentences
from forecaster.output.sentences import basis_sentence, forecast_sentence
from forecaster.output.svg_chart import svg_fan_chart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.forecasts.bands import Bands
    from forecaster.forecasts.forecast import Forecast, Reach

_STYLE = (
    "<style>.forecaster{font:14px/1.45 system-ui,sans-serif;max-width:780px}"
    ".forecaster table{font:inherit;border-collapse:collapse;margin:.8em 0;"
    "font-variant-numeric:tabular-nums}"
    ".forecaster th,.forecaster td{padding:.15em .8em;text-align:right;background:none;"
    "color:inherit;border:0;border-bottom:1px solid rgba(128,128,128,.3)}"
    ".forecaster th:first-child,.forecaster td:first-child{text-align:left;padding-left:0}"
    ".forecaster .lead{font-weight:600}.forecaster .from{font-size:12px;opacity:.75}"
    ".forecaster p{margin:.3em 0}.forecaster .warning{color:#c05a00}"
    "</style>"
)


def forecast_html(forecast: Forecast, *, language: str = "en") -> str:
    """Return a forecast as a piece of HTML that needs nothing from outside.

    Every text of the user is escaped; the numbers have as many digits as on the screen.
    """
    bands = band_table(forecast)
    sentences = [forecast_sentence(forecast, bands, language), basis_sentence(forecast)]
    chart = svg_fan_chart(fan_points(forecast, bands), label=sentences[0])
    return _page([*_paragraphs(sentences), _bands_html(forecast, bands), chart], forecast)


def reach_html(reach: Reach, *, language: str = "en") -> str:
    """Return an answer about a level as a piece of HTML that needs nothing from outside."""
    forecast = reach.forecast
    bands = band_table(forecast)
    sentences = reach_sentences(reach, language)
    chart = svg_fan_chart(fan_points(forecast, bands, reach=reach), label=sentences[0])
    parts = [*_paragraphs(sentences), _table(*chances_cells(reach))]
    return _page([*parts, _bands_html(forecast, bands), chart], forecast)


def _page(parts: Sequence[str], forecast: Forecast) -> str:
    """Put warnings and footer under the result."""
    warnings = [f'<p class="warning">warning: {_shown(w)}</p>' for w in warning_lines(forecast)]
    footer = [f'<p class="from">{_shown(line)}</p>' for line in footer_lines(forecast)]
    inside = "".join([*parts, *warnings, *footer])
    return f'<div class="forecaster">{_STYLE}{inside}</div>'


def _paragraphs(sentences: Sequence[str]) -> list[str]:
    """Return sentences as paragraphs, the first in bold."""
    first, *rest = (_shown(sentence) for sentence in sentences)
    return [f'<p class="lead">{first}</p>', *(f"<p>{sentence}</p>" for sentence in rest)]


def _bands_html(forecast: Forecast, bands: Bands) -> str:
    """Return the table of bands under its unit."""
    unit = shown_unit(forecast.history.entry.kind, forecast.history.entry.unit)
    caption = f"<p>Values in {_shown(unit)}.</p>" if unit else ""
    return caption + _table(*bands_cells(forecast, bands))


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of texts."""
    head = "".join(f"<th>{_shown(cell)}</th>" for cell in headers)
    body = "".join(
        f"<tr>{''.join(f'<td>{_shown(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _shown(text: str) -> str:
    """Return a text that is printed, not obeyed, by a browser."""
    return escape(safe_text(text))
