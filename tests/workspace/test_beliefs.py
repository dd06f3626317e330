"""The shipped priors say what they claim, and every broken file names its key."""

from __future__ import annotations

import math
import tomllib
from typing import TYPE_CHECKING

import numpy as np
import pytest

from forecaster.errors import InputError
from forecaster.workspace.beliefs import SHIPPED_PRIORS, THETA_NAMES, load_beliefs
from forecaster.workspace.facts import KINDS, QUALITIES

if TYPE_CHECKING:
    from pathlib import Path

QUANTILE_LEVELS = np.array([0.025, 0.1, 0.5, 0.9, 0.975])
N_SIMULATED = 200_000


def _write(folder: Path, text: str) -> Path:
    (folder / "priors").mkdir()
    path = folder / "priors" / "families.toml"
    path.write_text(text, encoding="utf-8")
    return path


def _shipped_text() -> str:
    return (SHIPPED_PRIORS / "families.toml").read_text(encoding="utf-8")


def _levels(kind: str, years: float) -> np.ndarray:
    """Return prior draws of the level some years after a known one, sorted.

    Given theta and d its change is normal with mean d t and variance (mathematics 1)
    s_l^2 t + 2 s_b^2 tau^2 (a - 1 + exp(-a)), a = t / tau: the stray slope starts stationary.
    """
    rng = np.random.default_rng(11)
    prior = load_beliefs(SHIPPED_PRIORS.parent).trend[kind]
    s_l, s_b, tau, _ = (
        p.median * np.exp(p.log_sd * rng.standard_normal(N_SIMULATED)) for p in prior.theta
    )
    a = years / tau
    variance = s_l**2 * years + 2 * s_b**2 * tau**2 * (a + np.expm1(-a))
    change = years * rng.normal(prior.drift.mean, prior.drift.sd, N_SIMULATED)
    change += np.sqrt(variance) * rng.standard_normal(N_SIMULATED)
    if kind == "share":
        change = 1 / (1 + np.exp(-(math.log(0.3 / 0.7) + change)))
    elif kind != "real":
        change = np.exp(change)
    return np.sort(change)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("years", [1, 5])
def test_stated_prior_predictive_is_that_of_the_priors(kind, years):
    stated = np.array(load_beliefs(SHIPPED_PRIORS.parent).trend[kind].predictive[years])
    levels = _levels(kind, years)
    measured = np.quantile(levels, QUANTILE_LEVELS)
    # the error of a quantile is sqrt(p (1 - p) / n) over the density, taken from its neighbours
    spread = np.quantile(levels, QUANTILE_LEVELS + 0.01) - np.quantile(
        levels, QUANTILE_LEVELS - 0.01
    )
    error = np.sqrt(QUANTILE_LEVELS * (1 - QUANTILE_LEVELS) / N_SIMULATED) * spread / 0.02
    # stated to three digits, or two: half a unit of the last one is below 0.5%
    assert (np.abs(measured - stated) < 4 * error + 0.005 * np.abs(stated)).all(), measured


def test_measurement_errors_grow_as_quality_falls():
    quality_sd = load_beliefs(SHIPPED_PRIORS.parent).trend["positive"].quality_sd
    errors = [quality_sd[quality] for quality in QUALITIES]
    assert errors == sorted(errors)
    assert errors == [0.01, 0.02, 0.05, 0.05, 0.10]


def test_a_workspace_without_priors_takes_the_shipped_ones(tmp_path):
    assert load_beliefs(tmp_path) == load_beliefs(SHIPPED_PRIORS.parent)


def test_a_workspace_with_priors_takes_its_own(tmp_path):
    text = _shipped_text()
    before, head, after = text.partition("[trend.share]")
    old = "s_l = { median = 0.20, log_sd = 0.8"
    assert old in after
    _write(tmp_path, before + head + after.replace(old, "s_l = { median = 0.35, log_sd = 0.8", 1))
    own, shipped = load_beliefs(tmp_path), load_beliefs(SHIPPED_PRIORS.parent)
    assert own.trend["share"].theta[0].median == 0.35
    assert own.trend["positive"] == shipped.trend["positive"]
    assert own.hash != shipped.hash


def test_every_prior_has_its_unit_and_reason():
    for kind, prior in load_beliefs(SHIPPED_PRIORS.parent).trend.items():
        assert len(prior.theta) == len(THETA_NAMES), kind
        for stated in (*prior.theta, prior.drift):
            assert stated.unit
            assert stated.reason
            assert "\n" not in stated.reason


def test_prior_of_tau_keeps_it_between_a_third_of_a_year_and_thirty():
    # mathematics 1: beyond that it cannot be told from the drift
    for prior in load_beliefs(SHIPPED_PRIORS.parent).trend.values():
        tau = prior.theta[THETA_NAMES.index("tau")]
        assert tau.median * math.exp(-2 * tau.log_sd) > 0.3
        assert tau.median * math.exp(2 * tau.log_sd) < 30


