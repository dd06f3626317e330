"""Small files of drivers, scenarios and questions about the small workspace, without faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forecaster.errors import InputError
from forecaster.workspace.driver_beliefs import DriverBeliefs, load_driver_beliefs
from forecaster.workspace.reader import load_entries

if TYPE_CHECKING:
    from pathlib import Path

DRIVERS = """
[[driver]]
id = "ban"
title = "A ban"
summary = "Sales are stopped."
actors = ["Someone"]
group = "us"
source = "c1"
essays = ["one.txt"]
assessed_on = 2025-12-31
on_when_assessed = false
class = "state"

[driver.start]
probability = { "10%" = 0.1, "90%" = 0.3 }
by = 2028-12-31
reason = "A judgement."

[driver.end]
probability = { "10%" = 0.2, "90%" = 0.5 }
within_quarters = 8
reason = "A judgement about the end."

[[driver.event]]
date = "2025-04"
ended = "2025-07"
title = "Sales stopped"
source = "c1"

[[driver.effect]]
series = "cn-share"
shape = "step"
lag = 2
size = { quantiles = { "10%" = -20, "90%" = -10 }, unit = "percentage points", at = 0.5 }
reason = "A judgement about the share."

[[driver]]
id = "boom"
title = "A boom"
summary = "Spending surges."
actors = []
group = "markets"
source = "idc-2025"
assessed_on = 2025-12-31
on_when_assessed = true
class = "state"

[driver.end]
probability = { "10%" = 0.2, "90%" = 0.5 }
within_quarters = 8
reason = "Booms end."

[[driver.effect]]
series = "us-spend"
shape = "growth"
size = { quantiles = { "10%" = 1.1, "90%" = 2 }, unit = "times" }
reason = "A judgement about growth."

[[driver]]
id = "deal"
title = "A deal"
summary = "Both sides agree."
actors = ["Someone", "Other"]
group = "china"
source = "c1"
assessed_on = 2025-12-31
on_when_assessed = false
class = "event"

[driver.start]
probability = { "10%" = 0.3, "90%" = 0.6 }
by = 2028-12-31
reason = "Talks go on."

[[interaction]]
from = ["boom"]
to = "deal"
odds = { "10%" = 1.5, "90%" = 4 }
reason = "Money helps."

[[exclusion]]
drivers = ["ban", "deal"]
reason = "A deal lifts the ban."

[[amplification]]
from = ["deal"]
to = "boom"
times = { "10%" = 0.5, "90%" = 2 }
reason = "A deal moves growth."
"""


def write_drivers(workspace: Path, text: str = DRIVERS) -> Path:
    """Write a file of drivers into a workspace; return its path."""
    return write_prior(workspace, "drivers.toml", text)


def write_prior(workspace: Path, name: str, text: str) -> Path:
    """Write a file under `priors/` of a workspace; return its path."""
    (workspace / "priors").mkdir(exist_ok=True)
    path = workspace / "priors" / name
    path.write_text(text, encoding="utf-8")
    return path


def load_drivers(workspace: Path, text: str = DRIVERS) -> DriverBeliefs:
    """Write and load a file of drivers."""
    write_drivers(workspace, text)
    return load_driver_beliefs(workspace, load_entries(workspace))


def changed(text: str, old: str, new: str) -> str:
    """Return a text with one place changed, which must be there once."""
    assert text.count(old) == 1, (old, text.count(old))
    return text.replace(old, new)


ENDS_SOON = (
    '[driver.end]\nprobability = { "10%" = 0.8, "90%" = 0.9 }\nwithin_quarters = 1\nreason = "r"'
)


def driver_faults(workspace: Path, text: str) -> list[str]:
    """Return the faults of a file of drivers as they are printed, its folder cut away."""
    with pytest.raises(InputError) as caught:
        load_drivers(workspace, text)
    folder = f"{workspace / 'priors'}/"
    return [str(fault).replace(folder, "") for fault in caught.value.faults]


def driver_fault(workspace: Path, old: str, new: str) -> str:
    """Return the only fault that one change of the file makes."""
    (fault,) = driver_faults(workspace, changed(DRIVERS, old, new))
    return fault
