"""Models of a user's own: a good one that is quick to sample, and one for each fault."""

import pymc as pm


def steady(history):
    """Figures about one unknown level: its posterior is known in closed form."""
    n_ahead = len(history.forecast_periods)
    print("a word on stdout")
    with pm.Model() as model:
        level = pm.Normal("level", 0.0, 10.0)
        pm.Normal("seen", level, 0.5, observed=history.values)
        news = pm.Normal("news", 0.0, 0.5, shape=n_ahead)
        pm.Deterministic("forecast", level + news)
    return model


def two_modes(history):
    """A level that is 5 or -5, which no chain can cross."""
    with pm.Model() as model:
        side = pm.Normal("side", 0.0, 5.0)
        pm.Potential("wells", -0.5 * ((side**2 - 25.0) / 0.5) ** 2)
        pm.Deterministic("forecast", side + 0.0 * history.forecast_ends)
    return model


def two_levels(history):
    """An amount near 2 or near 12, which no chain can cross."""
    with pm.Model() as model:
        side = pm.Normal("side", 0.0, 5.0)
        pm.Potential("wells", -0.5 * ((side**2 - 25.0) / 0.5) ** 2)
        pm.Deterministic("forecast", 7.0 + side + 0.0 * history.forecast_ends)
    return model


def steady_amount(history):
    """Logs of figures about one unknown level."""
    n_ahead = len(history.forecast_periods)
    with pm.Model() as model:
        level = pm.Normal("level", 0.0, 3.0)
        pm.Normal("seen", level, 0.5, observed=history.link_values)
        news = pm.Normal("news", 0.0, 0.5, shape=n_ahead)
        pm.Deterministic("forecast", pm.math.exp(level + news))
    return model


def discrete(history):
    """A model for PyMC's own sampler."""
    with pm.Model() as model:
        switch = pm.Bernoulli("switch", 0.5)
        news = pm.Normal("news", 0.0, 1.0, shape=len(history.forecast_periods))
        pm.Deterministic("forecast", 10.0 * switch + news)
    return model


def raises(history):
    rates = {"growth": 0.1}
    return rates["speed"]


def writes(history):
    history.values[0] = 0.0


def returns_nothing(history):
    """Forget the return."""


def returns_text(history):
    return "a model"


def no_forecast(history):
    with pm.Model() as model:
        pm.Normal("level", 0.0, 1.0)
    return model


def observed_forecast(history):
    with pm.Model() as model:
        level = pm.Normal("level", 0.0, 1.0)
        pm.Normal("forecast", level, 1.0, observed=[0.0] * len(history.forecast_periods))
    return model


def one_too_many(history):
    with pm.Model() as model:
        level = pm.Normal("level", 0.0, 1.0, shape=len(history.forecast_periods) + 1)
        pm.Deterministic("forecast", level)
    return model


def nothing_free(history):
    with pm.Model() as model:
        pm.Deterministic("forecast", pm.math.stack(list(history.forecast_ends)))
    return model


def impossible_start(history):
    with pm.Model() as model:
        level = pm.HalfNormal("level", 1.0, shape=len(history.forecast_periods))
        pm.Potential("never", -float("inf") + 0.0 * level.sum())
        pm.Deterministic("forecast", level)
    return model


not_a_function = 3
