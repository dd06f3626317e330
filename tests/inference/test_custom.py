"""Models of the user's own: a known posterior, a worked example, and everything that is refused."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from forecaster.errors import InputError
from forecaster.inference.custom import fit_custom
from forecaster.workspace.beliefs import load_beliefs
from forecaster.workspace.facts import Facts, Row, SeriesEntry, Source
from forecaster.workspace.history import known_by
from forecaster.workspace.periods import parse_period
from forecaster.workspace.reader import SHIPPED, load_facts

MODELS = Path(__file__).parent.parent / "data" / "custom"
AHEAD = tuple(parse_period(year) for year in ("2024", "2025", "2026"))
VALUES = (1.0, 2.0, 1.5, 2.5)


@pytest.fixture(autouse=True)
def _models_here():
    for path in MODELS.glob("*.py"):
        shutil.copy(path, path.name)


def _line_of(text: str) -> str:
    """Return 'line n' for the line of the file that holds a text."""
    lines = (MODELS / "small_models.py").read_text(encoding="utf-8").splitlines()
    (number,) = (k for k, line in enumerate(lines, start=1) if text in line)
    return f"line {number}"


def _history():
    """Return a real series with four figures."""
    entry = SeriesEntry(
        "gap", "Gap", "", "months", "real", "stock", typical_change=0.5, reference_basis=""
    )
    source = Source("s", "S", "S", date(2024, 1, 31), "stated", "")
    rows = tuple(
        Row("gap", parse_period(str(2020 + k)), v, str(v), "months", "", "reported", source, "", "")
        for k, v in enumerate(VALUES)
    )
    facts = Facts({"gap": entry}, {"gap": rows}, "hash")
    return known_by(facts, "gap", as_of=date(2024, 6, 1))


def _fit(function: str, *, said: list[str] | None = None, n_draws: int = 2000, seed: int = 4):
    return fit_custom(
        f"small_models:{function}",
        _history(),
        AHEAD,
        prior=load_beliefs(SHIPPED).trend["real"],
        n_draws=n_draws,
        seed=seed,
        announce=(said if said is not None else []).append,
    )


def test_a_known_posterior_comes_back_and_stdout_stays_clean(capsys):
    # level: precision 1/100 + 4/0.25 = 16.01, mean (7 / 0.25) / 16.01 = 1.74891;
    # a figure adds variance 0.25: sd sqrt(1/16.01 + 0.25) = 0.55893
    said: list[str] = []
    draws, report = _fit("steady", said=said)
    assert draws.shape == (2000, 3)
    assert report.is_reliable
    assert (report.engine, report.n_points) == ("nuts", 8000)
    # 4.5 errors of a mean of 2,000 draws whose ESS is near 2,000 too, and of an sd
    error = 4.5 * 0.55893 / np.sqrt(min(2000, report.ess))
    assert draws.mean(axis=0) == pytest.approx(np.full(3, 1.74891), abs=error)
    assert draws.std(axis=0) == pytest.approx(np.full(3, 0.55893), abs=error / np.sqrt(2))
    # figures share their level and nothing else: covariance 1/16.01, error of a covariance below
    covariance = np.cov(draws.T)[0, 1]
    assert covariance == pytest.approx(1 / 16.01, abs=4.5 * 0.3124 / np.sqrt(2000))
    assert {f"ess_tail forecast of {year}" for year in (2024, 2025, 2026)} <= set(
        report.diagnostics
    )
    assert capsys.readouterr().out == ""
    assert said == [f"the model is small_models:steady of {Path.cwd() / 'small_models.py'}"]


@pytest.mark.slow
def test_chains_that_cannot_cross_between_modes_are_unreliable():
    _, report = _fit("two_modes")
    assert not report.is_reliable
    assert any(text.startswith("R-hat of") for text in report.failures)


@pytest.mark.slow
def test_a_discrete_variable_goes_to_the_sampler_of_pymc():
    said: list[str] = []
    draws, report = _fit("discrete", said=said)
    assert said[1].startswith("nutpie cannot sample this model")
    assert report.is_reliable
    # the switch is on in half of the draws; their ESS is in the report
    assert (draws[:, 0] > 5).mean() == pytest.approx(0.5, abs=4.5 * 0.5 / np.sqrt(report.ess))


@pytest.mark.slow
def test_draws_depend_on_the_seed_alone():
    first, again, other = (_fit("steady", seed=seed)[0] for seed in (4, 4, 5))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("function", "problem", "place"),
    [
        ("raises", "'small_models:raises' raised KeyError: 'speed'", _line_of('rates["speed"]')),
        (
            "writes",
            "raised ValueError: assignment destination is read-only",
            _line_of("history.values[0] = "),
        ),
        ("returns_nothing", "returns nothing and no PyMC model", "function 'returns_nothing'"),
        (
            "returns_text",
            "returns a value of type str and no PyMC model",
            "function 'returns_text'",
        ),
        ("no_forecast", "has no variable 'forecast'", "function 'no_forecast'"),
        ("observed_forecast", "is observed", "function 'observed_forecast'"),
        ("one_too_many", "has the shape (4,) in place of (3,)", "function 'one_too_many'"),
        ("nothing_free", "has no free variables", "function 'nothing_free'"),
        ("stead", "has no function 'stead'", "small_models.py"),
        ("not_a_function", "is no function but of type int", "small_models.py"),
    ],
)
def test_what_is_no_model_is_refused_before_it_is_sampled(function: str, problem: str, place: str):
    with pytest.raises(InputError) as caught:
        _fit(function)
    (fault,) = caught.value.faults
    assert problem in fault.problem
    assert fault.where.startswith(str(Path.cwd() / "small_models.py"))
    assert fault.where.endswith(place)
    assert fault.fix


@pytest.mark.slow
def test_a_model_that_cannot_start_is_refused_with_the_reason_of_pymc():
    with pytest.raises(InputError, match="cannot be sampled: SamplingError"):
        _fit("impossible_start")


@pytest.mark.slow
def test_the_worked_example_forecasts_the_share_of_people_online():
    facts = load_facts(SHIPPED, ["world-internet-users-share"])
    history = known_by(facts, "world-internet-users-share", as_of=date(2026, 11, 1))
    draws, report = fit_custom(
        "diffusion:build",
        history,
        [parse_period(str(year)) for year in range(2025, 2031)],
        prior=load_beliefs(SHIPPED).trend["share"],
        n_draws=4000,
        seed=1,
        announce=lambda _: None,
    )
    assert report.is_reliable, report.failures
    assert draws.shape == (4000, 6)
    assert 0 < draws.min() < draws.max() < 1
    low, middle, high = np.quantile(draws, [0.1, 0.5, 0.9], axis=0)
    assert (np.diff(middle) > 0).all()
    # 9 points against 6: near its cap the share cannot stray further every year
    assert high[-1] - low[-1] > high[0] - low[0]
    # the share was 71.2% in 2024 and grew by two points a year
    assert low[0] < 0.732 < high[0]
