"""What a check has found, with its places in the payload's file: as text, as JSON, and for SARIF."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from preview_worker.cli.payloads import UNREADABLE_CODE, Unreadable
from preview_worker.cli.sarif import Level, Result, Rule
from preview_worker.contract import PreviewWarning, WarningCode
from preview_worker.contract.finding import MEANINGS as FINDING_MEANINGS
from preview_worker.contract.finding import Code, Finding
from preview_worker.contract.warning import MEANINGS as WARNING_MEANINGS
from preview_worker.errors import PreviewError

Severity = Literal["error", "error-like", "advice"]
_LEVELS: dict[Severity, Level] = {"error": "error", "error-like": "warning", "advice": "note"}
_NOUNS: dict[Severity, str] = {"error": "error", "error-like": "error-like warning", "advice": "advice"}
_UNREADABLE_MEANING = "the file can't be opened or read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that was found.

    Attributes:
        severity: An error makes the payload invalid, or its job fail; the others are those of warnings.
        code: Stable word for programs.
        message: One sentence.
        place: JSON pointer into the payload as given, and its line and column from 1.
        step_id: The step it is about.
        language: The variant it is about; None: the request's own language, or all.
        at_ms: When it is in the video.
        value: What was found.
        limit: What is allowed.
        hint: What to do.
    """

    severity: Severity
    code: str
    message: str
    place: tuple[str, int, int]
    step_id: str | None = None
    language: str | None = None
    at_ms: int | None = None
    value: Any = None
    limit: Any = None
    hint: str | None = None

    @classmethod
    def of_warning(cls, warning: PreviewWarning, place: tuple[str, int, int]) -> Entry:
        """A warning, at its place."""
        return cls(
            severity=warning.severity.value,
            code=warning.code.value,
            message=warning.message,
            place=place,
            step_id=warning.step_id,
            at_ms=warning.at_ms,
            value=warning.value,
            limit=warning.limit,
            hint=warning.hint,
        )

    @classmethod
    def of_fault(cls, finding: Finding, place: tuple[str, int, int], step_id: str | None) -> Entry:
        """What makes the payload invalid, in a step or in the whole."""
        return cls(
            severity="error",
            code=finding.code.value,
            message=finding.message,
            place=place,
            step_id=step_id,
            value=finding.value,
            limit=finding.limit,
            hint=finding.hint,
        )

    @classmethod
    def of_error(cls, error: PreviewError, place: tuple[str, int, int]) -> Entry:
        """What would fail the job."""
        return cls(
            severity="error",
            code=error.code,
            message=error.sentence,
            place=place,
            step_id=error.step_id,
            hint=error.hint,
        )

    @classmethod
    def of_unreadable(cls, unreadable: Unreadable) -> Entry:
        """Why there is nothing to check."""
        line, column = unreadable.position or (1, 1)
        return cls(
            severity="error",
            code=unreadable.code,
            message=unreadable.message,
            place=("", line, column),
            limit=unreadable.limit,
            hint=unreadable.hint,
        )

    @property
    def _members(self) -> dict[str, Any]:
        return {
            "stepId": self.step_id,
            "language": self.language,
            "atMs": self.at_ms,
            "value": self.value,
            "limit": self.limit,
            "hint": self.hint,
        }

    def as_json(self) -> dict[str, Any]:
        """Without empty members."""
        pointer, line, column = self.place
        members = {"code": self.code, "severity": self.severity, "message": self.message, **self._members}
        members |= {"pointer": pointer, "line": line, "column": column}
        return {name: value for name, value in members.items() if value is not None}

    def as_result(self) -> Result:
        """For SARIF, whose message is all that some viewers show: the hint stands in it."""
        _, line, column = self.place
        message = self.message if self.hint is None else f"{self.message.rstrip('.')}. {self.hint}"
        rule = Rule(code=self.code, meaning=_meaning(self.code), level=_LEVELS[self.severity])
        return Result(rule=rule, message=message, line=line, column=column, properties=self._members)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """All of it; `plan` tells of the video, where it could be planned."""

    entries: tuple[Entry, ...]
    plan: dict[str, Any] | None = None

    def count(self, severity: Severity) -> int:
        """How many entries are of a severity."""
        return Counter(entry.severity for entry in self.entries)[severity]

    def as_json(self) -> dict[str, Any]:
        """Errors and warnings apart, each in its order."""
        counts = {severity: self.count(severity) for severity in _LEVELS}
        return {
            "valid": not counts["error"],
            "errors": [entry.as_json() for entry in self.entries if entry.severity == "error"],
            "warnings": [entry.as_json() for entry in self.entries if entry.severity != "error"],
            "counts": counts,
            "plan": self.plan,
        }

    def lines(self, step_ids: Sequence[str]) -> Iterator[str]:
        """Text for people: what is about the whole, then each step's, in the tutorial's order; counts at the end."""
        for step_id in (None, *dict.fromkeys(step_ids)):
            own = [entry for entry in self.entries if entry.step_id == step_id]
            if not own:
                continue
            yield "The whole" if step_id is None else f"Step {step_id}{_clock(own)}"
            for entry in own:
                _, line, column = entry.place
                language = f" ({entry.language})" if entry.language is not None else ""
                yield f"  {line}:{column}: {entry.severity}{language}: {entry.message} [{entry.code}]"
                if entry.hint is not None:
                    yield f"      {entry.hint}"
        yield self._summary()

    def _summary(self) -> str:
        plan = self.plan
        lengths = [f"{plan['durationMs'] / 1000:.1f} s"] if plan else []
        lengths += [
            f"{other['durationMs'] / 1000:.1f} s in {other['language']}" for other in (plan or {}).get("variants", ())
        ]
        length = f"{_counted(plan['steps'], 'step')}, {', '.join(lengths)}: " if plan else ""
        if not self.entries:
            return f"{length}nothing to complain of"
        counts = [_counted(self.count(severity), word) for severity, word in _NOUNS.items() if self.count(severity)]
        return length + ", ".join(counts)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 or noun == "advice" else f"{number} {noun}s"


def _clock(entries: Sequence[Entry]) -> str:
    starts = [entry.at_ms for entry in entries if entry.at_ms is not None]
    if not starts:
        return ""
    minutes, seconds = divmod(min(starts) // 1000, 60)
    return f" ({minutes}:{seconds:02})"


def _meaning(code: str) -> str:
    if code in WARNING_MEANINGS:
        return WARNING_MEANINGS[WarningCode(code)]
    if code in FINDING_MEANINGS:
        return FINDING_MEANINGS[Code(code)]
    return _UNREADABLE_MEANING if code == UNREADABLE_CODE else "the job would fail"
