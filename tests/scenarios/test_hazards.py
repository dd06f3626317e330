"""Hazards of single drivers: by hand, at the ends of what can be, and seen from other days."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from forecaster.errors import InputError
from forecaster.scenarios.calendar import quarters_until
from forecaster.scenarios.hazards import NODES, WEIGHTS, make_hazards
from scenarios.builders import ASSESSED, between, driver, end, start

MIDDLE = len(NODES) // 2
YEARS_3 = quarters_until(ASSESSED, date(2028, 12, 31))


def hazard_of(log_odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-log_odds))


def test_a_start_hazard_by_hand():
    # 1 - (1 - 0.784)^(1/12) over twelve quarters: 0.216 = 0.6^3, so 1 - 0.6^(1/4)
    found = make_hazards([driver("a", start(0.784))], [False], YEARS_3)
    assert hazard_of(found.start[0, MIDDLE]) == pytest.approx(1 - 0.6**0.25, rel=1e-5)
    assert found.started[0, [0, 4, 8, 12]] == pytest.approx([0, 0.4, 0.64, 0.784], rel=1e-5)


def test_an_end_hazard_by_hand():
    # a spell that ends within 4 quarters with probability 0.5904 lasts one with 0.8: 0.8^4 = 0.4096
    found = make_hazards([driver("a", None, end(0.5904), on=True)], [True], YEARS_3)
    assert hazard_of(found.end[0, MIDDLE]) == pytest.approx(0.2, rel=1e-5)
    assert found.on[0, :3] == pytest.approx([1, 0.8, 0.64], rel=1e-5)


def test_a_range_keeps_the_mean_of_the_probability():
    stated = between(0.1, 0.5)
    found = make_hazards([driver("a", start(stated))], [False], YEARS_3)
    assert found.started[0, 12] == pytest.approx(stated.mean, abs=1e-5)
    # not the median, from which the mean differs
    assert abs(stated.mean - 0.25) > 0.02


@pytest.mark.parametrize("is_on", [False, True])
def test_a_driver_is_in_force_at_its_date_with_the_stated_probability(is_on):
    stated = between(0.6, 0.9) if is_on else between(0.2, 0.6)
    begins = start(stated, date(2027, 12, 31), in_force=True)
    found = make_hazards(
        [driver("a", begins, end(between(0.2, 0.5), 8), on=is_on)], [is_on], YEARS_3
    )
    assert found.on[0, 8] == pytest.approx(stated.mean, abs=1e-4)


def test_a_probability_that_the_end_does_not_allow_is_refused():
    # of spells that end within 4 quarters with .1 more than .9 are left after a year
    begins = start(0.3, date(2026, 12, 31), in_force=True)
    with pytest.raises(InputError, match=r"'a' cannot be in force .* between 0\.9 and"):
        make_hazards([driver("a", begins, end(0.1), on=True)], [True], YEARS_3)


def test_seen_later_the_hazard_goes_on_for_what_is_left():
    # assessed at the end of 2025, seen at the end of 2026: 8 of 12 quarters are left
    later = quarters_until(date(2026, 12, 31), date(2028, 12, 31))
    found = make_hazards([driver("a", start(0.784))], [False], later)
    assert found.started[0, 8] == pytest.approx(0.64, rel=1e-5)


def test_what_did_not_happen_is_believed_less():
    # exact, by numerical integration: P(T <= 12 | T > 4) = (E S(4) - E S(12)) / E S(4)
    later = quarters_until(date(2026, 12, 31), date(2028, 12, 31))
    stated = between(0.05, 0.9)
    found = make_hazards([driver("a", start(stated))], [False], later)
    p = 1 / (1 + np.exp(-(stated.logit_mean + stated.logit_sd * NODES)))
    after_4, after_12 = WEIGHTS @ (1 - p) ** (1 / 3), WEIGHTS @ (1 - p)
    assert found.started[0, 8] == pytest.approx((after_4 - after_12) / after_4, abs=2e-3)
    assert found.started[0, 8] < stated.mean - 0.1


def test_a_part_of_a_quarter_counts_for_its_part():
    # as of mid-November half a quarter is to come; 12.5 quarters until the end of 2029-Q1
    half = quarters_until(date(2025, 11, 15), date(2029, 3, 31))
    assert half.exposure == pytest.approx(0.5)
    named = driver("a", start(0.784, date(2028, 12, 31)), assessed=date(2025, 11, 15))
    found = make_hazards([named], [False], half)
    assert found.started[0, 13] == pytest.approx(0.784, rel=1e-5)
    assert found.started[0, 1] == pytest.approx(1 - 0.216 ** (0.5 / 12.5), rel=1e-4)


def test_in_hindsight_a_probability_counts_from_the_day_looked_from():
    # half a year before the assessment there are 14 quarters, and the stated probability stays
    before = quarters_until(date(2025, 6, 30), date(2028, 12, 31))
    found = make_hazards([driver("a", start(0.784))], [False], before)
    assert found.started[0, 14] == pytest.approx(0.784, rel=1e-5)


def test_in_hindsight_what_cannot_be_is_as_near_as_it_can():
    # on when looked from, it is left on 2027-12-31 with .9^(2.5) at least, where .3 is stated
    before = quarters_until(date(2025, 6, 30), date(2027, 12, 31))
    begins = start(0.3, date(2027, 12, 31), in_force=True)
    found = make_hazards([driver("a", begins, end(0.1), on=False)], [True], before)
    assert found.on[0, 10] == pytest.approx(0.9**2.5, abs=1e-4)


def test_beyond_its_date_the_hazard_goes_on():
    long = quarters_until(ASSESSED, date(2031, 12, 31))
    found = make_hazards([driver("a", start(0.784))], [False], long)
    assert found.started[0, 24] == pytest.approx(1 - 0.216**2, rel=1e-5)


def test_a_replaced_probability_moves_the_start_alone():
    made = [driver("a", start(0.784), end(0.5))]
    found = make_hazards(made, [False], YEARS_3, replaced={"a": between(0.2, 0.4)})
    stated = make_hazards(made, [False], YEARS_3)
    assert found.started[0, 12] == pytest.approx(between(0.2, 0.4).mean, abs=1e-5)
    assert np.array_equal(found.end, stated.end)


def test_a_driver_without_a_start_takes_no_probability():
    with pytest.raises(InputError, match="'a' has no start"):
        make_hazards(
            [driver("a", None, end(0.5), on=True)],
            [True],
            YEARS_3,
            replaced={"a": between(0.2, 0.4)},
        )
