"""Lua's expressions as Python's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from preview_worker.chaos.simulation import lua_values
from preview_worker.chaos.simulation.lua_writer import Code, Function, Writer

_PRECEDENCE: Final = {"or": 1, "and": 2, "..": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6, "^": 8} | dict.fromkeys(
    ("<", ">", "<=", ">=", "~=", "=="), 3
)
_UNARY: Final = 7


class Expressions(Writer):
    """Turns expressions into Python."""

    def _function(self, unique: str) -> None:
        """The rest of a function's definition, from its parameters on."""
        self._expect("(")
        scope: dict[str, tuple[str, int]] = {}
        while not self._is(")"):
            name = self._name()
            scope[name] = (self._fresh(name), len(self._functions) + 1)
            self._accept(",")
        self._expect(")")
        outer = self._functions[-1]
        function = Function(depth=outer.depth)
        self._functions.append(function)
        self._indented("end", scope=scope)
        self._expect("end")
        self._functions.pop()
        parameters = [f"{name}=None" for name, _ in scope.values()]
        self._write(f"def {unique}({', '.join([*parameters, '*_'])}):")
        inside = "    " * (outer.depth + 1)
        if function.outer_names:
            outer.lines.append(f"{inside}nonlocal {', '.join(sorted(function.outer_names))}")
        outer.lines += [*function.lines, f"{inside}return Several()"]

    def _comma_separated(self, read: Callable[[], Any]) -> list[Any]:
        found = [read()]
        while self._accept(","):
            found.append(read())
        return found

    def _expressions(self) -> list[Code]:
        return self._comma_separated(self._expression)

    def _single(self, code: Code) -> str:
        if code.kind == "index":
            return f"index({code.text}, {code.key})"
        return f"one({code.text})" if code.kind == "several" else code.text

    def _listed(self, values: list[Code]) -> str:
        """Values one after the other, of which the last may be several."""
        parts = [self._single(code) for code in values]
        if values and values[-1].kind == "several":
            parts[-1] = f"*all_of({values[-1].text})"
        return ", ".join(parts)

    def _values(self, values: list[Code], count: int) -> str:
        """The right side of an assignment to so many names."""
        if len(values) == count:
            return ", ".join(self._single(code) for code in values)
        right = f"spread({count}, {self._listed(values)})"
        return f"{right}[0]" if count == 1 else right

    def _truth(self, code: Code) -> str:
        if code.kind == "bool":
            return code.text
        temporary = self._fresh("t")
        return f"(({temporary} := {self._single(code)}) is not None and {temporary} is not False)"

    def _expression(self, least: int = 1) -> Code:
        left = self._unary()
        while self._token.kind in {"symbol", "keyword"} and _PRECEDENCE.get(self._token.text, 0) >= least:
            operator = self._token.text
            self._at += 1
            level = _PRECEDENCE[operator]
            right = self._expression(level if operator in {"..", "^"} else level + 1)
            left = self._binary(operator, left, right)
        return left

    def _binary(self, operator: str, left: Code, right: Code) -> Code:
        after = self._single(right)
        if operator in {"and", "or"}:
            if left.kind == "bool":
                return Code(f"({left.text} {operator} {after})", "bool" if right.kind == "bool" else "value")
            temporary = self._fresh("t")
            test = f"(({temporary} := {self._single(left)}) is not None and {temporary} is not False)"
            chosen = (after, temporary) if operator == "and" else (temporary, after)
            return Code(f"({chosen[0]} if {test} else {chosen[1]})")
        before = self._single(left)
        if operator == "..":
            return Code(f"(text({before}) + text({after}))")
        if _PRECEDENCE[operator] == _PRECEDENCE["=="]:
            return Code(f"({before} {'!=' if operator == '~=' else operator} {after})", "bool")
        return Code(f"(number({before}) {'**' if operator == '^' else operator} number({after}))")

    def _unary(self) -> Code:
        if self._accept("not"):
            return Code(f"(not {self._truth(self._expression(_UNARY))})", "bool")
        if self._accept("-"):
            return Code(f"(-number({self._single(self._expression(_UNARY))}))")
        if self._accept("#"):
            return Code(f"size({self._single(self._expression(_UNARY))})")
        return self._primary()

    def _primary(self) -> Code:
        token = self._token
        constants = {"nil": Code("None"), "true": Code("True", "bool"), "false": Code("False", "bool")}
        if token.kind == "keyword" and token.text in constants:
            self._at += 1
            return constants[token.text]
        if token.kind == "number":
            self._at += 1
            return Code(
                repr(int(token.text, 16) if token.text[:2] in {"0x", "0X"} else lua_values.to_number(token.text))
            )
        if token.kind == "string":
            self._at += 1
            return Code(repr(token.text))
        if self._accept("{"):
            return self._constructor()
        if self._accept("function"):
            unique = self._fresh("f")
            self._function(unique)
            return Code(unique)
        return self._suffixed()

    def _suffixed(self) -> Code:
        """A name or something in parentheses, with what is indexed and called of it."""
        if self._accept("("):
            code = Code(f"({self._single(self._expression())})")
            self._expect(")")
        else:
            name = self._name()
            found = self._found(name)
            code = Code(found[0], "name") if found is not None else Code(f"G[{name!r}]")
        while True:
            if self._accept("."):
                code = Code(self._single(code), "index", repr(self._name()))
            elif self._accept("["):
                code = Code(self._single(code), "index", self._single(self._expression()))
                self._expect("]")
            elif self._accept("("):
                values = [] if self._is(")") else self._expressions()
                self._expect(")")
                code = Code(f"{self._single(code)}({self._listed(values)})", "several")
            else:
                return code

    def _constructor(self) -> Code:
        named: list[str] = []
        listed: list[Code] = []
        while not self._accept("}"):
            if self._accept("["):
                key = self._single(self._expression())
                self._expect("]")
                self._expect("=")
                named.append(f"({key}, {self._single(self._expression())})")
            elif self._token.kind == "name" and self._tokens[self._at + 1].text == "=":
                key = repr(self._name())
                self._expect("=")
                named.append(f"({key}, {self._single(self._expression())})")
            else:
                listed.append(self._expression())
            self._accept(",", ";")
        if named:
            if listed:
                raise self._fault()
            return Code(f"Table([{', '.join(named)}])")
        return Code(f"table([{self._listed(listed)}])")
