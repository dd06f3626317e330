"""What is believed of experts, what outcomes teach, and that nothing leaks from the future."""

from __future__ import annotations

import shutil
from datetime import date

import numpy as np
import pytest

from forecaster.errors import InputError
from forecaster.workspace.belief_tables import SHIPPED_PRIORS
from forecaster.workspace.expert_beliefs import experts_as_of, load_experts
from forecaster.workspace.expert_calibration import Resolved, calibrate, unseen_part
from forecaster.workspace.reader import SHIPPED


def _resolved(ours, said, came, *, name="a", about="s 2025", lead=1.0, unseen=1.0):
    return Resolved(
        id=name, kind="bank", house="H", about=about, scale="log", made_on=date(2025, 1, 1),
        known_on=date(2026, 2, 1), lead=lead, unseen=unseen, ours=ours, said=said, came=came,
    )  # fmt: skip


def _calibrate(resolved, pseudo=10.0):
    return calibrate(
        resolved, total_sd={"log": 0.2, "logit": 0.4}, growth=lambda lead: lead**0.5,
        kappa_range=(0.3, 0.9), pseudo_statements=pseudo,
    )  # fmt: skip


def test_without_outcomes_the_table_stands():
    found = _calibrate([])
    assert (found.kappa, found.bias, found.factor) == pytest.approx((0.6, 0.0, 1.0))
    assert (found.kappa_low, found.kappa_high) == (0.3, 0.9)


def test_one_statement_by_hand():
    # came 0.4 above ours, said 0.1 above: kappa alone 3/4, drawn to 0.6 by ten times its weight
    found = _calibrate([_resolved(0.0, 0.1, 0.4)])
    assert found.raw_kappa == pytest.approx(0.75)
    assert found.kappa == pytest.approx((0.75 + 10 * 0.6) / 11)
    # what is left: 0.1 - (1 - 0.6136) 0.4 = -0.0545, of an sd of 0.2, drawn to zero
    assert found.bias == pytest.approx(-0.0545454 / 0.2 / 11, rel=1e-4)


def test_what_an_expert_has_seen_is_no_repetition():
    # half the time had passed: 1 - kappa / 2 = 0.6 gives kappa 0.8
    found = _calibrate([_resolved(0.0, 0.24, 0.4, unseen=0.5)])
    assert found.raw_kappa == pytest.approx(0.8)
    assert unseen_part(2025.75, known_to=2025.5, end=2026.0) == pytest.approx(0.5)
    assert unseen_part(2026.1, known_to=2025.0, end=2026.0) == 0.0


def test_statements_about_one_figure_count_for_less():
    five = [_resolved(0.0, 0.1, 0.4, name=str(i)) for i in range(5)]
    assert _calibrate(five).n_effective == pytest.approx(5 / 3)


def test_kappa_bias_and_sd_are_found_again_in_many_statements():
    rng = np.random.default_rng(4)
    n = 4000
    came = rng.standard_normal(n) * 0.5
    said = 0.3 * came + 0.05 + 0.1 * rng.standard_normal(n)
    found = _calibrate(
        [_resolved(0.0, s, c, name=str(i), about=str(i))
         for i, (s, c) in enumerate(zip(said, came, strict=True))]
    )  # fmt: skip
    # standard errors: 0.1 / 0.5 / sqrt(n) = .003 and 0.1 / sqrt(n) = .0016; sds in units of 0.2
    assert found.kappa == pytest.approx(0.7, abs=0.015)
    assert found.bias * 0.2 == pytest.approx(0.05, abs=0.008)
    assert found.factor * 0.2 == pytest.approx(0.1, abs=0.006)


def test_only_outcomes_known_by_the_day_count():
    experts = load_experts(SHIPPED)
    before = experts_as_of(experts, date(2024, 1, 1))
    assert before.resolved == ()
    assert before.of("positive", "bank") == experts.of("positive", "bank")
    after = experts_as_of(experts, date(2026, 11, 22))
    assert len(after.resolved) == len(experts.resolved) > 10
    assert after.of("positive", "company-guidance") != experts.of("positive", "company-guidance")
    assert all(r.made_on <= r.known_on for r in experts.resolved)


def test_a_statement_can_be_left_out_of_its_own_calibration():
    experts = load_experts(SHIPPED)
    name = experts.resolved[0].id
    found = experts_as_of(experts, date(2026, 11, 22), without=[name])
    assert name not in {resolved.id for resolved in found.resolved}


def test_errors_grow_with_lead_but_not_below_the_least():
    experts = load_experts(SHIPPED)
    assert experts.growth(4.0) == pytest.approx(2.0)
    assert experts.growth(-1.0) == experts.growth(experts.least_lead)


def test_a_workspace_may_have_a_table_of_its_own(tmp_path):
    _write(tmp_path, "low = 0.3", "low = 0.1")
    assert load_experts(tmp_path).of("share", "press").kappa_low == 0.1


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("low = 0.3", "low = 1.5", "key 'kappa.low'"),
        ("low = 0.3", "low = 0.95", "key 'kappa.low'"),
        ("own_sd = 0.12", 'own_sd = "large"', "key 'log.research-house.own_sd'"),
        ('kind = "bank"', 'kind = "oracle"', "[[resolved]] 1, key 'kind'"),
        ("unseen = ", "unseen = 3", "[[resolved]] 1, key 'unseen'"),
    ],
)
def test_a_fault_names_file_and_key(tmp_path, old, new, key):
    _write(tmp_path, old, new)
    with pytest.raises(InputError) as caught:
        load_experts(tmp_path)
    assert f"experts.toml, {key}" in str(caught.value)


def _write(folder, old, new):
    (folder / "priors").mkdir()
    path = folder / "priors" / "experts.toml"
    shutil.copy(SHIPPED_PRIORS / "experts.toml", path)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
