"""Sample a family's PyMC model with the no-U-turn sampler, from every mode, and judge the result.

The differences between PyMC 5.28 with ArviZ 0.23 and PyMC 6 with ArviZ 1 stay in this file.
PyMC, nutpie and ArviZ take seconds to import, so they are imported inside the functions.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.inference.chains import diagnose, find_failures, first_line, quiet
from forecaster.models.trend import UNIT_NAME
from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

_MIN_CHAINS = 4
_START_SD = 0.05  # of the prior's sd: near enough to stay with a narrow mode
_TARGET_ACCEPT = 0.99
"""Small steps. On one history with a thin far region at low s_l (20 values, volatility far above),
3 of 8 runs at 0.8 and 0.95 passed every check with a mean wrong by 0.14 to 0.18 sd; at 0.99 all
4 were refused, for their tail ESS. That is one history: NUTS alone is no referee there.
"""


@frozen
class NutsRun:
    """Draws of the hyperparameters, with what the chains say about themselves.

    Attributes
    ----------
    theta_unit, theta : (n_chains, n_draws, n_theta), standard normal scale and natural scale
    started_at : (n_chains,) row of `starts` at which each chain began
    sampler : 'nutpie' | 'pymc'
    diagnostics : the worst R-hat and ESS over the parameters, divergences, the mode gap
    failures : why the draws are not reliable, one phrase each; empty when they are
    """

    theta_unit: FloatArray
    theta: FloatArray
    started_at: NDArray[np.int64]
    sampler: str
    diagnostics: dict[str, float]
    failures: tuple[str, ...]


@frozen
class _Chains:
    """Raw draws: unit and theta (n_chains, n_draws, n_theta), and the divergences among them."""

    unit: FloatArray
    theta: FloatArray
    n_divergent: int


def sample_nuts(
    build_model: Callable[[], Any],
    *,
    names: Sequence[str],
    starts: FloatArray,
    n_draws: int,
    n_tune: int,
    seed: int,
    announce: Callable[[str], None],
) -> NutsRun:
    """Sample the model with chains started at every mode.

    Nutpie samples; PyMC's own sampler takes over when nutpie is missing or fails. The draws depend
    on the seed alone, not on the number of cores or on what was compiled before.

    Parameters
    ----------
    build_model : returns a PyMC model with the free variable `UNIT_NAME`, (n_theta,), and a
        deterministic for each of `names`
    names : the hyperparameters, in the order of `UNIT_NAME`
    starts : (n_modes, n_theta), standard normal scale; two chains a mode, four at least in all
    n_draws, n_tune : per chain
    announce : receives one line when the fallback is used

    Raises
    ------
    ValueError
        If `starts` has another shape or is not finite.
    """
    starts = np.atleast_2d(np.asarray(starts, dtype=np.float64))
    if starts.shape[1] != len(names) or not len(starts) or not np.isfinite(starts).all():
        raise ValueError(f"starts must be finite, (n_modes, {len(names)}); got {starts!r}")
    per_mode = max(2, math.ceil(_MIN_CHAINS / len(starts)))
    settings = _Settings(tuple(names), starts, per_mode, n_draws, n_tune, seed)
    with quiet():
        model = build_model()
        sampler = "nutpie"
        try:
            chains = _sample_nutpie(model, settings)
        except Exception as error:  # noqa: BLE001  # a compiled backend may fail in any way; said aloud
            announce(f"nutpie cannot sample this model ({first_line(error)}); using PyMC's sampler")
            sampler = "pymc"
            chains = _sample_pymc(model, settings)
    started_at = np.repeat(np.arange(len(starts)), per_mode)
    diagnostics = diagnose(chains.unit, started_at, names=names)
    diagnostics["divergences"] = float(chains.n_divergent)
    return NutsRun(
        theta_unit=chains.unit,
        theta=chains.theta,
        started_at=started_at,
        sampler=sampler,
        diagnostics=diagnostics,
        failures=find_failures(diagnostics, names=names),
    )


@frozen
class _Settings:
    """What both samplers need; fields as in `sample_nuts`."""

    names: tuple[str, ...]
    starts: FloatArray
    per_mode: int
    n_draws: int
    n_tune: int
    seed: int

    @property
    def seeds(self) -> list[int]:
        """One seed per mode; chains of a mode are told apart by the sampler."""
        return [int(s) for s in np.random.SeedSequence(self.seed).generate_state(len(self.starts))]


def _sample_nutpie(model: Any, settings: _Settings) -> _Chains:
    """Compile once, then run the chains of one mode after those of another."""
    import nutpie
    import pytensor

    # fast math lets the compiler reorder sums, so code fresh from the compiler and the same code
    # from its disk cache would give draws that part ways after some hundred steps
    with pytensor.config.change_flags(numba__fastmath=False):
        compiled = nutpie.compile_pymc_model(model)
    parts = []
    for start, seed in zip(settings.starts, settings.seeds, strict=True):
        # nutpie ignores init_mean for PyMC models; the starting point is this function's value
        at_mode = replace(compiled, initial_point_func=_near(start))
        run = nutpie.sample(
            at_mode,
            draws=settings.n_draws,
            tune=settings.n_tune,
            chains=settings.per_mode,
            seed=seed,
            save_warmup=False,
            progress_bar=False,
            target_accept=_TARGET_ACCEPT,
            blocking=False,
        )
        try:
            result = run.wait()
        except KeyboardInterrupt:  # a blocking call would return the chains' first part instead
            run.cancel()
            raise
        parts.append(_read_result(result, settings))
    return _join(parts)


def _near(start: FloatArray) -> Callable[[int], FloatArray]:
    """Return the function that gives the chain with this seed its starting point.

    Exactly at a mode the gradient is zero, from which nutpie cannot guess a scale: it gives up.
    """

    def starting_point(seed: int) -> FloatArray:
        """Return a point near the mode, (n_theta,), by the chain's seed."""
        rng = np.random.default_rng(seed)
        return np.asarray(start + _START_SD * rng.standard_normal(len(start)))

    return starting_point


