"""The payload's visuals placed on the frame as pictures with cameras."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from preview_worker.contract import Callout, Enter, Fit, Step, Visual
from preview_worker.timeline.brief import Brief
from preview_worker.timeline.geometry import Box, Region, contain, even_box
from preview_worker.timeline.layout import CORNER_U
from preview_worker.timeline.model import Note
from preview_worker.timeline.motion import camera_of
from preview_worker.timeline.scene import Picture, Source
from preview_worker.timeline.time import FrameRange, frames_of_ms, ms_of_frames

FADE_MS = 350
SHARPEST_SCALE = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A picture and the payload's visual it came from (its place in the step's list)."""

    picture: Picture
    visual_index: int


def shown_ranges(step: Step, frames: int, rate: Fraction) -> tuple[dict[int, FrameRange], tuple[Note, ...]]:
    """Frames in which each visual of a step is seen.

    Between two timed visuals of the layout the earlier one stays; a visual that would begin behind the step's end is
    left out with a note.
    """
    ranges: dict[int, FrameRange] = {}
    notes: list[Note] = []
    for index, visual in enumerate(step.visuals):
        start = frames_of_ms(visual.start_ms or 0, rate)
        end = frames if visual.end_ms is None else min(frames, frames_of_ms(visual.end_ms, rate))
        if start >= frames:
            notes.append(_late(step, index, visual.start_ms or 0, frames, rate))
        elif end > start:
            ranges[index] = FrameRange(start=start, end=end)
    timed = is_sequence(step)
    if timed:
        flowing = sorted((i for i in ranges if step.visuals[i].placement is None), key=lambda i: ranges[i].start)
        for current, following in pairwise(flowing):
            ranges[current] = FrameRange(start=ranges[current].start, end=ranges[following].start)
    return {index: shown for index, shown in ranges.items() if len(shown)}, tuple(notes)


def is_sequence(step: Step) -> bool:
    """Whether a step's laid-out visuals follow one another in one place instead of standing side by side."""
    flowing = [visual for visual in step.visuals if visual.placement is None]
    return len(flowing) > 1 and any(visual.start_ms for visual in flowing)


def place(
    brief: Brief,
    step: Step,
    slots: dict[int, Box],
    shown: dict[int, FrameRange],
    *,
    fitting: Box | None = None,
    fills: bool,
    bleeds: bool,
) -> tuple[Placed, ...]:
    """Turn visuals into pictures, in drawing order.

    Args:
        brief: The video.
        step: The step.
        slots: The layout's area for each laid-out visual, by index.
        shown: Frames in which each visual is seen, by index.
        fitting: The part of the slots where a picture stands that is shown whole; None: all of them.
        fills: Whether the default fit is cover (full layout) or contain.
        bleeds: Whether slots touch the frame's edges: then no corners, no shadow.
    """
    placed = []
    for index, visual in enumerate(step.visuals):
        if index not in shown:
            continue
        slot = _placement_box(visual, brief) or slots.get(index)
        if slot is not None:
            in_slot = visual.placement is None
            room = fitting if fitting is not None and in_slot else slot
            space = _Space(slot=slot, fitting=room, fills=fills and in_slot, bleeds=bleeds)
            picture = _picture(brief, step, index, space, shown[index])
            placed.append(Placed(picture=picture, visual_index=index))
    return tuple(sorted(placed, key=lambda item: (step.visuals[item.visual_index].layer, item.visual_index)))


def pointing_at(step: Step, index: int) -> tuple[Callout, ...]:
    """Callouts that point at a visual of the step."""
    return tuple(callout for callout in step.callouts if visual_index_of(step, callout) == index)


def visual_index_of(step: Step, callout: Callout) -> int | None:
    """Index of the visual that a callout points at, None when it points at the frame or at nothing."""
    if callout.frame or callout.target is None:
        return None
    if isinstance(callout.visual, int):
        return callout.visual if callout.visual < len(step.visuals) else None
    for index, visual in enumerate(step.visuals):
        if callout.visual is not None and visual.id == callout.visual:
            return index
        if callout.visual is None and callout.asset_id is not None and visual.asset_id == callout.asset_id:
            return index
    return 0 if callout.visual is None and callout.asset_id is None and step.visuals else None


