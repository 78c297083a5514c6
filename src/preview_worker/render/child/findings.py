"""What making the picture has shown, as warnings: of the drawing, and of decoded segments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from preview_worker.contract import WarningCode
from preview_worker.render.child.drawing.notes import NoteCode
from preview_worker.render.child.segment_file import Verdict
from preview_worker.timeline.colour import MINIMUM_CONTRAST
from preview_worker.timeline.model import Note, Segment, Timeline
from preview_worker.timeline.time import ms_of_frames

FROZEN_S = 1
"""A picture that was to move and stands still for longer than this is reported."""
READING_MINIMUM_PX = 40
"""At 1080p: the smallest letters that are read at a distance."""


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
    what = f"The {role.replace('_', ' ')} of step {step_id}"
    match known:
        case "text-shortened":
            message, limit = f"{what} doesn't fit its place and was shortened.", len(value)
            hint = f"Shorten it to about {limit} characters, or give it a layout with more room for words."
            return _note(WarningCode.TEXT_SHORTENED, step_id, message, value=value, limit=limit, hint=hint)
        case "text-small":
            message, size_px = f"{what} had to be set small to fit its place: {value} px at 1080p.", float(value)
            hint = "Shorten it, break it into two steps, or raise theme.fontScale."
            return _note(WarningCode.TEXT_SMALL, step_id, message, value=size_px, limit=READING_MINIMUM_PX, hint=hint)
        case "glyph-missing":
            message = f"No font has all letters of it: {what[:1].lower()}{what[1:]}."
            hint = "Put a font that has them into the folder of PREVIEW_FONTS_DIR, or write it otherwise."
            return _note(WarningCode.GLYPH_MISSING, step_id, message, value=value, hint=hint)
        case "contrast-low":
            message = f"{what} is hard to tell from what is behind it: {value}:1."
            hint = "Choose another layout, a calmer picture behind it, or a text colour that differs more."
            return _note(
                WarningCode.CONTRAST_LOW, step_id, message, value=float(value), limit=MINIMUM_CONTRAST, hint=hint
            )
        case _:
            assert_never(known)


def _black(timeline: Timeline, segment: Segment, verdict: Verdict) -> Sequence[Note]:
    if segment.mixes or verdict.black_frames < len(segment.frames):
        return ()
    step_id = timeline.clips[segment.clip_index].step_id
    return (
        _note(
            WarningCode.VIDEO_BLACK,
            step_id,
            f"A part of step {step_id} is black.",
            at_ms=_at(timeline, segment),
            value=round(verdict.black_frames / float(timeline.rate), 1),
            limit=0,
            hint="Look at its pictures and its background: one that is nearly black shows nothing on most screens.",
        ),
    )


def _frozen(timeline: Timeline, segment: Segment, verdict: Verdict) -> Sequence[Note]:
    excess = verdict.longest_still_frames - verdict.expected_still_frames
    if excess <= FROZEN_S * timeline.rate:
        return ()
    step_id = timeline.clips[segment.clip_index].step_id
    return (
        _note(
            WarningCode.VIDEO_FROZEN,
            step_id,
            f"The picture of step {step_id} was to move and stands still.",
            at_ms=_at(timeline, segment),
            value=round(verdict.longest_still_frames / float(timeline.rate), 1),
            limit=round(verdict.expected_still_frames / float(timeline.rate) + FROZEN_S, 1),
            hint="Let it move further or in less time, give it a picture with more detail, or set its motion to hold.",
        ),
    )


def _at(timeline: Timeline, segment: Segment) -> int:
    return ms_of_frames(segment.frames.start, timeline.rate)


def _note(
    code: WarningCode,
    step_id: str | None,
    message: str,
    *,
    hint: str,
    at_ms: int | None = None,
    value: float | str | None = None,
    limit: float | None = None,
) -> Note:
    return Note(code=code.value, step_id=step_id, at_ms=at_ms, message=message, value=value, limit=limit, hint=hint)
