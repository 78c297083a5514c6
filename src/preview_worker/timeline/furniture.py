"""Badge, reference, progress line and watermark: the same on every scene, and none of it defeats the cache.

The badge is drawn once a step, the line stands still within a step, and nothing depends on the video's length.
"""

from __future__ import annotations

from preview_worker.contract import BadgeStyle, Step
from preview_worker.timeline.brief import Brief
from preview_worker.timeline.colour import readable
from preview_worker.timeline.direction import reads_leftwards
from preview_worker.timeline.geometry import Box, even_box
from preview_worker.timeline.language import language_of
from preview_worker.timeline.layout import Frame, progress_box
from preview_worker.timeline.scene import Palette, Progress, Text, TextRole
from preview_worker.timeline.time import FrameRange

BADGE_HEIGHT_U = 36
REFERENCE_HEIGHT_U = 28
BADGE_PAD_U = 14
BADGE_LETTER_SHARE = 0.33
"""Width of a letter of the badge, in its pill's height."""
MOST_SCALE = 1.4
"""Furniture follows the font scale this far: larger, it would compete with the step's own words."""
LEAST_SCALE = 0.8
"""And this far down: smaller, its letters could not be read at all."""
WATERMARK_WIDTH_U = 420


def badge_height_px(frame: Frame) -> int:
    """Height of the badge's pill."""
    return frame.line_px(BADGE_HEIGHT_U, MOST_SCALE)


def reference_height_px(frame: Frame) -> int:
    """Height of the reference's line."""
    return frame.line_px(REFERENCE_HEIGHT_U, MOST_SCALE)


def badge_text(brief: Brief, step: Step) -> str | None:
    """``Step 3/8`` for the steps that are counted, in the tutorial's language; None where no badge is wanted."""
    numbered = brief.numbered
    style = brief.request.options.furniture.badge
    if not step.badge or step.id not in numbered or style is BadgeStyle.NONE:
        return None
    number, count = numbered.index(step.id) + 1, len(numbered)
    word = language_of(brief.request.language).step
    counted = f"{number}/{count}" if style is BadgeStyle.NUMBER_OF_TOTAL else f"{number}"
    return f"{word} {counted}" if word else counted


def badge_place(brief: Brief, step: Step, corner: Box, *, right: bool = False) -> Box | None:
    """About where the badge's pill stands, its width estimated from its letters; None without a badge."""
    text = badge_text(brief, step)
    if text is None:
        return None
    frame = brief.frame
    height = badge_height_px(frame)
    width = min(corner.width, len(text) * BADGE_LETTER_SHARE * height + frame.px(2 * BADGE_PAD_U))
    return even_box(corner.right - width if right else corner.x, corner.y, width, height)


def badge(brief: Brief, step: Step, corner: Box, palette: Palette, frames: int, *, right: bool = False) -> Text | None:
    """The badge at the top of an area; over a photo too it stands on a pill in the panel's colour.

    Args:
        brief: The video.
        step: The step.
        corner: The area whose top left corner it takes, inside the safe margins.
        palette: Colours of the step.
        frames: Length of the step.
        right: Take the top right corner instead.
    """
    text = badge_text(brief, step)
    if text is None:
        return None
    height = badge_height_px(brief.frame)
    return Text(
        role=TextRole.BADGE,
        text=text,
        box=even_box(corner.x, corner.y, corner.width, height),
        colour=readable(palette.text, palette.panel),
        align="right" if right else "left",
        anchor="top",
        rise_start=None,
        shown=FrameRange(start=0, end=frames),
        max_lines=1,
    )


def reference(brief: Brief, step: Step, area: Box, palette: Palette, frames: int) -> Text | None:
    """Where the rule stands in the rulebook, muted, at the bottom right of an area, or where no text ends."""
    if not step.reference:
        return None
    height = reference_height_px(brief.frame)
    return Text(
        role=TextRole.REFERENCE,
        text=step.reference,
        box=even_box(area.x, area.bottom - height, area.width, height),
        colour=palette.muted,
        align="left" if reads_leftwards(step.title or step.text or "") else "right",
        anchor="bottom",
        rise_start=None,
        shown=FrameRange(start=0, end=frames),
        max_lines=1,
    )


def watermark_box(brief: Brief) -> Box:
    """Where the watermark stands: the top right of the frame, on the line of the badge."""
    safe = brief.frame.safe
    width = min(safe.width, brief.frame.px(WATERMARK_WIDTH_U))
    return even_box(safe.right - width, safe.y, width, badge_height_px(brief.frame))


def watermark(brief: Brief, behind: str, frames: int) -> Text | None:
    """The watermark: white, or dark where the colour behind it is light."""
    text = brief.request.options.watermark
    if not text:
        return None
    return Text(
        role=TextRole.WATERMARK,
        text=text,
        box=watermark_box(brief),
        colour=readable("#FFFFFF", behind),
        align="right",
        anchor="middle",
        rise_start=None,
        shown=FrameRange(start=0, end=frames),
        max_lines=1,
    )


def progress(brief: Brief, step: Step) -> Progress | None:
    """The line: one cell a step, filled up to this one."""
    steps = brief.request.steps
    if not brief.request.options.furniture.progress or not steps:
        return None
    filled = next(index for index, other in enumerate(steps) if other.id == step.id) + 1
    return Progress(box=progress_box(brief.frame), cells=len(steps), filled=filled)
