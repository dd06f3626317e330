"""Hand-made forecasts: real figures from the shipped history, synthetic draws with a fixed seed.

Shapes: trajectories (4000, n_periods). Nothing here fits a model.
"""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import numpy as np

from forecaster.forecasts.forecast import Forecast, Manifest, Reach
from forecaster.inference.report import FitReport
from forecaster.workspace.facts import History, LeftOut, Row, SeriesEntry, Source
from forecaster.workspace.periods import last_day, parse_period, periods_from

DATA = Path(__file__).parents[2] / "forecaster" / "data"
REPORT = FitReport(
    engine="amis", k_hat=0.12, ess=3214.0, log_evidence=-3.2, evidence_gap=0.02,
    n_points=2048, rounds=2,
)  # fmt: skip
MANIFEST = Manifest(
    version="0.1.0", seed=20261122, n_draws=4000, engine="amis", model="trend",
    facts_hash="f" * 64, beliefs_hash="b" * 64,
)  # fmt: skip
SHARE = SeriesEntry(
    id="cn-ai-chip-domestic-share",
    title="Share of Chinese chips in China's AI-accelerator market",
    title_zh="国产芯片在中国人工智能加速器市场的份额",
    unit="fraction", kind="share", timing="flow", reference_basis="idc-units",
    relations={"bernstein-revenue": "other-measure"},
)  # fmt: skip
CAPEX = SeriesEntry(
    id="hyperscaler-big4-capex",
    title="Capital spending of Amazon, Alphabet, Meta and Microsoft",
    title_zh="亚马逊、谷歌、Meta和微软的资本支出",
    unit="USD billion", kind="positive", timing="flow", reference_basis="cash",
)  # fmt: skip


def sources() -> dict[str, Source]:
    """Every source of the shipped table."""
    with (DATA / "sources.csv").open(encoding="utf-8", newline="") as lines:
        return {
            cells["source"]: Source(
                cells["source"], cells["title"], cells["publisher"],
                last_day(cells["published"]), cells["published_is"], cells["url"],
            )
            for cells in csv.DictReader(lines)
        }  # fmt: skip


def shipped_rows(series: str, file: str) -> tuple[Row, ...]:
    """The rows of a series, as they stand in the shipped history."""
    known = sources()
    with (DATA / "history" / file).open(encoding="utf-8", newline="") as lines:
        return tuple(
            Row(
                series, parse_period(cells["period"]), float(cells["value"]), cells["value"],
                cells["unit"], cells["basis"], cells["quality"], known[cells["source"]],
                cells["note"], f"history/{file}, line {number}",
            )
            for number, cells in enumerate(csv.DictReader(lines), start=2)
            if cells["series"] == series
        )  # fmt: skip


def share_history(as_of: date = date(2026, 11, 22)) -> History:
    """Domestic share of chips: IDC units joined by Bernstein's revenue; Morgan Stanley left out."""
    rows = [
        r for r in shipped_rows(SHARE.id, "cn-ai-chip-market.csv") if r.source.published <= as_of
    ]
    older = [r for r in rows if r.source.id == "recalled-bernstein" and str(r.period) == "2023"]
    unused = ("2023-H2", "2024-H2", "2025-H2")
    fitted = [
        r for r in rows
        if r.basis != "morgan-stanley" and str(r.period) not in unused
        and r not in older
    ]  # fmt: skip
    fitted.sort(key=lambda r: (r.period.end, r.period.start, r.basis))
    reasons = {"morgan-stanley": "its basis has no declared relation to idc-units"}
    left_out = tuple(
        LeftOut(r, reasons.get(r.basis, "computed from other periods, or an older edition"))
        for r in rows
        if r not in fitted
    )
    return History(
        SHARE, as_of, tuple(fitted), ("idc-units", "bernstein-revenue"), "idc-units",
        published=tuple(r for r in rows if r not in older), left_out=left_out,
    )  # fmt: skip


def capex_history() -> History:
    """Quarterly capital spending; the years are sums of quarters and stay out."""
    rows = shipped_rows(CAPEX.id, "hyperscaler-capex.csv")
    fitted = sorted(
        (r for r in rows if r.period.frequency == "quarter"), key=lambda r: r.period.end
    )
    left_out = tuple(
        LeftOut(r, "a whole beside its own parts") for r in rows if r.period.frequency == "year"
    )
    return History(
        CAPEX, date(2026, 11, 22), tuple(fitted), ("cash",), "cash",
        published=rows, left_out=left_out,
    )  # fmt: skip


