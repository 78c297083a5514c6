"""Names made valid: ids of jobs, projects and steps, and labels of assets and visuals."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

from preview_worker.contract.finding import writable
from preview_worker.contract.identifiers import IDENTIFIER_MAX, identifier_fault, job_id_fault

LABEL_MAX = 128
_SLUG_MAX = 60
# Room for the number that makes a repeated name unique.
_ROOM = 8


def valid_identifier(text: str, *, prefix: str) -> str:
    """Return the text as an identifier of a step or project, `""` when no letter or digit of it can stay.

    Args:
        text: Any text.
        prefix: Put before a name that is reserved, such as one of a Windows device.
    """
    if identifier_fault(text) is None:
        return text
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    kept = re.sub(r"\.{2,}", ".", re.sub(r"[^A-Za-z0-9._-]+", "-", plain)).lstrip("-._").rstrip("-.")
    kept = kept[: IDENTIFIER_MAX - _ROOM].rstrip("-.")
    if not kept or identifier_fault(kept) is None:
        return kept
    return f"{prefix}-{kept}"


def valid_job_id(text: str) -> str:
    """Return the text as a job id, `""` when nothing of it can stay."""
    name = valid_identifier(text, prefix="job")
    return name if not name or job_id_fault(name) is None else f"job-{name}"


def valid_label(text: str) -> str:
    """Return the text as a label: one line of printable characters in NFC, at most 128."""
    normal = unicodedata.normalize("NFC", writable(text))
    return "".join(character for character in normal if character.isprintable()).strip()[:LABEL_MAX].strip()


def slug(text: str) -> str:
    """Return the text's letters and digits without accents, in lower case, joined by dashes."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall("[a-z0-9]+", plain))[:_SLUG_MAX].strip("-")


def unique(name: str, taken: Container[str]) -> str:
    """Return the name, with the first free number behind it when it is taken."""
    if name not in taken:
        return name
    stem = name[: LABEL_MAX - _ROOM]
    number = 2
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"


def plain_name(name: str) -> str:
    """Return a word of a foreign vocabulary in one form: slow-zoom, slowZoom and "Slow zoom" are slow_zoom."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip())
    return re.sub(r"[\s_-]+", "_", spaced.lower())
