"""Judge chains of a sampler by what they say about themselves: R-hat, effective size, gaps.

ArviZ takes seconds to import, so it is imported inside the functions.
"""

from __future__ import annotations

import logging
import math
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

MAX_R_HAT = 1.01  # Vehtari et al. (2021); the older 1.1 lets bad mixing through
MIN_ESS = 400.0  # the same: 100 for each of four chains
MAX_MODE_GAP = 4.5
"""Largest gap, in Monte Carlo standard errors, between chains from different starts.

The largest of 4 parameters x 3 quantiles x 4 starts passes 4.5 by chance once in 3,000 fits.
"""
_GAP_LEVELS = (0.1, 0.5, 0.9)
_LOUD_LOGGERS = (
    "pymc",
    "pymc.sampling",
    "pytensor",
    "pytensor.tensor.blas",
    "pytensor.configdefaults",
)


def diagnose(
    draws: FloatArray, started_at: NDArray[np.int64], *, names: Sequence[str]
) -> dict[str, float]:
    """Return R-hat, bulk and tail ESS of each parameter, and the gap between modes.

    Parameters
    ----------
    draws : (n_chains, n_draws, n_theta)
    started_at : (n_chains,) the mode at which each chain began

    Returns
    -------
    dict
        'r_hat <name>', 'ess_bulk <name>', 'ess_tail <name>' for every name; 'r_hat', 'ess_bulk'
        and 'ess_tail' the worst of them; 'mode_gap' where there are several modes.

    References
    ----------
    Rank-normalised split R-hat and ESS: Vehtari, Gelman, Simpson, Carpenter and Buerkner (2021).
    """
    with quiet():
        import arviz

        found: dict[str, float] = {}
        for j, name in enumerate(names):
            x = draws[:, :, j]
            found[f"r_hat {name}"] = float(arviz.rhat(x, method="rank"))
            found[f"ess_bulk {name}"] = float(arviz.ess(x, method="bulk"))
            # the default tail of ArviZ moves with its versions, so it is always passed
            found[f"ess_tail {name}"] = float(arviz.ess(x, method="tail", prob=(0.05, 0.95)))
    worst = {
        "r_hat": _worst([found[f"r_hat {name}"] for name in names], largest=True),
        "ess_bulk": _worst([found[f"ess_bulk {name}"] for name in names], largest=False),
        "ess_tail": _worst([found[f"ess_tail {name}"] for name in names], largest=False),
    }
    if len(np.unique(started_at)) > 1:
        worst["mode_gap"] = _mode_gap(draws, started_at)
    return worst | found


def _worst(values: Sequence[float], *, largest: bool) -> float:
    """Return the largest or least value; NaN, which a frozen chain gives, is the worst of all."""
    array = np.array(values)
    return float(array.max() if largest else array.min())  # both pass NaN on


def _mode_gap(draws: FloatArray, started_at: NDArray[np.int64]) -> float:
    """Return the largest gap between a mode's chains and all the others, in standard errors.

    Chains that never left their modes have small standard errors, hence a huge gap.
    """
    gaps = []
    for mode in np.unique(started_at):
        own, others = draws[started_at == mode], draws[started_at != mode]
        for j in range(draws.shape[2]):
            for level in _GAP_LEVELS:
                own_error = _quantile_error(own[:, :, j], level)
                other_error = _quantile_error(others[:, :, j], level)
                gap = np.quantile(own[:, :, j], level) - np.quantile(others[:, :, j], level)
                gaps.append(abs(float(gap)) / math.hypot(own_error, other_error))
    return _worst(gaps, largest=True)


def _quantile_error(x: FloatArray, level: float) -> float:
    """Return the Monte Carlo standard error of a quantile; (n_chains, n_draws) in."""
    with quiet():
        import arviz

        return float(arviz.mcse(x, method="quantile", prob=level))


def find_failures(diagnostics: dict[str, float], *, names: Sequence[str]) -> tuple[str, ...]:
    """Return what is wrong, one phrase each, the parameter named; NaN counts as wrong."""
    failures = []
    r_hat, name = max((_nan_last(diagnostics[f"r_hat {n}"]), n) for n in names)
    if not r_hat <= MAX_R_HAT:
        failures.append(f"R-hat of {name} is {r_hat:.3f}, above {MAX_R_HAT}")
    for key, words in (("ess_bulk", "bulk"), ("ess_tail", "tail")):
        ess, name = min((-_nan_last(-diagnostics[f"{key} {n}"]), n) for n in names)
        if not ess >= MIN_ESS:
            failures.append(f"{words} ESS of {name} is {ess:.0f}, below {MIN_ESS:.0f}")
    n_divergent = diagnostics.get("divergences", 0.0)
    if n_divergent > 0:
        failures.append(f"{n_divergent:.0f} divergent transitions")
    gap = diagnostics.get("mode_gap", 0.0)
    if not gap <= MAX_MODE_GAP:
        failures.append(f"chains from different modes differ by {gap:.1f} standard errors")
    return tuple(failures)


def _nan_last(value: float) -> float:
    """Return infinity for NaN: comparisons with NaN would hide a frozen chain."""
    return math.inf if math.isnan(value) else value


def first_line(error: BaseException) -> str:
    """Return the type of an error and the first line of what it says."""
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the libraries' import-time warnings and chatter from the user's screen.

    They concern their developers: a refactoring that is announced, a BLAS that is not linked.
    """
    loggers = [logging.getLogger(name) for name in _LOUD_LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
