"""The base of the Lua compiler: its place among the tokens, the names that are known there, and the lines so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from preview_worker.chaos.simulation.lua_tokens import LuaError, Token, tokens

BLOCK_ENDS = frozenset({"end", "else", "elseif", "until"})


class Code(NamedTuple):
    """A Python expression.

    Its kind says what it gives: a bool, several values, any value; or that it names a local, or what stands under a key
    of the table that the text gives.
    """

    text: str
    kind: str = "value"
    key: str = ""


@dataclass(slots=True)
class Function:
    """A function that is being written; its lines come after its first one."""

    depth: int
    lines: list[str] = field(default_factory=list)
    outer_names: set[str] = field(default_factory=set)


class Writer:
    """Reads tokens and writes lines.

    Args:
        text: The script.
    """

    def __init__(self, text: str) -> None:
        self._tokens = list(tokens(text))
        self._at = 0
        self._names = 0
        self._scopes: list[dict[str, tuple[str, int]]] = [{"KEYS": ("KEYS", 1), "ARGV": ("ARGV", 1)}]
        self._functions: list[Function] = [Function(depth=1)]

    # --- tokens ---

    @property
    def _token(self) -> Token:
        return self._tokens[self._at]

    def _fault(self) -> LuaError:
        return LuaError(f"line {self._token.line}: {self._token.text!r} isn't understood here")

    def _is(self, *texts: str) -> bool:
        return self._token.kind in {"symbol", "keyword"} and self._token.text in texts

    def _accept(self, *texts: str) -> bool:
        if self._is(*texts):
            self._at += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise self._fault()

    def _name(self) -> str:
        token = self._token
        if token.kind != "name":
            raise self._fault()
        self._at += 1
        return token.text

    # --- writing ---

    def _write(self, line: str) -> None:
        function = self._functions[-1]
        function.lines.append("    " * function.depth + line)

    def _fresh(self, name: str) -> str:
        self._names += 1
        return f"{name}_{self._names}"

    def _declare(self, name: str) -> str:
        unique = self._fresh(name)
        self._scopes[-1][name] = (unique, len(self._functions))
        return unique

    def _found(self, name: str) -> tuple[str, int] | None:
        return next((scope[name] for scope in reversed(self._scopes) if name in scope), None)

    def _indented(self, *ends: str, scope: dict[str, tuple[str, int]] | None = None) -> None:
        """A block one step further in, up to one of these words, which is left to the caller."""
        function = self._functions[-1]
        function.depth += 1
        self._scopes.append(scope or {})
        before = len(function.lines)
        self._block()
        if len(function.lines) == before:
            self._write("pass")
        self._scopes.pop()
        function.depth -= 1
        if not self._is(*ends):
            raise self._fault()

    def _block(self) -> None:
        """Statements up to a word that ends them."""
        raise NotImplementedError
