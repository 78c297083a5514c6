"""Where a player should draw a caption so that it hides no callout, nor what one points at."""

from __future__ import annotations

from collections.abc import Iterator

from preview_worker.timeline.areas import Area
from preview_worker.timeline.layout import Frame
from preview_worker.timeline.model import Clip, Cue, Timeline
from preview_worker.timeline.spots import spot_of
from preview_worker.timeline.time import FrameRange
from preview_worker.timeline.word_breaks import width_of

LINES_PERCENT = (85, 5, 68, 24)
"""Tops of captions from the frame's top, the usual first: low, at the very top, then inside the picture."""
_LETTER_SHARE, _LINE_SHARE = 0.027, 0.064
"""Of the frame's height: players set captions about 5 % high, letters half as wide, lines a quarter apart."""


def caption_lines(timeline: Timeline) -> tuple[int, ...]:
    """The top of each cue's caption in percent of the frame's height: the first place where it hides least."""
    clips = iter(timeline.clips)
    clip = next(clips, None)
    lines: list[int] = []
    for cue in timeline.cues:
        while clip is not None and clip.frames.end <= cue.frames.start:
            clip = next(clips, None)
        taken = [] if clip is None else list(_taken(timeline, clip, cue.frames))
        hidden = [_hidden(timeline, cue, line, taken) for line in LINES_PERCENT]
        lines.append(LINES_PERCENT[hidden.index(min(hidden))])
    return tuple(lines)


def _taken(timeline: Timeline, clip: Clip, frames: FrameRange) -> Iterator[Area]:
    """What of the callouts that are seen meanwhile must stay in sight."""
    if not clip.scene.callouts:
        return
    local = frames.shift(clip.source.start - clip.frames.start)
    frame = Frame(width_px=timeline.width_px, height_px=timeline.height_px, font_scale=clip.scene.font_scale)
    for callout in clip.scene.callouts:
        if len(callout.shown.overlap(local)):
            spot = spot_of(callout, clip.scene.pictures, frame)
            yield from spot.solid
            if spot.piece is not None:
                yield spot.piece


def _hidden(timeline: Timeline, cue: Cue, line: int, taken: list[Area]) -> float:
    height = timeline.height_px
    half = min(timeline.width_px, max(map(width_of, cue.lines)) * _LETTER_SHARE * height) / 2
    top = line * height / 100
    area = Area(
        left=timeline.width_px / 2 - half,
        top=top,
        right=timeline.width_px / 2 + half,
        bottom=top + len(cue.lines) * _LINE_SHARE * height,
    )
    return sum(area.shared(other) for other in taken)
