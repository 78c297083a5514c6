"""What making the picture has shown, as warnings: of the drawing, and of decoded segments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from preview_worker.contract import WarningCode
from preview_worker.render.child.drawing.notes import NoteCode
from preview_worker.render.child.segment_file import Verdict
from preview_worker.timeline.model import Note, Segment, Timeline
from preview_worker.timeline.time import ms_of_frames

FROZEN_S = 1
"""A picture that was to move and stands still for longer than this is reported."""


def picture_notes(timeline: Timeline, verdicts: Mapping[str, Verdict]) -> tuple[Note, ...]:
    """Notes on the drawing, and on black or frozen pictures; `verdicts` is by segment key."""
    notes: list[Note] = []
    for segment in timeline.segments:
        verdict = verdicts[segment.key]
        step_id = timeline.clips[segment.clip_index].step_id
        notes += [drawing_note(step_id, *remark) for remark in verdict.remarks]
        notes += _black(timeline, segment, verdict)
        notes += _frozen(timeline, segment, verdict)
    return tuple(dict.fromkeys(notes))


def drawing_note(step_id: str, code: str, role: str, value: str) -> Note:
    """What the drawing noticed of a step, by the members of a `DrawNote`."""
    known: NoteCode = code  # type: ignore[assignment]  # written by ourselves, from that very type
    name = role.replace("_", " ")
    match known:
        case "text-shortened":
            message = f"The {name} of step {step_id} doesn't fit its place and was shortened."
        case "text-small":
            message = f"The {name} of step {step_id} had to be set small to fit its place."
        case "glyph-missing":
            message = f"No font has all letters of the {name} of step {step_id}."
        case "contrast-low":
            message = f"The {name} of step {step_id} is hard to tell from what is behind it."
        case _:
            assert_never(known)
    return _note(WarningCode(known), step_id, message, value=value)


def _black(timeline: Timeline, segment: Segment, verdict: Verdict) -> Sequence[Note]:
    if segment.mixes or verdict.black_frames < len(segment.frames):
        return ()
    step_id = timeline.clips[segment.clip_index].step_id
    return (
        _note(WarningCode.VIDEO_BLACK, step_id, f"A part of step {step_id} is black.", at_ms=_at(timeline, segment)),
    )


def _frozen(timeline: Timeline, segment: Segment, verdict: Verdict) -> Sequence[Note]:
    excess = verdict.longest_still_frames - verdict.expected_still_frames
    if excess <= FROZEN_S * timeline.rate:
        return ()
    step_id = timeline.clips[segment.clip_index].step_id
    message = f"The picture of step {step_id} was to move and stands still."
    value = round(verdict.longest_still_frames / float(timeline.rate), 1)
    return (_note(WarningCode.VIDEO_FROZEN, step_id, message, at_ms=_at(timeline, segment), value=value),)


def _at(timeline: Timeline, segment: Segment) -> int:
    return ms_of_frames(segment.frames.start, timeline.rate)


def _note(
    code: WarningCode,
    step_id: str | None,
    message: str,
    *,
    at_ms: int | None = None,
    value: float | str | None = None,
    limit: float | None = None,
) -> Note:
    return Note(code=code.value, step_id=step_id, at_ms=at_ms, message=message, value=value, limit=limit)
