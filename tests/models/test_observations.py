"""Observations of a whole history: tilts, bases, scales and order, worked by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from calibration.histories import PRIORS, REPORT, flat, linked, make_history

from forecaster.errors import InputError
from forecaster.inference.posterior import draw_posterior
from forecaster.inference.timeline import lay_out
from forecaster.models.observations import LEAST_GROWTH, MOST_GROWTH, believed_level
from forecaster.models.static_effects import static_prior
from forecaster.workspace.facts import SeriesEntry
from forecaster.workspace.series_beliefs import Level


def _growing(growth: float, *, years=(2022, 2023, 2024), kind="positive", timing="flow"):
    """Return annual values that grow by `growth` a year in logs, printed to many digits."""
    values = {str(year): f"{math.exp(growth * k):.12f}" for k, year in enumerate(years)}
    return make_history(kind, timing, values)


def test_tilted_average_of_annual_totals_by_hand():
    # growth 1 a year: windows move by 1/12 year, and log(total) = average - 1/24 + s_l^2 / 12
    found = linked(_growing(1.0))
    assert found.start == pytest.approx([2022 + 1 / 12, 2023 + 1 / 12, 2024 + 1 / 12])
    assert found.end == pytest.approx([2023 + 1 / 12, 2024 + 1 / 12, 2025 + 1 / 12])
    assert found.z == pytest.approx([1 / 24, 1 + 1 / 24, 2 + 1 / 24])
    assert found.jensen == pytest.approx([1 / 12] * 3)


def test_tilted_average_is_right_for_steady_growth():
    # l(t) = g t: the average over the shifted window is g times its middle, to second order in g
    growth = 0.5
    found = linked(_growing(growth))
    middle = (found.start + found.end) / 2 - 2022
    level = np.log((math.exp(growth) - 1) / growth)  # log of the first total when l(2022) = 0
    # the values are exp(g k), so the latent level is g t - level
    assert found.z == pytest.approx(growth * middle - level, abs=growth**4 / 500)


def test_quarters_are_tilted_a_sixteenth_as_far():
    values = {f"2024-Q{q}": f"{math.exp(0.25 * q):.12f}" for q in range(1, 5)}
    found = linked(make_history("positive", "flow", values))
    assert found.start[0] - 2024 == pytest.approx(1 / 12 / 16)
    assert found.z[0] == pytest.approx(0.25 + math.log(4) + 1 / 24 / 16)


@pytest.mark.parametrize("growth", [0.0, 0.29, -0.29])
def test_slow_growth_is_not_tilted(growth):
    assert abs(growth) < LEAST_GROWTH
    found = linked(_growing(growth))
    assert found.start.tolist() == [2022.0, 2023.0, 2024.0]
    assert found.z == pytest.approx([0, growth, 2 * growth])


def test_growth_is_capped():
    found = linked(_growing(5.0))
    assert found.start[0] == pytest.approx(2022 + MOST_GROWTH / 12)
    assert found.z[0] == pytest.approx(MOST_GROWTH**2 / 24)


def test_falling_series_tilt_the_other_way():
    found = linked(_growing(-1.0))
    assert found.start[0] == pytest.approx(2022 - 1 / 12)
    assert found.z[0] == pytest.approx(1 / 24)


def test_a_shared_edge_takes_the_mean_of_both_shifts():
    # growth 0, 1/2 and 1 about the three years: least squares slopes of (0, 0), (0, 0, 1), (0, 1)
    values = {"2022": "1.0000000", "2023": "1.0000000", "2024": f"{math.e:.7f}"}
    found = linked(make_history("positive", "flow", values))
    shifts = [0.0, 0.5 / 12, 1.0 / 12]
    assert found.start - [2022, 2023, 2024] == pytest.approx(
        [0.0, (shifts[0] + shifts[1]) / 2, (shifts[1] + shifts[2]) / 2], abs=1e-6
    )
    assert found.end - [2023, 2024, 2025] == pytest.approx(
        [(shifts[0] + shifts[1]) / 2, (shifts[1] + shifts[2]) / 2, shifts[2]], abs=1e-6
    )


@pytest.mark.parametrize("growth", [0.1, 1.0, 1.9])
def test_windows_of_one_basis_never_overlap(growth):
    values = {"2022": "1", "2023": f"{math.exp(growth):.9f}"}
    values |= {f"2024-Q{q}": f"{math.exp(growth * (1.4 + q / 4)) / 4:.9f}" for q in range(1, 5)}
    found = linked(make_history("positive", "flow", values))
    assert (found.start[1:] >= found.end[:-1] - 1e-9).all()
    assert (found.end > found.start).all()


@pytest.mark.parametrize(
    ("kind", "timing"), [("share", "flow"), ("positive", "stock"), ("real", "flow")]
)
def test_only_amounts_that_are_gathered_are_tilted(kind, timing):
    values = {"2022": "0.10", "2023": "0.30", "2024": "0.70"}
    found = linked(make_history(kind, timing, values, typical_change=1.0))
    assert found.jensen.tolist() == [0.0] * 3
    assert (found.start % 1 == 0).all()


def test_zeros_do_not_bend_the_growth():
    history = make_history("positive", "flow", {"2022": "0", "2023": "5.00000", "2024": "5.00000"})
    found = linked(history)
    assert found.start.tolist() == [2022.0, 2023.0, 2024.0]


def test_noise_is_never_below_the_floor():
    history = make_history("share", "stock", {"2024": "0.500000", "2025": "0.500000"})
    exact = replace(PRIORS["share"], quality_sd=dict.fromkeys(PRIORS["share"].quality_sd, 0.0))
    from forecaster.models.observations import link_observations

    found = link_observations(history, exact)
    assert found.noise_sd == pytest.approx([0.005, 0.005])
    assert found.target_noise_sd == pytest.approx(0.005)


def test_bases_keep_their_order_and_their_offsets():
    history = make_history(
        "share",
        "stock",
        {"2023": "0.30", "2024": "0.35"},
        others={"b": {"2024": "0.40"}, "c": {"2025": "0.50"}},
        relations={"b": "same-measure", "c": "other-measure"},
    )
    found = linked(history)
    assert found.bases == ("", "b", "c")
    assert found.basis.tolist() == [0, 0, 1, 2]
    assert found.offset_sd.tolist() == [0.0, 0.25, 0.5]
    assert found.target == 2
    assert (np.diff(found.end) >= 0).all()


def test_offsets_of_a_real_series_are_in_its_typical_changes():
    history = make_history(
        "real",
        "stock",
        {"2024": "10"},
        others={"b": {"2025": "12"}},
        relations={"b": "same-measure"},
        typical_change=4.0,
    )
    assert linked(history).offset_sd.tolist() == [0.0, 0.6]


def test_typical_change_is_the_median_step_of_six_values():
    # steps 1, 2, 3, 4, 5 in a year each; half of that time counts sqrt(1/2) of it
    values = {str(2019 + k): str(v) for k, v in enumerate([0, 1, 3, 6, 10, 15])}
    found = linked(make_history("real", "stock", values))
    assert found.scale == pytest.approx(3.0)
    assert found.notes == ("typical change in a year taken from the history: 3",)


def test_typical_change_of_halves_is_brought_to_a_year():
    periods = ["2022-H1", "2022-H2", "2023-H1", "2023-H2", "2024-H1", "2024-H2"]
    values = {period: str(2 * k) for k, period in enumerate(periods)}
    found = linked(make_history("real", "stock", values))
    assert found.scale == pytest.approx(2 / math.sqrt(0.5))


def test_a_real_series_without_scale_and_with_five_values_is_refused():
    values = {str(2020 + k): str(k) for k in range(5)}
    with pytest.raises(InputError) as raised:
        linked(make_history("real", "stock", values))
    (fault,) = raised.value.faults
    assert "has 5 values; its typical change in a year is not known" in fault.problem
    assert fault.fix == "state 'typical_change' in series.csv, or give at least 6 values"


def test_a_flat_real_series_still_has_a_scale():
    found = linked(make_history("real", "stock", {str(2010 + k): "7" for k in range(8)}))
    assert found.scale == pytest.approx(0.007)


def test_scaling_the_values_moves_only_the_level():
    small = linked(make_history("positive", "flow", flat("2022", "2023", "2024")))
    values = {k: str(1000 * float(v)) for k, v in flat("2022", "2023", "2024").items()}
    large = linked(make_history("positive", "flow", values))
    assert large.z - small.z == pytest.approx([math.log(1000)] * 3)
    assert large.start.tolist() == small.start.tolist()


def _entry(kind="positive", **fields):
    return SeriesEntry("x", "X", "X", "unit", kind, "stock", **fields)


def test_a_believed_level_is_one_uncertain_observation():
    found = believed_level(_entry(), Level(2026.5, 2.3, 0.4), PRIORS["positive"])
    assert found.n == 1
    assert (found.start[0], found.end[0], found.z[0]) == (2026.5, 2026.5, 2.3)
    assert found.noise_sd.tolist() == [0.4]
    assert (found.scale, found.target, found.log_jacobian) == (1.0, 0, 0.0)
    assert found.bases == ("",)
    assert found.jensen.tolist() == [0.0]
    # the first figure to come is taken for an estimate
    assert found.target_noise_sd == PRIORS["positive"].quality_sd["estimate"]


def test_a_believed_level_of_a_real_series_needs_its_typical_change():
    level = Level(2026.0, 10.0, 2.0)
    with pytest.raises(InputError, match="typical change in a year is not known"):
        believed_level(_entry("real"), level, PRIORS["real"])
    found = believed_level(_entry("real", typical_change=3.0), level, PRIORS["real"])
    assert found.scale == 3.0
    assert found.noise_sd.tolist() == [2.0]  # stated in the unit of the series, and not scaled
    assert found.target_noise_sd == pytest.approx(3.0 * PRIORS["real"].quality_sd["estimate"])


def test_a_believed_level_leaves_the_level_where_it_is_believed():
    # the level's own prior is ten link units wide: the posterior is the belief itself
    found = believed_level(_entry(), Level(2026.0, 2.3, 0.4), PRIORS["positive"])
    static = static_prior(found, PRIORS["positive"], is_share=False)
    drawn = draw_posterior(
        np.array([[0.2], [0.15], [2.0], [1e-4]]), np.zeros(20_000, dtype=np.int64), found,
        lay_out(found), static, report=REPORT, rng=np.random.default_rng(1),
    )  # fmt: skip
    # precision 1 / .16 + 1 / 100
    sd = (1 / 0.16 + 1 / 100) ** -0.5
    assert drawn.state[0].mean() == pytest.approx(2.3, abs=4 * sd / math.sqrt(20_000))
    assert drawn.state[0].std() == pytest.approx(sd, abs=4 * sd / math.sqrt(40_000))
