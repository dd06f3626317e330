"""Ids that drivers and scenarios share are told apart by a word before them."""

from __future__ import annotations

import pytest

from forecaster.errors import InputError
from forecaster.workspace.ids import find_id

DRIVERS, SCENARIOS = ("ban", "deal"), ("deal", "status-quo")


def test_an_id_of_one_sort_needs_no_word_before_it():
    assert find_id("ban", DRIVERS, SCENARIOS) == ("driver", "ban")
    assert find_id("status-quo", DRIVERS, SCENARIOS) == ("scenario", "status-quo")


def test_a_shared_id_is_told_by_its_word():
    assert find_id("driver:deal", DRIVERS, SCENARIOS) == ("driver", "deal")
    assert find_id("scenario:deal", DRIVERS, SCENARIOS) == ("scenario", "deal")


def test_a_shared_id_without_its_word_is_refused():
    with pytest.raises(InputError) as caught:
        find_id("deal", DRIVERS, SCENARIOS, where="ID")
    assert str(caught.value) == (
        "error: 'deal' is the id of a driver and of a scenario\n"
        "  where: ID\n"
        "  fix:   write driver:deal or scenario:deal"
    )


def test_unknown_ids_are_refused_with_the_nearest_names():
    with pytest.raises(InputError) as caught:
        find_id("scenario:statusquo", DRIVERS, SCENARIOS)
    (fault,) = caught.value.faults
    assert fault.problem == "there is no scenario 'statusquo'"
    assert fault.fix == "did you mean 'status-quo'?"
    with pytest.raises(InputError, match="there is no driver or scenario 'x'"):
        find_id("x", DRIVERS, SCENARIOS)
    with pytest.raises(InputError, match="there is no driver 'status-quo'"):
        find_id("driver:status-quo", DRIVERS, SCENARIOS)
