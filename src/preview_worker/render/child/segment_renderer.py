"""Renders segments of the picture one by one: painted, encoded by an encoder of its own, checked and written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from preview_worker.render.child.drawing.planes import Planes
from preview_worker.render.child.encoder import Paint, encode_segment
from preview_worker.render.child.painter_shelf import PainterShelf, ScenePainter, Studio
from preview_worker.render.child.segment_file import Verdict, segment_file_name, write_segment
from preview_worker.render.child.stills_files import small_still, with_still
from preview_worker.render.child.transitions import held_picture, mixed
from preview_worker.render.encoding import EncodingProfile
from preview_worker.timeline.model import Clip, Segment, Timeline
from preview_worker.timeline.time import FrameRange

_REPORT_FRAMES = 15
"""How often a segment under work tells of its progress: twice a second of video."""


class SegmentRenderer:
    """Renders single segments of a timeline.

    Args:
        timeline: The plan.
        profile: How it is encoded.
        studio: Prepares painters.
        folder: Where segment files go.
        shelf: Keeps painters.
    """

    def __init__(
        self, timeline: Timeline, profile: EncodingProfile, studio: Studio, folder: Path, shelf: PainterShelf
    ) -> None:
        self._timeline = timeline
        self._profile = profile
        self._folder = folder
        self._studio = studio
        self._shelf = shelf

    def render(self, segment: Segment, advance: Callable[[int], None]) -> Verdict:
        """Paint, encode, check and write one segment.

        Args:
            segment: The segment.
            advance: Called with numbers of frames as they are done; they add up to the segment's length.

        Returns:
            What looking at it has shown; the file stands in the folder, under the segment's key.

        Raises:
            AssetError: A picture can't be decoded (permanent).
            OutputCheckError: The segment fails its check (permanent).
            StorageError: It can't be written (retryable).
        """
        clip = self._timeline.clips[segment.clip_index]
        painter = self._shelf.painter(clip.scene, self._studio)
        if clip.before is not None and not segment.mixes:
            self._shelf.put_behind(clip.before)
        length = len(segment.local)
        moving = length if segment.mixes else _moving_frames(painter, segment.local)
        paint = self._mixed(clip, segment, painter) if segment.mixes else _shifted(painter, segment.local.start)
        stills: list[Planes] = []
        painted = _counted(_with_still(paint, moving - 1, stills), advance)
        encoded = encode_segment(self._profile, length, painted, moving_frames=moving)
        verdict = replace(
            encoded.verdict,
            expected_still_frames=0 if segment.mixes else _longest_still(painter, segment.local),
            remarks=tuple((remark.code, remark.role, remark.value) for remark in painter.warnings),
        )
        write_segment(
            self._folder / segment_file_name(segment.key), with_still(replace(encoded, verdict=verdict), stills[0])
        )
        advance(length - (moving - 1) // _REPORT_FRAMES * _REPORT_FRAMES)
        return verdict

    def _mixed(self, clip: Clip, segment: Segment, painter: ScenePainter) -> Paint:
        """A transition: the held last frame of the scene before, painted once, mixed with the new scene."""
        before = held_picture(
            clip, lambda scene, frame, canvas: self._shelf.painter(scene, self._studio).paint(frame, canvas)
        )
        after = Planes.allocate(self._profile.width_px, self._profile.height_px)

        def paint(index: int, canvas: Planes) -> Planes:
            frame = segment.local.start + index
            return mixed(clip, frame, before, painter.paint(frame, after), canvas)

        return paint


def _moving_frames(painter: ScenePainter, frames: FrameRange) -> int:
    """How many frames there are until the last change in a range, at least 1."""
    last = frames.end - 1
    while last > frames.start and painter.is_still(FrameRange(start=last - 1, end=frames.end)):
        last -= 1
    return last - frames.start + 1


def _longest_still(painter: ScenePainter, frames: FrameRange) -> int:
    """The longest run of frames that equal each other."""
    longest = run = 1
    for frame in range(frames.start, frames.end - 1):
        run = run + 1 if painter.is_still(FrameRange(start=frame, end=frame + 2)) else 1
        longest = max(longest, run)
    return longest


def _shifted(painter: ScenePainter, start: int) -> Paint:
    return lambda index, canvas: painter.paint(start + index, canvas)


def _with_still(paint: Paint, at: int, stills: list[Planes]) -> Paint:
    """Keep a small copy of one painted frame, for the contact sheet: no scene is prepared twice."""

    def kept(index: int, canvas: Planes) -> Planes:
        painted = paint(index, canvas)
        if index == at:
            stills.append(small_still(painted))
        return painted

    return kept


def _counted(paint: Paint, advance: Callable[[int], None]) -> Paint:
    """Tell of every fifteenth painted frame; what remains is told when the segment is written."""

    def counted(index: int, canvas: Planes) -> Planes:
        painted = paint(index, canvas)
        if index and index % _REPORT_FRAMES == 0:
            advance(_REPORT_FRAMES)
        return painted

    return counted
