"""From a step to its scene: what stands where, in which frames, and what was noticed while placing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from preview_worker.contract import Step
from preview_worker.timeline import cards, furniture
from preview_worker.timeline.areas import Area, area_of
from preview_worker.timeline.brief import Brief
from preview_worker.timeline.entrances import RISE_DELAY_MS
from preview_worker.timeline.geometry import Box, even_box, meet
from preview_worker.timeline.layout import caption_box
from preview_worker.timeline.lower_third import LEAD_U
from preview_worker.timeline.marks import marks, targets_of
from preview_worker.timeline.model import Cue, Note
from preview_worker.timeline.palette import BEHIND_PHOTO, palette_of
from preview_worker.timeline.pictures import Placed, place, sharpness_notes, shown_ranges
from preview_worker.timeline.scene import Background, Scene, Text, TextRole
from preview_worker.timeline.stages import Stage, stage_of
from preview_worker.timeline.time import frames_of_ms

POSTER_LONG_SIDE_PX = 1280


def scene_of(brief: Brief, step: Step, frames: int, cues: Sequence[Cue]) -> tuple[Scene, tuple[Note, ...]]:
    """The scene of one step and what was noticed while placing it.

    Args:
        brief: The video.
        step: The step.
        frames: Its length.
        cues: Captions to burn in, in frames of the step; empty when none are wanted.
    """
    shown, late = shown_ranges(step, frames, brief.rate)
    stage = stage_of(brief, step, frames, captions=bool(cues))
    placed = place(brief, step, stage.slots, shown, fitting=stage.fitting, fills=stage.fills, bleeds=stage.bleeds)
    aside = _badge_gives_way(brief, step, stage, placed)
    taken = _taken(brief, step, stage, aside=aside, captions=bool(cues))
    callouts, unseen = marks(brief, step, placed, frames, taken)
    extras = (
        furniture.badge(brief, step, stage.furniture_area, stage.palette, frames, right=aside),
        furniture.reference(brief, step, stage.furniture_area, stage.palette, frames),
        furniture.watermark(brief, _behind(furniture.watermark_box(brief), stage, placed), frames),
        *_caption_texts(brief, stage.picture_area, cues),
    )
    scene = Scene(
        width_px=brief.frame.width_px,
        height_px=brief.frame.height_px,
        unit_px=brief.frame.unit_px,
        font_scale=brief.request.options.theme.font_scale,
        frames=frames,
        palette=stage.palette,
        background=stage.background,
        panels=stage.panels,
        pictures=tuple(item.picture for item in placed),
        gradients=stage.gradients,
        stacks=stage.stacks,
        texts=(*stage.texts, *(text for text in extras if text is not None)),
        callouts=callouts,
        progress=furniture.progress(brief, step),
    )
    return scene, (*late, *unseen, *sharpness_notes(step, placed))


def title_scene(brief: Brief, frames: int, *, enters: bool) -> Scene:
    """The title card made of the request alone: the poster, and the only clip of a payload without steps."""
    request = brief.request
    card = cards.card(
        brief,
        palette_of(request.options.theme, None),
        cards.Words(title=request.title, body=request.description, footer=cards.count_of_steps(brief)),
        picture=brief.first_picture(),
        frames=frames,
        rise=frames_of_ms(RISE_DELAY_MS, brief.rate) if enters else None,
        captions=False,
    )
    mark = furniture.watermark(brief, _ground(card.background), frames)
    return Scene(
        width_px=brief.frame.width_px,
        height_px=brief.frame.height_px,
        unit_px=brief.frame.unit_px,
        font_scale=request.options.theme.font_scale,
        frames=frames,
        palette=card.palette,
        background=card.background,
        panels=(),
        pictures=(),
        gradients=(),
        stacks=(card.stack,),
        texts=() if mark is None else (mark,),
        callouts=(),
        progress=None,
    )


def poster_scene(brief: Brief) -> Scene:
    """The title card's composition with a long side of 1280 pixels."""
    width, height = brief.frame.width_px, brief.frame.height_px
    share = Fraction(POSTER_LONG_SIDE_PX, max(width, height))
    size = even_box(0, 0, float(width * share), float(height * share))
    still = replace(brief, frame=replace(brief.frame, width_px=size.width, height_px=size.height))
    return title_scene(still, 1, enters=False)


def _badge_gives_way(brief: Brief, step: Step, stage: Stage, placed: Sequence[Placed]) -> bool:
    """Whether the badge would hide what a callout points at, and its other corner is free."""
    left = furniture.badge_place(brief, step, stage.furniture_area)
    right = furniture.badge_place(brief, step, stage.furniture_area, right=True)
    if left is None or right is None or brief.request.options.watermark:
        return False
    targets = targets_of(step, placed, brief.frame)
    return any(area_of(left).shared(target) for target in targets) and not any(
        area_of(right).shared(target) for target in targets
    )


def _taken(brief: Brief, step: Step, stage: Stage, *, aside: bool, captions: bool) -> tuple[Area, ...]:
    """Where callouts' texts would hide something: the badge, captions, the words of a lower third."""
    boxes = [furniture.badge_place(brief, step, stage.furniture_area, right=aside)]
    if captions:
        boxes.append(caption_box(stage.picture_area, brief.frame))
    lead = brief.frame.px(LEAD_U)
    boxes.extend(
        even_box(gradient.box.x, gradient.box.y + lead, gradient.box.width, gradient.box.height - lead)
        for gradient in stage.gradients
    )
    return tuple(area_of(box) for box in boxes if box is not None)


def _behind(box: Box, stage: Stage, placed: Sequence[Placed]) -> str:
    """The colour that stands for what a text at the right of a box lies on: a picture, a panel or the background."""
    end = even_box(box.x + box.width / 2, box.y, box.width / 2, box.height)
    pictures = [item.picture for item in placed if not item.picture.source.has_alpha]
    covering = [picture for picture in pictures if meet(picture.slot if picture.backdrop else picture.box, end)]
    if covering:
        return BEHIND_PHOTO if any(picture.source.sha256 for picture in covering) else stage.palette.panel
    if any(meet(panel.box, end) for panel in stage.panels):
        return stage.palette.panel
    return _ground(stage.background)


def _ground(background: Background) -> str:
    """The colour of a background where no picture lies on it."""
    return BEHIND_PHOTO if background.source is not None else background.colour


def _caption_texts(brief: Brief, area: Box, cues: Sequence[Cue]) -> tuple[Text, ...]:
    box = caption_box(area, brief.frame)
    return tuple(
        Text(
            role=TextRole.CAPTION,
            text="\n".join(cue.lines),
            box=box,
            colour="#FFFFFF",
            align="center",
            anchor="bottom",
            rise_start=None,
            shown=cue.frames,
            max_lines=2,
        )
        for cue in cues
    )
