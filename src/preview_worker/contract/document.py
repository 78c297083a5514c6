"""Reading a payload's bytes strictly, and finding the line of any of its places again."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, Literal, NoReturn

from preview_worker.contract.finding import Code, Finding, visible
from preview_worker.contract.json_positions import json_positions, repeated_key
from preview_worker.errors import UnreadablePayloadError

PAYLOAD_MAX_BYTES = 2 * 1024 * 1024
NESTING_MAX = 32
DocumentFormat = Literal["json", "yaml"]
Positions = Mapping[str, tuple[int, int]]


class UnreadableDocumentError(UnreadablePayloadError):
    """The bytes are no JSON or YAML document within the limits.

    Args:
        finding: What is wrong.
        position: Line and column from 1, where known.
    """

    def __init__(self, finding: Finding, position: tuple[int, int] | None = None) -> None:
        super().__init__(finding.message, pointer=finding.pointer, hint=finding.hint, code=finding.code)
        self.finding = finding
        self.position = position


class Document:
    """A payload as read.

    Attributes:
        raw: The JSON value.
        name: What to call it in messages: a file's name or "-".
    """

    def __init__(self, raw: Any, *, name: str, locate: Callable[[], Positions]) -> None:
        self.raw = raw
        self.name = name
        self._locate = locate
        self._positions: Positions | None = None

    def position(self, pointer: str) -> tuple[int, int]:
        """Return line and column, from 1, of the value at a JSON pointer.

        A member's position is that of its key. For what isn't there, the nearest place around it is returned.
        """
        if self._positions is None:
            self._positions = self._locate()
        while pointer and pointer not in self._positions:
            pointer = pointer.rpartition("/")[0]
        return self._positions.get(pointer, (1, 1))


def read_document(content: bytes, *, name: str, format: DocumentFormat = "json") -> Document:  # noqa: A002
    """Read a document of at most 2 MiB of UTF-8 and 32 levels.

    JSON is read as RFC 8259 has it: no NaN, no repeated key. YAML is read as far as JSON can say the same: no
    anchors, no tags, one document; words such as ``yes`` and dates stay text.

    Args:
        content: The bytes; a byte order mark is accepted.
        name: What to call the document in messages.
        format: How to read it.

    Raises:
        UnreadableDocumentError: permanent; its finding says what is wrong, and its position where.
    """
    if len(content) > PAYLOAD_MAX_BYTES:
        sentence = f"The payload has {len(content)} bytes; at most {PAYLOAD_MAX_BYTES} are allowed."
        hint = "name pictures and sounds by path instead of holding them as data"
        _refuse(Code.PAYLOAD_TOO_LARGE, sentence, limit=PAYLOAD_MAX_BYTES, hint=hint)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        sentence = f"Byte {error.start} (0x{content[error.start]:02X}) is no valid UTF-8."
        _refuse(Code.NOT_UTF8, sentence, hint="save the file as UTF-8", position=(line, 1))
    if format == "yaml":
        return _yaml(text, name)
    return _json(text, name)


def _json(text: str, name: str) -> Document:
    try:
        raw = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite, parse_int=_bounded
        )
    except RecursionError:
        _too_deep()
    except json.JSONDecodeError as error:
        sentence = f"Not JSON: {error.msg[:1].lower()}{error.msg[1:]}."
        _refuse(Code.MALFORMED_JSON, sentence, position=(error.lineno, error.colno))
    except _RepeatedKeyError:
        key, position = repeated_key(text)
        sentence = f"Not usable JSON: the key {visible(key)} stands twice in one object."
        _refuse(Code.MALFORMED_JSON, sentence, position=position)
    except _JsonFaultError as fault:
        _refuse(Code.MALFORMED_JSON, f"Not JSON: {fault}.")
    if _deeper_than(raw, NESTING_MAX):
        _too_deep()
    return Document(raw, name=name, locate=lambda: json_positions(text))


def _yaml(text: str, name: str) -> Document:
    # Most payloads are JSON: the YAML parser is loaded for those who need it.
    from preview_worker.contract.yaml_reader import YamlFaultError, read_yaml

    try:
        raw, positions = read_yaml(text, nesting_max=NESTING_MAX)
    except YamlFaultError as fault:
        if fault.too_deep:
            _too_deep(fault.position)
        _refuse(Code.MALFORMED_YAML, f"Not usable YAML: {fault}.", position=fault.position)
    return Document(raw, name=name, locate=lambda: positions)


class _JsonFaultError(ValueError):
    """What the standard library lets pass and RFC 8259 does not."""


class _RepeatedKeyError(ValueError):
    """A key stands twice in one object."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _RepeatedKeyError
    return members


def _no_constant(word: str) -> NoReturn:
    raise _JsonFaultError(f"{word} is no JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _JsonFaultError(f"{digits[:40]} is too large for a number")
    return number


def _bounded(digits: str) -> int:
    # int() takes quadratic time, and refuses thousands of digits with an error of its own.
    if len(digits) > len("-9007199254740991"):
        raise _JsonFaultError(f"{digits[:40]} is too large for a whole number")
    return int(digits)


def _deeper_than(raw: Any, limit: int) -> bool:
    level = [raw]
    for _ in range(limit + 1):
        containers = [value for value in level if isinstance(value, dict | list)]
        if not containers:
            return False
        level = [
            child
            for container in containers
            for child in (container.values() if isinstance(container, dict) else container)
        ]
    return True


def _too_deep(position: tuple[int, int] | None = None) -> NoReturn:
    sentence = f"The payload is nested deeper than {NESTING_MAX} levels."
    _refuse(Code.NESTING_TOO_DEEP, sentence, limit=NESTING_MAX, position=position)


def _refuse(
    code: Code,
    sentence: str,
    *,
    limit: int | None = None,
    hint: str | None = None,
    position: tuple[int, int] | None = None,
) -> NoReturn:
    finding = Finding(pointer="", code=code, message=sentence, limit=limit, hint=hint)
    raise UnreadableDocumentError(finding, position) from None
