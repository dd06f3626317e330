"""Paths paired with the news and worlds of other draws, of every sort of fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from forecaster.cli.outlook import _material
from forecaster.cli.request import Asked, prepare_request
from forecaster.cli.streams import open_streams
from forecaster.forecasts.width_paths import Paired, paired_figures
from forecaster.scenarios.effects import BasePath


@dataclass
class Numbered:
    """Drivers that add the number of the world to the level."""

    def added(self, path):
        return np.broadcast_to(np.arange(path.levels.shape[1], dtype=float), path.levels.shape)


def path_of(levels, steady):
    return BasePath(np.array([2026.0, 2027.0]), np.array(levels), np.array(steady), "log")


def test_news_and_worlds_of_other_draws_by_hand():
    # news 1, 2, 4 over steady paths at 10, 20, 30; worlds add 0, 1, 2
    path = path_of([[10.0, 20.0, 30.0], [11.0, 22.0, 34.0]], [[10.0, 20.0, 30.0]] * 2)
    news, worlds = np.array([1, 2, 0]), np.array([2, 0, 1])
    added = Paired(Numbered(), news, worlds).added(path)
    assert (path.levels + added)[1].tolist() == [10 + 2 + 2, 20 + 4 + 0, 30 + 1 + 1]
    assert Paired(None, None, None).added(path).tolist() == [[0.0] * 3] * 2


@pytest.fixture(params=["hyperscaler-big4-capex", "cn-ai-chip-domestic-share",
                        "us-ai-private-investment"])  # fmt: skip
def made(request):
    """A series of the shipped workspace: paths and drivers of a single fit, a whole, a group."""
    series = request.param
    asked = Asked(
        as_of="2026-06-30", until="2028", coverages=(0.8,), engine="amis", model="", n_draws=1000,
        seed=1, without_judgements=True,
    )  # fmt: skip
    prepared = prepare_request([series], asked, open_streams(is_quiet=True))
    (subject,) = prepared.subjects
    run = subject.run(prepared.settings, lambda _: None)
    family = {"h": "pool", "c": "composition", "u": "pooled"}[series[0]]
    material = _material(run, series, family, is_joint=family != "pool")
    # what moves one part of a whole moves all of them
    whole = subject.facts.entries[series].composition if family == "composition" else ""
    parts = [name for name, entry in subject.facts.entries.items() if entry.composition == whole]
    movers = run.drivers.movers(parts if whole else [series], run.settings)
    return run, material, movers["baseline"]


def test_a_draw_paired_with_itself_is_as_it_was(made):
    _, material, movers = made
    same = np.arange(1000)
    plain = paired_figures(material.paths, material.series, movers)
    paired = paired_figures(material.paths, material.series, movers, news=same, worlds=same)
    np.testing.assert_allclose(paired, plain, rtol=1e-9)


def test_latent_figures_are_published_ones_without_their_errors(made):
    run, material, movers = made
    published = run.forecast(material.series).trajectories[:, -1]
    latent = paired_figures(material.paths, material.series, movers)[:, -1]
    gap = np.log(published / latent)
    assert 0 < gap.std() < 0.5 * np.log(published).std()
    assert abs(np.corrcoef(np.log(latent), np.log(published))[0, 1]) > 0.9


def test_pairing_leaves_the_distribution_nearly_as_it_was(made, rng):
    # parameters and news depend on each other by volatility alone, which moves no mean
    _, material, movers = made
    news, worlds = rng.permutation(1000), rng.permutation(1000)
    plain = np.log(paired_figures(material.paths, material.series, movers)[:, -1])
    paired = np.log(
        paired_figures(material.paths, material.series, movers, news=news, worlds=worlds)[:, -1]
    )
    assert not np.allclose(plain, paired)
    assert paired.mean() == pytest.approx(plain.mean(), abs=4 * plain.std() / 1000**0.5)
    assert paired.std() == pytest.approx(plain.std(), rel=0.25)


def test_the_same_news_are_shared_by_draws_of_one_number(made, rng):
    # with news alone in common, figures of paired draws correlate; with nothing they do not
    _, material, movers = made
    news, worlds = rng.permutation(1000), rng.permutation(1000)
    plain = np.log(paired_figures(material.paths, material.series, movers)[:, -1])
    paired = np.log(
        paired_figures(material.paths, material.series, movers, news=news, worlds=worlds)[:, -1]
    )
    assert np.corrcoef(plain[news], paired)[0, 1] > 3 / 1000**0.5
    stranger = rng.permutation(1000)
    assert abs(np.corrcoef(plain[stranger], paired)[0, 1]) < 4 / 1000**0.5


def test_material_makes_the_figures_of_the_forecast(made):
    run, material, movers = made
    forecast = run.forecast(material.series)
    figures = material.figures(movers)[:, -forecast.trajectories.shape[1] :]
    np.testing.assert_allclose(figures, forecast.trajectories, rtol=1e-12)
