"""The payload's field reference in Markdown, generated from the schema, and so from the models."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from preview_worker.contract.finding import MEANINGS
from preview_worker.contract.schema import JOB_SCHEMA, schemas

DOCUMENT = "preview_payload_validation.md"
BEGIN = "<!-- generated from the models: preview-worker schema --write-docs docs -->"
END = "<!-- end of the generated part -->"
# The order in which a reader meets them.
_MODELS = (
    "PreviewRequest",
    "Step",
    "Transition",
    "Variant",
    "StepWords",
    "CalloutWords",
    "Visual",
    "Motion",
    "Rect",
    "Callout",
    "Target",
    "Asset",
    "Audio",
    "Music",
    "Options",
    "Range",
    "Theme",
    "Furniture",
)
_LIMITS = (
    ("minimum", "≥ {}"),
    ("exclusiveMinimum", "> {}"),
    ("maximum", "≤ {}"),
    ("maxLength", "≤ {} characters"),
    ("maxItems", "≤ {} entries"),
    ("maxProperties", "≤ {} entries"),
    ("pattern", "form `{}`"),
)
# Rules too long for a table cell are told in the introduction.
_LONG_PATTERN = 40


def reference() -> str:
    """Return the generated part of the document, without its markers."""
    schema = schemas()[JOB_SCHEMA]
    definitions = schema["$defs"]
    sections = [_section("Job (top level)", schema, definitions)]
    sections += [_section(name, definitions[name], definitions) for name in _MODELS]
    return "\n".join((*sections, _codes()))


def with_reference(document: str) -> str:
    """Return the document with its generated part made anew.

    Raises:
        ValueError: the document lacks one of the two markers.
    """
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document needs the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{reference()}\n{END}{after}"


def _section(title: str, model: dict[str, Any], definitions: dict[str, Any]) -> str:
    required = set(model.get("required", ()))
    lines = [f"### {title}", "", model["description"], ""]
    lines += ["| field | type | default | limits | meaning |", "|---|---|---|---|---|"]
    for name, field in model["properties"].items():
        cells = _row(name, field, definitions, required=name in required)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _row(name: str, field: Any, definitions: dict[str, Any], *, required: bool) -> tuple[str, ...]:
    if field is False:
        return f"`{name}`", "–", "–", "–", "Reserved for later work; refused with `unsupported-field`."
    parts = [part for part in field.get("anyOf", [field]) if part.get("type") != "null"]
    limits = dict.fromkeys(text for part in parts for text in _limits(part | _facets(field), definitions))
    kinds = " or ".join(dict.fromkeys(_kind(part, definitions) for part in parts))
    meaning = field.get("description") or _definition(parts[0], definitions).get("description", "")
    return f"`{name}`", kinds, "**required**" if required else _default(field), "; ".join(limits) or "–", meaning


def _facets(field: dict[str, Any]) -> dict[str, Any]:
    return {key: field[key] for key, _ in _LIMITS if key in field}


def _definition(part: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    name = part.get("$ref", "").rpartition("/")[2]
    return definitions.get(name, {}) if name else part


def _kind(part: dict[str, Any], definitions: dict[str, Any]) -> str:
    definition = _definition(part, definitions)
    if "enum" in definition:
        return "one of " + ", ".join(f"`{word}`" for word in definition["enum"])
    if "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    match part.get("type"):
        case "object" if isinstance(part.get("additionalProperties"), dict):
            kind = f"object of {_kind(part['additionalProperties'], definitions)} by id"
        case "array":
            items = part["items"]
            kinds = [_kind(item, definitions) for item in items.get("anyOf", [items])]
            kind = f"array of {' or '.join(kinds)}"
        case list() | None:
            kind = "any JSON"
        case "string" if part.get("format"):
            kind = str(part["format"])
        case word:
            kind = {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(str(word), str(word))
    return kind


def _limits(part: dict[str, Any], definitions: dict[str, Any]) -> Iterator[str]:
    del definitions
    for key, template in _LIMITS:
        value = part.get(key)
        if value is not None and not (key == "pattern" and len(value) > _LONG_PATTERN):
            yield template.format(value)
    if part.get("minLength"):
        yield "not empty"


def _default(field: dict[str, Any]) -> str:
    default = field.get("default")
    if default in (None, "", [], {}):
        return "–"
    if isinstance(default, dict):
        return "its defaults"
    return f"`{re.sub(r'[.]0$', '', json.dumps(default))}`"


def _codes() -> str:
    lines = ["### Codes of errors and warnings", "", "| code | meaning |", "|---|---|"]
    lines += [f"| `{code.value}` | {meaning} |" for code, meaning in MEANINGS.items()]
    return "\n".join(lines) + "\n"
