"""Beliefs about one series: what a file says is used, and what contradicts itself is told."""

from __future__ import annotations

import math
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from small_facts import facts_of, row_of

from forecaster.errors import InputError
from forecaster.workspace.beliefs import SHIPPED_PRIORS, load_beliefs
from forecaster.workspace.facts import SeriesEntry
from forecaster.workspace.history import known_by
from forecaster.workspace.reader import SHIPPED
from forecaster.workspace.series_beliefs import check_cap

FILES = Path(__file__).parents[1] / "data" / "beliefs"
SHARE = SeriesEntry("share", "Share", "份额", "fraction", "share", "flow")
AMOUNT = SeriesEntry("amount", "Amount", "金额", "USD billion", "positive", "flow")


def _logit(p: float) -> float:
    return math.log(p / (1 - p))


def _prior(tmp_path: Path, text: str, entry: SeriesEntry = SHARE):
    """Return the prior that a workspace with this text has of a series."""
    folder = tmp_path / "priors" / "series"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{entry.id}.toml").write_text(text, encoding="utf-8")
    return load_beliefs(tmp_path, [entry.id]).of(entry)


def _from_file(tmp_path: Path, name: str, entry: SeriesEntry = SHARE):
    return _prior(tmp_path, (FILES / f"{name}.toml").read_text(encoding="utf-8"), entry)


def test_growth_in_points_is_a_difference_of_logits(tmp_path):
    prior = _from_file(tmp_path, "good-share")
    low, middle, high = (_logit(0.4 + x) - _logit(0.4) for x in (-0.04, 0.05, 0.14))
    # three points: the mean is theirs, the sd the slope over the probits -1.6449, 0, 1.6449
    assert prior.trend.drift.mean == pytest.approx((low + middle + high) / 3, rel=1e-9)
    assert prior.trend.drift.sd == pytest.approx((high - low) / (2 * 1.6448536269514722), rel=1e-9)
    assert prior.trend.drift.reason == "a test"


def test_two_quantiles_are_met_exactly(tmp_path):
    level = _from_file(tmp_path, "good-share").level
    assert level.mean - 1.6448536269514722 * level.sd == pytest.approx(_logit(0.1), rel=1e-9)
    assert level.mean + 1.6448536269514722 * level.sd == pytest.approx(_logit(0.4), rel=1e-9)
    assert level.time == pytest.approx(2024.5)


def test_a_cap_is_logit_normal_about_its_median(tmp_path):
    prior = _from_file(tmp_path, "good-share")
    assert (prior.cap.mean, prior.cap.sd) == (pytest.approx(_logit(0.9)), 0.5)
    assert prior.family == "substitution"


def test_an_offset_and_a_season_are_about_zero_and_of_their_sd(tmp_path):
    prior = _from_file(tmp_path, "good-share")
    assert prior.trend.basis_offset_sd == {"revenue": 0.3}
    assert prior.seasonal_sd == 0.1


def test_a_typical_change_is_what_level_and_slope_make_together(tmp_path, rng):
    prior = _from_file(tmp_path, "good-share")
    s_l, s_b = (
        p.median * np.exp(p.log_sd * rng.standard_normal(100_000)) for p in prior.trend.theta[:2]
    )
    tau = prior.trend.theta[2].median
    # the change of the level over one year about its long-run rate, from the dense covariance
    weight = 2 * tau**2 * (math.exp(-1 / tau) - 1 + 1 / tau)
    typical = np.log(np.sqrt(s_l**2 + weight * s_b**2))
    stated = math.log(_logit(0.46) - _logit(0.4))
    # the approximation is good to 6%, the Monte Carlo error is 0.2%
    assert np.median(typical) == pytest.approx(stated, abs=0.06)
    assert np.std(typical) == pytest.approx(0.5, rel=0.12)


def test_growth_of_an_amount_is_the_logarithm_of_its_factor(tmp_path):
    text = (
        'reason = "x"\n[growth]\nquantiles = { "10%" = -0.1, "90%" = 0.3 }\n'
        'unit = "fraction a year"\nreason = "x"\n'
    )
    drift = _prior(tmp_path, text, AMOUNT).trend.drift
    assert drift.mean == pytest.approx((math.log(0.9) + math.log(1.3)) / 2)


