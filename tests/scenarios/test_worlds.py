"""Worlds against exact answers of small networks, and what must hold for all of them."""

from __future__ import annotations

from datetime import date
from itertools import product

import numpy as np
import pytest

from forecaster.errors import InputError
from forecaster.scenarios.calendar import quarters_until
from forecaster.scenarios.calibrate import calibrate
from forecaster.scenarios.hazards import NODES, WEIGHTS
from forecaster.scenarios.network import make_network
from forecaster.scenarios.worlds import Worlds, draw_ends, draw_worlds
from forecaster.workspace.driver_beliefs import load_driver_beliefs
from forecaster.workspace.periods import parse_period
from forecaster.workspace.reader import SHIPPED, load_all_facts
from forecaster.workspace.scenario_beliefs import Forced, Scenario
from scenarios.builders import (
    ASSESSED,
    BY,
    beliefs,
    between,
    driver,
    end,
    influence,
    network,
    sixty_drivers,
    start,
)
from scenarios.exact import Exact

N = 100_000
QUARTERS_3_YEARS = 12
FIVE_ERRORS = 5
"""Tolerances in standard errors, where many cells are looked at and the draws are fixed."""


def scenario(on=(), off=(), probability=None, by=BY):
    forced = tuple(each if isinstance(each, Forced) else Forced(each) for each in on)
    return Scenario(
        "s", "s", "", by, forced, tuple(off), probability or {}, is_exclusive=False,
        evidence="", essays=(),
    )  # fmt: skip


def on_from(name, quarter):
    return Forced(name, parse_period(quarter))


def draw(
    made, setting=None, *, n_draws=N, seed=1, until=BY, as_of=ASSESSED, calibration_draws=None
):
    net = network(made, as_of=as_of, until=until)
    calibration = calibrate(net, n_draws=calibration_draws or n_draws)
    return draw_worlds(net, calibration, setting, n_draws=n_draws, seed=seed)


def assert_joint(worlds: Worlds, exact: Exact, column: int) -> None:
    """Check the probability of every combination of drivers at a column."""
    names = worlds.drivers
    for states in product((False, True), repeat=len(names)):
        wanted = exact.chance(
            column,
            lambda on, states=states: all(on[n] == s for n, s in zip(names, states, strict=True)),
        )
        hits = np.logical_and.reduce(
            [worlds.on(n)[column] == s for n, s in zip(names, states, strict=True)]
        )
        # counted in draws, with centres that were found on as many others
        error = np.sqrt(2 * max(wanted * (1 - wanted), 1e-6) / worlds.n_draws)
        assert abs(hits.mean() - wanted) < FIVE_ERRORS * error, (states, hits.mean(), wanted)


def hazard(p, quarters=QUARTERS_3_YEARS):
    return 1 - (1 - p) ** (1 / quarters)


