"""Print the prior of a series in natural units, with a drawing of what it says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.text import Text

from forecaster.output.digits import format_number, format_share
from forecaster.output.layout import put, put_lines, put_table
from forecaster.output.plain import safe_text
from forecaster.output.sentences import title_of
from forecaster.workspace.beliefs import THETA_NAMES

if TYPE_CHECKING:
    from rich.console import Console

    from forecaster.workspace.beliefs import TrendPrior
    from forecaster.workspace.facts import SeriesEntry

MEANINGS = {
    "s_l": "volatility of the level",
    "s_b": "how far growth strays from its long-run rate",
    "tau": "how long growth takes to return",
    "s_o": "error of the figures beyond their quality mark",
}
_NORMAL_QUANTILES = (-1.959964, -1.281552, 0.0, 1.281552, 1.959964)
_LEVELS = ("2.5%", "10%", "50%", "90%", "97.5%")


def print_prior(
    entry: SeriesEntry,
    prior: TrendPrior,
    console: Console,
    *,
    family: str = "trend",
    language: str = "en",
) -> None:
    """Print the trend prior of a series: quantiles, predictive quantiles, reasons.

    What a prior of its own predicts is not tabled here: it is drawn by `print_series_prior`.
    """
    put(console, f"Prior of {title_of(entry, language)} ({safe_text(entry.id)})", style="bold")
    put(
        console,
        f"Family {family}, kind {entry.kind}; quantiles of what is believed before any data.",
    )
    put(console)
    rows = [
        [_meaning(name), *_log_normal(belief.median, belief.log_sd), safe_text(belief.unit)]
        for name, belief in zip(THETA_NAMES, prior.theta, strict=True)
    ]
    drift = [prior.drift.mean + z * prior.drift.sd for z in _NORMAL_QUANTILES]
    unit = safe_text(prior.drift.unit)
    rows.append(["long-run rate (d)", *(f"{value:.2f}" for value in drift), unit])
    symbols = [row[0].rpartition("(")[2].rstrip(")") for row in rows]
    short = [[symbol, *row[1:-1]] for symbol, row in zip(symbols, rows, strict=True)]
    put_table(console, ["belief", *_LEVELS, "unit"], rows, shorter=(["", *_LEVELS], short))
    put(console)
    if prior.predictive:
        _put_predictive(entry, prior, console)
    else:
        put(console, f"What it says is drawn by: forecaster priors show {safe_text(entry.id)}")
        put(console)
    put(console, "Reasons:")
    for name, belief in zip(THETA_NAMES, prior.theta, strict=True):
        reason = f"{_meaning(name)}, {safe_text(belief.unit)}: {safe_text(belief.reason)}"
        put(console, reason, indent=2)
    put(console, f"long-run rate (d), {unit}: {safe_text(prior.drift.reason)}", indent=2)


def _meaning(name: str) -> str:
    """Return a hyperparameter in words, with its symbol."""
    return f"{MEANINGS.get(name, name)} ({name})"


def _log_normal(median: float, log_sd: float) -> list[str]:
    """Return the five quantiles of a log-normal belief."""
    return [format_number(median * math.exp(z * log_sd)) for z in _NORMAL_QUANTILES]


def _put_predictive(entry: SeriesEntry, prior: TrendPrior, console: Console) -> None:
    """Print and draw what the prior says of a figure some years after a known one."""
    about = {
        "share": "The share itself, some years after a figure of 30%:",
        "real": "The change since a known figure, in typical changes a year:",
    }.get(entry.kind, "The figure as a multiple of a known one, some years later:")
    put(console, about)
    rows = [
        [f"{years} year{'s' if years != 1 else ''}", *(_said(v, entry) for v in quantiles)]
        for years, quantiles in sorted(prior.predictive.items())
    ]
    put_table(console, ["after", *_LEVELS], rows)
    put(console)
    bars = prior_bars(prior, kind=entry.kind, width=min(console.width, 100))
    put_lines(console, [Text(bar) for bar in bars])
    put(console)


def prior_bars(prior: TrendPrior, *, kind: str, width: int) -> list[str]:
    """Return a bar per horizon: the 95% range light, the 80% range dark, the median marked."""
    is_log = kind not in ("share", "real")
    shown = {
        years: [math.log(v) if is_log else v for v in quantiles]
        for years, quantiles in sorted(prior.predictive.items())
    }
    low = min(values[0] for values in shown.values())
    high = max(values[-1] for values in shown.values())
    room = max(width - 10, 10)
    lines = []
    for years, values in shown.items():
        ends = [round((value - low) / ((high - low) or 1.0) * (room - 1)) for value in values]
        bar = [" "] * room
        bar[ends[0] : ends[4] + 1] = "░" * (ends[4] + 1 - ends[0])
        bar[ends[1] : ends[3] + 1] = "▓" * (ends[3] + 1 - ends[1])
        bar[ends[2]] = "┃"
        lines.append(f"{years:>2} year{'s' if years != 1 else ' '}  {''.join(bar).rstrip()}")
    return lines


def _said(value: float, entry: SeriesEntry) -> str:
    """Return one predictive quantile."""
    return format_share(value) if entry.kind == "share" else format_number(value)
