"""Weigh families by what their mixture would have said of figures that came.

With p_fj the predictive density of fold f under family j, the weights maximise

    sum_f u_f log sum_j w_j p_fj  +  sum_j a_j log w_j          over w_j >= 0, sum w_j = 1

The second sum is the log density of a Dirichlet prior worth sum a_j folds; without it this is
stacking of predictive distributions (Yao, Vehtari, Simpson and Gelman 2018, Bayesian Analysis 13,
917). Evidence would put all weight on one family as soon as figures are many; this asks which
mixture foretells best, and two families that are wrong in different ways keep a share each.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from forecaster.evaluation.leave_future_out import Fold
    from forecaster.inference.one_step import OneStep

    FloatArray = NDArray[np.float64]

PRIOR_FOLDS = 20.0
"""Folds that the weights of its kind count for, beside a series' own."""
LEAST_BEFORE = 3
"""Figures before a fold of a series' own: the first three tell level, slope and noise at best."""
_MOST_SWEEPS = 20_000
_TOLERANCE = 1e-9


def stack(
    log_densities: ArrayLike,
    *,
    fold_weights: ArrayLike | None = None,
    prior: ArrayLike | None = None,
) -> FloatArray:
    """Return the weights of families that maximise the objective above.

    By expectation and maximisation: every fold shares itself out among the families in proportion
    to w_j p_fj, and the shares are counted. The objective is concave, so where it starts does not
    matter.

    Parameters
    ----------
    log_densities : (n_folds, n_families)
    fold_weights : (n_folds,) u_f, not negative; ones where not given
    prior : (n_families,) a_j, not negative; zeros where not given

    Returns
    -------
    (n_families,), sum to one

    Raises
    ------
    ValueError
        If a density is not a number, all are zero in one fold, or nothing tells the weights.
    """
    logs = np.asarray(log_densities, dtype=np.float64)
    n_folds, n_families = logs.shape
    counted = np.ones(n_folds) if fold_weights is None else np.asarray(fold_weights, dtype=float)
    added = np.zeros(n_families) if prior is None else np.asarray(prior, dtype=np.float64)
    if np.isnan(logs).any() or not np.isfinite(logs.max(axis=1, initial=-np.inf)).all():
        raise ValueError("a fold has no density, or one that is not a number")
    if (counted < 0).any() or (added < 0).any() or not counted.sum() + added.sum() > 0:
        raise ValueError("neither folds nor a prior tell the weights, or some are negative")
    densities = np.exp(logs - logs.max(axis=1, keepdims=True, initial=-np.inf))
    weights = np.full(n_families, 1 / n_families)
    for _ in range(_MOST_SWEEPS):
        joint = densities * weights
        shares = joint / joint.sum(axis=1, keepdims=True)
        updated = (counted @ shares + added) / (counted.sum() + added.sum())
        moved = float(np.abs(updated - weights).max())
        weights = updated
        if moved < _TOLERANCE:
            break
    return np.asarray(weights)


def mixture_log_density(log_densities: ArrayLike, weights: ArrayLike) -> FloatArray:
    """Return the log density of the mixture in every fold, (n_folds,).

    Parameters
    ----------
    log_densities : (n_folds, n_families)
    weights : (n_families,), sum to one
    """
    logs = np.asarray(log_densities, dtype=np.float64)
    top = logs.max(axis=1, keepdims=True)
    return np.asarray(top[:, 0] + np.log(np.exp(logs - top) @ np.asarray(weights)))


def series_weights(
    of_kind: Mapping[str, float],
    one_steps: Mapping[str, OneStep],
    *,
    prior_folds: float = PRIOR_FOLDS,
) -> dict[str, float]:
    """Return the weights of one series: its kind's, drawn towards what its own history says.

    Folds are the steps of the history that every family can be trusted about, one step ahead. They
    come from the fit to the whole history, so nothing is fitted again.

    Parameters
    ----------
    of_kind : family -> weight; families of no weight stay out
    one_steps : family -> its steps, of the same history; families missing here stay out
    prior_folds : folds that the kind's weights count for
    """
    names = [name for name, weight in of_kind.items() if weight > 0 and name in one_steps]
    total = sum(of_kind[name] for name in names)
    shares = np.array([of_kind[name] / total for name in names])
    logs = own_folds({name: one_steps[name] for name in names})
    found = stack(logs, prior=prior_folds * shares) if len(logs) else shares
    return {name: float(weight) for name, weight in zip(names, found, strict=True)}


def own_folds(one_steps: Mapping[str, OneStep]) -> FloatArray:
    """Return the log densities of the steps that all families can be trusted about.

    Parameters
    ----------
    one_steps : family -> its steps, of the same history

    Returns
    -------
    (n_folds, n_families)
    """
    common = shared_steps(one_steps.values())
    return np.array([one.log_density[common] for one in one_steps.values()]).T


def shared_steps(one_steps: Iterable[OneStep]) -> list[int]:
    """Return the numbers of the steps that all families can be trusted about, in order."""
    usable = [set(one.usable(least_before=LEAST_BEFORE).tolist()) for one in one_steps]
    return sorted(set.intersection(*usable)) if usable else []


def fold_table(
    folds: Sequence[Fold], families: Sequence[str]
) -> tuple[tuple[Fold, ...], FloatArray]:
    """Line folds up: one row for each figure forecast at one origin, one column for each family.

    Rows that lack a family, or where a density is not a number, are left out.

    Returns
    -------
    firsts : the first family's folds, one for each row
    log_densities : (n_rows, n_families)
    """
    by_family = {
        name: {(f.series, f.origin, f.years): f for f in folds if f.family == name}
        for name in families
    }
    rows = [
        (fold, [by_family[name][key].score.log_density for name in families])
        for key, fold in by_family[families[0]].items()
        if all(key in by_family[name] for name in families)
    ]
    kept = [(fold, logs) for fold, logs in rows if not np.isnan(logs).any()]
    logs = np.array([logs for _, logs in kept]).reshape(-1, len(families))
    return tuple(fold for fold, _ in kept), logs


def even_weights(folds: Sequence[Fold]) -> FloatArray:
    """Return a weight for each fold by which every series of a group, and every group, is heard.

    A series counts as the square root of its folds, a group as the square root of its series: a
    long series or a large group knows more than a small one, but not in proportion, for its folds
    share their shocks.

    Returns
    -------
    (n_folds,), summing to the number of folds
    """
    n_folds = Counter(f.series for f in folds)
    groups = {f.series: f.group for f in folds}
    n_series = Counter(groups.values())
    raw = np.array([n_folds[f.series] ** -0.5 * n_series[f.group] ** -0.5 for f in folds])
    return np.asarray(raw * len(folds) / raw.sum())
