"""Change single numbers of beliefs for one run: `--prior KEY=VALUE`; the files stay as they are.

    growth.50%=0.1                          of the one series that is asked for
    SERIES:growth.quantiles.50%=0.1         of another that takes part
    driver:ID.start.90%=0.3                 how likely a driver starts; likewise driver:ID.end
    driver:ID.effect.SERIES.90%=-5          the size of what it does
    growth='{ "10%" = 0, "90%" = 0.3 }'     all quantiles of a belief at once

A key is the path in the file; `quantiles`, `probability` and `size` may be left out. Of several
effects of a driver on one series the shape is named too: driver:ID.effect.SERIES.ramp.90%.
"""

from __future__ import annotations

import copy
import re
import tomllib
from typing import TYPE_CHECKING, Any

from forecaster.errors import InputError
from forecaster.records import frozen
from forecaster.workspace.faults import did_you_mean, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FLAG = "--prior"
_DRIVER = "driver:"
_SILENT = ("quantiles", "probability", "size")
"""Parts of a path that a key may leave out."""
_RANGES = ("quantiles", "probability")
"""Tables that can be replaced as a whole."""
_QUANTILE = re.compile(r"(.*)\.(\d+(?:\.\d+)?%)")
_OF_A_DRIVER = ("start", "end", "effect")
"""What of a driver can be changed: the future. Past effects are estimated from history."""
_FIXED = ("series", "shape")
"""Cells of an effect that say which one it is."""


@frozen
class Change:
    """One belief that is another in this run.

    Attributes
    ----------
    text : as typed
    target : id of a series, or 'driver:' and the id of a driver
    key : path below it, as typed
    value : a number, text, truth or date
    """

    text: str
    target: str
    key: str
    value: Any

    @property
    def driver(self) -> str:
        """Id of the driver, '' where it is about a series."""
        return self.target.removeprefix(_DRIVER) if self.target.startswith(_DRIVER) else ""

    def refuse(self, problem: str, fix: str) -> InputError:
        """Return an error about it, to be raised."""
        return InputError(problem=problem, where=f"{FLAG} {quoted(self.text)[1:-1]}", fix=fix)


def parse_changes(texts: Sequence[str], targets: Sequence[str]) -> tuple[Change, ...]:
    """Read what was typed.

    Parameters
    ----------
    targets : what is forecast; a key that names no series is about it, where it is one

    Raises
    ------
    InputError
        If a text is no KEY=VALUE, names no series where several are asked for, or changes the same
        key twice.
    """
    found: dict[tuple[str, str], Change] = {}
    for text in texts:
        change = _parse(text, targets)
        if (change.target, change.key) in found:
            raise change.refuse(f"{quoted(change.key)} is changed twice", "keep one of the two")
        found[change.target, change.key] = change
    return tuple(found.values())


def _parse(text: str, targets: Sequence[str]) -> Change:
    """Read one text."""
    key, sign, value = (part.strip() for part in text.partition("="))
    blank = Change(text, "", key, None)
    if not (key and sign and value):
        raise blank.refuse(f"{quoted(text)} is no KEY=VALUE", "write such as growth.50%=0.1")
    if key.startswith(_DRIVER):
        name, _, path = key.removeprefix(_DRIVER).partition(".")
        target = f"{_DRIVER}{name}"
    elif ":" in key:
        target, _, path = key.partition(":")
    elif len(targets) == 1:
        target, path = targets[0], key
    else:
        fix = f"write SERIES:{key}={value}"
        raise blank.refuse("it is not said which series the belief is about", fix)
    return Change(text, target, path, _parse_value(value))


