"""One job from its plans to its files: posters first, then picture and sound, then the videos and what is beside them.

All editions are made together. What they share is made once: pieces by their keys, and prepared pictures, since steps
of the same name are made one after the other by the same process.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from preview_worker.contract import Format, Stage
from preview_worker.errors import StorageError
from preview_worker.render.child.crew import Crew, Report
from preview_worker.render.child.edition import Edition, WriteVideo
from preview_worker.render.child.live import LivePlaylist
from preview_worker.render.child.maker import Maker
from preview_worker.render.child.mux import write_video
from preview_worker.render.child.painter_shelf import PainterShelf
from preview_worker.render.child.pieces import Made, Piece
from preview_worker.render.child.sound_mix import Mixer
from preview_worker.render.child.sound_order import interleaved, side_by_side
from preview_worker.render.child.stages import Progression
from preview_worker.render.child.stock import Stock
from preview_worker.render.protocol import LIVE_FOLDER, OUT_FOLDER, Event, Helpers, LogLine
from preview_worker.render.report import Shares
from preview_worker.timeline.model import Segment
from preview_worker.timeline.sound_spans import SoundSpan

_Piece = TypeVar("_Piece", Segment, SoundSpan)
_WATCHED_SHARE = 0.25
"""Of the video: with less to make than this, nobody watches meanwhile."""


class Production:
    """Makes the files of one planned job.

    Args:
        editions: Its editions; the first can be watched meanwhile.
        stock: Their pieces.
        folder: The process's own folder.
        progression: Told of stages and frames.
        tell: Takes events.
    """

    def __init__(
        self,
        editions: Sequence[Edition],
        stock: Stock,
        folder: Path,
        progression: Progression,
        tell: Callable[[Event], None],
    ) -> None:
        self._editions = editions
        self._stock = stock
        self._progression = progression
        self._tell = tell
        self._live_folder = folder / OUT_FOLDER / LIVE_FOLDER
        self._live: LivePlaylist | None = None
        self._owners = _owners(editions)
        self._uses = Counter(segment.key for segment in self._segments())
        self._pictures: Counter[int] = Counter()
        self._lock = threading.Lock()

    @property
    def segments(self) -> int:
        """How many segments the videos have, shared ones counted once."""
        return len(self._uses)

    @property
    def hits(self) -> int:
        """How many of them were there already."""
        return sum(key in self._stock.hits for key in self._uses)

    def make(
        self, cached: frozenset[str], threads: int, *, live: bool = False, write: WriteVideo = write_video
    ) -> None:
        """Make everything.

        Args:
            cached: Keys of segments and spans that the worker put below ``in/segments/``.
            threads: How many encoders run at once, each in a process of its own.
            live: Whether somebody may watch meanwhile.
            write: Writes the finished videos.

        Raises:
            AssetError: A picture or sound can't be decoded (permanent).
            OutputCheckError: A result isn't what was planned (permanent).
            StorageError: The disk is full or failing (retryable).
        """
        editions, progression = self._editions, self._progression
        self._take(cached)
        progression.expect(sum(edition.prepared.timeline.frames for edition in editions))
        with progression.stage(Stage.RENDER):
            progression.advance(sum(len(s.frames) for s in self._segments() if s.key in self._stock.hits))
            if live and self._is_worth_watching(editions[0]):
                self._live = self._playlist(editions[0])
                self._watchable()
            self._make_pieces(threads)
        heard = [edition.heard() for edition in editions]
        with progression.stage(Stage.JOIN):
            for edition in editions:
                edition.join(write)
                edition.tell_video()
        with progression.within(Stage.POSTER):
            for edition, found in zip(editions, heard, strict=True):
                edition.make_contact_sheet(found)
        with progression.stage(Stage.CHECK):
            for edition in editions:
                edition.check()
        for number, (edition, found) in enumerate(zip(editions, heard, strict=True)):
            edition.describe(found, self._shares(number))

    def _segments(self) -> Iterable[Segment]:
        return (segment for edition in self._editions for segment in edition.prepared.timeline.segments)

    def _take(self, cached: frozenset[str]) -> None:
        for edition in self._editions:
            edition.open()
        stills = frozenset(key for edition in self._editions for key in edition.sheet.stills)
        self._stock.take(cached & self._owners.keys(), stills)

    def _make_pieces(self, processes: int) -> None:
        """Make what isn't there yet, each key once: spans of the sound among the segments that they are heard with."""
        pieces = side_by_side([self._missing(number) for number in range(len(self._editions))])
        report = Report(advanced=self._advanced, made=self._made)
        timeline = self._editions[0].prepared.timeline
        shelf = PainterShelf.of(len(self._editions), width_px=timeline.width_px, height_px=timeline.height_px)
        with ExitStack() as mixers:
            makers = [
                Maker(
                    edition.prepared,
                    edition.studio,
                    mixers.enter_context(Mixer(edition.prepared.files)),
                    self._stock.folder,
                    shelf,
                )
                for edition in self._editions
            ]

            def make(piece: Piece, advance: Callable[[int], None]) -> Made:
                return makers[self._owners[piece.key]].make(piece, advance)

            with Crew(make, pieces, processes, report) as crew:
                if crew.helper_pids:
                    self._tell(Helpers(pids=list(crew.helper_pids)))
                if crew.missing:
                    self._tell(LogLine(event="helpers-missing", level="warning", values={"count": crew.missing}))
                self._make_posters()
                crew.work()

    def _make_posters(self) -> None:
        with self._progression.within(Stage.POSTER):
            for number, edition in enumerate(self._editions):
                before = edition.studio.plates.prepared
                edition.make_poster()
                with self._lock:
                    self._pictures[number] += edition.studio.plates.prepared - before

    def _missing(self, number: int) -> Sequence[Piece]:
        """Pieces of an edition that neither the cache nor an edition before it has, each key once."""
        prepared = self._editions[number].prepared

        def own(pieces: Iterable[_Piece]) -> list[_Piece]:
            missing = (piece for piece in pieces if piece.key not in self._stock.hits)
            return list({piece.key: piece for piece in missing if self._owners[piece.key] == number}.values())

        return interleaved(own(prepared.timeline.segments), own(prepared.spans), prepared.timeline.rate)

    def _shares(self, number: int) -> Shares:
        """What was made for an edition, and what others of the job have made for it."""
        own = {segment.key: len(segment.frames) for segment in self._editions[number].prepared.timeline.segments}
        new = {key: frames for key, frames in own.items() if key not in self._stock.hits}
        shared = frozenset(key for key in new if self._owners[key] != number)
        drawn = sum(frames for key, frames in new.items() if key not in shared)
        return Shares(keys=shared, drawn_frames=drawn, prepared_pictures=self._pictures[number])

    def _advanced(self, piece: Piece, frames: int) -> None:
        if isinstance(piece, Segment):
            timeline = self._editions[self._owners[piece.key]].prepared.timeline
            self._progression.advance(frames, timeline.clips[piece.clip_index].step_id)
        else:
            self._progression.alive()

    def _made(self, piece: Piece, made: Made) -> None:
        if (uses := self._uses[piece.key]) > 1:
            self._advanced(piece, (uses - 1) * made.frames)
        with self._lock:
            self._pictures[self._owners[piece.key]] += made.pictures
        self._stock.add(made)
        self._watchable()

    def _is_worth_watching(self, edition: Edition) -> bool:
        """An edit's video is there as soon as its fragments would be; WebM isn't taken from a playlist everywhere."""
        timeline = edition.prepared.timeline
        missing = sum(len(segment.frames) for segment in timeline.segments if segment.key not in self._stock.hits)
        return edition.prepared.profile.format is Format.MP4 and missing >= timeline.frames * _WATCHED_SHARE

    def _playlist(self, edition: Edition) -> LivePlaylist:
        prepared = edition.prepared
        return LivePlaylist(self._live_folder, prepared.timeline.segments, prepared.spans, prepared.profile, self._tell)

    def _watchable(self) -> None:
        """Write the fragments that can follow; a disk that fails them costs the early look, not the job."""
        playlist = self._live
        if playlist is None:
            return
        try:
            playlist.advance(self._stock.paths)
        except StorageError as error:
            self._live = None
            self._tell(LogLine(event="live-ended", level="warning", values={"why": str(error)}))


def _owners(editions: Sequence[Edition]) -> Mapping[str, int]:
    """Which edition each piece is made for: the first that uses it, by key."""
    owners: dict[str, int] = {}
    for number, edition in enumerate(editions):
        for key in edition.keys:
            owners.setdefault(key, number)
    return owners