def walk(start: float, *, growth: float, sd: float, n_steps: int, seed: int = 1) -> np.ndarray:
    """Random walks on a link scale with uncertain growth, (4000, n_steps)."""
    rng = np.random.default_rng(seed)
    drift = rng.normal(growth, sd / 2, size=(4000, 1))
    steps = rng.normal(0.0, sd, size=(4000, n_steps))
    return start + np.cumsum(drift + steps, axis=1)


def share_forecast(*, until: str = "2030", first: str = "2026", **changes) -> Forecast:
    """Domestic share of chips: logit walk from 41%."""
    history = changes.pop("history", None) or share_history()
    periods = periods_from(parse_period(first), until=last_day(until))
    paths = walk(np.log(0.41 / 0.59), growth=0.22, sd=0.3, n_steps=len(periods))
    fields = {
        "history": history, "scenario": "baseline", "periods": periods,
        "trajectories": 1 / (1 + np.exp(-paths)), "quantity": "published",
        "coverages": (0.5, 0.8, 0.95), "report": REPORT, "manifest": MANIFEST,
    }  # fmt: skip
    return Forecast(**(fields | changes))


def capex_forecast(**changes) -> Forecast:
    """Capital spending by year: log walk from 376 billion."""
    periods = periods_from(parse_period("2026"), until=date(2030, 12, 31))
    paths = walk(np.log(376.051), growth=0.3, sd=0.2, n_steps=len(periods), seed=2)
    fields = {
        "history": capex_history(), "scenario": "baseline", "periods": periods,
        "trajectories": np.exp(paths), "quantity": "published",
        "coverages": (0.5, 0.8, 0.95), "report": REPORT, "manifest": MANIFEST,
        "warnings": ("The last figure is 40% above the one before: the fan starts high.",),
    }  # fmt: skip
    return Forecast(**(fields | changes))


def reach_of(forecast: Forecast, level: float, *, below: bool = False, passed=()) -> Reach:
    """Crossing counts of a forecast, by brute force over its draws."""
    draws = forecast.trajectories
    beyond = draws <= level if below else draws >= level
    ever = np.maximum.accumulate(beyond, axis=1)
    by_period = ever.mean(axis=0)
    return Reach(
        forecast=forecast, level=level, below=below, by_period=by_period,
        first_in_period=np.diff(by_period, prepend=0.0), at_or_beyond=beyond.mean(axis=0),
        never=float(1 - by_period[-1]), mcse=np.sqrt(by_period * (1 - by_period) / len(draws)),
        passed=tuple(passed),
    )  # fmt: skip


def share_reach() -> Reach:
    """40%, which the IDC figure of 2025 has passed."""
    history = share_history()
    rows = [*history.data, *(out.row for out in history.left_out)]
    passed = [r for r in rows if r.value >= 0.40]
    return reach_of(share_forecast(), 0.40, passed=sorted(passed, key=lambda r: r.period.end))


def early_reach() -> Reach:
    """40% by end-2027 as seen on 2025-06-30, when the newest figure was 30.4%."""
    history = share_history(date(2025, 6, 30))
    periods = periods_from(parse_period("2025"), until=date(2027, 12, 31))
    paths = walk(np.log(0.304 / 0.696), growth=0.22, sd=0.3, n_steps=len(periods), seed=3)
    forecast = share_forecast(
        history=history, periods=periods, trajectories=1 / (1 + np.exp(-paths))
    )
    return reach_of(forecast, 0.40)


def hostile_forecast() -> Forecast:
    """A forecast whose words try to steer the terminal, the page and the spreadsheet."""
    title = "[bold red]x[/] \x1b[31m \u202eabc <script>alert(1)</script> & \a"
    entry = SeriesEntry(
        id="=cmd|' /C calc'!A0", title=title, title_zh=title, unit="@unit\x1b[2J", kind="positive",
        timing="stock", reference_basis="+basis",
    )  # fmt: skip
    source = Source("-src\x1b]0;t\x07", "t", "[link=x]p[/link]", date(2026, 1, 1), "stated", "")
    rows = tuple(
        Row(entry.id, parse_period(str(year)), value, str(value), entry.unit, "+basis", "reported",
            source, "", "f.csv, line 2")
        for year, value in ((2023, 4.0), (2024, 5.0), (2025, 7.0))
    )  # fmt: skip
    history = History(entry, date(2026, 11, 22), rows, ("+basis",), "+basis")
    return capex_forecast(history=history, scenario="[i]s[/i]", warnings=("[red]\x1b[5mblink",))
