"""Findings as SARIF 2.1.0 (OASIS), for editors and code reviews that show them beside the payload's lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

VERSION = "2.1.0"
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A code and what it stands for."""

    code: str
    meaning: str
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One finding at a line and column of the file, from 1; `properties` is told as it is."""

    rule: Rule
    message: str
    line: int
    column: int
    properties: dict[str, Any]


def sarif_log(results: Sequence[Result], *, file: str, version: str) -> dict[str, Any]:
    """The log of one run.

    Args:
        results: What was found.
        file: The payload's file as it was named, or "-".
        version: The product's.
    """
    rules = {result.rule.code: result.rule for result in results}
    places = {code: index for index, code in enumerate(rules)}
    driver = {"name": "preview-worker", "version": version, "rules": [_rule(rule) for rule in rules.values()]}
    location = {"uri": _uri(file)}
    return {
        "$schema": SCHEMA,
        "version": VERSION,
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "artifacts": [{"location": location}],
                "results": [_result(result, places[result.rule.code], location) for result in results],
            }
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    meaning = f"{rule.meaning[:1].upper()}{rule.meaning[1:]}."
    return {"id": rule.code, "shortDescription": {"text": meaning}, "defaultConfiguration": {"level": rule.level}}


def _result(result: Result, rule_index: int, location: dict[str, str]) -> dict[str, Any]:
    region = {"startLine": result.line, "startColumn": result.column}
    return {
        "ruleId": result.rule.code,
        "ruleIndex": rule_index,
        "level": result.rule.level,
        "message": {"text": result.message},
        "locations": [{"physicalLocation": {"artifactLocation": location, "region": region}}],
        "properties": {name: value for name, value in result.properties.items() if value is not None},
    }


def _uri(file: str) -> str:
    """A reference to the file: relative where it was named so."""
    if file == "-":
        return "stdin"
    path = Path(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
