"""Identifiers, and the rules that make them safe as folder names on every system."""

import re
from typing import Final, NewType

JobId = NewType("JobId", str)
ProjectId = NewType("ProjectId", str)
StepId = NewType("StepId", str)
AssetId = NewType("AssetId", str)
Digest = NewType("Digest", str)
"""64 lower-case hexadecimal digits of a SHA-256."""

IDENTIFIER_MAX = 128
QUEUE_NAMES: Final = (
    "active",
    "completed",
    "de",
    "delayed",
    "events",
    "failed",
    "id",
    "limiter",
    "marker",
    "meta",
    "paused",
    "pc",
    "prioritized",
    "pvw",
    "repeat",
    "stalled",
    "stalled-check",
    "wait",
    "waiting-children",
)
"""What the queue keeps under names beside those of its jobs: a job under one of them would take its place."""

# The same rules as the functions below, in a form that every JSON Schema validator reads (no flags, no lookbehind).
_DEVICES = r"(?![Cc][Oo][Nn](?:\.|$)|[Pp][Rr][Nn](?:\.|$)|[Aa][Uu][Xx](?:\.|$)|[Nn][Uu][Ll](?:\.|$)"
_PORTS = r"|[Cc][Oo][Mm][0-9](?:\.|$)|[Ll][Pp][Tt][0-9](?:\.|$))"
_BODY = r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"
IDENTIFIER_PATTERN = rf"^(?!.*\.\.)(?!.*\.$){_DEVICES}{_PORTS}{_BODY}"
_ANY_CASE = {letter: f"[{letter.upper()}{letter}]" for letter in "abcdefghijklmnopqrstuvwxyz"}
_QUEUES = "|".join("".join(_ANY_CASE.get(letter, letter) for letter in name) for name in QUEUE_NAMES)
JOB_ID_PATTERN = rf"^(?![0-9]+$)(?!(?:{_QUEUES})$)(?!.*\.\.)(?!.*\.$){_DEVICES}{_PORTS}{_BODY}"
REQUEST_ID_PATTERN = "^[ -~]{1,128}$"

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_REQUEST_ID = re.compile(r"[\x20-\x7E]{1,128}")
# Windows opens a device for these names, whatever extension follows.
_DEVICE_NAME = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)


def identifier_fault(text: str) -> str | None:
    """Say why `text` can't be an identifier of a project or step; None when it can."""
    if len(text) > IDENTIFIER_MAX:
        return f"has {len(text)} characters; at most {IDENTIFIER_MAX} are allowed"
    if not _IDENTIFIER.fullmatch(text):
        return "may hold only letters A–Z, digits, '.', '_' and '-', and must start with a letter or digit"
    if ".." in text or text.endswith("."):
        return "must not hold '..' nor end with a dot"
    if _DEVICE_NAME.fullmatch(text):
        return "is the name of a Windows device"
    return None


def is_queue_name(text: str) -> bool:
    """Whether the queue keeps something of its own under the name, which it compares with case."""
    return text in QUEUE_NAMES


def queued_id_fault(text: str) -> str | None:
    """Say why no job can be found under `text`, whoever added it to the queue; None when one can."""
    return identifier_fault(text) or (_queue_name_fault(text) if is_queue_name(text) else None)


def job_id_fault(text: str) -> str | None:
    """Say why `text` can't be a job id; None when it can.

    BullMQ takes ids of digits alone for its own counter, so those are refused as well, and what it calls its own in any
    case: ids are compared without.
    """
    fault = identifier_fault(text)
    if fault is None and text.isdigit():
        return "must not consist of digits alone"
    if fault is None and is_queue_name(comparable(text)):
        return _queue_name_fault(text)
    return fault


def _queue_name_fault(text: str) -> str:
    return f"must not be {text!r}, a name that the queue uses for itself; 'preview-{text}' would do"


def request_id_fault(text: str) -> str | None:
    """Say why `text` can't be a request id; None when it can."""
    return None if _REQUEST_ID.fullmatch(text) else "must be 1 to 128 printable ASCII characters"


def comparable(identifier: str) -> str:
    """Return the form in which job and project ids are compared: without case."""
    return identifier.casefold()