SHARE = "trend.share"
BROKEN = [
    ("measurement.press", None, "'measurement.press' is not a number: None"),
    ("measurement.press", '"much"', "'measurement.press' is not a number: 'much'"),
    ("measurement.press", "-0.05", "'measurement.press' is -0.05"),
    ("measurement.press", "nan", "'measurement.press' is nan"),
    ("measurement.press", "inf", "'measurement.press' is inf"),
    ("measurement.press", "true", "'measurement.press' is not a number: True"),
    (f"{SHARE}.s_l.median", "0", f"'{SHARE}.s_l.median' is 0"),
    (f"{SHARE}.s_l.median", None, f"'{SHARE}.s_l.median' is not a number: None"),
    (f"{SHARE}.s_b.log_sd", "0.0", f"'{SHARE}.s_b.log_sd' is 0.0"),
    (f"{SHARE}.tau.unit", None, f"'{SHARE}.tau.unit' is missing"),
    (f"{SHARE}.tau.unit", '"  "', f"'{SHARE}.tau.unit' is missing"),
    (f"{SHARE}.s_o.reason", "7", f"'{SHARE}.s_o.reason' is missing"),
    (f"{SHARE}.s_o", None, f"'{SHARE}.s_o.median' is not a number: None"),
    (f"{SHARE}.s_o", "0.05", f"'{SHARE}.s_o.median' is not a number: None"),
    (f"{SHARE}.drift.sd", "-1", f"'{SHARE}.drift.sd' is -1"),
    (f"{SHARE}.drift.mean", "nan", f"'{SHARE}.drift.mean' is nan"),
    (f"{SHARE}.drift.mean", "[]", f"'{SHARE}.drift.mean' is not a number: []"),
    (f"{SHARE}.thin_level.sd", "0", f"'{SHARE}.thin_level.sd' is 0"),
    (f"{SHARE}.floor_noise", "0", f"'{SHARE}.floor_noise' is 0"),
    (f"{SHARE}.level_sd", None, f"'{SHARE}.level_sd' is not a number: None"),
    (f"{SHARE}.offset.same-measure", None, f"'{SHARE}.offset.same-measure' is not a number: None"),
    (SHARE, None, f"'{SHARE}.s_l.median' is not a number: None"),
    ("trend", None, "'trend.share.s_l.median' is not a number: None"),
    (
        f"{SHARE}.prior_predictive.one_year",
        "[1, 2]",
        f"'{SHARE}.prior_predictive.one_year' is not a list of five numbers",
    ),
    (
        f"{SHARE}.prior_predictive.five_years",
        '[1, 2, 3, 4, "5"]',
        f"'{SHARE}.prior_predictive.five_years' holds something else than numbers",
    ),
]


def _changed(key: str, text: str | None) -> str:
    """Return the shipped file with one key set to a TOML text, or taken out."""
    table = tomllib.loads(_shipped_text())
    *parents, last = key.split(".")
    node = table
    for part in parents:
        node = node[part]
    if text is None:
        del node[last]
    else:
        node[last] = tomllib.loads(f"value = {text}")["value"]
    return _toml(table)


def _toml(value: object) -> str:
    """Return a table as TOML, every value inline but the tables at the top."""
    if isinstance(value, dict) and all(isinstance(part, dict) for part in value.values()):
        return "".join(f"{name} = {_inline(part)}\n" for name, part in value.items())
    raise TypeError(value)


def _inline(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_inline(part)}" for name, part in value.items()) + "}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return repr(value) if not isinstance(value, str) else f'"{value}"'


@pytest.mark.parametrize(("key", "text", "problem"), BROKEN)
def test_a_broken_prior_names_its_file_and_key(tmp_path, key, text, problem):
    path = _write(tmp_path, _changed(key, text))
    with pytest.raises(InputError) as raised:
        load_beliefs(tmp_path)
    (fault,) = raised.value.faults
    assert fault.problem == problem
    named = problem.split("'")[1]
    assert fault.where == f"{path}, key '{named}'"
    assert fault.fix.startswith("write ")


def test_the_unchanged_table_is_read_as_the_shipped_file(tmp_path):
    # guards the cases above: they break one key each, and nothing else
    table = tomllib.loads(_shipped_text())
    _write(tmp_path, _toml(table))
    assert load_beliefs(tmp_path).trend == load_beliefs(SHIPPED_PRIORS.parent).trend


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"[measurement\nreported = 1", "Expected ']'"),
        (b"reported = 0,01", "Expected newline"),
        ("grund = 'geschätzt'".encode("latin-1"), "utf-8"),
        ("[measurement]".encode("utf-16"), "utf-8"),
    ],
)
def test_a_file_that_is_no_toml_says_so(tmp_path, payload, said):
    path = _write(tmp_path, "")
    path.write_bytes(payload)
    with pytest.raises(InputError) as raised:
        load_beliefs(tmp_path)
    (fault,) = raised.value.faults
    assert fault.problem.startswith("the priors cannot be read: ")
    assert said in fault.problem
    assert fault.where == str(path)


def test_an_empty_file_names_the_first_key(tmp_path):
    _write(tmp_path, "")
    with pytest.raises(InputError, match=r"'measurement\.reported' is not a number: None"):
        load_beliefs(tmp_path)
