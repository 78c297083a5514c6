"""The lower third of the full layout: where its words stand and how far up the picture is darkened for them.

How letters are really cut into lines is the renderer's work; here their height is estimated from their number, a little
too high rather than too low, so that the darkening never begins below the first line.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from preview_worker.contract import Step
from preview_worker.timeline import furniture
from preview_worker.timeline.brief import Brief
from preview_worker.timeline.direction import reads_leftwards
from preview_worker.timeline.geometry import Box, even_box
from preview_worker.timeline.layout import CAPTION_GAP_U, HEADING_GAP_U, caption_box
from preview_worker.timeline.scene import Gradient

HEADING_LINES = 3
BODY_LINES = 2
REFERENCE_GAP_U = 12
LEAD_U = 80
"""How far above the words the darkening begins: with 64u, headings of light themes fell to 6.6:1 on bright pictures."""
CLEAR_U = 56
"""So far into the darkening a picture may reach: there it is still bright."""
STRENGTH = 0.86
COLOUR = "#05070A"
FILLED_SHARE = 0.9
"""How much of a line is used on average when whole words are kept together."""
WIDE_CHARACTER_EM = 1.0

_TOP_SHARE = 0.5
"""Long texts may reach up to here; short ones stand at the bottom."""
_WIDTH_SHARE = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Type:
    """A size of the design (docs/design.md): u, line height in em, mean advance of a letter in em, most lines."""

    size_u: float
    line_height: float
    advance_em: float
    max_lines: int


_HEADING = _Type(size_u=40, line_height=1.15, advance_em=0.58, max_lines=HEADING_LINES)
_BODY = _Type(size_u=28, line_height=1.35, advance_em=0.54, max_lines=BODY_LINES)
_REFERENCE = _Type(size_u=20, line_height=1.2, advance_em=0.58, max_lines=1)


def words_box(brief: Brief, step: Step, *, captions: bool) -> Box:
    """Where heading and body stand, above the band of captions and above a reference that would reach below them.

    Args:
        brief: The video.
        step: The step.
        captions: Whether captions are burned into it.
    """
    frame, safe = brief.frame, brief.frame.safe
    width = safe.width * (1.0 if frame.stacked else _WIDTH_SHARE)
    bottom = safe.bottom
    if step.reference and _width_px(brief, step.reference, _REFERENCE) > safe.width - width:
        bottom -= furniture.reference_height_px(frame) + frame.px(REFERENCE_GAP_U)
    if captions:
        bottom = min(bottom, caption_box(frame.whole, frame).y - frame.px(CAPTION_GAP_U))
    top = int(frame.height_px * _TOP_SHARE)
    box = even_box(safe.x, top, width, max(2, bottom - top))
    return frame.mirrored(box) if reads_leftwards(step.title or step.text or "") else box


def darkening(brief: Brief, step: Step, box: Box) -> tuple[Gradient, ...]:
    """The gradient below the words and the reference, down to the frame's bottom; none where nothing is written.

    Args:
        brief: The video.
        step: The step.
        box: Where the words stand, at its bottom.
    """
    frame = brief.frame
    below_px = furniture.reference_height_px(frame) if step.reference else 0
    height_px = _height_px(brief, step, box.width) or below_px
    if not height_px:
        return ()
    top = box.bottom - min(height_px, box.height) - frame.px(LEAD_U)
    area = even_box(0, max(0.0, top), frame.width_px, frame.height_px - max(0.0, top))
    return (Gradient(box=area, colour=COLOUR, strength=STRENGTH),)


def clear_of_words(brief: Brief, step: Step, gradients: tuple[Gradient, ...]) -> Box:
    """The part of the frame above the words, where a picture that is shown whole keeps all of itself bright.

    Where frames are tall, a wide picture reaches below the badge: it begins under it.
    """
    frame, top = brief.frame, 0
    if frame.stacked and furniture.badge_text(brief, step):
        top = frame.safe.y + furniture.badge_height_px(frame)
    bottom = gradients[0].box.y + frame.px(CLEAR_U) if gradients else frame.height_px
    return even_box(0, top, frame.width_px, max(2, bottom - top))


def _height_px(brief: Brief, step: Step, width_px: int) -> float:
    rows = [(text, style) for text, style in ((step.title, _HEADING), (step.text, _BODY)) if text]
    heights = [_lines(brief, text, style, width_px) * style.line_height * _em_px(brief, style) for text, style in rows]
    return sum(heights) + max(0, len(rows) - 1) * brief.frame.px(HEADING_GAP_U)


def _lines(brief: Brief, text: str, style: _Type, width_px: int) -> int:
    filled_px = width_px * FILLED_SHARE
    lines = sum(max(1, int(-(-_width_px(brief, part, style) // filled_px))) for part in text.split("\n"))
    return min(style.max_lines, lines)


def _width_px(brief: Brief, text: str, style: _Type) -> float:
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return (wide * WIDE_CHARACTER_EM + (len(text) - wide) * style.advance_em) * _em_px(brief, style)


def _em_px(brief: Brief, style: _Type) -> float:
    return style.size_u * brief.frame.unit_px * brief.request.options.theme.font_scale
