"""Turns a Lua script into a Python function, statement by statement.

Understood is what the scripts of ours and of BullMQ consist of; anything else is an error and never a guess. Each local
gets a name of its own, so that Python's scopes, which are functions, can't mix up Lua's, which are blocks.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from preview_worker.chaos.simulation import lua_values
from preview_worker.chaos.simulation.lua_expressions import Expressions
from preview_worker.chaos.simulation.lua_tokens import LuaError
from preview_worker.chaos.simulation.lua_writer import BLOCK_ENDS, Code

Chunk = Callable[[Any, Any, Any], Any]
"""A compiled script: its globals, KEYS and ARGV in, what it returns out."""


@functools.lru_cache(maxsize=256)
def compiled(text: str) -> Chunk:
    """Compile a script.

    Raises:
        LuaError: It has something that isn't understood.
    """
    source = _Compiler(text).source()
    namespace: dict[str, Any] = {name: getattr(lua_values, name) for name in dir(lua_values) if name[0] != "_"}
    exec(compile(source, "<lua>", "exec"), namespace)  # noqa: S102 - what we wrote ourselves from a script of ours
    chunk: Chunk = namespace["chunk"]
    return chunk


class _Compiler(Expressions):
    def source(self) -> str:
        self._block()
        if self._token.kind != "end":
            raise self._fault()
        body = self._functions[0].lines or ["    pass"]
        return "\n".join(["def chunk(G, KEYS, ARGV):", *body, "    return Several()"])

    def _block(self) -> None:
        while self._token.kind != "end" and not self._is(*BLOCK_ENDS):
            self._statement()
            self._accept(";")

    def _statement(self) -> None:
        simple = {"if": self._if, "for": self._for, "local": self._local, "return": self._return, "do": self._do}
        if self._token.kind == "keyword" and self._token.text in simple:
            word = self._token.text
            self._at += 1
            simple[word]()
        elif self._accept("while"):
            condition = self._truth(self._expression())
            self._expect("do")
            self._write(f"while {condition}:")
            self._indented("end")
            self._expect("end")
        elif self._accept("break"):
            self._write("break")
        else:
            self._assignment_or_call()

    def _do(self) -> None:
        self._write("if True:")
        self._indented("end")
        self._expect("end")

    def _if(self) -> None:
        word = "if"
        while True:
            condition = self._truth(self._expression())
            self._expect("then")
            self._write(f"{word} {condition}:")
            self._indented("end", "else", "elseif")
            if not self._accept("elseif"):
                break
            word = "elif"
        if self._accept("else"):
            self._write("else:")
            self._indented("end")
        self._expect("end")

    def _for(self) -> None:
        names = self._comma_separated(self._name)
        if self._accept("="):
            bounds = ", ".join(self._single(code) for code in self._expressions())
            loop = f"counted({bounds})"
        else:
            self._expect("in")
            loop = f"iterated({len(names)}, {self._single(self._expression())})"
        self._expect("do")
        scope = {name: (self._fresh(name), len(self._functions)) for name in names}
        self._write(f"for {', '.join(unique for unique, _ in scope.values())} in {loop}:")
        self._indented("end", scope=scope)
        self._expect("end")

    def _local(self) -> None:
        if self._accept("function"):
            unique = self._declare(self._name())
            self._function(unique)
            return
        names = self._comma_separated(self._name)
        values = self._expressions() if self._accept("=") else []
        right = self._values(values, len(names))
        self._write(f"{', '.join(self._declare(name) for name in names)} = {right}")

    def _return(self) -> None:
        if self._token.kind == "end" or self._is(*BLOCK_ENDS, ";"):
            self._write("return Several()")
            return
        values = self._expressions()
        if len(values) == 1:
            self._write(f"return {values[0].text if values[0].kind == 'several' else self._single(values[0])}")
        else:
            self._write(f"return Several(({self._listed(values)},))")

    def _assignment_or_call(self) -> None:
        target = self._suffixed()
        if not self._is("=", ","):
            if target.kind != "several":
                raise self._fault()
            self._write(target.text)
            return
        targets = [target]
        while self._accept(","):
            targets.append(self._suffixed())
        self._expect("=")
        values = self._expressions()
        if len(targets) == 1:
            self._assign(targets[0], self._values(values, 1))
            return
        parts = [self._fresh("part") for _ in targets]
        self._write(f"{', '.join(parts)} = {self._values(values, len(parts))}")
        for one, part in zip(targets, parts, strict=True):
            self._assign(one, part)

    def _assign(self, target: Code, value: str) -> None:
        if target.kind == "index":
            self._write(f"put({target.text}, {target.key}, {value})")
        elif target.kind == "name":
            self._write(f"{self._owned(target.text)} = {value}")
        else:
            raise self._fault()

    def _owned(self, unique: str) -> str:
        """A local's name, told to Python as another function's where it is."""
        depth = next((at for scope in self._scopes for name, at in scope.values() if name == unique), None)
        if depth is None:
            raise LuaError(f"line {self._token.line}: a global is assigned")
        for function in self._functions[depth:]:
            function.outer_names.add(unique)
        return unique
