"""Stages: what a step's arrangement means for areas, texts and what lies under them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, assert_never

from preview_worker.contract import Step
from preview_worker.timeline import cards, furniture, lower_third
from preview_worker.timeline.arrangement import RIGHT_KINDS, arrangement_of
from preview_worker.timeline.brief import Brief
from preview_worker.timeline.cells import captioned_cells, same_slot, side_by_side
from preview_worker.timeline.direction import reads_leftwards
from preview_worker.timeline.entrances import rise_start
from preview_worker.timeline.geometry import Box, even_box
from preview_worker.timeline.layout import CORNER_U, HEADING_GAP_U, caption_box, card_stack, progress_box, split
from preview_worker.timeline.palette import over_photo, palette_of
from preview_worker.timeline.scene import Background, Gradient, Palette, Panel, Stack, Text, TextRole
from preview_worker.timeline.shown_words import shown_words
from preview_worker.timeline.time import FrameRange

PANEL_PAD_U = (28, 20)
"""Across and down: so the badge stands as high as on a step without a panel, on the watermark's line."""
GRID_HEADING_U = 76
GRID_GAP_U = 12
"""Below the heading, and above the reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What the arrangement decides: areas, texts and what lies under them.

    Slots are by index of the visual; `fitting` is the part of them where a picture stands that is shown whole.
    """

    background: Background
    palette: Palette
    panels: tuple[Panel, ...] = ()
    gradients: tuple[Gradient, ...] = ()
    stacks: tuple[Stack, ...] = ()
    texts: tuple[Text, ...] = ()
    slots: dict[int, Box]
    picture_area: Box
    furniture_area: Box
    fitting: Box | None = None
    fills: bool = False
    bleeds: bool = False


def stage_of(brief: Brief, step: Step, frames: int, *, captions: bool) -> Stage:
    """Areas, texts and background of a step's arrangement.

    Args:
        brief: The video.
        step: The step.
        frames: Its length.
        captions: Whether captions are burned into it, whose band is then left free.
    """
    palette = palette_of(brief.request.options.theme, step.background)
    arrangement = arrangement_of(step)
    match arrangement:
        case "title" | "end" | "interlude":
            return _card_stage(brief, step, palette, frames, is_title=arrangement == "title", captions=captions)
        case "text":
            return _text_stage(brief, step, palette, frames, captions=captions)
        case "full":
            return _full_stage(brief, step, palette, frames, captions=captions)
        case "left" | "right":
            return _split_stage(brief, step, palette, frames, picture_left=arrangement == "left")
        case "grid":
            return _grid_stage(brief, step, palette, frames, captions=captions)
        case _:
            assert_never(arrangement)


def _card_stage(brief: Brief, step: Step, palette: Palette, frames: int, *, is_title: bool, captions: bool) -> Stage:
    words = shown_words(step, brief.request, brief.assets)
    own = brief.picture_of(step)
    borrowed = None if arrangement_of(step) == "interlude" else brief.first_picture()
    card = cards.card(
        brief,
        palette,
        cards.Words(title=words.title, body=words.text, footer=cards.count_of_steps(brief) if is_title else ""),
        picture=own or borrowed,
        frames=frames,
        rise=rise_start(step, frames, brief.rate),
        captions=captions,
    )
    return Stage(
        background=card.background,
        palette=card.palette,
        stacks=(card.stack,),
        slots={},
        picture_area=brief.frame.whole,
        furniture_area=brief.frame.safe,
    )


def _text_stage(brief: Brief, step: Step, palette: Palette, frames: int, *, captions: bool) -> Stage:
    box = card_stack(brief.frame, captions=captions)
    if reads_leftwards(step.title or step.text or ""):
        box = brief.frame.mirrored(box)
    lines = 8 if brief.frame.stacked else 6
    return Stage(
        background=Background(colour=palette.background),
        palette=palette,
        stacks=_stacks(brief, step, palette, box, frames, anchor="middle", body_lines=lines),
        slots={},
        picture_area=brief.frame.whole,
        furniture_area=brief.frame.safe,
    )


