"""Sample a model of the user's own with NUTS, judge the chains, and return its forecast.

The model is any PyMC model: what its free variables are called and how many there are is the
user's affair. PyMC and nutpie take seconds to import, so they are imported inside the functions.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.errors import InputError
from forecaster.inference.chains import diagnose, find_failures, first_line, quiet
from forecaster.inference.report import FitReport
from forecaster.models.custom import FORECAST_NAME, check_forecast, describe_history
from forecaster.records import frozen
from forecaster.workspace.user_function import UserFunction, user_function

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from forecaster.workspace.beliefs import TrendPrior
    from forecaster.workspace.facts import History
    from forecaster.workspace.periods import Period

    FloatArray = NDArray[np.float64]
    Announce = Callable[[str], None]

N_CHAINS = 4
LEAST_DRAWS, N_TUNE = 2000, 1000
"""Draws kept of each chain, at least, and those spent on finding step sizes."""
TARGET_ACCEPT = 0.95
"""Smaller steps than the samplers' own 0.8: growth curves have bent posteriors, and one divergent
transition is enough to refuse a fit."""
_FIX_RETURN = "end the function with 'return model', a pymc.Model"


@frozen
class _Drawn:
    """Draws of the variables that are judged, (n_chains, n_draws, ...) each, by name."""

    free: dict[str, FloatArray]
    forecast: FloatArray
    n_divergent: int


def fit_custom(
    function_name: str,
    history: History,
    periods: Sequence[Period],
    *,
    prior: TrendPrior,
    n_draws: int,
    seed: int,
    announce: Announce,
    where: str = "--model",
) -> tuple[FloatArray, FitReport]:
    """Return trajectories of a model of the user's own, with the report of its fit.

    Parameters
    ----------
    function_name : 'module:function', looked for in the current folder, then where packages are
    periods : of the figures to be forecast
    prior : of the series' kind; only its measurement sds are used
    n_draws : trajectories wanted; the chains are thinned to as many, in random order
    announce : takes one line on where the function comes from, and one for a fallback
    where : where the function was named, for messages

    Returns
    -------
    trajectories : (n_draws, n_periods), published figures, unit of the series
    report : its failures say why the fit is not reliable, if it is not

    Raises
    ------
    InputError
        If there is no such function, it raises, what it returns is no PyMC model with free
        variables and a `forecast` of one figure a period, the model cannot be sampled, or a
        forecast is outside the range of its kind.
    """
    record = describe_history(history, periods, prior)
    with quiet():
        import pymc  # before the user's folder can stand in the way of a module that PyMC needs

        with user_function(function_name, where=where) as function:
            announce(f"the model is {function.name} of {function.file}")
            model = _check_model(function(record), function, record.forecast_periods, pymc)
            keep = max(LEAST_DRAWS, math.ceil(n_draws / N_CHAINS))
            drawn = _sample(model, function, n_draws=keep, seed=seed, announce=announce)
    forecast = drawn.forecast.reshape(-1, *drawn.forecast.shape[2:])
    _check_shape(forecast.shape[1:], function, record.forecast_periods)
    forecast = check_forecast(forecast, record, where=function.where)
    report = _judge(drawn, record.forecast_periods)
    return forecast[_thin(len(forecast), n_draws, seed=seed)], report


def _check_model(model: Any, function: UserFunction, periods: Sequence[str], pymc: Any) -> Any:
    """Return the model if it is one that can be sampled.

    Raises
    ------
    InputError
        If it is something else, or lacks free variables or a `forecast` of the right shape.
    """

    def refuse(problem: str, fix: str) -> InputError:
        """Return an error about the function."""
        return InputError(problem=problem, where=function.where, fix=fix)

    if not isinstance(model, pymc.Model):
        kind = "nothing" if model is None else f"a value of type {type(model).__name__}"
        raise refuse(f"{function.name} returns {kind} and no PyMC model", _FIX_RETURN)
    if FORECAST_NAME not in model.named_vars:
        problem = f"the model of {function.name} has no variable '{FORECAST_NAME}'"
        raise refuse(problem, f"add pymc.Deterministic('{FORECAST_NAME}', ...) to it")
    if not model.free_RVs:
        problem = f"the model of {function.name} has no free variables: there is nothing to fit"
        raise refuse(problem, "give the unknowns priors, such as pymc.Normal('rate', 0, 1)")
    variable = model[FORECAST_NAME]
    if variable in model.observed_RVs:
        problem = f"'{FORECAST_NAME}' of {function.name} is observed, so it cannot be forecast"
        raise refuse(problem, f"make it pymc.Deterministic('{FORECAST_NAME}', ...)")
    shape = tuple(variable.type.shape)
    if None not in shape:
        _check_shape(shape, function, periods)
    return model


def _check_shape(shape: tuple[int, ...], function: UserFunction, periods: Sequence[str]) -> None:
    """Check that the forecast has one figure for each period."""
    if shape != (len(periods),):
        raise InputError(
            problem=f"'{FORECAST_NAME}' has the shape {shape} in place of {(len(periods),)}",
            where=function.where,
            fix="give one figure for each of history.forecast_periods: " + ", ".join(periods),
        )


def _sample(
    model: Any, function: UserFunction, *, n_draws: int, seed: int, announce: Announce
) -> _Drawn:
    """Sample with nutpie, or with PyMC's own sampler where nutpie cannot.

    Raises
    ------
    InputError
        If neither can; PyMC's reason is given.
    """
    names = [variable.name for variable in model.free_RVs]
    try:
        return _read(_by_nutpie(model, n_draws=n_draws, seed=seed), names, n_draws)
    except Exception as error:  # noqa: BLE001  # a compiled backend may fail in any way; said aloud
        announce(f"nutpie cannot sample this model ({first_line(error)}); using PyMC's sampler")
    try:
        return _read(_by_pymc(model, n_draws=n_draws, seed=seed), names, n_draws)
    except Exception as error:  # whatever it is, it comes from the user's model
        raise InputError(
            problem=f"the model of {function.name} cannot be sampled: {first_line(error)}",
            where=function.where,
            fix="check its priors and the log density at its starting point: model.point_logps()",
        ) from error


def _by_nutpie(model: Any, *, n_draws: int, seed: int) -> Any:
    """Return nutpie's result; the draws depend on the seed alone."""
    import nutpie
    import pytensor

    # as in nuts.py: fast math would let a cached compilation give other draws than a fresh one
    with pytensor.config.change_flags(numba__fastmath=False):
        compiled = nutpie.compile_pymc_model(model)
    run = nutpie.sample(
        compiled,
        draws=n_draws,
        tune=N_TUNE,
        chains=N_CHAINS,
        seed=seed % 2**63,
        save_warmup=False,
        progress_bar=False,
        target_accept=TARGET_ACCEPT,
        blocking=False,
    )
    try:
        return run.wait()
    except KeyboardInterrupt:  # a blocking call would return the chains' first part instead
        run.cancel()
        raise