NETWORKS = {
    "one raises another": (
        beliefs([driver("a", start(0.4)), driver("b", start(0.3))], [influence("a", "b", 6.0)]),
        [hazard(0.4), hazard(0.3)],
        [0.0, 0.0],
    ),
    "a loop": (
        beliefs(
            [driver("a", start(0.4)), driver("b", start(0.3)), driver("c", start(0.5))],
            [influence("a", "b", 5.0), influence("b", "c", 0.2), influence("c", "a", 3.0)],
        ),
        [hazard(0.4), hazard(0.3), hazard(0.5)],
        [0.0, 0.0, 0.0],
    ),
    "two together": (
        beliefs(
            [driver("a", start(0.5)), driver("b", start(0.6)), driver("c", start(0.2))],
            [influence(("a", "b"), "c", 10.0)],
        ),
        [hazard(0.5), hazard(0.6), hazard(0.2)],
        [0.0, 0.0, 0.0],
    ),
    "two that exclude each other": (
        beliefs(
            [driver("a", start(0.4)), driver("b", start(0.4))], exclusions=[("a", "b")]
        ),
        [hazard(0.4), hazard(0.4)],
        [0.0, 0.0],
    ),
    "switching drivers": (
        beliefs(
            [
                driver("a", start(0.6), end(0.5)),
                driver("b", start(0.5), end(0.6)),
                driver("c", None, end(0.3), on=True),
            ],
            [influence("a", "b", 4.0), influence("c", "a", 3.0), influence("b", "a", 0.3)],
        ),
        [hazard(0.6), hazard(0.5), 0.0],
        [hazard(0.5, 4), hazard(0.6, 4), hazard(0.3, 4)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_joint_probabilities_are_those_of_the_exact_chain(name):
    made, starts, ends = NETWORKS[name]
    worlds = draw(made)
    exact = Exact(made, starts, ends, QUARTERS_3_YEARS)
    for column in (1, 5, 12):
        assert_joint(worlds, exact, column)


def test_one_driver_that_raises_another_by_hand():
    # In the first quarter nothing acts yet: P(a) = .19 in two quarters is .1 in one, and P(b) = .36
    # is .2. In the second, b's odds are x, and 3x where a was on, with x solving
    # .1 * 3x/(1 + 3x) + .9 * x/(1 + x) = .2, so P(b at 2 | a at 1, b not) = 3x/(1 + 3x)
    half_year = date(2026, 6, 30)
    made = beliefs(
        [driver("a", start(0.19, half_year)), driver("b", start(0.36, half_year))],
        [influence("a", "b", 3.0)],
    )
    worlds = draw(made, until=half_year)
    grid = np.linspace(0.1, 0.3, 200_001)
    sums = 0.1 * 3 * grid / (1 + 3 * grid) + 0.9 * grid / (1 + grid)
    x = grid[np.argmin(np.abs(sums - 0.2))]
    a, b = worlds.on("a"), worlds.on("b")
    at_risk = a[1] & ~b[1]
    wanted = 3 * x / (1 + 3 * x)
    error = np.sqrt(wanted * (1 - wanted) / at_risk.sum())
    assert b[2][at_risk].mean() == pytest.approx(wanted, abs=4 * error)
    assert b[2].mean() == pytest.approx(0.36, abs=4 * np.sqrt(0.36 * 0.64 / N))


def test_every_marginal_of_sixty_drivers_is_kept_at_every_quarter():
    made = sixty_drivers()
    net = network(made)
    calibration = calibrate(net)
    worlds = draw_worlds(net, calibration, n_draws=4000, seed=20260101)
    beyond = []
    for row, each in enumerate(made.drivers):
        keeps_start = net.keeps_start[row]
        path = (net.hazards.started if keeps_start else net.hazards.on)[row]
        found = (worlds.started(each.id) if keeps_start else worlds.on(each.id)).mean(axis=1)
        # an excluded driver keeps its path until the date of its probability
        last = net.stated_column[row] if row in net.partners else net.quarters.n
        error = np.sqrt(path * (1 - path) / worlds.n_draws)
        gap = np.abs(found - path)[1 : last + 1] / np.maximum(error[1 : last + 1], 1e-9)
        beyond.append((gap.max(), each.id))
        column = net.stated_column[row]
        if each.start is not None:
            assert path[column] == pytest.approx(each.start.probability.mean, abs=1e-3)
            assert gap[column - 1] < 3.0, each.id
    # some 1,500 cells were looked at, of which normal ones exceed 4 errors with probability .1
    assert max(beyond)[0] < 4.0


def test_every_marginal_of_the_shipped_drivers_is_the_stated_one():
    made = load_driver_beliefs(SHIPPED, load_all_facts(SHIPPED).entries)
    assert len(made.drivers) == 60
    net = network(made)
    worlds = draw_worlds(net, calibrate(net), n_draws=4000, seed=20260101)
    for row, each in enumerate(made.drivers):
        if each.start is None:
            path, found = net.hazards.on[row, -1], worlds.on(each.id)[-1].mean()
        else:
            column = net.stated_column[row]
            path = each.start.probability.mean
            chance = worlds.on if each.start.is_in_force else worlds.started
            found = chance(each.id)[column].mean()
        error = np.sqrt(path * (1 - path) / worlds.n_draws)
        assert abs(found - path) <= 3 * error + 1e-4, (each.id, found, path)


def test_the_ends_of_a_range_bracket_what_it_leads_to():
    made = beliefs(
        [driver("a", start(between(0.1, 0.6))), driver("b", start(0.3))],
        [influence("a", "b", 10.0)],
    )
    net = network(made, until=BY)
    calibration = calibrate(net, n_draws=20_000)
    low, high = draw_ends(net, calibration, "a", n_draws=20_000, seed=1)
    assert low.chance_on("a", BY).probability == pytest.approx(0.1, abs=0.01)
    assert high.chance_on("a", BY).probability == pytest.approx(0.6, abs=0.015)
    # the centre stays, so that what it moves moves with it
    chances = [worlds.chance_on("b", BY).probability for worlds in (low, high)]
    assert chances[0] < 0.26
    assert chances[1] > 0.34
    going = network(beliefs([driver("c", None, end(0.5), on=True)]))
    with pytest.raises(InputError, match="'c' has no start"):
        draw_ends(going, calibration, "c", n_draws=10, seed=1)


def test_what_exclusion_holds_up_at_first_is_made_up_for_by_the_stated_date():
    # while a is on, and it is on in all worlds at first, b cannot start; by its date it has
    made = beliefs(
        [driver("a", None, end(0.9), on=True), driver("b", start(0.4))], exclusions=[("a", "b")]
    )
    worlds = draw(made, n_draws=20_000)
    assert not worlds.on("b")[1].any()
    assert worlds.chance_on("b", BY).probability == pytest.approx(0.4, abs=0.015)


def test_facts_that_leave_no_room_for_what_was_stated_are_no_fault():
    # a was off when b was given .9; by the end of 2026 it is on, and for good
    made = beliefs([driver("a", start(0.05)), driver("b", start(0.9))], exclusions=[("a", "b")])
    quarters = quarters_until(date(2026, 12, 31), BY)
    net = make_network(made, [True, False], quarters)
    worlds = draw_worlds(net, calibrate(net, n_draws=2000), n_draws=500, seed=1)
    assert not worlds.on("b").any()


def test_uncentred_interactions_would_move_marginals():
    made = sixty_drivers()
    net = network(made)
    calibration = calibrate(net)
    calibration.centres[:] = 0.0
    worlds = draw_worlds(net, calibration, n_draws=4000, seed=20260101)
    gaps = [
        abs(worlds.started(each.id)[net.stated_column[row]].mean() - each.start.probability.mean)
        for row, each in enumerate(made.drivers)
        if net.keeps_start[row]
    ]
    assert max(gaps) > 0.05


def test_exclusive_drivers_are_never_on_together():
    made = sixty_drivers()
    worlds = draw(made, n_draws=4000, until=date(2035, 12, 31), calibration_draws=8192)
    for each in made.exclusions:
        assert not (worlds.on(each.first) & worlds.on(each.second)).any()
        assert worlds.on(each.first).any()
        assert worlds.on(each.second).any()


def test_exclusive_drivers_that_have_no_room_are_refused():
    made = beliefs([driver("a", start(0.7)), driver("b", start(0.6))], exclusions=[("a", "b")])
    with pytest.raises(InputError, match=r"beside '[ab]', which it excludes"):
        calibrate(network(made, until=BY), n_draws=4000)


def test_exclusive_drivers_may_run_out_of_room_beyond_their_date():
    made = beliefs([driver("a", start(0.5)), driver("b", start(0.4))], exclusions=[("a", "b")])
    worlds = draw(made, n_draws=20_000, until=date(2035, 12, 31))
    assert worlds.chance_on("a", BY).probability == pytest.approx(0.5, abs=0.015)
    assert worlds.chance_on("b", BY).probability == pytest.approx(0.4, abs=0.015)
    late = date(2035, 12, 31)
    assert worlds.chance_on("a", late).probability + worlds.chance_on("b", late).probability <= 1


def test_doing_leaves_the_centres_and_moves_descendants():
    made, starts, ends = NETWORKS["a loop"]
    baseline = Exact(made, starts, ends, QUARTERS_3_YEARS)
    exact = Exact(made, starts, ends, QUARTERS_3_YEARS, forced={0: 5}, centres=baseline.centres)
    worlds = draw(made, scenario(on=[on_from("a", "2027-Q1")]))
    assert not worlds.on("a")[:5].any()
    assert worlds.on("a")[5:].all()
    for column in (5, 12):
        assert_joint(worlds, exact, column)
    # b's odds are raised by a; were the centres found anew, b would keep its .3
    assert worlds.chance_on("b", BY).probability > 0.4


def test_doing_is_not_seeing():
    # b says much about a, its cause; setting b tells nothing of it
    made = beliefs([driver("a", start(0.3)), driver("b", start(0.3))], [influence("a", "b", 20.0)])
    baseline, forced = draw(made), draw(made, scenario(on=["b"]))
    seen = baseline.on("a")[12][baseline.on("b")[12]].mean()
    assert seen > 0.4
    assert forced.chance_on("a", BY).probability == pytest.approx(0.3, abs=0.006)


def test_a_driver_switched_off_ends_at_once_and_does_not_start():
    made = beliefs([driver("a", None, end(0.2), on=True), driver("b", start(0.5))])
    worlds = draw(made, scenario(off=["a", "b"]), n_draws=1000)
    assert worlds.on("a")[0].all()
    assert not worlds.on("a")[1:].any()
    assert not worlds.on("b").any()


def test_a_driver_that_is_on_and_set_on_stays_on():
    made = beliefs([driver("a", None, end(0.9), on=True)])
    assert draw(made, scenario(on=["a"]), n_draws=1000).on("a").all()


def test_a_start_without_a_date_is_drawn_from_its_own_hazard_given_that_it_comes():
    # a quarter passes without it with s = .4^(1/12); given a start by quarter 8,
    # P(T <= 4) = (1 - s^4) / (1 - s^8)
    made = beliefs([driver("a", start(0.6))])
    worlds = draw(made, scenario(on=["a"], by=date(2027, 12, 31)))
    on = worlds.on("a")
    assert on[8].all()
    staying = 0.4 ** (1 / 12)
    wanted = (1 - staying**4) / (1 - staying**8)
    assert on[4].mean() == pytest.approx(wanted, abs=4 * np.sqrt(wanted * (1 - wanted) / N))
    assert (on[1:] >= on[:-1]).all()


def test_a_forced_driver_ends_and_bars_what_it_excludes():
    made = beliefs(
        [driver("a", start(0.3)), driver("b", start(0.6), end(0.2))], exclusions=[("a", "b")]
    )
    worlds = draw(made, scenario(on=[on_from("a", "2027-Q1")]), n_draws=5000)
    assert worlds.on("b")[4].mean() > 0.1
    assert not worlds.on("b")[5:].any()


def test_a_scenario_that_contradicts_itself_is_refused():
    made = beliefs([driver("a", start(0.3)), driver("b", start(0.3))], exclusions=[("a", "b")])
    with pytest.raises(InputError, match="'a' and 'b' exclude each other, and both are on"):
        draw(made, scenario(on=["a", "b"]), n_draws=500)
    with pytest.raises(InputError, match="'a' is both on and off"):
        draw(made, scenario(on=["a"], off=["a"]), n_draws=500)
    with pytest.raises(InputError, match="there is no driver 'c'"):
        draw(made, scenario(off=["c"]), n_draws=500)
    with pytest.raises(InputError, match="on 2025-12-31 it was known to be off"):
        draw(made, scenario(on=[on_from("a", "2025-Q3")]), n_draws=500)


def test_a_replaced_probability_holds_in_the_scenario():
    made, _, _ = NETWORKS["one raises another"]
    stated = between(0.75, 0.9)
    worlds = draw(made, scenario(probability={"a": stated}))
    assert worlds.chance_on("a", BY).probability == pytest.approx(stated.mean, abs=0.006)
    # its descendant responds, with the centre of the baseline
    assert worlds.chance_on("b", BY).probability > 0.34


def test_scenarios_share_their_thresholds():
    made = sixty_drivers()
    net = network(made)
    calibration = calibrate(net)
    baseline = draw_worlds(net, calibration, n_draws=2000, seed=3)
    forced = draw_worlds(net, calibration, scenario(on=["event-0"]), n_draws=2000, seed=3)
    touched = {"event-0"}
    for _ in made.drivers:
        touched |= {e.target for e in made.interactions if touched & set(e.sources)}
        touched |= {x.second for x in made.exclusions if x.first in touched}
        touched |= {x.first for x in made.exclusions if x.second in touched}
    for name in set(baseline.drivers) - touched:
        assert np.array_equal(baseline.on(name), forced.on(name))


def test_what_is_not_moved_keeps_its_worlds_when_a_driver_is_added_or_the_horizon_grows():
    pair = [driver("a", start(0.4)), driver("b", start(0.3), end(0.4))]
    alone = draw(beliefs(pair), n_draws=1000)
    joined = draw(beliefs([driver("new", start(0.5)), *pair]), n_draws=1000)
    longer = draw(beliefs(pair), n_draws=1000, until=date(2031, 12, 31))
    for name in ("a", "b"):
        assert np.array_equal(alone.on(name), joined.on(name))
        assert np.array_equal(alone.on(name), longer.on(name)[:13])


def test_shared_ignorance_makes_joint_events_likelier():
    # both of one group: E[p1 p2] with logits correlated .5, by numerical integration over the group
    stated = between(0.02, 0.5)
    made = beliefs(
        [
            driver("a", start(stated)),
            driver("b", start(stated)),
            driver("c", start(stated), group="china"),
        ]
    )
    worlds = draw(made)
    own = stated.logit_mean + stated.logit_sd * np.sqrt(0.5) * (NODES[:, None] + NODES)
    given_group = (1 / (1 + np.exp(-own))) @ WEIGHTS
    wanted = WEIGHTS @ given_group**2
    a, b, c = (worlds.on(name)[12] for name in "abc")
    error = np.sqrt(wanted / N)
    assert (a & b).mean() == pytest.approx(wanted, abs=4 * error)
    assert (a & c).mean() == pytest.approx(stated.mean**2, abs=4 * error)
    assert wanted > 1.15 * stated.mean**2


def test_the_start_of_worlds_on_another_day():
    made = beliefs([driver("a", start(0.784))])
    later = draw(made, as_of=date(2026, 12, 31))
    assert later.first_quarter == 4 * 2027
    assert later.chance_started("a", BY).probability == pytest.approx(0.64, abs=0.006)
    assert not later.is_hindsight
    earlier = draw(made, as_of=date(2025, 6, 30), n_draws=1000)
    assert earlier.is_hindsight


def test_a_chance_carries_its_error():
    worlds = draw(beliefs([driver("a", start(0.784))]), n_draws=10_000)
    chance = worlds.chance_started("a", BY)
    assert chance.error == pytest.approx(np.sqrt(0.784 * 0.216 / 10_000), rel=0.02)
    with pytest.raises(ValueError, match="beyond"):
        worlds.chance_on("a", date(2040, 1, 1))
