"""A diffusion curve for the share of people online, as a model of one's own.

Gompertz: share(t) = cap * exp(-exp(-speed * (t - turn))), fast at first and slow towards its cap.
The curve is only the middle of the road: shares stray from it for years at a time, and the figures
have errors. Leaving either out would make the bands far too narrow. What strays is a Gaussian
process on the logit scale; it is integrated out, which leaves four unknowns to sample.
"""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

MEMORY_YEARS = 3.0  # how long a departure from the curve lasts


def build(history):
    """Return the model; `history` is what forecaster knows of the series."""
    n, n_ahead = len(history.values), len(history.forecast_periods)
    at = np.concatenate([history.ends, history.forecast_ends])
    correlation = np.exp(-np.abs(at[:, None] - at) / MEMORY_YEARS)
    errors = np.diag(np.append(history.measurement_sd, [history.forecast_sd] * n_ahead) ** 2)
    with pm.Model() as model:
        cap = pm.Beta("cap", 8.0, 1.5)  # between 62% and 98% nine times in ten
        turn = pm.Normal("turn", 2010.0, 10.0)
        speed = pm.LogNormal("speed", np.log(0.1), 0.5)
        stray = pm.HalfNormal("stray", 0.5)
        log_share = pt.log(cap) - pt.exp(-speed * (at - turn))
        curve = log_share - pt.log(-pt.expm1(log_share))
        covariance = stray**2 * correlation + errors
        seen, cross = covariance[:n, :n], covariance[:n, n:]
        pm.MvNormal("seen", curve[:n], cov=seen, observed=history.link_values)
        # figures to come, given those seen: the usual conditional normal distribution
        gain = pt.dot(pt.linalg.inv(seen), cross).T
        middle = curve[n:] + pt.dot(gain, history.link_values - curve[:n])
        spread = covariance[n:, n:] - pt.dot(gain, cross)
        news = pm.Normal("news", 0.0, 1.0, shape=n_ahead)
        figures = middle + pt.dot(pt.linalg.cholesky(spread), news)
        pm.Deterministic("forecast", pt.sigmoid(figures))
    return model
