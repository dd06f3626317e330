"""Make a user's text safe to show: what would steer a terminal or a page is printed instead."""

from __future__ import annotations

import unicodedata

_OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Control bytes, direction marks and other invisible format characters, lone surrogates,
line and paragraph separators."""


def safe_text(text: str) -> str:
    r"""Return the text with every character that is obeyed rather than seen written out.

    An escape byte becomes `\x1b`, a right-to-left override `\u202e`. Rich markup needs nothing
    here: the screen writers put text into `rich.text.Text`, which reads no markup.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_written(character) for character in text)


def _written(character: str) -> str:
    """Return one character, or its escape."""
    if unicodedata.category(character) not in _OBEYED:
        return character
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
