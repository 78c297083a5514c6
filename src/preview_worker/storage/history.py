"""Which preview of a chapter was published last, and which one was approved.

Two small files for each project, chapter and language: ``<key>.last.json`` is written by workers, and
``<key>.approved.json`` by the API. Each has one kind of writer, so that neither loses what the other wrote.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from preview_worker.contract import Approval, Report
from preview_worker.storage.atomic import write_json
from preview_worker.storage.places import Places

REPORT = "preview.json"
CONTACT_SHEET = "contact-sheet.jpg"
_KEY_DIGITS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """What previews have to share to be compared without being told to."""

    project_id: str
    chapter_id: str | None
    language: str

    @classmethod
    def of(cls, report: Report) -> Edition:
        """The edition that a report is about."""
        return cls(project_id=report.project_id, chapter_id=report.chapter_id, language=report.language)

    @property
    def key(self) -> str:
        """A file's name: chapters may be called anything."""
        named = json.dumps([self.chapter_id, self.language.lower()])
        return hashlib.sha256(named.encode()).hexdigest()[:_KEY_DIGITS]


class History:
    """Remembers previews by edition. All methods block.

    Args:
        places: Folders below DATA_DIR.
    """

    def __init__(self, places: Places) -> None:
        self._places = places

    def last(self, edition: Edition) -> Report | None:
        """The last published preview, None where there is none or its files are gone."""
        remembered = _read(self._last(edition))
        return self._preview(edition, str(remembered["jobId"])) if "jobId" in remembered else None

    def approved(self, edition: Edition) -> Report | None:
        """The approved preview, None where there is none or its files are gone."""
        approval = self.approval(edition)
        return self._preview(edition, approval.job_id) if approval is not None else None

    def approval(self, edition: Edition) -> Approval | None:
        """What is remembered of the approval, None where nothing was approved."""
        try:
            return Approval.model_validate(_read(self._approved(edition)))
        except ValidationError:
            return None

    def remember(self, report: Report) -> None:
        """Take a published preview for the last one, unless a later one is known; parts of a tutorial are none.

        Raises:
            StorageError: The disk is full, read-only or failing (transient).
        """
        finished_ms = report.timings.finished_at_ms if report.timings is not None else 0
        edition = Edition.of(report)
        if report.kind != "preview" or report.part or _time_ms(_read(self._last(edition))) > finished_ms:
            return
        write_json(self._last(edition), {"jobId": report.job_id, "finishedAtMs": finished_ms})

    def approve(self, report: Report, *, at_ms: int, by: str | None, note: str | None) -> Approval:
        """Take a preview for the approved one of its edition; said again without anything new, nothing changes.

        Args:
            report: The preview's.
            at_ms: Now, in ms since the epoch.
            by: Who approves; None: as it was said before.
            note: What is said about it; likewise.

        Raises:
            StorageError: The disk is full, read-only or failing (transient).
        """
        edition = Edition.of(report)
        before = self.approval(edition)
        if before is not None and before.job_id == report.job_id:
            by, note = by if by is not None else before.by, note if note is not None else before.note
            if (by, note) == (before.by, before.note):
                return before
        approval = Approval(job_id=report.job_id, approved_at_ms=at_ms, by=by, note=note)
        write_json(self._approved(edition), approval.model_dump(mode="json", by_alias=True))
        return approval

    def _preview(self, edition: Edition, job_id: str) -> Report | None:
        return read_preview(self._places.preview(edition.project_id, job_id), edition.language)

    def _last(self, edition: Edition) -> Path:
        return self._places.history(edition.project_id) / f"{edition.key}.last.json"

    def _approved(self, edition: Edition) -> Path:
        return self._places.history(edition.project_id) / f"{edition.key}.approved.json"


def read_preview(folder: Path, language: str | None = None) -> Report | None:
    """The report of a preview's folder, None where there is none that this build can read.

    Args:
        folder: The folder.
        language: That of the edition to look for, compared without case; where it isn't there, and with None, it is the
            preview's own.
    """
    report = read_report(folder)
    if report is None or report.kind != "preview":
        return None
    wanted = language.lower() if language is not None else None
    other = next((variant for variant in report.variants if variant.language.lower() == wanted), None)
    return report if other is None else read_report(folder / other.folder)


def read_report(folder: Path) -> Report | None:
    """The report in a folder, a preview's or a plan's; None where there is none that this build can read."""
    try:
        return Report.model_validate_json((folder / REPORT).read_bytes())
    except (OSError, ValidationError):
        return None


def _read(path: Path) -> dict[str, object]:
    """A remembered entry; a file that can't be read counts as none."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _time_ms(entry: dict[str, object]) -> int:
    time_ms = entry.get("finishedAtMs")
    return time_ms if isinstance(time_ms, int) else 0
