"""The corpus: payloads that must pass, and payloads with the errors they must give.

::

    <folder>/good/<name>.json|yaml     valid; `<name>.expected.json` may list the warnings it must give
    <folder>/bad/<name>.json|yaml      invalid; `<name>.expected.json` lists exactly its errors

An expected finding is {pointer, code} and, where the sentence matters, message.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from preview_worker.contract.completion import validate_request
from preview_worker.contract.document import DocumentFormat, UnreadableDocumentError, read_document
from preview_worker.contract.finding import Finding
from preview_worker.contract.validation import Validation

_SUFFIXES: dict[str, DocumentFormat] = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}
_EXPECTED = ".expected.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusResult:
    """How one payload of the corpus fared.

    Attributes:
        name: Its path below the corpus folder.
        expected_valid: Whether it must be valid.
        faults: What differs from what was expected, one sentence each; empty when it passed.
        findings: How many errors and warnings it gave.
    """

    name: str
    expected_valid: bool
    faults: tuple[str, ...]
    findings: int

    @property
    def passed(self) -> bool:
        """Whether nothing differs."""
        return not self.faults


def format_of(path: Path) -> DocumentFormat:
    """Return how a file is read, by its suffix: YAML for .yaml and .yml, else JSON."""
    return _SUFFIXES.get(path.suffix.lower(), "json")


def check_corpus(folder: Path) -> list[CorpusResult]:
    """Validate every payload of a corpus and compare with what is expected of it.

    Raises:
        OSError: the folder can't be read.
    """
    results = [_check(path, folder) for path in _payloads(folder / "good")]
    return results + [_check(path, folder) for path in _payloads(folder / "bad")]


def _payloads(folder: Path) -> list[Path]:
    found = (path for path in folder.iterdir() if path.suffix in _SUFFIXES and not path.name.endswith(_EXPECTED))
    return sorted(found)


def _check(path: Path, folder: Path) -> CorpusResult:
    expected_valid = path.parent.name == "good"
    try:
        document = read_document(path.read_bytes(), name=path.name, format=format_of(path))
        verdict = validate_request(document.raw)
    except UnreadableDocumentError as unreadable:
        verdict = Validation(job=None, errors=(unreadable.finding,), warnings=())
    expected = _expected(path)
    if expected_valid:
        faults = [f"unexpected error: {_told(finding)}" for finding in verdict.errors]
        faults += _differences(expected or [], verdict.warnings, exactly=expected is not None)
    elif not expected:
        faults = [f"{path.stem}{_EXPECTED} must list its errors"]
    else:
        faults = _differences(expected, verdict.errors, exactly=True)
    return CorpusResult(
        name=path.relative_to(folder).as_posix(),
        expected_valid=expected_valid,
        faults=tuple(faults),
        findings=len(verdict.errors) + len(verdict.warnings),
    )


def _expected(path: Path) -> list[dict[str, Any]] | None:
    beside = path.with_name(path.stem + _EXPECTED)
    if not beside.exists():
        return None
    listed: list[dict[str, Any]] = json.loads(beside.read_text("utf-8"))
    return listed


def _differences(expected: list[dict[str, Any]], found: Iterable[Finding], *, exactly: bool) -> list[str]:
    remaining = list(found)
    faults = []
    for wanted in expected:
        match = next((finding for finding in remaining if _meets(finding, wanted)), None)
        if match is None:
            faults.append(f"missing: {json.dumps(wanted, ensure_ascii=False)}")
        else:
            remaining.remove(match)
    return faults + ([f"unexpected: {_told(finding)}" for finding in remaining] if exactly else [])


def _meets(finding: Finding, wanted: dict[str, Any]) -> bool:
    written = finding.as_json()
    return all(written.get(key) == value for key, value in wanted.items())


def _told(finding: Finding) -> str:
    return f"{finding.code.value} at {finding.pointer or 'the top'}: {finding.message}"
