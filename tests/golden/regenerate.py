"""Write the expected screens again: `python tests/golden/regenerate.py`, then look at the diff.

Each `<name>_<width>.txt` is what a console of that width without colours shows of a hand-made
forecast (tests/output/output_samples.py: real figures of the shipped history, 4,000 synthetic
draws each from `np.random.default_rng` with seeds 1 to 3, no model fitted).

    share_forecast   cn-ai-chip-domestic-share, a share, five years, Chinese title
    capex_forecast   hyperscaler-big4-capex, USD billion on a log axis, five years
    passed_reach     40%, passed in 2025
    early_reach      40% by end-2027, as of 2025-06-30
    hostile_forecast words that try to steer the terminal
    history          what is known of cn-ai-chip-domestic-share
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from rich.console import Console

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "output"))

import output_samples as samples  # noqa: E402

from forecaster.output.screen import print_forecasts, print_history, print_reach  # noqa: E402

WIDTHS = (40, 80, 200)
SCREENS = {
    "share_forecast": lambda c: print_forecasts([samples.share_forecast()], c, language="zh"),
    "capex_forecast": lambda c: print_forecasts([samples.capex_forecast()], c),
    "passed_reach": lambda c: print_reach(samples.share_reach(), c),
    "early_reach": lambda c: print_reach(samples.early_reach(), c),
    "hostile_forecast": lambda c: print_forecasts([samples.hostile_forecast()], c),
    "history": lambda c: print_history(samples.share_history(), c),
}


def screen(name: str, width: int) -> str:
    """Return what a console of that width shows, without colours."""
    console = Console(
        file=io.StringIO(), width=width, color_system=None, force_terminal=False, _environ={}
    )
    SCREENS[name](console)
    return console.file.getvalue()


def main() -> None:
    """Write every screen."""
    for name in SCREENS:
        for width in WIDTHS:
            path = HERE / f"{name}_{width}.txt"
            path.write_text(screen(name, width), encoding="utf-8", newline="")


if __name__ == "__main__":
    main()
