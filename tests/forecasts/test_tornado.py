"""What drivers do, forced on less forced off, on small worlds."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from scenarios.builders import ASSESSED, BY, beliefs, driver, effect, end, influence, start

from forecaster.forecasts.driver_worlds import make_simulation
from forecaster.forecasts.tornado import Forcer, measure_tornado

MADE = beliefs(
    [
        driver("lever", start(0.4), effects=[effect(series="s")]),
        driver("follower", start(0.2), end(0.5), effects=[effect(series="s")]),
        driver("always", None, end(0.5), on=True, effects=[effect(series="s")]),
        driver("happened", on=True, effects=[effect(series="s")]),
        driver("rival", start(0.3)),
    ],
    [influence("lever", "follower", 30.0)],
    [("lever", "rival")],
)


def forcer_of(scenario=None):
    simulation = make_simulation(
        MADE, as_of=ASSESSED, until=BY, n_draws=4000, seed=1, use_cache=False,
        announce=lambda _: None,
    )  # fmt: skip
    return Forcer(simulation, scenario, simulation.worlds(scenario), ASSESSED, "2028")


def last_figure(worlds):
    noise = np.random.default_rng(5).standard_normal(worlds.n_draws)
    on = {name: worlds.on(name)[-1] for name in worlds.drivers}
    return 10 + noise + 3 * on["lever"] - 2 * on["follower"] + 1.0 * on["always"]


def tornado_of(names, forcer=None):
    drivers = [MADE.of(name) for name in names]
    return measure_tornado(drivers, ["s"], forcer or forcer_of(), last_figure, ess=np.inf)


def test_a_driver_changes_what_its_effect_says_and_what_others_answer():
    (bar,) = tornado_of(["follower"]).bars
    # nothing answers to it: -2, on the same draws
    assert bar.change == pytest.approx(-2.0, abs=4 * bar.error)
    assert bar.is_clear
    (lever,) = tornado_of(["lever"]).bars
    # 3 less what the follower, which it makes likelier, takes away again
    assert 1.0 < lever.change < 3.0 + 4 * lever.error
    assert lever.error < 0.1


def test_bars_come_largest_first_with_the_chance_of_being_on():
    found = tornado_of(["always", "follower", "lever"])
    sizes = [abs(bar.change) for bar in found.bars]
    assert sizes == sorted(sizes, reverse=True)
    chances = {bar.driver.id: bar.chance.probability for bar in found.bars}
    assert chances["always"] == 1.0
    assert chances["lever"] == pytest.approx(0.4, abs=4 * (0.24 / 4000) ** 0.5)


def test_what_has_happened_cannot_be_off():
    found = tornado_of(["happened", "lever"])
    assert [bar.driver.id for bar in found.bars] == ["lever"]
    ((name, reason),) = found.left_out
    assert name == "happened"
    assert "it has happened before 2025-12-31 and stays" in reason


def test_what_is_so_everywhere_needs_no_worlds_of_its_own():
    forcer = forcer_of()
    assert forcer.forced("happened", "on") is forcer.worlds
    assert forcer.forced("lever", "on") is not forcer.worlds
    assert forcer.forced("lever", "on").on("lever")[-1].all()
    assert not forcer.forced("lever", "on").on("rival")[-1].any()
    assert date(2028, 12, 31) == BY


def test_the_error_of_a_difference_is_that_of_shared_draws():
    """Medians that move together by a constant differ by it exactly."""
    (bar,) = tornado_of(["always"]).bars
    changes = []
    for seed in range(20):

        def figure(worlds, seed=seed):
            noise = np.random.default_rng(seed).standard_normal(worlds.n_draws)
            return noise * (1 + 0.3 * worlds.on("always")[-1])

        drivers = [MADE.of("always")]
        found = measure_tornado(drivers, ["s"], forcer_of(), figure, ess=np.inf)
        changes.append((found.bars[0].change, found.bars[0].error))
    seen, stated = np.std([c for c, _ in changes], ddof=1), np.mean([e for _, e in changes])
    assert 0.4 * stated < seen < 2.5 * stated  # the sd of 20 values is off by a sixth
    assert bar.error < 0.02
