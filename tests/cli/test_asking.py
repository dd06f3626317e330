"""The flags that commands share: declared, ordered and read in one place."""

from __future__ import annotations

import inspect
from importlib import import_module

import pytest

from forecaster.cli.asking import ASKED, asks, read_asked
from forecaster.cli.request import Asked
from forecaster.errors import InputError

COMMANDS = ("forecast", "reach", "explain", "check")


def _command(name):
    return getattr(import_module(f"forecaster.cli.{name}"), f"{name}_command")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_shows_its_flags_and_not_the_record_they_are_read_into(name):
    shown = inspect.signature(_command(name)).parameters
    assert ASKED not in shown
    assert {"as_of", "basis", "kind", "workspace", "model", "draws", "seed"} <= set(shown)


def test_flags_follow_one_another_in_the_same_order_in_every_command():
    orders = [list(inspect.signature(_command(name)).parameters) for name in COMMANDS]
    for order in orders:
        for other in orders:
            assert [f for f in order if f in other] == [f for f in other if f in order]


def test_what_is_typed_reaches_the_record_and_what_is_fixed_stays():
    asked = read_asked(
        {"by": "2030", "coverage": "80,50", "draws": "200", "seed": "7", "no_cache": True},
        {"engine": "nuts", "model": "", "as_of": None},
    )
    assert asked == Asked(
        as_of=None, until="2030", horizon="by", coverages=(0.5, 0.8), n_draws=200, seed=7,
        use_cache=False, engine="nuts", model="",
    )  # fmt: skip


def test_a_decorated_command_gets_its_own_arguments_beside_the_record():
    seen = []

    @asks("until", "as_of", "draws", "seed", coverages=(), engine="amis", model="")
    def command(*, name: str, asked: Asked, json: bool = False) -> None:
        seen.append((name, asked.until, asked.n_draws, json))

    command(name="s", until="2030", as_of=None, draws="400", seed=None, json=True)
    assert seen == [("s", "2030", 400, True)]
    assert list(inspect.signature(command).parameters) == [
        "name", "until", "as_of", "draws", "seed", "json",
    ]  # fmt: skip


def test_a_number_of_draws_out_of_range_is_refused_before_the_command_runs():
    @asks("draws", as_of=None, until=None, coverages=(), engine="amis", model="", seed=1)
    def command(*, asked: Asked) -> None:
        raise AssertionError(asked)

    with pytest.raises(InputError, match="99 is out of range"):
        command(draws="99")
