"""From a step to its scene: what stands where, in which frames, and what was noticed while placing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from preview_worker.contract import Step
from preview_worker.timeline import cards, furniture
from preview_worker.timeline.brief import Brief
from preview_worker.timeline.geometry import Box, even_box
from preview_worker.timeline.layout import Frame, caption_box
from preview_worker.timeline.marks import marks
from preview_worker.timeline.model import Cue, Note
from preview_worker.timeline.palette import palette_of
from preview_worker.timeline.pictures import place, sharpness_notes, shown_ranges
from preview_worker.timeline.scene import Scene, Text, TextRole
from preview_worker.timeline.stages import stage_of

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
    stage = stage_of(brief, step, frames)
    placed = place(brief, step, stage.slots, shown, fills=stage.fills, bleeds=stage.bleeds)
    callouts, unseen = marks(brief, step, placed, frames)
    extras = (
        furniture.badge(brief, step, stage.furniture_area, frames),
        furniture.reference(brief, step, stage.furniture_area, stage.palette, frames),
        furniture.watermark(brief, frames),
        *_caption_texts(brief, stage.picture_area, cues),
    )
    scene = Scene(
        width_px=brief.frame.width_px,
        height_px=brief.frame.height_px,
        unit_px=brief.frame.unit_px,
        font_scale=brief.request.options.theme.font_scale,
        language=brief.request.language,
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
        enters=enters,
    )
    mark = furniture.watermark(brief, frames)
    return Scene(
        width_px=brief.frame.width_px,
        height_px=brief.frame.height_px,
        unit_px=brief.frame.unit_px,
        font_scale=request.options.theme.font_scale,
        language=request.language,
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
    still = replace(brief, frame=Frame(width_px=size.width, height_px=size.height))
    return title_scene(still, 1, enters=False)


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
