"""Compare where scenarios move six headline series with the signs that the essays expect.

A cell is the sign of median(scenario) - median(status-quo) of the last published figure of 2028, on
shared draws. Less than a tenth of the width of the baseline's 80% band counts as 0. '++' and '--'
ask for the same sign as '+' and '-'; how far is told, not judged.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from forecaster.cli.request import load_shared
from forecaster.forecasts.settings import Settings
from forecaster.workspace.beliefs import load_beliefs
from forecaster.workspace.reader import SHIPPED, load_entries

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from forecaster.pipeline import Run
    from forecaster.workspace.driver_types import Effect

AS_OF = date(2025, 12, 31)
UNTIL = "2028"
REFERENCE = "status-quo"
LEAST = 0.1
"""Part of the width of the baseline's 80% band below which a difference is none."""

LEAST_MOVED = 0.1
"""Difference of the probability of being on below which a driver is not named."""
_MARKET = ("cn-ai-chip-domestic-share", "cn-ai-chip-share-nvidia", "cn-ai-chip-share-amd")
_INPUTS = {
    "cn-ai-chip-domestic-share": _MARKET,
    "cn-ai-chip-share-nvidia": _MARKET,
    "us-cn-operator-share": ("us-ai-cloud-regions", "cn-ai-cloud-regions", "eu-ai-cloud-regions"),
}
"""What else moves a column: the inputs of a formula, the other parts of a market."""

COLUMNS = (
    ("cn-ai-chip-domestic-share", 1),
    ("cn-ai-chip-share-nvidia", 1),
    ("hyperscaler-big4-capex", 1),
    ("us-cn-operator-share", 1),
    ("countries-with-ai-cloud", 1),
    # counts the countries that host both camps: a sharper split is fewer of them
    ("bloc-alignment", -1),
)
"""The series of each column, and the sign of a rise."""

EXPECTED = {
    "status-quo": "0 0 0 0 0 0",
    "full-decoupling": "+ -- 0 0 - ++",
    "controls-relaxed": "- ++ + 0 + -",
    "algorithmic-controls": "+ - 0 0 - +",
    "huawei-blocked": "+ -- 0 0 - ++",
    "taiwan-quarantine": "++ -- -- 0 -- ++",
    "two-ecosystems": "+ - 0 0 + ++",
    "middle-power-pooling": "0 0 0 - ++ -",
    "gulf-pivot": "0 0 + - + 0",
    "compute-divide-widens": "0 0 + + -- 0",
    "unguided-diffusion": "+ 0 - - ++ -",
    "rare-earth-squeeze": "+ - 0 0 0 +",
    "efficiency-shock": "+ 0 - - + -",
    "central-compute": "+ - 0 0 - +",
    "investment-winter": "+ 0 -- 0 - 0",
    "un-led-sharing": "0 0 0 - ++ --",
}
"""Scenario -> the cells that the essays' notes give, in the order of the columns."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One scenario and one series.

    Attributes
    ----------
    expected : '++' | '+' | '0' | '-' | '--'
    shift : median(scenario) - median(status-quo) over the width of the baseline's 80% band,
        signed so that the essays' plus is a plus
    error : its Monte Carlo standard error
    """

    scenario: str
    series: str
    expected: str
    shift: float
    error: float

    @property
    def found(self) -> str:
        """The sign that was found."""
        return "0" if abs(self.shift) < LEAST else "+" if self.shift > 0 else "-"

    @property
    def agrees(self) -> bool:
        """Whether it is the expected one."""
        return self.found == self.expected[0]


def make_run(*, n_draws: int = 4000, announce: Callable[[str], None] = print) -> Run:
    """Return the run that forecasts all six series as of the day of the essays."""
    from forecaster.pipeline import Run

    names = [name for name, _ in COLUMNS]
    beliefs = load_beliefs(SHIPPED, names)
    shared = load_shared(SHIPPED, names, load_entries(SHIPPED), beliefs, "")
    settings = Settings(AS_OF, UNTIL, n_draws=n_draws)
    return Run(shared.facts, shared.beliefs, settings, announce, shared.definitions)


def direction_cells(run: Run) -> list[Cell]:
    """Return all cells, scenario by scenario."""
    settings = run.settings
    worlds = {
        name: run.under(replace(settings, scenario=name))
        for name in dict.fromkeys([REFERENCE, *EXPECTED])
    }
    cells = []
    for i, (series, sign) in enumerate(COLUMNS):
        low, high = np.quantile(run.forecast(series).trajectories[:, -1], [0.1, 0.9])
        usual = worlds[REFERENCE].forecast(series).trajectories[:, -1]
        for name, row in EXPECTED.items():
            here = worlds[name].forecast(series).trajectories[:, -1]
            width = sign * (high - low)
            shift = (np.median(here) - np.median(usual)) / width
            error = _shift_error(here, usual) / abs(width)
            cells.append(Cell(name, series, row.split()[i], float(shift), error))
    order = list(EXPECTED)
    return sorted(cells, key=lambda cell: order.index(cell.scenario))


def moved_drivers(run: Run, cell: Cell) -> list[str]:
    """Return the drivers of a series that a scenario moves against status-quo, as text.

    Each with by how much more often it is on at the end, and whether it raises the series or lowers
    it; for a formula and for a part of a whole those of all inputs and parts.
    """
    side = run.drivers
    states = []
    for name in (cell.scenario, REFERENCE):
        settings = replace(run.settings, scenario=name)
        states.append(side.worlds(side.scenario(settings), settings).states[:, -1].mean(axis=1))
    inputs = _INPUTS.get(cell.series, (cell.series,))
    said = []
    for driver, more in zip(side.beliefs.drivers, states[0] - states[1], strict=True):
        effects = [effect for effect in driver.effects if effect.series in inputs]
        if effects and abs(more) >= LEAST_MOVED:
            said.append(f"{driver.id} {more:+.2f} ({', '.join(map(_signed, effects))})")
    return said


def _signed(effect: Effect) -> str:
    """Return an effect's series and sign; of growth, whether it speeds up."""
    if effect.shape == "cap":
        return f"caps {effect.series}"
    return f"{'raises' if effect.link.mean > 0 else 'lowers'} {effect.series}"


def _shift_error(here: NDArray[np.float64], usual: NDArray[np.float64]) -> float:
    """Return the standard error of a difference of medians on shared draws, from 20 batches."""
    batches = [
        np.median(a) - np.median(b)
        for a, b in zip(np.array_split(here, 20), np.array_split(usual, 20), strict=True)
    ]
    return float(np.std(batches, ddof=1) / np.sqrt(20))
