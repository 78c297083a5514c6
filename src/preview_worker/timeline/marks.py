"""The payload's callouts as marks on the scene's pictures."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from preview_worker.contract import Callout as PayloadCallout
from preview_worker.contract import Step, Target
from preview_worker.timeline.areas import Area, piece_area
from preview_worker.timeline.brief import Brief
from preview_worker.timeline.geometry import WHOLE, Box, Region, even_box
from preview_worker.timeline.layout import Frame
from preview_worker.timeline.model import Note
from preview_worker.timeline.pictures import Placed, moved, visual_index_of
from preview_worker.timeline.pills import OVERLAP_SHARE, Hidden, arranged, hidden
from preview_worker.timeline.scene import Callout, Picture
from preview_worker.timeline.time import FrameRange, frames_of_ms, ms_of_frames


def marks(
    brief: Brief, step: Step, placed: Sequence[Placed], frames: int, taken: Sequence[Area] = ()
) -> tuple[tuple[Callout, ...], tuple[Note, ...]]:
    """Callouts of a step with the frames they are seen in, and notes on those that aren't seen, or not well.

    A callout ends with its picture; one that begins behind the step's end is left out; markers are numbered in order.

    Args:
        brief: The video.
        step: The step.
        placed: Its pictures.
        frames: Its length.
        taken: Where no callout's text may stand, if it can stand elsewhere.
    """
    order = {item.visual_index: position for position, item in enumerate(placed)}
    result: list[Callout] = []
    names: list[str] = []
    notes: list[Note] = []
    number = 0
    for place, callout in enumerate(step.callouts, start=1):
        name = f"Callout {place} ({callout.kind.value}) of step {step.id}"
        number += callout.kind == "marker"
        index = visual_index_of(step, callout)
        position = order.get(index) if index is not None else None
        if callout.target is not None and not callout.frame and position is None:
            notes.append(_offscreen_note(step, place, f"{name} is not seen: its picture isn't shown."))
            continue
        picture = placed[position].picture if position is not None else None
        shown = _shown(callout, picture, frames, brief.rate)
        if not len(shown):
            notes.append(_late_note(step, callout, name, picture, frames, brief.rate))
            continue
        mark = _mark(brief, callout, position, shown, number)
        if picture is not None:
            notes.extend(_offscreen(step, place, name, mark, picture, brief.rate))
        result.append(mark)
        names.append(name)
    pictures = [item.picture for item in placed]
    standing = arranged(result, pictures, brief.frame, taken)
    covered = hidden(standing, pictures, brief.frame)
    return standing, (*notes, *(_covered(step, names, standing, pair, brief.rate) for pair in covered))


def _covered(step: Step, names: Sequence[str], standing: Sequence[Callout], pair: Hidden, rate: Fraction) -> Note:
    together = standing[pair.first].shown.overlap(standing[pair.second].shown)
    return Note(
        code="callout-overlaps",
        step_id=step.id,
        at_ms=ms_of_frames(together.start, rate),
        message=f"{names[pair.first]} is partly covered by {names[pair.second][0].lower()}{names[pair.second][1:]}.",
        value=round(pair.share, 2),
        limit=OVERLAP_SHARE,
        hint="Show them one after the other, shorten their texts, or move their targets apart.",
    )


def targets_of(step: Step, placed: Sequence[Placed], frame: Frame) -> tuple[Area, ...]:
    """Where on the frame the step's callouts point, a point being of a token's size; highlights only darken."""
    order = {item.visual_index: position for position, item in enumerate(placed)}
    pictures = [item.picture for item in placed]
    areas = []
    for callout in step.callouts:
        index = visual_index_of(step, callout)
        position = order.get(index) if index is not None else None
        if callout.target is None or callout.kind == "highlight" or (position is None and not callout.frame):
            continue
        areas.append(piece_area(_region(callout.target), position, pictures, frame))
    return tuple(areas)


def _mark(brief: Brief, callout: PayloadCallout, position: int | None, shown: FrameRange, number: int) -> Callout:
    return Callout(
        kind=callout.kind.value,
        picture=position,
        target=_region(callout.target),
        text=callout.text or "",
        number=number,
        placement=_placement(brief, callout),
        shown=shown,
        pulse=callout.pulse,
    )


def _region(target: Target | None) -> Region:
    if target is None:
        return WHOLE
    return Region(x=target.x, y=target.y, width=target.width or 0.0, height=target.height or 0.0)


def _placement(brief: Brief, callout: PayloadCallout) -> Box | None:
    rect = callout.placement
    if rect is None:
        return None
    width, height = brief.frame.width_px, brief.frame.height_px
    return brief.frame.moved_inside_safe(
        even_box(rect.x * width, rect.y * height, rect.width * width, rect.height * height)
    )


def _shown(callout: PayloadCallout, picture: Picture | None, frames: int, rate: Fraction) -> FrameRange:
    within = picture.shown if picture is not None else FrameRange(start=0, end=frames)
    start = within.start if callout.start_ms is None else frames_of_ms(callout.start_ms, rate)
    end = within.end if callout.end_ms is None else frames_of_ms(callout.end_ms, rate)
    start, end = max(start, within.start), min(end, within.end)
    return FrameRange(start=start, end=end) if start < end else FrameRange(start=0, end=0)


def _offscreen(step: Step, place: int, name: str, mark: Callout, picture: Picture, rate: Fraction) -> tuple[Note, ...]:
    """A note when the target's centre leaves the picture's view while the mark is seen."""
    for frame in (mark.shown.start, mark.shown.end - 1):
        center_x, center_y = moved(mark.target, picture, frame).center
        if not (0 <= center_x <= 1 and 0 <= center_y <= 1):
            message = f"{name} is not seen all the time: its target is out of sight."
            return (_offscreen_note(step, place, message, ms_of_frames(frame, rate)),)
    return ()


def _offscreen_note(step: Step, place: int, message: str, at_ms: int | None = None) -> Note:
    return Note(
        code="callout-offscreen",
        step_id=step.id,
        at_ms=at_ms,
        message=message,
        value=place,
        hint="Move the target into the picture's view, or change the callout's times.",
    )


def _late_note(
    step: Step, callout: PayloadCallout, name: str, picture: Picture | None, frames: int, rate: Fraction
) -> Note:
    end = frames if picture is None else picture.shown.end
    return Note(
        code="timing-past-end",
        step_id=step.id,
        at_ms=None,
        message=f"{name} is not seen: it starts after the step or its picture ends.",
        value=callout.start_ms or 0,
        limit=ms_of_frames(end, rate),
        hint="Start it earlier, or give the step or its picture more time.",
    )