def sharpness_notes(step: Step, placed: Sequence[Placed]) -> tuple[Note, ...]:
    """A note for each picture that is enlarged more than 1.5 times."""
    notes = []
    for item in placed:
        picture = item.picture
        narrowest = min(picture.camera.start.width, picture.camera.end.width)
        enlarged = picture.box.width / max(1.0, picture.source.width_px * narrowest)
        if picture.source.sha256 is not None and enlarged > SHARPEST_SCALE:
            notes.append(
                Note(
                    code="picture-upscaled",
                    step_id=step.id,
                    at_ms=None,
                    message=f"Picture {picture.source.asset_id} is enlarged {enlarged:.1f} times in step {step.id}.",
                    value=round(enlarged, 2),
                    limit=SHARPEST_SCALE,
                    hint="Supply a larger picture or show it smaller.",
                )
            )
    return tuple(notes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Space:
    """What a layout gives one picture; see `place`."""

    slot: Box
    fitting: Box
    fills: bool
    bleeds: bool


def _picture(brief: Brief, step: Step, index: int, space: _Space, shown: FrameRange) -> Picture:
    visual, slot = step.visuals[index], space.slot
    source = brief.source_of(visual)
    aspect = source.width_px / source.height_px
    fit = visual.fit or (Fit.COVER if space.fills and not source.has_alpha else Fit.CONTAIN)
    covers = fit is Fit.COVER
    box = slot if covers else contain(_breathing(space.fitting, source, bleeds=space.bleeds), aspect)
    rounded = not space.bleeds or not covers
    camera = camera_of(
        visual,
        pointing_at(step, index),
        box=box,
        picture_aspect=aspect,
        shown=shown,
        rate=brief.rate,
        cut_out=source.has_alpha,
    )
    enters = visual.enter is Enter.FADE
    return Picture(
        source=source,
        slot=slot,
        box=box,
        backdrop=_has_backdrop(fit, source, visual, box, slot),
        corner_px=brief.frame.px(CORNER_U) if rounded and not source.has_alpha else 0,
        shadow=rounded,
        camera=camera,
        opacity=visual.opacity,
        shown=shown,
        fade_frames=min(frames_of_ms(FADE_MS, brief.rate), len(shown)) if enters else 0,
    )


def _has_backdrop(fit: Fit, source: Source, visual: Visual, box: Box, slot: Box) -> bool:
    """Pictures that don't fill lie on their own blurred copy; cut-outs and placed ones only when they ask for it."""
    if fit is Fit.BLUR_FILL:
        return source.sha256 is not None
    plain = source.has_alpha or source.sha256 is None or visual.placement is not None
    return fit is Fit.CONTAIN and not plain and box != slot


def _breathing(slot: Box, source: Source, *, bleeds: bool) -> Box:
    """Cut-outs keep some air around them; so do pictures on the bare frame."""
    if source.has_alpha:
        return slot.inset(slot.width // 16, slot.height // 16)
    return slot.inset(slot.width // 24, slot.height // 24) if bleeds else slot


def _placement_box(visual: Visual, brief: Brief) -> Box | None:
    if visual.placement is None:
        return None
    width, height = brief.frame.width_px, brief.frame.height_px
    rect = visual.placement
    box = even_box(rect.x * width, rect.y * height, rect.width * width, rect.height * height)
    # A sliver at the far edge is two pixels wide after rounding, and still has to lie inside the frame.
    return replace(box, x=min(box.x, width - box.width), y=min(box.y, height - box.height))


def _late(step: Step, index: int, start_ms: int, frames: int, rate: Fraction) -> Note:
    return Note(
        code="timing-past-end",
        step_id=step.id,
        at_ms=None,
        message=f"Visual {index} of step {step.id} starts at {start_ms} ms, after the step's end; it is left out.",
        value=start_ms,
        limit=ms_of_frames(frames, rate),
        hint="Start it earlier or give the step more time.",
    )


def moved(region: Region, picture: Picture, frame: int) -> Region:
    """Where a region of the picture lies in its box (0–1 of the box) at a frame of the step."""
    view = picture.camera.region_at(frame)
    return Region(
        x=(region.x - view.x) / view.width,
        y=(region.y - view.y) / view.height,
        width=region.width / view.width,
        height=region.height / view.height,
    )
