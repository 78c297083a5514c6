"""The contact sheet: a small still of each step, a dot where a warning stands; kept in the cache by what it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from preview_worker.render.child.drawing.fonts import FontSet
from preview_worker.render.child.drawing.planes import Planes
from preview_worker.render.child.drawing.stills import SheetEntry, contact_sheet
from preview_worker.render.child.preparation import Prepared
from preview_worker.render.child.segment_file import SegmentFile, SegmentIndex, read_still
from preview_worker.render.child.stills_files import kept_jpeg, small_planes
from preview_worker.timeline.brief import NUMBERED_KINDS
from preview_worker.timeline.model import Note, Segment
from preview_worker.timeline.segments import content_key
from preview_worker.timeline.time import ms_of_frames
from preview_worker.timeline.voices import draft_voice_name


class Sheet:
    """The contact sheet of one planned job.

    Its key says all that it shows but the dots: which steps have warnings is known only when all pieces are there, and
    nearly never changes alone. A kept sheet tells its dots, and is of use where they are the same.

    Args:
        prepared: The plan.
    """

    def __init__(self, prepared: Prepared) -> None:
        timeline, options = prepared.timeline, prepared.request.options
        self._step_ids = [clip.step_id for clip in timeline.clips]
        self._resting = _resting_segments(prepared)
        numbers = _numbers(prepared)
        self._words = [
            (numbers.get(clip.step_id, ""), clip.title, clock(ms_of_frames(clip.frames.start, timeline.rate)))
            for clip in timeline.clips
        ]
        length = clock(ms_of_frames(timeline.frames, timeline.rate))
        self._heading = prepared.request.title
        drafted = f" · draft voice ({voice})" if (voice := draft_voice_name(prepared.facts)) is not None else ""
        self._note = f"{length} · {options.width_px}×{options.height_px} · {float(timeline.rate):g} fps{drafted}"
        self.key = content_key(
            {
                "encoding": prepared.profile.identity,
                "sheet": [[segment.key, *words] for segment, words in zip(self._resting, self._words, strict=True)],
                "heading": self._heading,
                "note": self._note,
            }
        )

    @property
    def stills(self) -> frozenset[str]:
        """Keys of the segments whose stills it shows."""
        return frozenset(segment.key for segment in self._resting)

    def frame(self, place: int, index_of: Callable[[str], SegmentIndex]) -> Planes:
        """The still of a step, by its place in the video.

        Raises:
            DamagedSegmentError: A segment file is damaged (retryable).
        """
        index = index_of(self._resting[place].key)
        return small_planes(read_still(index), index.still_size_px)

    def number(self, place: int) -> str:
        """The number of a step, by its place in the video; empty for a card."""
        return self._words[place][0]

    def dots(self, notes: Sequence[Note]) -> bytes:
        """A byte for each step: whether a warning stands on it."""
        warned = {note.step_id for note in notes}
        return bytes(step_id in warned for step_id in self._step_ids)

    def made(self, dots: bytes, fonts: FontSet, index_of: Callable[[str], SegmentIndex]) -> SegmentFile:
        """The sheet as it is kept in the cache.

        Args:
            dots: Where warnings stand.
            fonts: For the words.
            index_of: Gives the segment of a key.

        Raises:
            DamagedSegmentError: A segment file is damaged (retryable).
        """
        entries = [
            SheetEntry(
                frame=self.frame(place, index_of), number=number, title=title, start=start, warns=bool(dots[place])
            )
            for place, (number, title, start) in enumerate(self._words)
        ]
        return kept_jpeg(contact_sheet(entries, fonts, heading=self._heading, note=self._note), extradata=dots)


def _resting_segments(prepared: Prepared) -> list[Segment]:
    """Of each step the segment in which everything has arrived: the one of its resting frame, or its last."""
    clips = prepared.timeline.clips
    own: list[list[Segment]] = [[] for _ in clips]
    for segment in prepared.timeline.segments:
        own[segment.clip_index].append(segment)
    return [
        next((s for s in segments if s.local.end > clip.rest_frame and not s.mixes), segments[-1])
        for clip, segments in zip(clips, own, strict=True)
    ]


def _numbers(prepared: Prepared) -> dict[str, str]:
    numbered = [step.id for step in prepared.request.steps if step.kind in NUMBERED_KINDS]
    return {step_id: str(number) for number, step_id in enumerate(numbered, start=1)}


def clock(time_ms: int) -> str:
    """A time of the video as it is read: "1:05"."""
    minutes, seconds = divmod(time_ms // 1000, 60)
    return f"{minutes}:{seconds:02}"
