"""One job from its plan to its files: poster first, then picture and sound, then the video and its sidecars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from preview_worker.contract import Format, LoudnessFacts, Stage
from preview_worker.contract import Report as PreviewReport
from preview_worker.errors import StorageError
from preview_worker.render.changes import changes_since
from preview_worker.render.child.change_strip import CHANGES_FILE, change_strip
from preview_worker.render.child.crew import Crew, Report
from preview_worker.render.child.drawing.studio import Studio
from preview_worker.render.child.findings import picture_notes
from preview_worker.render.child.live import LivePlaylist
from preview_worker.render.child.maker import Maker
from preview_worker.render.child.mux import write_video
from preview_worker.render.child.output_check import check_output
from preview_worker.render.child.pieces import Made, Piece
from preview_worker.render.child.preparation import Prepared
from preview_worker.render.child.programme import Programme
from preview_worker.render.child.segment_file import (
    DamagedSegmentError,
    SegmentFile,
    SegmentIndex,
    Verdict,
    read_index,
    read_segment,
    read_still,
    segment_file_name,
    write_segment,
)
from preview_worker.render.child.sheet import Sheet
from preview_worker.render.child.sound_findings import loudness_of, sound_notes
from preview_worker.render.child.sound_mix import Mixer
from preview_worker.render.child.sound_order import interleaved
from preview_worker.render.child.stages import Progression
from preview_worker.render.child.stills_files import (
    CONTACT_SHEET_FILE,
    POSTER_FILE,
    poster_still,
    write_picture,
    write_still,
)
from preview_worker.render.encoding import EncodingProfile
from preview_worker.render.protocol import (
    FILES_FOLDER,
    IN_FOLDER,
    LIVE_FOLDER,
    OUT_FOLDER,
    REPORT_FILE,
    SEGMENTS_FOLDER,
    Earlier,
    Event,
    FileReady,
    Helpers,
    LogLine,
    SegmentReady,
)
from preview_worker.render.report import JobNames, Outcome, build_report
from preview_worker.render.sidecars import sidecars
from preview_worker.timeline.model import Note, Segment
from preview_worker.timeline.sound_spans import SoundSpan
from preview_worker.timeline.time import ms_of_frames

WriteVideo = Callable[[Path, Programme, EncodingProfile], None]
"""Writes the finished video; see `write_video`."""
_Piece = TypeVar("_Piece", Segment, SoundSpan)
_WATCHED_SHARE = 0.25
"""Of the video: with less to make than this, nobody watches meanwhile."""
VIDEO_MEDIA_TYPES = {"mp4": "video/mp4", "webm": "video/webm"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Produced:
    """What a production used: segments of the video, and how many of them were there already."""

    segments: int
    hits: int


class Production:
    """Makes the files of one planned job.

    Args:
        prepared: The plan.
        sheet: Its contact sheet.
        names: How the job is called.
        folder: The process's own folder.
        studio: Prepares painters.
        progression: Told of stages and frames.
        tell: Takes events.
    """

    def __init__(
        self,
        prepared: Prepared,
        sheet: Sheet,
        names: JobNames,
        folder: Path,
        studio: Studio,
        progression: Progression,
        tell: Callable[[Event], None],
    ) -> None:
        self._prepared = prepared
        self._sheet = sheet
        self._names = names
        self._studio = studio
        self._progression = progression
        self._tell = tell
        self._folder = folder
        self._cache = folder / IN_FOLDER / SEGMENTS_FOLDER
        self._segments = folder / OUT_FOLDER / SEGMENTS_FOLDER
        self._files = folder / OUT_FOLDER / FILES_FOLDER
        self._live_folder = folder / OUT_FOLDER / LIVE_FOLDER
        self._live: LivePlaylist | None = None
        self._video = self._files / prepared.profile.file_name
        self._uses = Counter(segment.key for segment in prepared.timeline.segments)
        self._paths: dict[str, Path] = {}
        self._verdicts: dict[str, Verdict] = {}
        self._indexes: dict[str, SegmentIndex] = {}

    def make(
        self,
        cached: frozenset[str],
        threads: int,
        *,
        live: bool = False,
        earlier: Earlier | None = None,
        write: WriteVideo = write_video,
    ) -> Produced:
        """Make everything.

        Args:
            cached: Keys of segments and spans that the worker put below ``in/segments/``.
            threads: How many encoders run at once, each in a process of its own.
            live: Whether somebody may watch meanwhile.
            earlier: A preview to compare with.
            write: Writes the finished video.

        Raises:
            AssetError: A picture or sound can't be decoded (permanent).
            OutputCheckError: The result isn't what was planned (permanent).
            StorageError: The disk is full or failing (retryable).
        """
        timeline = self._prepared.timeline
        self._take(cached)
        hits = frozenset(self._paths)
        self._progression.expect(timeline.frames)
        with self._progression.stage(Stage.RENDER):
            self._progression.advance(sum(len(s.frames) for s in timeline.segments if s.key in hits))
            if live and self._is_worth_watching(hits):
                self._live = self._playlist()
                self._watchable()
            self._make_pieces(hits, threads)
        heard = [self._verdicts[span.key] for span in self._prepared.spans]
        loudness = loudness_of(timeline.sound, self._prepared.spans, heard)
        notes = self._notes(heard, loudness)
        with self._progression.stage(Stage.JOIN):
            self._join(write)
        self._tell_video()
        self._make_contact_sheet(notes)
        with self._progression.stage(Stage.CHECK):
            output = check_output(self._video, self._prepared.profile, timeline.frames)
        outcome = Outcome(notes=notes, size_bytes=output.size_bytes, cached_keys=hits, loudness=loudness)
        self._describe(outcome, earlier)
        return Produced(segments=len(timeline.segments), hits=sum(s.key in hits for s in timeline.segments))

    def _take(self, cached: frozenset[str]) -> None:
        """Check what is cached by its hash; what is damaged is made anew."""
        shown = self._sheet.stills
        wanted = {segment.key for segment in self._prepared.timeline.segments}
        wanted |= {self._prepared.poster_key, self._sheet.key, *(span.key for span in self._prepared.spans)}
        for key in cached & wanted:
            try:
                index = read_index(self._cache / segment_file_name(key))
                if key in shown:
                    read_still(index)
            except DamagedSegmentError as error:
                self._tell(LogLine(event="segment-damaged", level="warning", values={"key": key, "why": str(error)}))
            else:
                self._keep(key, index.path, index.verdict)
                self._indexes[key] = index

    def _make_pieces(self, hits: frozenset[str], processes: int) -> None:
        """Make what isn't there yet, each key once: spans of the sound among the segments that they are heard with."""
        prepared, timeline = self._prepared, self._prepared.timeline
        pieces = interleaved(_missing(timeline.segments, hits), _missing(prepared.spans, hits), timeline.rate)
        report = Report(advanced=self._advanced, made=self._made)
        with Mixer(prepared.files) as mixer:
            maker = Maker(prepared, self._studio, mixer, self._segments)
            with Crew(maker.make, pieces, processes, report) as crew:
                if crew.helper_pids:
                    self._tell(Helpers(pids=list(crew.helper_pids)))
                if crew.missing:
                    self._tell(LogLine(event="helpers-missing", level="warning", values={"count": crew.missing}))
                self._make_poster()
                crew.work()

    def _make_poster(self) -> None:
        key = self._prepared.poster_key
        with self._progression.within(Stage.POSTER):
            if key not in self._paths:
                self._keep_still(key, poster_still(self._prepared, self._studio))
            self._tell(write_still(read_segment(self._paths[key]), self._files, POSTER_FILE))

    def _make_contact_sheet(self, notes: tuple[Note, ...]) -> None:
        sheet, dots = self._sheet, self._sheet.dots(notes)
        with self._progression.within(Stage.POSTER):
            kept = self._indexes.get(sheet.key)
            if kept is None or kept.extradata != dots:
                self._keep_still(sheet.key, sheet.made(dots, self._studio.fonts, self._index))
            self._tell(write_still(read_segment(self._paths[sheet.key]), self._files, CONTACT_SHEET_FILE))

    def _keep_still(self, key: str, still: SegmentFile) -> None:
        path = self._segments / segment_file_name(key)
        write_segment(path, still)
        self._paths[key] = path
        self._tell(SegmentReady(key=key, file=path.name, frames=0))

    def _advanced(self, piece: Piece, frames: int) -> None:
        if isinstance(piece, Segment):
            self._progression.advance(frames, self._prepared.timeline.clips[piece.clip_index].step_id)
        else:
            self._progression.alive()

    def _made(self, piece: Piece, made: Made) -> None:
        if (uses := self._uses[piece.key]) > 1:
            self._advanced(piece, (uses - 1) * made.frames)
        file = segment_file_name(made.key)
        self._keep(made.key, self._segments / file, made.verdict)
        self._watchable()
        self._tell(SegmentReady(key=made.key, file=file, frames=made.frames))

    def _is_worth_watching(self, hits: frozenset[str]) -> bool:
        """An edit's video is there as soon as its fragments would be; WebM isn't taken from a playlist everywhere."""
        timeline = self._prepared.timeline
        missing = sum(len(segment.frames) for segment in timeline.segments if segment.key not in hits)
        return self._prepared.profile.format is Format.MP4 and missing >= timeline.frames * _WATCHED_SHARE

    def _playlist(self) -> LivePlaylist:
        prepared = self._prepared
        return LivePlaylist(self._live_folder, prepared.timeline.segments, prepared.spans, prepared.profile, self._tell)

    def _watchable(self) -> None:
        """Write the fragments that can follow; a disk that fails them costs the early look, not the job."""
        playlist = self._live
        if playlist is None:
            return
        try:
            playlist.advance(self._paths)
        except StorageError as error:
            self._live = None
            self._tell(LogLine(event="live-ended", level="warning", values={"why": str(error)}))

    def _keep(self, key: str, path: Path, verdict: Verdict) -> None:
        self._paths[key] = path
        self._verdicts[key] = verdict

    def _notes(self, heard: Sequence[Verdict], loudness: LoudnessFacts) -> tuple[Note, ...]:
        prepared, timeline = self._prepared, self._prepared.timeline
        whole = prepared.request.options.range is None
        return (
            *picture_notes(timeline, self._verdicts),
            *sound_notes(timeline, prepared.facts, heard, loudness, whole=whole),
        )

    def _join(self, write: WriteVideo) -> None:
        prepared, timeline = self._prepared, self._prepared.timeline
        programme = Programme(
            segments=[self._index(segment.key) for segment in timeline.segments],
            sound=[self._index(span.key) for span in prepared.spans],
            sound_samples=timeline.sound.duration_samples,
            chapters=timeline.chapters,
            title=prepared.request.title,
            language=prepared.request.language,
        )
        write(self._video, programme, prepared.profile)

    def _index(self, key: str) -> SegmentIndex:
        """What is known of a piece; each file is read and checked once."""
        index = self._indexes.get(key)
        if index is None:
            index = self._indexes[key] = read_index(self._paths[key])
        return index

    def _tell_video(self) -> None:
        """Tell of the video before it is checked: the worker syncs and hashes it meanwhile."""
        profile, timeline = self._prepared.profile, self._prepared.timeline
        self._tell(
            FileReady(
                name=profile.file_name,
                media_type=VIDEO_MEDIA_TYPES[profile.format.value],
                width_px=timeline.width_px,
                height_px=timeline.height_px,
                duration_ms=ms_of_frames(timeline.frames, timeline.rate),
            )
        )

    def _describe(self, outcome: Outcome, earlier: Earlier | None) -> None:
        """Write what is to be read beside the video."""
        prepared, timeline = self._prepared, self._prepared.timeline
        for sidecar in sidecars(timeline, prepared.request):
            (self._files / sidecar.name).write_text(sidecar.text, encoding="utf-8", newline="\n")
            self._tell(FileReady(name=sidecar.name, media_type=sidecar.media_type))
        report = build_report(
            "preview", self._names, prepared.request, prepared.facts, timeline, prepared.profile, outcome
        )
        if earlier is not None:
            report = self._compare(report, earlier)
        (self._files / REPORT_FILE).write_text(
            report.model_dump_json(by_alias=True, indent=2) + "\n", encoding="utf-8", newline="\n"
        )
        self._tell(FileReady(name=REPORT_FILE, media_type="application/json"))

    def _compare(self, report: PreviewReport, earlier: Earlier) -> PreviewReport:
        """The report with what changed; pictures of it go into a file."""
        changes = changes_since(earlier, report)
        if changes.steps:
            fonts = self._studio.fonts
            strip = change_strip(changes, report, earlier, self._sheet, self._folder, fonts, self._index)
            self._tell(write_picture(strip, self._files, CHANGES_FILE))
        return report.model_copy(update={"changes": changes})


def _missing(pieces: Sequence[_Piece], hits: frozenset[str]) -> list[_Piece]:
    """Those that aren't there yet, each key once, in their order."""
    missing: dict[str, _Piece] = {}
    for piece in pieces:
        if piece.key not in hits:
            missing.setdefault(piece.key, piece)
    return list(missing.values())