def _by_pymc(model: Any, *, n_draws: int, seed: int) -> Any:
    """Return the result of PyMC's own sampler; discrete variables get its other steps."""
    import pymc

    (word,) = np.random.SeedSequence(seed).generate_state(1)
    with model:
        result = pymc.sample(
            draws=n_draws,
            tune=N_TUNE,
            chains=N_CHAINS,
            cores=1,
            random_seed=int(word),
            nuts_sampler="pymc",
            target_accept=TARGET_ACCEPT,
            progressbar=False,
            compute_convergence_checks=False,
        )
    if result["posterior"][FORECAST_NAME].shape[:2] != (N_CHAINS, n_draws):
        raise KeyboardInterrupt  # PyMC keeps Ctrl-C to itself and returns the chains' first part
    return result


def _read(result: Any, names: Sequence[str], n_draws: int) -> _Drawn:
    """Take plain arrays out of an InferenceData (ArviZ 0.23) or a DataTree (ArviZ 1).

    Raises
    ------
    RuntimeError
        If chains broke off.
    """
    posterior = result["posterior"]
    free = {name: np.asarray(posterior[name].values, dtype=np.float64) for name in names}
    forecast = np.asarray(posterior[FORECAST_NAME].values, dtype=np.float64)
    if forecast.shape[:2] != (N_CHAINS, n_draws):
        raise RuntimeError(f"chains broke off: {forecast.shape[:2]} draws")
    statistics = result["sample_stats"]
    # a model without continuous variables has no NUTS, hence no divergences
    n_divergent = statistics["diverging"].values.sum() if "diverging" in statistics else 0
    return _Drawn(free, forecast, int(n_divergent))


def _judge(drawn: _Drawn, periods: Sequence[str]) -> FitReport:
    """Return the report: R-hat and ESS of every free value and every figure, divergences."""
    columns: dict[str, FloatArray] = {}
    for name, values in drawn.free.items():
        columns.update(_elements(name, values))
    figures = _elements(FORECAST_NAME, drawn.forecast)
    columns.update(
        {
            f"{FORECAST_NAME} of {period}": figures[f"{FORECAST_NAME}[{k}]"]
            for k, period in enumerate(periods)
            if f"{FORECAST_NAME}[{k}]" in figures
        }
    )
    names = list(columns)
    draws = np.stack(list(columns.values()), axis=-1)
    diagnostics = diagnose(draws, np.zeros(N_CHAINS, dtype=np.int64), names=names)
    diagnostics["divergences"] = float(drawn.n_divergent)
    return FitReport(
        engine="nuts",
        k_hat=math.nan,
        ess=diagnostics["ess_bulk"],
        log_evidence=math.nan,
        evidence_gap=math.nan,
        n_points=draws.shape[0] * draws.shape[1],
        rounds=1,
        failures=find_failures(diagnostics, names=names),
        diagnostics=diagnostics,
    )


def _elements(name: str, values: FloatArray) -> dict[str, FloatArray]:
    """Return the values of a variable one by one, (n_chains, n_draws) each.

    A value that never moves while others of the same variable do is fixed by construction, such as
    the diagonal of a correlation matrix; where nothing moves, the chains are frozen, and that must
    show.
    """
    shape = values.shape[2:]
    flat = values.reshape(*values.shape[:2], -1)
    moves = (flat != flat[:1, :1]).any(axis=(0, 1))
    found = {}
    for k, index in enumerate(np.ndindex(*shape)):
        label = f"{name}[{','.join(map(str, index))}]" if shape else name
        if moves[k] or not moves.any():
            found[label] = flat[:, :, k]
    return found


def _thin(n_kept: int, n_draws: int, *, seed: int) -> NDArray[np.int64]:
    """Return n_draws evenly spread draws in random order.

    In order, draws of one chain would stand beside each other, and the draw axis is shared with
    other series, whose own order may carry a meaning.
    """
    spread = np.arange(n_draws) * n_kept // n_draws
    return np.random.default_rng(seed).permutation(spread)
