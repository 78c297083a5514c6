"""Which earlier preview a new one is compared with, and what of it the render process is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from preview_worker.contract import Basis, PreviewJob, PreviewWarning, Report, WarningCode, severity_of
from preview_worker.errors import StorageError
from preview_worker.render.protocol import IN_FOLDER, Earlier
from preview_worker.storage.atomic import storage_errors
from preview_worker.storage.history import CONTACT_SHEET, Edition, History, read_preview
from preview_worker.storage.jobs import JobFiles
from preview_worker.storage.places import Places
from preview_worker.storage.publish import link_or_copy


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What a preview is compared with.

    Attributes:
        earlier: The earlier preview; None where there is none.
        sheet: Its contact sheet's file, None where it isn't there.
        missing: Job that was asked for and isn't there.
    """

    earlier: Earlier | None = None
    sheet: Path | None = None
    missing: str | None = None

    def hand_over(self, folder: Path) -> Earlier | None:
        """Link the contact sheet into a render process's own folder; blocking.

        Raises:
            StorageError: The disk is full or failing (transient).
        """
        if self.earlier is not None and self.sheet is not None:
            with storage_errors("link the earlier contact sheet"):
                link_or_copy(self.sheet, folder / IN_FOLDER / (self.earlier.sheet or ""))
        return self.earlier

    def warned(self, report: Report) -> Report:
        """The report, with a warning where what was asked for isn't there."""
        if self.missing is None:
            return report
        code = WarningCode.NOT_RENDERED
        warning = PreviewWarning(
            code=code,
            severity=severity_of(code),
            message=f"There is no preview {self.missing} of this project to compare with.",
            value=self.missing,
            hint="Name a completed preview of the project in options.compareTo, or leave it out.",
        )
        return report.model_copy(update={"warnings": (warning, *report.warnings)})


_Candidate = tuple[Basis, Report, Path]
"""An earlier preview: why it is one to compare with, its report, its folder."""


def comparison_of(job: PreviewJob, places: Places, history: History) -> Comparison:
    """What a job of the service is compared with; blocking.

    It is what the job asks for, else the approved preview of its project, chapter and language, else the last one.
    """
    return _best(job, _remembered(_edition(job), places, history), [_published(job, places)])


def comparisons_of(jobs: Iterable[PreviewJob], places: Places, history: History) -> list[Comparison]:
    """What each of some jobs is compared with; blocking."""
    return [comparison_of(job, places, history) for job in jobs]


def comparison_with(job: PreviewJob, output: Path, places: Places) -> Comparison:
    """What a preview is compared with that takes the place of another in a folder of the user's own; blocking.

    What the job asks for stands beside that folder, or among the service's previews.
    """
    standing = read_preview(output, job.preview_request.language)
    remembered: list[_Candidate] = []
    if standing is not None and Edition.of(standing) == _edition(job):
        remembered.append((Basis.LAST, standing, output / standing.folder))
    return _best(job, iter(remembered), [output.parent / _wanted(job), _published(job, places)])


def _best(job: PreviewJob, remembered: Iterator[_Candidate], folders: Iterable[Path]) -> Comparison:
    """The first candidate that can be compared with; what is asked for goes before what is remembered."""
    wanted, missing = job.preview_request.options.compare_to, None
    candidates = remembered
    if wanted is not None:
        asked = next((found for folder in folders if (found := _asked_for(job, folder)) is not None), None)
        missing = wanted if asked is None else None
        candidates = chain([asked] if asked is not None else [], remembered)
    for basis, report, folder in candidates:
        if all(step.fingerprints is not None for step in report.steps):
            return _comparison(basis, report, folder, missing)
    return Comparison(missing=missing)


def _wanted(job: PreviewJob) -> str:
    return job.preview_request.options.compare_to or job.job_id


def _published(job: PreviewJob, places: Places) -> Path:
    """Where the preview asked for is among the service's own; jobs are compared without case."""
    wanted = _wanted(job)
    with suppress(StorageError):  # no job fails of what it is compared with
        record = JobFiles(places.jobs).read(wanted)
        wanted = record.job_id if record is not None else wanted
    return places.preview(job.project_id, wanted)


def _asked_for(job: PreviewJob, folder: Path) -> _Candidate | None:
    report = read_preview(folder, job.preview_request.language)
    if report is None or report.project_id != job.project_id:
        return None
    return Basis.COMPARE_TO, report, folder / report.folder


def _edition(job: PreviewJob) -> Edition:
    request = job.preview_request
    return Edition(project_id=job.project_id, chapter_id=request.chapter_id, language=request.language)


def _remembered(edition: Edition, places: Places, history: History) -> Iterator[_Candidate]:
    for basis, find in ((Basis.APPROVED, history.approved), (Basis.LAST, history.last)):
        report = find(edition)
        if report is not None:
            yield basis, report, places.preview(report.project_id, report.job_id) / report.folder


def _comparison(basis: Basis, report: Report, folder: Path, missing: str | None) -> Comparison:
    sheet = folder / CONTACT_SHEET
    is_there = sheet.is_file()
    # Below the render process's ``in/``, where assets are named by their hashes.
    name = f"earlier-sheet-{report.language.lower()}.jpg"
    earlier = Earlier(
        job_id=report.job_id,
        basis=basis.value,
        steps=[step.model_dump(mode="json", by_alias=True) for step in report.steps],
        width_px=report.video.width_px,
        height_px=report.video.height_px,
        part=report.part,
        sheet=name if is_there else None,
    )
    return Comparison(earlier=earlier, sheet=sheet if is_there else None, missing=missing)
