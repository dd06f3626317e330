"""A record is what the library's frozen data class with slots is."""

from __future__ import annotations

import copy
import pickle
from dataclasses import (
    FrozenInstanceError,
    asdict,
    astuple,
    dataclass,
    field,
    fields,
    is_dataclass,
    replace,
)

import numpy as np
import pytest

from forecaster.records import frozen


@frozen
class Ours:
    """A record."""

    name: str
    size: float = 1.0
    parts: dict[str, int] = field(default_factory=dict)
    note: str = field(default="", compare=False, repr=False)

    @property
    def double(self) -> float:
        """Twice the size."""
        return 2 * self.size


@dataclass(frozen=True, slots=True)
class Theirs:
    """The same by the library."""

    name: str
    size: float = 1.0
    parts: dict[str, int] = field(default_factory=dict)
    note: str = field(default="", compare=False, repr=False)


@frozen
class Hashed:
    """A record whose fields can all be hashed."""

    name: str
    size: float = 1.0
    note: str = field(default="", compare=False)


@frozen
class Checked:
    """A record that looks at itself when it is made, and shows itself as it likes."""

    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("upside down")

    def __repr__(self) -> str:
        return f"{self.low} to {self.high}"


CALLS = [
    (("a",), {}),
    (("a", 2.0), {}),
    (("a", 2.0, {"x": 1}, "n"), {}),
    ((), {"name": "a"}),
    ((), {"note": "n", "parts": {}, "size": 3.0, "name": "a"}),
    (("a",), {"note": "n"}),
]


@pytest.mark.parametrize(("given", "named"), CALLS)
def test_it_is_made_as_the_librarys_is(given, named):
    ours, theirs = Ours(*given, **named), Theirs(*given, **named)
    assert astuple(ours) == astuple(theirs)
    assert asdict(ours) == asdict(theirs)
    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
    assert [f.name for f in fields(ours)] == [f.name for f in fields(theirs)]
    assert is_dataclass(Ours)
    assert Ours.__match_args__ == Theirs.__match_args__
    assert Ours.__slots__ == Theirs.__slots__
    assert not hasattr(ours, "__dict__")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ((), {}),
        ((), {"size": 1.0}),
        (("a", 1.0, {}, "n", "more"), {}),
        (("a",), {"name": "b"}),
        (("a",), {"other": 1}),
        ((), {"name": "a", "size": 1.0, "parts": {}, "other": 1}),
    ],
)
def test_it_refuses_the_arguments_that_the_librarys_refuses(given, named):
    for kind in (Ours, Theirs):
        with pytest.raises(TypeError):
            kind(*given, **named)


def test_defaults_are_made_anew_for_each():
    one, other = Ours("a"), Ours("a")
    assert one.parts == other.parts
    assert one.parts is not other.parts


def test_equality_and_hash_go_by_the_fields_that_count():
    assert Ours("a", note="x") == Ours("a", note="y")
    assert Ours("a") != Ours("b")
    assert Ours("a") != Theirs("a")
    assert Ours("a") != ("a", 1.0, {})
    assert hash(Hashed("a", note="x")) == hash(Hashed("a", note="y"))
    assert len({Hashed("a"), Hashed("a"), Hashed("b")}) == 2
    with pytest.raises(TypeError, match="unhashable"):
        hash(Ours("a"))


def test_nan_and_arrays_compare_as_in_the_library():
    number, array = float("nan"), np.arange(3.0)
    assert Hashed("a", number) == Hashed("a", number)
    assert Hashed("a", array) == Hashed("a", array)
    with pytest.raises(ValueError, match="ambiguous"):
        _ = Hashed("a", array) == Hashed("a", array.copy())


def test_nothing_can_be_changed():
    made = Ours("a")
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'name'"):
        made.name = "b"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'name'"):
        del made.name
    with pytest.raises(AttributeError):
        made.other = 1  # type: ignore[attr-defined]
    assert made == Ours("a")


def test_replace_copy_and_pickle_give_equal_records():
    made = Ours("a", 2.0, {"x": 1}, "n")
    assert replace(made, size=3.0) == Ours("a", 3.0, {"x": 1}, "n")
    for again in (copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert again == made
        assert again.note == "n"
        assert again.double == 4.0


def test_a_record_may_check_itself_and_have_methods_of_its_own():
    assert repr(Checked(1, 2)) == "1 to 2"
    assert Checked(1, 2) == Checked(low=1, high=2)
    for make in (lambda: Checked(2, 1), lambda: Checked(low=2, high=1)):
        with pytest.raises(ValueError, match="upside down"):
            make()


def test_it_matches_patterns():
    match Hashed("a", 2.0):
        case Hashed(name, size):
            assert (name, size) == ("a", 2.0)


def test_what_it_cannot_do_is_refused():
    class Child(Hashed):
        more: int = 0

    class Keyword:
        name: str = field(kw_only=True)

    class Computed:
        name: str = field(init=False)

    for kind in (Child, Keyword, Computed):
        with pytest.raises(TypeError):
            frozen(kind)
