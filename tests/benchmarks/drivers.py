"""Time the simulation of sixty drivers to 2035 on 4,000 draws, with calibration and without.

    python tests/benchmarks/drivers.py [--repeats N]

Processor time of one thread, the least and the median of the repeats. The shipped drivers, and as
many made ones whose interactions are denser.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from datetime import date
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scenarios.builders import sixty_drivers

from forecaster.scenarios.calendar import quarters_until
from forecaster.scenarios.calibrate import calibrate
from forecaster.scenarios.network import make_network
from forecaster.scenarios.worlds import draw_worlds
from forecaster.workspace.driver_beliefs import load_driver_beliefs
from forecaster.workspace.driver_types import state_known
from forecaster.workspace.reader import SHIPPED, load_all_facts

if TYPE_CHECKING:
    from forecaster.workspace.driver_types import DriverBeliefs

AS_OF = date(2025, 12, 31)
UNTIL = date(2035, 12, 31)
N_DRAWS = 4000
BARS = (0.3, 0.15)
"""Seconds, with calibration and with it stored."""


def main() -> None:
    """Print one row for each set of drivers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=15)
    repeats = parser.parse_args().repeats
    shipped = load_driver_beliefs(SHIPPED, load_all_facts(SHIPPED).entries)
    print("| drivers | interactions | with calibration, least (median) | stored, least (median) |")
    print("|---|---|---|---|")
    for name, beliefs in (("shipped", shipped), ("made, dense", sixty_drivers())):
        pairs = [time_once(beliefs) for _ in range(repeats)]
        both = [f"{min(t):.3f} s ({median(t):.3f} s)" for t in zip(*pairs, strict=True)]
        n = len(beliefs.drivers)
        print(f"| {name}: {n} | {len(beliefs.interactions)} | {both[0]} | {both[1]} |")
    print(f"bars: {BARS[0]} s with calibration, {BARS[1]} s with it stored")


def time_once(beliefs: DriverBeliefs) -> tuple[float, float]:
    """Return the seconds of network, calibration and worlds, and of network and worlds."""
    began = time.process_time()
    is_on = [state_known(driver, AS_OF) for driver in beliefs.drivers]
    network = make_network(beliefs, is_on, quarters_until(AS_OF, UNTIL))
    prepared = time.process_time()
    calibration = calibrate(network)
    calibrated = time.process_time()
    draw_worlds(network, calibration, n_draws=N_DRAWS, seed=1)
    ended = time.process_time()
    return ended - began, (prepared - began) + (ended - calibrated)


if __name__ == "__main__":
    main()