def _parse_value(text: str) -> Any:
    """Return a value as TOML reads it; what is none is a text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def changed_table(
    table: Mapping[str, Any], changes: Sequence[Change], *, file: str
) -> Mapping[str, Any]:
    """Return the table of a series or a driver with some values replaced; the table stays as it is.

    Parameters
    ----------
    changes : about this series, or this driver
    file : where the table is from, for messages

    Raises
    ------
    InputError
        If the table has no such key, or a value of another sort.
    """
    if not changes:
        return table
    found = copy.deepcopy(dict(table))
    for change in changes:
        places = _places(found, is_driver=bool(change.driver))
        holder, name = _find(change, places, file)
        _check_sort(change, holder.get(name))
        holder[name] = change.value
    return found


def _find(
    change: Change, places: Mapping[str, tuple[dict[str, Any], str]], file: str
) -> tuple[dict[str, Any], str]:
    """Return the table that holds a key, and its name there; a quantile may be a new one."""
    short: dict[str, list[str]] = {}
    for path in places:
        short.setdefault(_shortened(path), []).append(path)
    paths = [change.key] if change.key in places else short.get(_shortened(change.key), [])
    if len(paths) == 1:
        return places[paths[0]]
    if not paths and (beside := _beside(change.key, places)):
        return beside
    several = f"say which one: {' or '.join(map(quoted, paths))}"
    fix = several if paths else did_you_mean(change.key, [*places, *short])
    raise change.refuse(
        f"{file} has no key {quoted(change.key)}" if not paths else "that may be several keys",
        fix or f"use one of {', '.join(list(places)[:8])}",
    )


def _beside(
    key: str, places: Mapping[str, tuple[dict[str, Any], str]]
) -> tuple[dict[str, Any], str] | None:
    """Return where a quantile goes that is not stated, beside those that are."""
    found = _QUANTILE.fullmatch(key)
    if found is None:
        return None
    for path, (holder, _) in places.items():
        like = _QUANTILE.fullmatch(path)
        if like and like[1].endswith("quantiles") and _shortened(like[1]) == _shortened(found[1]):
            return holder, found[2]
    return None


def _shortened(path: str) -> str:
    """Return a path without what may be left out; the dot of a '2.5%' stays."""
    return ".".join(part for part in path.split(".") if part not in _SILENT)


def _places(table: dict[str, Any], *, is_driver: bool) -> dict[str, tuple[dict[str, Any], str]]:
    """Return path -> (table, key) of every value that can be replaced."""
    if not is_driver:
        return dict(_leaves(table, ""))
    found: dict[str, tuple[dict[str, Any], str]] = {}
    for name in _OF_A_DRIVER:
        part = table.get(name)
        if isinstance(part, dict):
            found |= _leaves(part, f"{name}.")
        elif isinstance(part, list):
            blocks = [block for block in part if isinstance(block, dict)]
            for block, title in zip(blocks, _titles(blocks), strict=True):
                leaves = dict(_leaves(block, f"{name}.{title}."))
                found |= {path: at for path, at in leaves.items() if at[1] not in _FIXED}
    return found


def _titles(effects: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return by what each effect is named: its series, with its shape where that is not enough."""
    series = [str(effect.get("series")) for effect in effects]
    return [
        name if series.count(name) == 1 else f"{name}.{effect.get('shape')}"
        for name, effect in zip(series, effects, strict=True)
    ]


def _leaves(table: dict[str, Any], prefix: str) -> Iterator[tuple[str, tuple[dict[str, Any], str]]]:
    """Yield (path, (table, key)) of every single value, and of quantiles as a whole."""
    for key, value in table.items():
        if isinstance(value, dict):
            if key in _RANGES:
                yield f"{prefix}{key}", (table, key)
            yield from _leaves(value, f"{prefix}{key}.")
        elif not isinstance(value, list):
            yield f"{prefix}{key}", (table, key)


def _check_sort(change: Change, before: Any) -> None:
    """Check that a value is of the sort that stands in its place."""
    value = change.value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    wants_number = before is None or (
        isinstance(before, int | float) and not isinstance(before, bool)
    )
    if wants_number and not is_number:
        fix = f"write a number, as {before!r} in the file" if before is not None else "write one"
        raise change.refuse(f"{quoted(str(value))} is not a number", fix)
    if not wants_number and type(value) is not type(before):
        said = _as_toml(before)
        raise change.refuse(
            f"{quoted(str(value))} cannot stand for {said}", f"write such as {said}"
        )


def _as_toml(value: Any) -> str:
    """Return a value as a file would have it, cut to a readable length."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{key}" = {each}' for key, each in value.items()) + " }"
    return quoted(str(value))
