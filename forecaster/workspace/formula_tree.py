"""Hold a formula as a tree: numbers and series, joined by signs."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from forecaster.records import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

    Span = tuple[int, int]
    """Where a part stands in the text: its first character, and the one after its last."""


@frozen
class Number:
    """A number as typed; two are equal if their values are, wherever they stand."""

    value: float
    span: Span = field(compare=False)


@frozen
class Name:
    """A series, by its id."""

    id: str
    span: Span = field(compare=False)


@frozen
class Negative:
    """A part with its sign turned."""

    inner: Node
    span: Span = field(compare=False)


@frozen
class Operation:
    """Two parts, joined by '+', '-', '*' or '/'."""

    sign: str
    left: Node
    right: Node
    span: Span = field(compare=False)


Node = Number | Name | Negative | Operation


def names_in(node: Node) -> Iterator[Name]:
    """Yield the series of a tree from left to right, as often as they stand there."""
    if isinstance(node, Name):
        yield node
    elif isinstance(node, Negative):
        yield from names_in(node.inner)
    elif isinstance(node, Operation):
        yield from names_in(node.left)
        yield from names_in(node.right)


_RANK = {"+": 1, "-": 1, "*": 2, "/": 2}
_RANK_OF_TERM = 3


def write_tree(node: Node) -> str:
    """Return a tree as text: one space about every sign, and no needless parentheses."""
    return _written(node)[0]


def _written(node: Node) -> tuple[str, int]:
    """Return a tree as text, and how tightly its outermost sign binds."""
    if isinstance(node, Number):
        short = f"{node.value:.12g}"
        return short if float(short) == node.value else repr(node.value), _RANK_OF_TERM
    if isinstance(node, Name):
        return node.id, _RANK_OF_TERM
    if isinstance(node, Negative):
        text, rank = _written(node.inner)
        return (f"-{text}" if rank == _RANK_OF_TERM else f"-({text})"), 2
    rank = _RANK[node.sign]
    left, left_rank = _written(node.left)
    right, right_rank = _written(node.right)
    # a - (b - c) and a / (b * c) need their parentheses, a + (b + c) could do without
    left = left if left_rank >= rank else f"({left})"
    right = right if right_rank > rank else f"({right})"
    return f"{left} {node.sign} {right}", rank