def test_a_level_of_half_a_year_is_a_rate_a_year(tmp_path):
    text = (
        'reason = "x"\n[level]\nquantiles = { "5%" = 10, "95%" = 40 }\nat = "2025-H1"\n'
        'unit = "USD billion"\nreason = "x"\n'
    )
    level = _prior(tmp_path, text, AMOUNT).level
    assert level.mean == pytest.approx(math.log(20 / 0.5), rel=1e-9)


def test_a_named_normal_stands_on_the_link_scale(tmp_path):
    text = (
        'reason = "x"\n[growth]\ndistribution = "normal"\nmean = 0.1\nsd = 0.2\n'
        'unit = "log units a year"\nreason = "x"\n'
    )
    drift = _prior(tmp_path, text, AMOUNT).trend.drift
    assert (drift.mean, drift.sd) == (0.1, 0.2)


def test_growth_of_a_real_series_is_in_its_typical_changes(tmp_path):
    entry = replace(SHARE, unit="months", kind="real", timing="stock", typical_change=4.0)
    text = (
        'reason = "x"\n[growth]\nquantiles = { "5%" = -2, "95%" = 6 }\n'
        'unit = "months a year"\nreason = "x"\n'
    )
    assert _prior(tmp_path, text, entry).trend.drift.mean == pytest.approx(0.5)
    with pytest.raises(InputError, match="typical change of 'share' in a year is not stated"):
        _prior(tmp_path, text, replace(entry, typical_change=None))


def test_what_is_not_stated_keeps_the_default_of_the_kind(tmp_path):
    prior = _prior(tmp_path, 'reason = "nothing more"\n')
    assert prior.trend == load_beliefs(tmp_path).trend["share"]
    assert prior.family == "pool"


def test_stated_beliefs_take_away_the_documented_predictions(tmp_path):
    assert _from_file(tmp_path, "good-share").trend.predictive == {}