def _full_stage(brief: Brief, step: Step, palette: Palette, frames: int, *, captions: bool) -> Stage:
    colours, whole = over_photo(palette), brief.frame.whole
    box = lower_third.words_box(brief, step, captions=captions)
    lines = lower_third.BODY_LINES
    gradients = lower_third.darkening(brief, step, box)
    return Stage(
        background=Background(colour=palette.background),
        palette=colours,
        gradients=gradients,
        stacks=_stacks(brief, step, colours, box, frames, anchor="bottom", body_lines=lines),
        slots=same_slot(step, whole),
        picture_area=whole,
        furniture_area=brief.frame.safe,
        fitting=lower_third.clear_of_words(brief, step, gradients),
        fills=True,
        bleeds=True,
    )


def _split_stage(brief: Brief, step: Step, palette: Palette, frames: int, *, picture_left: bool) -> Stage:
    frame = brief.frame
    areas = split(frame, picture_left=picture_left)
    pad_x, pad_y = (frame.px(pad) for pad in PANEL_PAD_U)
    inner = frame.inside_safe(areas.panel.inset(pad_x, pad_y))
    inner = even_box(inner.x, inner.y, inner.width, min(inner.bottom, progress_box(frame).y - pad_y) - inner.y)
    top = furniture.badge_height_px(frame) + frame.px(16) if furniture.badge_text(brief, step) else 0
    below = furniture.reference_height_px(frame) + frame.px(12) if step.reference else 0
    text_box = even_box(inner.x, inner.y + top, inner.width, max(2, inner.height - top - below))
    panel = Panel(box=areas.panel, colour=palette.panel, hairline=palette.hairline, corner_px=frame.px(CORNER_U))
    return Stage(
        background=Background(colour=palette.background),
        palette=palette,
        panels=(panel,),
        stacks=_stacks(brief, step, palette, text_box, frames, anchor="middle", body_lines=12),
        slots=side_by_side(brief, step, areas.picture),
        picture_area=areas.picture,
        furniture_area=inner,
    )


def _grid_stage(brief: Brief, step: Step, palette: Palette, frames: int, *, captions: bool) -> Stage:
    if step.text:
        return _split_stage(brief, step, palette, frames, picture_left=step.kind not in RIGHT_KINDS)
    frame, safe = brief.frame, brief.frame.safe
    badge_px = furniture.badge_height_px(frame) + frame.px(8) if furniture.badge_text(brief, step) else 0
    heading_px = frame.line_px(GRID_HEADING_U) if step.title else 0
    below = furniture.reference_height_px(frame) + frame.px(GRID_GAP_U) if step.reference else 0
    if captions:
        below = max(below, safe.bottom - caption_box(frame.whole, frame).y)
    heading = even_box(safe.x, safe.y + badge_px, safe.width, max(2, heading_px))
    top = badge_px + heading_px + (frame.px(GRID_GAP_U) if heading_px else 0)
    area = even_box(safe.x, safe.y + top, safe.width, max(2, safe.height - top - below))
    slots, alts = captioned_cells(brief, step, area, palette, frames)
    return Stage(
        background=Background(colour=palette.background),
        palette=palette,
        stacks=_stacks(brief, step, palette, heading, frames, anchor="top", body_lines=1),
        texts=alts,
        slots=slots,
        picture_area=frame.whole,
        furniture_area=safe,
    )


def _stacks(
    brief: Brief,
    step: Step,
    palette: Palette,
    box: Box,
    frames: int,
    *,
    anchor: Literal["top", "middle", "bottom"],
    body_lines: int,
) -> tuple[Stack, ...]:
    """Heading and body of a step, set one below the other; on a text card with the accent rule between them."""
    rule = palette.accent if arrangement_of(step) == "text" else None
    rows = (
        (TextRole.HEADING, step.title or "", palette.heading, lower_third.HEADING_LINES),
        (TextRole.BODY, step.text or "", palette.text, body_lines),
    )
    rise = rise_start(step, frames, brief.rate)
    texts = tuple(
        Text(
            role=role,
            text=text,
            box=box,
            colour=colour,
            align="left",
            anchor=anchor,
            rise_start=rise,
            shown=FrameRange(start=0, end=frames),
            max_lines=lines,
        )
        for role, text, colour, lines in rows
        if text
    )
    if not texts:
        return ()
    return (Stack(box=box, anchor=anchor, gap_px=brief.frame.px(HEADING_GAP_U), rule=rule, texts=texts),)
