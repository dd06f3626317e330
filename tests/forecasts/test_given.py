"""What is seen, against plain counting over many draws without it."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from forecaster.cli.request import load_shared
from forecaster.errors import InputError
from forecaster.forecasts.given_conditions import driver_holds
from forecaster.forecasts.settings import Settings
from forecaster.workspace.beliefs import load_beliefs
from forecaster.workspace.conditions import SeenDriver, parse_given
from forecaster.workspace.folders import find_workspace
from forecaster.workspace.reader import load_entries
from forecaster.workspace.targets import Targets

AS_OF = date(2026, 6, 30)
N_COUNTED = 20_000
NVIDIA, AMD = "cn-ai-chip-share-nvidia", "cn-ai-chip-share-amd"
CAPEX = "hyperscaler-big4-capex"
US, CN = "us-ai-private-investment", "cn-ai-private-investment"
BAN = "us-china-specific-chip-ban"


def _run(names, **settings):
    """Return a run on the shipped workspace."""
    workspace = find_workspace(None)
    entries, beliefs = load_entries(workspace), load_beliefs(workspace, names)
    shared = load_shared(workspace, names, entries, beliefs, "")
    return shared.run(Settings(as_of=AS_OF, until="2028", **settings), lambda _: None)


def _given(target, *conditions, **settings):
    return _run([target], given=conditions, **settings).forecast(target)


def _counted(target, *conditions, **settings):
    """Return the last figures of plain draws, and which of them meet the conditions."""
    workspace = find_workspace(None)
    targets = Targets(workspace, load_entries(workspace))
    run = _run([target], n_draws=N_COUNTED, **settings)
    names = [driver.id for driver in run.drivers.beliefs.drivers]
    seen = [parse_given(text, targets, names) for text in conditions]
    levels = [each for each in seen if not isinstance(each, SeenDriver)]
    wanted = list(dict.fromkeys([target, *(each.target.text for each in levels)]))
    run = _run(wanted, n_draws=N_COUNTED, **settings)
    made = dict(zip(wanted, run.one_world(wanted), strict=True))
    met = np.ones(N_COUNTED, dtype=bool)
    for each in levels:
        forecast = made[each.target.text]
        figures = forecast.trajectories[:, forecast.periods.index(each.period)]
        met &= (figures >= each.level) if each.is_above else (figures <= each.level)
    for each in seen:
        if isinstance(each, SeenDriver):
            worlds = run.drivers.worlds(run.drivers.scenario(run.settings), run.settings)
            met &= driver_holds(each, worlds)
    return made[target].trajectories[:, -1], met


@pytest.mark.parametrize(
    ("target", "conditions", "settings"),
    [
        pytest.param(CAPEX, [f"{CAPEX}@2027 >= 1200bn USD"], {}, id="flow-total-of-a-single"),
        pytest.param(AMD, [f"{NVIDIA}@2027 <= 25%"], {}, id="another-part-of-a-whole"),
        pytest.param(US, [f"{CN}@2027 >= 40bn USD"], {}, id="another-member-of-a-group"),
        pytest.param(f"{US} / {CN}", [f"{US} / {CN} @ 2028 <= 20"], {}, id="formula"),
        pytest.param(NVIDIA, [f"{BAN}=on@2028"], {}, id="driver"),
        pytest.param(
            NVIDIA, [f"{NVIDIA}@2027 >= 30%"], {"scenario": "full-decoupling"}, id="in-a-scenario"
        ),
        pytest.param(
            NVIDIA, [f"{NVIDIA}@2027 >= 30%", f"{NVIDIA}@2027 <= 50%"], {}, id="between-levels"
        ),
    ],
)
def test_what_is_given_leaves_what_counting_leaves(target, conditions, settings):
    forecast = _given(target, *conditions, **settings)
    figures, met = _counted(target, *conditions, **settings)
    given = forecast.given
    share = met.mean()
    # posterior draws are shared by paths: both counts are worth 1,000 or so draws of these
    error = math.hypot(given.error, math.sqrt(share * (1 - share) / 2000))
    assert given.chance == pytest.approx(share, abs=4 * error)
    assert given.ess >= 1000
    ours, theirs = np.log(forecast.trajectories[:, -1]), np.log(figures[met])
    for level in (0.1, 0.5, 0.9):
        # sd of a sample quantile over sd / sqrt(n): 1.25 at the median, 1.7 at 10 and 90%, of a
        # normal; twice that for the long tails of logarithms of shares
        allowed = 4 * 2.5 * theirs.std() * math.sqrt(1 / given.ess + 1 / met.sum())
        assert np.quantile(ours, level) == pytest.approx(np.quantile(theirs, level), abs=allowed)


def test_conditions_bend_draws_and_leave_more_effective_ones_than_counting():
    given = _given(NVIDIA, f"{NVIDIA}@2027 >= 60%").given
    assert given.is_exact
    assert given.ess > 2 * given.chance * given.n_drawn


def test_every_draw_meets_what_is_given():
    forecast = _given(NVIDIA, f"{NVIDIA}@2027 >= 40%")
    column = [str(period) for period in forecast.periods].index("2027")
    assert (forecast.trajectories[:, column] >= 0.4 - 1e-6).all()
    assert forecast.trajectories.shape[0] == 4000


def test_parts_of_a_whole_still_sum_to_one_in_every_draw():
    parts = [NVIDIA, AMD, "cn-ai-chip-domestic-share"]
    run = _run(parts, given=(f"{NVIDIA}@2027 >= 40%",))
    total = sum(forecast.trajectories for forecast in run.one_world(parts))
    assert (total <= 1 + 1e-9).all()
    assert (total > 0.9).all()


def test_seeing_a_figure_tells_of_the_drivers_behind_it():
    # relaxed controls give shares to Nvidia: a large share speaks for them
    given = _given(NVIDIA, f"{NVIDIA}@2028 >= 50%").given
    moved = {name: (before, after) for name, before, after in given.drivers}
    before, after = moved["controls-relaxed"]
    assert after > before + 0.05


def test_the_scenario_says_what_is_given_and_the_plain_worlds_stay_beside_it():
    condition = f"{NVIDIA}@2027 >= 40%"
    forecast = _given(NVIDIA, condition, scenario="full-decoupling")
    assert forecast.scenario == f"full-decoupling | {condition}"
    plain = _run([NVIDIA], scenario="full-decoupling").forecast(NVIDIA)
    assert np.array_equal(forecast.worlds["full-decoupling"], plain.trajectories)
    assert forecast.drivers.quantiles["baseline"] == plain.drivers.quantiles["baseline"]
    assert forecast.manifest.given["conditions"] == [condition]


def test_the_same_seed_gives_the_same_draws():
    one, other = (_given(CAPEX, f"{CAPEX}@2027 >= 900bn USD") for _ in range(2))
    assert np.array_equal(one.trajectories, other.trajectories)


def test_what_history_has_met_changes_nothing_and_says_so():
    condition = f"{NVIDIA}@2023 >= 20%"
    forecast = _given(US, condition)
    plain = _run([US]).forecast(US)
    assert forecast.trajectories == pytest.approx(plain.trajectories, rel=1e-12)
    assert forecast.scenario == "baseline"
    said = f"'{condition}' is known already by {AS_OF}: it changes nothing"
    assert said in forecast.warnings


def test_what_history_has_decided_against_is_refused():
    with pytest.raises(InputError, match=f"known by {AS_OF} that this is not so"):
        _given(US, f"{NVIDIA}@2023 <= 2%")


def test_what_cannot_be_is_refused():
    with pytest.raises(InputError, match="holds in none of 40,000 draws"):
        _given(US, f"{BAN}=on", sets=(f"{BAN}=off",))


def test_figures_of_another_frequency_of_the_same_whole_are_refused():
    with pytest.raises(InputError, match="is drawn by the year, and 2027-H1 is none"):
        _given(NVIDIA, f"{NVIDIA}@2027-H1 >= 40%")


def test_figures_of_another_frequency_of_another_source_are_taken():
    assert _given(US, f"{NVIDIA}@2027-H1 >= 40%").given.ess >= 1000


def test_a_latent_target_is_not_mixed_with_published_figures_of_itself():
    with pytest.raises(InputError, match="is a published figure, and --latent asks for none"):
        _given(NVIDIA, f"{NVIDIA}@2027 >= 40%", latent=True)


def test_a_condition_on_a_single_series_reaches_another_by_their_coupling():
    # same group, coupled steps: more capex of the four is more of one of them
    target = "amazon-capex"
    forecast = _given(target, f"{CAPEX}@2027 >= 1200bn USD")
    assert forecast.given.with_them > forecast.given.without


def test_a_figure_of_the_past_without_a_row_is_no_condition():
    run = _run([US], given=(f"{US}@1990 >= 1bn USD",))
    with pytest.raises(InputError, match="neither published nor forecast"):
        run.forecast(US)


def test_no_conditions_leave_settings_as_they_were():
    settings = Settings(as_of=AS_OF, until="2028")
    assert settings.world == "baseline"
    assert replace(settings, given=("a@2027 >= 1",)).world == "baseline | a@2027 >= 1"
