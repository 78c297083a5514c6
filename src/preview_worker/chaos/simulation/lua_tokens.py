"""Lua 5.1's tokens, as far as the scripts of ours and of BullMQ use them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

KEYWORDS: Final = frozenset(
    (
        "and",
        "break",
        "do",
        "else",
        "elseif",
        "end",
        "false",
        "for",
        "function",
        "if",
        "in",
        "local",
        "nil",
        "not",
        "or",
        "repeat",
        "return",
        "then",
        "true",
        "until",
        "while",
    )
)
_PATTERN: Final = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<comment>--\[\[.*?\]\]|--[^\n]*)
  | (?P<number>0[xX][0-9a-fA-F]+|\d+\.?\d*(?:[eE][+-]?\d+)?)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
  | (?P<symbol>\.\.\.|\.\.|==|~=|<=|>=|[-+*/%^\#<>=(){}\[\];:,.])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}


class LuaError(Exception):
    """A script that this reader doesn't understand, or that failed."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token: what it is (name, keyword, number, string, symbol, end), its text, and its line from 1."""

    kind: str
    text: str
    line: int


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a script, with one of kind ``end`` behind the last.

    Raises:
        LuaError: A character that begins no token.
    """
    position, line = 0, 1
    while position < len(text):
        found = _PATTERN.match(text, position)
        if found is None:
            raise LuaError(f"line {line}: {text[position : position + 20]!r} isn't understood")
        kind = found.lastgroup or ""
        if kind not in {"space", "comment"}:
            yield Token("keyword" if found.group() in KEYWORDS else kind, _value(kind, found.group()), line)
        line += found.group().count("\n")
        position = found.end()
    yield Token("end", "", line)


def _value(kind: str, text: str) -> str:
    if kind != "string":
        return text
    return re.sub(r"\\(.)", lambda escape: _ESCAPES[escape.group(1)], text[1:-1])
