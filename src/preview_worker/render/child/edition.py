"""The files of one edition of a job, written from its pieces: the video, the pictures and the texts beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from preview_worker.contract import LoudnessFacts, Report
from preview_worker.render.changes import changes_since
from preview_worker.render.child.change_strip import CHANGES_FILE, change_strip
from preview_worker.render.child.drawing.studio import Studio
from preview_worker.render.child.findings import picture_notes
from preview_worker.render.child.output_check import check_output
from preview_worker.render.child.preparation import Prepared
from preview_worker.render.child.programme import Programme
from preview_worker.render.child.sheet import Sheet
from preview_worker.render.child.sound_findings import loudness_of, sound_notes
from preview_worker.render.child.stills_files import (
    CONTACT_SHEET_FILE,
    POSTER_FILE,
    poster_still,
    write_picture,
    write_still,
)
from preview_worker.render.child.stock import Stock
from preview_worker.render.child.writing import writing
from preview_worker.render.encoding import EncodingProfile
from preview_worker.render.protocol import FILES_FOLDER, OUT_FOLDER, REPORT_FILE, Earlier, Event, FileReady
from preview_worker.render.report import JobNames, Outcome, Shares, build_report
from preview_worker.render.sidecars import sidecars
from preview_worker.timeline.model import Note
from preview_worker.timeline.time import ms_of_frames

WriteVideo = Callable[[Path, Programme, EncodingProfile], None]
"""Writes the finished video; see `write_video`."""
VIDEO_MEDIA_TYPES = {"mp4": "video/mp4", "webm": "video/webm"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What is known of an edition when all its pieces are there."""

    notes: tuple[Note, ...]
    loudness: LoudnessFacts


@dataclass(slots=True, kw_only=True)
class Edition:
    """Writes the files of one planned edition.

    Args:
        prepared: The plan.
        folder: Folder of its files below those of the job; empty for the first edition's, which stand there themselves.
        names: How the job is called.
        own_folder: The process's own folder.
        studio: Prepares painters.
        stock: The pieces.
        earlier: A preview to compare with.
        tell: Takes events.
    """

    prepared: Prepared
    folder: str
    names: JobNames
    own_folder: Path
    studio: Studio
    stock: Stock
    earlier: Earlier | None
    tell: Callable[[Event], None]
    sheet: Sheet = field(init=False)
    _files: Path = field(init=False)
    _size_bytes: int | None = None

    def __post_init__(self) -> None:
        self.sheet = Sheet(self.prepared)
        self._files = self.own_folder / OUT_FOLDER / FILES_FOLDER / self.folder

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of all that it is made of."""
        prepared = self.prepared
        segments = (segment.key for segment in prepared.timeline.segments)
        return (*segments, *(span.key for span in prepared.spans), prepared.poster_key, self.sheet.key)

    def open(self) -> None:
        """Make the folder of its files."""
        self._files.mkdir(exist_ok=True)

    def make_poster(self) -> None:
        """Write the poster.

        Raises:
            AssetError: A picture can't be decoded (permanent).
            StorageError: It can't be written (retryable).
        """
        key = self.prepared.poster_key
        if key not in self.stock.paths:
            self.stock.put_still(key, poster_still(self.prepared, self.studio))
        self._told(write_still(self.stock.still(key), self._files, POSTER_FILE))

    def heard(self) -> Heard:
        """What looking at and listening to its pieces has shown."""
        prepared, timeline, stock = self.prepared, self.prepared.timeline, self.stock
        verdicts = [stock.verdict(span.key) for span in prepared.spans]
        loudness = loudness_of(timeline.sound, prepared.spans, verdicts)
        whole = prepared.request.options.range is None
        notes = (
            *picture_notes(timeline, {segment.key: stock.verdict(segment.key) for segment in timeline.segments}),
            *sound_notes(timeline, prepared.facts, verdicts, loudness, whole=whole),
        )
        return Heard(notes=notes, loudness=loudness)

    def join(self, write: WriteVideo) -> None:
        """Write the video.

        Raises:
            StorageError: The disk is full or failing (retryable).
        """
        prepared, timeline = self.prepared, self.prepared.timeline
        programme = Programme(
            segments=[self.stock.index(segment.key) for segment in timeline.segments],
            sound=[self.stock.index(span.key) for span in prepared.spans],
            sound_samples=timeline.sound.duration_samples,
            chapters=timeline.chapters,
            title=prepared.request.title,
            language=prepared.request.language,
        )
        write(self._files / self.prepared.profile.file_name, programme, prepared.profile)

    def tell_video(self) -> None:
        """Tell of the video before it is checked: the worker syncs and hashes it meanwhile."""
        profile, timeline = self.prepared.profile, self.prepared.timeline
        self._told(
            FileReady(
                name=profile.file_name,
                media_type=VIDEO_MEDIA_TYPES[profile.format.value],
                width_px=timeline.width_px,
                height_px=timeline.height_px,
                duration_ms=ms_of_frames(timeline.frames, timeline.rate),
            )
        )

    def make_contact_sheet(self, heard: Heard) -> None:
        """Write the contact sheet.

        Raises:
            StorageError: It can't be written (retryable).
        """
        sheet, dots = self.sheet, self.sheet.dots(heard.notes)
        kept = self.stock.kept_index(sheet.key)
        if kept is None or kept.extradata != dots:
            self.stock.put_still(sheet.key, sheet.made(dots, self.studio.fonts, self.stock.index))
        self._told(write_still(self.stock.still(sheet.key), self._files, CONTACT_SHEET_FILE))

    def check(self) -> None:
        """Check the video.

        Raises:
            OutputCheckError: It isn't what was planned (permanent).
        """
        self._size_bytes = check_output(
            self._files / self.prepared.profile.file_name, self.prepared.profile, self.prepared.timeline.frames
        ).size_bytes

    def describe(self, heard: Heard, shares: Shares) -> None:
        """Write what is to be read beside the video."""
        prepared, timeline = self.prepared, self.prepared.timeline
        for sidecar in sidecars(timeline, prepared.request):
            with writing(sidecar.name):
                (self._files / sidecar.name).write_text(sidecar.text, encoding="utf-8", newline="\n")
            self._told(FileReady(name=sidecar.name, media_type=sidecar.media_type))
        outcome = Outcome(
            notes=heard.notes,
            size_bytes=self._size_bytes,
            cached_keys=self.stock.hits,
            loudness=heard.loudness,
            shares=shares,
        )
        report = build_report(
            "preview", self.names, prepared.request, prepared.facts, timeline, prepared.profile, outcome
        )
        if self.earlier is not None:
            report = self._compared(report, self.earlier)
        with writing(REPORT_FILE):
            (self._files / REPORT_FILE).write_text(
                report.model_dump_json(by_alias=True, indent=2) + "\n", encoding="utf-8", newline="\n"
            )
        self._told(FileReady(name=REPORT_FILE, media_type="application/json"))

    def _compared(self, report: Report, earlier: Earlier) -> Report:
        """The report with what changed; pictures of it go into a file."""
        changes = changes_since(earlier, report)
        if changes.steps:
            fonts = self.studio.fonts
            strip = change_strip(changes, report, earlier, self.sheet, self.own_folder, fonts, self.stock.index)
            self._told(write_picture(strip, self._files, CHANGES_FILE))
        return report.model_copy(update={"changes": changes})

    def _told(self, ready: FileReady) -> None:
        self.tell(replace(ready, name=f"{self.folder}/{ready.name}" if self.folder else ready.name))