def _sample_pymc(model: Any, settings: _Settings) -> _Chains:
    """Run PyMC's own sampler; slower, but it needs nothing but PyMC."""
    import pymc

    parts = []
    for start, seed in zip(settings.starts, settings.seeds, strict=True):
        with model:
            result = pymc.sample(
                draws=settings.n_draws,
                tune=settings.n_tune,
                chains=settings.per_mode,
                cores=1,
                random_seed=seed,
                initvals=[{UNIT_NAME: start}] * settings.per_mode,
                init="adapt_diag",  # without jitter: the chains start at the mode
                nuts_sampler="pymc",
                nuts={"target_accept": _TARGET_ACCEPT},
                progressbar=False,
                compute_convergence_checks=False,
            )
        parts.append(_read_result(result, settings))
    return _join(parts)


def _read_result(result: Any, settings: _Settings) -> _Chains:
    """Take plain arrays out of an InferenceData (ArviZ 0.23) or a DataTree (ArviZ 1)."""
    unit = np.asarray(result["posterior"][UNIT_NAME].values, dtype=np.float64)
    theta = np.stack([result["posterior"][name].values for name in settings.names], axis=-1)
    wanted = (settings.per_mode, settings.n_draws, len(settings.names))
    if unit.shape != wanted or not np.isfinite(unit).all():
        raise RuntimeError(f"chains broke off: {unit.shape} draws in place of {wanted}")
    return _Chains(unit, theta, int(result["sample_stats"]["diverging"].values.sum()))


def _join(parts: Sequence[_Chains]) -> _Chains:
    return _Chains(
        np.concatenate([part.unit for part in parts]),
        np.concatenate([part.theta for part in parts]),
        sum(part.n_divergent for part in parts),
    )