BAD = {
    "not-increasing": ("growth.quantiles", "the 90% quantile 14 is not above the 50% one, 14"),
    "median-outside": ("growth.quantiles", "lies outside the range -4 to 14 of the 5% and 95%"),
    "level-above-100": ("growth.quantiles", "'150%' is not between 0% and 100%"),
    "level-without-percent": ("growth.quantiles", "'0.5' is not a quantile level"),
    "one-quantile": ("growth.quantiles", "1 quantile fix no width"),
    "all-equal": ("growth.quantiles", "all quantiles are 5, so nothing is left uncertain"),
    "bad-fit": ("growth.quantiles", "the nearest one makes the stated 50% quantile its 80% one"),
    "no-level-for-points": ("growth.at", "percentage points mean nothing on the logit"),
    "points-beyond-the-scale": ("growth.quantiles", "70 points at 40% lead outside 0% to 100%"),
    "other-unit": ("growth.unit", "which is 'percentage points a year'"),
    "no-reason": ("growth.reason", "'growth.reason' is missing"),
    "text-as-quantile": ("growth.quantiles", "the 5% quantile is not a number: 'low'"),
    "quantiles-and-mean": ("growth.mean", "'growth' has both 'quantiles' and 'mean'"),
    "misspelt-key": ("grwoth", "'grwoth' is not known here"),
    "misspelt-inner-key": ("growth.quantile", "'quantile' is not known here"),
    "unknown-family": ("family", "there is no family 'trnd'"),
    "no-top-reason": ("reason", "'reason' is missing"),
    "derived-without-formula": ("family", "needs 'formula'"),
    "formula-without-derived": ("formula", "is read only where family = 'derived'"),
    "judgement-only-without-level": ("family", "needs 'level'"),
    "substitution-without-cap": ("family", "needs 'cap'"),
    "custom-without-function": ("family", "needs 'function'"),
    "composition-without-one": ("family", "needs 'composition'"),
    "level-without-period": ("level.at", "it has no period 'at'"),
    "level-above-one": ("level.quantiles", "1.4 is not between 0 and 1"),
    "cap-of-one": ("cap.quantiles", "1 is not between 0 and 1"),
    "negative-volatility": ("volatility.quantiles", "a typical change of -1 is not above zero"),
    "other-distribution": ("growth.distribution", "'cauchy' is no distribution of it"),
    "offset-not-about-zero": ("offset.revenue.quantiles", "no distribution of this kind"),
    "growth-is-no-table": ("growth", "'growth' is not a table"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_told_with_its_key_path_and_a_fix(tmp_path, name):
    with pytest.raises(InputError) as caught:
        _from_file(tmp_path, name)
    (fault,) = caught.value.faults
    key, words = BAD[name]
    assert words in fault.problem
    assert fault.where == f"{tmp_path / 'priors' / 'series' / 'share.toml'}, key '{key}'"
    assert fault.fix


def test_every_bad_file_is_tested():
    assert {path.stem for path in FILES.glob("*.toml")} == {*BAD, "good-share", "not-toml"}


def test_a_file_that_is_no_toml_is_told(tmp_path):
    with pytest.raises(InputError, match="the priors cannot be read"):
        _from_file(tmp_path, "not-toml")


def test_a_cap_of_an_amount_is_refused(tmp_path):
    text = (
        'reason = "x"\n[cap]\nquantiles = { "5%" = 0.6, "95%" = 0.9 }\n'
        'unit = "fraction"\nreason = "x"\n'
    )
    with pytest.raises(InputError, match="is of kind 'positive'"):
        _prior(tmp_path, text, AMOUNT)


@pytest.mark.parametrize(("value", "is_refused"), [("0.5", False), ("0.89", False), ("0.9", True)])
def test_a_cap_must_leave_room_above_the_last_figure(tmp_path, value, is_refused):
    prior = _from_file(tmp_path, "good-share")  # median of its cap: 0.9
    history = known_by(facts_of(row_of("2024", value)), "share", as_of=date(2031, 1, 1))
    if not is_refused:
        check_cap(prior, history)
        return
    with pytest.raises(InputError) as caught:
        check_cap(prior, history)
    (fault,) = caught.value.faults
    assert fault.problem == (
        "the cap of 'share' is 0.9 in the median, but 0.9 was published for 2024 (h.csv)"
    )
    assert fault.where.endswith("share.toml, key 'cap'")


def test_only_the_shipped_workspace_has_the_shipped_beliefs_about_series(tmp_path):
    entry = replace(SHARE, id="cn-ai-chip-domestic-share", composition="cn-chip-market")
    assert load_beliefs(SHIPPED).of(entry).family == "composition"
    assert load_beliefs(tmp_path).of(entry).family == "pool"
    assert load_beliefs(SHIPPED).by_kind(entry).family == "pool"


def test_the_hash_covers_what_is_believed_about_the_series_asked_for(tmp_path):
    folder = tmp_path / "priors" / "series"
    folder.mkdir(parents=True)
    plain = load_beliefs(tmp_path, ["share"]).hash
    shutil.copy(FILES / "good-share.toml", folder / "share.toml")
    assert load_beliefs(tmp_path, ["share"]).hash != plain
    assert load_beliefs(tmp_path, ["other"]).hash == plain
    assert load_beliefs(tmp_path).hash == plain


def test_the_hash_covers_the_inputs_of_a_formula(tmp_path):
    folder = tmp_path / "priors" / "series"
    folder.mkdir(parents=True)
    text = 'family = "derived"\nreason = "x"\nformula = "share - 0.1 * us-spend"\n'
    (folder / "gap.toml").write_text(text, encoding="utf-8")
    before = load_beliefs(tmp_path, ["gap"]).hash
    (folder / "us-spend.toml").write_text('reason = "x"\n', encoding="utf-8")
    assert load_beliefs(tmp_path, ["gap"]).hash != before


def test_files_of_other_series_are_not_opened(tmp_path):
    folder = tmp_path / "priors" / "series"
    folder.mkdir(parents=True)
    shutil.copy(FILES / "not-toml.toml", folder / "broken.toml")
    assert load_beliefs(tmp_path, ["share"]).of(SHARE).family == "pool"


def test_an_id_that_leads_elsewhere_names_no_file(tmp_path):
    (tmp_path / "priors" / "series").mkdir(parents=True)
    shutil.copy(FILES / "good-share.toml", tmp_path / "priors" / "share.toml")
    assert load_beliefs(tmp_path).of(replace(SHARE, id="../share")).family == "pool"


def test_the_shipped_files_are_packed_beside_the_defaults():
    assert (SHIPPED_PRIORS / "series" / "cn-ai-chip-domestic-share.toml").is_file()
